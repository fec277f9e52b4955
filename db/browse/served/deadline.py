"""Ends queries that take too long, from a thread beside them: what is asked pays nothing for being watched."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadlines:
    """The queries that run, each with the time at which it is interrupted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: dict[object, tuple[float, sqlite3.Connection]] = {}
        self._wakes_at = 0.0
        self._ended = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, conn: sqlite3.Connection, seconds: float) -> Iterator[None]:
        """What runs on a connection meanwhile raises sqlite3.OperationalError (`interrupted`) when the time is over."""
        key, at = object(), time.monotonic() + seconds
        with self._changed:
            self._running[key] = at, conn
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif at < self._wakes_at:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._running.pop(key, None)

    def close(self) -> None:
        """Interrupt what runs, and watch no more."""
        with self._changed:
            self._ended = True
            for _, conn in self._running.values():
                conn.interrupt()
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._ended:
                now = time.monotonic()
                for at, conn in self._running.values():
                    if at <= now:
                        conn.interrupt()
                left = min((at for at, _ in self._running.values() if at > now), default=now + 1.0)
                overdue = any(at <= now for at, _ in self._running.values())
                self._wakes_at = min(left, now + 0.05) if overdue else left
                self._changed.wait(self._wakes_at - now)
