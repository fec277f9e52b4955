"""JSON lines: one event, one line, whatever its fields say."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.operation.events import Log, Silent

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def lines(level: str = "info", at: datetime = NOW, **fields: object) -> list[str]:
    stream = io.StringIO()
    Log(lambda: at, stream).emit("page", level, **fields)  # type: ignore[arg-type]
    return stream.getvalue().splitlines(keepends=True)


def test_an_event_has_a_time_a_level_and_its_fields_in_order():
    (line,) = lines("warning", url="http://a.example/", status=404, took_s=0.25, found=None, again=False)
    assert line == (
        '{"ts": "2026-01-02T03:04:05.678Z", "level": "warning", "event": "page", "url": "http://a.example/", "status": 404, '
        '"took_s": 0.25, "found": null, "again": false}\n'
    )


def test_times_are_utc():
    assert lines(at=NOW.astimezone(timezone(timedelta(hours=5)))) == lines()


@pytest.mark.parametrize(
    "text", ["a\nb", "\r", "\x1b[31mred", "\x7f", "\x85", "\x9b2J", "\u2028", "\u202e", "\ud800", "\U000e0041", '"\\'],
    ids=ascii,
)  # fmt: skip
def test_no_character_breaks_the_line_or_reaches_a_terminal(text: str):
    (line,) = lines(text=text, inner=[{text: text}])
    assert line.isascii()
    assert line[:-1].isprintable()
    assert json.loads(line)["text"] == text
    assert json.loads(line)["inner"] == [{text: text}]


@given(st.dictionaries(st.text(), st.text() | st.floats() | st.integers() | st.binary() | st.lists(st.floats(), max_size=3)))
def test_anything_is_one_line_of_json(fields: dict[str, object]):
    (line,) = lines(fields=fields)
    assert line.endswith("}\n")
    assert line[:-1].isprintable()
    assert json.loads(line)["fields"].keys() == fields.keys()


def test_what_json_does_not_know_is_text():
    said = json.loads(lines(a=float("nan"), b=Decimal("1.50"), c=Path("x"), d=NOW, e=(1, float("inf")), f=b"\xff")[0])
    assert [said[name] for name in "abcdef"] == ["nan", "1.50", "x", NOW.isoformat(), [1, "inf"], "b'\\xff'"]


def test_fields_named_as_ours_do_not_replace_them():
    said = json.loads(lines(ts="never", event="nothing")[0])
    assert (said["event"], said["ts"][:4], said["event_"], said["ts_"]) == ("page", "2026", "nothing", "never")


def test_it_says_so_on_standard_error_and_a_silent_one_nothing(capsys: pytest.CaptureFixture[str]):
    Silent().emit("page", "error", url="x")
    assert capsys.readouterr() == ("", "")
    Log().emit("page")
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert abs(datetime.fromisoformat(json.loads(err)["ts"]) - datetime.now(UTC)) < timedelta(minutes=1)


class Full(io.StringIO):
    """A stream on a full disk."""

    tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_ends_alone():
    full = Full()
    log = Log(lambda: NOW, full)
    log.emit("page")
    log.emit("page")
    assert full.tries == 1
