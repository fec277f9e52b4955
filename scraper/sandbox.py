"""The parent's side of the worker: asks, waits, and survives a worker that dies or stalls."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from normalize import forms, reading, rules, vocabulary
from normalize.errors import CareerscapeError, Rejected
from normalize.facts import Reading
from scraper import wire
from scraper.channel import Channel, Garbled
from scraper.inert import Copy, Spot
from scraper.parsing import Addresses, PageBytes, Trace
from scraper.readers import MAX_BYTES
from scraper.worker import MAX_CPU_S, MAX_MEMORY

MAX_WALL_S = 30.0
MAX_PAGES = 20_000
"""So many pages a worker reads before another one takes its place. Its memory does not grow (PSS of 47 MB after 3,000 pages of
180 KB and after 15,000), so this is for what nobody knows of; a new one costs a quarter of a second."""
_MOST_SENT = 2
_MAX_END_S = 1.0
_MOST_LETTERS = 200


class _Died(Exception):
    """The worker ended or was ended while it had a page; `code` is the finding about that page where it is to blame."""

    def __init__(self, words: str, code: str = "too_hostile") -> None:
        super().__init__(words)
        self.code = code


class Sandbox:
    """One worker process, started when first needed and again after each death, with the vocabulary that is in use then. Use as a
    context manager."""

    def __init__(self, max_wall_s: float = MAX_WALL_S, max_pages: int = MAX_PAGES) -> None:
        self.max_wall_s, self._max_pages = max_wall_s, max_pages
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._asked: deque[bytes] = deque()
        self._pages = 0
        self._sent: deque[Sequence[PageBytes]] = deque()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The worker's process, None where there is none."""
        return self._process.pid if self._process else None

    def parse(self, body: bytes, media_type: str, charset: str, url: str) -> Reading:
        """The reading of a page; one that kills its worker twice is rejected as `too_hostile`, one about which a worker says what
        nobody understands as `reader_fault`."""
        try:
            answer = self._ask("parse", PageBytes(body, media_type, charset, url))
            with self._understood():
                (read,) = wire.unpack(answer)
                return read
        except Rejected as error:
            return reading.rejected(error)

    def parse_many(self, pages: Sequence[PageBytes]) -> list[Reading]:
        """The readings of pages, as `parse` gives them one by one, which is what becomes of those that do not go together."""
        if len(pages) == 1:
            return [self.parse(*pages[0])]
        self.send(pages)
        return self.receive()

    @property
    def waiting(self) -> int:
        """How many times pages were sent whose readings were not received yet."""
        return len(self._sent)

    @property
    def takes_more(self) -> bool:
        """Whether more should be sent now: a worker has something to go on with, and not more than that."""
        return not self._sent or (len(self._sent) < _MOST_SENT and self._pages < self._max_pages)

    def send(self, pages: Sequence[PageBytes]) -> None:
        """Let the worker read pages behind those that were sent before; nothing is waited for."""
        self._sent.append(pages)
        with suppress(BrokenPipeError):  # noticed where the readings are received
            self._put("parse", [page for page in pages if len(page.body) <= MAX_BYTES])

    def push(self) -> None:
        """Send on what a pipe did not take before."""
        if self._channel and self._channel.is_going:
            with suppress(BrokenPipeError):
                self._channel.push()

    def receive(self) -> list[Reading]:
        """The readings of the pages that were sent first, each as `parse` gives it."""
        found: list[Reading] | None = None
        with suppress(_Died, CareerscapeError):
            tag, answer = self._take()
            found = wire.unpack(answer) if tag == b"O" else None
        pages = self._sent.popleft()
        if found is None or len(found) != sum(len(page.body) <= MAX_BYTES for page in pages):
            return self._alone(pages)
        coming = iter(found)
        readings = [next(coming) if len(page.body) <= MAX_BYTES else reading.rejected(_too_large(page)) for page in pages]
        hostile = [number for number, read in enumerate(readings) if any(f.code == "too_hostile" for f in read.findings)]
        if hostile:  # what took too much of the worker may have done so because of its neighbours
            for number, read in zip(hostile, self._alone([pages[number] for number in hostile]), strict=True):
                readings[number] = read
        return readings

    def _alone(self, pages: Sequence[PageBytes]) -> list[Reading]:
        """The readings of pages that a fresh worker reads one by one; what was sent behind them is sent again."""
        behind = [*self._sent]
        self.close()
        readings = [self.parse(*page) for page in pages]
        for later in behind:
            self.send(later)
        return readings

    def trace(self, body: bytes, media_type: str, charset: str, url: str) -> Trace:
        """The claims of a page. Raises Rejected."""
        answer = self._ask("trace", PageBytes(body, media_type, charset, url))
        with self._understood():
            return forms.from_json(Trace, answer)

    def copy(self, page: PageBytes, spot: Spot) -> Copy:
        """A page to look at, with a place of it marked. Raises Rejected."""
        answer = self._ask("copy", page, PageBytes(json.dumps(spot).encode(), "", "", ""))
        with self._understood():
            return forms.from_json(Copy, answer)

    def addresses(self, body: bytes, media_type: str, charset: str) -> Addresses:
        """The addresses that a page gives itself."""
        try:
            answer = self._ask("addresses", PageBytes(body, media_type, charset, ""))
            with self._understood():
                return forms.from_json(Addresses, answer)
        except Rejected as error:
            return Addresses(problem=error.code, detail=error.detail)

    def links(self, body: bytes, media_type: str, charset: str, url: str) -> tuple[str, ...]:
        """The canonical addresses of the other comparison pages on the host and port of `url` that the page links to, in page
        order, each once, 1,000 at most; none where the page cannot be read, or asks that none be followed.

        Raises Rejected `reader_fault` for a fault of ours, and nothing else.
        """
        try:
            answer = self._ask("links", PageBytes(body, media_type, charset, url))
            with self._understood():
                return forms.from_json(tuple[str, ...], answer)
        except Rejected as error:
            if error.code == "reader_fault":
                raise
            return ()

    def close(self) -> None:
        """End the worker, and forget what it was sent."""
        self._sent.clear()
        self._end()

    def _end(self) -> None:
        self._asked.clear()
        self._pages = 0
        if process := self._process:
            self._process = self._channel = None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _ask(self, task: str, page: PageBytes, *more: PageBytes) -> bytes:
        """The answer about one page, to which a task may need more. Raises Rejected."""
        if len(page.body) > MAX_BYTES:
            raise _too_large(page)
        try:
            tag, answer = self._try(task, [page, *more])
        except _Died:
            try:  # once more in a fresh process, so that a page does not pay for the ones before it
                tag, answer = self._try(task, [page, *more])
            except _Died as death:
                raise Rejected(death.code, str(death)) from death
        if tag == b"O":
            return answer
        if tag == b"R":
            with self._understood():
                refused = Rejected(*forms.from_json(tuple[str, str], answer))
                reading.rejected(refused)  # KeyError where there is no such finding
            if refused.code == "too_hostile":
                self.close()  # the next page gets its memory back
            raise refused
        if tag == b"M":
            self.close()
            raise Rejected("too_hostile", f"more than {MAX_MEMORY >> 20} MiB of memory")
        raise Rejected("reader_fault", (answer.decode(errors="replace").strip().splitlines() or ["it says nothing"])[-1])

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Where what a worker says makes no sense, the worker is ended. Raises Rejected."""
        try:
            yield
        except (CareerscapeError, KeyError, ValueError) as error:
            self.close()
            raise Rejected("reader_fault", str(error)[:_MOST_LETTERS]) from error

    def _try(self, task: str, pages: Sequence[PageBytes]) -> tuple[bytes, bytes]:
        """Ask once: the tag of the answer, and the answer. Raises _Died."""
        assert not self._sent, "the next answer would be another's"
        with suppress(BrokenPipeError):
            self._put(task, pages)
        return self._take()

    def _put(self, task: str, pages: Sequence[PageBytes]) -> None:
        """Raises BrokenPipeError."""
        about = [{"media_type": page.media_type, "charset": page.charset, "url": page.url} for page in pages]
        name = secrets.token_hex(8)
        channel = self._start()
        self._asked.append(name.encode())
        self._pages += len(pages)
        try:
            channel.put([json.dumps({"name": name, "task": task, "pages": about}).encode(), *(page.body for page in pages)])
        except BrokenPipeError:
            raise
        except BaseException:
            self.close()  # half a request would be taken for the next one's beginning
            raise

    def _take(self) -> tuple[bytes, bytes]:
        """The next answer: its tag, and what it says. Raises _Died, also where a worker says something else, which is ended."""
        assert self._channel
        try:
            answer = self._channel.take(self.max_wall_s)
        except (BrokenPipeError, EOFError, TimeoutError) as error:
            words = self._bury(error)
            raise _Died(words) from error
        except Garbled as error:
            self._end()
            raise _Died(str(error), "reader_fault") from error
        except BaseException:
            self.close()  # an answer left in the pipe would be taken for the next page's
            raise
        if not answer.startswith(name := self._asked.popleft()):
            self._end()
            raise _Died("the worker answered something else", "reader_fault")
        return answer[len(name) : len(name) + 1], answer[len(name) + 1 :]

    def _start(self) -> Channel:
        """The pipes to the worker, another one where it is worn or died of nothing that it was asked."""
        if self._process and not self._asked and (self._pages >= self._max_pages or self._process.poll() is not None):
            self._end()
        if self._channel is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "scraper.worker"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, "MALLOC_TRIM_THRESHOLD_": "268435456", "MALLOC_MMAP_THRESHOLD_": "268435456"},
            )
            assert self._process.stdin
            assert self._process.stdout
            self._channel = Channel(self._process.stdin.fileno(), self._process.stdout.fileno())
            self._channel.widen()
            with suppress(BrokenPipeError):  # what is asked next notices it, and counts as asked
                self._channel.put([rules.to_csv(vocabulary.in_use()).encode()])
        return self._channel

    def _bury(self, error: Exception) -> str:
        """End the worker, and say what ended it."""
        process = self._process
        if isinstance(error, TimeoutError) or process is None:
            self._end()
            return f"no answer in {self.max_wall_s:g} s"
        with suppress(subprocess.TimeoutExpired):
            process.wait(_MAX_END_S)
        code = process.returncode
        self._end()
        if code is None:
            return "the worker closed a pipe"
        if code == -signal.SIGPROF:
            return f"more than {MAX_CPU_S:g} s of CPU"
        name = signal.Signals(-code).name if -code in [*signal.Signals] else f"{-code}"
        return f"the worker ended with signal {name}" if code < 0 else f"the worker ended with {code}"


def _too_large(page: PageBytes) -> Rejected:
    return Rejected("too_large", f"{len(page.body):,} bytes, at most {MAX_BYTES:,}")
