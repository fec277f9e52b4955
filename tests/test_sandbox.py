"""Untrusted pages are read by a process that may die of them; the parent and the run go on."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from normalize.errors import CareerscapeError, Rejected
from scraper import channel, parsing, sandbox, wire
from scraper.channel import Channel
from scraper.inert import Spot
from scraper.parsing import PageBytes
from scraper.sandbox import Sandbox
from tests.figures import OVERVIEW, SEED, as_html, expected, found

GOOD = as_html(OVERVIEW)


def parse(box: Sandbox, body: bytes, url: str = OVERVIEW.url):
    return box.parse(body, "text/html", "", url)


def codes(reading) -> list[str]:
    return [f.code for f in reading.findings]


@pytest.fixture
def box():
    with Sandbox() as opened:
        yield opened


def worker(box: Sandbox) -> int:
    assert box._process is not None
    return box._process.pid


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"<div>" * 1_900_000, "too_hostile", marks=pytest.mark.slow),
        (b"<table><tr>" + b"<td colspan=1000 rowspan=60000>x" * 1_000 + b"<tr><td>y" * 9_000, "too_hostile"),
        (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
        (b"%PDF-1.4\n", "wrong_type"),
        (b"", "empty"),
        (os.urandom(4096), "wrong_type"),
        (b"<div>" * 1000, "no_comparison"),
    ],
)
def test_any_bytes_end_in_a_verdict(box: Sandbox, body: bytes, code: str):
    read = parse(box, body)
    assert (read.outcome, codes(read)) == ("rejected", [code])
    assert found(parse(box, GOOD)) == expected(OVERVIEW)


def test_one_worker_serves_many_pages(box: Sandbox):
    parse(box, GOOD)
    first = worker(box)
    assert found(box.parse(as_html(SEED), "text/html", "", SEED.url)) == expected(SEED)
    assert worker(box) == first


def test_a_worker_that_was_killed_is_noticed_and_the_page_is_tried_once_more(box: Sandbox):
    parse(box, GOOD)
    first = worker(box)
    os.kill(first, signal.SIGKILL)
    assert found(parse(box, GOOD)) == expected(OVERVIEW)
    assert worker(box) != first


def test_a_worker_that_stalls_is_ended_by_the_wall_clock():
    with Sandbox(max_wall_s=0.5) as box:
        box._start()
        stopped = worker(box)
        os.kill(stopped, signal.SIGSTOP)
        started = box._start
        box._start = lambda: _stopped(box, started())
        read = parse(box, GOOD)
        assert codes(read) == ["too_hostile"]
        assert "no answer in 0.5 s" in read.findings[0].message
        box._start = started
        assert not Path(f"/proc/{stopped}").exists()


def _stopped(box: Sandbox, channel: Channel) -> Channel:
    os.kill(worker(box), signal.SIGSTOP)
    return channel


def test_the_worker_ends_with_its_parent():
    with Sandbox() as box:
        parse(box, GOOD)
        pid = worker(box)
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.slow
def test_memory_is_bounded(box: Sandbox):
    formats = b"".join(b"<b id=%d>" % n for n in range(3_000))
    read = parse(box, b"<p>" + formats + b"<p>x" * 5_000)  # each paragraph opens all formats again
    assert codes(read) == ["too_hostile"]
    assert "the parser gave up" in read.findings[0].message
    parse(box, GOOD)
    limits = Path(f"/proc/{worker(box)}/limits").read_text().splitlines()
    assert str(sandbox.MAX_MEMORY) in next(line for line in limits if "address space" in line)


def test_an_interrupt_never_leaves_an_answer_for_the_next_page(box: Sandbox):
    parse(box, GOOD)
    timer = threading.Timer(0.3, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        parse(box, b"<div>" * 1_900_000)
    timer.join()
    assert found(box.parse(as_html(SEED), "text/html", "", SEED.url)) == expected(SEED)


def test_what_raises_in_the_worker_is_a_fault_of_ours_with_a_name(box: Sandbox):
    with pytest.raises(Rejected) as refused:
        box.trace(GOOD, "text/html", "", "http://[broken")
    assert refused.value.code == "reader_fault"
    assert "ValueError" in refused.value.detail


# --- several pages together -------------------------------------------------------------------------------------------


def together(*pages: tuple[bytes, str]) -> list[PageBytes]:
    return [PageBytes(body, "text/html", "", url) for body, url in pages]


MIXED = together(
    (GOOD, OVERVIEW.url),
    (b"", OVERVIEW.url),
    (as_html(SEED), SEED.url),
    (b"<p>no comparison", OVERVIEW.url),
    (GOOD.replace(b"$48,850", b"\xff\xfe"), OVERVIEW.url),
    (b"x" * 100, "https://example.org/"),
)


def test_pages_that_are_read_together_are_read_as_if_alone(box: Sandbox):
    assert box.parse_many(MIXED) == [box.parse(*page) for page in MIXED]


def test_a_page_that_is_too_large_keeps_no_other_from_being_read(box: Sandbox):
    read = box.parse_many(together((GOOD, OVERVIEW.url), (b"x" * (10 * 1024 * 1024 + 1), OVERVIEW.url)))
    assert [codes(r) for r in read] == [codes(parse(box, GOOD)), ["too_large"]]


def test_a_page_that_is_too_hostile_harms_no_neighbour(box: Sandbox):
    hostile = b"<table><tr>" + b"<td colspan=1000 rowspan=60000>x" * 1_000 + b"<tr><td>y" * 9_000
    read = box.parse_many(together((GOOD, OVERVIEW.url), (hostile, OVERVIEW.url), (GOOD, OVERVIEW.url)))
    assert codes(read[1]) == ["too_hostile"]
    assert found(read[0]) == found(read[2]) == expected(OVERVIEW)


def test_where_the_worker_dies_of_pages_they_are_read_one_by_one(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    asked = []
    put = Sandbox._put

    def dying(self: Sandbox, task: str, pages: list[PageBytes]) -> None:
        asked.append(len(pages))
        put(self, task, pages)
        if len(pages) > 1:
            os.kill(worker(self), signal.SIGKILL)

    monkeypatch.setattr(Sandbox, "_put", dying)
    assert [found(r) for r in box.parse_many(together((GOOD, OVERVIEW.url), (as_html(SEED), SEED.url)))] == [
        expected(OVERVIEW), expected(SEED),
    ]  # fmt: skip
    assert asked == [2, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{}", b"[[]]", b"[[1,2,3,4,5,6]]", b'[["complete",null,null,[],[],[["code","fatal","m",null,null]]]]',
        b'[["complete",null,null,[["left","f","",true,"ok","r","s",0,0,0,0]],[],[]]]',
        b'[["complete",null,null,[["left","f","",1,"ok","r","s",0,0,0]],[],[]]]',
        b'[["complete",null,null,[["left","f","",1,"fine","r","s",0,0,0,0]],[],[]]]',
    ],
)  # fmt: skip
def test_what_no_worker_says_is_refused(text: bytes):
    with pytest.raises(CareerscapeError):
        wire.unpack(text)


def test_readings_come_as_they_went(box: Sandbox):
    readings = [parsing.parse(*page) for page in MIXED]
    assert wire.unpack(wire.pack(readings)) == readings
    kinds = [type(f.value) for r in readings for f in r.facts]
    assert kinds == [type(f.value) for r in wire.unpack(wire.pack(readings)) for f in r.facts]


# --- a worker that says something else ---------------------------------------------------------------------------------

FAKE = """#!{python} -P
import json, os, sys, time
from pathlib import Path
from scraper import parsing, wire
from scraper.worker import _answer, read_frame, write_frame

