"""How far a share may move before it is no accident: exact tests, as runs may be of ten pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """When a share is out of band: it moved by `min_shift` at least (0.15 is from 100 % to 85 %), chance alone moves one so far
    less often than `p_value`, and there are `min_pages` pages in the run and `min_history` before it.

    `off` names fields that are not measured, `page` for the outcomes of pages.
    """

    min_pages: int = 10
    min_history: int = 10
    min_shift: float = 0.15
    p_value: float = 1e-3
    off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A part, from 0 to 1, of so many that count as independent of each other."""

    part: float
    of: int


def is_out(found: Share, usual: Share, band: Band, tries: int = 1) -> bool:
    """Whether a share moved out of its band, up or down; `tries` are the shares among which it was chosen."""
    if not _is_enough(found, usual, band) or abs(found.part - usual.part) < band.min_shift:
        return False
    if found.part < usual.part:
        found, usual = Share(1 - found.part, found.of), Share(1 - usual.part, usual.of)
    return tries * rarer_than_both(found, usual) < band.p_value


def is_above(found: Share, usual: Share, band: Band, assumed: float, weight: int) -> bool:
    """Whether a share rose above its band, where not enough is known of what is usual: `assumed` counts as much as `weight`
    observations."""
    rate = expected(usual, assumed, weight).part
    if found.of < band.min_pages or found.part - rate < band.min_shift:
        return False
    return binomial_tail(_below(found), found.of, rate) < band.p_value


def expected(usual: Share, assumed: float, weight: int) -> Share:
    """A share together with what is assumed of it."""
    of = usual.of + weight
    return Share((usual.part * usual.of + assumed * weight) / of, of)


def rarer_than_both(found: Share, usual: Share) -> float:
    """How likely a share so high is, if it and the usual one are of the same kind (Fisher's exact test, one side)."""
    hits, all_hits = _below(found), _below(found) + math.ceil(usual.part * usual.of - 1e-9)
    total = found.of + usual.of
    most = min(found.of, all_hits)
    whole = _log_choose(total, found.of)
    logs = (
        _log_choose(all_hits, k) + _log_choose(total - all_hits, found.of - k) - whole
        for k in range(max(hits, found.of + all_hits - total), most + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))


def binomial_tail(hits: int, of: int, rate: float) -> float:
    """How likely at least so many hits are where each comes at a rate."""
    if hits <= 0 or rate >= 1:
        return 1.0
    if rate <= 0:
        return 0.0
    up, down = math.log(rate), math.log1p(-rate)
    return min(1.0, math.fsum(math.exp(_log_choose(of, k) + k * up + (of - k) * down) for k in range(hits, of + 1)))


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which a part of ordered values lies, between the two nearest."""
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _is_enough(found: Share, usual: Share, band: Band) -> bool:
    return found.of >= band.min_pages and usual.of >= band.min_history


def _below(share: Share) -> int:
    return math.floor(share.part * share.of + 1e-9)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
