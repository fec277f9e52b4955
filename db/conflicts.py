"""Pages that disagree on one fact of an occupation, as CONTRACT.md defines `conflict`.

At each time at which a page shows the fact, every page speaks with its newest published ok or missing value of the 7 days up
to then, both ends included; two different ok values are a conflict. A conflict that stays as it is, with the same support for
the same values, is one row, told at its first time. What is found depends on the published captures alone, in no order.
"""

import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from sqlite_utils import Database

from db import sections
from db.current import Seen
from db.sections import Key
from normalize.facts import Value
from normalize.fields import SECTIONS

WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Heard:
    """What one capture of a page says of a fact: an ok value, or None for missing; `second` is the time as a number."""

    captured_at: str
    second: int
    url: str
    reading_id: int
    side: int
    value: Value | None


class Conflict(NamedTuple):
    """Pages that disagree from a time on: by value, the pages that say it; `stands` while no newer time of the fact ends it."""

    captured_at: str
    support: dict[Value, list[str]]
    stands: bool


def refresh(db: Database, job_id: int, seen: Sequence[Seen]) -> None:
    """Recompute the conflicts of one occupation from its sightings, newest first; the caller holds the transaction."""
    db.conn.execute("DELETE FROM disagreement WHERE job_id = ?", [job_id])
    if len({sight.page_id for sight in seen}) < 2 or all(sight.rows == seen[0].rows for sight in seen):
        return
    rows = [(job_id, *key, *_columns(found)) for key, heard in by_fact(db, seen) for found in conflicts(heard)]
    db.conn.executemany(
        "INSERT INTO disagreement (job_id, field_id, item, captured_at, value_count, support, example_urls, stands) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def by_fact(db: Database, seen: Sequence[Seen]) -> Iterator[tuple[Key, list[Heard]]]:
    """For each fact on which pages may disagree, what is heard of it, oldest first; `seen` is newest first.

    A section of which pages show the same row whenever they speak together is passed over unread.
    """
    for section in SECTIONS:
        shown = [(sight, row) for sight in reversed(seen) if (row := sight.rows[section]) is not None]
        if len({row for _, row in shown}) < 2 or len({sight.page_id for sight, _ in shown}) < 2 or not _meet(shown):
            continue
        said = sections.said(db, section, {row for _, row in shown})
        for key in sorted({key for row in said.values() for key in row}):
            heard = [
                Heard(s.captured_at, second(s.captured_at), s.url, s.reading_id, s.side, said[row][key])
                for s, row in shown
                if key in said[row]
            ]
            if len({h.value for h in heard} - {None}) > 1:
                yield key, heard


def _meet(shown: Sequence[tuple[Seen, int]]) -> bool:
    """Whether different pages show different rows within a week."""
    window: deque[tuple[int, int, int]] = deque()
    pages: Counter[int] = Counter()
    rows: Counter[int] = Counter()
    for sight, row in shown:
        now = second(sight.captured_at)
        window.append((now, sight.page_id, row))
        pages[sight.page_id] += 1
        rows[row] += 1
        while window[0][0] < now - WEEK:
            _, page_id, old = window.popleft()
            for counted, gone in ((pages, page_id), (rows, old)):
                counted[gone] -= 1
                if not counted[gone]:
                    del counted[gone]
        if len(pages) > 1 and len(rows) > 1:
            return True
    return False


@lru_cache(maxsize=1 << 14)
def second(captured_at: str) -> int:
    """Seconds since 1970 of a stored time."""
    return int(datetime.fromisoformat(captured_at).timestamp())


def conflicts(heard: Sequence[Heard]) -> list[Conflict]:
    """The conflicts about one fact; `heard` is in the order of time, of one page in one second the last counts."""
    found: list[Conflict] = []
    before: dict[Value, int] = {}
    for captured_at, speaks in speakers(heard):
        support = Counter(h.value for h in speaks.values() if h.value is not None)
        now = dict(support) if len(support) > 1 else {}
        if now and now != before:
            pages = {value: sorted(url for url, h in speaks.items() if h.value == value) for value in now}
            found.append(Conflict(captured_at, pages, False))
        before = now
    if before:
        found[-1] = found[-1]._replace(stands=True)
    return found


def speakers(heard: Sequence[Heard]) -> Iterator[tuple[str, dict[str, Heard]]]:
    """Each time of a fact, and by page with what it speaks then. The dict is the same each time, changed in between."""
    speaks: dict[str, Heard] = {}
    queue: deque[Heard] = deque()
    for captured_at, together in groupby(heard, lambda h: h.captured_at):
        for said in together:
            speaks[said.url] = said
            queue.append(said)
        while queue[0].second < queue[-1].second - WEEK:
            old = queue.popleft()
            if speaks.get(old.url) is old:
                del speaks[old.url]
        yield captured_at, speaks


def _columns(found: Conflict) -> tuple[str, int, str, str, int]:
    support = {str(value): len(found.support[value]) for value in sorted(found.support)}
    urls = sorted({pages[0] for pages in found.support.values()})
    return found.captured_at, len(support), _json(support), _json(urls), int(found.stands)


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)
