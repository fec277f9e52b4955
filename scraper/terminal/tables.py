"""Tables: of any rows, of labelled lines, and lines alone; as wide as they are in a pipe, as wide as the terminal on one."""

import io
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scraper.terminal.screen import Screen, screen
from scraper.terminal.words import emit, safe, tell

if TYPE_CHECKING:
    from rich.text import Text

_PIPED_WIDTH = 1000
_DAY = 10  # the characters of a date, with which a time begins
_TALLEST = 3  # lines of a row, on the average, behind which labelled lines are easier to read


def piped(renderable: Any) -> None:
    """Print for a pipe: no colours, no blanks at the end of lines, and nothing folded before 1000 characters."""
    from rich.console import Console

    paper = io.StringIO()
    console = Console(file=paper, force_terminal=False, highlight=False, markup=False, emoji=False, width=_PIPED_WIDTH)
    console.print(renderable)
    emit("\n".join(map(str.rstrip, paper.getvalue().splitlines())), sys.stdout)


def plain_table() -> Any:
    """An empty table of blanks, for a pipe."""
    from rich.table import Table

    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))


def print_pairs(title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """A heading and labelled lines; the label of a continued line is empty."""
    from rich.text import Text

    there = screen()
    if there:
        there.show(_pairs(there, title, pairs))
        return
    table = plain_table()
    for label, text in pairs:
        table.add_row(Text(f"  {label}"), Text(safe(text), overflow="fold"))
    piped(Text(safe(title)))
    piped(table)


def _pairs(there: Screen, title: str, pairs: Sequence[tuple[str, str]]) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import folded

    yield from folded(Text(there.words(title), style="bold"), there.width)
    yield from _labelled(there, pairs)


def _labelled(there: Screen, pairs: Sequence[tuple[str, str]]) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import beside, folded, natural

    labels = min(natural([label for label, _ in pairs]), there.width // 3)
    gap = 3 if there.width > 60 else 2
    words = there.width - 2 - labels - gap
    for label, text in pairs:
        cells = (folded(Text(there.words(label), style="dim"), labels), folded(Text(there.words(text)), words))
        for line in beside(cells, (labels, words), gap):
            line.pad_left(2)
            yield line


def print_lines(lines: Iterable[str]) -> None:
    """Lines of the answer, folded at the width of a terminal."""
    from rich.text import Text

    there = screen()
    if not there:
        tell("\n".join(lines))
        return
    from scraper.terminal.layout import folded

    there.show(part for line in lines for part in folded(Text(there.words(line)), there.width))


def print_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], times: Collection[str] = (), spare: Sequence[str] = ()
) -> None:
    """A table with a line of heads. On a terminal that is too narrow the columns of `times` are cut to days, cells are folded,
    those of `spare` left out (the first first, and it is said), or each row becomes labelled lines; there a spare column of
    blanks has no place."""
    from rich.text import Text

    listed = [tuple(row) for row in rows]
    there = screen()
    if there:
        there.show(_drawn(there, heads, [tuple(map(there.words, row)) for row in listed], times, spare))
        return
    table = plain_table()
    table.add_row(*map(Text, heads))
    for row in listed:
        table.add_row(*(Text(safe(cell), overflow="fold") for cell in row))
    piped(table)


def _drawn(
    there: Screen, heads: Sequence[str], rows: Sequence[Sequence[str]], times: Collection[str], spare: Sequence[str]
) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import folded

    blank = [head for i, head in enumerate(heads) if head in spare and not any(row[i] for row in rows)]
    spare = [head for head in spare if head not in blank]
    short = [tuple(cell[:_DAY] if head in times else cell for head, cell in zip(heads, row, strict=True)) for row in rows]
    for left_out, shown, gap, whole in _tries(rows, short, spare):
        kept = [i for i, head in enumerate(heads) if head not in left_out and head not in blank]
        table = [[heads[i] for i in kept], *([row[i] for i in kept] for row in shown)]
        widths = _widths(table, there.width - gap * (len(kept) - 1), whole)
        if widths is None:
            continue
        body = [*_lines(table[1:], widths, gap)]
        if len(body) > _TALLEST * len(rows):
            break
        yield from (*_lines(table[:1], widths, gap, "dim"), *body)
        if said := ", ".join(head for head in heads if head in left_out):
            yield from folded(Text(f"not shown at this width: {said}", "dim"), there.width)
        return
    yield from _records(there, heads, rows)


def _lines(table: Sequence[Sequence[str]], widths: Sequence[int], gap: int, style: str = "") -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import beside, folded

    for row in table:
        cells = [folded(Text(cell, style=style), width) for cell, width in zip(row, widths, strict=True)]
        yield from beside(cells, widths, gap)


def _tries(
    rows: Sequence[Sequence[str]], short: Sequence[Sequence[str]], spare: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[Sequence[str]], int, bool]]:
    """What is left out, the rows, the gap between columns and whether cells stay whole: the best first."""
    yield from (((), rows, gap, True) for gap in (3, 2))
    for count in range(len(spare) + 1):
        yield from ((spare[:count], short, 2, whole) for whole in (True, False))
    yield spare, short, 1, False


def _widths(table: Sequence[Sequence[str]], room: int, whole: bool) -> list[int] | None:
    from scraper.terminal.layout import fitted, least, natural

    columns = [*zip(*table, strict=True)]
    wanted = [natural(column) for column in columns]
    return fitted(wanted, wanted if whole else [least(column) for column in columns], room)


def _records(there: Screen, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> "Iterator[Text]":
    """Each row as labelled lines, for a terminal that no table fits."""
    from rich.text import Text

    for number, row in enumerate(rows):
        if number:
            yield Text()
        yield from _labelled(there, [pair for pair in zip(heads, row, strict=True) if pair[1]])
