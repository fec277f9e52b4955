"""The pages of WARC and WACZ files: their captures, and the bodies of those that only confirm what another record holds."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from db import captures, originals
from db.scratch import Scratch
from normalize.errors import CorruptRecord, Rejected
from normalize.findings import Finding, finding
from normalize.wording import counted
from scraper import bodies, wacz
from scraper.capture import Capture, stamp
from scraper.intake import Intake
from scraper.sources import WACZ
from scraper.warcs import framing
from scraper.warcs.found import Confirmed, Found, found, wanted

_MOST_TRIED = 20


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a file: a capture, the confirmation of one, or why a record or the whole file is lost (`what` an error) or
    what is to be noted of the file (`what` of another severity). `name` is for the user."""

    name: str
    what: Found | Confirmed | Finding

    @property
    def size(self) -> int:
        """The bytes of its page."""
        return len(self.what.capture.body) if isinstance(self.what, Found) else 0


def items(path: Path, now: datetime) -> Iterator[Item]:
    """All that stands in a WARC or WACZ file, in its order."""
    try:
        if path.name.lower().endswith(WACZ):
            with wacz.opened(path) as package:
                for name in package.names:
                    yield from _of_package(package, name, f"{path}: {name}", now)
            return
        with _opened(path) as file:
            yield from _of_warc(file, str(path), now)
    except Rejected as error:
        yield _lost(str(path), error)


def _of_package(package: wacz.Wacz, name: str, shown: str, now: datetime) -> Iterator[Item]:
    try:
        with package.opened(name) as file:
            yield from _of_warc(file, shown, now)
    except Rejected as error:
        yield _lost(shown, error)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        if not path.is_file():
            raise Rejected("unreadable_file", "it is no regular file")
        file = path.open("rb")
    except OSError as error:
        raise Rejected("unreadable_file", error.strerror or str(error)) from error
    with file:
        yield file


def _of_warc(file: BinaryIO, name: str, now: datetime) -> Iterator[Item]:
    passed: Counter[str] = Counter()
    try:
        for record in framing.records(file, name.lower().endswith(".gz"), wanted):
            if isinstance(record, framing.Damage):
                about = f" ({record.url})" if record.url else ""
                yield _lost(f"{name} at {record.offset}", Rejected("bad_record", f"{record.why}{about}"))
                continue
            address = record.head.get("warc-target-uri", "")
            try:
                what = found(record, now)
            except Rejected as error:
                yield _lost(f"{name} at {record.offset}", Rejected(error.code, f"{error.detail} ({address})"))
                continue
            if isinstance(what, str):
                passed[what] += bool(what)
            else:
                yield Item(f"{name}: {what.capture.url}", what)
    except OSError as error:
        yield _lost(name, Rejected("unreadable_file", error.strerror or str(error)))
    if +passed:
        kinds = ", ".join(f"{count:,} of {why}" for why, count in sorted(passed.items()) if count)
        yield Item(name, finding("other_records", f"{name}: {counted(passed.total(), 'record')} passed over: {kinds}"))


def _lost(name: str, error: Rejected) -> Item:
    return Item(name, finding(error.code, f"{name}: {error.detail}"))


@dataclass(frozen=True, slots=True)
class _Known:
    """A page of an earlier record: the sha256 of its body, the digests under which others speak of it, and what was said with
    it."""

    sha256: str
    digests: frozenset[bytes]
    status: int | None
    media_type: str
    charset: str
    robots: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """It in words."""
        digests = sorted(digest.hex() for digest in self.digests)
        return json.dumps([self.sha256, digests, self.status, self.media_type, self.charset, self.robots])


def _known(words: str) -> _Known:
    sha256, digests, status, media_type, charset, robots = json.loads(words)
    return _Known(
        sha256, frozenset(map(bytes.fromhex, digests)), status, media_type, charset, tuple((key, value) for key, value in robots)
    )


class Originals:
    """The pages of an import, by address and time and by digest. Close it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._by_place, self._by_digest = Scratch(), Scratch()

    def close(self) -> None:
        """Forget them."""
        self._by_place.close()
        self._by_digest.close()

    def learn(self, capture: Capture, digests: frozenset[bytes]) -> None:
        """Remember a page that was taken in."""
        robots = tuple(header for header in capture.headers if header[0] == "x-robots-tag")
        words = _Known(capture.sha256, digests, capture.status, capture.media_type, capture.charset, robots).words
        self._by_place.keep(_place(capture.url, stamp(capture.captured_at)), words)
        for digest in digests:
            self._by_digest.keep(digest, words)

    def whole(self, said: Confirmed) -> tuple[Capture, frozenset[bytes]] | None:
        """A capture with the body that it confirms and the digests of that; None where no such body is known (yet). A body is
        never taken that a digest of the record contradicts."""
        for known in self._candidates(said):
            body = self._body(known.sha256)
            if body is not None and _fits(said, known, body):
                return _completed(said, known, body), known.digests
        return None

    def _candidates(self, said: Confirmed) -> Iterator[_Known]:
        if said.refers:
            if words := self._by_place.get(_place(*said.refers)):
                yield _known(words)
            yield from map(self._archived, originals.at(self._intake.db, *said.refers))
        value = bytes.fromhex(said.sha256) if said.sha256 else said.stated.value if said.stated else b""
        if words := self._by_digest.get(value):
            yield _known(words)
        if len(value) == hashlib.sha256().digest_size and (held := originals.of_body(self._intake.db, value.hex())):
            yield self._archived(held)
        if said.stated:  # a digest of another kind than the index has can be tried on the bodies of the page
            yield from map(self._archived, originals.of_address(self._intake.db, said.capture.url, _MOST_TRIED))

    def _archived(self, held: originals.Original) -> _Known:
        record = held.record
        private = captures.is_private(self._intake.db, record.sha256)
        robots = (("x-robots-tag", "noarchive"),) if private else ()
        return _Known(
            record.sha256, frozenset((bytes.fromhex(record.sha256),)), held.status, record.media_type, record.charset, robots
        )

    def _body(self, sha256: str) -> bytes | None:
        known = captures.body(self._intake.db, sha256)
        try:
            return bodies.read(self._intake.archive, known) if known else None
        except CorruptRecord:
            return None


def _place(url: str, captured_at: str) -> bytes:
    return f"{url}\n{captured_at}".encode("utf-8", "surrogatepass")


def _fits(said: Confirmed, known: _Known, body: bytes) -> bool:
    """Whether nothing that the record says of its body contradicts it; a record that states no digest goes by the address."""
    if said.sha256:
        return said.sha256 == known.sha256
    return said.stated is None or said.stated.value in known.digests or said.stated.fits(body)


def _completed(said: Confirmed, known: _Known, body: bytes) -> Capture:
    capture = replace(said.capture, body=body)
    if said.has_head:
        return capture
    status = known.status if capture.status is None else capture.status
    status = 200 if status == 304 and capture.status is None else status
    headers = capture.headers or known.robots
    return replace(capture, status=status, media_type=known.media_type, charset=known.charset, headers=headers)
