"""What `check` tells: what is held back and why, what pages disagree on, every finding that stands, and how much is fresh."""

from collections.abc import Iterator
from datetime import datetime

from db import coverage, drift, holds, queries, standing
from db.connection import Database
from db.queries import Row
from normalize.bands import Band
from normalize.fields import BY_NAME
from normalize.wording import counted, disputed_words
from scraper import gate
from scraper.report import coverage_line

MOST_LISTED = 20
_MORE = "--all lists them"


def objects(db: Database, now: datetime, band: Band = Band()) -> Iterator[Row]:  # noqa: B008 - it is frozen
    """Everything, each with its `kind`: alert, conflict, finding or coverage."""
    for kind, found in (
        ("alert", standing.open_alerts(db)), ("conflict", standing.conflicts(db)), ("finding", standing.findings(db)),
    ):  # fmt: skip
        yield from ({"kind": kind} | row for row in found)
    yield {"kind": "coverage", "not_judged": _unjudged(db, band)} | queries.counts(db) | coverage.coverage(db, now)


def lines(db: Database, now: datetime, most: int | None, band: Band = Band()) -> Iterator[str]:  # noqa: B008 - it is frozen
    """The same for a person; of long lists the `most` first, all for None."""
    yield coverage_line(queries.counts(db), coverage.coverage(db, now))
    if said := gate.unjudged_line(_unjudged(db, band)):
        yield f"of the last run, {said}"
    alerts, conflicts, findings = standing.open_alerts(db), standing.conflicts(db), standing.findings(db)
    for run_id in dict.fromkeys(row["run_id"] for row in alerts):
        moved = [row for row in alerts if row["run_id"] == run_id]
        yield ""
        held = moved[0]["held_captures"]
        unpublished = f"is held back, {counted(held, 'page')} unpublished" if held else "has no page that can be published"
        yield f"Run {run_id} {unpublished}:"
        yield from _cut([line for row in moved for line in _alert(row)], most)
        yield f'  Next: careerscape publish {run_id} (checks again), or careerscape publish {run_id} --force "why it is right"'
    if conflicts:
        yield ""
        have = "has" if len(conflicts) == 1 else "have"
        yield f"Pages disagree on {counted(len(conflicts), 'fact')}, which {have} no latest value:"
        yield from _cut([_conflict(row) for row in conflicts], most)
    yield ""
    yield from _counts(standing.counts(db))
    if findings:
        yield ""
        yield from _cut([_finding(row) for row in findings], most)


def of_reparse(db: Database) -> Iterator[str]:
    """That the archive was read again and would lose too much."""
    if run_id := holds.held_reparse(db):
        yield f"run {run_id} read the archive again and is held back: careerscape reparse --dry-run says what it would lose"


def _unjudged(db: Database, band: Band) -> int:
    """The pages of the last run that brought any which were not judged."""
    last = standing.last_run(db)
    return drift.unjudged(db, last, gate.site_of, band) if last else 0


def _alert(row: Row) -> Iterator[str]:
    yield f"  {row['message']}"
    if row["url"]:
        said = row["finding"] or (f"no finding about {row['field']}" if row["field"] else "no finding")
        yield f"    first: {row['url']} (capture {row['capture_id']}): {said}"


def _conflict(row: Row) -> str:
    about = ", ".join(filter(None, (row["field"], row["item"])))
    said = disputed_words(BY_NAME[row["field"]], row["support"])
    return f"  {row['occupation']}: {about}: {said}, since {row['captured_at'][:10]}"


def _counts(counts: list[Row]) -> Iterator[str]:
    if not counts:
        yield "No findings."
        return
    yield "Findings that stand:"
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
