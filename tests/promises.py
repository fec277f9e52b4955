"""What holds for the reading of any bytes, whatever they are: nothing raises, and every fact keeps the promises of its status."""

import math

from normalize import checks
from normalize.claims import SIDES
from normalize.facts import STATUSES, Fact, Reading
from normalize.fields import BY_NAME
from normalize.findings import CODES
from scraper import parsing

_TYPES = {"integer": int, "real": float, "text": str}


def read(body: bytes, media_type: str, url: str) -> Reading:
    """The reading of a page, when all promises hold. Whatever raises here is a fault of ours."""
    reading = parsing.parse(body, media_type, "", url)
    for finding in reading.findings:
        assert CODES[finding.code][0] == finding.severity, finding
        assert finding.message.isprintable() or "\n" in finding.message or finding.message, finding
    severities = {finding.severity for finding in reading.findings}
    if reading.outcome == "rejected":
        assert not reading.facts, "a rejected page has no facts"
        assert "error" in severities, "a rejected page says why"
        return reading
    assert reading.outcome == ("partial" if "error" in severities else "complete")
    assert reading.left, "a page with rows has two jobs"
    assert reading.right, "a page with rows has two jobs"
    keys = [(fact.side, fact.field, fact.item) for fact in reading.facts]
    assert len(set(keys)) == len(keys), "one row for a field, item and side"
    for fact in reading.facts:
        _holds(fact, reading)
    return reading


def _holds(fact: Fact, reading: Reading) -> None:
    field = BY_NAME[fact.field]
    assert fact.side in SIDES, fact
    assert fact.status in STATUSES, fact
    assert (fact.value is not None) == (fact.status in ("ok", "suspect")), fact
    if fact.value is not None:
        assert type(fact.value) is _TYPES[field.kind], fact
        assert not isinstance(fact.value, float) or math.isfinite(fact.value), fact
        assert not isinstance(fact.value, str) or fact.value.strip(), fact
        assert fact.raw.strip(), fact
    if fact.status == "ok" and fact.field in checks.BOUNDS and not isinstance(fact.value, str | None):
        low, high = checks.BOUNDS[fact.field]
        assert low <= fact.value <= high, fact
    if field.items and fact.status in ("ok", "suspect"):
        assert fact.item in field.items, fact
    if field.ranked:
        assert int(fact.item) > 0, fact
    said = [f for f in reading.findings if f.side in (fact.side, None)]
    if fact.status == "unreadable":
        assert any(f.severity == "error" for f in said), f"{fact} without an error"
    if fact.status == "suspect":
        assert any(f.severity in ("warning", "error") for f in said), f"{fact} without a finding"
