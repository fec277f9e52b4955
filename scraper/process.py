"""The process and its surroundings: signals that ask it to end, and streams that cannot take every text."""

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any

from normalize.errors import CareerscapeError, StorageError

OBJECTS_UNTIL_COLLECTED = 20_000
GRACE_S = 5.0
"""So long a page in flight may go on after the first signal, and what is put in order after the last is left alone."""


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def raise_when_terminated() -> None:
    """From now on SIGTERM raises Terminated in the main thread, so that what is open is closed and the run written down."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is the signal module's
    raise Terminated


class Stop:
    """SIGTERM and SIGINT as wishes that are kept at a safe place, for as long as the context lasts; main thread only.

    The first signal ends a `sleep` at once, and anything else at the next `check`, after `grace_s` wherever it is; a second one
    ends it where it is. Ending means Terminated or KeyboardInterrupt, by the first signal. What is `shielded` is ended after it.
    Then nothing interrupts what is put in order, unless that takes longer than `grace_s` and another signal comes. Where the
    context ends before the signal was obeyed, there is nothing left to stop.
    """

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._wish: type[BaseException] | None = None
        self._ended_at: float | None = None
        self._sleeping = False
        self._shields = 0
        self._overdue = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        import socket  # not for every command, and not for the worker

        self._heard, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        try:
            self._bell_before = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        except ValueError:  # not the main thread
            self._heard.close()
            self._bell.close()
            raise
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._time_is_over)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._asked)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in reversed(self._before.items()):
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._bell_before)
        self._heard.close()
        self._bell.close()

    def check(self) -> None:
        """A safe place. Raises Terminated or KeyboardInterrupt where a signal came."""
        if self._wish is not None:
            self._end()

    def sleep(self, seconds: float) -> None:
        """At least so long, unless a signal comes or came; every signal rings a bell that is waited for, so none is missed."""
        until = time.monotonic() + seconds
        self._sleeping = True
        try:
            self.check()
            while (left := until - time.monotonic()) > 0:
                self._heard.settimeout(left)
                with suppress(TimeoutError):
                    self._heard.recv(4096)
                self.check()
        finally:
            self._sleeping = False

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """What must not be left half done, such as a commit: a signal that is due is obeyed at its end, unless it failed."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._overdue and not self._shields:
            self._end()

    def _asked(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature is the signal module's
        if self._ended_at is not None and time.monotonic() - self._ended_at < self._grace_s:
            return
        if self._wish is None:
            self._wish = KeyboardInterrupt if signum == signal.SIGINT else Terminated
            if not self._sleeping:
                signal.setitimer(signal.ITIMER_REAL, self._grace_s)
                return
        self._end_unless_shielded()

    def _time_is_over(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature is the signal module's
        if self._wish is not None and self._ended_at is None:
            self._end_unless_shielded()

    def _end_unless_shielded(self) -> None:
        if self._shields:
            self._overdue = True
        else:
            self._end()

    def _end(self) -> None:
        assert self._wish is not None
        self._ended_at, self._overdue = time.monotonic(), False
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise self._wish


@contextmanager
def code_set_aside() -> Iterator[None]:
    """For the length of a run the collector of garbage passes over what is there already, the code above all, and looks less
    often: what a page makes has hardly a cycle."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_COLLECTED)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def prepare_streams() -> None:
    """Make standard output and error take any text: what the encoding cannot hold is escaped, a closed stream swallows it."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives
        else:
            stream.reconfigure(errors="backslashreplace")


def code_of(error: BaseException) -> int:
    """What a run that ends so exits with."""
    if isinstance(error, CareerscapeError):
        return error.exit_code
    return {KeyboardInterrupt: 130, Terminated: 143}.get(type(error), StorageError.exit_code if isinstance(error, OSError) else 1)
