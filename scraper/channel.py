"""The two pipes to a worker: frames go out as the worker takes them and come back as it answers, and nobody has to wait.

A frame is 4 bytes of length, big-endian, then as many bytes.
"""

import fcntl
import os
import select
import struct
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

PIPE_SIZE = 1 << 20
"""The most that the system gives a process without privileges, as long as its user has not too much of it."""
FRAME = struct.Struct(">I")
MAX_ANSWER = 1 << 28
"""No honest frame that comes back is longer: a worker holds an answer several times while it makes it, in 1 GiB of memory."""
_MOST_TOGETHER = 64


class Garbled(Exception):
    """What came back is no answer."""


class Channel:
    """The parent's ends, of which it hands over file descriptors that it does not wait at; who made them closes them."""

    def __init__(self, out: int, back: int) -> None:
        self.out, self.back = out, back
        self._going: deque[memoryview] = deque()
        self._come = bytearray()
        for end in (out, back):
            os.set_blocking(end, False)

    def widen(self) -> None:
        """Let the pipes hold more, where the system allows it; smaller ones do."""
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            for end in (self.out, self.back):
                with suppress(OSError):
                    fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def is_going(self) -> bool:
        """Whether something has still to go out."""
        return bool(self._going)

    def put(self, frames: Iterable[bytes]) -> None:
        """Let frames go out behind those that are going; `push` takes them further. Raises BrokenPipeError."""
        for frame in frames:
            self._going.append(memoryview(FRAME.pack(len(frame))))
            if frame:
                self._going.append(memoryview(frame))
        self.push()

    def push(self) -> None:
        """Send what the pipe takes now. Raises BrokenPipeError where the worker is gone."""
        going = self._going
        while going:
            some = [going[at] for at in range(min(len(going), _MOST_TOGETHER))]
            try:
                sent = os.writev(self.out, some)
            except BlockingIOError:
                return
            while going and sent >= len(going[0]):
                sent -= len(going.popleft())
            if sent:
                going[0] = going[0][sent:]

    def take(self, within_s: float) -> bytes:
        """The next frame that comes back; what goes out goes on meanwhile.

        Raises TimeoutError where it is not there in time, EOFError and BrokenPipeError where the worker is gone or has closed its
        end, Garbled for a frame that no worker sends.
        """
        until = time.monotonic() + within_s
        size = FRAME.unpack(self._exactly(FRAME.size, until))[0]
        if size > MAX_ANSWER:
            raise Garbled(f"an answer of {size:,} bytes, at most {MAX_ANSWER:,}")
        return self._exactly(size, until)

    def _exactly(self, size: int, until: float) -> bytes:
        while len(self._come) < size:
            if time.monotonic() > until:
                raise TimeoutError
            part = self._part()
            if part is None:
                self._wait(until)
            else:
                self._come += part
        taken = bytes(memoryview(self._come)[:size])
        del self._come[:size]
        return taken

    def _part(self) -> bytes | None:
        """What has come, None for nothing yet. Raises EOFError."""
        try:
            part = os.read(self.back, PIPE_SIZE)
        except BlockingIOError:
            return None
        if not part:
            raise EOFError
        return part

    def _wait(self, until: float) -> None:
        """Until something comes or more can go out, which it then does. Raises TimeoutError."""
        poll = select.poll()
        poll.register(self.back, select.POLLIN)
        if self._going:
            poll.register(self.out, select.POLLOUT)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError
        self.push()
