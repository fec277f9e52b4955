"""What another reading of pages changes, value by value and field by field, and whether it would lose too much."""

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from db.staging import Facts, Standing, State
from normalize.fields import BY_NAME
from normalize.wording import counted, item_words, value_words

MAX_LOSS = 0.05
"""The share of a field's ok values that may be lost."""

KINDS = ("added", "lost", "changed", "status_changed")
_MOST_EXAMPLES = 3
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Delta:
    """One value that is another, or has another status: None where there is no row. `side` is left or right."""

    side: str
    field: str
    item: str
    old: State | None
    new: State | None

    @property
    def kind(self) -> str:
        """Which of KINDS it is."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "lost"
        return "changed" if self.old[0] == self.new[0] else "status_changed"

    @property
    def is_loss(self) -> bool:
        """Whether a value that was ok is given no more."""
        return self.old is not None and self.old[0] == "ok" and (self.new is None or self.new[0] != "ok")


@dataclass(frozen=True, slots=True)
class Example:
    """One difference and where it stands."""

    kind: str
    url: str
    captured_at: str
    side: str
    item: str
    old_value: Any
    old_status: str | None
    new_value: Any
    new_status: str | None

    @property
    def place(self) -> tuple[str, str, str, str]:
        """By what examples are sorted."""
        return self.url, self.captured_at, self.side, self.item


@dataclass(slots=True)
class OfField:
    """The differences in one field: how many of each kind, how many ok values are lost of how many, and the first examples."""

    added: int = 0
    lost: int = 0
    changed: int = 0
    status_changed: int = 0
    ok_lost: int = 0
    ok_before: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Differences:
    """What reading `captures` again changes: of how many any value (`loaded`: those that are not rejected), which pages cannot
    be read, are rejected or partial now, and the differences by field. `unread` tells of a capture why. Captures are counted in
    any order."""

    captures: int = 0
    with_other_values: int = 0
    loaded: int = 0
    unread: dict[str, str] = field(default_factory=dict)
    rejected: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    fields: dict[str, OfField] = field(default_factory=dict)

    def add(self, before: Standing, old: Facts, outcome: str, new: Facts) -> list[Delta]:
        """Count a capture that was read again; the answer is what is another."""
        self.count(before, outcome)
        found = [*deltas(old, new)]
        self.with_other_values += bool(found)
        self.loaded += bool(found) and outcome != "rejected"
        for delta in found:
            self._count(before, delta)
        return found

    def count(self, before: Standing, outcome: str) -> None:
        """Count a capture that shows what it showed."""
        self.captures += 1
        if outcome == "rejected":
            self.rejected.append(before.url)
        elif outcome == "partial":
            self.partial.append(before.url)

    def _count(self, before: Standing, delta: Delta) -> None:
        of = self.fields.setdefault(delta.field, OfField())
        kind = delta.kind
        setattr(of, kind, getattr(of, kind) + 1)
        of.ok_lost += delta.is_loss
        like = [example for example in of.examples if example.kind == kind]
        if len(like) == _MOST_EXAMPLES:
            if like[-1].place <= (before.url, before.captured_at, delta.side, delta.item):
                return
            of.examples.remove(like[-1])
        (was, old), (now, new) = delta.old or (None, None), delta.new or (None, None)
        example = Example(kind, before.url, before.captured_at, delta.side, delta.item, old, was, new, now)
        insort(of.examples, example, key=lambda one: one.place)

    def settle(self, ok_values: Callable[[str], int]) -> None:
        """Ask, once all is counted, how many ok values there were of each field of which some are lost."""
        self.rejected.sort()
        self.partial.sort()
        self.unread = dict(sorted(self.unread.items()))
        for name, of in self.fields.items():
            if of.ok_lost:
                of.ok_before = ok_values(name)

    def losses(self, max_loss: float) -> list[str]:
        """The fields that would lose more than a share of their ok values, in words."""
        return [
            f"{name} would lose {of.ok_lost:,} of {of.ok_before:,} values"
            for name, of in sorted(self.fields.items())
            if of.ok_lost > max_loss * of.ok_before
        ]

    def to_dict(self, only: str = "") -> dict[str, Any]:
        """One object, with the differences of all fields or of one."""
        return asdict(self) | {"fields": {name: asdict(of) for name, of in self._shown(only)}}

    def _shown(self, only: str) -> list[tuple[str, OfField]]:
        return [(name, self.fields[name]) for name in BY_NAME if name in self.fields and only in ("", name)]

    def in_lines(self, only: str = "") -> Iterator[str]:
        """For a person: the counts, and under each field its examples."""
        yield f"{counted(self.captures, 'capture')} read again, {counted(self.with_other_values, 'capture')} with other values"
        shown = self._shown(only)
        if only and not shown:
            yield f"{only}: no difference"
        for name, of in shown:
            told = ", ".join(f"{getattr(of, kind):,} {kind.replace('_', ' ')}" for kind in KINDS if getattr(of, kind))
            yield f"{name}: {told}"
            for example in of.examples:
                yield f"  {_words(name, example)}"
            if more := sum(getattr(of, kind) for kind in KINDS) - len(of.examples):
                yield f"  and {more:,} more"

    def named(self) -> Iterator[str]:
        """The pages that cannot be read, are rejected or are partial, in a line each."""
        for url, why in self.unread.items():
            yield f"{url}: {why}"
        for outcome, urls in (("rejected", self.rejected), ("partial", self.partial)):
            yield from (f"{url}: {outcome}" for url in urls[:_MOST_NAMED])
            if len(urls) > _MOST_NAMED:
                yield f"and {len(urls) - _MOST_NAMED:,} more {outcome}, see the view comparison"


def deltas(old: Facts, new: Facts) -> Iterator[Delta]:
    """What is another, in the order of side, field and item."""
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield Delta(*key, old.get(key), new.get(key))


def _words(name: str, example: Example) -> str:
    about = BY_NAME[name]
    item = f" {item_words(about, example.item)}:" if example.item else ""
    was = _said(name, example.old_value, example.old_status)
    now = _said(name, example.new_value, example.new_status)
    return f"{example.kind.replace('_', ' ')}:{item} {was} -> {now} ({example.side}, {example.captured_at}) {example.url}"


def _said(name: str, value: Any, status: str | None) -> str:
    if status is None:
        return "nothing"
    return value_words(BY_NAME[name], value) + ("" if status == "ok" else f" ({status})")
