"""Reading one table with the jobs as columns: which column is which job's, where the labels stand, which section it is."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from normalize.claims import SIDES, Claim, Doubt, Note, Place, Side
from normalize.folding import fold, is_blank, plain, shown
from scraper import limits
from scraper.cells import take_apart
from scraper.document import Table
from scraper.headings import Reader
from scraper.rows import Below, Row, bare, header_of, is_filled, jobs_of
from scraper.sections import stand, vote

_FIGURE = re.compile(r"[0-9]")
_DASHES = ("-", "–", "—")
_AMOUNT = re.compile(r"[$%0-9]")
SIGNED = re.compile(r"[-+] ?[0-9]")
Cells = tuple[str, ...]


@dataclass(slots=True)
class Compared:
    """What one table gives: claims, titles by side, its sections, and what nothing took. No section: not a comparison; where it
    is `laid_out`, its cells are pieces of the page."""

    sections: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    titles: dict[Side, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    laid_out: bool = False


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the labels and the two jobs stand in the rows below a header; `extra` columns are of neither, but may tell more."""

    label: int
    jobs: Mapping[Side, int]
    headings: Cells
    titles: Mapping[Side, str]
    extra: tuple[int, ...]


def compare(
    table: Table, rows: list[Row], block: int, reader: Reader, hint: str, narrowed: str, turned: bool = False
) -> Compared:
    """Take every cell of a comparison table by row label and column title; what is left over becomes a note.

    `hint` are the words before the table, `narrowed` those of a heading over it that limit it; a table that was `turned` has no
    headings between its rows.
    """
    header = header_of(rows)
    if header is None:
        return Compared()
    columns = _Comparison(table, block, reader, turned)
    columns.read(rows, header, hint, narrowed)
    return columns.result


