"""How long to wait before the next request to a host: the largest of all that asks for a pause, and why."""

import email.utils
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
"""So is one whose robots.txt wants a longer pause between any two requests (Crawl-delay)."""

LONGEST_HOLD_S = 30 * 86_400.0
"""No host is left alone for longer, whatever it asks for."""

_LONGEST_SLEEP_S = 3600.0


@dataclass(slots=True)
class _Host:
    delay_s: float
    reason: str
    answered_at: float | None = None
    held_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as an argument: seconds that only grow, the time of day in UTC, and waiting."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """The pauses of all hosts. A pause begins with the end of a response."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def floor(self, host: str, delay_s: float, reason: str) -> None:
        """Ask for a pause between two requests to a host, the next one included; the largest that was asked for counts."""
        known = self._hosts.setdefault(host, _Host(delay_s, reason))
        if delay_s > known.delay_s:
            known.delay_s, known.reason = delay_s, reason

    def delay(self, host: str) -> tuple[float, str]:
        """The pause of a host in seconds, and who asked for it."""
        known = self._hosts[host]
        return known.delay_s, known.reason

    def hold(self, host: str, seconds: float) -> None:
        """No request to a host for so long from now."""
        known = self._hosts[host]
        known.held_until = max(known.held_until, self._clock.monotonic() + min(seconds, LONGEST_HOLD_S))

    def held_s(self, host: str) -> float:
        """The seconds for which a host still is to be left alone, 0 for none."""
        return max(0.0, self._hosts[host].held_until - self._clock.monotonic())

    def wait(self, host: str) -> None:
        """Sleep until the host may be asked again."""
        while (left := self._free_at(host) - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, _LONGEST_SLEEP_S))

    def answered(self, host: str) -> None:
        """A response has ended: the pause begins."""
        self._hosts[host].answered_at = self._clock.monotonic()

    def _free_at(self, host: str) -> float:
        known = self._hosts[host]
        paused = 0.0 if known.answered_at is None else known.answered_at + known.delay_s
        return max(paused, known.held_until)


def retry_after_s(value: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, in seconds or as a date; at most LONGEST_HOLD_S."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_HOLD_S)
    try:
        until = email.utils.parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(0.0, (until - now).total_seconds()), LONGEST_HOLD_S)
    except (TypeError, ValueError, OverflowError, IndexError):
        return UNSAID_WAIT_S
