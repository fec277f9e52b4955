"""Grouped horizontal bars: the same thing measured for several occupations."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from db.browse.pages.charts import pen, scales
from db.browse.pages.charts.pen import NARROW, element, percent
from db.browse.pages.charts.scales import Scale

_BAR, _STEP = 16, 20


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing, with a value (None where it is not known) and its words for each name."""

    label: str
    values: tuple[float | None, ...]
    words: tuple[str, ...]


def bars(rows: Sequence[Pair], names: tuple[str, ...], title: str) -> Markup:
    """For each row a bar for each name, all on one scale that holds zero. Raises ValueError for a number that cannot be drawn,
    and where a row has not as many values as there are names."""
    known = [pen.drawable(value) for row in rows for value in row.values if value is not None]
    words = [word for row in rows for value, word in zip(row.values, row.words, strict=True) if value is not None]
    if not known:
        return pen.figure("bars", title, pen.note("No figures to draw."))
    scale = scales.from_zero(known, words)
    drawn = [_row(row, names, scale, pen.key("bars", title, names, row, index)) for index, row in enumerate(rows)]
    return pen.figure("bars", title, _legend(names), *drawn, scales.axis(scale))


def _legend(names: tuple[str, ...]) -> Markup:
    entries = [
        element("li", pen.swatch(f"tone-{index % pen.TONES}"), element("bdi", pen.short(name, 120)))
        for index, name in enumerate(names)
    ]
    return element("ul", *entries, class_="chart-legend", aria_hidden="true")


def _row(row: Pair, names: tuple[str, ...], scale: Scale, key: str) -> Markup:
    height = _STEP * len(names) + 8
    drawn = [scales.grid(scale, 0, height)]
    said = []
    for index, (name, value, words) in enumerate(zip(names, row.values, row.words, strict=True)):
        drawn += _bar(scale, value, words, index)
        said.append(f"{pen.short(name, 120)} {pen.said(value, words)}")
    return pen.row(row.label, pen.picture(key, row.label, f"{pen.short(row.label, 200)}: {', '.join(said)}.", height, *drawn))


def _bar(scale: Scale, value: float | None, words: str, index: int) -> list[Markup]:
    top = 4 + _STEP * index
    zero = scale.at(0)
    if value is None:
        return [_words(zero, top, words or "–", "start", "chart-quiet")]
    left, right = sorted((zero, scale.at(value)))
    tone = f"tone-{index % pen.TONES}"
    bar = element("rect", x=percent(left), y=top, width=percent(right - left), height=_BAR, class_=f"chart-bar {tone}")
    return [bar, _beside(scale.at(value), top, words, tone, before=value < 0)]


def _beside(end: float, top: int, words: str, tone: str, *, before: bool) -> Markup:
    """The words behind the end of a bar, or inside it where there is no room behind."""
    room = (end if before else 100 - end) / 100 * NARROW
    outside = room >= pen.wide(pen.short(words)) + 8
    anchor = "end" if before == outside else "start"
    return _words(end, top, words, anchor, "chart-number" if outside else f"chart-inside {tone}")


def _words(at: float, top: int, words: str, anchor: str, class_: str) -> Markup:
    return element(
        "text", pen.short(words), x=percent(at), dx=6 if anchor == "start" else -6, y=top + 12.5, text_anchor=anchor,
        unicode_bidi="isolate", class_=class_,
    )  # fmt: skip