class _Comparison:
    """One comparison table on its way to claims."""

    def __init__(self, table: Table, block: int, reader: Reader, turned: bool) -> None:
        self.table, self.block, self.reader, self.turned = table, block, reader, turned
        self.pair, self.site = reader.pair, reader.site
        self.spans, self.unseen, self.pictures = map(frozenset, (table.spans, table.unseen, table.pictures))
        self.result = Compared()
        self.section = ""
        self.below = Below(reader)
        self._empty: list[Claim] = []

    def read(self, rows: list[Row], header: int, hint: str, narrowed: str) -> None:
        first, above, body = rows[header], rows[:header], rows[header + 1 :]
        if not any(any(row.known) for row in body) and any(any(row.known) for row in above):
            above, body = [], above  # the titles stand below
        width = Counter(len(row.cells) for row in body).most_common(1)[0][0] if body else len(first.cells)
        self.below.words = narrowed or self._foot(body)
        self.below.begin(cell for row in above for cell in dict.fromkeys(row.cells))
        for row in above:
            if any(row.known):
                self._note("unknown_label", f"{row.said} stands above the header")
        columns = self._columns(first, body, width)
        corner = self._corner(first, columns)
        self._begin_section(body, corner if self.reader.words(corner).section else hint)
        if columns and columns.label < len(columns.headings):
            self.below.begin([columns.headings[columns.label]])
        for number, row in enumerate(body):
            if len(row.jobs) == 2 and self._heads_again(row, first, columns):
                columns = self._columns(row, body, width)
                self._head(self._corner(row, columns), body[number + 1 :])
            elif columns is None:
                if any(row.known):
                    self._note("ragged_row", f"{row.said} stands below what is not understood")
            elif self._may_turn(row, columns):
                self._note("ragged_row", f"{row.said} names the jobs the other way round; what follows is unread")
                columns = None
            elif not self.turned and (words := bare(row, tuple(columns.jobs.values()), self.spans)):
                self._between(words, row, body[number + 1 :])
            else:
                self._row(row, columns, width)
                if not self.turned and self._heads_another_part(row, columns):
                    columns = None

    def _foot(self, body: list[Row]) -> str:
        """The words below the last figures that limit all of them."""
        for row in reversed(body):
            if (words := bare(row, (), self.spans)) and self.reader.narrows(words):
                return words
            if any(row.known):
                break
        return ""

    def _heads_again(self, row: Row, first: Row, columns: _Columns | None) -> bool:
        """Whether a later row with both titles is a header: it says what the first says, or names a section beside titles in the
        same columns."""
        if self._others(row) == self._others(first):
            return True
        same = columns is not None and all(columns.jobs[side] in row.jobs[side] for side in SIDES)
        return same and len(row.cells) == len(first.cells) and not any(row.known) and len(self._others(row)) <= 1

    def _corner(self, row: Row, columns: _Columns | None) -> str:
        """The words of a header that stands between rows, beside the titles."""
        return next((cell for cell in row.cells if columns and not is_blank(cell) and not self.pair.side(cell)), "")

    def _between(self, words: str, row: Row, rest: list[Row]) -> None:
        """A row of nothing but words: a section, an advert, or what nobody knows."""
        unseen = any((row.number, column) in self.unseen for column in range(len(row.cells)))
        if self.below.is_passed_over(words, unseen):
            self._note("ignored_label", repr(shown(words)[:160]))
        elif not self._head(words, rest):
            self._note("unknown_label", row.said)

    def _head(self, words: str, rest: list[Row]) -> bool:
        """Take words over the rows that follow; whether they are understood."""
        if not words or fold(words) in self.site.layout.corner_set:
            return True
        if not self.below.heads(words):
            return False
        self._begin_section(rest, words)
        return True

    def _begin_section(self, rest: list[Row], hint: str) -> None:
        """The section of the rows up to the next heading between them."""
        rows = list(self._until_next(rest))
        named = self.reader.words(hint).section if self.result.sections else ""
        knows = named and any(named in sections for row in rows for sections in row.known)
        self.section = named if knows else vote((k for row in rows for k in row.known), hint, self.site)
        self.result.sections.append(self.section)

    def _until_next(self, rest: list[Row]) -> Iterator[Row]:
        for row in rest:
            words = "" if self.turned else bare(row, (), self.spans)
            if words and self.reader.words(words).kind in ("section", "titles", "neutral"):
                return
            yield row

    def _heads_another_part(self, row: Row, columns: _Columns) -> bool:
        """Whether a row is a heading inside of the table that names other jobs: what follows is about them."""
        label, known = self._label(row, columns)
        if known or fold(label) in self.site.ignored or all(map(is_blank, row.cells)):
            return False
        cells = [(column, row.cells[column]) for column in columns.jobs.values() if column < len(row.cells)]
        if self.site.is_hint(label):
            return any(self.pair.side(cell) != self.pair.side(columns.headings[column]) for column, cell in cells)
        if row.jobs and len({cell for cell in row.cells if not is_blank(cell)}) == 1:
            return True
        words = {fold(cell) for column, cell in cells if (row.number, column) not in self.unseen and not _FIGURE.search(cell)}
        heads = is_blank(label) or fold(label) in self.site.layout.corner_set or self.reader.narrows(label)
        return heads and len(words) == 2

    def _label(self, row: Row, columns: _Columns) -> tuple[str, Mapping[str, str]]:
        """The label of a row, and the sections that know it."""
        return (row.cells[columns.label], row.known[columns.label]) if columns.label < len(row.cells) else ("", {})

    def _may_turn(self, row: Row, columns: _Columns) -> bool:
        """Whether a row names the jobs in other columns: it may be a header, or a figure such as the most similar job."""
        return len(row.jobs) == 2 and any(columns.jobs[side] not in row.jobs[side] for side in SIDES)

    def _others(self, row: Row) -> Counter[str]:
        """What a header says beside the titles."""
        return Counter(fold(cell) for cell in row.cells if not is_blank(cell) and not self.pair.side(cell))

    def _columns(self, top: Row, body: list[Row], width: int) -> _Columns | None:
        """Columns by title. Where the labels stand below a title, the header's empty cell stands elsewhere: move it."""
        header, named = top.cells, top.jobs
        known = [sum(bool(row.known[c]) for row in body if c < len(row.cells)) for c in range(width)]
        free = [c for c in range(width) if c not in chain(*named.values())]
        label = known.index(max(known)) if any(known) else (free or [0])[0]
        if len(header) != width or any(label in columns for columns in named.values()):
            empty = [c for c, cell in enumerate(header) if is_blank(cell)]
            rest = [cell for c, cell in enumerate(header) if not empty or c != empty[-1]]
            header = (*rest[:label], "", *rest[label:])
            named = jobs_of(header, self.pair)
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
            self.result.titles.setdefault(side, self.pair.title(header[column]))
        extra = tuple(self._ignored(header, label, body))
        return _Columns(label, at, header, {side: shown(header[column]) for side, column in at.items()}, extra)

    def _filled(self, columns: list[int], body: list[Row]) -> list[int]:
        """Of the columns below one title those that are not empty altogether; the first where all are."""
        return [c for c in columns if is_filled(c, body)] or columns[:1]

    def _differ(self, columns: list[int], body: list[Row]) -> bool:
        """Whether a title stands over columns with different cells: which of them counts cannot be known."""
        return len(columns) > 1 and any(len({row.cells[c] for c in columns if c < len(row.cells)}) > 1 for row in body)

    def _ignored(self, header: Cells, label: int, body: list[Row]) -> Iterator[int]:
        """The columns of neither job; those without a name may tell more of their rows."""
        for column, cell in enumerate(header):
            blank = is_blank(cell)
            if column != label and not self.pair.side(cell) and (not blank or is_filled(column, body)):
                self._note("ignored_column", f"column {column + 1}, which has no title" if blank else repr(cell[:80]))
                yield column

    def _row(self, row: Row, columns: _Columns, width: int) -> None:
        if all(map(is_blank, row.cells)):
            return
        claims = len(self.result.claims)
        self._take(row, columns, width)
        taken = self.result.claims[claims:]
        if not taken and self._empty and any(is_filled(column, [row]) for column in columns.jobs.values()):
            self._note("ragged_row", f"{row.said} goes on with {self._empty[0].label!r}, whose cells are empty")
            self.result.claims = [claim for claim in self.result.claims if claim not in self._empty]
        elif taken:
            self._empty = taken if not any(claim.doubt or not is_blank(claim.raw) for claim in taken) else []

    def _limit(self, row: Row, columns: _Columns, label: str) -> None:
        """Take a row that is of no label of ours, but may say of whom the figures are: those of the rows around it."""
        at = [c for c in columns.jobs.values() if c < len(row.cells) and (row.number, c) not in self.unseen]
        texts = [row.cells[column] for column in at if not is_blank(row.cells[column])]
        unlabelled = is_blank(label) and not any(self.below.is_passed_over(text, unseen=False) for text in texts)
        if unlabelled and texts and all(self.reader.narrows(text) or not _AMOUNT.search(text) for text in texts):
            self.below.words = self.below.words or texts[0]
        elif limiting := limits.of_row(label, texts, self.reader):
            self.below.words = self.below.words or f"{shown(label)} {shown(limiting)}"
            self.result.claims = [replace(claim, doubt=claim.doubt or "below_heading") for claim in self.result.claims]
            self._note("unknown_heading", f"all figures of {self.below.words[:80]!r}")

    def _take(self, row: Row, columns: _Columns, width: int) -> None:
        cell, known = self._label(row, columns)
        label = shown(cell)
        if fold(label) in self.site.ignored:
            self._note("ignored_label", repr(label))
        elif not known or not label:
            self._note("unknown_label", row.said)
            self._limit(row, columns, label)
        else:
            named, below = self._beside(row, columns)
            term, section = stand(named or self.section, known)
            doubt: Doubt = "cut_off" if row.number in self.table.open else ""
            if len(row.cells) != width and not doubt:
                doubt = "ragged_row"
                self._note("ragged_row", f"{label!r} has {len(row.cells)} cells, not {width}")
            for side, column in columns.jobs.items():
                if (row.number, column) in self.spans and row.cells[column] == cell:
                    self._note("ragged_row", f"{label!r} spans the column of {columns.headings[column]!r}")
                elif column < len(row.cells):
                    said, mixed = self._said(row, column, side, known)
                    why = doubt or mixed or self._doubt(term, row, column)
                    if why and not doubt:
                        self._note(why, f"{label!r} of {columns.titles[side]!r}", side)
                    if below and not why:
                        why = "below_heading"
                        self.result.notes.append(limits.doubted(repr(label), below, side, term))
                    place, heading = Place(self.block, row.number, column), columns.titles[side]
                    claim = Claim(term, side, row.cells[column], section, place, label, heading, "", why, said)
                    self.result.claims.append(claim)

    def _beside(self, row: Row, columns: _Columns) -> tuple[str, str]:
        """The section that a column without a title names for a row, and the words that may limit it."""
        section, below = "", self.below.words
        for column in columns.extra:
            text = row.cells[column] if column < len(row.cells) else ""
            if not is_blank(text) and (row.number, column) not in self.unseen:
                heading = columns.headings[column]
                if is_blank(heading) or column < columns.label or fold(heading) in self.site.layout.corner_set:
                    section = section or self.reader.words(text).section
                below = below or (text if self.reader.limits(heading, text) else "")
        return section, below

    def _said(self, row: Row, column: int, side: Side, known: Mapping[str, str]) -> tuple[str, Doubt]:
        """The value in a cell that repeats its row's label or its column's title; a cell that names others is in doubt."""
        cell = row.cells[column]
        if "\n" not in cell and ":" not in cell and not row.known[column]:
            if cell.rstrip()[-1:] not in _DASHES or _FIGURE.search(cell):
                return "", ""
            mentioned = self.pair.mentioned(cell)
            return "", "ragged_row" if mentioned.titles and mentioned.rest else ""
        head, _, rest = cell.partition("\n")
        repeated = self.pair.side(head) == side or not set(known.values()).isdisjoint(self.site.where(head).values())
        if repeated and rest.isdigit():
            return rest, ""  # no footnote of a label: it is a cell for values
        said = take_apart(cell, self.pair, self.site)
        if said.is_value:
            return "", ""
        fits = said.side in (None, side) and (not said.known or not set(known.values()).isdisjoint(said.known.values()))
        return (said.rest, "") if fits and said.rest and not said.mixed else ("", "ragged_row")

    def _doubt(self, term: str, row: Row, column: int) -> Doubt:
        """What makes the text of a cell less than what the page shows there; its code is the finding's too."""
        if not self.unseen and not self.pictures:
            return ""
        place = (row.number, column)
        if place in self.unseen:
            return "not_text"
        if term == "growth" and place in self.pictures and not SIGNED.search(plain(" ".join(row.cells))):
            return "drawn_sign"
        return ""

    def _note(self, code: str, detail: str, side: Side | None = None, field: str | None = None) -> None:
        self.result.notes.append(Note(code, detail, side, field))
