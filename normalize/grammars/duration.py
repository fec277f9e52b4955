"""Spans of time: `6-12 months`, `4-6 years`, `More than 10 years`."""

import re
from dataclasses import dataclass
from decimal import Decimal

from normalize.errors import Refusal
from normalize.folding import plain

_FIGURE = r"[0-9]{1,3}(?:\.[0-9]{1,2})?"
FORM = rf"(?:(?:more than|over|at least) )?{_FIGURE}(?: ?(?:-|to) ?{_FIGURE}|\+| or more)? ?(?:years?|months?)"
_DURATION = re.compile(
    rf"(?P<more>(?:more than|over|at least) )?(?P<low>{_FIGURE})"
    rf"(?: ?(?:-|to) ?(?P<high>{_FIGURE})|(?P<plus>\+| or more))? ?(?P<unit>year|month)s?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A span as printed: `low` to `high` (None when open-ended) in `unit`, years or months."""

    low: Decimal
    high: Decimal | None
    unit: str

    @property
    def min_months(self) -> int:
        """The lower end in months."""
        return self._months(self.low)

    @property
    def max_months(self) -> int | None:
        """The upper end in months, None when open-ended."""
        return None if self.high is None else self._months(self.high)

    def _months(self, figure: Decimal) -> int:
        return int(figure * (12 if self.unit == "years" else 1))


def duration(text: str) -> Duration:
    """One span of time. Raises Refusal `not_a_duration`, `range_reversed` or `not_whole_months`."""
    match = _DURATION.fullmatch(plain(text))
    if not match or (match["more"] and (match["high"] or match["plus"])):
        raise Refusal("not_a_duration", text)
    unit = match["unit"].lower() + "s"
    low = Decimal(match["low"])
    open_ended = bool(match["more"] or match["plus"])
    high = None if open_ended else Decimal(match["high"] or match["low"])
    if high is not None and high < low:
        raise Refusal("range_reversed", text)
    factor = 12 if unit == "years" else 1
    if any((end * factor) % 1 for end in (low, high) if end is not None):
        raise Refusal("not_whole_months", text)
    return Duration(low, high, unit)
