"""Pages that compare the same two jobs, A-vs-B and B-vs-A, held against each other.

Each published capture is held against the newest ok or missing value that the other page had in the 7 days up to it; where
both have an ok value and the two differ, the later capture gets a finding `mirror_differs`, of two in one second the one of the
larger address. The findings are derived: they change no status, and are made anew for all pages of the jobs that are touched.
"""

from collections.abc import Collection, Iterator
from itertools import groupby

from sqlite_utils import Database

from db import conflicts, current, load
from db.conflicts import Heard
from db.sections import Key
from normalize.claims import SIDES
from normalize.fields import FIELDS
from normalize.findings import Finding, finding

CODE = "mirror_differs"
_FIELDS = {field.id: field for field in FIELDS}

Differs = tuple[Heard, Heard]
"""What a capture says, and what the other page said."""


def begin(db: Database) -> None:
    """Forget which pages the touched jobs stand on; `note` tells it anew, for each of them."""
    db.conn.execute("CREATE TEMP TABLE IF NOT EXISTS stands_on (page_id INTEGER NOT NULL, job_id INTEGER NOT NULL) STRICT")
    db.conn.execute("DELETE FROM temp.stands_on")


def note(db: Database, job_id: int, page_ids: Collection[int]) -> None:
    """Hear on which published pages a touched job stands."""
    db.conn.executemany("INSERT INTO temp.stands_on (page_id, job_id) VALUES (?, ?)", [(page, job_id) for page in page_ids])


def refresh(db: Database, job_ids: Collection[int]) -> None:
    """Recompute the findings about pages of which both jobs are touched and were noted; the caller holds the transaction."""
    _withdraw(db, set(job_ids))
    pairs = db.execute(
        "SELECT one, other, group_concat(page_id) FROM (SELECT page_id, min(job_id) AS one, max(job_id) AS other "
        "FROM temp.stands_on GROUP BY page_id HAVING count(DISTINCT job_id) = 2) GROUP BY one, other HAVING count(*) > 1"
    ).fetchall()
    for one, other, pages in pairs:
        _compare(db, (one, other), {int(page) for page in pages.split(",")})
    db.conn.execute("DELETE FROM temp.stands_on")


def _withdraw(db: Database, job_ids: set[int]) -> None:
    query = (
        "SELECT DISTINCT g.reading_id, l.job_id, r.job_id FROM page_finding g JOIN reading n ON n.id = g.reading_id "
        "JOIN sighting l ON l.content_id = n.content_id AND l.side = 0 "
        "JOIN sighting r ON r.content_id = n.content_id AND r.side = 1 "
        f"WHERE g.code = '{CODE}' AND g.reading_id IS NOT NULL"
    )
    readings = [(reading_id,) for reading_id, *jobs in db.execute(query).fetchall() if job_ids.issuperset(jobs)]
    db.conn.executemany(f"DELETE FROM page_finding WHERE code = '{CODE}' AND reading_id = ?", readings)


def _compare(db: Database, jobs: Collection[int], page_ids: Collection[int]) -> None:
    found: list[tuple[int, Finding]] = []
    for job_id in jobs:
        seen = [sight for sight in current.seen(db, job_id) if sight.page_id in page_ids]
        for key, heard in conflicts.by_fact(db, seen):
            found += [(here.reading_id, _finding(key, here, there)) for here, there in differences(heard)]
    for reading_id, noted in sorted(found, key=lambda pair: (pair[0], pair[1].side or "", pair[1].field or "", pair[1].message)):
        run_id = db.execute("SELECT run_id FROM reading WHERE id = ?", [reading_id]).fetchone()[0]
        load.note_findings(db, run_id, reading_id, [noted])


def differences(heard: list[Heard]) -> Iterator[Differs]:
    """The captures that another page of the week before them contradicts on one fact; `heard` is in the order of time."""
    together = {at: list(group) for at, group in groupby(heard, lambda h: h.captured_at)}
    for at, speaks in conflicts.speakers(heard):
        for here in together[at]:
            for there in speaks.values():
                earlier = (there.captured_at, there.url) < (here.captured_at, here.url)
                if there.url != here.url and earlier and None not in (here.value, there.value) and here.value != there.value:
                    yield here, there


def _finding(key: Key, here: Heard, there: Heard) -> Finding:
    field, item = _FIELDS[key[0]], key[1]
    words = f"{item}: {here.value!r}" if item else f"{here.value!r}"
    detail = f"{words}, but {there.value!r} on {there.url} of {there.captured_at}"
    return finding(CODE, detail, SIDES[here.side], field.name)
