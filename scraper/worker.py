"""The child process that reads untrusted pages: a megabyte of hostile HTML may cost it its life, never the run.

It reads requests from standard input and answers on standard output; both are frames (see `scraper.channel`). The first one is
the user's vocabulary (CSV, see `normalize.rules`). A request is a JSON object with `name`, `task` and `pages` (for each
`media_type`, `charset`, `url`), and a frame for each page; for the task `copy` a second one says what to mark (JSON). An answer
is the name of its request, a letter (`_answer`) and what there is to say. The limits hold for each request: CPU seconds by a
profiling timer that ends the process, memory by RLIMIT_AS.
"""

import gc
import json
import os
import resource
import signal
import sys
import traceback
from typing import IO

from scraper.channel import FRAME
from scraper.process import OBJECTS_UNTIL_COLLECTED

MAX_CPU_S = 5.0
MAX_MEMORY = 1 << 30


def main() -> None:
    """Answer requests until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all of a group; the parent decides
        signal.signal(number, signal.SIG_IGN)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    if (words := read_frame(source)) is None:
        return
    _prepare(words.decode())
    while (request := read_frame(source)) is not None:
        asked = json.loads(request)
        bodies = [read_frame(source) or b"" for _ in asked["pages"]]
        signal.setitimer(signal.ITIMER_PROF, MAX_CPU_S)
        answer = _answer(asked["task"], asked["pages"], bodies)
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            write_frame(sink, asked["name"].encode() + answer)
        except BrokenPipeError:  # the parent is gone; what is left for it in a buffer would fail again
            os._exit(0)


def _prepare(words: str) -> None:
    """Load the code and the user's vocabulary; the collector need not look at it again. What a page makes has hardly a cycle."""
    from normalize import (
        forms,  # noqa: F401
        rules,
        vocabulary,
    )
    from scraper import parsing, wire  # noqa: F401

    vocabulary.use(rules.parse(words))

    gc.freeze()
    gc.set_threshold(OBJECTS_UNTIL_COLLECTED)


def _answer(task: str, about: list[dict[str, str]], bodies: list[bytes]) -> bytes:
    """What was asked for (`O`), or that the page is refused (`R`), took too much memory (`M`) or met a fault of ours (`F`)."""
    from normalize import forms
    from normalize.errors import Rejected
    from scraper import parsing, wire

    pages = [parsing.PageBytes(body, **words) for body, words in zip(bodies, about, strict=True)]
    try:
        if task == "parse":
            return b"O" + wire.pack(parsing.parse_many(pages))
        body, media_type, charset, url = pages[0]
        if task == "trace":
            return b"O" + forms.to_json(parsing.trace(body, media_type, charset, url))
        if task == "copy":
            from scraper import inert

            return b"O" + forms.to_json(inert.copy(pages[0], inert.Spot(*json.loads(pages[1].body))))
        if task == "links":
            return b"O" + json.dumps(parsing.links(body, media_type, charset, url)).encode()
        return b"O" + forms.to_json(parsing.addresses(body, media_type, charset))
    except Rejected as error:
        return b"R" + json.dumps([error.code, error.detail]).encode()
    except MemoryError:
        return b"M"
    except Exception:  # noqa: BLE001 - a fault of ours is named in the answer, and the run goes on
        return b"F" + traceback.format_exc().encode(errors="replace")


def read_frame(source: IO[bytes]) -> bytes | None:
    """The next frame, None at the end of the stream."""
    head = source.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    size = FRAME.unpack(head)[0]
    body = source.read(size)
    return body if len(body) == size else None


def write_frame(sink: IO[bytes], body: bytes) -> None:
    """Send one frame."""
    sink.write(FRAME.pack(len(body)) + body)
    sink.flush()


if __name__ == "__main__":
    main()
