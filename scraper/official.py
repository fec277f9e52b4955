"""The user's copies of official files of occupations: read by their headers, kept in the archive, made into an index.

O*NET: `Occupation Data`, `Alternate Titles` and `Sample of Reported Titles`, as text or xlsx, in a folder or a zip or alone.
DMTF: the 2018 Direct Match Title File of the US Bureau of Labor Statistics. OEWS: its national wage estimates, of which only
the names of occupations are used.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from normalize.errors import StorageError, UsageError
from normalize.occupations import Index, Source, Title
from scraper import durable, sheets
from scraper.sheets import Entry, Row, Sheet

Kind = Literal["onet", "dmtf", "oews"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_ORDER: tuple[Kind, ...] = ("dmtf", "onet", "oews")

_CODE = re.compile(r"[0-9]{2}-[0-9]{4}(?:\.[0-9]{2})?")
_README = re.compile(r"\s*O\*NET\W*\s([0-9]+\.[0-9]+) Database", re.IGNORECASE)
_FOLDER = re.compile(r"db_([0-9]+)_([0-9]+)")
_MONTH = re.compile(r"\b(January|February|March|April|May|June|July|August|September|October|November|December) 20[0-9]{2}\b")
_PANEL = re.compile(r"(?:^|_)M(20[0-9]{2})(?:_|\b)")
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]+")
_NOTE = "official.json"
_EXCEPT = ", Except "
_MOST_NAME = 100
_SEVERAL = 3
"""So many sources of O*NET make a title certain."""

_ONET_CODE, _NAME, _DESCRIPTION = "o*net-soc code", "title", "description"
_ALTERNATE, _SHORT, _SOURCES, _REPORTED = "alternate title", "short title", "source(s)", "reported job title"
_DMTF_CODE, _DMTF_NAME, _DIRECT = "2018 soc code", "2018 soc title", "2018 soc direct match title"
_OEWS_CODE, _OEWS_NAME, _GROUP = "occ_code", "occ_title", "o_group"


class _Form(NamedTuple):
    """By which columns a table is known, and which others it must have; their titles are folded."""

    kind: Kind
    known_by: frozenset[str]
    needs: frozenset[str]


_NAMES = _Form("onet", frozenset((_ONET_CODE, _DESCRIPTION)), frozenset((_NAME,)))
_ALTERNATES = _Form("onet", frozenset((_ALTERNATE,)), frozenset((_ONET_CODE, _SHORT, _SOURCES)))
_REPORTS = _Form("onet", frozenset((_REPORTED,)), frozenset((_ONET_CODE,)))
_DIRECTS = _Form("dmtf", frozenset((_DIRECT,)), frozenset((_DMTF_CODE, _DMTF_NAME)))
_WAGES = _Form("oews", frozenset((_OEWS_NAME,)), frozenset((_OEWS_CODE, _GROUP)))
_FORMS = (_NAMES, _ALTERNATES, _REPORTS, _DIRECTS, _WAGES)

_Used = Mapping[_Form, Sheet]


@dataclass(frozen=True, slots=True)
class File:
    """A file that was used: its name, safe in any folder, and its bytes."""

    name: str
    body: bytes


class Note(NamedTuple):
    """What is remembered of the files of a kind that were kept, and their names in the archive."""

    kind: str
    name: str
    release: str
    sha256: str
    rows: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Official:
    """What official files of one kind say.

    `sha256` is of the bytes of all `files`, one behind the other. `rows` counts their rows of data. `release` is `27.0` of O*NET,
    a month of DMTF, a year of OEWS, and empty where the files do not tell it.
    """

    kind: Kind
    name: str
    release: str
    sha256: str
    rows: int
    titles: tuple[Title, ...]
    files: tuple[File, ...]


def read(kind: Kind, path: Path) -> Official:
    """The file, folder or zip at a path. Raises UsageError where it is not what `kind` says, or cannot be read."""
    found = sheets.entries(path)
    tables: dict[_Form, tuple[Entry, Sheet]] = {}
    for entry in found:
        sheet = sheets.table(entry, lambda header: _form(header) is not None)
        form = sheet and _form(sheet.header)
        if sheet and form and form in tables:
            raise UsageError(f"{path}: {tables[form][0].name} and {entry.name} hold the same table; name one of them")
        if sheet and form:
            tables[form] = entry, sheet
    used = {form: pair for form, pair in tables.items() if form.kind == kind}
    if not used:
        raise UsageError(f"{path}: {_instead(kind, {form.kind for form in tables})}")
    for form, (entry, sheet) in used.items():
        if missing := sorted(form.needs - set(sheet.header)):
            raise UsageError(f"{entry.name}: the table has no column {' and no column '.join(map(repr, missing))}")
    of_form = {form: sheet for form, (_, sheet) in used.items()}
    files = _files([entry for entry, _ in used.values()])
    titles = tuple(dict.fromkeys(_READERS[kind](of_form)))
    rows = sum(len(sheet.rows) for sheet in of_form.values())
    return Official(kind, path.name, _release(kind, path, found, used), digest(files), rows, titles, files)


def _form(header: Row) -> _Form | None:
    return next((form for form in _FORMS if form.known_by <= set(header)), None)


def _instead(kind: Kind, others: set[Kind]) -> str:
    if others:
        return f"this is {' and '.join(sorted(others))}, not {kind}: say `vocab load {min(others)}`"
    columns = "; or ".join(", ".join(sorted(form.known_by | form.needs)) for form in _FORMS if form.kind == kind)
    return f"no table of {kind} in it, which has the columns {columns}"


def _files(entries: Sequence[Entry]) -> tuple[File, ...]:
    ordered = sorted(entries, key=lambda entry: entry.name)
    return tuple(File(f"{number}-{safe(entry.name)}", entry.body()) for number, entry in enumerate(ordered, 1))


def safe(name: str) -> str:
    """A name that means nothing to any file system: letters, digits, dots, blanks, dashes."""
    plain = _UNSAFE.sub("_", name).strip(" .")
    return plain[-_MOST_NAME:] or "file"


def digest(files: Sequence[File]) -> str:
    """The sha256 of the bytes of files, one behind the other."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.body)
    return found.hexdigest()


