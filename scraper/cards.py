"""Figures of one job, or of one label, at a time: cards, lists of labels, rows that name a label and a job themselves.

A value needs a job and a label. Both are looked for in its own cell, in its row, above its column, in the rows that stand
alone above it, and last in the headings before the table. What lacks one of them, or could have two, is not read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from normalize.claims import Claim, Doubt, Note, Place, Side
from normalize.folding import fold, is_blank, plain, shown, without_icons
from scraper import limits
from scraper.cells import Said, take_apart
from scraper.comparison import SIGNED, Compared
from scraper.document import DRAWN, Table
from scraper.headings import Reader, Setting
from scraper.rows import Below, Row, bare
from scraper.sections import stand, vote

Known = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Statement:
    """A value with its job and label, before the section is known; `part` counts the sections of the table."""

    side: Side
    title: str
    label: str
    known: Known
    row: int
    column: int
    said: Said
    doubt: Doubt
    below: str
    part: int


@dataclass(slots=True)
class _State:
    """What rows that stand alone have said so far."""

    side: Side | None
    title: str
    label: str
    known: Known
    inside: bool = False
    labels: dict[int, tuple[str, Known]] = field(default_factory=dict)
    width: int = 0


@dataclass(frozen=True, slots=True)
class _Cell:
    column: int
    text: str
    said: Said


class Cards:
    """One table that is read row by row. `place` tells where a cell stands, and its text, as a claim says it."""

    def __init__(
        self, table: Table, reader: Reader, setting: Setting, place: Callable[[int, int, Said], tuple[Place, str]]
    ) -> None:
        self.table, self.reader, self.setting, self.place = table, reader, setting, place
        self.spans, self.unseen, self.pictures = map(frozenset, (table.spans, table.unseen, table.pictures))
        self.state = _State(setting.side, setting.title, setting.label, self._known(setting.label))
        self.below = Below(reader)
        self.below.words = setting.narrowed
        self.statements: list[_Statement] = []
        self.parts: list[str] = [setting.section]
        self.notes: list[Note] = []
        self.dropped: frozenset[int] = frozenset()
        self.named: Side | None = None

    def read(self, rows: list[Row]) -> Compared:
        """The claims of the table; without any it is none of ours."""
        self._drop_columns(rows)
        for row in rows:
            if not self._row(row):
                break
        if self._are_upside_down(rows):
            self._unread(rows[-1])
            self.statements = []
        return self._compared()

    def _are_upside_down(self, rows: list[Row]) -> bool:
        """Whether values may stand before their labels or titles: the first row has none, and the last nothing else."""
        filled = [row for row in rows if not all(map(is_blank, row.cells))]
        if len(filled) < 2 or not self.statements or filled[0].jobs or any(filled[0].known):
            return False
        first, last = (
            [take_apart(cell, self.reader.pair, self.reader.site) for cell in row.cells if not is_blank(cell)]
            for row in (filled[0], filled[-1])
        )
        row_of_values = len(first) > 1 or len(first) == len(last) or any(map(str.isdigit, "".join(filled[0].cells)))
        return row_of_values and all(said.is_value for said in first) and all(said.is_bare for said in last)

    def _known(self, label: str) -> Known:
        return self.reader.site.where(label) if label else {}

    def _drop_columns(self, rows: list[Row]) -> None:
        """Columns that the first row with more than one cell names as those of neither job."""
        first = next((row for row in rows if len(set(row.cells)) > 1), None)
        if first and not any(first.known):
            names = self.reader.site.layout.ignored_column_set
            self.dropped = frozenset(column for column, cell in enumerate(first.cells) if fold(cell) in names)

    def _row(self, row: Row) -> bool:
        """Take one row; false where the rest of the table cannot be read."""
        pair, site = self.reader.pair, self.reader.site
        columns = [c for c in range(len(row.cells)) if not (c in self.dropped or self._is_copy(row, c) or self._is_icon(row, c))]
        cells = [_Cell(column, row.cells[column], take_apart(row.cells[column], pair, site)) for column in columns]
        filled = [cell for cell in cells if not is_blank(cell.text) or (row.number, cell.column) in self.unseen]
        if not filled:
            return True
        if len(cells) > 1 and not any(row.known) and not filled[0].said.side:
            values = (cell.text for cell in filled[1:] if not cell.said.side)
            if limit := limits.of_row(filled[0].text, values, self.reader):
                self.below.heads(limit)
                self._unread(row)
                return True
        if len(cells) > 1 and not self.statements and not self.state.labels and self._heads_columns(filled):
            return self._take_header(filled)
        if words := self._words(row, filled):
            self._between(words, (row.number, filled[0].column) in self.unseen)
        elif len(filled) == 1 and filled[0].said.is_bare and len(cells) == 1:
            self._stand(filled[0].said)
        elif sum(cell.said.is_bare and bool(cell.said.known) for cell in filled) > 1:
            if not self._pairs(row, cells):
                self._take_labels(filled)
        else:
            self._values(row, cells, filled)
        return True

    def _words(self, row: Row, filled: list[_Cell]) -> str:
        """The words of a row that has no others: no value, no title, no label."""
        words = bare(row, (), self.spans) if len(filled) == 1 and filled[0].said.is_value else ""
        return "" if ":" in words.rstrip(": ") or self.reader.site.label_start.match(shown(words).lower()) else words

    def _is_copy(self, row: Row, column: int) -> bool:
        """Whether a place is filled by the cell to the left of it."""
        return column > 0 and (row.number, column) in self.spans and row.cells[column] == row.cells[column - 1]

    def _is_icon(self, row: Row, column: int) -> bool:
        """Whether a box shows a picture and nothing else."""
        cell = row.cells[column]
        return self.table.made_of in DRAWN and not is_blank(cell) and is_blank(without_icons(cell))

    def _heads_columns(self, filled: list[_Cell]) -> bool:
        """Whether a row only names what stands below: `Metric | Cook`, `Job | Metric | Value`."""
        corners = self.reader.site.layout.corner_set
        others = [cell for cell in filled if not (cell.said.is_bare and cell.said.side)]
        return all(fold(cell.text) in corners and not cell.said.known for cell in others) and len(filled) - len(others) < 2

    def _take_header(self, filled: list[_Cell]) -> bool:
        for cell in filled:
            if cell.said.side:
                self.state = _State(cell.said.side, cell.said.title, "", {}, inside=True)
        return True

    def _between(self, words: str, unseen: bool) -> None:
        """A row of nothing but words: an advert, a section, another job, or what nobody knows."""
        if self.below.is_passed_over(words, unseen) or fold(words) in self.reader.site.layout.corner_set:
            return
        said = self.reader.words(words)
        if said.kind == "title" and said.side:
            self._name(said.side, said.title)
            self.parts.append(said.section)
        elif said.kind in ("section", "neutral", "titles"):
            self.parts.append(said.section)
            self.state.label, self.state.known, self.state.labels = "", {}, {}
        elif self.state.inside and said.kind == "unknown":
            self.state = _State(None, "", "", {})  # the card of another job may begin
        else:
            self.below.heads(words)
            self.state.label, self.state.known = "", {}

    def _name(self, side: Side, title: str) -> None:
        """A title holds for what follows, unless the other one stands right before it, as the heads of tabs do: neither does."""
        self.state = _State(None, "", "", {}) if self.named not in (None, side) else _State(side, title, "", {}, inside=True)
        self.named = side

    def _stand(self, said: Said) -> None:
        """A title or label alone in its row holds for those that follow."""
        if said.side and not said.known:
            self._name(said.side, said.title)
            self.parts.append("")
        elif said.known and not said.side:
            self.state.label, self.state.known, self.state.labels = said.label, said.known, {}

    def _take_labels(self, filled: list[_Cell]) -> None:
        bare_labels = [cell for cell in filled if cell.said.is_bare and cell.said.known]
        self.state.labels = {cell.column: (cell.said.label, cell.said.known) for cell in bare_labels}
        self.state.width = 1 + max(cell.column for cell in filled)
        self.state.label, self.state.known = "", {}

    def _pairs(self, row: Row, cells: list[_Cell]) -> bool:
        """Take a row of several labels, each with its value behind it."""
        labels = [number for number, cell in enumerate(cells) if cell.said.is_bare and cell.said.known]
        if labels != list(range(0, len(cells), 2)) or len(cells) % 2 or not self.state.side:
            return False
        for label, value in zip(cells[::2], cells[1::2], strict=True):
            self._state(row, value, self.state.side, self.state.title, label.said)
        return True

    def _values(self, row: Row, cells: list[_Cell], filled: list[_Cell]) -> None:
        """A row with values: the job and the label are its own, or those that hold."""
        titles = [cell.said for cell in filled if cell.said.is_bare and cell.said.side]
        labels = [cell.said for cell in filled if cell.said.is_bare and cell.said.known]
        both = [said for said in titles if said in labels]
        if len(titles) > 1 or len(labels) > 1:
            self._unread(row)
            return
        side, title = (titles[0].side, titles[0].title) if titles else (self.state.side, self.state.title)
        own = labels[0] if labels else Said(label=self.state.label, known=self.state.known)
        values = [cell for cell in cells if not cell.said.is_bare or cell.said in both]
        full = [cell for cell in values if cell in filled]
        alone = not titles and not labels and any(cell.said.is_value for cell in full)
        if self.state.labels and not labels:
            self._below_labels(row, cells, side, title)
        elif len(full) > 1 and not any(cell.said.is_value for cell in full):
            for cell in full:
                self._state(row, cell, side, title, own)
        elif labels and not side and not full:
            self.state.label, self.state.known = own.label, own.known
        elif len(full) > 1 or not values or alone:
            self._unread(row)
        else:
            self._state(row, (full or values)[0], side, title, own)

    def _below_labels(self, row: Row, cells: list[_Cell], side: Side | None, title: str) -> None:
        """A row of values below a row of labels."""
        loose = [cell for cell in cells if cell.column not in self.state.labels and not is_blank(cell.text)]
        if any(not (cell.said.side and cell.said.is_bare) for cell in loose) or len(row.cells) < self.state.width:
            self.notes.append(Note("ragged_row", f"{row.said} has {len(row.cells)} cells, not {self.state.width}"))
            return
        for cell in cells:
            if cell.column in self.state.labels:
                label, known = self.state.labels[cell.column]
                self._state(row, cell, side, title, Said(label=label, known=known))

    def _state(self, row: Row, cell: _Cell, side: Side | None, title: str, own: Said) -> None:
        """Take one value, with the job and the label that its cell itself may name."""
        said = cell.said
        if said.side and side and said.side != side and self.state.side != side:
            self._unread(row)
            return
        if said.side:
            side, title = said.side, said.title
        if said.known and own.known and set(said.known.values()).isdisjoint(own.known.values()) and own.label != self.state.label:
            self._unread(row)
            return
        label, known = (said.label, said.known) if said.known else (own.label, own.known)
        if not side or not known or said.mixed:
            self._unread(row)
            return
        doubt = self._doubt(row, cell, known)
        below = "" if doubt else self.below.words
        part = len(self.parts) - 1
        self.named = None
        self.statements.append(_Statement(side, title, label, known, row.number, cell.column, said, doubt, below, part))

    def _doubt(self, row: Row, cell: _Cell, known: Known) -> Doubt:
        if row.number in self.table.open:
            return "cut_off"
        place = (row.number, cell.column)
        if place in self.unseen:
            return "not_text"
        labels = {column for column, sections in enumerate(row.known) if sections and column != cell.column}
        pictured = any((row.number, column) in self.pictures for column in range(len(row.cells)) if column not in labels)
        drawn = "growth" in known.values() and pictured
        return "drawn_sign" if drawn and not SIGNED.search(plain(cell.text)) else ""

    def _unread(self, row: Row) -> None:
        """A row that gives nothing: with a known label it is one of ours."""
        code = "ragged_row" if any(row.known) else "unknown_label"
        self.notes.append(Note(code, row.said))

    def _compared(self) -> Compared:
        """The claims, each in the section that the labels of its part of the table vote for."""
        compared = Compared()
        filled = {s.column for s in self.statements if not self._is_blank(s)}
        for statement in self.statements:
            if statement.column not in filled:
                self.notes.append(Note("ragged_row", f"{statement.label!r} stands beside a column without values"))
        self.statements = [statement for statement in self.statements if statement.column in filled]
        if not self.statements:
            return compared
        compared.notes = self.notes
        sections: dict[int, str] = {}
        for statement in self.statements:
            if statement.part not in sections:
                sections[statement.part] = self._section(statement.part)
            compared.titles.setdefault(statement.side, statement.title)
            compared.claims.append(self._claim(statement, sections[statement.part], compared.notes))
        compared.sections = list(dict.fromkeys(sections.values()))
        return compared

    def _is_blank(self, statement: _Statement) -> bool:
        return is_blank(self.table.rows[statement.row][statement.column])

    def _section(self, part: int) -> str:
        named = self.parts[part]
        known = [s.known for s in self.statements if s.part == part]
        if named and any(named in sections for sections in known):
            return named
        return vote(known, named or self.setting.hint, self.reader.site)

    def _claim(self, statement: _Statement, section: str, notes: list[Note]) -> Claim:
        term, section = stand(section, statement.known)
        doubt = statement.doubt
        said = f"{statement.label!r} of {statement.title!r}"
        if statement.below:
            doubt = "below_heading"
            notes.append(limits.doubted(said, statement.below, statement.side, term))
        elif doubt:
            notes.append(Note(doubt, said, statement.side))
        place, raw = self.place(statement.row, statement.column, statement.said)
        rest = statement.said.rest if statement.said.start and raw != statement.said.rest else ""
        return Claim(term, statement.side, raw, section, place, shown(statement.label), statement.title, "", doubt, rest)
