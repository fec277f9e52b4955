"""Contradiction: what a check says when it fails."""

from dataclasses import dataclass
from decimal import Decimal

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A check that failed: the finding's code and words, and the fields that it puts in doubt."""

    code: str
    detail: str
    fields: tuple[str, ...]
