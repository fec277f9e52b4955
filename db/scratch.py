"""Words that a run has to remember, in a table on the disk that goes when it is closed: memory does not grow with them."""

import sqlite3


class Scratch:
    """Words by their keys; the first that are kept under a key stay."""

    def __init__(self) -> None:
        self._conn = sqlite3.connect("", isolation_level=None)
        self._conn.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
            "CREATE TABLE kept (key BLOB PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID; BEGIN"
        )

    def keep(self, key: bytes, words: str) -> None:
        """Remember words."""
        self._conn.execute("INSERT INTO kept VALUES (?, ?) ON CONFLICT DO NOTHING", [key, words])

    def get(self, key: bytes) -> str | None:
        """What is kept under a key."""
        found = self._conn.execute("SELECT words FROM kept WHERE key = ?", [key]).fetchone()
        return found and str(found[0])

    def close(self) -> None:
        """Forget all of it."""
        self._conn.close()
