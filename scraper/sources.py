"""Saved pages on disk to captures: which files, of what kind, with which address and time; and which files are crawls."""

import difflib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from normalize.errors import ConfigError, Rejected, UsageError
from normalize.folding import letters
from scraper import sites
from scraper.capture import Capture, TimeSource, impossible, parse_stamp
from scraper.parsing import Addresses
from scraper.readers import MAX_BYTES
from scraper.urls import canonical

HTML, TEXT = "text/html", "text/plain"
_MEDIA_TYPES = {".html": HTML, ".htm": HTML, ".xhtml": HTML, ".txt": TEXT, ".md": TEXT}
_MAX_SIDECAR = 1 << 16
_DEEPEST = 12
WACZ = ".wacz"
_CRAWLS = (".warc", ".warc.gz", WACZ)
_MIRRORED = re.compile(r"(.*?)(?:/index)?(?:\.x?html?)?(?:\?.*)?(?:\.x?html?)?", re.DOTALL)

AskAddresses = Callable[[bytes, str, str], Addresses]
"""How to find the addresses that a page gives itself: body, media type and charset to Addresses."""


class Sidecar(BaseModel):
    """`NAME.json` beside a page, or `capture.json` in its folder."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    url: str | None = None
    captured_at: str | None = None


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A file that may hold a page, and the address that the user gave for it; `problem` says why it cannot even be found."""

    path: Path
    url: str = ""
    problem: str = ""


class Pages:
    """The files to import. They are looked for again whenever they are gone through: no list of them is kept."""

    def __init__(self, starts: Sequence[Path], url: str, own: Path | None) -> None:
        self._starts, self._url, self._own = starts, url, own
        self.count = self.crawls = 0
        for page in self:
            self.count += 1
            self.crawls += not page.problem and is_crawl(page.path)

    def __iter__(self) -> Iterator[SavedPage]:
        for start in self._starts:
            if start.is_dir():
                yield from _walk(start, self._own)
            else:
                yield SavedPage(start, self._url)


def find(paths: Sequence[Path], url: str, archive: Path | None = None) -> Pages:
    """The files to import, folders walked in order of names; the own `archive` below one of them is passed over.

    Raises UsageError for what does not exist.
    """
    for start in paths:
        _refuse_missing(start)
    pages = Pages(paths, "", archive.resolve() if archive else None)
    if not url:
        return pages
    if pages.count != 1:
        raise UsageError(f"--url goes with one file, not {pages.count}")
    (page,) = pages
    canonical(url)
    if is_crawl(page.path):
        raise UsageError(f"--url goes with a saved page; {page.path} says itself where its pages are from")
    return Pages([page.path], url, None)


def is_crawl(path: Path) -> bool:
    """Whether a file holds many pages: a WARC or WACZ file, by its name."""
    return path.name.lower().endswith(_CRAWLS)


def _refuse_missing(start: Path) -> None:
    try:
        start.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"{start}: no such file or folder ({reason})") from error


def _walk(start: Path, own: Path | None) -> Iterator[SavedPage]:
    """The pages and crawls below a folder, in the order of their paths; what is hidden is left out, what cannot be entered is
    named."""
    inner = [iter([(start, True)])]
    while inner:
        if (entry := next(inner[-1], None)) is None:
            inner.pop()
            continue
        path, is_folder = entry
        if not is_folder:
            if _is_wanted(path):
                yield SavedPage(path)
        elif path == start or path.resolve() != own:
            try:
                inner.append(iter(_entries(path)))
            except OSError as error:
                yield SavedPage(path, problem=error.strerror or str(error))


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """What a folder holds by its names, and whether it is a folder to be walked. Raises OSError."""
    with os.scandir(folder) as found:
        names = sorted((entry.name, _is_folder(entry)) for entry in found if not entry.name.startswith("."))
    return ((folder / name, bool(is_folder)) for name, is_folder in names if is_folder is not None)


def _is_folder(entry: "os.DirEntry[str]") -> bool | None:
    """None for a link to a folder, which is not followed."""
    try:
        return None if entry.is_symlink() and entry.is_dir() else entry.is_dir()
    except OSError:
        return False


def _is_wanted(path: Path) -> bool:
    return path.suffix.lower() in _MEDIA_TYPES or is_crawl(path) or any(_shapes(path))


