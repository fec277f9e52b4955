"""Occupations side by side: a table in a pipe; on a terminal as wide as that, with bars, ranges on one scale, and differences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from db.queries import Row
from db.sheet import Line
from normalize.fields import BY_NAME
from normalize.wording import SECTION_WORDS, difference, value_words
from scraper.terminal import marks
from scraper.terminal.cells import Entry, entries, heads, legend
from scraper.terminal.marks import Range
from scraper.terminal.screen import Screen, screen
from scraper.terminal.tables import piped, plain_table
from scraper.terminal.trends import Trend
from scraper.terminal.words import safe

if TYPE_CHECKING:
    from rich.text import Text

_GAP = 2
_BAR, _LEAST_BAR, _WIDEST_RANGE, _SPARK = 20, 4, 60, 24
_GOOD, _LEAST = (24, 14, 21), (16, 14, 14)
"""What labels, values and differences need."""
_COMPARED, _SAME = "The left one", "the same"
_ENDS = ("salary.annual_low_usd", "salary.annual_high_usd")
_MEAN = "salary.annual_mean_usd"
_GROWTH = "outlook.growth_pct"
_BAR_STYLE = "cyan"


def print_sheet(occupations: Sequence[Row], lines: Sequence[Line], pay: "Trend | None" = None) -> None:
    """One or more occupations: title and slug, age of the data, then section by section; a legend of the marks. A terminal also
    gets small charts, of two the difference in words, and how the pay went."""
    there = screen()
    if there:
        there.show(_drawn(there, occupations, lines, pay))
    else:
        _print_piped(occupations, lines)


def _print_piped(occupations: Sequence[Row], lines: Sequence[Line]) -> None:
    from rich.text import Text

    table = plain_table()
    for row in heads(occupations, safe):
        table.add_row("", *row)
    for entry in entries(lines, safe):
        if entry.section:
            table.add_row("")
            table.add_row(entry.section)
        if entry.above:
            table.add_row(f"  {entry.above}")
        table.add_row(" " * entry.indent + entry.label, *entry.cells)
    piped(table)
    if said := legend(lines, safe):
        piped(Text("\n" + "\n".join(said)))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The columns of a sheet: a label, a value for each occupation, and of two the difference. Without a width of labels they
    stand above their values, and a difference below."""

    there: Screen
    labels: int
    values: int
    differences: int
    bars_at: int

    def lines(self, label: "Text", cells: "Sequence[Text]", said: str = "", indent: int = 2) -> "Iterator[Text]":
        """A label and its values."""
        from rich.text import Text

        from scraper.terminal.layout import beside, folded

        shown = [folded(cell, self.values) for cell in cells]
        if self.labels:
            columns = [folded(label, self.labels, indent if label.plain else 0), *shown]
            widths = [self.labels, *([self.values] * len(cells))]
            if self.differences:
                columns, widths = [*columns, folded(Text(said), self.differences)], [*widths, self.differences]
            yield from beside(columns, widths, _GAP)
            return
        if label.plain:
            yield from folded(label, self.there.width, indent)
        for line in beside(shown, [self.values] * len(cells), _GAP):
            line.pad_left(4 if line.plain else 0)
            yield line
        if said:
            words = said if said == _SAME else f"{_COMPARED}: {said}"
            yield from folded(Text(words, "dim"), self.there.width, 4)


