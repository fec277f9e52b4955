"""Long lists of values in queries: cut so that no query has too many, and the placeholders of each part."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

_TOGETHER = 500
_One = TypeVar("_One")


def batches(items: Iterable[_One]) -> Iterator[list[_One]]:
    """The items in their order, in parts of which none is empty."""
    rest = iter(items)
    while some := list(islice(rest, _TOGETHER)):
        yield some


def marks(items: Collection[object]) -> str:
    """`?, ?, ?` for three items."""
    return ", ".join("?" * len(items))
