"""Reading one table as a comparison: which column is which job's, where the labels stand, which section it is."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from normalize.claims import SIDES, Claim, Doubt, Note, Place, Side
from normalize.folding import fold, letters, name_keys, plain, shown, without_mark
from scraper.document import Table
from scraper.sites import Site

_FIGURE = re.compile(r"[0-9]")
_SIGNED = re.compile(r"[-+] ?[0-9]")
Rows = tuple[tuple[str, ...], ...]


class Pair:
    """The two jobs of a URL, and the keys by which their titles are recognised."""

    def __init__(self, left: str, right: str) -> None:
        slugs: dict[Side, str] = {"left": left.replace("-", " "), "right": right.replace("-", " ")}
        self._keys = {side: name_keys(slug) for side, slug in slugs.items()}
        self._exact = {side: letters(slug) for side, slug in slugs.items()}
        self._asked: dict[str, Side | None] = {}

    def side(self, text: str) -> Side | None:
        """The job whose title a text is, if it is one: of two that it could be, the one whose slug it spells."""
        if not text or len(text) > 200:
            return None
        if text not in self._asked:
            self._asked[text] = self._find(text)
        return self._asked[text]

    def _find(self, text: str) -> Side | None:
        if not letters(text):
            return None
        keys = name_keys(without_mark(text))
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
    headings: tuple[str, ...]


def compare(table: Table, block: int, pair: Pair, site: Site, hint: str) -> Compared:
    """Take every cell of a comparison table by row label and column title; what is left over becomes a note."""
    header = next((n for n, row in enumerate(table.rows) if len(_jobs(row, pair)) == 2), None)
    if header is None:
        return Compared(notes=_not_ours(table, pair, site))
    reader = _Reader(table, block, pair, site)
    reader.read(header, hint)
    return reader.result


def _jobs(row: tuple[str, ...], pair: Pair) -> dict[Side, list[int]]:
    """The columns of each job that a row names."""
    found: dict[Side, list[int]] = {}
    for column, cell in enumerate(row):
        if side := pair.side(cell):
            found.setdefault(side, []).append(column)
    return found


def _not_ours(table: Table, pair: Pair, site: Site) -> list[Note]:
    """A table with row labels of ours, but without our two jobs as columns: of one of them, or of others."""
    labels = [(row, column) for row, cells in enumerate(table.rows) for column, cell in enumerate(cells) if site.where(cell)]
    if not labels or max(map(len, table.rows)) < 2:
        return []
    heads = f"{' | '.join(cell for cell in table.rows[0] if cell)[:160]!r}"
    if any(_jobs(row, pair) for row in table.rows):
        return [Note("unmatched_column", heads)]
    most = max(Counter(column for _, column in labels).values())
    return [Note("other_table" if most > 1 or len(table.rows) < 3 else "ignored_table", heads)]


class _Reader:
    """One comparison table on its way to claims."""

    def __init__(self, table: Table, block: int, pair: Pair, site: Site) -> None:
        self.table, self.block, self.pair, self.site = table, block, pair, site
        self.spans, self.unseen, self.pictures = map(frozenset, (table.spans, table.unseen, table.pictures))
        self.result = Compared()
        self._empty: list[Claim] = []

    def read(self, header: int, hint: str) -> None:
        body = self.table.rows[header + 1 :]
        width = Counter(map(len, body)).most_common(1)[0][0] if body else len(self.table.rows[header])
        self.result.section = self._section(body, hint)
        for row in self.table.rows[:header]:
            if any(self.site.where(cell) for cell in row):
                self._note("unknown_label", f"{' | '.join(row)[:160]!r} stands above the header")
        first = self.table.rows[header]
        columns = self._columns(first, body, width)
        for number, row in enumerate(body, start=header + 1):
            jobs = _jobs(row, self.pair)
            if len(jobs) == 2 and self._others(row) == self._others(first):
                columns = self._columns(row, body, width)
            elif columns is None:
                if any(self.site.where(cell) for cell in row):
                    self._note("ragged_row", f"{' | '.join(row)[:160]!r} stands below what is not understood")
            elif self._may_turn(row, columns):
                self._note("ragged_row", f"{' | '.join(row)[:160]!r} names the jobs the other way round; what follows is unread")
                columns = None
            else:
                self._row(number, row, columns, width)
                if self._heads_another_part(number, row, columns):
                    columns = None

    def _heads_another_part(self, number: int, row: tuple[str, ...], columns: _Columns) -> bool:
        """Whether a row is a heading inside of the table that no hint of the site knows: `In California`, other jobs.

        What follows may be about something else. A row of an advert, ignored by name, is none.
        """
        label = row[columns.label] if columns.label < len(row) else ""
        if self.site.where(label) or fold(label) in self.site.ignored or not any(map(plain, row)):
            return False
        cells = [(column, row[column]) for column in columns.jobs.values() if column < len(row)]
        bare = all(not plain(cell) or (number, column) in self.spans for column, cell in cells)
        if self.site.is_hint(label):
            return not bare and any(self.pair.side(cell) != self.pair.side(columns.headings[column]) for column, cell in cells)
        words = {fold(cell) for column, cell in cells if (number, column) not in self.unseen and not _FIGURE.search(cell)}
        return bare or (not plain(label) and len(words) == 2)

    def _may_turn(self, row: tuple[str, ...], columns: _Columns) -> bool:
        """Whether a row names the jobs in other columns: it may be a header, or a figure such as the most similar job."""
        jobs = _jobs(row, self.pair)
        return len(jobs) == 2 and any(columns.jobs[side] not in jobs[side] for side in SIDES)

    def _others(self, row: tuple[str, ...]) -> Counter[str]:
        """What a header says beside the titles: a later row with both titles is a header only if it says the same."""
        return Counter(fold(cell) for cell in row if plain(cell) and not self.pair.side(cell))

    def _section(self, body: Rows, hint: str) -> str:
        votes = Counter(section for row in body for cell in row for section in self.site.where(cell))
        best = max(votes.values(), default=0)
        tied = [section for section in self.site.labels if votes[section] == best]
        words = set(fold(hint).replace(":", " ").replace(",", " ").split())
        hinted = [s for s in tied if words & set(self.site.hints.get(s, ())) or fold(hint) in self.site.hints.get(s, ())]
        return (hinted or tied or ["overview"])[0]

    def _columns(self, header: tuple[str, ...], body: Rows, width: int) -> _Columns | None:
        """Columns by title. Where the labels stand below a title, the header's empty cell stands elsewhere: move it."""
        known = [sum(bool(self.site.where(row[c])) for row in body if c < len(row)) for c in range(width)]
        free = [c for c in range(width) if c not in chain(*_jobs(header, self.pair).values())]
        label = known.index(max(known)) if any(known) else (free or [0])[0]
        if len(header) != width or any(label in columns for columns in _jobs(header, self.pair).values()):
            empty = [c for c, cell in enumerate(header) if not plain(cell)]
            rest = [cell for c, cell in enumerate(header) if not empty or c != empty[-1]]
            header = (*rest[:label], "", *rest[label:])
        jobs = {side: self._filled(columns, body) for side, columns in _jobs(header, self.pair).items()}
        said = f"the header {' | '.join(header)[:160]!r}"
        if len(header) != width or len(jobs) != 2 or any(label in columns for columns in jobs.values()):
            self._note("ragged_row", f"{said} does not fit rows of {width} cells")
            return None
        if any(self._differ(columns, body) for columns in jobs.values()):
            self._note("ragged_row", f"{said} names a job over columns that differ")
            return None
        for side, columns in jobs.items():
            self.result.titles.setdefault(side, shown(without_mark(header[columns[0]])))
        self._ignored(header, label, body)
        return _Columns(label, {side: columns[0] for side, columns in jobs.items()}, header)

    def _filled(self, columns: list[int], body: Rows) -> list[int]:
        """Of the columns below one title those that are not empty altogether; the first where all are."""
        return [c for c in columns if any(c < len(row) and plain(row[c]) for row in body)] or columns[:1]

    def _differ(self, columns: list[int], body: Rows) -> bool:
        """Whether a title stands over columns with different cells: which of them counts cannot be known."""
        return any(len({row[c] for c in columns if c < len(row)}) > 1 for row in body)

    def _ignored(self, header: tuple[str, ...], label: int, body: Rows) -> None:
        for column, cell in enumerate(header):
            filled = plain(cell) or any(column < len(row) and plain(row[column]) for row in body)
            if filled and column != label and not self.pair.side(cell):
                self._note("ignored_column", repr(cell[:80]) if plain(cell) else f"column {column + 1}, which has no title")

    def _row(self, number: int, row: tuple[str, ...], columns: _Columns, width: int) -> None:
        if not any(map(plain, row)):
            return
        claims = len(self.result.claims)
        self._take(number, row, columns, width)
        taken = self.result.claims[claims:]
        if not taken and self._empty and any(c < len(row) and plain(row[c]) for c in columns.jobs.values()):
            self._note("ragged_row", f"{' | '.join(row)[:160]!r} goes on with {self._empty[0].label!r}, whose cells are empty")
            self.result.claims = [claim for claim in self.result.claims if claim not in self._empty]
        elif taken:
            self._empty = taken if not any(plain(claim.raw) or claim.doubt for claim in taken) else []

    def _take(self, number: int, row: tuple[str, ...], columns: _Columns, width: int) -> None:
        label = shown(row[columns.label]) if columns.label < len(row) else ""
        where = self.site.where(row[columns.label]) if label else {}
        if fold(label) in self.site.ignored:
            self._note("ignored_label", repr(label))
        elif not where:
            self._note("unknown_label", f"{' | '.join(row)[:160]!r}")
        else:
            section = self.result.section if self.result.section in where else next(iter(where))
            doubt: Doubt = "cut_off" if number in self.table.open else ""
            if len(row) != width and not doubt:
                doubt = "ragged_row"
                self._note("ragged_row", f"{label!r} has {len(row)} cells, not {width}")
            for side, column in columns.jobs.items():
                if (number, column) in self.spans and row[column] == row[columns.label]:
                    self._note("ragged_row", f"{label!r} spans the column of {columns.headings[column]!r}")
                elif column < len(row):
                    self._claim(where[section], side, row[column], section, (number, column), label, columns, doubt)

    def _claim(
        self, term: str, side: Side, raw: str, section: str, place: tuple[int, int], label: str, columns: _Columns, doubt: Doubt
    ) -> None:
        heading = shown(columns.headings[place[1]])
        if not doubt and (doubt := self._doubt(term, place)):
            self._note(doubt, f"{label!r} of {heading!r}", side)
        where = Place(self.block, *place)
        self.result.claims.append(Claim(term, side, raw, section, where, label, heading, doubt=doubt))

    def _doubt(self, term: str, place: tuple[int, int]) -> Doubt:
        """What makes the text of a cell less than what the page shows there; its code is the finding's too."""
        if place in self.unseen:
            return "not_text"
        if term == "growth" and place in self.pictures and not _SIGNED.search(plain(" ".join(self.table.rows[place[0]]))):
            return "drawn_sign"
        return ""

    def _note(self, code: str, detail: str, side: Side | None = None) -> None:
        self.result.notes.append(Note(code, detail, side))
