"""The command in a process that kills itself: `python -m tests.dying POINT:N FAULT ARGUMENTS`, at the n-th time that it gets
to a point, with a fault of ours planted in it ('' for none of both)."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from db import captures, current, holds, load, publish, queue, runs
from scraper import cli, fetcher, http, intake, job, sandbox
from scraper.archive import Archive
from scraper.keeping import adoption


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_written(archive: Archive, *_: object) -> None:
    assert archive._file
    archive._file.flush()
    _die()


def _die_torn(archive: Archive, *_: object) -> None:
    assert archive._file
    archive._file.flush()
    os.truncate(archive._file.fileno(), archive._size - 100)
    _die()


BEFORE, AFTER = True, False
POINTS: dict[str, tuple[Any, str, bool, Callable[..., None]]] = {
    "locked": (runs, "begin", BEFORE, _die),
    "begun": (runs, "begin", AFTER, _die),
    "queued": (queue, "add", AFTER, _die),
    "claimed": (fetcher.Fetcher, "fetch", BEFORE, _die),
    "requested": (http.Client, "get", AFTER, _die),
    "archived": (Archive, "append", AFTER, _die),
    "written": (Archive, "append", AFTER, _die_written),
    "torn": (Archive, "append", AFTER, _die_torn),
    "read": (sandbox.Sandbox, "parse_many", AFTER, _die),
    "loaded": (load, "load", AFTER, _die),
    "synced": (Archive, "sync", AFTER, _die),
    "indexed": (captures, "note_files", AFTER, _die),
    "settled": (queue, "settle", AFTER, _die),
    "linked": (intake.Intake, "links", AFTER, _die),
    "committed": (job.Job, "_settle", AFTER, _die),
    "surveyed": (adoption._Adoption, "_survey", AFTER, _die),
    "cut": (Archive, "cut", AFTER, _die),
    "taken over": (intake.Intake, "take_over", AFTER, _die),
    "learned": (Archive, "learn", AFTER, _die),
    "adopted": (queue, "adopted", AFTER, _die),
    "adoption ended": (adoption, "adopt", AFTER, _die),
    "refreshed": (current, "refresh", AFTER, _die),
    "publishing": (publish, "publish", AFTER, _die),
    "finished": (runs, "finish", AFTER, _die),
    "published": (intake.Intake, "finish", AFTER, _die),
    "closed": (sandbox.Sandbox, "close", AFTER, _die),
}
"""Where the process can end: what is called there, whether before or after it, and how."""

DECIDING = {
    "decided": (Archive, "append_decision", AFTER, _die),
    "decision written": (Archive, "append_decision", AFTER, _die_written),
    "held": (holds, "hold", AFTER, _die),
}
"""Points that only a run gets to of which something is held back or released."""


def _unflushed(archive: Archive) -> dict[str, int]:
    return archive._sizes | ({archive._name: archive._size} if archive._file else {})


def _only_queued(db: Any) -> list[queue.Waiting]:
    claimed = {row[0] for row in db.execute("SELECT id FROM visit WHERE state = 'claimed'").fetchall()}
    return [page for page in _waiting(db) if page.id not in claimed]


_waiting, _adopted = queue.waiting, queue.adopted
FAULTS: dict[str, list[tuple[Any, str, Any]]] = {
    "": [],
    "indexed before it is archived": [(Archive, "sync", _unflushed)],
    "nothing is adopted": [(adoption, "adopt", lambda *_: [])],
    "adopted pages stay queued": [(queue, "adopted", lambda *_: 0)],
    "links of adopted pages are forgotten": [(queue, "adopted", lambda *given: _adopted(*given) * 0)],
    "claims are kept": [(queue, "recover", lambda *_: None), (queue, "waiting", _only_queued)],
    "torn tails stay": [(Archive, "cut", lambda *_: None)],
    "appended behind a torn record": [(adoption, "adopt", lambda *_: []), (Archive, "_whole", lambda *_: True)],
    "never published": [(publish, "adopt_interrupted", lambda *_: None)],
}
"""Faults of ours that a campaign has to find: what is replaced, and by what."""


def _dying(function: Callable[..., Any], calls_left: int, before: bool, die: Callable[..., None]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls_left
        calls_left -= 1
        if before and not calls_left:
            die(*arguments)
        result = function(*arguments, **named)
        if not before and not calls_left:
            die(*arguments)
        return result

    return called


def main() -> None:
    """Run the command until it is dead."""
    point, fault, *sys.argv[1:] = sys.argv[1:]
    for owner, name, wrong in FAULTS[fault]:
        setattr(owner, name, wrong)
    if point:
        name, _, number = point.partition(":")
        owner, attribute, before, die = (POINTS | DECIDING)[name]
        setattr(owner, attribute, _dying(getattr(owner, attribute), int(number), before, die))
    cli.main()


if __name__ == "__main__":
    main()
