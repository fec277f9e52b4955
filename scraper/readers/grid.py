"""Rows of cells with spans to a table, within the limits of the HTML standard."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from normalize.errors import Rejected
from scraper.document import MadeOf, Place, Table

MAX_CELLS = 200_000
_NUMBER = re.compile(r"[ \t\r\n\f]*\+?([0-9]+)")  # as browsers read it: what follows the digits is ignored


@dataclass(slots=True)
class Cell:
    """A cell as written; `colspan` and `rowspan` are the attributes' texts, `unseen` and `picture` as in Table;
    `descriptions` are the words that pictures have."""

    text: str
    colspan: str = ""
    rowspan: str = ""
    unseen: bool = False
    picture: bool = False
    descriptions: list[str] | None = None


def resolve(rows: list[list[Cell]], cut: bool = False, made_of: MadeOf = "table", groups: Sequence[int] = ()) -> Table:
    """The table, with a spanning cell's text in every place that it covers; `cut` tells that its end is not there, `groups` are
    the rows with which a group begins: no cell spans more than one group.

    Rows without cells are left out. Raises Rejected `too_hostile` for a grid of more than 200,000 cells.
    """
    grid, spans = _place(rows, groups)
    rows = [row for row in rows if row]
    if grid is None:
        texts = tuple([tuple([cell.text for cell in row]) for row in rows])
        special = [((r, c), cell) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell.unseen or cell.picture]
    else:
        texts = tuple(tuple(line[c].text if c in line else "" for c in range(max(line, default=-1) + 1)) for line in grid)
        lines = (sorted(line.items()) for line in grid)
        special = [((r, c), cell) for r, line in enumerate(lines) for c, cell in line if cell.unseen or cell.picture]
    return Table(
        texts,
        spans,
        unseen=tuple([place for place, cell in special if cell.unseen]),
        pictures=tuple([place for place, cell in special if cell.picture]),
        open=(len(rows) - 1,) if cut and rows else (),
        made_of=made_of,
    )


def _place(rows: list[list[Cell]], groups: Sequence[int]) -> tuple[list[dict[int, Cell]] | None, tuple[Place, ...]]:
    """The cell in every place of the rows with cells, and the places that a spanning neighbour fills; no grid where no cell
    spans. A row without cells counts for those that span it."""
    if not any(cell.colspan or cell.rowspan for row in rows for cell in row):
        if sum(map(len, rows)) > MAX_CELLS:
            raise Rejected("too_hostile", f"a table of more than {MAX_CELLS:,} cells")
        return None, ()
    grid: list[dict[int, Cell]] = [{} for _ in rows]
    spans: set[Place] = set()
    total, ends = 0, _ends(len(rows), groups)
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while column in grid[number]:
                column += 1
            width, height = max(1, _span(cell.colspan, 1000)), _span(cell.rowspan, 65534)
            height = min(height or len(rows), ends[number] - number)
            total += width * height
            if total > MAX_CELLS:
                raise Rejected("too_hostile", f"a table of more than {MAX_CELLS:,} cells")
            for place in ((number + down, column + right) for down in range(height) for right in range(width)):
                if place[1] not in grid[place[0]]:
                    grid[place[0]][place[1]] = cell
                    if place != (number, column):
                        spans.add(place)
            column += width
    kept = {number: place for place, number in enumerate(n for n, row in enumerate(rows) if row)}
    return [grid[n] for n in kept], tuple(sorted((kept[row], column) for row, column in spans if row in kept))


def _ends(rows: int, groups: Sequence[int]) -> list[int]:
    """Where the group of each row ends."""
    bounds = [0, *groups, rows]
    return [end for start, end in pairwise(bounds) for _ in range(start, end)]


def _span(attribute: str, most: int) -> int:
    digits = _NUMBER.match(attribute)
    return min(int(digits[1][:9]), most) if digits else 1
