"""Stacked bars of shares in per cent, with a table of their numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from db.browse.pages.charts import pen, scales
from db.browse.pages.charts.patterns import filled, patterns
from db.browse.pages.charts.pen import NARROW, element, percent
from db.browse.pages.charts.scales import Scale

_HEIGHT = 32
_OFF = 0.5
_GAP, _TINY = 1.5, 1.5
_ROOMS = (("chart-inner", NARROW), ("chart-inner chart-wide", 400))


@dataclass(frozen=True, slots=True)
class Part:
    """A share in per cent (0 to 100), its words, and the number of its colour and pattern (0 to 8)."""

    label: str
    value: float
    words: str
    kind: int


@dataclass(frozen=True, slots=True)
class Stack:
    """The shares of one occupation; `note` says why there is no bar, or what is odd about it."""

    name: str
    parts: tuple[Part, ...]
    note: str


def stacks(rows: Sequence[Stack], title: str) -> Markup:
    """A bar for each row on one scale from 0 to 100, longer where shares add up to more, and a table of all numbers. What is
    below zero stands in the table only. Raises ValueError for a number that cannot be drawn."""
    if not rows:
        return pen.figure("stacks", title, pen.note("No figures to draw."))
    shown = [[part for part in row.parts if pen.drawable(part.value) > 0] for row in rows]
    sums = [sum(part.value for part in parts) for parts in shown]
    pencil = _Pencil(_scale(max(sums)), pen.key("stacks", title, rows))
    drawn = [
        pen.row(row.name, pencil.bar(row, parts, f"{pencil.key}-{index}"), pen.note(_note(row, total)))
        for index, (row, parts, total) in enumerate(zip(rows, shown, sums, strict=True))
    ]
    kinds = {part.kind for row in rows for part in row.parts}
    under = [scales.axis(pencil.scale)] if any(shown) else []
    return pen.figure("stacks", title, patterns(pencil.key, kinds), *drawn, *under, _table(rows, title, pencil.key))


def _scale(most: float) -> Scale:
    """0 to 100 in quarters; a sum within what rounding does to shares still counts as 100."""
    if most <= 100 + _OFF:
        return Scale(0, max(100, most), 25, (0, 25, 50, 75, 100), "", "%")
    return scales.from_zero([most], ["1%"])


def _note(row: Stack, total: float) -> str:
    below = any(part.value < 0 for part in row.parts)
    words = [row.note, "A share below zero is not drawn." if below else ""]
    if total > 100 + _OFF:
        words.append(f"The shares add up to {total:,.4g}%.")
    return " ".join(filter(None, words)) or ("" if row.parts else "No figures.")


@dataclass(frozen=True, slots=True)
class _Pencil:
    """What the bars of one chart have in common; patterns are found by their ids, which begin with `key`."""

    scale: Scale
    key: str

    def bar(self, row: Stack, parts: Sequence[Part], id_: str) -> Markup:
        """The segments of a row, and an outline as long as 100 where they do not fill it."""
        if not parts:
            return Markup()
        said = ", ".join(f"{pen.short(part.label, 120)} {part.words}" for part in row.parts)
        drawn: list[Markup] = []
        end = 0.0
        for part in parts:
            begin, end = end, end + part.value
            drawn += self._segment(part, self.scale.at(begin), self.scale.at(end))
        if end < 100 - _OFF:
            drawn.insert(0, element("rect", width=percent(self.scale.at(100)), height=_HEIGHT, class_="chart-track"))
        return pen.picture(id_, row.name, f"{pen.short(row.name, 200)}: {said}.", _HEIGHT, *drawn)

    def _segment(self, part: Part, begin: float, end: float) -> list[Markup]:
        """A share with a gap before it, and its words if they fit."""
        width = end - begin
        gap = _GAP if begin and width >= _TINY else 0
        drawn = [element("svg", *filled(self.key, part.kind, gap), x=percent(begin), width=percent(width), height=_HEIGHT)]
        fits = [class_ for class_, room in _ROOMS if width / 100 * room >= pen.wide(part.words) + 8]
        if fits:
            class_ = f"{fits[0]} kind-{part.kind % pen.KINDS}-text"
            middle = percent(begin + width / 2)
            drawn.append(element("text", part.words, x=middle, y=_HEIGHT / 2 + 4.5, text_anchor="middle", class_=class_))
        return drawn


def _table(rows: Sequence[Stack], title: str, key: str) -> Markup:
    """All numbers, a column for each row of the chart that has any; cells stay empty where a row has no such share."""
    columns = [row for row in rows if row.parts]
    if not columns:
        return Markup()
    found = [_numbered(row) for row in columns]
    names = [element("th", element("bdi", pen.short(row.name, 120)), scope="col") for row in columns]
    head = element("thead", element("tr", element("th", "Share", scope="col"), *names))
    lines = [
        element("tr", _heading(label, kind, key), *(element("td", column.get((kind, label, count), "")) for column in found))
        for kind, label, count in sorted({one: None for column in found for one in column}, key=lambda one: (one[0], one[2]))
    ]
    return element("table", element("caption", title), head, element("tbody", *lines), class_="chart-table")


def _numbered(row: Stack) -> dict[tuple[int, str, int], str]:
    """The words of each share by kind, label and how many like it came before."""
    found: dict[tuple[int, str, int], str] = {}
    seen = Counter[tuple[int, str]]()
    for part in row.parts:
        found[part.kind, part.label, seen[part.kind, part.label]] = part.words
        seen[part.kind, part.label] += 1
    return found


def _heading(label: str, kind: int, key: str) -> Markup:
    named = element("span", pen.swatch("", *filled(key, kind)), element("bdi", pen.short(label, 120)), class_="chart-label")
    return element("th", named, scope="row")
