"""What moved out of its band: open until somebody decides, acknowledged where it was published all the same."""

from collections.abc import Collection, Iterable
from typing import Any, Literal

from sqlite_utils import Database

from normalize.fields import BY_NAME, FIELDS
from normalize.measures import Level, Move

State = Literal["open", "acknowledged", "withdrawn"]
_NAMES = {field.id: field.name for field in FIELDS}
_COLUMNS = (
    "a.site, a.field_id, a.item, a.measure, a.usual, a.found, a.band, a.evidence, a.history, coalesce(c.capture_id, '') "
    "FROM alert a LEFT JOIN page_capture c ON c.id = a.first_capture_id"
)


def note(db: Database, run_id: int, moves: Iterable[Move]) -> None:
    """Write down what moved in a run, to be decided; the caller holds the transaction."""
    rows = [
        (run_id, m.site, BY_NAME[m.field].id if m.field else None, m.item, m.measure, m.usual, m.found, m.band, m.evidence,
         m.history, m.first)
        for m in moves
    ]  # fmt: skip
    db.conn.executemany(
        "INSERT INTO alert (run_id, site, field_id, item, measure, usual, found, band, evidence, history, first_capture_id, "
        "state) VALUES (?,?,?,?,?,?,?,?,?,?,(SELECT id FROM page_capture WHERE capture_id = ?), 'open')",
        rows,
    )


def close(db: Database, run_ids: Collection[int], state: State, at: str, who: str, why: str) -> None:
    """Decide the open alerts of runs; the caller holds the transaction."""
    db.conn.executemany(
        "UPDATE alert SET state = ?, decided_at = ?, decided_by = ?, why = ? WHERE run_id = ? AND state = 'open'",
        [(state, at, who, why, run_id) for run_id in run_ids],
    )


def opened(db: Database, run_id: int | None = None) -> list[tuple[int, Move]]:
    """The open alerts of a run, or of all, with the run that each is of; those that moved furthest first."""
    which = "a.state = 'open'" if run_id is None else f"a.state = 'open' AND a.run_id = {run_id:d}"
    query = f"SELECT a.run_id, {_COLUMNS} WHERE {which} ORDER BY a.run_id DESC, abs(a.found - a.usual) DESC, a.id"
    return [(row[0], _move(row[1:])) for row in db.execute(query).fetchall()]


def acknowledged(db: Database) -> list[Move]:
    """What was published although it moved, and has stayed so since."""
    return [_move(row) for row in db.execute(f"SELECT {_COLUMNS} WHERE a.state = 'acknowledged'").fetchall()]


def decided_since(db: Database, run_id: int) -> set[tuple[str, str]]:
    """The sites and fields of which somebody decided alerts of later runs than one."""
    query = "SELECT DISTINCT site, field_id FROM alert WHERE state != 'open' AND run_id > ?"
    return {(site, _NAMES.get(field_id, "")) for site, field_id in db.execute(query, [run_id]).fetchall()}


def forget_ended(db: Database, levels: Iterable[Level], at: str) -> None:
    """An acknowledged alert ends with the first run in which its share is another: moving there once more is news. The caller
    holds the transaction."""
    now = {level.move.key: level.move for level in levels}
    for row_id, *columns in db.execute(f"SELECT a.id, {_COLUMNS} WHERE a.state = 'acknowledged'").fetchall():
        old = _move(columns)
        found = now.get(old.key)
        if found is not None and abs(found.found - old.found) > old.band:
            db.conn.execute("UPDATE alert SET state = 'withdrawn', decided_at = ? WHERE id = ?", [at, row_id])


def _move(columns: Any) -> Move:
    site, field_id, item, measure, usual, found, band, evidence, history, first = columns
    return Move(site, _NAMES.get(field_id, ""), item, measure, usual, found, band, evidence, history, first)
