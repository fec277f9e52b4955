"""What a worker does of a plan: one shard, from its records in the archive to one part and one row of the ledger.

A pure function of what it is given and of the archive, so that it can be done twice, anywhere.
"""

import os
import platform
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

from db.places import Placed
from normalize import rules, vocabulary
from normalize.errors import CorruptRecord, StorageError
from scraper import durable, version
from scraper.channel import Channel
from scraper.parsing import PageBytes
from scraper.pool import Pool
from scraper.process import code_set_aside
from scraper.sandbox import Sandbox
from scraper.shards import ledger, parts, plan, store
from scraper.shards.ledger import Row
from scraper.shards.parts import Read
from scraper.shards.plan import Task

_RULES = threading.Lock()
"""One set of rules is in use at a time in a process, and a worker may have several threads."""


def versions(words: str) -> tuple[str, str]:
    """By what this machine reads: parser and vocabulary with these rules. Raises UsageError where it cannot write parts."""
    parts.available()
    with _RULES:
        vocabulary.use(rules.parse(words))
        return version.parser(), vocabulary.version()


def pool_for(words: str) -> Pool:
    """A reader of pages that always begins with these rules."""
    return Pool(1, lambda: _Reader(words))


def work(task: Task, pool: Pool | None = None) -> Row:
    """Read the pages of a shard and write its part, by a pool that was opened for its rules. Raises StorageError; other code or
    lists are told and do nothing."""
    parser, words = versions(task.rules)
    if (parser, words) != (task.parser, task.vocabulary):
        return Row(task.key, parser, words, worker=_here())
    folder = Path(task.folder)
    try:
        if plan.known(folder).get("key") != task.plan:
            raise StorageError(f"{folder} does not hold this plan on {_here()}: it has to be a folder that all machines share")
        if row := ledger.found(folder, task.name, task.key):
            return row
        with code_set_aside(), nullcontext(pool) if pool else pool_for(task.rules) as reader:
            return _written(task, folder, reader)
    except OSError as error:
        raise StorageError(f"{folder} on {_here()}: {error}") from error


def _written(task: Task, folder: Path, pool: Pool) -> Row:
    final = ledger.part_of(folder, task.name)
    new = ledger.beside(final)
    unread: list[Placed] = []
    try:
        parts.write(new, _read(task, pool, unread), task.parser, task.vocabulary)
        durable.sync(new)
        size, sha256 = new.stat().st_size, ledger.digest(new)
        new.replace(final)
        durable.sync(folder)
    finally:
        new.unlink(missing_ok=True)
    row = Row(task.key, task.parser, task.vocabulary, size, sha256, len(task.places), len(unread), _here())
    ledger.enter(folder, task.name, row)
    return row


def _read(task: Task, pool: Pool, unread: list[Placed]) -> Iterator[Read]:
    """The captures of a shard and what they are read as, in their order; the same bytes of a page are read once."""
    archive = store.opened(task.archive)
    asked: deque[tuple[list[Placed], str]] = deque()

    def distinct() -> Iterator[PageBytes]:
        for page, same in groupby(task.places, _page):
            some = [*same]
            try:
                body = archive.body(some[0])
            except CorruptRecord as error:
                unread.extend(some)
                asked.append((some, str(error)))
            else:
                asked.append((some, ""))
                yield PageBytes(body, *page[2:])

    for reading in pool.read(distinct()):
        yield from _untold(asked)
        yield from (Read(place, reading) for place in asked.popleft()[0])
    yield from _untold(asked)


def _untold(asked: deque[tuple[list[Placed], str]]) -> Iterator[Read]:
    """The captures that come next and cannot be read."""
    while asked and asked[0][1]:
        some, why = asked.popleft()
        yield from (Read(place, None, why) for place in some)


def _page(place: Placed) -> tuple[str, int, str, str, str]:
    """The record, and how its body has to be read."""
    return place.warc_file, place.warc_offset, place.media_type, place.charset, place.url


def _here() -> str:
    return f"{platform.node()} ({os.getpid()})"


class _Reader(Sandbox):
    """A sandbox whose worker always begins with the same rules."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._rules = rules.parse(words)

    def _start(self) -> Channel:
        with _RULES:
            if vocabulary.in_use() is not self._rules:
                vocabulary.use(self._rules)
            return super()._start()