def _release(kind: Kind, path: Path, found: Sequence[Entry], used: Mapping[_Form, tuple[Entry, Sheet]]) -> str:
    entry, sheet = next(iter(used.values()))
    if kind == "onet":
        starts = (other.head()[:400].decode("utf-8-sig", errors="replace") for other in found)
        folder = _FOLDER.search(path.name)
        said = next((match[1] for match in map(_README.match, starts) if match), "")
        return said or (f"{folder[1]}.{folder[2]}" if folder else "")
    if kind == "dmtf":
        month = _MONTH.search(sheet.banner)
        return month[0] if month else ""
    panel = _PANEL.search(entry.name)
    return panel[1] if panel else ""


def _onet(used: _Used) -> Iterator[Title]:
    for code, name in _rows(used.get(_NAMES), _ONET_CODE, _NAME):
        yield from _named(code, name)
    also: dict[tuple[str, str], tuple[str, str]] = {}
    for code, title, short, sources in _rows(used.get(_ALTERNATES), _ONET_CODE, _ALTERNATE, _SHORT, _SOURCES):
        also[code, title] = _spelled_out(title, short)
        yield from _all_of(code, title, also[code, title], _told_by(len(sources.split(","))))
    for code, title in _rows(used.get(_REPORTS), _ONET_CODE, _REPORTED):
        yield from _all_of(code, title, also.get((code, title), ("", "")), "reported")


def _named(code: str, name: str) -> Iterator[Title]:
    """The name of a code, and what is left of it without its exceptions: `Architects, Except Landscape and Naval`."""
    yield Title(name, code, "official")
    general, exceptions, _ = name.partition(_EXCEPT)
    if exceptions:
        yield Title(general, code, "official")


def _told_by(sources: int) -> Source:
    return "several" if sources >= _SEVERAL else "few" if sources > 1 else "single"


def _all_of(code: str, title: str, forms: tuple[str, str], source: Source) -> Iterator[Title]:
    whole, short = forms
    yield Title(title, code, source)
    if whole:
        yield Title(whole, code, source)
    if short:
        yield Title(short, code, "single")


