"""Shards done in the process of the test: a crew without a cluster, and an archive to be read again."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scraper.keeping import reparse
from scraper.shards import work
from scraper.shards.gather import Crew
from scraper.shards.ledger import Row
from scraper.shards.plan import Task
from scraper.shards.reading import Many
from tests.imports import settings

LATER = datetime(2026, 2, 1, tzinfo=UTC)


class Inline(Executor):
    """Does each task as soon as it is given; `told` are their names."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        (task,) = arguments
        self.told.append(task.name)
        try:
            future.set_result(function(task))
        except Exception as error:  # noqa: BLE001 - as every executor does
            future.set_exception(error)
        return future


def many(root: Path, do: Callable[[Task], Row] = work.work, inline: Inline | None = None, **how: Any) -> Many:
    """How to read in this process, two captures a shard."""

    @contextmanager
    def hire(rules: str, ours: tuple[str, str]) -> Iterator[Crew]:
        yield Crew(inline or Inline(), do, 1)

    return Many(hire, root / "parts", str(settings(root).archive), **({"pages": 2} | how))


def again(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.reparse(settings(root), lambda: LATER, **({"max_loss": 1.0} | how))


def foretold(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.predict(settings(root), lambda: LATER, **({"max_loss": 1.0} | how))


def twin(root: Path) -> Path:
    """A copy of a database and its archive."""
    to = root.with_name(f"{root.name}-twin")
    to.mkdir()
    shutil.copy(settings(root).db, settings(to).db)
    shutil.copytree(settings(root).archive, settings(to).archive)
    return to


def of_another_parser(root: Path) -> None:
    """Let all that is stored be read by a parser that is not there any more."""
    db = sqlite3.connect(settings(root).db)
    with db:
        db.execute("UPDATE parser_version SET parser = '0.0.1+another'")
    db.close()
