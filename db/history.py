"""What was said of an occupation over time, as CONTRACT.md defines `history` and `change`: unbroken stretches of one ok value,
and changes between consecutive captures of one page.

Both follow `captured_at`, in whatever order captures came, and are made anew of all published captures of an occupation. A
capture that cannot be read, is suspect, or does not have the table says nothing: it neither ends a stretch nor is it a change.
What a complete capture leaves out although its table is there was removed at the source.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlite_utils import Database

from db.conflicts import WEEK, second
from db.current import Parts, Seen
from db.sections import Key, Shown, State
from normalize.facts import STATUSES, Value
from normalize.fields import FIELDS, SECTIONS

OK, MISSING, SUSPECT = (STATUSES.index(status) for status in ("ok", "missing", "suspect"))
REMOVED = len(STATUSES)
"""The status of what was there, in a complete capture that has the table without it."""

_FIELDS = {field.id: field for field in FIELDS}

Row = Mapping[Key, State]
"""What one section of a capture shows."""


class Event(NamedTuple):
    """What one capture says of a fact: its value where it is ok; missing, or removed."""

    sight: Seen
    status: int
    value: Value | None


@dataclass(slots=True)
class Stretch:
    """An unbroken stretch of one ok value, from the first to the last capture that shows it."""

    value: Value
    first: int
    last: int
    captures: int


class Change(NamedTuple):
    """A change between two captures of a page: what was said before, and what a capture says."""

    old: State
    new: State
    sight: Seen


def refresh(db: Database, job_id: int, seen: Sequence[Seen], shows: Shown) -> None:
    """Make the stretches and changes of one occupation anew; `seen` are its published captures, newest first, and `shows` what
    they show; the caller holds the transaction."""
    stretches: list[tuple[object, ...]] = []
    changes: list[tuple[object, ...]] = []
    for key, found in _by_fact(db, seen, shows):
        if isinstance(found, Stretch):
            stretches.append((job_id, *key, 1, found.value, found.first, found.last, found.captures))
            continue
        for number, one in enumerate(of_fact(found), 1):
            stretches.append((job_id, *key, number, one.value, one.first, one.last, one.captures))
        for number, change in enumerate(changed(found), 1):
            (was, old), (now, new), sight = change
            changes.append((job_id, *key, number, old, was, new, now, sight.capture_row, sight.captured_at))
    db.conn.execute("DELETE FROM span WHERE job_id = ?", [job_id])
    db.conn.execute("DELETE FROM source_change WHERE job_id = ?", [job_id])
    db.conn.executemany("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stretches)
    db.conn.executemany("INSERT INTO source_change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", changes)


def _by_fact(db: Database, seen: Sequence[Seen], shows: Shown) -> Iterator[tuple[Key, Stretch | list[Event]]]:
    """For each fact that captures show its stretch, where all captures say the same, else what each says, oldest first. What a
    share list says as a whole is said of its items."""
    parts = Parts(db)
    oldest_first = [*reversed(seen)]
    oldest_first.sort(key=lambda sight: (sight.captured_at, sight.url))
    for section in SECTIONS:
        shown = [(sight, sight.rows[section]) for sight in oldest_first]
        if not (rows := shows.of(section)):
            continue
        always = all(row is not None for _, row in shown)
        if always and len(rows) == 1:
            (row,) = rows.values()
            yield from _unchanged(row, shown[0][0].capture_row, shown[-1][0].capture_row, len(shown))
            continue
        told = [(sight, rows[row] if row is not None else {}) for sight, row in shown]
        for key in sorted({key for row in rows.values() for key in row if key[1] or not _FIELDS[key[0]].items}):
            states = {row.get(key) for row in rows.values()}
            if always and len(states) == 1:
                status, value = states.pop() or (MISSING, None)
                if status == OK and value is not None:
                    yield key, Stretch(value, shown[0][0].capture_row, shown[-1][0].capture_row, len(shown))
                continue
            yield key, list(_events(key, told, parts))


def _unchanged(row: Row, first: int, last: int, captures: int) -> Iterator[tuple[Key, Stretch]]:
    """The stretches of a section of which all captures show the same."""
    for key, (status, value) in sorted(row.items(), key=itemgetter(0)):
        if status == OK and value is not None and (key[1] or not _FIELDS[key[0]].items):
            yield key, Stretch(value, first, last, captures)


def _events(key: Key, told: Sequence[tuple[Seen, Row]], parts: Parts) -> Iterator[Event]:
    """What each capture says of a fact, oldest first; what says nothing is left out."""
    stood: dict[int, str] = {}
    field = _FIELDS[key[0]]
    for sight, row in told:
        status, value = row.get(key) or _of_list(key, row)
        if status in (OK, MISSING):
            stood[sight.page_id] = parts.of(field, sight)
            yield Event(sight, status, value)
        elif status is None and sight.complete and stood.get(sight.page_id) in sight.parts:
            del stood[sight.page_id]
            yield Event(sight, REMOVED, None)


def _of_list(key: Key, row: Row) -> tuple[int | None, None]:
    """What a list says of an item that it does not name: the item is missing where the list as a whole is, and in doubt where the
    list or one of its items is."""
    field_id, item = key
    if not item:
        return None, None
    whole = row.get((field_id, ""))
    in_doubt = any(status == SUSPECT for (of, _), (status, _) in row.items() if of == field_id)
    return (whole[0] if whole else SUSPECT if in_doubt else None), None


def of_fact(events: Sequence[Event]) -> list[Stretch]:
    """The stretches of one fact; `events` are in the order of time, of one page in one second the last counts.

    While pages of a week disagree, no stretch begins, ends or goes on; where one page says that there is no value and another one
    of the week says one, the value stands.
    """
    found: list[Stretch] = []
    going: Stretch | None = None
    week = _Week()
    for at, group in groupby(events, lambda event: event.sight.captured_at):
        together = list(group)
        heard, speaking = week.then(at, together)
        if len(heard) > 1 or len(speaking) > 1:
            continue
        if going is not None and going.value not in speaking:
            going = None
        for event in together:
            if event.value is None or event.value not in speaking:
                continue
            if going is None:
                going = Stretch(event.value, event.sight.capture_row, event.sight.capture_row, 0)
                found.append(going)
            going.last, going.captures = event.sight.capture_row, going.captures + 1
    return found


class _Week:
    """What each page said of a fact last, and when."""

    def __init__(self) -> None:
        self._heard: dict[int, tuple[int, Value | None]] = {}
        self._speaks: dict[int, tuple[int, Value | None]] = {}

    def then(self, at: str, together: Sequence[Event]) -> tuple[set[Value], set[Value]]:
        """The values that pages of the week up to a time say, with what is said then: as conflicts hear them, and without those
        that a page has removed since."""
        now = second(at)
        for event in together:
            page = event.sight.page_id
            if event.status == REMOVED:
                self._speaks.pop(page, None)
            else:
                self._heard[page] = self._speaks[page] = (now, event.value)
        heard = _since(self._heard, now - WEEK) if any(event.status != REMOVED for event in together) else set()
        return heard, _since(self._speaks, now - WEEK)


def _since(said: Mapping[int, tuple[int, Value | None]], start: int) -> set[Value]:
    return {value for at, value in said.values() if at >= start and value is not None}


def changed(events: Sequence[Event]) -> list[Change]:
    """The changes of one fact in the order of time: each pair of old and new value once until the fact becomes something else, so
    that the last one listed ends in what the last page to change says.

    Captures that different parsers read are not compared: nobody knows what changed, before they are read by one.
    """
    found: list[Change] = []
    listed: set[tuple[State, State]] = set()
    before: dict[int, tuple[State, str]] = {}
    for sight, status, value in events:
        now: State = (status, value)
        old, read_by = before.get(sight.page_id, (None, ""))
        before[sight.page_id] = (now, sight.read_by)
        if old is None or old == now or read_by != sight.read_by or (old, now) in listed:
            continue
        found.append(Change(old, now, sight))
        listed = {pair for pair in listed if pair[1] == now} | {(old, now)}
    return found
