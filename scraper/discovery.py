"""Which addresses to queue: lists of them, pairs of occupations, and the links of a page."""

import csv
import io
import re
import sys
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from db.queue import Found
from normalize.errors import UsageError
from normalize.folding import plain
from scraper import sites
from scraper.readers.links import Links
from scraper.urls import canonical

MOST_LINKS = 1_000
_MOST_LOOKED_AT = 20_000
_PORTS = {"http": 80, "https": 443}
_LINE = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_SPELLED = str.maketrans({"&": " and ", "+": " plus ", "#": " sharp ", "'": None})


@dataclass(frozen=True, slots=True)
class Judged:
    """Addresses, canonical and each once: `pages` have the path of a comparison page of some site, `others` do not."""

    pages: tuple[str, ...]
    others: tuple[str, ...]


def found(url: str, depth: int, changed_at: str = "") -> Found:
    """A page for the queue, under its host; see `Found`."""
    return Found(url, urlsplit(url).netloc, depth, changed_at)


def judge(urls: Iterable[str], base: str | None = None) -> Judged:
    """The addresses by their shape, in their order; relative ones count from `base`. Raises UsageError for what is none."""
    found = dict.fromkeys(canonical(_joined(base, url) if base else url) for url in urls)
    return Judged(tuple(filter(_is_page, found)), tuple(url for url in found if not _is_page(url)))


def _is_page(url: str) -> bool:
    return sites.of(urlsplit(url).path) is not None


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url.strip())
    except ValueError as error:
        raise UsageError(f"{url[:200]!r} is no address: {error}") from error


def read_urls(path: Path) -> tuple[str, ...]:
    """The canonical addresses of a list, each once: one a line, `#` begins a comment; `-` is standard input.

    Raises UsageError with file and line.
    """
    name, text = _read(path)
    found: dict[str, None] = {}
    for number, line in enumerate(_LINE.split(text), start=1):
        if words := _COMMENT.sub("", line).strip():
            try:
                found[canonical(words)] = None
            except UsageError as error:
                raise UsageError(f"{name}, line {number}: {error}") from error
    return tuple(found)


def _read(path: Path) -> tuple[str, str]:
    """What messages call a file, and its text."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return name, body.decode("utf-16" if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no text in UTF-8: {error}") from error


# --- pairs ------------------------------------------------------------------------------------------------------------


def read_pairs(path: Path, base: str | None, known: Callable[[str], str | None]) -> tuple[str, ...]:
    """The addresses of the pages that compare the pairs of a CSV file (`left,right`), each once; `-` is standard input.

    A cell is a title or a slug. `known` gives the slug of a title where there is one, else it follows from the title. `base`
    is the root of a site, by default that of the first site. Raises UsageError with file and line.
    """
    root, site = _root(base)
    name, text = _read(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: dict[str, None] = {}
    try:
        columns = _columns(next(reader, []))
        for row in reader:
            if row:
                found[_page(root, site, *(_slug_of(row[n] if n < len(row) else "", known) for n in columns))] = None
    except (UsageError, csv.Error) as error:
        raise UsageError(f"{name}, line {max(reader.line_num, 1)}: {error}") from error
    return tuple(found)


def _root(base: str | None) -> tuple[str, sites.Site]:
    """The address of a site without its path, and the site: the one whose host it is, else the first."""
    first = sites.load()[0]
    url = canonical(base if base is not None else f"https://{first.hosts[0]}/")
    parts = urlsplit(url)
    if parts.path != "/" or parts.query:
        raise UsageError(f"{base!r} is not the root of a site: leave out its path")
    return url.removesuffix("/"), next((site for site in sites.load() if parts.hostname in site.hosts), first)


def _columns(header: list[str]) -> tuple[int, int]:
    names = [name.strip().casefold() for name in header]
    if names.count("left") != 1 or names.count("right") != 1:
        raise UsageError("the first line has to be a header with the columns left and right, each once")
    return names.index("left"), names.index("right")


def _slug_of(cell: str, known: Callable[[str], str | None]) -> str:
    title = plain(cell)
    if not title:
        raise UsageError("a cell is empty; each line names two occupations")
    return known(title) or slug(title)


def _page(root: str, site: sites.Site, left: str, right: str) -> str:
    if left == right:
        raise UsageError(f"{left!r} is compared with itself")
    path = site.path(left, right)
    if site.pair(path) != (left, right):
        raise UsageError(f"{site.name} has no address for {left!r} and {right!r}")
    return canonical(root + path)


def slug(title: str) -> str:
    """A title as addresses write it: `Nurses' Aide` is `nurses-aide`, `Housekeeping/Laundry` is `housekeeping-laundry`.

    `&`, `+` and `#` become words: a wrong guess is an address that does not exist, never another job's. Raises UsageError
    for a title without a letter, and for letters that ASCII has none for.
    """
    spelled = unicodedata.normalize("NFKD", plain(title)).casefold().translate(_SPELLED)
    bare = "".join(c for c in spelled if not unicodedata.combining(c))
    if foreign := [c for c in bare if not c.isascii() and c.isalnum()]:
        raise UsageError(f"{title[:100]!r} has the letter {foreign[0]!r}, which no address has; give the slug instead")
    if not any(c.isalpha() for c in bare):
        raise UsageError(f"{title[:100]!r} is no title: it has no letter")
    return "-".join(re.findall("[a-z0-9]+", bare))


# --- links ------------------------------------------------------------------------------------------------------------


def linked(links: Links, url: str) -> tuple[str, ...]:
    """The canonical addresses of the other comparison pages on the host and port of `url`, in page order, each once; 1,000 at
    most, out of the first 20,000 links that differ."""
    here = canonical(url)
    found: dict[str, None] = {}
    for address in _addresses(_base(links.base, url), dict.fromkeys(links.hrefs)):
        if address != here and _origin(address) == _origin(here) and _is_page(address):
            found[address] = None
            if len(found) == MOST_LINKS:
                break
    return tuple(found)


def _base(said: str, url: str) -> str:
    """Where relative links count from, as it is spelled: a closing slash matters here."""
    try:
        base = _joined(url, said)
        canonical(base)
    except UsageError:
        return url
    return base


def _addresses(base: str, hrefs: Iterable[str]) -> Iterator[str]:
    for _, href in zip(range(_MOST_LOOKED_AT), hrefs, strict=False):
        try:
            yield canonical(_joined(base, href))
        except UsageError:  # mail, telephone, script, or no address at all
            continue


def _origin(url: str) -> tuple[str | None, int]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or _PORTS[parts.scheme]
