"""What a run did, in the words of the command line: findings of each page, counts, the exit that waits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from db import queries
from db.connection import Database
from db.coverage import STATES
from db.queries import Row
from normalize.findings import Finding
from scraper import terminal
from scraper.process import Terminated

if TYPE_CHECKING:
    from scraper import run

_MOST_SAID = 20
_MOST_ERRORS_OF_A_PAGE = 5
RUN_HEADS = ("run", "command", "started", "took", "outcome", "pages", "loaded", "unchanged", "rejected", "failed")
_COUNTS = ("loaded", "unchanged", "rejected", "failed")


class Told:
    """The pages of a run as it reports them."""

    def __init__(self, advance: Callable[[], None]) -> None:
        self.pages: list[run.PageReport] = []
        self._advance = advance

    def add(self, page: "run.PageReport") -> None:
        """Hear of one page."""
        self.pages.append(page)
        self._advance()

    def say(self) -> None:
        """Name every page with an error, and the first of what else is worth knowing, on standard error."""
        lesser: list[str] = []
        for page in self.pages:
            errors = [f"{page.name}: {page.outcome}: {_words(f)}" for f in page.findings if f.severity == "error"]
            _say_some(errors, _MOST_ERRORS_OF_A_PAGE)
            lesser += [
                f"{page.name}: {f.severity}: {_words(f)}"
                for f in page.findings
                if f.severity == "warning" or f.code == "time_from_file"
            ]
        _say_some(lesser, _MOST_SAID)

    def print_run(self, db: Database, done: "run.Report", as_json: bool) -> None:
        """The counts of the run on standard output, as a line or as the row of `run` with pages and findings."""
        row = queries.run(db, done.run_id)
        if as_json:
            pages = [{"file": p.name, "outcome": p.outcome, "findings": [asdict(f) for f in p.findings]} for p in self.pages]
            terminal.print_json(row | {"queued": done.left, "files": pages, "findings": queries.findings(db, done.run_id)})
            return
        if done.left:
            terminal.say(f"{_pages(done.left)} left in the queue; the next scrape takes up what may be asked for by then")
        warnings = sum(f.severity == "warning" for page in self.pages for f in page.findings)
        counts = ", ".join(f"{row[name]} {name}" for name in _COUNTS if row[name])
        partial = f"; {done.counts.partial} partial" if done.counts.partial else ""
        noted = f"; {warnings} warning{'s' * (warnings != 1)}" if warnings else ""
        terminal.tell(f"{_pages(row['pages'])}{': ' * bool(counts)}{counts}{partial}{noted}")


def _words(finding: Finding) -> str:
    about = " ".join(filter(None, (finding.side, finding.field)))
    return f"{finding.code}{f' ({about})' if about else ''}: {finding.message}"


def _say_some(lines: list[str], most: int) -> None:
    for line in lines[:most]:
        terminal.say(line)
    if len(lines) > most:
        terminal.say(f"and {len(lines) - most:,} more like these, see the view finding")


@contextmanager
def collected(advance: Callable[[], None]) -> Iterator[Told]:
    """The reports of a run; where it does not finish, what was said until then is said all the same."""
    told = Told(advance)
    try:
        yield told
    except BaseException as error:
        told.say()
        if isinstance(error, KeyboardInterrupt | Terminated):
            terminal.say(f"careerscape: interrupted after {_pages(len(told.pages))}; nothing is lost, run it again to go on")
        raise


def _pages(count: int) -> str:
    return f"{count:,} page{'s' * (count != 1)}"


def coverage_line(counts: Row, covered: Mapping[str, int]) -> str:
    """`30 occupations on 16 pages: 16 fresh, 0 stale, 0 blocked, 0 failed, 0 removed`."""
    always = STATES[:5]
    states = ", ".join(f"{covered[state]} {state}" for state in STATES if state in always or covered[state])
    occupations = counts["occupations"]
    waiting = f"; {counts['waiting']} to be fetched" if counts["waiting"] else ""
    return f"{occupations:,} occupation{'s' * (occupations != 1)} on {_pages(sum(covered.values()))}: {states}{waiting}"


def run_cells(row: Row) -> tuple[str, ...]:
    """A row of `run` in words, under RUN_HEADS."""
    took = "" if row["finished_at"] is None else _took(row["started_at"], row["finished_at"])
    outcome = (row["outcome"] or "at work") + (f" ({row['exit_code']})" if row["exit_code"] else "")
    start = row["started_at"].replace("T", " ").removesuffix("Z")
    return (str(row["run_id"]), row["command"], start, took, outcome, *(str(row[name]) for name in ("pages", *_COUNTS)))


def _took(start: str, end: str) -> str:
    seconds = int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
