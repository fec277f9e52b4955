"""All that the archive holds, read from its first byte to its last: captures, verdicts and decisions, and what is damaged.

Nothing is written. What is torn, damaged or foreign is named; the records behind it are found again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from db import tombstones
from db.lying import Lying, Records
from normalize.errors import ConfigError
from normalize.findings import CODES, Finding, finding
from scraper import version
from scraper.archive import Archive, Location
from scraper.capture import capture_id, stamp
from scraper.records import Decision, Tombstone, Verdict, Written, understood
from scraper.warcs.members import BEGIN, TOO_SHORT, Piece, pieces

LARGEST_RECORD = 64 << 20
_HEADERS = tuple(b"\x1f\x8b\x08\0\0\0\0\0\0" + bytes([system]) for system in (3, 255))
"""How each member begins: no time, no flags, the usual level, Unix or no system."""

Record = Written | Verdict | Decision | Tombstone


@dataclass
class Survey:
    """What an archive holds. `sizes` tell how far each file holds whole records. As findings: `damages` are what is lost, `odd`
    what was changed and is whole all the same, `torn` what a dead run left incomplete. Close it."""

    records: Records = field(default_factory=Records)
    verdicts: dict[str, Finding] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    tombstones: list[Tombstone] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    damages: list[Finding] = field(default_factory=list)
    odd: list[Finding] = field(default_factory=list)
    torn: list[Finding] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def decided(self) -> list[Decision]:
        """The decisions in the order in which they were made; of the same second the release counts."""
        return sorted(self.decisions, key=lambda made: (made.at, made.what, made.captures))

    def captures(self) -> Iterator[Lying]:
        """Each capture once, in the order of `Records.captures`; none of a page that is forgotten."""
        forgotten = {one.url_sha256 for one in self.tombstones}
        for one in self.records.captures():
            if not forgotten or tombstones.digest(one.url) not in forgotten:
                yield one

    def close(self) -> None:
        """Forget where the records lie."""
        self.records.close()


def survey(archive: Archive) -> Survey:
    """Read all files of an archive."""
    found = Survey(foreign=archive.foreign())
    for name in archive.files():
        try:
            _file(archive, name, found)
        except OSError as error:
            found.damages.append(finding("bad_record", f"{name}: it cannot be read ({error.strerror})"))
    return found


def _file(archive: Archive, name: str, found: Survey) -> None:
    """What a file holds. A record at its end that is incomplete is torn, unless the index knows the file beyond its beginning."""
    damages: list[tuple[int, Damage]] = []
    end = 0
    with (archive.folder / name).open("rb") as file:
        for place, what in records_of(archive.folder / name, 0):
            if isinstance(what, Damage):
                damages.append((place.offset, what))
                continue
            end = place.offset + place.length
            _add(place, what, found)
            if odd := _odd_header(file, place.offset):
                found.odd.append(finding("bad_record", f"{name}, offset {place.offset}: {odd}"))
    for offset, damage in damages:
        torn = damage.torn and offset >= max(end, archive.known(name))
        told = f"{name}, offset {offset}: {damage.why}"
        (found.torn if torn else found.damages).append(finding("torn_record" if torn else "bad_record", told))
    found.sizes[name] = end


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that are no record of ours, and why; `torn` is the beginning of one, at the end of the file."""

    why: str
    torn: bool = False


def records_of(path: Path, start: int) -> Iterator[tuple[Location, Record | Damage | None]]:
    """All that stands in a file from an offset on, in its order; None is a record of no capture. Behind a damage, whose length is
    not known and is given as 0, the next whole record is found again. Raises OSError."""
    with path.open("rb") as file:
        for piece in pieces(file, gzipped=True, start=start):
            place = Location(path.name, piece.offset, piece.length)
            yield place, _what(piece)


def _what(piece: Piece) -> Record | Damage | None:
    if piece.problem or not piece.gzipped:
        return Damage(piece.problem or "bytes that are no gzip", piece.gzipped and _is_torn(piece))
    try:
        return understood(_bytes(piece))
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        return Damage(f"no record that can be understood ({error})")


def _is_torn(piece: Piece) -> bool:
    """Whether a record begins and the file ends before it does."""
    if piece.problem != TOO_SHORT:
        return False
    begun = next(piece.chunks(), b"")[: len(BEGIN)]
    return BEGIN.startswith(begun)


def _odd_header(file: BinaryIO, offset: int) -> str:
    """What no check of gzip looks at: the header of a member, which is always the same in a file of ours.

    Only bits that unpack to the same bytes stay unseen, such as those that fill the last byte before the checksum.
    """
    file.seek(offset)
    header = file.read(len(_HEADERS[0]))
    return "" if header in _HEADERS else f"a whole record behind a gzip header that we do not write ({header.hex()})"


def _bytes(piece: Piece) -> bytes:
    """The bytes of a record. Raises ValueError for more than one can hold."""
    parts, size = [], 0
    for chunk in piece.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST_RECORD:
            raise ValueError(f"more than {LARGEST_RECORD >> 20} MiB")
    return b"".join(parts)


def standing(made: Verdict) -> Finding | None:
    """What was found by a verdict, None where today's code and lists did not make it: they read the page themselves."""
    stands = made.code in CODES and made.read_by == version.reader()
    return Finding(made.code, CODES[made.code][0], made.detail) if stands else None


def _add(place: Location, record: Record | None, found: Survey) -> None:
    if isinstance(record, Written):
        url, at = record.capture.url, stamp(record.capture.captured_at)
        name = capture_id(url, at, record.sha256)
        found.records.add(Lying(place.warc_file, place.offset, place.length, name, url, at, record.sha256, record.revisit))
    elif isinstance(record, Verdict) and (stands := standing(record)):
        found.verdicts[record.capture_id] = stands
    elif isinstance(record, Decision):
        found.decisions.append(record)
    elif isinstance(record, Tombstone):
        found.tombstones.append(record)
