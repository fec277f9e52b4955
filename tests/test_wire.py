"""What worker and parent say to each other: it comes as it went, and nothing else is taken."""

from dataclasses import replace

import pytest

from normalize.claims import Place
from normalize.errors import CareerscapeError, Rejected
from normalize.facts import Reading
from normalize.reading import rejected
from scraper import parsing, wire
from tests.figures import OVERVIEW, SEED, as_text

READINGS = [parsing.parse(as_text(page), "text/plain", "", page.url) for page in (SEED, OVERVIEW)]
REJECTED = rejected(Rejected("empty", "nothing\nat all"))
HEAD = '["complete",["a","A"],["b","B"],["salary"],[],[],[]]'
NONE = ("[[],[]]", "[[],[],[]]", "[[],[],[],[]]")
ONE = ('[[1],[""]]', '[[9],[0],["$9"]]', '[["salary"],[1],[2],[3]]')


@pytest.fixture(autouse=True)
def nothing_is_known():
    wire._counts.clear()
    wire._layouts.clear()


def said(*sides: tuple[str, str, str], head: str = HEAD) -> bytes:
    return "\n".join((f"[{head}]", *(line for side in sides for line in side))).encode()


def kinds(readings: list[Reading]) -> list[type]:
    return [type(fact.value) for reading in readings for fact in reading.facts]


@pytest.mark.parametrize("times", [1, 2])
def test_readings_come_as_they_went(times: int):
    readings = [*READINGS, REJECTED] * times
    for _ in range(times):
        come = wire.unpack(wire.pack(readings))
        assert come == readings
        assert readings == come
        assert [len(reading.facts) for reading in come] == [len(reading.facts) for reading in readings]
        assert kinds(come) == kinds(readings)
        assert wire.pack(come) == wire.pack(readings)
    assert wire.unpack(wire.pack([])) == []


@pytest.mark.parametrize(
    "change",
    [{"value": 1}, {"value": 1.0}, {"value": None}, {"raw": "a\nb\u2028\x00"}, {"place": Place(1, 2, 3, 4)}, {"item": "9"}],
)
def test_a_fact_comes_as_it_went_after_others_like_it(change: dict[str, object]):
    first, *rest = READINGS[0].facts
    other = replace(READINGS[0], facts=(replace(first, **change), *rest))
    for reading in (READINGS[0], other, READINGS[0], other):
        (come,) = wire.unpack(wire.pack([reading]))
        assert repr(come) == repr(reading)


def test_no_more_is_remembered_than_has_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wire, "_MOST_CHECKED", 1)
    for _ in range(2):
        assert wire.unpack(wire.pack(READINGS)) == READINGS
    assert len(wire._counts) == len(wire._layouts) == 1


def test_the_smallest_page_is_taken():
    (come,) = wire.unpack(said(ONE, NONE))
    assert [(fact.side, fact.field, fact.value, fact.place) for fact in come.facts] == [
        ("left", "salary.annual_mean_usd", 9, Place(1, 2, 3))
    ]


WRONG = {
    "nothing": b"", "no list": b"{}", "a head alone": said(), "one side": said(ONE), "a line too many": said(ONE, NONE) + b"\n",
    "a side of no page": said(ONE, NONE, NONE), "half a head": said(NONE, NONE, head='["complete",null,null,[],[]]'),
    "an outcome that is none": said(NONE, NONE, head='["fine",null,null,[],[],[],[]]'),
    "a severity that is none": said(NONE, NONE, head='["complete",null,null,[],[["c","fatal","m",null,null]],[],[]]'),
    "a field that is none": said(("[[99],[\"\"]]", *ONE[1:]), NONE),
    "a field by name": said(("[[\"x\"],[\"\"]]", *ONE[1:]), NONE),
    "an item that is no text": said(("[[1],[1]]", *ONE[1:]), NONE),
    "a truth": said((ONE[0], "[[true],[0],[\"$9\"]]", ONE[2]), NONE),
    "a status that is none": said((ONE[0], "[[9],[4],[\"$9\"]]", ONE[2]), NONE),
    "a status below none": said((ONE[0], "[[9],[-1],[\"$9\"]]", ONE[2]), NONE),
    "no raw text": said((ONE[0], "[[9],[0],[null]]", ONE[2]), NONE),
    "more values than fields": said((ONE[0], "[[9,9],[0],[\"$9\"]]", ONE[2]), NONE),
    "more places than fields": said((*ONE[:2], "[[\"salary\",\"salary\"],[1],[2],[3]]"), NONE),
    "a place that is no number": said((*ONE[:2], "[[\"salary\"],[1.5],[2],[3]]"), NONE),
    "no JSON": said((ONE[0], "[[9],[0],[\"$9]]", ONE[2]), NONE),
}  # fmt: skip


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_no_worker_says_is_refused(text: bytes, known: bool):
    if known:
        wire.unpack(said(ONE, NONE))
    with pytest.raises(CareerscapeError):
        wire.unpack(text)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("start", ["[1,5]", "[-1,5]"])
def test_a_start_of_no_fact_is_refused(known: bool, start: str):
    if known:
        wire.unpack(said(ONE, NONE))
    with pytest.raises(CareerscapeError):
        wire.unpack(said(ONE, NONE, head=HEAD.replace("[],[],[]]", f"[],[{start}],[]]")))


def test_no_number_goes_beyond_what_a_database_takes():
    facts = [line.encode() for line in (*ONE[:2], '[["salary"],[1],[2],[9223372036854775808]]')]
    none = [line.encode() for line in NONE]
    with pytest.raises(CareerscapeError, match="not what a worker says"):
        wire.unpack(b"\n".join((f"[{HEAD}]".encode(), *facts, *none)))


@pytest.mark.parametrize("more", [b"\n", b"\n" * 100_000, b"\n[]"])
def test_lines_that_belong_to_no_page_are_refused(more: bytes):
    with pytest.raises(CareerscapeError, match="lines about 1 pages"):
        wire.unpack(wire.pack(READINGS[:1]) + more)
