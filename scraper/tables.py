"""One table to claims, in whatever arrangement: jobs as columns, as rows, as cards, or one to a row."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from normalize.claims import Note, Place
from scraper import grids
from scraper.cards import Cards
from scraper.cells import Said, take_apart
from scraper.comparison import Compared, compare
from scraper.document import DRAWN, Items, Paragraph, Table
from scraper.grids import View
from scraper.headings import Outline, Reader, Setting, is_line
from scraper.rows import Below, Row, bare, header_of, paired, rows_of

_FIGURE = re.compile(r"[0-9]")
_LONGEST, _LONGEST_LABEL = 2_000, 120


def read(table: Table, block: int, outline: Outline, reader: Reader) -> Compared:
    """What one table gives; without claims what is to be said of it."""
    rows = rows_of(table, reader)
    if not any(any(row.known) or row.jobs for row in rows):
        return _laid_out(table, rows, block, outline, reader)
    header = header_of(rows)
    found = Compared()
    if header is not None:
        found = compare(table, rows, block, reader, outline.hint(block), outline.narrowed(block))
        if found.claims:
            return found
    for compared in _rearranged(table, rows, header, block, outline, reader):
        if compared.claims:
            return compared
    laid_out = _laid_out(table, rows, block, outline, reader)
    if laid_out.claims:
        return laid_out
    return found if header is not None else Compared(notes=_not_ours(rows, table.made_of == "terms"))


def _rearranged(
    table: Table, rows: list[Row], header: int | None, block: int, outline: Outline, reader: Reader
) -> Iterator[Compared]:
    """The other arrangements that a table may have, each read."""
    setting = outline.setting(block)
    if header is not None:
        if lifted := grids.lifted(table, rows, rows[header]):
            yield _compared([lifted], block, setting, reader)
        if setting.label and (pairs := grids.unlabelled(table, rows, rows[header])):
            yield _card(pairs, block, setting, reader)
        if sides := grids.beside(rows, rows[header]):
            views = [(grids.part(table, rows[header:], columns), setting) for columns in sides.values()]
            yield _merged([_card(view, block, own, reader) for view, own in views])
    if turned := list(grids.turned(table, rows)):
        narrowed = setting.narrowed or _words_between(table, rows, reader)
        yield _compared(turned, block, replace(setting, narrowed=narrowed), reader, turned=True)
    if (len(rows) == 1 or table.made_of == "strip") and (strip := _unrolled(table, rows, reader)):
        if header is not None:
            yield _compared([strip], block, setting, reader)
        yield _card(strip, block, setting, reader)
    if header is None:
        yield _card(View(table, ()), block, setting, reader)


def _unrolled(table: Table, rows: list[Row], reader: Reader) -> View | None:
    return grids.unrolled(table, rows, _heads(reader)) or (grids.unrolled_card(table, rows[0]) if len(rows) == 1 else None)


def _words_between(table: Table, rows: list[Row], reader: Reader) -> str:
    """The words alone in a row that may limit the figures of a table whose rows are jobs."""
    below, spans = Below(reader), frozenset(table.spans)
    for row in rows:
        words = bare(row, (), spans)
        if words and not below.is_passed_over(words, any(place[0] == row.number for place in table.unseen)):
            below.heads(words)
    return below.words


def _heads(reader: Reader) -> Callable[[str], bool]:
    below = Below(reader)
    return lambda text: is_line(text) and (reader.words(text).kind == "section" or below.is_passed_over(text, unseen=False))


def _laid_out(table: Table, rows: list[Row], block: int, outline: Outline, reader: Reader) -> Compared:
    """What the cells of a table that only lays out a page say, each for itself, line by line."""
    found = []
    for row in rows if table.made_of not in DRAWN else ():
        for column, cell in enumerate(row.cells):
            lines = cell.split("\n")
            if len(lines) > 1 and (row.number, column) not in table.spans and any(_may_state(line, reader) for line in lines):
                is_open = row.number in table.open
                found.append(_lines(lines, Place(block, row.number, column), outline.setting(block), reader, is_open))
    whole = _merged(found)
    whole.laid_out = True
    return whole


def _lines(
    lines: list[str], at: Place, setting: Setting, reader: Reader, is_open: bool = False, last_is_open: bool = False
) -> Compared:
    """What lines of a text give where they are labels or titles with their values."""
    lines = list(_joined(lines, reader))
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=at.start))

    def place(row: int, _: int, said: Said) -> tuple[Place, str]:
        return Place(at.block, at.row, at.column, offsets[row] + said.start), said.rest

    open_lines = range(len(lines)) if is_open else range(len(lines) - last_is_open, len(lines))
    table = Table(tuple((line,) for line in lines), open=tuple(open_lines))
    return Cards(table, reader, setting, place).read(rows_of(table, reader))


def _joined(lines: list[str], reader: Reader) -> Iterator[str]:
    """Lines, but that in which a value goes on, behind a comma or with a figure, as one with the line before it."""
    whole = ""
    for line in lines:
        said = take_apart(line, reader.pair, reader.site)
        goes_on = said.is_value and ":" not in line and not reader.narrows(line)
        if whole and goes_on and _may_state(whole, reader) and (whole.rstrip().endswith(",") or _FIGURE.search(line)):
            whole += "\n" + line
            continue
        if whole:
            yield whole
        whole = line
    yield whole


def _compared(views: Sequence[View], block: int, setting: Setting, reader: Reader, turned: bool = False) -> Compared:
    """The parts of a table, each with the jobs as columns."""
    found = []
    for view in views:
        rows = rows_of(view.table, reader)
        part = compare(view.table, rows, block, reader, setting.hint, setting.narrowed, turned)
        part.claims = list(view.home(part.claims))
        found.append(part)
    return _merged(found)


def _card(view: View, block: int, setting: Setting, reader: Reader) -> Compared:
    """A table that is read row by row."""

    def place(row: int, column: int, _: Said) -> tuple[Place, str]:
        origin = view.origins[row][column] if view.origins else (row, column)
        assert origin is not None
        return Place(block, *origin), view.table.rows[row][column]

    rows = rows_of(view.table, reader)
    if not view.origins and (groups := paired(rows, reader)):
        pairs = grids.view(view.table, [[(number, 0) for number in group] for group in groups])
        return _card(pairs, block, setting, reader)
    return Cards(view.table, reader, setting, place).read(rows)


def _merged(parts: Sequence[Compared]) -> Compared:
    whole = Compared()
    for part in parts:
        whole.claims += part.claims
        whole.notes += part.notes
        whole.sections += part.sections
        for side, title in part.titles.items():
            whole.titles.setdefault(side, title)
    return whole


def may_state(block: Items | Paragraph, reader: Reader) -> bool:
    """Whether a list or paragraph has a label or title before a value; quick, for most have none."""
    if isinstance(block, Paragraph):
        text = block.text
        return (":" in text or "\n" in text) and any(_may_state(line, reader) for line in text.split("\n"))
    return any((":" in text or "\n" in text) and _item_may_state(text, reader) for text in block.items)


def _item_may_state(text: str, reader: Reader) -> bool:
    return _may_state(text, reader) or ("\n" in text and any(_may_state(line, reader) for line in text.split("\n")))


def stated(block: Items | Paragraph, number: int, outline: Outline, reader: Reader, ends: bool) -> Compared:
    """What the items of a list, or the lines of a paragraph, give where they are labels or titles with their values; `ends` tells
    that the last of them is all there."""
    setting = outline.setting(number)
    if isinstance(block, Paragraph):
        return _lines(block.text.split("\n"), Place(number), setting, reader, last_is_open=not ends)

    if (items := [item.split("\n") for item in block.items]) and all(_is_list(item, reader) for item in items):
        last = len(items) - 1
        return _merged([
            _lines(item, Place(number, row), setting, reader, last_is_open=row == last and not ends)
            for row, item in enumerate(items)
        ])  # fmt: skip

    def place(row: int, _: int, said: Said) -> tuple[Place, str]:
        return Place(number, row, 0, said.start), said.rest

    table = Table(tuple((text,) for text in block.items), open=() if ends else (len(block.items) - 1,))
    return Cards(table, reader, setting, place).read(rows_of(table, reader))


def _is_list(lines: list[str], reader: Reader) -> bool:
    """Whether an item is a title or a label with a list below it, of two or more that state something."""
    if len(lines) < 3 or not take_apart(lines[0], reader.pair, reader.site).is_bare:
        return False
    return sum(_may_state(line, reader) for line in lines[1:]) > 1


def _may_state(text: str, reader: Reader) -> bool:
    colon = text.find(":")
    if len(text) > _LONGEST or (colon > _LONGEST_LABEL and "\n" not in text):
        return False
    said = take_apart(text, reader.pair, reader.site)
    return bool(said.rest) and not said.is_value


def _not_ours(rows: list[Row], terms: bool) -> list[Note]:
    """A table with row labels of ours, but without our two jobs: of one of them, or of others; or a list of terms that nobody
    can tell from their descriptions."""
    labels = Counter(column for row in rows for column, known in enumerate(row.known) if known)
    if terms and labels and all(len(row.cells) == 1 for row in rows):
        return [Note("unread_label", f"{' | '.join(row.cells[0] for row in rows)[:160]!r}")]
    if not labels or max(len(row.cells) for row in rows) < 2:
        return []
    heads = f"{' | '.join(filter(None, rows[0].cells))[:160]!r}"
    if any(row.jobs for row in rows):
        return [Note("unmatched_column", heads)]
    return [Note("other_table" if max(labels.values()) > 1 or len(rows) < 3 else "ignored_table", heads)]