def capture(page: SavedPage, ask: AskAddresses, now: datetime) -> Capture:
    """The capture that a file holds. Raises Rejected where it cannot become one (see `normalize.findings`)."""
    if page.problem:
        raise Rejected("unreadable_file", f"{page.path}: {page.problem}")
    body, modified = _read(page.path)
    media_type = _media_type(page.path, body)
    sidecar = _sidecar(page.path)
    try:
        url = canonical(sidecar.url or page.url) if sidecar.url or page.url else ""
    except UsageError as error:
        raise Rejected("bad_sidecar", f"{page.path}: {error}") from error
    captured_at, source = _time(page.path, sidecar, modified, now)
    url = url or _own_address(page.path, ask(body, media_type, ""))
    return Capture(url, captured_at, now, "file", source, media_type, "", body)


def _read(path: Path) -> tuple[bytes, datetime]:
    try:
        if not path.is_file():
            raise Rejected("unreadable_file", f"{path}: it is no regular file")
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
        stat = path.stat()
    except OSError as error:
        raise Rejected("unreadable_file", f"{path}: {error.strerror}") from error
    if len(body) > MAX_BYTES:
        raise Rejected("too_large", f"{path}: {stat.st_size:,} bytes, at most {MAX_BYTES:,}")
    return body, datetime.fromtimestamp(int(stat.st_mtime), UTC)


def _media_type(path: Path, body: bytes) -> str:
    known = _MEDIA_TYPES.get(path.suffix.lower())
    return known or (HTML if body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else TEXT)


def _sidecar(path: Path) -> Sidecar:
    for candidate in (path.with_suffix(".json"), path.with_name("capture.json")):
        try:
            if not candidate.is_file():
                continue
            with candidate.open("rb") as file:
                text = file.read(_MAX_SIDECAR + 1)
            if candidate.name == "capture.json" and (several := _pages_beside(path)) > 1:
                raise Rejected("bad_sidecar", f"{candidate} speaks of one page, but {several} lie beside it")
        except OSError as error:
            raise Rejected("bad_sidecar", f"{candidate}: {error.strerror}") from error
        if len(text) > _MAX_SIDECAR:
            raise Rejected("bad_sidecar", f"{candidate}: more than {_MAX_SIDECAR:,} bytes")
        try:
            sidecar = Sidecar.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = "".join(f"{part}: " for part in first["loc"])
            raise Rejected("bad_sidecar", f"{candidate}: {where}{first['msg']}") from error
        for key in sidecar.model_extra or {}:
            known = {letters(name): name for name in Sidecar.model_fields}
            if meant := difflib.get_close_matches(letters(key), known, 1, 0.85):
                raise Rejected("bad_sidecar", f"{candidate}: {key!r} is not known; is {known[meant[0]]!r} meant?")
        return sidecar
    return Sidecar()


def _pages_beside(path: Path) -> int:
    return sum(other.suffix.lower() in _MEDIA_TYPES and other.is_file() for other in path.parent.iterdir())


def _time(path: Path, sidecar: Sidecar, modified: datetime, now: datetime) -> tuple[datetime, TimeSource]:
    """When the page was captured. Raises Rejected for a sidecar that names no time, or one that is yet to come."""
    if not sidecar.captured_at:
        return min(modified, now), "file"
    try:
        captured_at = parse_stamp(sidecar.captured_at)
    except ConfigError as error:
        raise Rejected("bad_sidecar", f"{path}: {error}") from error
    if why := impossible(captured_at, now):
        raise Rejected("bad_sidecar", f"{path}: {sidecar.captured_at} {why}")
    return captured_at, "sidecar"


def _own_address(path: Path, found: Addresses) -> str:
    for address in (found.canonical, found.saved_from):
        try:
            if address:
                return canonical(address)
        except UsageError:
            continue
    if mirrored := _mirrored(path):
        return mirrored
    why = f"{path}: {found.problem}: {found.detail}" if found.problem else str(path)
    raise Rejected("no_url", why)


def _mirrored(path: Path) -> str:
    """The address of a page that lies where a tool puts it that copies whole sites (HOST/PATH, as `wget -r` does), empty for any
    other place. HOST is one of the site whose comparison page PATH is: no other folder is taken for a host."""
    for host, page, hosts in _shapes(path):
        if host.lower() in hosts:
            return canonical(f"https://{host}{page}")
    return ""


def _shapes(path: Path) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Where the end of a path is that of a comparison page: the folder before it, the page's path, and the hosts of its site."""
    parts = path.absolute().parts[-_DEEPEST:]
    for number, folder in enumerate(parts):
        match = _MIRRORED.fullmatch("/" + "/".join(parts[number + 1 :]))
        site = sites.of(match[1]) if match else None
        if match and site:
            yield folder, match[1], site[0].hosts
