"""Which pages are forgotten: of each the digest of its address is kept, when, and why."""

import hashlib
from collections.abc import Iterable
from typing import Protocol, TypeVar

from sqlite_utils import Database


class _Page(Protocol):
    @property
    def url(self) -> str: ...


_One = TypeVar("_One", bound=_Page)


def digest(url: str) -> str:
    """What a tombstone knows of an address: the sha256 of its canonical form, hexadecimal."""
    return hashlib.sha256(url.encode()).hexdigest()


def bury(db: Database, url_sha256: str, at: str, reason: str) -> bool:
    """Note a tombstone, of which the first one counts; whether it is new. The caller holds the transaction."""
    insert = "INSERT INTO tombstone VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    return db.conn.execute(insert, [bytes.fromhex(url_sha256), at, reason]).rowcount > 0


def buried(db: Database) -> set[str]:
    """The digests of all pages that are forgotten."""
    return {row[0] for row in db.execute("SELECT lower(hex(url_sha256)) FROM tombstone").fetchall()}


def is_forgotten(db: Database, url: str) -> bool:
    """Whether a canonical address is that of a forgotten page."""
    query = "SELECT EXISTS (SELECT 1 FROM tombstone WHERE url_sha256 = ?)"
    return bool(db.execute(query, [bytes.fromhex(digest(url))]).fetchone()[0])


def allowed(db: Database, pages: Iterable[_One]) -> list[_One]:
    """The pages that are not forgotten."""
    gone = buried(db)
    return [page for page in pages if not gone or digest(page.url) not in gone]
