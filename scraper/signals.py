"""Being asked to end: SIGTERM becomes an exception, so that what is open is closed and the run is written down."""

import signal
from types import FrameType


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def raise_when_terminated() -> None:
    """From now on SIGTERM raises Terminated in the main thread."""
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is the signal module's
    raise Terminated
