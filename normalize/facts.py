"""Fact: what we understand a claim to mean; Reading: all that we understand of one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from normalize.claims import Job, Place, Side
from normalize.findings import Finding
from normalize.noun import noun

Status = Literal["ok", "missing", "suspect", "unreadable"]
STATUSES: tuple[Status, ...] = ("ok", "missing", "suspect", "unreadable")
Outcome = Literal["complete", "partial", "rejected"]
Value = int | float | str


@noun
class Fact:
    """One field of one side: typed value (None when missing or unreadable), the raw text and the place it came from."""

    side: Side
    field: str
    item: str
    value: Value | None
    status: Status
    raw: str
    section: str
    place: Place


if TYPE_CHECKING:
    Facts = Sequence[Fact]
else:
    Facts = tuple[Fact, ...]  # the JSON form; what comes from a worker is unpacked later (normalize/packed.py)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one version of the code understands of one page. A rejected page has no jobs and no facts."""

    outcome: Outcome
    left: Job | None
    right: Job | None
    facts: Facts
    parts: tuple[str, ...]
    findings: tuple[Finding, ...]