def _spelled_out(title: str, short: str) -> tuple[str, str]:
    """The long and the short form of a title with both: `Vet Tech (Veterinary Technician)` with the short title `Vet Tech`."""
    if not short or short.casefold() == "n/a":
        return "", ""
    whole = ""
    if title.endswith(f" ({short})"):
        whole = title.removesuffix(f" ({short})")
    elif title.startswith(f"{short} (") and title.endswith(")"):
        whole = title[len(short) + 2 : -1]
    return whole, short


def _dmtf(used: _Used) -> Iterator[Title]:
    for code, name, title in _rows(used[_DIRECTS], _DMTF_CODE, _DMTF_NAME, _DIRECT):
        yield from _named(code, name)
        yield Title(title, code, "direct")


def _oews(used: _Used) -> Iterator[Title]:
    """Names of single occupations; those of whole groups have another word in the column of the group."""
    for code, name, group in _rows(used[_WAGES], _OEWS_CODE, _OEWS_NAME, _GROUP):
        if group.casefold() == "detailed":
            yield from _named(code, name)


_READERS: Mapping[Kind, Callable[[_Used], Iterator[Title]]] = {"onet": _onet, "dmtf": _dmtf, "oews": _oews}


def _rows(sheet: Sheet | None, code_column: str, column: str, *more: str) -> Iterator[tuple[str, ...]]:
    """Code, title and some cells more of each row. A note below the table, in its first column alone, is no row."""
    if sheet is None:
        return
    for line, cells in sheet.columns(code_column, column, *more):
        code, title = cells[:2]
        if _CODE.fullmatch(code) and title:
            yield cells
        elif title or _CODE.fullmatch(code):
            raise UsageError(f"{sheet.name}: row {line}: {code[:40]!r} and {title[:40]!r} are no code and title of an occupation")


def keep(official: Official, folder: Path) -> None:
    """Store the files of a kind in its folder of the archive, in the place of older ones. Raises OSError.

    Whenever it is interrupted, the folder holds the older ones or the new ones.
    """
    inner = folder / official.sha256
    inner.mkdir(parents=True, exist_ok=True)
    for file in official.files:
        durable.write(inner / file.name, file.body)
    note = {
        "kind": official.kind, "name": official.name, "release": official.release, "sha256": official.sha256,
        "rows": official.rows, "files": [file.name for file in official.files],
    }  # fmt: skip
    durable.write(folder / _NOTE, (json.dumps(note, indent=1, ensure_ascii=False) + "\n").encode())
    for older in folder.iterdir():
        if older.is_dir() and older != inner:
            shutil.rmtree(older)


def kept(kind: str, folder: Path) -> Official | None:
    """What `keep` stored, None where it stored nothing. Raises StorageError where a file is missing or is another now."""
    path = folder / _NOTE
    if not path.is_file():
        return None
    try:
        note = json.loads(path.read_bytes())
        sha256, name, release = (str(note[key]) for key in ("sha256", "name", "release"))
        inner = folder / safe(sha256)
        files = tuple(File(safe(file), (inner / safe(file)).read_bytes()) for file in note["files"])
        if note["kind"] != kind or digest(files) != sha256:
            raise StorageError(f"{inner}: the files are not those that were loaded; load {name} again")
        again = read(next(known for known in KINDS if known == kind), inner)
    except (OSError, ValueError, KeyError, TypeError, StopIteration, UsageError) as error:
        raise StorageError(f"{path}: {error}; load the official file again") from error
    return replace(again, name=name, release=release, files=files)


def noted(folder: Path) -> Note | None:
    """What the note of `keep` says of the files, without a look at them. Raises StorageError."""
    path = folder / _NOTE
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_bytes())
        kind, name, release, sha256 = (str(said[key]) for key in ("kind", "name", "release", "sha256"))
        return Note(kind, name, release, sha256, int(said["rows"]), tuple(map(str, said["files"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: {error}; load the official file again") from error


def index(officials: Iterable[Official]) -> Index:
    """One index of all. Codes of OEWS that the other files do not know are its own, not those of the SOC, and are left out."""
    by_kind = sorted(officials, key=lambda official: _ORDER.index(official.kind))
    known = {title.code[:7] for official in by_kind if official.kind != "oews" for title in official.titles}
    return Index(
        title
        for official in by_kind
        for title in official.titles
        if official.kind != "oews" or title.code in known or not (known or title.code.endswith("0"))
    )
