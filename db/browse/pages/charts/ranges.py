"""Ranges: bars from a low to a high value, with the mean marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from db.browse.pages.charts import pen, scales
from db.browse.pages.charts.pen import element, label, percent
from db.browse.pages.charts.scales import Scale

_HEIGHT, _WITHOUT_ENDS = 66, 48
_TOP, _BOTTOM = 24, 40
_MIDDLE = (_TOP + _BOTTOM) / 2


@dataclass(frozen=True, slots=True)
class Range:
    """A low, a mean and a high value, each with its words; None where it is not known (its words may then say why). `tone` is
    the number of the colour: 0 for the first occupation, 1 for the second."""

    name: str
    low: float | None
    mean: float | None
    high: float | None
    tone: int
    low_words: str
    mean_words: str
    high_words: str

    def parts(self) -> tuple[tuple[str, float | None, str], ...]:
        """The three of them: what it is, value, words."""
        return (
            ("low", _known(self.low), self.low_words),
            ("mean", _known(self.mean), self.mean_words),
            ("high", _known(self.high), self.high_words),
        )


def _known(value: float | None) -> float | None:
    return None if value is None else pen.drawable(value)


def ranges(rows: Sequence[Range], title: str) -> Markup:
    """A bar for each row, all on one scale that holds zero. A bar needs both ends; where one is missing, what is known is
    marked. Raises ValueError for a number that cannot be drawn."""
    known = [(value, words) for row in rows for _, value, words in row.parts() if value is not None]
    if not known:
        return pen.figure("ranges", title, *(pen.row(row.name, pen.note(_not_known(row))) for row in rows), _nothing(rows))
    scale = scales.from_zero([value for value, _ in known], [words for _, words in known])
    drawn = [_row(row, scale, pen.key("ranges", title, row, index)) for index, row in enumerate(rows)]
    return pen.figure("ranges", title, *drawn, scales.axis(scale))


def _nothing(rows: Sequence[Range]) -> Markup:
    return pen.note("" if rows else "No figures to draw.")


def _row(row: Range, scale: Scale, key: str) -> Markup:
    if all(value is None for _, value, _ in row.parts()):
        return pen.row(row.name, pen.note(_not_known(row)))
    said = ", ".join(f"{what} {pen.said(value, words)}" for what, value, words in row.parts())
    height = _WITHOUT_ENDS if row.low is None and row.high is None else _HEIGHT
    drawing = pen.picture(key, row.name, f"{pen.short(row.name, 200)}: {said}.", height, *_drawn(row, scale))
    return pen.row(row.name, drawing, pen.note(" ".join(filter(None, (_not_known(row), _odd(row))))))


def _not_known(row: Range) -> str:
    """What is missing, and why where that is known."""
    gone = [(what, words.strip("–")) for what, value, words in row.parts() if value is None]
    if len(gone) == 3 and not any(words for _, words in gone):
        return "No figures."
    return " ".join(f"{what.capitalize()}: {words or 'not known'}." for what, words in gone)


def _odd(row: Range) -> str:
    """What does not fit together."""
    low, mean, high = (value for _, value, _ in row.parts())
    if low is not None and high is not None and low > high:
        return "The low end is above the high end."
    if mean is not None and ((low is not None and mean < low) or (high is not None and mean > high)):
        return "The mean lies outside of the range."
    return ""


def _drawn(row: Range, scale: Scale) -> list[Markup]:
    low, mean, high = (value for _, value, _ in row.parts())
    tone = f"tone-{row.tone % pen.TONES}"
    drawn = [scales.grid(scale, _TOP - 6, _BOTTOM + 6)]
    sign = "chart-mean"
    if low is not None and high is not None:
        left, right = sorted((scale.at(low), scale.at(high)))
        shape = f"chart-range {tone}" if low <= high else f"chart-hollow {tone}"
        width = percent(max(right - left, 0.4))
        drawn.append(element("rect", x=percent(left), y=_TOP, width=width, height=_BOTTOM - _TOP, rx=3, class_=shape))
    else:
        drawn += [_tick(scale.at(end), f"chart-end {tone}") for end in (low, high) if end is not None]
        sign = f"chart-mean chart-alone {tone}"
    if mean is not None:
        drawn += [_tick(scale.at(mean), "chart-halo", 5), _tick(scale.at(mean), sign, 5)]
        drawn.append(label(scale.at(mean), 13, row.mean_words, "chart-strong"))
    return drawn + _ends(row, scale)


def _tick(at: float, class_: str, beyond: int = 0) -> Markup:
    return element("line", x1=percent(at), x2=percent(at), y1=_TOP - beyond, y2=_BOTTOM + beyond, class_=class_)


def _ends(row: Range, scale: Scale) -> list[Markup]:
    """The words of both ends, from left to right; as one text where they would meet."""
    ends = [(value, words) for value, words in ((row.low, row.low_words), (row.high, row.high_words)) if value is not None]
    places = [(scale.at(value), pen.short(words)) for value, words in sorted(ends, key=lambda end: end[0])]
    if not places:
        return []
    if chosen := pen.anchors(places):
        return [label(at, 59, words, "chart-number", anchor) for (at, words), anchor in zip(places, chosen, strict=True)]
    middle = sum(at for at, _ in places) / len(places)
    return [label(middle, 59, " to ".join(words for _, words in places), "chart-number")]