source, sink = sys.stdin.buffer, sys.stdout.buffer
log = Path({log!r})
read_frame(source)
while (request := read_frame(source)) is not None:
    asked = json.loads(request)
    bodies = [read_frame(source) for _ in asked["pages"]]
    name, honest = asked["name"].encode(), _answer(asked["task"], asked["pages"], bodies)
    bad = any(b"bad" in body for body in bodies)
    with log.open("a") as told:
        told.write("x")
{said}
"""
HONEST = "    write_frame(sink, name + honest)\n"
GARBAGE = {
    "no JSON": "write_frame(sink, name + b'Ohello')",
    "one reading too few": "write_frame(sink, name + b'O[]')",
    "one reading too many": "write_frame(sink, name + b'O' + wire.pack([parsing.parse(b'', '', '', '')] * 3))",
    "an empty frame": "write_frame(sink, b'')",
    "a name alone": "write_frame(sink, name)",
    "an empty refusal": "write_frame(sink, name + b'R[]')",
    "a refusal of no kind": 'write_frame(sink, name + b\'R["odd", ""]\')',
    "an empty fault": "write_frame(sink, name + b'F')",
    "another's name": "write_frame(sink, b'0' * 16 + honest)",
    "no frame": "sink.write(b'Traceback (most recent call last)'); sink.flush()",
}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let another program be the worker, which says something of its own; the file in which it writes an x for each request."""

    def put(said: str) -> Path:
        program, log = tmp_path / "program", tmp_path / "log"
        program.write_text(FAKE.format(python=sys.executable, log=str(log), said=said))
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
        return log

    return put


