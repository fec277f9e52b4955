"""The process and its surroundings: signals that ask it to end, and streams that cannot take every text."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

OBJECTS_UNTIL_COLLECTED = 20_000


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def raise_when_terminated() -> None:
    """From now on SIGTERM raises Terminated in the main thread, so that what is open is closed and the run written down."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is the signal module's
    raise Terminated


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
