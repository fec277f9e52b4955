"""What a run did, in the words of the command line: findings of each page, counts, the exit that waits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from db import holds, hosts, queries, queue, requests
from db.connection import Database
from db.coverage import STATES
from db.queries import Row
from normalize.findings import CODES, Finding
from normalize.wording import counted
from scraper import gate, terminal
from scraper.process import Terminated

if TYPE_CHECKING:
    from scraper.intake import PageReport, Report

_MOST_SAID = 20
_MOST_ERRORS_OF_A_PAGE = 5
RUN_HEADS = ("run", "command", "started", "took", "outcome", "pages", "loaded", "unchanged", "rejected", "failed")
_COUNTS = ("loaded", "unchanged", "rejected", "failed")
_STOPPED = {"time": "its time limit was reached", "pages": "the most pages that it may fetch were fetched"}
_MOST_LISTED = 10
ABOUT_RUNS = (
    "passed_over",
    "other_records",
    "bad_sitemap",
    "short_sitemap",
    "foreign_bytes",
    "torn_record",
    "lost_body",
    "rules_applied",
    "rules_waiting",
    "circuit_open",
    "parked",
    "index_failed",
    "index_rows",
    "archived_otherwise",
    "digest_unchecked",
    "forgotten",
)


class Told:
    """The pages of a run as it reports them; only where asked to `keep` them does it keep more than what there is to say."""

    def __init__(self, advance: Callable[[], None], silent: bool = False, at_once: bool = False, keep: bool = False) -> None:
        self.count = self._warnings = self._lesser_count = 0
        self._kept: list[PageReport] = []
        self._errors: list[list[str]] = []
        self._lesser: list[str] = []
        self._advance, self._silent, self._at_once, self._keep = advance, silent, at_once, keep

    def add(self, page: "PageReport") -> None:
        """Hear of one page."""
        self.count += 1
        self._advance()
        self._warnings += sum(found.severity == "warning" for found in page.findings)
        if self._keep:
            self._kept.append(page)
        if self._silent:
            return
        if errors := _errors(page):
            self._hear(errors)
        lesser = _lesser(page)
        self._lesser_count += len(lesser)
        self._lesser += lesser[: _MOST_SAID - len(self._lesser)]

    def _hear(self, errors: list[str]) -> None:
        if self._at_once:
            _say_some(errors, _MOST_ERRORS_OF_A_PAGE)
        else:
            self._errors.append(errors)

    def say(self) -> None:
        """Name every page with an error, and the first of what else is worth knowing, on standard error."""
        for errors in self._errors:
            _say_some(errors, _MOST_ERRORS_OF_A_PAGE)
        _say_some(self._lesser, _MOST_SAID, self._lesser_count)

    def print_run(self, db: Database, done: "Report", as_json: bool, beside: Mapping[str, object] | None = None) -> None:
        """The counts of the run on standard output, as a line or as the row of `run` with pages and findings, and with what a
        command has to say `beside`."""
        row = queries.run(db, done.run_id)
        if as_json:
            pages = [{"file": p.name, "outcome": p.outcome, "findings": [asdict(f) for f in p.findings]} for p in self._kept]
            more = {
                "queued": done.left, "not_due": done.resting, "next_due_at": done.next_due_at or None,
                "passed_over": done.passed_over, "stopped": done.stopped or None,
                "held": _held(done.held), "not_judged": done.held.unjudged, "requests": requests.outcomes(db, done.run_id),
            }  # fmt: skip
            terminal.print_json(row | more | dict(beside or {}) | {"files": pages, "findings": queries.findings(db, done.run_id)})
            return
        if not self._silent:
            _say_some([*_about_run(done)], _MOST_SAID)
        counts = ", ".join(f"{row[name]} {name}" for name in _COUNTS if row[name])
        partial = f"; {done.counts.partial} partial" if done.counts.partial else ""
        noted = f"; {counted(self._warnings, 'warning')}" if self._warnings else ""
        terminal.tell(f"{counted(row['pages'], 'page')}{': ' * bool(counts)}{counts}{partial}{noted}")


def _about_run(done: "Report") -> Iterator[str]:
    """What there is to say of a run beside its pages."""
    for found in done.counts.lost:
        if found.code in ABOUT_RUNS:
            yield f"{found.severity}: {_words(found)}"
    if said := gate.unjudged_line(done.held.unjudged):
        yield said
    if done.held:
        yield from gate.in_lines(done.held)
    if done.adopted:
        yield f"{counted(len(done.adopted), 'page')} taken over from the archive: left by a run that died, or by another database"
    if over := dict.fromkeys(done.passed_over):
        yield f"of the sitemaps, {counted(len(over), 'other address', 'es')} passed over: {', '.join(list(over)[:3])}"
    if done.resting:
        when = f", the first is due {_day(done.next_due_at)}" if done.next_due_at else ""
        yield f"{counted(done.resting, 'page')} not due yet{when}; --refresh fetches them now"
    if done.stopped:
        yield f"the run ended early: {_STOPPED[done.stopped]}"
    if done.left:
        yield f"{counted(done.left, 'page')} left in the queue; the next scrape takes up what may be asked for by then"


def _held(held: gate.Held) -> Row | None:
    return {"pages": held.count, "moved": [asdict(move) for move in held.moved]} if held else None


def held_lines(db: Database) -> Iterator[str]:
    """The runs that wait for somebody to look at them."""
    for run in holds.waiting(db):
        moved = f", {counted(run.alerts, 'figure')} out of the band" if run.alerts else ""
        of_run = f"run {run.run_id} ({run.command} of {_day(run.started_at)}{moved})"
        held = f"held back: {counted(run.captures, 'page')} of" if run.captures else "nothing could be published of"
        yield f"{held} {of_run}: careerscape check"


def released_lines(db: Database, most: int) -> Iterator[str]:
    """The held runs that were published last, by whom and why."""
    for row in holds.released(db, most):
        pages, at = counted(row["captures"], "page"), _day(row["released_at"])
        yield f"published of the held run {row['run_id']}: {pages} on {at}, {row['released_by']}: {row['release_reason']}"


def _day(stamp: str) -> str:
    return stamp.replace("T", " ").removesuffix("Z")


def _errors(page: "PageReport") -> list[str]:
    found = [f for f in page.findings if f.severity == "error"]
    return [f"{page.name}: {page.outcome}: {_words(some[0], page.name)}{_more(some)}" for some in _by_code(found)]


def _lesser(page: "PageReport") -> list[str]:
    found = [f for f in page.findings if f.severity == "warning" or f.code == "time_from_file"]
    return [f"{page.name}: {some[0].severity}: {_words(some[0])}{_more(some)}" for some in _by_code(found)]


def _by_code(findings: list[Finding]) -> list[list[Finding]]:
    """The findings of a page, those of one code together."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.code, []).append(one)
    return list(found.values())


