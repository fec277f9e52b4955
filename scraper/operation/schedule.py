"""Units that run `scrape` again and again: for systemd, cron, and the workflows of a repository on GitHub."""

import hashlib
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from normalize.errors import UsageError
from scraper.operation.disk import existing
from scraper.settings import Settings, apart_from_file
from scraper.urls import canonical

Kind = Literal["systemd", "cron", "github"]
Every = Literal["hourly", "daily", "weekly"]
LONGEST_CRON_COMMAND = 998
_UNSAFE_PROGRAM = re.compile(r"""["'\\]""")
_BACKSLASH_PERCENT = re.compile(r"\\(?=%)")
_AT = {"hourly": "{m} * * * *", "daily": "{m} {h} * * *", "weekly": "{m} {h} * * {d}"}
_SPREAD = {"hourly": "10min", "daily": "1h", "weekly": "6h"}
_LONGEST = {"hourly": "23h", "daily": "23h", "weekly": "6d"}


@dataclass(frozen=True, slots=True)
class Job:
    """What a unit runs: a program with its arguments, in a folder, with an environment beside that of the scheduler; it writes
    to the folders `writes` and, where there is nobody to take it, what it says to `log`."""

    program: str
    arguments: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    writes: tuple[str, ...]
    log: str
    every: Every

    @property
    def minute_and_hour(self) -> str:
        """When in the form of cron: a time of its own for each database, in the night and never at a full hour."""
        digest = hashlib.sha256(self.log.encode()).digest()
        return _AT[self.every].format(m=3 + digest[0] % 54, h=1 + digest[1] % 5, d=digest[2] % 7)


def unit(
    kind: Kind, settings: Settings, arguments: Sequence[str], program: str, every: Every = "daily", folder: Path | None = None
) -> str:
    """The text of a unit that runs `scrape` with the arguments, from `folder` (by default the current one).

    Raises UsageError for a path or an argument that a unit cannot hold.
    """
    job = _job(settings, arguments, program, every, folder or Path.cwd())
    for text in (job.program, job.folder, *job.arguments, *job.environment.values(), *job.writes):
        if not text.isprintable():
            raise UsageError(f"{text!r} has characters that a schedule cannot hold: rename it")
    if kind == "github":
        from scraper.operation.workflow import workflow

        return workflow(settings, arguments, job.minute_and_hour)
    return _systemd(job) if kind == "systemd" else _cron(job)


def check(asked: Mapping[str, Any]) -> None:
    """Whether a schedule can give these parameters to `scrape` again and again. Raises UsageError."""
    for url in asked["urls"] or ():
        canonical(url)
    for path in filter(None, (asked["urls_file"], asked["pairs"])):
        if not Path(path).is_file():
            raise UsageError(f"{path}: there is no such list, which each run would read")


def this_program() -> str:
    """Where the program is that runs. Raises UsageError where it was not started as `careerscape` and does not lie there."""
    started = shutil.which(sys.argv[0])
    beside = Path(sys.executable).with_name("careerscape")
    if started and Path(started).name == "careerscape":
        return str(Path(started).absolute())
    if beside.is_file():
        return str(beside.absolute())
    raise UsageError("the program careerscape is not installed beside this Python: a schedule could not start it")


def _job(settings: Settings, arguments: Sequence[str], program: str, every: Every, folder: Path) -> Job:
    db, archive = settings.db.absolute(), settings.archive.absolute()
    config = ("--config", str(settings.config.absolute())) if settings.config else ()
    metrics = [settings.metrics.absolute().parent] if settings.metrics else []
    folders = [db.resolve().parent, archive.resolve().parent, *(path.resolve() for path in metrics)]
    writes = dict.fromkeys(str(existing(path)) for path in folders)  # a lock lies beside the archive
    words = ("--db", str(db), "--archive", str(archive), *config, "scrape", *arguments)
    log = str(db.with_name(f"{db.name}.log"))
    return Job(program, words, str(folder.absolute()), apart_from_file(settings), tuple(writes), log, every)


