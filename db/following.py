"""Captures that are held because the page's capture before them is: they say the same, or what moved still looks so there.

The caller holds no transaction: nothing is written.
"""

from collections.abc import Sequence

from sqlite_utils import Database

from db import alerts, holds, sights
from normalize.facts import Value
from normalize.fields import BY_NAME
from normalize.measures import Key, Measure, Said, Sight

_OF_STATUS: tuple[Measure, ...] = ("filled", "missing", "doubted", "absent", "lost")


def following(db: Database, captures: Sequence[int]) -> list[int]:
    """Those of the captures, in order of time, before which the same page has a held one that says the same, or that is as bad
    in what is an open alert."""
    if not holds.any_held(db):
        return []
    before = {row: found for row in captures if (found := holds.before(db, row)) is not None}
    pairs = {row: old for row, old in before.items() if old in before or holds.is_held(db, old)}
    alike = _alike(db, pairs)
    held: set[int] = set()
    for row in captures:
        if (old := pairs.get(row)) is None or not (old in held or holds.is_held(db, old)):
            continue
        if row in alike or holds.say_the_same(db, old, row):
            held.add(row)
    return [row for row in captures if row in held]


def _alike(db: Database, pairs: dict[int, int]) -> set[int]:
    """The captures that look as bad as the held ones before them in what moved."""
    moved = {(move.field, move.item, move.measure) for _, move in alerts.opened(db)}
    if not pairs or not moved:
        return set()
    shown = {one.row: one for one in sights.of_captures(db, {*pairs, *pairs.values()}, lambda _: "any")}
    seen: dict[str, list[Sight]] = {}
    for sight in sights.sights(db, list(shown.values())):
        seen.setdefault(sight.capture, []).append(sight)
    found = set()
    for row, old in pairs.items():
        jobs = {sight.job: sight for sight in seen.get(shown[old].capture_id, ())}
        both = [(sight, jobs[sight.job]) for sight in seen.get(shown[row].capture_id, ()) if sight.job in jobs]
        if any(_is_as_bad(*what, now, held) for what in moved for now, held in both):
            found.add(row)
    return found


def _is_as_bad(field: str, item: str, measure: Measure, now: Sight, held: Sight) -> bool:
    if not field:
        return (
            (now.partial and held.partial) if measure == "partial" else (measure == "findings" and now.findings and held.findings)
        )
    key = (field, item)
    if measure in _OF_STATUS:
        well = (_status(now.said, key) == "ok", _status(held.said, key) == "ok")
        return not any(well) and (now.before is None or _status(now.before, key) == "ok")
    away = _distance(now.said, held.said, key)
    if away is None or now.before is None:
        return away == 0
    moved = _distance(now.said, now.before, key)
    return moved is not None and away < moved


def _distance(one: Said, other: Said, key: Key) -> float | None:
    """How far two pages are apart in a value, or in the items of a list; None where one does not say it."""
    name, item = key
    known = BY_NAME[name]
    keys = [key] if item or known.scalar else sorted({k for k in (*one, *other) if k[0] == name and k[1]})
    values = [(_value(one, k), _value(other, k)) for k in keys]
    if not values or (len(keys) == 1 and None in values[0]):
        return None
    return sum(_apart(*pair) for pair in values)


def _apart(one: Value | None, other: Value | None) -> float:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(float(one) - float(other))
    return float(one != other)


def _status(said: Said, key: Key) -> str:
    return said[key][0] if key in said else ""


def _value(said: Said, key: Key) -> Value | None:
    status, value = said.get(key, ("", None))
    return value if status == "ok" else None
