"""What the user taught: rules, and copies of official files, in the folder `vocab` of the archive. So the archive is all that a
rebuild needs."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from db import coding
from db.connection import Database
from normalize import codes, rules, vocabulary
from normalize.codes import Coded
from normalize.errors import ConfigError, StorageError
from normalize.rules import Kind, Rules
from scraper import durable

if TYPE_CHECKING:
    from normalize.occupations import Index
    from scraper.official import Note

OFFICIAL_KINDS: tuple[Literal["onet", "dmtf", "oews"], ...] = ("onet", "dmtf", "oews")
_CODING = ("codes.py", "companies.py", "occupations.py", "places.py", "titles.py", "vocab/title_words.csv")
"""What of `normalize` decides on codes beside its lists."""


def _folder(archive: Path) -> Path:
    return archive / "vocab"


def rules_file(archive: Path) -> Path:
    """The user's own vocabulary file."""
    return _folder(archive) / "rules.csv"


def rules_of(archive: Path) -> Rules:
    """The user's rules. Raises ConfigError with the file and line, StorageError."""
    path = rules_file(archive)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return rules.NO_RULES
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is not UTF-8 ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error
    try:
        return rules.parse(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def keep_rules(archive: Path, taught: Rules) -> None:
    """Write the user's rules: the old file or the new one is there, whatever happens. Raises StorageError."""
    path = rules_file(archive)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, rules.to_csv(taught).encode())
    except OSError as error:
        raise StorageError(f"{path}: it cannot be written ({error.strerror})") from error


@contextmanager
def in_use(archive: Path) -> Iterator[Rules]:
    """Read pages with the user's rules of an archive. Raises as `rules_of`."""
    before = vocabulary.in_use()
    vocabulary.use(rules_of(archive))
    try:
        yield vocabulary.in_use()
    finally:
        vocabulary.use(before)


def official_folder(archive: Path, kind: str) -> Path:
    """Where the copy of an official file of a kind is kept."""
    return _folder(archive) / "official" / kind


def official_notes(archive: Path) -> list["Note"]:
    """What is known of the official files that are kept. Raises StorageError."""
    if not (_folder(archive) / "official").is_dir():
        return []
    from scraper import official

    return [note for kind in OFFICIAL_KINDS if (note := official.noted(official_folder(archive, kind)))]


class Coder:
    """The codes of texts by the lists of the package, the user's rules and official files, as they are in the archive now."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.rules = rules_of(archive)
        self.notes = official_notes(archive)

    def __call__(self, kind: Kind, text: str) -> Coded:
        """The code of a text; without an official file a title has none."""
        if kind != "occupation":
            return codes.code(kind, text, self.rules)
        return self._index.code(text, self.rules) if self.notes else Coded(None, reason="unknown")

    @cached_property
    def digest(self) -> str:
        """Texts that were coded with the same digest have the same codes."""
        found = hashlib.sha256(codes.digest(self.rules).encode())
        for name in _CODING:
            found.update((files("normalize") / name).read_bytes())
        for note in self.notes:
            found.update(f"{note.kind}-{note.sha256}".encode())
        return found.hexdigest()[:16]

    @cached_property
    def _index(self) -> "Index":
        from scraper import official

        kept = (official.kept(kind, official_folder(self.archive, kind)) for kind in OFFICIAL_KINDS)
        return official.index(found for found in kept if found)


def code(db: Database, archive: Path, run_id: int, at: str) -> None:
    """Code what was loaded by what is taught now, and everything anew where something else is taught than before; the caller
    holds the transaction. Raises ConfigError, StorageError."""
    coder = Coder(archive)
    if {(file.kind, file.sha256) for file in coding.known(db)} != {(note.kind, note.sha256) for note in coder.notes}:
        for kind in OFFICIAL_KINDS:
            coding.withdraw(db, kind)
        for note in coder.notes:
            coding.remember(db, note.kind, note.name, note.release, note.sha256, note.rows, at)
    coding.catch_up(db, coder, coder.digest, run_id, at)
    coding.refresh(db, coder)
