"""The parent's side of the worker: asks, waits, and survives a worker that dies or stalls."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO

from normalize import forms, reading, rules, vocabulary
from normalize.errors import Rejected
from normalize.facts import Reading
from scraper import wire
from scraper.inert import Copy, Spot
from scraper.parsing import Addresses, PageBytes, Trace
from scraper.readers import MAX_BYTES
from scraper.worker import FRAME, MAX_CPU_S, MAX_MEMORY, write_frame

MAX_WALL_S = 30.0
PIPE_SIZE = 1 << 20
"""The most that the system gives a process without privileges: a page passes in one go."""


class _Died(Exception):
    """The worker ended or was ended while it had a page."""


class Sandbox:
    """One worker process, started when first needed and again after each death, with the vocabulary that is in use then. Use as a
    context manager."""

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
            return wire.unpack(self._ask("parse", PageBytes(body, media_type, charset, url)))[0]
        except Rejected as error:
            return reading.rejected(error)

    def parse_many(self, pages: Sequence[PageBytes]) -> list[Reading]:
        """The readings of pages, as `parse` gives them one by one, which is what becomes of those that do not go together."""
        if len(pages) == 1 or any(len(page.body) > MAX_BYTES for page in pages):
            return [self.parse(*page) for page in pages]
        try:
            tag, answer = self._try("parse", pages)
        except _Died:
            tag, answer = b"", b""
        if tag != b"O":
            self.close()
            return [self.parse(*page) for page in pages]
        return [self._alone(page, read) for page, read in zip(pages, wire.unpack(answer), strict=True)]

    def _alone(self, page: PageBytes, read: Reading) -> Reading:
        """What took too much of the worker may have done so because of its neighbours."""
        return self.parse(*page) if any(f.code == "too_hostile" for f in read.findings) else read

    def trace(self, body: bytes, media_type: str, charset: str, url: str) -> Trace:
        """The claims of a page. Raises Rejected."""
        return forms.from_json(Trace, self._ask("trace", PageBytes(body, media_type, charset, url)))

    def copy(self, page: PageBytes, spot: Spot) -> Copy:
        """A page to look at, with a place of it marked. Raises Rejected."""
        return forms.from_json(Copy, self._ask("copy", page, PageBytes(json.dumps(spot).encode(), "", "", "")))

    def addresses(self, body: bytes, media_type: str, charset: str) -> Addresses:
        """The addresses that a page gives itself."""
        try:
            return forms.from_json(Addresses, self._ask("addresses", PageBytes(body, media_type, charset, "")))
        except Rejected as error:
            return Addresses(problem=error.code, detail=error.detail)

    def links(self, body: bytes, media_type: str, charset: str, url: str) -> tuple[str, ...]:
        """The canonical addresses of the other comparison pages on the host and port of `url` that the page links to, in page
        order, each once, 1,000 at most; none where the page cannot be read, or asks that none be followed.

        Raises Rejected `reader_fault` for a fault of ours, and nothing else.
        """
        try:
            return tuple(map(str, json.loads(self._ask("links", PageBytes(body, media_type, charset, url)))))
        except Rejected as error:
            if error.code == "reader_fault":
                raise
            return ()

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

    def _ask(self, task: str, page: PageBytes, *more: PageBytes) -> bytes:
        """The answer about one page, to which a task may need more. Raises Rejected."""
        if len(page.body) > MAX_BYTES:
            raise Rejected("too_large", f"{len(page.body):,} bytes, at most {MAX_BYTES:,}")
        try:
            tag, answer = self._try(task, [page, *more])
        except _Died:
            try:  # once more in a fresh process, so that a page does not pay for the ones before it
                tag, answer = self._try(task, [page, *more])
            except _Died as death:
                raise Rejected("too_hostile", str(death)) from death
        if tag == b"O":
            return answer
        if tag == b"R":
            refused = Rejected(*json.loads(answer))
            if refused.code == "too_hostile":
                self.close()  # the next page gets its memory back
            raise refused
        if tag == b"M":
            self.close()
            raise Rejected("too_hostile", f"more than {MAX_MEMORY >> 20} MiB of memory")
        raise Rejected("reader_fault", answer.decode(errors="replace").strip().splitlines()[-1])

    def _try(self, task: str, pages: Sequence[PageBytes]) -> tuple[bytes, bytes]:
        """Ask once: the tag of the answer, and the answer. Raises _Died."""
        about = [{"media_type": page.media_type, "charset": page.charset, "url": page.url} for page in pages]
        try:
            process = self._start()
            assert process.stdin
            assert process.stdout
            write_frame(process.stdin, json.dumps({"task": task, "pages": about}).encode(), flush=False)
            for page in pages:
                write_frame(process.stdin, page.body, flush=False)
            process.stdin.flush()
            head = self._read(process.stdout, FRAME.size)
            answer = self._read(process.stdout, FRAME.unpack(head)[0])
            return answer[:1], answer[1:]
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
            assert self._process.stdin
            write_frame(self._process.stdin, rules.to_csv(vocabulary.in_use()).encode(), flush=False)
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
