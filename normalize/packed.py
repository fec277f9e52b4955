"""Packed: the facts of a page as a worker sent them, unpacked where somebody looks at them."""

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from normalize.facts import Fact


class PackedSide:
    """One side: its facts, and digests of what they say and of where they stand. The same digest means the same.

    `unpack` gives so many facts; it is called once, if at all.
    """

    def __init__(self, count: int, content: bytes, layout: bytes, unpack: Callable[[], list[Fact]]) -> None:
        self.count, self.content, self.layout = count, content, layout
        self._unpack = unpack
        self._facts: list[Fact] | None = None

    @property
    def facts(self) -> list[Fact]:
        """The facts in their order."""
        if self._facts is None:
            self._facts = self._unpack()
        return self._facts


class Packed(Sequence[Fact]):
    """The facts of both sides, the left ones first. Where a database knows the digests nobody has to unpack them."""

    def __init__(self, left: PackedSide, right: PackedSide) -> None:
        self.sides = left, right

    @overload
    def __getitem__(self, index: int) -> Fact: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Fact, ...]: ...

    def __getitem__(self, index: int | slice) -> Fact | tuple[Fact, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._all())

    def __len__(self) -> int:
        return sum(side.count for side in self.sides)

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Packed) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> tuple[Fact, ...]:
        return tuple(fact for side in self.sides for fact in side.facts)
