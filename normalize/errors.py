"""Every error that careerscape raises on purpose.

CareerscapeError                exit 1: a fault of ours, unless a subclass says otherwise
├── Refusal                     a grammar or vocabulary does not take a text (never leaves `normalize`)
├── Rejected                    a page gives no rows (becomes a finding, never ends a run)
├── UsageError                  exit 2: the request cannot be understood
│   ├── UnknownOccupation       no such occupation, or several
│   └── UnknownField            no such field, or the occupation has no fact for it
├── StorageError                exit 74: disk, database or archive
│   ├── ForeignDatabase         not a careerscape database, or a newer one
│   └── CorruptRecord           an archive record is torn, missing or does not match its digest
├── Busy                        exit 75: another run holds the lock
└── ConfigError                 exit 78: configuration, sidecar or site file
"""


class CareerscapeError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class Refusal(CareerscapeError):
    """A text that no grammar takes: `reason` is a code, `text` the whole text as it was given."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text[:80]!r}")
        self.reason = reason
        self.text = text


class Rejected(CareerscapeError):
    """A page that gives no rows: `code` is a finding code, `detail` completes its message."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class UsageError(CareerscapeError):
    """The request cannot be understood as it stands."""

    exit_code = 2


class UnknownOccupation(UsageError):
    """No occupation, or several, answer to `name`; `suggestions` are slugs."""

    def __init__(self, name: str, suggestions: tuple[str, ...], ambiguous: bool = False) -> None:
        what = "is the title of several occupations" if ambiguous else "is no known occupation"
        hint = f"; did you mean {', '.join(suggestions)}?" if suggestions else " (`careerscape search` lists all)"
        super().__init__(f"{name!r} {what}{hint}")
        self.name = name
        self.suggestions = suggestions


class UnknownField(UsageError):
    """No field answers to `name`; `suggestions` are field names."""

    def __init__(self, name: str, suggestions: tuple[str, ...], detail: str = "is no known field") -> None:
        hint = f"; did you mean {', '.join(suggestions)}?" if suggestions else " (docs/schema.md lists all)"
        super().__init__(f"{name!r} {detail}{hint}")
        self.name = name
        self.suggestions = suggestions


class StorageError(CareerscapeError):
    """Disk full, a file that cannot be opened, database and archive that disagree."""

    exit_code = 74


class ForeignDatabase(StorageError):
    """The file at `path` is not a careerscape database that this version may write."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class CorruptRecord(StorageError):
    """The archive record at `offset` of `warc_file` cannot be trusted."""

    def __init__(self, warc_file: str, offset: int, why: str) -> None:
        super().__init__(f"{warc_file} at offset {offset}: {why}")
        self.warc_file = warc_file
        self.offset = offset


class Busy(CareerscapeError):
    """Another run holds the lock of this database."""

    exit_code = 75


class ConfigError(CareerscapeError):
    """A configuration file, a sidecar or a site file says something that cannot be."""

    exit_code = 78
