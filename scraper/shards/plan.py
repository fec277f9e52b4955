"""The plan: captures cut into shards by the file and offset of their records, written down before anything is done.

The folder of parts belongs to one database and one plan. A plan that was not finished gives way to another one, and its parts are
removed; what was kept on purpose is left alone, and so is every file that is none of ours.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db import places
from db.connection import Database
from db.places import Placed
from normalize import rules, vocabulary
from normalize.errors import StorageError, UsageError
from scraper import durable, version
from scraper.shards.parts import FORMAT

PAGES_A_SHARD = 1_000
_PLAN = "plan.json"
_OURS = re.compile(r"\.?shard-\d{6}-[0-9a-f]{12}\.(?:parquet|json)(?:\.[0-9a-f]{32}\.new)?")


@dataclass(frozen=True, slots=True)
class Shard:
    """Some captures whose records lie one behind the other: from `start` up to `stop` of all, and where the first of them lies.
    The key is a digest of all that decides what they are read as."""

    number: int
    key: str
    start: int
    stop: int
    first: str

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"shard-{self.number:06}-{self.key[:12]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The captures to read (their rows, in the order of their records), and how they are cut."""

    rows: Sequence[int]
    shards: tuple[Shard, ...]
    parser: str
    vocabulary: str

    @property
    def key(self) -> str:
        """A digest of all shards."""
        return hashlib.sha256(json.dumps([shard.key for shard in self.shards]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Task:
    """A shard as a worker gets it: what to read, from which archive, by which code, lists and rules, and where the part goes. No
    task needs a database."""

    name: str
    key: str
    plan: str
    archive: str
    folder: str
    parser: str
    vocabulary: str
    rules: str
    places: tuple[Placed, ...]


def cut(db: Database, pages: int = PAGES_A_SHARD) -> Plan:
    """The captures that are not read by today's code and the lists and rules in use, in shards of so many."""
    parser, words = version.parser(), vocabulary.version()
    rows = places.stale(db, parser, words.partition("+")[0])
    shards = []
    for number, start in enumerate(range(0, len(rows), pages), 1):
        some = [*places.placed(db, rows[start : start + pages])]
        first = f"{some[0].warc_file} at {some[0].warc_offset}"
        shards.append(Shard(number, _key(some, parser, words), start, start + len(some), first))
    return Plan(rows, tuple(shards), parser, words)


def _key(some: Sequence[Placed], parser: str, words: str) -> str:
    """A digest of where records lie, which bodies they have, and how they are read. A file only grows, so that its size says
    nothing of them."""
    found = hashlib.sha256(json.dumps([FORMAT, parser, words]).encode())
    for one in some:
        found.update(json.dumps(one).encode())
    return found.hexdigest()


def task(db: Database, plan: Plan, shard: Shard, archive: str, folder: Path) -> Task:
    """What a worker is told of a shard."""
    some = tuple(places.placed(db, plan.rows[shard.start : shard.stop]))
    words = rules.to_csv(vocabulary.in_use())
    where = str(folder.resolve())
    return Task(shard.name, shard.key, plan.key, archive, where, plan.parser, plan.vocabulary, words, some)


def write(plan: Plan, folder: Path, database: Path) -> None:
    """Write the plan into its folder, and remove the parts of an older one that was not finished; one that was kept stays kept.
    Raises UsageError where the folder holds what is to be kept, is another database's or none of ours, StorageError."""
    said = {
        "format": FORMAT, "key": plan.key, "database": str(database.resolve()), "parser": plan.parser,
        "vocabulary": plan.vocabulary, "captures": len(plan.rows), "kept": False,
        "shards": [{"name": s.name, "key": s.key, "captures": s.stop - s.start, "first": s.first} for s in plan.shards],
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = known(folder)
        if not before:
            _refuse_foreign(folder)
        if before.get("database", said["database"]) != said["database"]:
            raise UsageError(f"{folder} holds the parts of {before['database']}; name another folder with --parts")
        if before.get("kept") and before.get("key") != plan.key:
            raise UsageError(f"{folder} holds parts that were kept; name another folder with --parts, or remove it")
        _sweep(folder, {shard.name for shard in plan.shards})
        said["kept"] = bool(before.get("kept"))
        durable.write(folder / _PLAN, json.dumps(said, indent=1).encode())
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error


def known(folder: Path) -> dict[str, Any]:
    """What the plan in a folder says, nothing where there is none of ours. Raises OSError."""
    try:
        said = json.loads((folder / _PLAN).read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and _is_ours(said) else {}


def _is_ours(said: dict[str, Any]) -> bool:
    shards = said.get("shards")
    return (
        isinstance(said.get("format"), int)
        and all(isinstance(said.get(name), str) for name in ("key", "database"))
        and isinstance(shards, list)
        and all(isinstance(shard, dict) and isinstance(shard.get("name"), str) for shard in shards)
    )


def _refuse_foreign(folder: Path) -> None:
    """Raises UsageError where a folder without a plan of ours holds what a plan would replace."""
    if (folder / _PLAN).exists():
        raise UsageError(f"{folder} holds a {_PLAN} that is none of careerscape's; name another folder with --parts")
    if any(not path.name.startswith(".") for path in _files(folder)):
        raise UsageError(f"{folder} holds parts without their {_PLAN}; name another folder with --parts, or remove them")


def left(folder: Path, database: Path, key: str = "") -> bool:
    """Whether a folder holds what a run of this database left that died, of a plan with this key if there is one, and nothing
    that is to be kept."""
    try:
        said = known(folder)
    except OSError:
        return False
    return said.get("database") == str(database.resolve()) and not said.get("kept") and key in ("", said["key"])


def withdraw(folder: Path) -> None:
    """Remove a plan of which nothing was done. Raises StorageError."""
    try:
        done = any(not path.name.startswith(".") for path in _files(folder))
        if done or known(folder).get("kept"):
            return
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    remove(folder)


def finish(folder: Path, kept: bool) -> None:
    """Hear that a plan is finished: its parts are kept where that is or was asked for, else removed. Raises StorageError."""
    try:
        kept = kept or bool(known(folder).get("kept"))
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    (keep if kept else remove)(folder)


def keep(folder: Path) -> None:
    """Let the parts of a finished plan be kept. Raises StorageError."""
    try:
        said = known(folder)
        if not said:
            raise StorageError(f"{folder} does not hold its plan any more: its parts are not kept")
        _sweep(folder, {shard["name"] for shard in said["shards"]})
        durable.write(folder / _PLAN, json.dumps(said | {"kept": True}, indent=1).encode())
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error


def remove(folder: Path) -> None:
    """Remove the plan and its parts, and the folder unless it holds anything else. Raises StorageError."""
    try:
        for path in (*_files(folder), folder / _PLAN):
            path.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error


def _sweep(folder: Path, names: Collection[str]) -> None:
    """Remove what was not finished, and the parts of other shards."""
    for path in _files(folder):
        if path.name.startswith(".") or path.stem not in names:
            path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    yield from [path for path in sorted(folder.iterdir()) if _OURS.fullmatch(path.name)]
