"""What worker and parent say to each other of pages that were read: the readings of several pages, row by row and strictly
typed. The JSON forms of `normalize.forms` say the same with the name of every field."""

import json
from collections.abc import Sequence

from pydantic import ConfigDict, TypeAdapter, ValidationError

from normalize.claims import Job, Place, Side
from normalize.errors import CareerscapeError
from normalize.facts import Fact, Outcome, Reading, Status
from normalize.findings import Finding, Severity

_FactRow = tuple[Side, str, str, int | float | str | None, Status, str, str, int, int, int, int]
_FindingRow = tuple[str, Severity, str, Side | None, str | None]
_JobRow = tuple[str, str]
_ReadingRow = tuple[Outcome, _JobRow | None, _JobRow | None, list[_FactRow], tuple[str, ...], list[_FindingRow]]
_rows = TypeAdapter(list[_ReadingRow], config=ConfigDict(strict=True))


def pack(readings: Sequence[Reading]) -> bytes:
    """Readings as they go over the wire."""
    return json.dumps([_row(reading) for reading in readings]).encode()


def unpack(text: bytes) -> list[Reading]:
    """Readings as they came. Raises CareerscapeError for anything else."""
    try:
        return [_reading(row) for row in _rows.validate_json(text)]
    except ValidationError as error:
        raise CareerscapeError(f"not what a worker says of pages: {error}") from error


def _row(reading: Reading) -> _ReadingRow:
    left, right = ((job.slug, job.title) if job else None for job in (reading.left, reading.right))
    facts: list[_FactRow] = [
        (f.side, f.field, f.item, f.value, f.status, f.raw, f.section, p.block, p.row, p.column, p.start)
        for f in reading.facts
        for p in (f.place,)
    ]
    findings: list[_FindingRow] = [(f.code, f.severity, f.message, f.side, f.field) for f in reading.findings]
    return reading.outcome, left, right, facts, reading.parts, findings


def _reading(row: _ReadingRow) -> Reading:
    outcome, left, right, facts, parts, findings = row
    return Reading(
        outcome,
        Job(*left) if left else None,
        Job(*right) if right else None,
        tuple([Fact(*fact[:7], Place(*fact[7:])) for fact in facts]),
        parts,
        tuple(Finding(*finding) for finding in findings),
    )
