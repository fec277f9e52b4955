"""Since when the same of two occupations earned more, as far as both were seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.browse.content import Stretch

TOGETHER = timedelta(days=60)
"""Pages are not captured at one moment: what was seen so near to a time stands for it. No page that is known to change waits
longer for its next visit."""


@dataclass(frozen=True, slots=True)
class _Seen:
    value: float
    first: datetime
    last: datetime

    def nearest(self, at: datetime) -> datetime:
        """When it was seen, as near to a time as can be."""
        return min(max(at, self.first), self.last)


def since(pay: Sequence[Sequence[Stretch]], ends: Sequence[Sequence[str]]) -> str:
    """The earliest time that is known from which on the same of two earned more, or both the same; `pay` are their stretches, the
    oldest first, `ends` the times at which a page stopped to show a wage. Empty where the two were not seen within TOGETHER of
    each other lately."""
    sides = [_unbroken(stretches, gone) for stretches, gone in zip(pay, ends, strict=True)]
    if not all(sides) or abs(sides[0][-1].last - sides[1][-1].last) > TOGETHER:
        return ""
    sign, found = _sign([side[-1].value for side in sides]), ""
    for at in sorted({seen.first for side in sides for seen in side}, reverse=True):
        both = [min(side, key=lambda seen: abs(seen.nearest(at) - at)) for side in sides]
        times = [seen.nearest(at) for seen in both]
        if any(abs(time - at) > TOGETHER for time in times):
            continue
        if _sign([seen.value for seen in both]) != sign:
            break
        found = max(times).strftime("%Y-%m-%dT%H:%M:%SZ")
    return found


def _unbroken(stretches: Sequence[Stretch], ends: Sequence[str]) -> list[_Seen]:
    """The stretches up to the last, back to the newest break in which a page showed no wage; the oldest first."""
    kept: list[Stretch] = []
    for one in reversed(stretches):
        if kept and (one.value == kept[-1].value or any(one.last_seen < end <= kept[-1].first_seen for end in ends)):
            break
        kept.append(one)
    return [
        _Seen(float(one.value), datetime.fromisoformat(one.first_seen), datetime.fromisoformat(one.last_seen))
        for one in reversed(kept)
    ]


def _sign(values: Sequence[float]) -> int:
    return (values[0] > values[1]) - (values[0] < values[1])
