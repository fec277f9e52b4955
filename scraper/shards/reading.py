"""Captures read on many machines: planned, given out, and merged in the order of the shards by the one process that writes."""

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from db import places, staging
from db.connection import Database
from db.staging import Standing
from normalize import rules, vocabulary
from normalize.errors import CareerscapeError, StorageError
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


@dataclass(slots=True)
class Many:
    """How to read on many machines: who does it, the folder of parts that all share and whether it is kept, where the archive is
    for them (a folder or an address), and how many captures are a shard. `owns` tells whether the plan in the folder is one that
    this run wrote, or that a run of the same database left: no other folder is touched."""

    hire: Hire
    folder: Path
    archive: str
    keep: bool = False
    pages: int = PAGES_A_SHARD
    owns: bool = field(default=False, init=False)

    def finish(self) -> None:
        """Hear that all is merged and committed. Raises StorageError."""
        if self.owns:
            plans.finish(self.folder, self.keep)


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
        many.owns = plans.left(many.folder, database, plan.key if many.keep else "")
        return
    plans.write(plan, many.folder, database)
    many.owns = True
    try:
        with closing(_rows(db, many, plan, shards)) as finished:
            for shard, row in finished:
                yield from _merged(db, many, plan, shard, row, done, found, bar)
    except CareerscapeError:
        plans.withdraw(many.folder)
        raise


def _rows(db: Database, many: Many, plan: Plan, shards: list[Shard]) -> Generator[tuple[Shard, Row], None, None]:
    """Each shard with its row, in order: the ledger's where the shard was done before, else of the crew."""
    before = {shard.number: row for shard in shards if (row := _done_before(db, many, plan, shard))}
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


def _done_before(db: Database, many: Many, plan: Plan, shard: Shard) -> Row | None:
    """The ledger's row of a shard whose part is its own."""
    row = ledger.found(many.folder, shard.name, shard.key)
    return row if row and not _foreign(db, many, plan, shard, row) else None


def _foreign(db: Database, many: Many, plan: Plan, shard: Shard, row: Row) -> str:
    """Why a part does not hold exactly the captures of its shard, read by today's code; then its row is struck, so that the shard
    is done again. Nothing where it does. Raises StorageError."""
    path = ledger.part_of(many.folder, shard.name)
    expected = [one.capture_id for one in places.placed(db, plan.rows[shard.start : shard.stop])]
    try:
        told = parts.captures(path)
    except StorageError as error:
        why = str(error)
    else:
        if row.pages == len(told) and told == [(name, plan.parser, plan.vocabulary) for name in expected]:
            return ""
        why = f"{path} holds other pages than those of its shard"
    ledger.strike(many.folder, shard.name)
    return why


def _merged(
    db: Database, many: Many, plan: Plan, shard: Shard, row: Row, done: Collection[int], found: Differences, bar: Bar
) -> Iterator[tuple[Standing, Reading]]:
    """What a part holds of the captures that the database still has and that do not wait already."""
    path = ledger.part_of(many.folder, shard.name)
    try:
        agrees = ledger.agrees(many.folder, shard.name, row)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    if not agrees:
        raise StorageError(f"{path} is not the part that its worker {row.worker} wrote; the next run does this shard again")
    if why := _foreign(db, many, plan, shard, row):
        raise StorageError(f"{why}; the next run does this shard again")
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
