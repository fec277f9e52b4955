"""The record of what was done: one row a run, with its counts and its findings about files that became no page."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlite_utils import Database

from normalize.findings import Finding


@dataclass(slots=True)
class Counts:
    """Pages of a run; `partial` is a part of loaded and unchanged, `faults` are pages on which our own code failed."""

    loaded: int = 0
    unchanged: int = 0
    rejected: int = 0
    failed: int = 0
    partial: int = 0
    faults: int = 0
    lost: list[Finding] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """All of them."""
        return self.loaded + self.unchanged + self.rejected + self.failed


def begin(db: Database, command: str, now: str) -> int:
    """Write the row of a new run; one that a dead process left open is marked as interrupted, at its last sign of life."""
    with db.atomic():
        db.conn.execute(
            "UPDATE run_log SET outcome = 'interrupted', exit_code = NULL, finished_at = coalesce((SELECT max(requested_at) "
            "FROM request_log WHERE run_id = run_log.id), started_at) WHERE finished_at IS NULL"
        )
        cursor = db.conn.execute("INSERT INTO run_log (command, started_at) VALUES (?, ?)", [command, now])
    return int(cursor.lastrowid or 0)


def mark_held(db: Database, run_ids: Iterable[int]) -> None:
    """Let runs that died after the decision to hold them back be held ones; the caller holds the transaction."""
    db.conn.executemany(
        "UPDATE run_log SET outcome = 'held', exit_code = 4 WHERE id = ? AND outcome IN ('interrupted', 'failed') "
        "AND exit_code IS NULL",
        [(run_id,) for run_id in run_ids],
    )


def note(db: Database, run_id: int, counts: Counts) -> None:
    """Write what a run has done so far; the caller holds the transaction in which it did it."""
    db.conn.execute(
        "UPDATE run_log SET pages = ?, loaded = ?, unchanged = ?, rejected = ?, failed = ? WHERE id = ?",
        [counts.pages, counts.loaded, counts.unchanged, counts.rejected, counts.failed, run_id],
    )


def finish(db: Database, run_id: int, counts: Counts, exit_code: int, now: str) -> None:
    """Write how a run ended; the caller holds the transaction in which it publishes."""
    outcome = {0: "done", 3: "partial", 4: "held", 130: "interrupted", 143: "interrupted"}.get(exit_code, "failed")
    db.conn.execute(
        "UPDATE run_log SET finished_at = ?, outcome = ?, exit_code = ?, pages = ?, loaded = ?, unchanged = ?, rejected = ?, "
        "failed = ? WHERE id = ?",
        [now, outcome, exit_code, counts.pages, counts.loaded, counts.unchanged, counts.rejected, counts.failed, run_id],
    )
    db.conn.executemany(
        "INSERT INTO page_finding (run_id, code, severity, message) VALUES (?, ?, ?, ?)",
        [(run_id, f.code, f.severity, f.message) for f in counts.lost],
    )
