"""Shards done by whatever runs them, some at a time: their rows in order, each checked."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Executor, Future
from typing import NamedTuple

from normalize.errors import CareerscapeError, StorageError, UsageError
from scraper.shards import work
from scraper.shards.ledger import Row
from scraper.shards.plan import Shard, Task


class Crew(NamedTuple):
    """Who does the work: what runs a task, what it is given to do, and how many are given out before the first is back."""

    executor: Executor
    work: Callable[[Task], Row]
    most: int


def rows(crew: Crew, tasks: Iterable[tuple[Shard, Task]]) -> Generator[tuple[Shard, Row], None, None]:
    """Each shard with its row, in order, as soon as it and those before it are done. Raises StorageError for one that fails for
    good, UsageError for a worker of other code; what was done stays."""
    out: deque[tuple[Shard, Task, Future[Row]]] = deque()
    rest = iter(tasks)
    try:
        while True:
            while len(out) < crew.most and (one := next(rest, None)):
                out.append((*one, crew.executor.submit(crew.work, one[1])))
            if not out:
                return
            shard, task, future = out[0]
            row = _of(shard, task, future)
            out.popleft()
            yield shard, row
    finally:
        for *_, future in out:
            future.cancel()


def _of(shard: Shard, task: Task, future: Future[Row]) -> Row:
    try:
        error = future.exception()
    except CancelledError:
        error = StorageError("its scheduler or all its workers are gone")
    if error is not None:
        why = str(error) if isinstance(error, CareerscapeError) else f"{type(error).__name__}: {error}"
        raise StorageError(
            f"shard {shard.number} (from {shard.first}, {shard.stop - shard.start} captures) was not done: {why}; what was done "
            "stays, and the next run goes on from there"
        ) from error
    row = future.result()
    refuse_other((row.parser, row.vocabulary), (task.parser, task.vocabulary), row.worker)
    return row


def refuse_other(theirs: tuple[str, str], ours: tuple[str, str], worker: str) -> None:
    """Raises UsageError where a worker reads by other code or lists than this program."""
    for what, there, here in zip(("parser", "vocabulary"), theirs, ours, strict=True):
        if there != here:
            raise UsageError(
                f"worker {worker} has {what} {there}, this program {here}: the same version has to be installed on all machines"
            )


def here(most: int, executor: Executor) -> Crew:
    """A crew of this process, or of processes that `executor` has started."""
    return Crew(executor, work.work, most)
