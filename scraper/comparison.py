"""Reading one table as a comparison: which column is which job's, where the labels stand, which section it is."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from normalize.claims import SIDES, Claim, Doubt, Note, Place, Side
from normalize.folding import fold, is_blank, letters, name_keys, plain, shown, without_mark
from scraper.document import Table
from scraper.sites import Site

_FIGURE = re.compile(r"[0-9]")
_SIGNED = re.compile(r"[-+] ?[0-9]")
Cells = tuple[str, ...]
Named = Mapping[Side, list[int]]


class Pair:
    """The two jobs of a URL, and the keys by which their titles are recognised."""

    def __init__(self, left: str, right: str) -> None:
        slugs: dict[Side, str] = {"left": left.replace("-", " "), "right": right.replace("-", " ")}
        self._keys = {side: name_keys(slug) for side, slug in slugs.items()}
        self._all_keys = self._keys["left"] | self._keys["right"]
        self._exact = {side: letters(slug) for side, slug in slugs.items()}
        self._asked: dict[str, Side | None] = {}

    def side(self, text: str) -> Side | None:
        """The job whose title a text is, if it is one: of two that it could be, the one whose slug it spells."""
        if not text or len(text) > 200:
            return None
        try:
            return self._asked[text]
        except KeyError:
            side = self._asked[text] = self._find(text)
            return side

    def _find(self, text: str) -> Side | None:
        keys = name_keys(without_mark(text))
        if keys.isdisjoint(self._all_keys) or not letters(text):
            return None
        found = [side for side in SIDES if keys & self._keys[side]]
        if len(found) == 2:
            found = [side for side in SIDES if self._exact[side] == max(keys, key=len)]
        return found[0] if len(found) == 1 else None


@dataclass(slots=True)
class Compared:
    """What one table gives: claims, titles by side, the section, and what nothing took. No section: not a comparison."""

    section: str = ""
    claims: list[Claim] = field(default_factory=list)
    titles: dict[Side, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the labels and the two jobs stand in the rows below a header."""

    label: int
    jobs: Mapping[Side, int]
    headings: Cells
    titles: Mapping[Side, str]


class _Row(NamedTuple):
    """A row of a table: its cells, the columns of each job that it names, and the sections that know a cell as a label."""

    number: int
    cells: Cells
    jobs: Named
    known: tuple[Mapping[str, str], ...]

    @property
    def said(self) -> str:
        """The row in a message."""
        return f"{' | '.join(self.cells)[:160]!r}"


def compare(table: Table, block: int, pair: Pair, site: Site, hint: str) -> Compared:
    """Take every cell of a comparison table by row label and column title; what is left over becomes a note."""
    rows = [_Row(number, cells, _jobs(cells, pair), tuple(map(site.where, cells))) for number, cells in enumerate(table.rows)]
    header = next((row.number for row in rows if len(row.jobs) == 2), None)
    if header is None:
        return Compared(notes=_not_ours(rows))
    reader = _Reader(table, block, pair, site)
    reader.read(rows, header, hint)
    return reader.result


def _jobs(cells: Cells, pair: Pair) -> dict[Side, list[int]]:
    """The columns of each job that a row names."""
    found: dict[Side, list[int]] = {}
    for column, cell in enumerate(cells):
        if side := pair.side(cell):
            found.setdefault(side, []).append(column)
    return found


def _not_ours(rows: list[_Row]) -> list[Note]:
    """A table with row labels of ours, but without our two jobs as columns: of one of them, or of others."""
    labels = Counter(column for row in rows for column, known in enumerate(row.known) if known)
    if not labels or max(len(row.cells) for row in rows) < 2:
        return []
    heads = f"{' | '.join(filter(None, rows[0].cells))[:160]!r}"
    if any(row.jobs for row in rows):
        return [Note("unmatched_column", heads)]
    return [Note("other_table" if max(labels.values()) > 1 or len(rows) < 3 else "ignored_table", heads)]


