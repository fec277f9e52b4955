"""A table turned, lifted or unrolled until its jobs stand as columns; each cell remembers where it stands on the page."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from normalize.claims import Claim, Side
from normalize.folding import is_blank
from scraper.document import Place, Table
from scraper.rows import Row, bare

_WIDEST = 12
Line = Sequence[Place | None]


@dataclass(frozen=True, slots=True)
class View:
    """A table in another arrangement: `origins` are the places of its cells in the one on the page, None for a cell that it does
    not have."""

    table: Table
    origins: tuple[tuple[Place | None, ...], ...]

    def home(self, claims: Iterable[Claim]) -> Iterator[Claim]:
        """Claims with the places of their cells on the page; what stands in no cell of it is none."""
        for claim in claims:
            if origin := self.origins[claim.place.row][claim.place.column]:
                yield replace(claim, place=replace(claim.place, row=origin[0], column=origin[1]))


def view(table: Table, lines: Sequence[Line]) -> View:
    """The cells of a table in another arrangement."""
    origins = tuple(tuple(place if place and _is_in(table, place) else None for place in line) for line in lines)
    rows = tuple(tuple(table.rows[at[0]][at[1]] if at else "" for at in line) for line in origins)

    def moved(places: tuple[Place, ...]) -> tuple[Place, ...]:
        marked = frozenset(places)
        return tuple((r, c) for r, line in enumerate(origins) for c, at in enumerate(line) if at in marked)

    cut = frozenset(table.open)
    open_lines = tuple(r for r, line in enumerate(origins) if any(at and at[0] in cut for at in line))
    return View(Table(rows, moved(table.spans), moved(table.unseen), moved(table.pictures), open_lines, table.made_of), origins)


def _is_in(table: Table, place: Place) -> bool:
    return place[1] < len(table.rows[place[0]])


def turned(table: Table, rows: Sequence[Row]) -> Iterator[View]:
    """The parts of a table in which the jobs are rows and one row holds the labels, each with the jobs as columns.

    A part begins with its row of labels. Nothing where the labels stand in a column, or below each other.
    """
    heads = [row for row in rows if not row.jobs and _across(row) > 1]
    if heads:
        heads = [row for row in rows if not row.jobs and _across(row) and (_across(row) > 1 or _says_no_more(row))]
    else:
        heads = [row for row in rows if _across(row)]
        if len(heads) > 1 or any(row.jobs or len(row.cells) < 2 for row in heads):
            return
    starts = [0, *(head.number for head in heads[1:]), len(rows)]
    for head, start, end in zip(heads, starts, starts[1:], strict=False):
        if part := _turned(table, rows[start:end], head):
            yield part


def _turned(table: Table, rows: Sequence[Row], head: Row) -> View | None:
    """One part; None where its rows do not fit its labels, or do not name both jobs."""
    named = [row for row in rows if row.jobs]
    columns = {column for row in named for at in row.jobs.values() for column in at}
    widths = {len(row.cells) for row in named}
    if len({side for row in named for side in row.jobs}) != 2 or len(columns) != 1 or len(widths) != 1:
        return None
    return _crossed(table, rows, head, columns.pop(), widths.pop())


def _crossed(table: Table, rows: Sequence[Row], head: Row, title: int, width: int) -> View | None:
    """Columns as lines: that of the titles first, in each the label first. Where a label stands over the titles, the empty cell
    of the labels' row stands elsewhere, or is not there."""
    labels: list[Place | None] = [(head.number, column) for column in range(len(head.cells))]
    if len(labels) != width or head.known[title]:
        empty = [column for column, cell in enumerate(head.cells) if is_blank(cell)]
        labels = [place for place in labels if not empty or (place and place[1] != empty[-1])]
        labels.insert(title, None)
    if len(labels) != width:
        return None
    others = [row.number for row in rows if row.number != head.number]
    order = sorted(range(width), key=lambda column: column != title)
    return view(table, [[labels[column], *((number, column) for number in others)] for column in order])


def _says_no_more(row: Row) -> bool:
    return len(row.cells) > 1 and all(known or is_blank(cell) for cell, known in zip(row.cells, row.known, strict=True))


def _across(row: Row) -> int:
    return sum(map(bool, row.known))


def lifted(table: Table, rows: Sequence[Row], header: Row) -> View | None:
    """A table in which each label stands on a row of its own, above the values; None where it is none."""
    columns = [column for at in header.jobs.values() for column in at]
    spans = frozenset(table.spans)
    if len(columns) != 2:
        return None
    lines: list[Line] = [[None, *((header.number, column) for column in columns)]]
    label: Place | None = None
    for row in rows[header.number + 1 :]:
        known = [column for column, sections in enumerate(row.known) if sections]
        if known and all(is_blank(cell) or column in known for column, cell in enumerate(row.cells)):
            if label or len({row.cells[column] for column in known}) > 1:
                return None
            label = (row.number, known[0])
        elif known or (label and len(row.cells) != len(header.cells)):
            return None
        elif label:
            if any(not is_blank(cell) for column, cell in enumerate(row.cells) if column not in columns):
                return None
            lines.append([label, *((row.number, column) for column in columns)])
            label = None
        elif bare(row, (), spans):
            lines.append([(row.number, 0)])
        elif not all(map(is_blank, row.cells)):
            return None
    return view(table, lines) if len(lines) > 1 and not label else None


