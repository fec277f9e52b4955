"""What happens, as JSON lines on standard error: one event is one line of ASCII, whatever its fields say."""

import json
import math
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Literal, TextIO

Level = Literal["debug", "info", "warning", "error"]
_OURS = frozenset(("ts", "level", "event"))


class Silent:
    """A log that says nothing."""

    def emit(self, event: str, /, level: Level = "info", **fields: object) -> None:
        """Say that something happened."""


class Log(Silent):
    """A log of JSON lines: `ts` (UTC, milliseconds), `level`, `event`, then the fields of the event.

    A field named as one of the first three gets an underscore behind. A value that JSON does not know is written as text. A
    reader that goes away, and a disk that is full, end the log and not the run.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC), stream: TextIO | None = None) -> None:
        self._now = now
        self._stream = stream
        self._ended = False

    def emit(self, event: str, /, level: Level = "info", **fields: object) -> None:
        """One line."""
        if self._ended:
            return
        at = self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {f"{name}_" if name in _OURS else name: _plain(value) for name, value in fields.items()}
        line = json.dumps({"ts": at, "level": level, "event": event} | said, allow_nan=False)
        stream = self._stream or sys.stderr
        try:
            stream.write(line.replace("\x7f", "\\u007f") + "\n")
            stream.flush()
        except OSError:
            self._ended = True


def _plain(value: object) -> object:
    """What JSON knows as it is, without numbers that it does not."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else str(value)