BAD = PageBytes(b"<p>bad", "text/html", "", OVERVIEW.url)


@pytest.mark.parametrize("what", GARBAGE)
def test_a_worker_that_says_garbage_costs_that_page_alone(what: str, fake: Callable[[str], Path], box: Sandbox):
    fake(f"    if bad:\n        {GARBAGE[what]}\n        continue\n{HONEST}")
    box.send(together((GOOD, OVERVIEW.url), (BAD.body, BAD.url)))
    box.send(together((as_html(SEED), SEED.url)))
    first, second = box.receive()
    assert (found(first), codes(second)) == (expected(OVERVIEW), ["reader_fault"])
    assert [found(one) for one in box.receive()] == [expected(SEED)]


@pytest.mark.parametrize("ask", ["trace", "copy", "links", "addresses"])
def test_an_answer_that_nobody_understands_is_a_fault_of_the_page(ask: str, fake: Callable[[str], Path], box: Sandbox):
    fake("    write_frame(sink, name + b'O{1')")
    body, media_type, charset, url = BAD
    if ask == "addresses":
        assert box.addresses(body, media_type, charset).problem == "reader_fault"
        return
    with pytest.raises(Rejected, match="reader_fault"):
        {
            "trace": lambda: box.trace(*BAD),
            "copy": lambda: box.copy(BAD, Spot(0, 0, 0, 0, "")),
            "links": lambda: box.links(body, media_type, charset, url),
        }[ask]()


def test_two_answers_to_one_question_never_reach_the_next_page(fake: Callable[[str], Path], box: Sandbox):
    log = fake(HONEST * 2)
    for _ in range(2):
        assert found(parse(box, GOOD)) == expected(OVERVIEW)
        assert found(box.parse(as_html(SEED), "text/html", "", SEED.url)) == expected(SEED)
    assert len(log.read_text()) >= 4


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("os.close(1); time.sleep(60)", "closed a pipe"),
        ("os.close(0); os.close(1); time.sleep(60)", "closed a pipe"),
        ("os.kill(os.getpid(), 40)", "signal 40"),
        ("[(sink.write(b'\\0'), sink.flush(), time.sleep(0.01)) for _ in iter(int, 1)]", "reader failed"),
        pytest.param(
            "sink.write(b'\\0\\xff\\0\\0'); [(sink.write(b'x'), sink.flush(), time.sleep(0.01)) for _ in iter(int, 1)]",
            "no answer in 1 s",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_worker_that_lives_on_without_an_answer_is_ended(
    said: str, words: str, fake: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sandbox, "_MAX_END_S", 0.1)
    fake(f"    {said}")
    begun = time.monotonic()
    with Sandbox(max_wall_s=1.0) as box:
        read = parse(box, GOOD)
    assert words in read.findings[0].message
    assert time.monotonic() - begun < 10


def test_what_comes_too_late_is_not_waited_for_though_more_is_there():
    (to_worker, out), (back, from_worker) = os.pipe(), os.pipe()
    try:
        os.write(from_worker, channel.FRAME.pack(1_000) + bytes(500))
        with pytest.raises(TimeoutError):
            Channel(out, back).take(-1.0)
    finally:
        for end in (to_worker, out, back, from_worker):
            os.close(end)


def test_no_more_is_taken_in_than_an_answer_may_have(fake: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    monkeypatch.setattr(channel, "MAX_ANSWER", 1_000)
    fake("    write_frame(sink, name + bytes(1_000))")
    assert codes(parse(box, GOOD)) == ["reader_fault"]


def test_pipes_that_cannot_be_widened_do(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    page = PageBytes(GOOD + b"<!--" + b"x" * 300_000 + b"-->", "text/html", "", OVERVIEW.url)
    assert [found(one) for one in box.parse_many([page] * 3)] == [expected(OVERVIEW)] * 3


def test_a_worker_whose_parent_is_gone_says_nothing():
    command = [sys.executable, "-P", "-m", "scraper.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        request = b'{"name": "a", "task": "parse", "pages": []}'
        process.stdin.write(channel.FRAME.pack(0) + channel.FRAME.pack(len(request)) + request)
        process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
