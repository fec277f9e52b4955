"""How long to wait before the next request to a host: the largest of all that asks for a pause, and why."""

import email.utils
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

DEFAULT_DELAY_S = 1.0
"""Between two requests to a host that no site file lists."""

UNSAID_WAIT_S = 60.0
"""The pause that a host gets that asks for one without saying how long."""

LONGEST_WAIT_S = 60.0
"""A host that asks to be left alone for longer (Retry-After) is left alone for the rest of the run."""

LONGEST_DELAY_S = 600.0
"""So is one whose robots.txt wants a longer pause between any two requests (Crawl-delay), until it is over."""

LONGEST_HOLD_S = 30 * 86_400.0
"""No host is left alone for longer, whatever it asks for."""

LATENCY = "latency"
LONGEST_LATENCY_S = 30.0
"""A host gets as long a pause as it took to answer of late, at most so long."""

ERRORS = "errors"
FIRST_PENALTY_S, LONGEST_PENALTY_S = 1.0, 60.0
"""A host in trouble gets a pause that doubles with each failure in a row, and is halved by each answer."""

_LONGEST_SLEEP_S = 3600.0
_SECONDS = re.compile(r"\+?([0-9]+(?:\.[0-9]*)?)", re.ASCII)


@dataclass(slots=True)
class _Host:
    asked: dict[str, float] = field(default_factory=dict)
    answered_at: float | None = None
    held_until: float = 0.0
    held_because: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an argument: seconds that only grow, the time of day in UTC, and waiting."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep

    def wait(self, seconds: float) -> None:
        """Sleep at least so long, never long at once: a signal or a suspended machine may come in between."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            self.sleep(min(left, _LONGEST_SLEEP_S))


class Pace:
    """The pauses of all hosts. A pause begins with the end of a response."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def remember(self, host: str, ago_s: float | None, held_s: float, held_because: str) -> None:
        """Take over from an earlier run how long ago a host was asked (None for never), and for how long it is to be left
        alone."""
        known = self._of(host)
        now = self._clock.monotonic()
        if ago_s is not None:
            known.answered_at = now - max(0.0, ago_s)
        if held_s > 0:
            known.held_until, known.held_because = now + min(held_s, LONGEST_HOLD_S), held_because

    def floor(self, host: str, delay_s: float, reason: str) -> None:
        """Ask for a pause between two requests to a host, the next one included, for a reason; it takes the place of what was
        asked for the same reason before."""
        self._of(host).asked[reason] = delay_s

    def delay(self, host: str) -> tuple[float, str]:
        """The pause of a host in seconds, the largest that is asked for, and the reason."""
        reason, seconds = max(self._of(host).asked.items(), key=lambda item: item[1], default=("", 0.0))
        return seconds, reason

    def hold(self, host: str, seconds: float, because: str) -> None:
        """No request to a host for so long from now."""
        known, until = self._of(host), self._clock.monotonic() + min(seconds, LONGEST_HOLD_S)
        if until > known.held_until + 1.0:  # what asks again for the same counts by the whole second
            known.held_until, known.held_because = until, because

    def held_s(self, host: str) -> float:
        """The seconds for which a host still is to be left alone, 0 for none."""
        return max(0.0, self._of(host).held_until - self._clock.monotonic())

    def held_because(self, host: str) -> str:
        """Why a host is, or was, to be left alone."""
        return self._of(host).held_because

    def in_force(self, host: str) -> tuple[float, str]:
        """The seconds between the last response and the earliest next request to a host, and who asks for them."""
        known = self._of(host)
        pause, reason = self.delay(host)
        held = 0.0 if known.answered_at is None else known.held_until - known.answered_at
        return (held, known.held_because) if held > pause else (pause, reason)

    def left(self, host: str) -> float:
        """The seconds until a host may be asked again."""
        known = self._of(host)
        paused = 0.0 if known.answered_at is None else known.answered_at + self.delay(host)[0]
        return max(0.0, max(paused, known.held_until) - self._clock.monotonic())

    def wait(self, host: str) -> None:
        """Sleep until the host may be asked again."""
        while (left := self.left(host)) > 0:
            self._clock.wait(left)

    def answered(self, host: str, took_s: float, well: bool) -> None:
        """A request has ended, well or not: the pause begins."""
        known = self._of(host)
        known.answered_at = self._clock.monotonic()
        before = known.asked.get(LATENCY, took_s)
        known.asked[LATENCY] = min((before + took_s) / 2, LONGEST_LATENCY_S)
        penalty = known.asked.pop(ERRORS, 0.0)
        penalty = penalty / 2 if well else min(max(2 * penalty, FIRST_PENALTY_S), LONGEST_PENALTY_S)
        if penalty >= FIRST_PENALTY_S:
            known.asked[ERRORS] = penalty

    def _of(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())


def retry_after_s(value: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, in seconds or as a date; at most LONGEST_HOLD_S. Of several numbers, and
    of one that is not quite as it should be, the more patient reading counts."""
    text = value.strip()
    numbers = [_SECONDS.fullmatch(part.strip()) for part in text.split(",")]
    if all(numbers):
        return min(max(math.ceil(float(match[1][:12])) for match in numbers if match), LONGEST_HOLD_S)
    try:
        until = email.utils.parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(0.0, (until - now).total_seconds()), LONGEST_HOLD_S)
    except (TypeError, ValueError, OverflowError, IndexError):
        return UNSAID_WAIT_S
