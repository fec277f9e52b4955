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

_LONGEST_S = 30 * 86_400.0


@dataclass(slots=True)
class _Host:
    delay_s: float
    reason: str
    free_at: float = 0.0


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
        """Ask for a pause between two requests to a host; the largest that was asked for counts."""
        known = self._hosts.get(host)
        if known is None:
            self._hosts[host] = _Host(delay_s, reason)
        elif delay_s > known.delay_s:
            known.free_at += delay_s - known.delay_s if known.free_at else 0.0
            known.delay_s, known.reason = delay_s, reason

    def delay(self, host: str) -> tuple[float, str]:
        """The pause of a host in seconds, and who asked for it."""
        known = self._hosts[host]
        return known.delay_s, known.reason

    def hold(self, host: str, seconds: float) -> None:
        """No request to a host for so long from now."""
        known = self._hosts[host]
        known.free_at = max(known.free_at, self._clock.monotonic() + seconds)

    def wait(self, host: str) -> None:
        """Sleep until the host may be asked again."""
        while (left := self._hosts[host].free_at - self._clock.monotonic()) > 0:
            self._clock.sleep(left)

    def answered(self, host: str) -> None:
        """A response has ended: the pause begins."""
        known = self._hosts[host]
        known.free_at = self._clock.monotonic() + known.delay_s


def retry_after_s(value: str, now: datetime) -> float:
    """The seconds that a Retry-After header asks for, in seconds or as a date; at most 30 days."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _LONGEST_S)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return UNSAID_WAIT_S
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_S)
