"""The parent's side of the worker: asks, waits, and survives a worker that dies or stalls."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import IO, TypeVar

from normalize import forms, reading
from normalize.errors import Rejected
from normalize.facts import Reading
from scraper.parsing import Addresses, Trace
from scraper.readers import MAX_BYTES
from scraper.worker import FRAME, MAX_CPU_S, MAX_MEMORY, write_frame

MAX_WALL_S = 30.0
PIPE_SIZE = 1 << 20
"""The most that the system gives a process without privileges: a page passes in one go."""
Answer = TypeVar("Answer")


class _Died(Exception):
    """The worker ended or was ended while it had a page."""


class Sandbox:
    """One worker process, started when first needed and again after each death. Use as a context manager."""

    def __init__(self, max_wall_s: float = MAX_WALL_S) -> None:
        self.max_wall_s = max_wall_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The worker's process, None where there is none."""
        return self._process.pid if self._process else None

    def parse(self, body: bytes, media_type: str, charset: str, url: str) -> Reading:
        """The reading of a page; one that kills its worker twice is rejected as `too_hostile`."""
        try:
            return self._ask(Reading, "parse", body, media_type, charset, url)
        except Rejected as error:
            return reading.rejected(error)

    def trace(self, body: bytes, media_type: str, charset: str, url: str) -> Trace:
        """The claims of a page. Raises Rejected."""
        return self._ask(Trace, "trace", body, media_type, charset, url)

    def addresses(self, body: bytes, media_type: str, charset: str) -> Addresses:
        """The addresses that a page gives itself."""
        try:
            return self._ask(Addresses, "addresses", body, media_type, charset, "")
        except Rejected as error:
            return Addresses(problem=error.code, detail=error.detail)

    def close(self) -> None:
        """End the worker."""
        if process := self._process:
            self._process = None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(BrokenPipeError):  # a request that the dead worker never took
                        pipe.close()

    def _ask(self, kind: type[Answer], task: str, body: bytes, media_type: str, charset: str, url: str) -> Answer:
        if len(body) > MAX_BYTES:
            raise Rejected("too_large", f"{len(body):,} bytes, at most {MAX_BYTES:,}")
        request = json.dumps({"task": task, "media_type": media_type, "charset": charset, "url": url}).encode()
        try:
            answer = self._try(request, body)
        except _Died:
            try:  # once more in a fresh process, so that a page does not pay for the ones before it
                answer = self._try(request, body)
            except _Died as death:
                raise Rejected("too_hostile", str(death)) from death
        tag, text = answer[:1], answer[1:]
        if tag == b"O":
            return forms.from_json(kind, text)
        if tag == b"R":
            refused = Rejected(*json.loads(text))
            if refused.code == "too_hostile":
                self.close()  # the next page gets its memory back
            raise refused
        if tag == b"M":
            self.close()
            raise Rejected("too_hostile", f"more than {MAX_MEMORY >> 20} MiB of memory")
        raise Rejected("reader_fault", text.decode(errors="replace").strip().splitlines()[-1])

    def _try(self, request: bytes, body: bytes) -> bytes:
        process = self._start()
        assert process.stdin
        assert process.stdout
        try:
            write_frame(process.stdin, request, flush=False)
            write_frame(process.stdin, body)
            head = self._read(process.stdout, FRAME.size)
            return self._read(process.stdout, FRAME.unpack(head)[0])
        except (BrokenPipeError, EOFError, TimeoutError) as error:
            words = self._bury(error)
            raise _Died(words) from error
        except BaseException:
            self.close()  # an answer left in the pipe would be taken for the next page's
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "scraper.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, "MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "268435456"},
                pipesize=PIPE_SIZE,
            )
        return self._process

    def _read(self, pipe: IO[bytes], size: int) -> bytes:
        """Exactly `size` bytes before the wall deadline. Raises EOFError or TimeoutError."""
        deadline = time.monotonic() + self.max_wall_s
        parts: list[bytes] = []
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while size:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            part = os.read(pipe.fileno(), min(size, PIPE_SIZE))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _bury(self, error: Exception) -> str:
        process = self._process
        if isinstance(error, TimeoutError) or process is None:
            self.close()
            return f"no answer in {self.max_wall_s:g} s"
        code = process.wait()
        self.close()
        if code == -signal.SIGPROF:
            return f"more than {MAX_CPU_S:g} s of CPU"
        return f"the worker ended with signal {signal.Signals(-code).name}" if code < 0 else f"the worker ended with {code}"