class _Reader:
    """One comparison table on its way to claims."""

    def __init__(self, table: Table, block: int, pair: Pair, site: Site) -> None:
        self.table, self.block, self.pair, self.site = table, block, pair, site
        self.spans, self.unseen, self.pictures = map(frozenset, (table.spans, table.unseen, table.pictures))
        self.result = Compared()
        self._empty: list[Claim] = []

    def read(self, rows: list[_Row], header: int, hint: str) -> None:
        first, body = rows[header], rows[header + 1 :]
        width = Counter(len(row.cells) for row in body).most_common(1)[0][0] if body else len(first.cells)
        self.result.section = self._section(body, hint)
        for row in rows[:header]:
            if any(row.known):
                self._note("unknown_label", f"{row.said} stands above the header")
        columns = self._columns(first, body, width)
        for row in body:
            if len(row.jobs) == 2 and self._others(row) == self._others(first):
                columns = self._columns(row, body, width)
            elif columns is None:
                if any(row.known):
                    self._note("ragged_row", f"{row.said} stands below what is not understood")
            elif self._may_turn(row, columns):
                self._note("ragged_row", f"{row.said} names the jobs the other way round; what follows is unread")
                columns = None
            else:
                self._row(row, columns, width)
                if self._heads_another_part(row, columns):
                    columns = None

    def _heads_another_part(self, row: _Row, columns: _Columns) -> bool:
        """Whether a row is a heading inside of the table that no hint of the site knows: `In California`, other jobs.

        What follows may be about something else. A row of an advert, ignored by name, is none.
        """
        label, known = self._label(row, columns)
        if known or fold(label) in self.site.ignored or all(map(is_blank, row.cells)):
            return False
        cells = [(column, row.cells[column]) for column in columns.jobs.values() if column < len(row.cells)]
        bare = all(is_blank(cell) or (row.number, column) in self.spans for column, cell in cells)
        if self.site.is_hint(label):
            return not bare and any(self.pair.side(cell) != self.pair.side(columns.headings[column]) for column, cell in cells)
        words = {fold(cell) for column, cell in cells if (row.number, column) not in self.unseen and not _FIGURE.search(cell)}
        return bare or (is_blank(label) and len(words) == 2)

    def _label(self, row: _Row, columns: _Columns) -> tuple[str, Mapping[str, str]]:
        """The label of a row, and the sections that know it."""
        return (row.cells[columns.label], row.known[columns.label]) if columns.label < len(row.cells) else ("", {})

    def _may_turn(self, row: _Row, columns: _Columns) -> bool:
        """Whether a row names the jobs in other columns: it may be a header, or a figure such as the most similar job."""
        return len(row.jobs) == 2 and any(columns.jobs[side] not in row.jobs[side] for side in SIDES)

    def _others(self, row: _Row) -> Counter[str]:
        """What a header says beside the titles: a later row with both titles is a header only if it says the same."""
        return Counter(fold(cell) for cell in row.cells if not is_blank(cell) and not self.pair.side(cell))

    def _section(self, body: list[_Row], hint: str) -> str:
        votes = Counter(section for row in body for known in row.known for section in known)
        best = max(votes.values(), default=0)
        tied = [section for section in self.site.labels if votes[section] == best]
        said = fold(hint)
        words = set(said.replace(":", " ").replace(",", " ").split())
        hinted = [s for s in tied if words & set(self.site.hints.get(s, ())) or said in self.site.hints.get(s, ())]
        return (hinted or tied or ["overview"])[0]

    def _columns(self, top: _Row, body: list[_Row], width: int) -> _Columns | None:
        """Columns by title. Where the labels stand below a title, the header's empty cell stands elsewhere: move it."""
        header, named = top.cells, top.jobs
        known = [sum(bool(row.known[c]) for row in body if c < len(row.cells)) for c in range(width)]
        free = [c for c in range(width) if c not in chain(*named.values())]
        label = known.index(max(known)) if any(known) else (free or [0])[0]
        if len(header) != width or any(label in columns for columns in named.values()):
            empty = [c for c, cell in enumerate(header) if is_blank(cell)]
            rest = [cell for c, cell in enumerate(header) if not empty or c != empty[-1]]
            header = (*rest[:label], "", *rest[label:])
            named = _jobs(header, self.pair)
        jobs = {side: self._filled(columns, body) for side, columns in named.items()}
        said = f"the header {' | '.join(header)[:160]!r}"
        if len(header) != width or len(jobs) != 2 or any(label in columns for columns in jobs.values()):
            self._note("ragged_row", f"{said} does not fit rows of {width} cells")
            return None
        if any(self._differ(columns, body) for columns in jobs.values()):
            self._note("ragged_row", f"{said} names a job over columns that differ")
            return None
        at = {side: columns[0] for side, columns in jobs.items()}
        for side, column in at.items():
            self.result.titles.setdefault(side, shown(without_mark(header[column])))
        self._ignored(header, label, body)
        return _Columns(label, at, header, {side: shown(header[column]) for side, column in at.items()})

    def _filled(self, columns: list[int], body: list[_Row]) -> list[int]:
        """Of the columns below one title those that are not empty altogether; the first where all are."""
        return [c for c in columns if _is_filled(c, body)] or columns[:1]

    def _differ(self, columns: list[int], body: list[_Row]) -> bool:
        """Whether a title stands over columns with different cells: which of them counts cannot be known."""
        return len(columns) > 1 and any(len({row.cells[c] for c in columns if c < len(row.cells)}) > 1 for row in body)

    def _ignored(self, header: Cells, label: int, body: list[_Row]) -> None:
        for column, cell in enumerate(header):
            blank = is_blank(cell)
            if column != label and not self.pair.side(cell) and (not blank or _is_filled(column, body)):
                self._note("ignored_column", f"column {column + 1}, which has no title" if blank else repr(cell[:80]))

    def _row(self, row: _Row, columns: _Columns, width: int) -> None:
        if all(map(is_blank, row.cells)):
            return
        claims = len(self.result.claims)
        self._take(row, columns, width)
        taken = self.result.claims[claims:]
        if not taken and self._empty and any(_is_filled(column, [row]) for column in columns.jobs.values()):
            self._note("ragged_row", f"{row.said} goes on with {self._empty[0].label!r}, whose cells are empty")
            self.result.claims = [claim for claim in self.result.claims if claim not in self._empty]
        elif taken:
            self._empty = taken if not any(claim.doubt or not is_blank(claim.raw) for claim in taken) else []

    def _take(self, row: _Row, columns: _Columns, width: int) -> None:
        cell, known = self._label(row, columns)
        label = shown(cell)
        if fold(label) in self.site.ignored:
            self._note("ignored_label", repr(label))
        elif not known or not label:
            self._note("unknown_label", row.said)
        else:
            home = self.result.section if self.result.section in known else next(iter(known))
            section = self.result.section if home == "overview" else home  # what only the overview knows stands where it stands
            doubt: Doubt = "cut_off" if row.number in self.table.open else ""
            if len(row.cells) != width and not doubt:
                doubt = "ragged_row"
                self._note("ragged_row", f"{label!r} has {len(row.cells)} cells, not {width}")
            for side, column in columns.jobs.items():
                if (row.number, column) in self.spans and row.cells[column] == cell:
                    self._note("ragged_row", f"{label!r} spans the column of {columns.headings[column]!r}")
                elif column < len(row.cells):
                    why = doubt or self._doubt(known[home], row, column)
                    if why and not doubt:
                        self._note(why, f"{label!r} of {columns.titles[side]!r}", side)
                    place = Place(self.block, row.number, column)
                    self.result.claims.append(
                        Claim(known[home], side, row.cells[column], section, place, label, columns.titles[side], "", why)
                    )

    def _doubt(self, term: str, row: _Row, column: int) -> Doubt:
        """What makes the text of a cell less than what the page shows there; its code is the finding's too."""
        place = (row.number, column)
        if place in self.unseen:
            return "not_text"
        if term == "growth" and place in self.pictures and not _SIGNED.search(plain(" ".join(row.cells))):
            return "drawn_sign"
        return ""

    def _note(self, code: str, detail: str, side: Side | None = None) -> None:
        self.result.notes.append(Note(code, detail, side))


def _is_filled(column: int, rows: list[_Row]) -> bool:
    """Whether any of the rows says something in a column."""
    return any(column < len(row.cells) and not is_blank(row.cells[column]) for row in rows)
