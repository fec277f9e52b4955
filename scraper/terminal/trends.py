"""Values over time and counts, as small charts on a terminal; a pipe gets nothing of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scraper.terminal import marks
from scraper.terminal.marks import Stretch
from scraper.terminal.screen import Screen, screen

if TYPE_CHECKING:
    from rich.text import Text

_WIDEST_SPARK, _LEAST_SPARK, _WIDEST_BAR = 48, 10, 60
_STYLE = "cyan"
_TIE = "\N{NO-BREAK SPACE}"  # holds words together while lines are folded


@dataclass(frozen=True, slots=True)
class Trend:
    """The stretches of one fact over time, the oldest first, and its first and last value in words with their dates."""

    label: str
    stretches: tuple[Stretch, ...]
    first: str
    last: str


def print_trends(title: str, trends: Sequence[Trend]) -> None:
    """A line over time for each, between its first and last value, and an empty line."""
    there = screen()
    if there and trends:
        there.show(_trends(there, title, trends))


def _trends(there: Screen, title: str, trends: Sequence[Trend]) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import beside, folded, natural

    yield from folded(Text(there.words(title), "bold"), there.width)
    texts = [[there.words(word) for word in (one.label, one.first, one.last)] for one in trends]
    widths = [natural(column) for column in zip(*texts, strict=True)]
    room = there.width - sum(widths) - 2 * (len(widths) if widths[0] else len(widths) - 1)
    for one, (label, first, last) in zip(trends, texts, strict=True):
        spark = Text(marks.spark(one.stretches, max(_LEAST_SPARK, min(room, _WIDEST_SPARK)), there.marks), _STYLE)
        if room >= _LEAST_SPARK:
            columns = [[Text(label, "dim")], [Text(first)], [spark], [Text(last)]]
            sizes = [widths[0], widths[1], len(spark.plain), widths[2]]
            start = 0 if widths[0] else 1
            yield from beside(columns[start:], sizes[start:], 2)
        else:
            yield from folded(Text(label, "dim"), there.width) if label else ()
            wide = marks.spark(one.stretches, min(there.width, _WIDEST_SPARK), there.marks)
            yield Text(wide, _STYLE)
            yield from folded(Text(f"{first} to {last}"), there.width)
    yield Text()


def print_parts(counts: Sequence[tuple[str, int]]) -> None:
    """A bar of parts of a whole, and what each is; a part of none is not there."""
    there = screen()
    if there and any(count for _, count in counts):
        there.show(_parts(there, counts))


def _parts(there: Screen, counts: Sequence[tuple[str, int]]) -> "Iterator[Text]":
    from rich.text import Text

    from scraper.terminal.layout import folded

    width = min(there.width, _WIDEST_BAR)
    cells = marks.parts([count for _, count in counts], width)
    yield Text("".join(mark * n for mark, n in zip(there.marks.parts, cells, strict=False)), _STYLE)
    marked = zip(there.marks.parts, counts, strict=False)
    words = [f"{mark}{_TIE}{count:,}{_TIE}{name}" for mark, (name, count) in marked if count]
    for line in folded(Text("  ".join(words)), there.width):
        yield Text(line.plain.replace(_TIE, " "), "dim")


def print_columns(label: str, counts: Sequence[int]) -> None:
    """A mark for each count behind a label, with the first and last of them in words."""
    there = screen()
    if not there or len(counts) < 2:
        return
    from rich.text import Text

    from scraper.terminal.layout import folded

    drawn = marks.columns(counts, there.marks)
    there.show(folded(Text(f"{label}: {drawn} {counts[0]:,} to {counts[-1]:,}"), there.width))
