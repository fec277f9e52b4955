"""Rows of a table, and the words that stand alone in one."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from normalize.claims import Side
from normalize.folding import fold, is_blank
from normalize.vocabulary import is_missing
from scraper.document import Place, Table
from scraper.headings import Reader, is_line
from scraper.titles import Pair

_YEAR = re.compile(r"\s*(?:19|20)[0-9]{2}(?:\s*[-–/]\s*[0-9]{2,4})?\s*")
_LONGEST_HINT = 160
_LETTER = re.compile(r"[^\W\d_]")
Named = Mapping[Side, list[int]]


class Row(NamedTuple):
    """A row of a table: its cells, the columns of each job that it names, and the sections that know a cell as a label."""

    number: int
    cells: tuple[str, ...]
    jobs: Named
    known: tuple[Mapping[str, str], ...]

    @property
    def said(self) -> str:
        """The row in a message."""
        return f"{' | '.join(self.cells)[:160]!r}"


def jobs_of(cells: Sequence[str], pair: Pair) -> dict[Side, list[int]]:
    """The columns of each job that a row names."""
    found: dict[Side, list[int]] = {}
    for column, cell in enumerate(cells):
        if side := pair.side(cell):
            found.setdefault(side, []).append(column)
    return found


def rows_of(table: Table, reader: Reader) -> list[Row]:
    """The rows of a table, with what is known of their cells."""
    return [Row(number, cells, jobs_of(cells, reader.pair), _known(cells, reader)) for number, cells in enumerate(table.rows)]


def _known(cells: Sequence[str], reader: Reader) -> tuple[Mapping[str, str], ...]:
    """What is known of each cell as a label; where none is one, of the only one that has a label above other words."""
    known = tuple(map(reader.site.where, cells))
    if any(known) or len(cells) < 2 or not any("\n" in cell for cell in cells):
        return known
    hinted = tuple(_above_a_hint(cell, reader) if "\n" in cell else {} for cell in cells)
    return hinted if sum(map(bool, hinted)) == 1 else known


def _above_a_hint(cell: str, reader: Reader) -> Mapping[str, str]:
    """What is known of the first line of a cell, if the rest are words that limit nothing."""
    label, _, rest = cell.partition("\n")
    known = reader.site.where(label)
    if not known or any(map(str.isdigit, rest)) or is_blank(rest) or len(rest) > _LONGEST_HINT:
        return {}
    lines = rest.split("\n")
    if any(reader.narrows(line) or reader.site.where(line) or reader.pair.side(line) or is_missing(line) for line in lines):
        return {}
    return known


def header_of(rows: list[Row]) -> int | None:
    """The first row that names both jobs."""
    return next((row.number for row in rows if len(row.jobs) == 2), None)


def is_filled(column: int, rows: Iterable[Row]) -> bool:
    """Whether any of the rows says something in a column."""
    return any(column < len(row.cells) and not is_blank(row.cells[column]) for row in rows)


def bare(row: Row, values: tuple[int, ...], spans: frozenset[Place]) -> str:
    """The words of a row that has no others, neither label nor title; in one of the columns of `values` they are a value, unless
    they span others."""
    if row.jobs or any(row.known):
        return ""
    texts = [(column, cell) for column, cell in enumerate(row.cells) if not is_blank(cell)]
    if not texts or len({cell for _, cell in texts}) > 1:
        return ""
    column, text = texts[0]
    alone = len(texts) == 1 and len(row.cells) > 1 and column in values
    copied = all((row.number, at) in spans for at, _ in texts[1:])
    return text if copied and not alone and (_LETTER.search(text) or _YEAR.fullmatch(text)) else ""


def paired(rows: list[Row], reader: Reader) -> list[tuple[int, ...]]:
    """The rows of one cell that belong together where labels and values stand in turns, below each other; empty where they do
    not: where a label lacks its value, or a value its label."""
    groups: list[tuple[int, ...]] = []
    for row in rows:
        if len(row.cells) != 1:
            return []
        waiting = bool(groups) and len(groups[-1]) == 1 and bool(rows[groups[-1][0]].known[0])
        if row.known[0]:
            if waiting:
                return []
            groups.append((row.number,))
        elif waiting:
            groups[-1] = (*groups[-1], row.number)
        elif row.jobs or reader.words(row.cells[0]).section:
            groups.append((row.number,))
        else:
            return []
    ended = not groups or len(groups[-1]) == 2 or not rows[groups[-1][0]].known[0]
    return groups if ended and sum(len(group) == 2 for group in groups) > 1 else []


class Below:
    """The words that rows stand below: the first that nobody understands holds to the end of the table."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.words = ""

    def begin(self, texts: Iterable[str]) -> None:
        """Words before the first row: they count only where they limit what follows."""
        for text in texts:
            if text and not self.words and is_line(text) and self._reader.narrows(text):
                self.words = text

    def is_passed_over(self, text: str, unseen: bool) -> bool:
        """Whether a row of words is an advert: by name, by its words, or for it is drawn; or prose."""
        folded = fold(text)
        if folded in self._reader.site.ignored:
            return True
        if self._reader.narrows(text) or self._reader.words(text).section:
            return False
        if not is_line(text) and not text.rstrip().endswith(":"):
            return True  # prose
        return unseen or bool(self._reader.site.layout.advert_pattern.search(folded))

    def heads(self, text: str) -> bool:
        """Take a row of words; whether they begin a section or change nothing."""
        kind = self._reader.words(text).kind
        if kind in ("section", "titles", "neutral"):
            return True
        self.words = self.words or text
        return False
