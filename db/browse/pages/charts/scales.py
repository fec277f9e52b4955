"""Scales with round ticks, in numbers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

from markupsafe import Markup

from db.browse.pages.charts.pen import NARROW, anchors, element, joined, label, percent, row, scenery, span

_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k"))
_DIVISORS = {"T": 1e12, "B": 1e9, "M": 1e6, "k": 1e3}
_BEFORE = re.compile(r"^[$€£¥](?=[−-]?\d)")
_AFTER = re.compile(r"(?<=\d)%$")
_AXIS = 24


@dataclass(frozen=True, slots=True)
class Scale:
    """A stretch of numbers from `low` to `high`, both of them ticks, and how its ticks are written."""

    low: float
    high: float
    step: float
    ticks: tuple[float, ...]
    before: str = ""
    after: str = ""

    def at(self, value: float) -> float:
        """Where a value stands, in per cent of the scale."""
        return (value - self.low) / (self.high - self.low) * 100

    def words(self, tick: float) -> str:
        """A tick as it is written: `$40k`, `−2.5%`."""
        sign = "−" if tick < 0 else ""
        return f"{sign}{self.before}{self._number(abs(tick))}{self.after}"

    def _number(self, tick: float) -> str:
        most = max(abs(self.low), abs(self.high))
        if most >= 1e15 or most < 1e-4:
            return f"{tick:.3g}"
        size = next((name for bound, name in _SIZES if most >= bound), "")
        decimals = _decimals(self.step / _DIVISORS.get(size, 1))
        if decimals > 2 and most < 1e9:
            size, decimals = "", _decimals(self.step)
        return f"{tick / _DIVISORS.get(size, 1):,.{decimals}f}{size if tick else ''}"


def _decimals(step: float) -> int:
    return max(0, -floor(log10(step) + 1e-9))


def from_zero(values: Iterable[float], words: Sequence[str] = (), count: int = 4) -> Scale:
    """A scale that holds all values and zero."""
    known = [0.0, *values]
    low, high = min(known), max(known)
    return _round(low, high if high > low else low + 1, words, count)


def around(values: Iterable[float], words: Sequence[str] = (), count: int = 4) -> Scale:
    """A scale about all values with room on both sides; it begins at zero where that is near."""
    known = [*values]
    low, high = min(known), max(known)
    room = max((high - low) * 0.08, max(abs(low), abs(high)) * 1e-3) if high > low else abs(high) * 0.05 or 1
    if 0 <= low < high * 0.4 or 0 <= low < room:
        return _round(0, high + room, words, count)
    return _round(low - room, high + room, words, count)


def _round(low: float, high: float, words: Sequence[str], count: int) -> Scale:
    rough = high / count - low / count
    power = floor(log10(rough))
    step = next(step for factor in (1, 2, 5, 10) if (step := Decimal(factor).scaleb(power)) >= Decimal(rough) * Decimal("0.999"))
    first, last = floor(Decimal(str(low)) / step), ceil(Decimal(str(high)) / step)
    before, after = _unit(words)
    ticks = tuple(float(index * step) for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], float(step), ticks, before, after)


def _unit(words: Sequence[str]) -> tuple[str, str]:
    """What stands before and after the number in all words: `$` and ``, `` and `%`; no other units."""
    numbers = [text.lstrip("-−") for text in words if any(letter.isdigit() for letter in text)]
    return _shared(_BEFORE, numbers), _shared(_AFTER, numbers)


def _shared(pattern: re.Pattern[str], numbers: Sequence[str]) -> str:
    found = {match.group() if (match := pattern.search(text)) else "" for text in numbers}
    return found.pop() if len(found) == 1 else ""


def grid(scale: Scale, top: float, bottom: float) -> Markup:
    """Upright lines at the ticks; the one at zero is stronger."""
    return joined(
        element("line", x1=x, x2=x, y1=top, y2=bottom, class_="chart-zero" if tick == 0 else "chart-grid")
        for tick in scale.ticks
        for x in [percent(scale.at(tick))]
    )


def axis(scale: Scale) -> Markup:
    """The numbers of a horizontal scale, under the drawings of the rows."""
    return row("", ticks([(scale.at(tick), scale.words(tick)) for tick in scale.ticks]))


def ticks(found: Sequence[tuple[float, str]], width: float = NARROW) -> Markup:
    """Labels of a horizontal scale (place in per cent, words), those left out that would meet the one before."""
    drawn, free = [], float("-inf")
    for at, words in found:
        (anchor,) = anchors([(at, words)], width) or ("middle",)
        begin, end = span(at, words, anchor, width)
        if begin >= free:
            drawn.append(label(at, 16, words, "chart-tick", anchor))
            free = end + 10
    return scenery(_AXIS, *drawn)
