"""What worker and parent say to each other of pages that were read: the readings of several pages, strictly typed. The JSON forms
of `normalize.forms` say the same with the name of every field.

A line of JSON about all pages, and for each side of each page three that stand on their own, as most come again: which facts it
has, what they say, and where they stand. What was checked once is not checked again, and unpacked only where it is looked at.
"""

import hashlib
from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from normalize.claims import SIDES, Job, Place, Side
from normalize.errors import CareerscapeError
from normalize.facts import STATUSES, Fact, Outcome, Reading
from normalize.fields import FIELDS
from normalize.findings import Finding, Severity
from normalize.packed import Packed, PackedSide

_Form = TypeVar("_Form")
_Job = tuple[str, str]
_Finding = tuple[str, Severity, str, Side | None, str | None]
_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # what a database takes
_Starts = list[tuple[_Whole, _Whole]]
_Head = tuple[Outcome, _Job | None, _Job | None, tuple[str, ...], list[_Finding], _Starts, _Starts]
_Which = tuple[list[_Whole], list[str]]
_What = tuple[list[_Whole | float | str | None], list[_Whole], list[str]]
_Where = tuple[list[str], list[_Whole], list[_Whole], list[_Whole]]

_STRICT = ConfigDict(strict=True, ser_json_inf_nan="constants")
_heads = TypeAdapter(list[_Head], config=_STRICT)
_which = TypeAdapter(_Which, config=_STRICT)
_what = TypeAdapter(_What, config=_STRICT)
_where = TypeAdapter(_Where, config=_STRICT)

_FIELD_ID = {field.name: field.id for field in FIELDS}
_FIELD = {field.id: field.name for field in FIELDS}
_STATUS_ID = {status: number for number, status in enumerate(STATUSES)}
_STATUS = dict(enumerate(STATUSES))
_MOST_CHECKED, _LINES = 4_096, 6

_counts: dict[bytes, int] = {}
_layouts: set[bytes] = set()
"""The digests of what was checked: of what a side says, with the number of its facts, and of where it stands."""


class _Lines(NamedTuple):
    """One side of a page: field and item of each fact; values, statuses and raw texts; section, block, row and column. The starts
    are those of facts that do not stand at the start of their cell."""

    which: bytes
    what: bytes
    where: bytes


def pack(readings: Sequence[Reading]) -> bytes:
    """Readings as they go over the wire."""
    heads: list[_Head] = []
    lines: list[bytes] = []
    for reading in readings:
        facts = [[fact for fact in reading.facts if fact.side == side] for side in SIDES]
        findings: list[_Finding] = [(f.code, f.severity, f.message, f.side, f.field) for f in reading.findings]
        left, right = ((job.slug, job.title) if job else None for job in (reading.left, reading.right))
        left_starts, right_starts = map(_starts, facts)
        heads.append((reading.outcome, left, right, reading.parts, findings, left_starts, right_starts))
        for side in facts:
            lines += _lines(side)
    return b"\n".join((_heads.dump_json(heads), *lines))


def _starts(facts: Sequence[Fact]) -> _Starts:
    """The facts that do not stand at the start of their cell, by number, and where they do."""
    return [(number, fact.place.start) for number, fact in enumerate(facts) if fact.place.start]


def _lines(facts: Sequence[Fact]) -> _Lines:
    places = [fact.place for fact in facts]
    which = [_FIELD_ID[fact.field] for fact in facts], [fact.item for fact in facts]
    what = [fact.value for fact in facts], [_STATUS_ID[fact.status] for fact in facts], [fact.raw for fact in facts]
    where = (
        [fact.section for fact in facts], [place.block for place in places], [place.row for place in places],
        [place.column for place in places],
    )  # fmt: skip
    return _Lines(_which.dump_json(which), _what.dump_json(what), _where.dump_json(where))


def unpack(text: bytes) -> list[Reading]:
    """Readings as they came. Raises CareerscapeError for anything else."""
    first, _, rest = text.partition(b"\n")
    heads = _valid(_heads, first)
    lines = rest.split(b"\n", _LINES * len(heads)) if rest else []
    sides = [_Lines(*lines[at : at + 3]) for at in range(0, len(lines) - 2, 3)]
    if len(lines) != _LINES * len(heads):
        raise CareerscapeError(f"not what a worker says of pages: {len(lines)} lines about {len(heads)} pages")
    return [_reading(*said) for said in zip(heads, sides[::2], sides[1::2], strict=True)]


def _reading(head: _Head, left_lines: _Lines, right_lines: _Lines) -> Reading:
    outcome, left, right, parts, findings, left_starts, right_starts = head
    facts = Packed(_side("left", left_lines, left_starts), _side("right", right_lines, right_starts))
    return Reading(
        outcome, Job(*left) if left else None, Job(*right) if right else None, facts, parts,
        tuple([Finding(*finding) for finding in findings]),
    )  # fmt: skip


def _side(side: Side, lines: _Lines, starts: _Starts) -> PackedSide:
    content, layout = (
        hashlib.blake2b(b"%b\n%b" % (lines.which, other), digest_size=16).digest() for other in (lines.what, lines.where)
    )
    count = _counts.get(content)
    if count is None or layout not in _layouts:
        facts = _facts(side, lines, starts)
        count = _remember(content, layout, len(facts))
        return PackedSide(count, content, layout, lambda: facts)
    _check_starts(starts, count)
    return PackedSide(count, content, layout, lambda: _facts(side, lines, starts))


def _remember(content: bytes, layout: bytes, count: int) -> int:
    if len(_counts) >= _MOST_CHECKED or len(_layouts) >= _MOST_CHECKED:
        _counts.clear()
        _layouts.clear()
    _counts[content] = count
    _layouts.add(layout)
    return count


def _check_starts(starts: _Starts, count: int) -> None:
    if not all(0 <= number < count for number, _ in starts):
        raise CareerscapeError("not what a worker says of pages: a start of no fact")


def _facts(side: Side, lines: _Lines, starts: _Starts) -> list[Fact]:
    which, what, where = _valid(_which, lines.which), _valid(_what, lines.what), _valid(_where, lines.where)
    _check_starts(starts, len(which[0]))
    start_of = dict(starts)
    try:
        return [
            Fact(
                side,
                _FIELD[field],
                item,
                value,
                _STATUS[status],
                raw,
                section,
                Place(block, row, column, start_of.get(number, 0)),
            )
            for number, (field, item, value, status, raw, section, block, row, column) in enumerate(
                zip(*which, *what, *where, strict=True)
            )
        ]
    except (KeyError, ValueError) as error:
        raise CareerscapeError(f"not what a worker says of pages: {error}") from error


def _valid(adapter: TypeAdapter[_Form], text: bytes) -> _Form:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise CareerscapeError(f"not what a worker says of pages: {error}") from error
