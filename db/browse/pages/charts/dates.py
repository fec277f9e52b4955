"""Scales of time, in days, months and years."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from markupsafe import Markup

from db.browse.calendar import MONTHS, day
from db.browse.pages.charts.pen import element

_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_MOST_TICKS = 4


def read(text: str) -> datetime:
    """An ISO time; one without a zone is in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"not a time that can be drawn: {text}") from None


def stretch(begin: datetime, end: datetime) -> str:
    """`from 3 Mar 2024 to 7 Apr 2024`, `on 3 Mar 2024`."""
    return f"on {day(begin)}" if begin.date() == end.date() else f"from {day(begin)} to {day(end)}"


def time(moment: datetime) -> Markup:
    """A day, with the whole time for machines."""
    return element("time", day(moment), datetime=f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z")


@dataclass(frozen=True, slots=True)
class Span:
    """The time between two moments, which may be one."""

    begin: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        """Where a moment stands, in per cent; in the middle where all is one moment."""
        whole = self.end - self.begin
        return (moment - self.begin) / whole * 100 if whole else 50.0

    def ticks(self) -> list[tuple[float, str]]:
        """Round dates (place in per cent, words), few enough for a phone; the ends where fewer than two are round."""
        for found in self._choices():
            if len(found) <= _MOST_TICKS:
                return found if len(found) > 1 else self._ends()
        return self._ends()

    def _ends(self) -> list[tuple[float, str]]:
        if self.begin.date() == self.end.date():
            return [(self.at(self.begin), day(self.begin))]
        return [(self.at(self.begin), day(self.begin)), (self.at(self.end), day(self.end))]

    def _choices(self) -> Iterator[list[tuple[float, str]]]:
        """Ticks, the closest together first."""
        days = (self.end - self.begin).days
        if days <= _DAY_STEPS[-1] * _MOST_TICKS:
            for step in _DAY_STEPS:
                yield [(self.at(moment), day(moment)) for moment in self._days(step)]
        if days <= 31 * _MONTH_STEPS[-1] * (_MOST_TICKS + 1):
            for step in _MONTH_STEPS:
                yield [(self.at(moment), f"{MONTHS[moment.month - 1]} {moment.year}") for moment in self._months(step)]
        for step in _YEAR_STEPS:
            yield [(self.at(moment), f"{moment.year}") for moment in self._months(12 * step)]

    def _days(self, step: int) -> Iterator[datetime]:
        for number in range(self.begin.toordinal(), self.end.toordinal() + 1):
            moment = datetime.combine(date.fromordinal(number), datetime.min.time(), UTC)
            if number % step == 0 and moment >= self.begin:
                yield moment

    def _months(self, step: int) -> Iterator[datetime]:
        first, last = (moment.year * 12 + moment.month - 1 for moment in (self.begin, self.end))
        for number in range(-(-first // step) * step, last + 1, step):
            moment = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
            if self.begin <= moment <= self.end:
                yield moment
