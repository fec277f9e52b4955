"""Where values come from, for the pages of the browser: what `explain` tells, from the archive of a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from db import captures, queries
from db import chain as stored
from db.browse.served.live import Reader
from db.browse.served.sources import Explained, Withheld
from db.connection import Database, guarded
from db.queries import Row
from normalize.errors import Rejected, StorageError, UnknownField, UsageError
from normalize.fields import Field
from normalize.wording import value_words
from scraper import chain, opened, taught
from scraper.archive import Archive
from scraper.explain import Explanation, copy, explain, is_private
from scraper.inert import MARK
from scraper.sandbox import Sandbox
from scraper.settings import Settings


class Served:
    """The archive of `settings`, asked by one thread at a time, always the same one; pages are read in a process of their own."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.db
        self._folder = settings.archive
        self._reader = Reader(settings.db)
        self._sandbox = Sandbox()

    def explain(self, slug: str, field: Field, item: str) -> Explained:
        """As `db.browse.served.sources.Sources`. Where the page cannot be had, what the database knows."""
        with self._asking() as db:
            title = queries.latest(db, slug)["title"]
            try:
                explained = self._chain(db, slug, field, item)
            except (StorageError, Rejected) as error:
                return _without_page(db, title, slug, field, item, error)
            sections = list(chain.in_words(title, explained, Path(self._folder.name)))
            gist = chain.gist(explained[0]) if len(explained) == 1 else ""
            return Explained(sections, [one.to_dict() for one in explained], not is_private(db, explained[0]), MARK, gist)

    def page(self, slug: str, field: Field, item: str) -> str:
        """As `db.browse.served.sources.Sources`."""
        with self._asking() as db:
            try:
                first = self._chain(db, slug, field, item)[0]
            except Rejected as error:
                raise UsageError(f"the page cannot be read again: {error}") from error
            if is_private(db, first):
                raise Withheld(f"{first.observation['url']} asks that no copy of it is shown (noarchive)")
            return opened.page(chain.place_words(first), copy(db, self._archive(db), self._sandbox.copy, first))

    def close(self) -> None:
        """End the process that reads pages."""
        self._sandbox.close()

    @contextmanager
    def _asking(self) -> Iterator[Database]:
        with guarded(self._path), taught.in_use(self._folder):
            yield self._reader.database()

    def _archive(self, db: Database) -> Archive:
        return Archive(self._folder, captures.known_files(db), datetime.now(UTC))

    def _chain(self, db: Database, slug: str, field: Field, item: str) -> list[Explanation]:
        return explain(db, self._archive(db), self._sandbox.trace, slug, field, item)


def _without_page(db: Database, title: str, slug: str, field: Field, item: str, error: StorageError | Rejected) -> Explained:
    observed = stored.facts(db, slug, field, item)
    if not observed:
        raise UnknownField(f"{field.name}.{item}" if item else field.name, (), f"is on no page for {slug}")
    why = ("The archived page cannot be read", [("why", str(error)), ("", "what follows is what the database knows")])
    return Explained([why, *(_known(db, title, row) for row in observed)], observed, has_copy=False)


def _known(db: Database, title: str, row: Row) -> tuple[str, list[tuple[str, str]]]:
    """A value by the database alone, in the words of `scraper.chain`."""
    origin = queries.provenance(db, row)
    field, about = queries.field_and_item(row["field"])[0], f".{row['item']}" if row["item"] else ""
    words = value_words(field, row["value"]) if row["status"] != "unreadable" else "none"
    return f"{row['field']}{about} of {title}", [
        ("value", f"{words} ({row['status']})"),
        ("raw text", row["raw"] or ""),
        ("section", row["section"] or ""),
        ("page", row["url"]),
        ("captured at", row["captured_at"]),
        ("archive", f"{origin['warc_file']}, offset {origin['warc_offset']}, length {origin['warc_length']}"),
        ("sha256", origin["sha256"]),
        ("read by", f"parser {origin['parser']}, vocabulary {origin['vocabulary']}, run {origin['run_id']}"),
    ]