def unlabelled(table: Table, rows: Sequence[Row], header: Row) -> View | None:
    """A row of titles over a row of values, without a label, as a row for each job; None where it is not so."""
    columns = sorted(column for at in header.jobs.values() for column in at)
    if columns != list(range(len(header.cells))) or header.number or len(rows) != 2 or len(rows[1].cells) != len(columns):
        return None
    return view(table, [[(0, column), (1, column)] for column in columns])


def beside(rows: Sequence[Row], header: Row) -> Mapping[Side, tuple[int, int]]:
    """The columns of each job where its title spans a label and a value: two cards side by side. Empty where it does not."""
    if any(len(columns) != 2 or columns[1] != columns[0] + 1 for columns in header.jobs.values()):
        return {}
    below = rows[header.number + 1 :]
    for first, _ in header.jobs.values():
        if not any(first < len(row.known) and row.known[first] for row in below):
            return {}
    return {side: (columns[0], columns[1]) for side, columns in header.jobs.items()}


def part(table: Table, rows: Sequence[Row], columns: Sequence[int]) -> View:
    """Some columns of a table."""
    return view(table, [[(row.number, column) for column in columns if column < len(row.cells)] for row in rows])


def unrolled(table: Table, runs: Sequence[Row], heads: Callable[[str], bool]) -> View | None:
    """The rows of a strip, of which each run begins a row: of that width in which both titles stand in the first row, and a known
    label in the same column of most others; None where not exactly one width fits. `heads` tells of a cell that it is a row of
    its own."""
    fitting = [lines for width in range(3, _WIDEST + 1) if (lines := _Strip(runs, width, heads).lines())]
    return view(table, fitting[0]) if len(fitting) == 1 else None


class _Strip:
    """A strip in rows of a width."""

    def __init__(self, runs: Sequence[Row], width: int, heads: Callable[[str], bool]) -> None:
        self._runs, self._width, self._heads = runs, width, heads
        self._lines: list[Line] = []
        self._labels: list[int] = []
        self._titles: set[int] = set()
        self._rows = 0

    def lines(self) -> list[Line]:
        """The rows; none where they do not fit."""
        for run in self._runs:
            if not self._cut(run):
                return []
        fits = len(set(self._labels)) == 1 and self._labels[0] not in self._titles
        return self._lines if fits and 3 * len(self._labels) >= 2 * (self._rows - 1) else []

    def _cut(self, run: Row) -> bool:
        """Take a run; whether it fits."""
        at, count = 0, len(run.cells)
        if count == 1:
            self._lines.append([(run.number, 0)])
            return True
        while at < count:
            if self._rows and self._stands_alone(run, at):
                self._lines.append([(run.number, at)])
                at += 1
            elif self._take(run, range(at, at + self._width)):
                at += self._width
            else:
                return False
        return True

    def _stands_alone(self, run: Row, at: int) -> bool:
        """Whether a cell is a row of words: with another in the same row it is the link of a job."""
        if run.known[at] or not self._heads(run.cells[at]):
            return False
        return not any(map(self._heads, run.cells[at + 1 : at + self._width]))

    def _take(self, run: Row, columns: range) -> bool:
        if columns.stop > len(run.cells):
            return False
        known = [column - columns.start for column in columns if run.known[column]]
        named = [column - columns.start for at in run.jobs.values() for column in at if column in columns]
        if len(known) > 1 or (named if self._rows else len(named) != 2 or known or len(run.jobs) != 2):
            return False
        self._lines.append([(run.number, column) for column in columns])
        self._labels += known
        self._titles.update(named)
        self._rows += 1
        return True


def unrolled_card(table: Table, cells: Row) -> View | None:
    """The rows of a strip of labels, each with its value behind it, below a title or not; None where it is none."""
    first = 1 if cells.jobs and 0 in next(iter(cells.jobs.values())) else 0
    labels = [at for at, known in enumerate(cells.known) if known]
    count = len(cells.cells)
    if (
        len(labels) < 2
        or labels != list(range(first, count, 2))
        or (count - first) % 2
        or sum(map(len, cells.jobs.values())) > first
    ):
        return None
    return view(table, [*[[(0, 0)]] * first, *([(0, at), (0, at + 1)] for at in labels)])
