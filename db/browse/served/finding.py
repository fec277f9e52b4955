"""Search over occupations: an index in memory, made anew when what it is made of changed."""

import sqlite3
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from db.browse.served.live import Identity, Reader, translated
from db.queries import Row, rows

_MOST_WORDS = 16
_LONGEST = 200
_MOST_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Hit:
    """An occupation that was found; the code is empty for none."""

    slug: str
    title: str
    soc_code: str

    def to_dict(self) -> Row:
        """For JSON."""
        return {"slug": self.slug, "title": self.title, "soc_code": self.soc_code}


class Finder:
    """The occupations of a database by the words of their title, slug, and SOC code and title. Safe to ask from any thread."""

    def __init__(self, path: Path) -> None:
        self._reader = Reader(path, shared=True)
        self._lock = threading.Lock()
        self._made_at: tuple[Identity, int] | None = None
        self._known: list[tuple[str, str, str, str]] = []
        self._hits: dict[str, Hit] = {}
        self._index = _empty_index()
        self._slugs_of: dict[str, frozenset[str]] = {}

    def find(self, text: str, most: int = 20) -> list[Hit]:
        """The occupations that have all words of a text, of the last one perhaps only the beginning: those of just that title
        first, then those whose title begins so, then the others by how well they fit. None for a text without words.

        Raises Unavailable.
        """
        with self._lock:
            self._refresh()
            return [self._hits[slug] for slug in self._ranked(_words(text))[:most]]

    def _ranked(self, words: list[str]) -> list[str]:
        if not words:
            return []
        query = " ".join(f'"{word}"' for word in words) + "*"
        found = self._index.execute(
            "SELECT slug, folded FROM found WHERE found MATCH ? ORDER BY bm25(found, 10, 5, 3, 1), folded, slug", [query]
        ).fetchall()
        wanted = " ".join(words)
        found.sort(key=lambda row: (row[1] != wanted, not row[1].startswith(wanted)))
        return [slug for slug, _ in found]

    def known(self, slug: str) -> Hit | None:
        """The occupation of a slug, None where there is none. Raises Unavailable."""
        with self._lock:
            self._refresh()
            return self._hits.get(slug)

    def matches(self, slug: str | None, text: str | None) -> bool:
        """Whether a search for a text finds an occupation; a text without words finds all. A function for SQL: it asks the index
        as it is, since the database must not be waited for within a query."""
        wanted = text or ""
        found = self._slugs_of.get(wanted)
        if found is None:
            words = _words(wanted)
            if not words:
                return True
            with self._lock:
                found = frozenset(self._ranked(words))
                if len(self._slugs_of) >= _MOST_REMEMBERED:
                    self._slugs_of = {}
                self._slugs_of[wanted] = found
        return slug in found

    def freshen(self) -> None:
        """Look whether the database changed. Raises Unavailable."""
        with self._lock:
            self._refresh()

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._reader.close()

    def _refresh(self) -> None:
        try:
            db = self._reader.database()
            stamp = self._reader.stamp()
            if stamp == self._made_at:
                return
            known = [
                (row["slug"], row["title"], row["soc_code"] or "", row["soc_title"] or "")
                for row in rows(db, "SELECT slug, title, soc_code, soc_title FROM occupation ORDER BY slug")
            ]
        except sqlite3.Error as error:
            raise translated(error) from error
        if known != self._known:
            self._known, self._index = known, _index_of(known)
            self._hits = {slug: Hit(slug, title, code) for slug, title, code, _ in known}
            self._slugs_of = {}
        self._made_at = stamp


def _empty_index() -> sqlite3.Connection:
    return _index_of([])


def _index_of(known: list[tuple[str, str, str, str]]) -> sqlite3.Connection:
    """Texts go in as words that are folded already, so that all that is asked is cut in the same way."""
    index = sqlite3.connect(":memory:", check_same_thread=False)
    index.execute("CREATE VIRTUAL TABLE found USING fts5 (folded, slug_words, code, code_title, slug UNINDEXED, prefix='1 2 3')")
    index.executemany(
        "INSERT INTO found VALUES (?, ?, ?, ?, ?)",
        (
            [*(" ".join(_words(text, whole=True)) for text in (title, slug, code, name)), slug]
            for slug, title, code, name in known
        ),
    )
    return index


def _words(text: str, whole: bool = False) -> list[str]:
    """The runs of letters and digits of a text, without case and accents; of what somebody typed only the first few."""
    plain = unicodedata.normalize("NFKD", text if whole else text[:_LONGEST]).casefold()
    kept = "".join(c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in plain)
    words = kept.split()
    return words if whole else words[:_MOST_WORDS]
