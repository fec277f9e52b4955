"""What `check` tells: what is held back and why, what pages disagree on, every finding that stands, and how much is fresh."""

from collections.abc import Iterator
from datetime import datetime

from db import coverage, queries, standing
from db.connection import Database
from db.queries import Row
from normalize.wording import counted
from scraper.report import coverage_line

MOST_LISTED = 20
_MORE = "--all lists them"


def objects(db: Database, now: datetime) -> Iterator[Row]:
    """Everything, each with its `kind`: alert, conflict, finding or coverage."""
    for kind, found in (
        ("alert", standing.open_alerts(db)), ("conflict", standing.conflicts(db)), ("finding", standing.findings(db)),
    ):  # fmt: skip
        yield from ({"kind": kind} | row for row in found)
    yield {"kind": "coverage"} | queries.counts(db) | coverage.coverage(db, now)


def lines(db: Database, now: datetime, most: int | None) -> Iterator[str]:
    """The same for a person; of long lists the `most` first, all for None."""
    yield coverage_line(queries.counts(db), coverage.coverage(db, now))
    alerts, conflicts, findings = standing.open_alerts(db), standing.conflicts(db), standing.findings(db)
    for run_id in dict.fromkeys(row["run_id"] for row in alerts):
        moved = [row for row in alerts if row["run_id"] == run_id]
        yield ""
        yield f"Run {run_id} is held back, {counted(moved[0]['held_captures'], 'page')} unpublished:"
        yield from _cut([line for row in moved for line in _alert(row)], most)
        yield f'  Next: careerscape publish {run_id} (checks again), or careerscape publish {run_id} --force "why it is right"'
    if conflicts:
        yield ""
        yield f"Pages disagree on {counted(len(conflicts), 'fact')}, which has no latest value:"
        yield from _cut([_conflict(row) for row in conflicts], most)
    yield ""
    yield from _counts(standing.counts(db))
    if findings:
        yield ""
        yield from _cut([_finding(row) for row in findings], most)


def _alert(row: Row) -> Iterator[str]:
    yield f"  {row['message']}"
    if row["url"]:
        said = row["finding"] or (f"no finding about {row['field']}" if row["field"] else "no finding")
        yield f"    first: {row['url']} (capture {row['capture_id']}): {said}"


def _conflict(row: Row) -> str:
    about = ", ".join(filter(None, (row["field"], row["item"])))
    return f"  {row['occupation']}: {about}: {row['support']} since {row['captured_at'][:10]}"


def _counts(counts: list[Row]) -> Iterator[str]:
    if not counts:
        yield "No findings."
        return
    yield "Findings about the newest captures:"
    for row in counts:
        on = f" on {counted(row['pages'], 'page')}" if row["pages"] else ""
        yield f"  {row['severity']:7} {row['code']}: {row['findings']:,}{on}"


def _finding(row: Row) -> str:
    about = " ".join(filter(None, (row["side"], row["field"])))
    return f"  {row['url'] or 'no page'}: {row['severity']}: {row['code']}{f' ({about})' if about else ''}: {row['message']}"


def _cut(listed: list[str], most: int | None) -> Iterator[str]:
    yield from listed[:most]
    if most is not None and len(listed) > most:
        yield f"  and {len(listed) - most:,} more: {_MORE}"
