"""What others hear of a run: the metrics file, and the health check."""

import os
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from scraper.operation import healthcheck, metrics
from scraper.operation.metrics import Ended
from tests.web import answer, redirect, serving

AT = datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)
SECONDS = "1767323045.25"
GOOD = Ended(AT, 61.5, 0, {"loaded": 3}, {"ok": 4, "not_found": 1}, {"waiting": 2})
FILE = """\
# HELP careerscape_last_run_timestamp_seconds When the last run ended.
# TYPE careerscape_last_run_timestamp_seconds gauge
careerscape_last_run_timestamp_seconds 1767323045.25
# HELP careerscape_last_success_timestamp_seconds When the last run ended well (0, or 3 with pages); 0 for none known.
# TYPE careerscape_last_success_timestamp_seconds gauge
careerscape_last_success_timestamp_seconds 1767323045.25
# HELP careerscape_run_duration_seconds How long the last run took.
# TYPE careerscape_run_duration_seconds gauge
careerscape_run_duration_seconds 61.5
# HELP careerscape_last_exit_code The exit code of the last run.
# TYPE careerscape_last_exit_code gauge
careerscape_last_exit_code 0
# HELP careerscape_pages Pages of the last run by what became of them.
# TYPE careerscape_pages gauge
careerscape_pages{outcome="failed"} 0
careerscape_pages{outcome="loaded"} 3
careerscape_pages{outcome="rejected"} 0
careerscape_pages{outcome="unchanged"} 0
# HELP careerscape_requests Requests of the last run by outcome.
# TYPE careerscape_requests gauge
careerscape_requests{outcome="not_found"} 1
careerscape_requests{outcome="ok"} 4
# HELP careerscape_queue_pages Pages in the queue after the last run by state.
# TYPE careerscape_queue_pages gauge
careerscape_queue_pages{state="waiting"} 2
"""


def success(path: Path) -> str:
    found = re.findall(r"^careerscape_last_success_timestamp_seconds (\S+)$", path.read_text(), re.MULTILINE)
    assert len(found) == 1
    return found[0]


def test_the_file_is_whole_and_alone(tmp_path: Path):
    path = tmp_path / "careerscape.prom"
    metrics.write(path, GOOD)
    assert path.read_text() == FILE
    assert os.listdir(tmp_path) == ["careerscape.prom"]
    assert path.stat().st_mode & 0o444 == 0o444 & ~os.umask(os.umask(0))


@pytest.mark.parametrize("code", [1, 2, 3, 69, 74, 75, 78, 130, 143])
def test_the_last_success_survives_runs_that_are_none(tmp_path: Path, code: int):
    path = tmp_path / "careerscape.prom"
    metrics.write(path, Ended(AT, 1, code))
    assert success(path) == "0"
    metrics.write(path, Ended(AT, 1, 3, {"unchanged": 1, "failed": 1}))
    later = Ended(datetime(2026, 2, 1, tzinfo=UTC), 1, code)
    metrics.write(path, later)
    metrics.write(path, later)
    assert success(path) == SECONDS
    assert f"\ncareerscape_last_exit_code {code}\n" in path.read_text()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0", b"careerscape_last_success_timestamp_seconds", b"careerscape_last_success_timestamp_seconds NaN\n",
     b"careerscape_last_success_timestamp_seconds -5\n", b"x careerscape_last_success_timestamp_seconds 5\n",
     b"careerscape_last_success_timestamp_seconds 1e999\n", b"#" * 2_000_000],
    ids=range(8),
)  # fmt: skip
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes):
    path = tmp_path / "careerscape.prom"
    path.write_bytes(content)
    metrics.write(path, Ended(AT, 1, 69))
    assert success(path) == "0"


def test_labels_are_escaped():
    line = metrics.text(Ended(AT, 1, 0, queue={'a"b\\c\nd': 1}), 0).splitlines()[-1]
    assert line == 'careerscape_queue_pages{state="a\\"b\\\\c\\nd"} 1'


@pytest.mark.parametrize("place", ["no/such/folder/x.prom", "folder", "a\0b.prom"])
def test_what_cannot_be_written_is_said_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").touch()
    metrics.write(tmp_path / place, GOOD)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("careerscape: ")
    assert "the metrics cannot be written" in err
    assert (tmp_path / "folder" / "kept").exists()


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "careerscape.prom"
    metrics.write(path, GOOD)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    metrics.write(path, Ended(AT, 1, 69))
    assert (path.read_text(), os.listdir(tmp_path)) == (FILE, ["careerscape.prom"])
    assert "No space left" in capsys.readouterr().err


# --- the health check -------------------------------------------------------------------------------------------------

RID = UUID("12345678-1234-4678-9234-567812345678")


def test_start_and_end_are_told(capsys: pytest.CaptureFixture[str]):
    pages = {f"/abc/{event}?rid={RID}": answer(b"OK", content_type="text/plain") for event in ("start", "0", "143")}
    with serving(pages | {f"/abc/3?rid={RID}": answer(b"", "204 No Content", content_length="")}) as web:
        for event in ("start", 0, 3, 143):
            healthcheck.ping(f"{web.root}/abc", event, RID)
        assert web.paths == [f"/abc/{event}?rid={RID}" for event in ("start", 0, 3, 143)]
        assert all(asked.head.startswith("GET ") for asked in web.asked)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "said", [answer(b"no", "404 Not Found"), answer(b"", "500 Oops"), redirect("/x"), b"", b"nonsense\r\n\r\n"]
)
def test_one_that_does_not_hear_is_said_without_the_secret(capsys: pytest.CaptureFixture[str], said: bytes):
    with serving({f"/secret/0?rid={RID}": said}) as web:
        healthcheck.ping(f"{web.root}/secret", 0, RID)
    err = capsys.readouterr().err
    assert f"the health check at {web.host} was not told of the run (" in err
    assert "secret" not in err
    assert err.count("\n") == 1


def test_one_that_is_silent_or_away_takes_no_time(capsys: pytest.CaptureFixture[str]):
    with serving({f"/0?rid={RID}": lambda exchange: exchange.gone(5)}) as web:
        started = time.monotonic()
        healthcheck.ping(web.root, 0, RID, 0.2)
        assert time.monotonic() - started < 2
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    healthcheck.ping(f"http://127.0.0.1:{port}", 0, RID)
    healthcheck.ping("http://127.0.0.1:99999", 0, RID)
    assert capsys.readouterr().err.count("was not told") == 3
