"""Captures read on many machines: planned, given out, and merged in the order of the shards by the one process that writes."""

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from db import places, staging
from db.connection import Database
from db.staging import Standing
from normalize import rules, vocabulary
from normalize.errors import StorageError
from normalize.facts import Reading
from scraper.keeping.differences import Differences
from scraper.shards import cluster, gather, ledger, parts
from scraper.shards import plan as plans
from scraper.shards.gather import Crew
from scraper.shards.ledger import Row
from scraper.shards.plan import PAGES_A_SHARD, Plan, Shard
from scraper.terminal import Bar

_CAPTURES_TOGETHER = 100
Hire = Callable[[str, tuple[str, str]], AbstractContextManager[Crew]]
"""Makes the crew, given the rules and the versions that all have to have."""


@dataclass(frozen=True, slots=True)
class Many:
    """How to read on many machines: who does it, the folder of parts that all share and whether it is kept, where the archive is
    for them (a folder or an address), and how many captures are a shard."""

    hire: Hire
    folder: Path
    archive: str
    keep: bool = False
    pages: int = PAGES_A_SHARD

    def finish(self) -> None:
        """Hear that all is merged and committed. Raises StorageError."""
        if not self.folder.is_dir():
            return
        if self.keep:
            plans.keep(self.folder)
        else:
            plans.remove(self.folder)


def of_dask(address: str, processes: int | None = None) -> Hire:
    """A crew of Dask. Raises UsageError for what is no address, and where it is not installed."""
    cluster.available(address)
    parts.available()
    return lambda words, ours: cluster.crew(address, processes, words, ours)


def read(
    db: Database, many: Many, database: Path, done: Collection[int], found: Differences, bar: Bar
) -> Generator[tuple[Standing, Reading], None, None]:
    """The readings of all captures that are stale and not `done`, in the order of their records; those that cannot be read are
    told in `found`. Nobody is hired where nothing is left to do. Raises UsageError, StorageError."""
    plan = plans.cut(db, many.pages)
    bar.begin(len(plan.rows))
    shards = [shard for shard in plan.shards if any(row not in done for row in plan.rows[shard.start : shard.stop])]
    if not shards:
        return
    plans.write(plan, many.folder, database)
    with closing(_rows(db, many, plan, shards)) as finished:
        for shard, row in finished:
            yield from _merged(db, many, shard, row, done, found, bar)


def _rows(db: Database, many: Many, plan: Plan, shards: list[Shard]) -> Generator[tuple[Shard, Row], None, None]:
    """Each shard with its row, in order: the ledger's where the shard was done before, else of the crew."""
    before = {shard.number: row for shard in shards if (row := ledger.found(many.folder, shard.name, shard.key))}
    todo = [shard for shard in shards if shard.number not in before]
    with ExitStack() as stack:
        coming: Iterator[tuple[Shard, Row]] = iter(())
        if todo:
            words = rules.to_csv(vocabulary.in_use())
            crew = stack.enter_context(many.hire(words, (plan.parser, plan.vocabulary)))
            tasks = ((shard, plans.task(db, plan, shard, many.archive, many.folder)) for shard in todo)
            coming = stack.enter_context(closing(gather.rows(crew, tasks)))
        for shard in shards:
            row = before.get(shard.number)
            yield (shard, row) if row else next(coming)


def _merged(
    db: Database, many: Many, shard: Shard, row: Row, done: Collection[int], found: Differences, bar: Bar
) -> Iterator[tuple[Standing, Reading]]:
    """What a part holds of the captures that the database still has and that do not wait already."""
    path = ledger.part_of(many.folder, shard.name)
    try:
        agrees = ledger.agrees(many.folder, shard.name, row)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    if not agrees:
        raise StorageError(f"{path} is not the part that its worker {row.worker} wrote; the next run does this shard again")
    pages = parts.read(path)
    while some := list(islice(pages, _CAPTURES_TOGETHER)):
        rows = places.rows_of(db, [one.place.capture_id for one in some])
        wanted = [(rows[name], one) for one in some if (name := one.place.capture_id) in rows and rows[name] not in done]
        standing = staging.standing(db, [row_id for row_id, _ in wanted])
        for stands, (_, one) in zip(standing, wanted, strict=True):
            if one.reading is None:
                found.unread[f"{stands.url}, {stands.captured_at}"] = one.unread
            else:
                yield stands, one.reading
            bar.advance()
