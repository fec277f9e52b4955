"""What a dead run left in the archive behind the last byte that the index knows: whole records are taken over, a torn one is
cut off. Nothing is lost, and nothing is there twice."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from db import captures, freshness, publish, queue, tombstones
from db.freshness import Rhythm
from normalize.errors import CorruptRecord
from normalize.findings import Finding, finding
from scraper import bodies, discovery, gate
from scraper.archive import Archive, Location
from scraper.capture import Capture, capture_id, stamp
from scraper.keeping import burying
from scraper.keeping.survey import Damage, records_of, standing
from scraper.records import Decision, Tombstone, Verdict, Written
from scraper.visits import rhythmic, shown

if TYPE_CHECKING:
    from scraper.intake import Intake, PageReport, Step

RECORDS_A_TRANSACTION, BYTES_A_TRANSACTION = 100, 32 << 20
_BYTES_OF_A_REVISIT = 1 << 20
"""What the body of a revisit counts for, which lies elsewhere: most are far smaller, none is ten times as large."""
Record = tuple[Location, Written | Verdict | Decision | Tombstone | None]


@dataclass(frozen=True, slots=True)
class _Tail:
    """A file of the archive, from the byte up to which the index knows it to the end of its last whole record."""

    name: str
    start: int
    end: int


def adopt(intake: "Intake", rhythm: Rhythm) -> "list[PageReport]":
    """Take over the captures of all files that the index does not know to their end, and settle the visits they belong to; and
    what dead runs had loaded without publishing it. What was decided of captures, to hold them back or to release them, is
    decided here too, and before that. Pages that are forgotten by a tombstone are not taken over, and go.

    Bytes that are no record of ours stay where they are, and are reported. Raises StorageError.
    """
    adoption = _Adoption(intake, rhythm)
    told = list(adoption.all()) if adoption.tails else []
    burying.resume(intake)
    with intake.db.atomic():
        publish.adopt_interrupted(intake.db, intake.report.run_id)
    return told


class _Adoption:
    """The tails of all files, taken over in the order of the files, many records a transaction.

    A revisit whose body has not come yet waits until all files were read; until then its file is known up to there alone.
    """

    def __init__(self, intake: "Intake", rhythm: Rhythm) -> None:
        self._intake, self._db, self._archive, self._rhythm = intake, intake.db, intake.archive, rhythm
        self._verdicts: dict[str, Finding] = {}
        self._early: list[tuple[Location, Written]] = []
        self._unsettled: list[Decision] = []
        self._tombstones: list[Tombstone] = []
        self.tails = [self._survey(name, known, size) for name, (known, size) in intake.archive.unknown().items()]

    def all(self) -> "Iterator[PageReport]":
        """Take everything over, and tell what became of each page."""
        with self._db.atomic():
            for one in self._tombstones:
                tombstones.bury(self._db, one.url_sha256, one.at, one.reason)
        for tail in self.tails:
            for batch in _batches(_between(self._archive, tail)):
                last = batch[-1][0]
                yield from self._batch(batch, tail, last.offset + last.length)
        for late in _batches(self._early):
            yield from self._batch(late)
        if self._early or self._unsettled:
            with self._intake.together():
                for decided in self._unsettled:
                    gate.replay(self._db, self._intake.report.run_id, decided, again=True)
                for tail in self.tails:
                    self._archive.learn(tail.name, tail.end)
                self._intake.sync()

    def _survey(self, name: str, known: int, size: int) -> _Tail:
        """How far a file holds whole records. A torn one at the end is cut off, other damage is named, and what lies behind it is
        whole. Gathers verdicts and tombstones."""
        end, damages = known, list[tuple[int, Damage]]()
        for place, record in records_of(self._archive.folder / name, known):
            if isinstance(record, Damage):
                damages.append((place.offset, record))
                continue
            end = place.offset + place.length
            if isinstance(record, Tombstone):
                self._tombstones.append(record)
            if isinstance(record, Verdict) and (stands := standing(record)):
                self._verdicts[record.capture_id] = stands
        for offset, damage in damages:
            told = f"{name}, offset {offset}: {damage.why}"
            if offset < end:
                self._intake.note(finding("bad_record", told))
            elif damage.torn:
                self._archive.cut(name, offset)
                self._intake.note(finding("torn_record", f"{size - offset:,} bytes at the end of {name}"))
            else:
                self._intake.note(finding("foreign_bytes", told))
        return _Tail(name, known, end)

    def _batch(
        self, batch: Sequence[Record], tail: _Tail | None = None, end: int = 0
    ) -> "list[PageReport]":  # fmt: skip
        """Take records over; without a `tail` they are those that waited, and come now or never."""
        with self._intake.together():
            taken: list[Capture] = []
            told = [*self._intake.load(self._steps(batch, taken, last=tail is None))]
            for _, record in batch:
                if isinstance(record, Decision) and not gate.replay(self._db, self._intake.report.run_id, record):
                    self._unsettled.append(record)
            if tail and not self._early and not self._unsettled:
                self._archive.learn(tail.name, end)
            self._intake.sync()
            for capture, report in zip(taken, told, strict=True):
                if capture.origin == "live":
                    self._settle_visits(capture, report)
        return told

    def _steps(self, batch: Sequence[Record], taken: list[Capture], last: bool) -> "Iterator[Step]":
        for place, record in batch:
            if isinstance(record, Written) and (step := self._record(place, record, taken, last)):
                yield step

    def _record(self, place: Location, record: Written, taken: list[Capture], last: bool) -> "Step | None":
        """Take a record over, and add its capture to those that were `taken`."""
        capture, body_of = record.capture, None
        if tombstones.is_forgotten(self._db, capture.url):
            return None
        name = capture_id(capture.url, stamp(capture.captured_at), record.sha256)
        row, known = captures.find(self._db, name), captures.body(self._db, record.sha256)
        body = self._body(known) if known else None
        if row is not None:
            if body is None and not record.revisit:  # written again, as the archive had lost it
                captures.relocate(self._db, row, place.warc_file, place.offset, place.length)
                captures.replace_body(self._db, record.sha256, row)
            return None
        if record.revisit:
            if known is None or body is None:
                self._miss(place, record, last)
                return None
            capture, body_of = replace(capture, body=body), known.row_id
        taken.append(capture)
        step = self._intake.take_over(capture, place, body_of, self._verdicts.get(name))
        if known and body is None:
            captures.replace_body(self._db, record.sha256, captures.find(self._db, name) or 0)
        return step

    def _body(self, known: captures.Body) -> bytes | None:
        try:
            return bodies.read(self._archive, known)
        except CorruptRecord:
            return None

    def _miss(self, place: Location, record: Written, last: bool) -> None:
        if last:
            self._intake.note(finding("lost_body", f"{record.capture.url}, {stamp(record.capture.captured_at)}"))
        else:
            self._early.append((place, record))

    def _settle_visits(self, capture: Capture, report: "PageReport") -> None:
        """Let the visits that a capture ended be as the dead run would have left them, its links queued."""
        at = stamp(capture.captured_at)
        outcome = shown(report.outcome, report.findings) or ("not_modified" if capture.status == 304 else "ok")
        due = freshness.due_at(
            self._db, self._rhythm, capture.url, rhythmic(report.outcome, report.findings, outcome), capture.captured_at
        )
        addresses = {capture.url, capture.requested or capture.url}
        well = report.outcome != "rejected"
        depth = queue.adopted(self._db, addresses, capture.url, self._intake.report.run_id, outcome, at, stamp(due), well)
        if depth > 0 and report.outcome in ("loaded", "partial", "unchanged"):
            found = [discovery.found(url, depth - 1) for url in self._intake.links(capture, capture.url)]
            queue.add(self._db, found, at, named=False)


def _between(archive: Archive, tail: _Tail) -> Iterator[Record]:
    """The whole records of a tail."""
    for place, record in records_of(archive.folder / tail.name, tail.start):
        if place.offset >= tail.end:
            return
        if not isinstance(record, Damage):
            yield place, record


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records that are taken over together; one that goes beyond the bytes is the last of them."""
    batch, size = list[Record](), 0
    for place, record in records:
        batch.append((place, record))
        if isinstance(record, Written):
            size += _BYTES_OF_A_REVISIT if record.revisit else len(record.capture.body)
        if len(batch) >= RECORDS_A_TRANSACTION or size >= BYTES_A_TRANSACTION:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
