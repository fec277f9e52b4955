"""Rows of cells with spans to a grid, within the limits of the HTML standard."""

import re
from dataclasses import dataclass

from normalize.errors import Rejected

MAX_CELLS = 200_000
_NUMBER = re.compile(r"[ \t\r\n\f]*\+?([0-9]+)")  # as browsers read it: what follows the digits is ignored


@dataclass(slots=True)
class Cell:
    """A cell as written; `colspan` and `rowspan` are the attributes' texts."""

    text: str
    colspan: str = ""
    rowspan: str = ""


def resolve(rows: list[list[Cell]]) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, int], ...]]:
    """The texts row by row, a spanning cell's text in every place that it covers, and those places.

    Rows without cells are left out. Raises Rejected `too_hostile` for a grid of more than 200,000 cells.
    """
    rows = [row for row in rows if row]
    texts: list[dict[int, str]] = [{} for _ in rows]
    spans: list[tuple[int, int]] = []
    total = 0
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while column in texts[number]:
                column += 1
            width, height = _span(cell.colspan, 1000), _span(cell.rowspan, 65534)
            height = min(height or len(rows), len(rows) - number)
            total += max(width, 1) * height
            if total > MAX_CELLS:
                raise Rejected("too_hostile", f"a table of more than {MAX_CELLS:,} cells")
            for down in range(height):
                for right in range(max(width, 1)):
                    if (down or right) and column + right not in texts[number + down]:
                        spans.append((number + down, column + right))
                    texts[number + down].setdefault(column + right, cell.text)
            column += max(width, 1)
    grid = tuple(tuple(line.get(column, "") for column in range(max(line, default=-1) + 1)) for line in texts)
    return grid, tuple(sorted(spans))


def _span(attribute: str, most: int) -> int:
    digits = _NUMBER.match(attribute)
    return min(int(digits[1][:9]), most) if digits else 1
