"""The whole way of one page, Document to Reading, as pure functions; the worker runs them, tests call them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, ParamSpec, TypeVar

from normalize import reading
from normalize.claims import Claims
from normalize.errors import Rejected
from normalize.facts import Reading
from normalize.findings import from_note
from scraper import readers
from scraper.document import Document, Heading, Paragraph, Table
from scraper.interpreter import interpret, look, names_labels, requests

P = ParamSpec("P")
T = TypeVar("T")


class PageBytes(NamedTuple):
    """A page as it is given to a reader: its address, and what a header said of its bytes."""

    body: bytes
    media_type: str
    charset: str
    url: str


@dataclass(frozen=True, slots=True)
class TableNote:
    """A table as a person would name it: its number on the page and the words before it."""

    block: int
    number: int
    heading: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What `explain` needs of a page: all claims, and names for its tables."""

    claims: Claims
    tables: tuple[TableNote, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses that a page gives itself; `problem` is a finding code where it could not be read."""

    canonical: str = ""
    saved_from: str = ""
    problem: str = ""
    detail: str = ""


def parse(body: bytes, media_type: str, charset: str, url: str) -> Reading:
    """Bytes to Reading; a page that gives no rows is a reading with outcome `rejected`."""
    return parse_many([PageBytes(body, media_type, charset, url)])[0]


def parse_many(pages: Sequence[PageBytes]) -> list[Reading]:
    """The readings of several pages, stage by stage: so each stage finds its own code and words in the caches of the machine."""
    documents = [_unless_rejected(readers.read, page.body, page.media_type, page.charset) for page in pages]
    first = [
        document if isinstance(document, Rejected) else _unless_rejected(look, document, page.url)
        for document, page in zip(documents, pages, strict=True)
    ]
    looks = [
        (document, document) if isinstance(document, Rejected) else _look_again(document, said, page)
        for document, said, page in zip(documents, first, pages, strict=True)
    ]
    return [_rejected(said, document) if isinstance(said, Rejected) else reading.read(said) for document, said in looks]


def _look_again(document: Document, said: tuple[Claims, bool] | Rejected, page: PageBytes) -> tuple[Document, Claims | Rejected]:
    """A page with what it says; where tables may be drawn with boxes the second look at it, if that gives more."""
    claims, loose = said if isinstance(said, tuple) else (said, names_labels(document, page.url))
    if not loose or page.media_type != "text/html":
        return document, claims
    drawn = _unless_rejected(readers.read, page.body, page.media_type, page.charset, boxes=True)
    again = drawn if isinstance(drawn, Rejected) else _unless_rejected(interpret, drawn, page.url)
    if isinstance(drawn, Rejected) or isinstance(again, Rejected):
        return document, claims
    more = isinstance(claims, Rejected) or _worth(again) > _worth(claims)
    return (drawn, again) if more else (document, claims)


def _worth(claims: Claims) -> tuple[int, int]:
    """How many claims are beyond doubt, and how many there are."""
    return sum(not claim.doubt for claim in claims.claims), len(claims.claims)


def _rejected(why: Rejected, document: Document | Rejected) -> Reading:
    asked = () if isinstance(document, Rejected) else requests(document)
    return reading.rejected(why, tuple(map(from_note, asked)))


def _unless_rejected(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | Rejected:
    try:
        return function(*arguments, **named)
    except Rejected as error:
        return error


def trace(body: bytes, media_type: str, charset: str, url: str) -> Trace:
    """Bytes to claims with the names of the tables. Raises Rejected."""
    document, said, _ = look_at(PageBytes(body, media_type, charset, url))
    if isinstance(said, Rejected):
        raise said
    return Trace(said, _tables(document))


def look_at(page: PageBytes) -> tuple[Document, Claims | Rejected, bool]:
    """The document that a page is read from, what it says, and whether that is the second look. Raises Rejected."""
    first = readers.read(page.body, page.media_type, page.charset)
    document, said = _look_again(first, _unless_rejected(look, first, page.url), page)
    return document, said, document is not first


def addresses(body: bytes, media_type: str, charset: str) -> Addresses:
    """What the page says of its own address."""
    try:
        document = readers.read(body, media_type, charset)
    except Rejected as error:
        return Addresses(problem=error.code, detail=error.detail)
    return Addresses(document.canonical, document.saved_from)


def links(body: bytes, media_type: str, charset: str, url: str) -> tuple[str, ...]:
    """The other comparison pages on the host of `url` that the page links to. Raises Rejected."""
    from scraper import discovery

    return discovery.linked(readers.links(body, media_type, charset), url)


def _tables(document: Document) -> tuple[TableNote, ...]:
    notes: list[TableNote] = []
    heading = ""
    for number, block in enumerate(document.blocks):
        if isinstance(block, Heading | Paragraph):
            heading = block.text
        elif isinstance(block, Table):
            notes.append(TableNote(number, len(notes) + 1, heading[-200:]))
    return tuple(notes)