def _more(findings: list[Finding]) -> str:
    return f" (and {len(findings) - 1:,} more of these on the page)" if len(findings) > 1 else ""


def _words(finding: Finding, name: str = "") -> str:
    if name and finding.code == "fetch_failed":  # how it ended is all that is not said twice
        return finding.message.removeprefix(f"{CODES['fetch_failed'][1]}: ").removesuffix(f": {name}")
    about = " ".join(filter(None, (finding.side, finding.field)))
    message = finding.message.removesuffix(f": {name}") if name else finding.message
    return f"{finding.code}{f' ({about})' if about else ''}: {message}"


def _say_some(lines: list[str], most: int, count: int = 0) -> None:
    """Say lines, and how many more there are: of `count`, where not all of those were kept."""
    for line in lines[:most]:
        terminal.say(line)
    if (more := max(count, len(lines)) - most) > 0:
        terminal.say(f"and {more:,} more like these, see the view finding")


@contextmanager
def collected(
    advance: Callable[[], None], silent: bool = False, at_once: bool = False, keep: bool = False
) -> Iterator[Told]:  # fmt: skip
    """The reports of a run; where it does not finish, what was said until then is said all the same. A `silent` one says
    nothing on standard error, where a log does; one that speaks `at_once` names a page as soon as it is decided. Pages are to be
    kept where the run is printed as JSON."""
    told = Told(advance, silent, at_once, keep)
    try:
        yield told
    except BaseException as error:
        told.say()
        if isinstance(error, KeyboardInterrupt | Terminated) and not silent:
            done = counted(told.count, "page")
            terminal.say(f"careerscape: interrupted after {done}; nothing is lost, run it again to go on")
        raise


