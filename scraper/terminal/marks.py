"""Small charts of characters: bars of shares, ranges on one scale, sparks over time. Pure, of the width that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that charts are made of; those of `eighths` fill an eighth of a cell to seven of them, those of `levels`
    rise, those of `parts` differ from each other without colour."""

    full: str
    eighths: str
    doubt: str
    ends: str
    line: str
    doubtful_line: str
    mean: str
    doubtful_mean: str
    levels: str
    gap: str
    parts: str
    missing: str

    def all(self) -> str:
        """Every character."""
        return "".join(getattr(self, name) for name in self.__slots__)


BLOCKS = Marks("█", "▏▎▍▌▋▊▉", "░", "├┤", "─", "╌", "●", "○", "▁▂▃▄▅▆▇█", "·", "█▓▒░×=-", "–")
ASCII = Marks("#", "", "-", "||", "-", ".", "o", "?", "_-=*#", " ", "#=x!~.-", "-")


class Stretch(NamedTuple):
    """A value, and the seconds at which it was seen first and last."""

    value: float
    first: float
    last: float


class Range(NamedTuple):
    """Ends of a range and the mean; `None` for a mean that is not known. In doubt are the ends, and the mean."""

    low: float
    high: float
    mean: float | None
    ends_in_doubt: bool = False
    mean_in_doubt: bool = False


def share(percent: float, width: int, marks: Marks, doubt: bool = False) -> str:
    """A bar of a part of a hundred; whatever is more than nothing leaves a mark. In doubt it is hollow."""
    cells = max(0.0, min(percent, 100.0)) / 100 * width
    if cells <= 0:
        return ""
    if doubt:
        return marks.doubt * max(1, round(cells))
    if not marks.eighths:
        return marks.full * round(cells) or "."
    whole, rest = divmod(max(1, round(cells * 8)), 8)
    return marks.full * whole + (marks.eighths[rest - 1] if rest else "")


def scale(ranges: Sequence[Range]) -> tuple[float, float]:
    """The least and the greatest of all that ranges reach."""
    reached = [value for r in ranges for value in (r.low, r.high, r.mean) if value is not None]
    return min(reached), max(reached)


def span(shown: Range, ends: tuple[float, float], width: int, marks: Marks) -> str:
    """A range between the `ends` of a scale: `├───●──────┤`."""

    def place(value: float) -> int:
        return round((value - ends[0]) / (ends[1] - ends[0]) * (width - 1)) if ends[1] > ends[0] else 0

    cells = [" "] * width
    low, high = place(shown.low), place(shown.high)
    cells[low : high + 1] = (marks.doubtful_line if shown.ends_in_doubt else marks.line) * (high + 1 - low)
    cells[low], cells[high] = marks.ends[0], marks.ends[1]
    if shown.mean is not None:
        cells[place(shown.mean)] = marks.doubtful_mean if shown.mean_in_doubt else marks.mean
    return "".join(cells).rstrip()


def spark(stretches: Sequence[Stretch], width: int, marks: Marks) -> str:
    """A line over time, the oldest first: each mark is an equal part of the time, and shows the newest value seen in it,
    between the least and the greatest of all; a gap is a time in which none was seen."""
    start = min(s.first for s in stretches)
    time = max(s.last for s in stretches) - start
    least, most = min(s.value for s in stretches), max(s.value for s in stretches)

    def place(moment: float) -> int:
        return min(width - 1, int((moment - start) * width / time)) if time else 0

    cells = [marks.gap] * width
    for one in sorted(stretches, key=lambda s: s.first):
        first, last = place(one.first), place(one.last)
        cells[first : last + 1] = _level(one.value, least, most, marks) * (last + 1 - first)
    return "".join(cells)


def _level(value: float, least: float, most: float, marks: Marks) -> str:
    top = len(marks.levels) - 1
    return marks.levels[round((value - least) / (most - least) * top) if most > least else top // 2]


def columns(counts: Sequence[int], marks: Marks) -> str:
    """A mark for each count, from nothing up; the lowest is none at all."""
    most, top = max(counts, default=0), len(marks.levels) - 1
    return "".join(marks.levels[-(-count * top // most) if most else 0] for count in counts)


def parts(counts: Sequence[int], width: int) -> list[int]:
    """How many of `width` cells each count gets of the whole: in proportion, none for none, at least one for any.

    The width has to hold one cell for each.
    """
    total = sum(counts)
    cells = [max(1, round(count * width / total)) if count else 0 for count in counts]
    while total and (over := sum(cells) - width):
        step = -1 if over > 0 else 1
        fit = [i for i, n in enumerate(cells) if n > 1 or (step > 0 and n)]
        cells[max(fit, key=lambda i: step * (counts[i] * width / total - cells[i]))] += step
    return cells
