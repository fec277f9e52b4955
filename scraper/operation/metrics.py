"""How the last run went, as a text file that the textfile collector of a Prometheus node exporter reads."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from scraper import durable
from scraper.terminal import say

_LAST_SUCCESS = "careerscape_last_success_timestamp_seconds"
_WORDS = {
    "careerscape_last_run_timestamp_seconds": "When the last run ended.",
    _LAST_SUCCESS: "When the last run ended well (0, or 3 with pages); 0 for none known.",
    "careerscape_run_duration_seconds": "How long the last run took.",
    "careerscape_last_exit_code": "The exit code of the last run.",
    "careerscape_pages": "Pages of the last run by what became of them.",
    "careerscape_requests": "Requests of the last run by outcome.",
    "careerscape_queue_pages": "Pages in the queue after the last run by state.",
}
_MOST_BYTES = 1_000_000
_SAMPLE = re.compile(rf"^{_LAST_SUCCESS} ([0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: `at` is the end, the counts are by outcome or state."""

    at: datetime
    duration_s: float
    exit_code: int
    pages: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    queue: Mapping[str, int] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether it did what it could: all of it, or all but some pages, and not none."""
        return self.exit_code == 0 or (self.exit_code == 3 and any(self.pages.get(name) for name in ("loaded", "unchanged")))


def write(path: Path, run: Ended, say: Callable[[str], None] = say) -> None:
    """Replace the file as a whole; the time of the last success stays where the run was none. A failure is said, never raised."""
    try:
        durable.write(path, text(run, _last_success(path)).encode())
    except (OSError, ValueError) as error:
        say(f"careerscape: {path}: the metrics cannot be written ({getattr(error, 'strerror', None) or error})")


def text(run: Ended, last_success: float) -> str:
    """The file; `last_success` is that of the runs before, in seconds since 1970."""
    at = run.at.timestamp()
    values: dict[str, float | Mapping[str, int]] = {
        "careerscape_last_run_timestamp_seconds": at,
        _LAST_SUCCESS: at if run.succeeded else last_success,
        "careerscape_run_duration_seconds": run.duration_s,
        "careerscape_last_exit_code": run.exit_code,
        "careerscape_pages": dict.fromkeys(("loaded", "unchanged", "rejected", "failed"), 0) | dict(run.pages),
        "careerscape_requests": run.requests,
        "careerscape_queue_pages": run.queue,
    }
    return "".join(f"{line}\n" for name, value in values.items() for line in _family(name, value))


def _family(name: str, value: float | Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {_WORDS[name]}"
    yield f"# TYPE {name} gauge"
    if isinstance(value, Mapping):
        label = "state" if name == "careerscape_queue_pages" else "outcome"
        yield from (f'{name}{{{label}="{_escaped(key)}"}} {count}' for key, count in sorted(value.items()))
    else:
        yield f"{name} {f'{value:.3f}'.rstrip('0').rstrip('.')}"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _last_success(path: Path) -> float:
    """What the file that is there says; 0 where it says nothing that can be understood."""
    if not path.is_file():
        return 0.0
    with path.open("rb") as file:
        found = _SAMPLE.search(file.read(_MOST_BYTES).decode(errors="replace"))
    return float(found[1]) if found else 0.0
