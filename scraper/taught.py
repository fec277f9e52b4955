"""What the user taught: rules, and copies of official files, in the folder `vocab` of the archive. So the archive is all that a
rebuild needs."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from db import coding, learned
from db.coding import Change
from db.connection import Database
from normalize import codes, rules, vocabulary
from normalize.codes import Coded
from normalize.errors import ConfigError, StorageError, UsageError
from normalize.rules import Kind, Rule, Rules
from scraper import durable

if TYPE_CHECKING:
    from normalize.occupations import Index
    from scraper.official import Note

OFFICIAL_KINDS: tuple[Literal["onet", "dmtf", "oews"], ...] = ("onet", "dmtf", "oews")
CODED_KINDS = tuple(kind for kind in rules.KINDS if kind not in vocabulary.READING_KINDS)
_CODING = ("codes.py", "companies.py", "occupations.py", "places.py", "titles.py", "vocab/title_words.csv")
"""What of `normalize` decides on codes beside its lists."""


def _folder(archive: Path) -> Path:
    return archive / "vocab"


def rules_file(archive: Path) -> Path:
    """The user's own vocabulary file."""
    return _folder(archive) / "rules.csv"


def rules_of(archive: Path) -> Rules:
    """The user's rules. Raises ConfigError with the file and line, StorageError."""
    return _parsed(rules_file(archive), text_of_rules(archive))


def text_of_rules(archive: Path) -> str:
    """What the user's own vocabulary file says; empty where there is none. Raises ConfigError, StorageError."""
    path = rules_file(archive)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: it is not UTF-8 ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def _parsed(path: Path, text: str) -> Rules:
    try:
        return rules.parse(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


@contextmanager
def keeping(archive: Path, rule: Rule) -> Iterator[Rules]:
    """Write a rule into the user's own vocabulary file, in the place of one about the same value; where the context is left by
    an error, the file is what it was. The old file or the new one is there, whatever happens.

    Raises UsageError for a rule that would not be read as it is written, StorageError.
    """
    path = rules_file(archive)
    there, before = path.exists(), text_of_rules(archive)
    try:
        after = rules.edited(before, rule)
    except ConfigError as error:
        raise UsageError(str(error)) from error
    _write(path, after)
    try:
        yield _parsed(path, after)
    except BaseException:
        if there:
            _write(path, before)
        else:
            path.unlink(missing_ok=True)
        raise


def _write(path: Path, text: str) -> None:
    """Write a file, or that to which a link points. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path.resolve(), text.encode())
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{path}: it cannot be written ({error})") from error


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

    def check(self) -> None:
        """Raise StorageError where the copy of an official file is gone, or not the one that was loaded."""
        if self.notes:
            self._index.knows("")

    def title_of(self, kind: Kind, code: str) -> str | None:
        """The title of a code, None where nothing that is loaded has it."""
        if kind != "occupation":
            return codes.title_of(kind, code)
        return self._index.title_of(code) if self.notes else None

    def knows_occupation(self, code: str) -> bool:
        """Whether the official files have a code of occupations; without any of them all can be."""
        return not self.notes or self._index.knows(code)

    @cached_property
    def digests(self) -> dict[Kind, str]:
        """Texts of a kind that were coded with the same digest have the same codes."""
        lists = hashlib.sha256(codes.digest().encode())
        for name in _CODING:
            lists.update((files("normalize") / name).read_bytes())
        notes = "".join(f"{note.kind}-{note.sha256}" for note in self.notes)
        return {kind: self._digest(lists.copy(), kind, notes if kind == "occupation" else "") for kind in coding.KINDS}

    def _digest(self, found: "hashlib._Hash", kind: Kind, notes: str) -> str:
        found.update(f"{self.rules.digest((kind,))}{notes}".encode())
        return found.hexdigest()[:16]

    @cached_property
    def _index(self) -> "Index":
        from scraper import official

        kept = (official.kept(kind, official_folder(self.archive, kind)) for kind in OFFICIAL_KINDS)
        return official.index(found for found in kept if found)


def code(db: Database, archive: Path, run_id: int, at: str) -> list[Change]:
    """Code what was loaded by what is taught now, and anew those kinds of which something else is taught than before; the caller
    holds the transaction. Returns which codes are others by that. Raises ConfigError, StorageError."""
    coder = Coder(archive)
    if {(file.kind, file.sha256) for file in coding.known(db)} != {(note.kind, note.sha256) for note in coder.notes}:
        for kind in OFFICIAL_KINDS:
            coding.withdraw(db, kind)
        for note in coder.notes:
            coding.remember(db, note.kind, note.name, note.release, note.sha256, note.rows, at)
    return code_by(db, coder, run_id, at)


def code_by(db: Database, coder: Coder, run_id: int, at: str) -> list[Change]:
    """As `code`, by official files that are noted already."""
    changes = coding.catch_up(db, coder, coder.digests, run_id, at)
    coding.refresh(db, coder)
    learned.learn(db, coder.rules.said, CODED_KINDS)
    return changes
