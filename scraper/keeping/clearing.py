"""What of the archive has to change so that no record is of a page that is forgotten, or names one.

A body that another page needs moves to that page's record; all that stays keeps its bytes, but for the words that name the page.
"""

import gzip
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from db import tombstones
from normalize.errors import ConfigError, UsageError
from scraper import records
from scraper.archive import Archive, Location
from scraper.capture import Capture, capture_id, stamp
from scraper.records import Decision, Verdict, Written
from scraper.urls import canonical
from scraper.warcs.members import pieces

_LEVEL = 6
_REQUESTED = "careerscape-requested-uri"


@dataclass(slots=True)
class Plan:
    """What of the archive has to change: by file and offset the member that comes in the place of one, empty where it goes.
    `damaged` are places of which nobody can tell what they hold."""

    changes: dict[str, dict[int, bytes]] = field(default_factory=dict)
    dropped: int = 0
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Lying:
    """A capture and its record."""

    place: Location
    written: Written
    refers_to: str

    @property
    def name(self) -> str:
        return capture_id(self.written.capture.url, stamp(self.written.capture.captured_at), self.written.sha256)


def plan(archive: Archive, forgotten: Mapping[str, str], known: Collection[tuple[str, int]] = ()) -> Plan:
    """What has to change so that no record is of a page that is forgotten, or names one: `forgotten` are the digests of their
    addresses, with the address where it is known; `known` are places where the index says that records of them lie.

    Raises StorageError where a body cannot be read that another page needs.
    """
    made = _Planning(archive, forgotten, set(known))
    for name in archive.files():
        made.survey(name)
    made.move_bodies()
    return made.plan


class _Planning:
    """A look at all records, and what becomes of those that name a forgotten page."""

    def __init__(self, archive: Archive, forgotten: Mapping[str, str], known: set[tuple[str, int]]) -> None:
        self._archive, self._forgotten, self._known = archive, forgotten, known
        self._gone: dict[str, list[_Lying]] = {}
        self._stay: dict[str, list[_Lying]] = {}
        self._names: set[str] = set()
        self._decisions: list[tuple[Location, Decision]] = []
        self.plan = Plan()

    def survey(self, name: str) -> None:
        with (self._archive.folder / name).open("rb") as file:
            for piece in pieces(file, gzipped=True):
                if (name, piece.offset) in self._known and not piece.length:
                    self._change(Location(name, piece.offset, 0), b"")
                    self.plan.dropped += 1
                elif piece.problem or not piece.gzipped:
                    self.plan.damaged.append(f"{name}, offset {piece.offset}: {piece.problem or 'no gzip'}")
                else:
                    self._record(Location(name, piece.offset, piece.length), b"".join(piece.chunks()))

    def _record(self, place: Location, record: bytes) -> None:
        try:
            head, said = records.head(record), records.understood(record)
        except (ValueError, KeyError, TypeError, ConfigError):
            if (place.warc_file, place.offset) in self._known:
                self._drop(place)
            else:
                self.plan.damaged.append(f"{place.warc_file}, offset {place.offset}: no record that can be understood")
            return
        if isinstance(said, Written):
            bare = replace(said, capture=replace(said.capture, body=b""))
            lying = _Lying(place, bare, head.get("warc-refers-to-target-uri", ""))
            gone = self._is_gone(said.capture.url)
            (self._gone if gone else self._stay).setdefault(said.sha256, []).append(lying)
            if gone:
                self._names.add(lying.name)
                self._drop(place)
        elif isinstance(said, Decision):
            self._decisions.append((place, said))
        elif isinstance(said, Verdict) and self._is_gone(head.get("warc-target-uri", "")):
            self._drop(place)

    def move_bodies(self) -> None:
        """Let what stays hold the bodies that go, and not name what goes. A body that is lost already stays lost."""
        for sha256, lying in self._stay.items():
            gone = any(not one.written.revisit for one in self._gone.get(sha256, ()))
            whole = [one for one in lying if not one.written.revisit]
            heir = None if whole else min(lying, key=lambda one: (one.written.capture.status == 304, *_order(one.place)))
            holder = min(whole, key=lambda one: _order(one.place)) if whole else heir
            for one in lying:
                said = {_REQUESTED: ""} if self._is_gone(one.written.capture.requested) else {}
                if gone and one is heir:
                    self._change(one.place, records.whole(replace(self._unnamed(one), body=self._body(sha256))))
                    continue
                if one.written.revisit and self._is_gone(one.refers_to) and holder:
                    at = stamp(holder.written.capture.captured_at)
                    said |= {"warc-refers-to-target-uri": holder.written.capture.url, "warc-refers-to-date": at}
                if said:
                    self._change(one.place, records.with_headers(self._record_at(one.place), said))
        for place, decided in self._decisions:
            self._decide(place, decided)

    def _record_at(self, place: Location) -> bytes:
        with (self._archive.folder / place.warc_file).open("rb") as file:
            file.seek(place.offset)
            return gzip.decompress(file.read(place.length))

    def _decide(self, place: Location, decided: Decision) -> None:
        kept = tuple(name for name in decided.captures if name not in self._names)
        moved = tuple(replace(m, first="") if m.first in self._names else m for m in decided.moved)
        if (kept, moved) == (decided.captures, decided.moved):
            return
        self._change(place, records.decision(replace(decided, captures=kept, moved=moved)) if kept or moved else b"")

    def _body(self, sha256: str) -> bytes:
        """A body that goes. Raises CorruptRecord where its record does not hold it."""
        whole = [one.place for one in self._gone[sha256] if not one.written.revisit]
        return self._archive.read(min(whole, key=_order), sha256)

    def _unnamed(self, one: _Lying) -> Capture:
        capture = one.written.capture
        return replace(capture, requested="") if self._is_gone(capture.requested) else capture

    def _is_gone(self, url: str) -> bool:
        if not url:
            return False
        try:
            return tombstones.digest(url) in self._forgotten or tombstones.digest(canonical(url)) in self._forgotten
        except UsageError:
            return False

    def _drop(self, place: Location) -> None:
        self._change(place, b"")
        self.plan.dropped += 1

    def _change(self, place: Location, record: bytes) -> None:
        member = gzip.compress(record, _LEVEL, mtime=0) if record else b""
        self.plan.changes.setdefault(place.warc_file, {})[place.offset] = member


def _order(place: Location) -> tuple[str, int]:
    return place.warc_file, place.offset
