"""Commands as whole processes: what they cost in CPU, wall time and memory, on the cores that they are given (Linux)."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CAREERSCAPE = (sys.executable, "-P", "-c", "from scraper.cli import main; main()")
CORES = tuple(sorted(os.sched_getaffinity(0)))
LAST = CORES[-1:]
"""One core; the first one is busier with what else the machine does."""

ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "268435456"}
"""What the workers of careerscape have: memory that is freed is kept for the next page."""

_EVERY_S = 0.05
Watch = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost with all that it started and waited for, and its standard output."""

    cpu_s: float
    wall_s: float
    said: str


@contextmanager
def on(cores: Sequence[int]) -> Iterator[None]:
    """What is started within runs on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def run(command: Sequence[str | Path], cores: Sequence[int] = CORES, watch: Watch | None = None, **environment: str) -> Cost:
    """Run a command to its end; `watch` is called twenty times a second with its process id. Raises CalledProcessError, with what it
    said on standard error, unless it ends with 0."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAREERSCAPE_")} | environment
    words = [str(part) for part in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.monotonic()
        with on(cores):
            process = subprocess.Popen(words, stdout=out, stderr=err, env=env)
        while watch and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            watch(process.pid)
            time.sleep(_EVERY_S)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, words, out.read(), err.read())
        return Cost(used.ru_utime + used.ru_stime, wall, out.read())


def below(pid: int) -> list[int]:
    """A process and all that it started, however deep; those that ended meanwhile are left out."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (stat := _read(entry / "stat")):
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def command_of(pid: int) -> str:
    """The words of a process; nothing where it has ended."""
    return _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")


def cpu_s(pid: int) -> float:
    """The CPU seconds of a process alone, in hundredths; none where it has ended."""
    stat = _read(Path(f"/proc/{pid}/stat"))
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK") if stat else 0.0


def pss_mb(pid: int) -> float:
    """The proportional set sizes of a process and all below it, added up: what is shared counts once."""
    sizes = (re.search(r"^Pss: +(\d+) kB", _read(Path(f"/proc/{one}/smaps_rollup")), re.MULTILINE) for one in below(pid))
    return sum(int(size[1]) for size in sizes if size) / 1024


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