def coverage_line(counts: Row, covered: Mapping[str, int]) -> str:
    """`30 occupations on 16 pages: 16 fresh, 0 stale, 0 blocked, 0 failed, 0 removed`."""
    states = ", ".join(f"{count} {state}" for state, count in coverage_parts(covered))
    waiting = f"; {counts['waiting']} to be fetched" if counts["waiting"] else ""
    occupations, pages = counted(counts["occupations"], "occupation"), counted(sum(covered.values()), "page")
    return f"{occupations} on {pages}: {states}{waiting}"


def coverage_parts(covered: Mapping[str, int]) -> list[tuple[str, int]]:
    """The states of pages and how many are in each: those that are always named, and those that any page is in."""
    return [(state, covered[state]) for state in STATES if state in STATES[:5] or covered[state]]


def outdated_line(captures: int) -> str:
    """That captures were read by another version, empty for none."""
    if not captures:
        return ""
    told = "changes between them and newer ones are not told before they are read again"
    return f"{counted(captures, 'capture')} read by another version: careerscape reparse ({told})"


def queue_lines(db: Database, now: str) -> Iterator[str]:
    """What there is to tell of the queue: what is due, when the next page is, which hosts are left alone, what is parked."""
    counts = queue.counts(db, now)
    if any(counts[name] for name in ("queued", "due", "later", "parked")):
        first = f" (the first {_day(counts['next_due_at'])})" if counts["next_due_at"] else ""
        waiting = f"{counts['queued']:,} queued, {counts['due']:,} due, {counts['later']:,} later{first}"
        yield f"queue: {waiting}, {counts['parked']:,} parked"
    for row in hosts.held(db, now):
        yield f"left alone until {_day(row['until'])}: {row['host']} ({row['because']})"
    for row in queue.parked(db, _MOST_LISTED):
        yield f"parked: {row['url']} ({row['outcome']}: {row['detail']})"


def requests_line(db: Database, run_id: int) -> str:
    """The requests of a run by outcome, empty for none."""
    made = requests.outcomes(db, run_id)
    ended = ", ".join(f"{count:,} {outcome}" for outcome, count in made.items())
    return f"requests of run {run_id}: {ended}" if made else ""


def run_cells(row: Row) -> tuple[str, ...]:
    """A row of `run` in words, under RUN_HEADS."""
    took = "" if row["finished_at"] is None else _took(row["started_at"], row["finished_at"])
    outcome = (row["outcome"] or "unfinished") + (f" ({row['exit_code']})" if row["exit_code"] else "")
    start = row["started_at"].replace("T", " ").removesuffix("Z")
    return (str(row["run_id"]), row["command"], start, took, outcome, *(str(row[name]) for name in ("pages", *_COUNTS)))


def spare_run_heads(rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns of RUN_HEADS that a narrow table can do without, those first in which there is nothing but 0."""
    zero = [name for name in _COUNTS if not any(row[name] for row in rows)]
    return *zero, *(name for name in ("took", "unchanged", "loaded", "command", "rejected") if name not in zero)


def _took(start: str, end: str) -> str:
    seconds = int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