def _grid(there: Screen, listed: Sequence[Entry], tops: "Sequence[Sequence[Text]]", count: int) -> _Grid:
    from scraper.terminal.layout import fitted, natural

    labels = max([natural([e.label for e in listed if e.indent == i]) + i for i in (2, 4)])
    shares = natural([cell.plain for e in listed for cell, _ in _shares(e)]) + 1
    texts = [cell.plain for cells in (*tops, *(e.cells for e in listed)) for cell in cells]
    values = max(natural(texts), shares + _BAR)
    said = [natural([_COMPARED, *map(_said, listed)])] if count == 2 else []
    room = there.width - _GAP * (count + len(said))
    for needed in (_GOOD, _LEAST):
        widths = fitted([labels, *([values] * count), *said], [needed[0], *([needed[1]] * count), *needed[2:][: len(said)]], room)
        if widths:
            return _Grid(there, widths[0], min(widths[1 : count + 1]), widths[-1] if said else 0, shares)
    return _Grid(there, 0, (there.width - 4 - _GAP * (count - 1)) // count, 0, shares)


def _said(entry: Entry) -> str:
    """How the first of two differs from the second, where both have a value that stands."""
    rows = entry.line.cells
    if len(rows) != 2 or any(entry.line.disputed) or entry.line.field.ranked:
        return ""
    if any(row is None or row["status"] != "ok" for row in rows):
        return ""
    one, other = (row["value"] if row else None for row in rows)
    return difference(entry.line.field, one, other)


def _drawn(there: Screen, occupations: Sequence[Row], lines: Sequence[Line], pay: Trend | None) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import folded

    listed = [*entries(lines, there.words)]
    tops = [*heads(occupations, there.words)]
    grid = _grid(there, listed, tops, len(occupations))
    for number, row in enumerate(tops):
        yield from grid.lines(Text(), row, _COMPARED if grid.differences and not number else "")
    for section, of in groupby(listed, lambda entry: entry.line.field.section):
        yield Text()
        yield Text(SECTION_WORDS[section], "bold")
        for entry in of:
            if entry.above:
                yield from folded(Text(entry.above), there.width, 2)
            yield from grid.lines(Text(entry.label), _with_bars(grid, entry), _said(entry), entry.indent)
        if section == "salary":
            yield from _ranges(grid, occupations, lines)
            told = pay and not any(line.disputed[0] for line in lines if line.field.name == _MEAN)
            yield from _over_time(grid, pay) if told and pay else ()
    if said := legend(lines, there.words):
        yield Text()
        yield from (part for line in said for part in folded(Text(line, "dim"), there.width))


def _shares(entry: Entry) -> "Iterator[tuple[Text, Row]]":
    """The cells of an entry that are parts of a hundred, and their facts."""
    if entry.line.field.unit == "percent" and entry.line.field.name != _GROWTH:
        for cell, row, disputed in zip(entry.cells, entry.line.cells, entry.line.disputed, strict=True):
            if row and not disputed and row["status"] in ("ok", "suspect"):
                yield cell, row


def _with_bars(grid: _Grid, entry: Entry) -> "tuple[Text, ...]":
    """The values of an entry, a share with its bar where there is room for one; all bars of a sheet begin in one column."""
    room = min(_BAR, grid.values - grid.bars_at)
    if room >= _LEAST_BAR:
        for cell, row in _shares(entry):
            bar = marks.share(row["value"], room, grid.there.marks, row["status"] == "suspect")
            cell.append(" " * (grid.bars_at - len(cell.plain))).append(bar, _BAR_STYLE)
    return entry.cells


def _range(lines: Mapping[str, Line], which: int) -> Range | None:
    """What an occupation pays from the least to the most, None where one end is not known."""
    found = [_standing(lines[name], which) if name in lines else None for name in (*_ENDS, _MEAN)]
    low, high, mean = found
    if low is None or high is None or low["value"] > high["value"]:
        return None
    in_doubt = "suspect" in (low["status"], high["status"])
    if mean is None:
        return Range(low["value"], high["value"], None, in_doubt)
    return Range(low["value"], high["value"], mean["value"], in_doubt, mean["status"] == "suspect")


def _standing(line: Line, which: int) -> Row | None:
    row = line.cells[which]
    return row if row and not line.disputed[which] and row["status"] in ("ok", "suspect") else None


def _ranges(grid: _Grid, occupations: Sequence[Row], lines: Sequence[Line]) -> "Iterator[Text]":
    """What each pays on one scale, and its ends in words above."""
    from rich.text import Text

    by_name = {line.field.name: line for line in lines if line.field.section == "salary"}
    found = [_range(by_name, which) for which in range(len(occupations))]
    shown = [one for one in found if one]
    if not shown:
        return
    ends, beside = marks.scale(shown), bool(grid.labels)
    width = min(_WIDEST_RANGE, grid.there.width - (grid.labels + _GAP if beside else 4))
    chart = replace(grid, values=width, differences=0)
    low, high = (value_words(BY_NAME[_MEAN], round(end)) for end in ends)
    between = f"{high:>{width - len(low)}}" if width > len(low + high) else f" to {high}"
    yield from chart.lines(Text("Range and mean"), [Text(low + between if high != low else low)])
    for occupation, one in zip(occupations, found, strict=True):
        label = Text(grid.there.words(occupation["title"]) if len(found) > 1 else "")
        drawn = marks.span(one, ends, width, grid.there.marks) if one else "no range"
        yield from chart.lines(label, [Text(drawn, _BAR_STYLE if one else "dim")], indent=4)


def _over_time(grid: _Grid, pay: Trend) -> "Iterator[Text]":
    from rich.text import Text

    wide = replace(grid, values=grid.there.width - (grid.labels + _GAP if grid.labels else 4))
    line = marks.spark(pay.stretches, min(_SPARK, wide.values), grid.there.marks)
    yield from wide.lines(Text("Mean over time"), [Text(line, _BAR_STYLE)])
    yield from wide.lines(Text(), [Text(f"{pay.first} to {pay.last}", "dim")])