# --- systemd ----------------------------------------------------------------------------------------------------------


def _systemd(job: Job) -> str:
    return "\n".join([*_service(job), "", *_timer(job), ""])


def _service(job: Job) -> Iterator[str]:
    command = [job.program, *job.arguments]
    if _UNSAFE_PROGRAM.search(job.program):  # systemd takes no quotes and backslashes in the path of a program
        command = ["/bin/sh", "-c", 'exec "$0" "$@"', *command]
    named = (job.folder, *job.writes, *command)
    temporary = any(path == root or path.startswith(f"{root}/") for path in named for root in ("/tmp", "/var/tmp"))  # noqa: S108
    yield "# careerscape.service"
    yield "# Save both parts under their names in ~/.config/systemd/user, then:"
    yield "#   systemctl --user daemon-reload && systemctl --user enable --now careerscape.timer"
    yield "# `loginctl enable-linger` keeps it at work while you are logged out. Messages: `journalctl --user -u careerscape`."
    yield "[Unit]"
    yield "Description=careerscape: fetch career comparison pages"
    yield ""
    yield "[Service]"
    yield "Type=oneshot"
    yield f"WorkingDirectory={job.folder.replace('%', '%%')}/"
    yield from (f"Environment={_quoted(f'{name}={value}')}" for name, value in job.environment.items())
    yield f"ExecStart=:{' '.join(map(_quoted, command))}"
    yield "# 3: some pages failed; 75: another run is at work, or a site asks us to wait; 143: it was stopped, in a clean state"
    yield "SuccessExitStatus=3 75 143"
    yield f"TimeoutStartSec={_LONGEST[job.every]}"
    yield "TimeoutStopSec=30"
    yield "KillMode=mixed"
    yield "Nice=10"
    yield "NoNewPrivileges=yes"
    yield "ProtectSystem=strict"
    yield f"ReadWritePaths={' '.join(_quoted(f'-{path}') for path in job.writes)}"
    yield f"PrivateTmp={'no' if temporary else 'yes'}"
    yield "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX"
    yield "RestrictSUIDSGID=yes"
    yield "LockPersonality=yes"
    yield "SystemCallArchitectures=native"


def _timer(job: Job) -> Iterator[str]:
    yield "# careerscape.timer"
    yield "[Unit]"
    yield f"Description=careerscape: {job.every}"
    yield ""
    yield "[Timer]"
    yield f"OnCalendar={job.every}"
    yield f"RandomizedDelaySec={_SPREAD[job.every]}"
    yield "Persistent=true"
    yield ""
    yield "[Install]"
    yield "WantedBy=timers.target"


def _quoted(word: str) -> str:
    """A word of a unit file."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


# --- cron -------------------------------------------------------------------------------------------------------------


def _cron(job: Job) -> str:
    setting = "".join(f"{name}={shlex.quote(value)} " for name, value in job.environment.items())
    words = " ".join(map(shlex.quote, (job.program, *job.arguments)))
    command = _for_cron(f"cd {shlex.quote(job.folder)} && {setting}{words} >>{shlex.quote(job.log)} 2>&1")
    if len(command) > LONGEST_CRON_COMMAND:
        raise UsageError(
            f"the line has {len(command):,} characters, and cron takes {LONGEST_CRON_COMMAND}: put addresses into a file "
            "(--urls) and settings into careerscape.toml"
        )
    head = "# Add this line with `crontab -e`. While a run is at work, the next one ends at once (exit 75)."
    return f"{head}\n{job.minute_and_hour} {command}\n"


def _for_cron(command: str) -> str:
    """cron cuts a line at each %, unless an odd number of backslashes stands before it. What has a backslash is quoted already,
    so that quotes can be closed and opened between a backslash and a %."""
    return _BACKSLASH_PERCENT.sub(lambda _: "\\''", command).replace("%", "\\%")
