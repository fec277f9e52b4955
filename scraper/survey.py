"""All that the archive holds, read from its first byte to its last: captures, verdicts and decisions, and what is damaged.

Nothing is written. What is torn, damaged or foreign is named; the records behind it are found again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from normalize.errors import ConfigError
from normalize.findings import CODES, Finding, finding
from scraper.archive import Archive, Location
from scraper.capture import Capture, capture_id, stamp
from scraper.records import Decision, Verdict, Written, understood
from scraper.warcs.members import Piece, pieces


@dataclass(frozen=True, slots=True)
class Lying:
    """A capture and where its record lies; `capture` is without its body, `revisit` tells that the body lies elsewhere."""

    place: Location
    capture: Capture
    sha256: str
    revisit: bool

    @property
    def name(self) -> str:
        """The public id of the capture."""
        return capture_id(self.capture.url, stamp(self.capture.captured_at), self.sha256)


@dataclass
class Survey:
    """What an archive holds. `sizes` tell how far each file holds whole records, `damages` what is wrong, as findings."""

    captures: list[Lying] = field(default_factory=list)
    verdicts: dict[str, Finding] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    damages: list[Finding] = field(default_factory=list)
    torn: list[Finding] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @cached_property
    def bodies(self) -> dict[str, Location]:
        """Where each body lies, by its sha256."""
        whole = [one for one in self.captures if not one.revisit]
        return {one.sha256: one.place for one in sorted(whole, key=_place, reverse=True)}

    def decided(self) -> list[Decision]:
        """The decisions in the order in which they were made; of the same second the release counts."""
        return sorted(self.decisions, key=lambda made: (made.at, made.what, made.captures))

    def distinct(self) -> list[Lying]:
        """Each capture once: the first whole record of it, one with a body before others."""
        found: dict[str, Lying] = {}
        for lying in sorted(self.captures, key=lambda one: (one.revisit, *_place(one))):
            found.setdefault(lying.name, lying)
        return list(found.values())


def _place(one: Lying) -> tuple[str, int]:
    return one.place.warc_file, one.place.offset


def survey(archive: Archive, hear: Callable[[str], object] = len) -> Survey:
    """Read all files of an archive; `hear` is called with the name of each."""
    found = Survey(foreign=archive.foreign())
    for name in archive.files():
        hear(name)
        _file(archive, name, found)
    return found


def _file(archive: Archive, name: str, found: Survey) -> None:
    path = archive.folder / name
    end, size = 0, path.stat().st_size
    with path.open("rb") as file:
        damaged: list[tuple[int, str]] = []
        for piece in pieces(file, gzipped=True):
            if piece.problem or not piece.gzipped:
                damaged.append((piece.offset, piece.problem or "bytes that are no gzip"))
                continue
            place = Location(name, piece.offset, piece.length)
            try:
                _add(place, understood(_bytes(piece)), found)
            except (ValueError, KeyError, TypeError, ConfigError) as error:
                damaged.append((piece.offset, f"no record that can be understood ({error})"))
            end = piece.offset + piece.length
    for offset, why in damaged:
        if offset >= end:
            found.torn.append(finding("torn_record", f"{size - offset:,} bytes at the end of {name} ({why})"))
        else:
            found.damages.append(finding("bad_record", f"{name}, offset {offset}: {why}"))
    found.sizes[name] = end


def _bytes(piece: Piece) -> bytes:
    return b"".join(piece.chunks())


def _add(place: Location, record: Written | Verdict | Decision | None, found: Survey) -> None:
    if isinstance(record, Written):
        found.captures.append(Lying(place, replace(record.capture, body=b""), record.sha256, record.revisit))
    elif isinstance(record, Verdict) and record.code in CODES:
        found.verdicts[record.capture_id] = Finding(record.code, CODES[record.code][0], record.detail)
    elif isinstance(record, Decision):
        found.decisions.append(record)
