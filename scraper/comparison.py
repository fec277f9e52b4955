"""Reading one table as a comparison: which column is which job's, where the labels stand, which section it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from normalize.claims import SIDES, Claim, Doubt, Note, Place, Side
from normalize.folding import fold, letters, name_keys, shown
from scraper.document import Table
from scraper.sites import Site

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """The keys by which the titles of the two jobs of a URL are recognised."""

    keys: Mapping[Side, frozenset[str]]

    @classmethod
    def of(cls, left: str, right: str) -> "Pair":
        """The pair of two slugs."""
        keys: dict[Side, frozenset[str]] = {
            "left": name_keys(left.replace("-", " ")),
            "right": name_keys(right.replace("-", " ")),
        }
        shared = keys["left"] & keys["right"]  # `nurse-aide` and `nurse-and-aide` are told apart by what they do not share
        return cls({side: own - shared or own for side, own in keys.items()})

    def side(self, text: str) -> Side | None:
        """The job whose title a text is, if it is one."""
        if not text or len(text) > 200 or not letters(text):
            return None
        keys = name_keys(text)
        return next((side for side in SIDES if keys & self.keys[side]), None)


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


def compare(table: Table, block: int, pair: Pair, site: Site, hint: str, cut: bool) -> Compared:
    """Take every cell of a comparison table by row label and column title; what is left over becomes a note."""
    header = next((n for n, row in enumerate(table.rows) if len(_jobs(row, pair)) == 2), None)
    if header is None:
        return Compared(notes=_not_ours(table, pair, site))
    reader = _Reader(table, block, pair, site, cut)
    reader.read(header, hint)
    return reader.result


def _jobs(row: tuple[str, ...], pair: Pair) -> dict[Side, int]:
    """The first column of each job that a row names."""
    found: dict[Side, int] = {}
    for column, cell in enumerate(row):
        if side := pair.side(cell):
            found.setdefault(side, column)
    return found


def _not_ours(table: Table, pair: Pair, site: Site) -> list[Note]:
    """A table that has our row labels but not our two jobs: of one of them, or of others."""
    width = max(map(len, table.rows), default=0)
    labelled = max((sum(fold(row[c]) in site.sections_of for row in table.rows if c < len(row)) for c in range(width)), default=0)
    if labelled == 0 or (labelled == 1 and len(table.rows) > 2) or width < 2:
        return []
    heads = " | ".join(cell for cell in table.rows[0] if cell)
    one = any(len(_jobs(row, pair)) == 1 for row in table.rows[:3])
    return [Note("unmatched_column" if one else "other_table", f"{heads[:160]!r}")]


class _Reader:
    """One comparison table on its way to claims."""

    def __init__(self, table: Table, block: int, pair: Pair, site: Site, cut: bool) -> None:
        self.table, self.block, self.pair, self.site, self.cut = table, block, pair, site, cut
        self.result = Compared()

    def read(self, header: int, hint: str) -> None:
        body = self.table.rows[header + 1 :]
        width = Counter(map(len, body)).most_common(1)[0][0] if body else len(self.table.rows[header])
        self.result.section = self._section(body, hint)
        for row in self.table.rows[:header]:
            if any(fold(cell) in self.site.sections_of for cell in row):
                self._note("unknown_label", f"{' | '.join(row)[:160]!r} stands above the header")
        first = self.table.rows[header]
        columns = self._columns(first, body, width)
        for number, row in enumerate(body, start=header + 1):
            if len(_jobs(row, self.pair)) == 2 and self._others(row) == self._others(first):
                columns = self._columns(row, body, width)
            elif columns is not None:
                self._row(number, row, columns, width)

    def _others(self, row: tuple[str, ...]) -> Counter[str]:
        """What a header says beside the titles: a later row with both titles is a header only if it says the same."""
        return Counter(fold(cell) for cell in row if cell and not self.pair.side(cell))

    def _section(self, body: Rows, hint: str) -> str:
        votes: Counter[str] = Counter()
        for row in body:
            for cell in row:
                for section in self.site.sections_of.get(fold(cell), ()) if len(cell) < 80 else ():
                    votes[section] += 1
        best = max(votes.values(), default=0)
        tied = [section for section in self.site.labels if votes[section] == best]
        words = set(fold(hint).replace(":", " ").replace(",", " ").split())
        hinted = [s for s in tied if words & set(self.site.hints.get(s, ())) or fold(hint) in self.site.hints.get(s, ())]
        return (hinted or tied or ["overview"])[0]

    def _columns(self, header: tuple[str, ...], body: Rows, width: int) -> _Columns | None:
        """Columns by title. Where the labels stand below a title, the header's empty cell stands elsewhere: move it."""
        found = self._columns_or_none(header, body, width)
        if found is None:
            self._note("ragged_row", f"the header {' | '.join(header)[:160]!r} does not fit rows of {width} cells")
        elif any(self._differs(found.headings, column, body) for column in found.jobs.values()):
            self._note("ragged_row", f"the header {' | '.join(header)[:160]!r} names a job over columns that differ")
            return None
        return found

    def _differs(self, header: tuple[str, ...], column: int, body: Rows) -> bool:
        """Whether another column has the same job as its title, but other cells: which of them counts cannot be known."""
        side = self.pair.side(header[column])
        same = [c for c, cell in enumerate(header) if c != column and self.pair.side(cell) == side]
        return any(row[c] != row[column] for row in body for c in same if max(c, column) < len(row))

    def _columns_or_none(self, header: tuple[str, ...], body: Rows, width: int) -> _Columns | None:
        known = [sum(fold(row[c]) in self.site.sections_of for row in body if c < len(row)) for c in range(width)]
        jobs = _jobs(header, self.pair)
        free = [c for c in range(width) if c not in jobs.values()]
        label = known.index(max(known)) if any(known) else (free or [0])[0]
        if len(header) != width or label in jobs.values():
            empty = [c for c, cell in enumerate(header) if not cell]
            rest = [cell for c, cell in enumerate(header) if not empty or c != empty[-1]]
            header = (*rest[:label], "", *rest[label:])
            jobs = _jobs(header, self.pair)
        if len(header) != width or label in jobs.values() or len(jobs) != 2:
            return None
        for side, column in jobs.items():
            self.result.titles.setdefault(side, shown(header[column]))
        for column, cell in enumerate(header):
            if cell and column not in jobs.values() and column != label and not self.pair.side(cell):
                self._note("ignored_column", repr(cell[:80]))
        return _Columns(label, jobs, header)

    def _row(self, number: int, row: tuple[str, ...], columns: _Columns, width: int) -> None:
        if not any(row):
            return
        label = shown(row[columns.label]) if columns.label < len(row) else ""
        where = self.site.sections_of.get(fold(label))
        if fold(label) in self.site.ignored:
            self._note("ignored_label", repr(label))
        elif where is None:
            self._note("unknown_label", f"{' | '.join(row)[:160]!r}")
        else:
            section = self.result.section if self.result.section in where else next(iter(where))
            doubt: Doubt = "cut_off" if self.cut and number == len(self.table.rows) - 1 else ""
            if len(row) != width and not doubt:
                doubt = "ragged_row"
                self._note("ragged_row", f"{label!r} has {len(row)} cells, not {width}")
            for side, column in columns.jobs.items():
                if column < len(row):
                    place = Place(self.block, number, column)
                    heading = shown(columns.headings[column])
                    self.result.claims.append(
                        Claim(where[section], side, row[column], section, place, label, heading, doubt=doubt)
                    )

    def _note(self, code: str, detail: str) -> None:
        self.result.notes.append(Note(code, detail))
