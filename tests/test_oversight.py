"""What those hear who are not there: the log, the health check, and what is said at once."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command import CAREERSCAPE, Command
from tests.figures import SEED, as_html
from tests.web import Web, answer, serving

PATH = "/" + SEED.url.split("/", 3)[3]
WALL = b"<!doctype html><title>Just a moment...</title><h1>Checking your browser</h1>"


def events(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stderr.splitlines()]


def scrape(run: Command, web: Web, *more: str, exit_code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    words = ("scrape", "--allow-host", web.host, "--delay", "0", *more)
    return run(*words, exit_code=exit_code, **environment)


def test_the_log_is_json_throughout_and_tells_what_the_record_tells(tmp_path: Path):
    run = Command(tmp_path)
    with serving({PATH: answer(as_html(SEED)), "/wall": answer(WALL), "/hook/start": b"", "/hook/3": b""}) as web:
        more = (
            "--log-format",
            "json",
            "--sitemap",
            f"{web.root}/none.xml",
            web.root + PATH,
            web.root + PATH.replace("loss", "gain"),
        )
        nowhere = {"CAREERSCAPE_HEALTHCHECK": f"{web.root}/hook", "CAREERSCAPE_METRICS": "no/such/folder/x.prom"}
        told = events(scrape(run, web, *more, exit_code=3, **nowhere))
        hooks = [path.split("?")[0] for path in web.paths if path.startswith("/hook")]
    assert hooks == ["/hook/start", "/hook/3"]
    kinds = [event["event"] for event in told]
    assert [kind for kind in kinds if kind != "request"] == [
        "warning", "run_started", "page", "page", "finding", "run_ended", "warning", "warning",
    ]  # fmt: skip
    ended = told[kinds.index("run_ended")]
    assert (ended["exit_code"], ended["loaded"], ended["failed"], ended["requests"]) == (3, 1, 1, {"not_found": 3, "ok": 1})
    assert sorted(e["outcome"] for e in told if e["event"] == "request") == ["not_found", "not_found", "not_found", "ok"]
    assert told[kinds.index("finding")]["code"] == "bad_sitemap"


def test_a_request_has_the_outcome_in_the_log_that_it_has_in_the_record(tmp_path: Path):
    run = Command(tmp_path)
    with serving({PATH: answer(WALL)}) as web:
        told = events(scrape(run, web, "--log-format", "json", web.root + PATH, exit_code=69))
    assert [e["outcome"] for e in told if e["event"] == "request"] == ["not_found", "challenge"]


@pytest.mark.parametrize("how", ["no archive", "locked"])
def test_a_run_that_cannot_begin_says_so_in_the_log(tmp_path: Path, how: str):
    import fcntl

    run = Command(tmp_path)
    if how == "no archive":
        (tmp_path / "archive").write_text("a file")
    with serving({PATH: answer(as_html(SEED))}) as web, (tmp_path / "careerscape.db.lock").open("a") as lock:
        if how == "locked":
            fcntl.flock(lock, fcntl.LOCK_EX)
        hook = {"CAREERSCAPE_HEALTHCHECK": f"{web.root}/hook"}
        code = 75 if how == "locked" else 74
        (ended,) = (e for e in events(scrape(run, web, "--log-format", "json", web.root + PATH, exit_code=code, **hook))
                    if e["event"] == "run_ended")  # fmt: skip
        assert (ended["exit_code"], web.paths != []) == (code, how != "locked"), "who is kept out is no run"


def test_where_nobody_looks_a_failed_page_is_named_at_once(tmp_path: Path):
    with serving({PATH: answer(as_html(SEED))}) as web:
        gone = web.root + PATH.replace("loss", "gain")
        slow = lambda exchange: (seen.append(Path(f"/proc/{running.pid}/fd/2").read_text()), exchange.send(answer(as_html(SEED))))  # noqa: E731
        web.pages[PATH] = slow
        seen: list[str] = []
        with (tmp_path / "log").open("w") as log:
            words = [CAREERSCAPE, "scrape", "--allow-host", web.host, "--delay", "0", gone, web.root + PATH]
            with subprocess.Popen(words, cwd=tmp_path, stderr=log, stdout=subprocess.DEVNULL, env=dict(os.environ)) as running:
                assert running.wait(60) == 3
    assert seen == [f"{gone}: failed: not_found: HTTP 404\n"]
    assert (tmp_path / "log").read_text() == seen[0] + "1 page not judged: too few to compare, or too few before them\n"


def test_an_empty_file_is_no_database(tmp_path: Path):
    run = Command(tmp_path)
    (tmp_path / "careerscape.db").touch()
    assert "there is none yet" in run("doctor").stdout
    with serving({PATH: answer(as_html(SEED))}) as web:
        assert scrape(run, web, web.root + PATH).stdout == "1 page: 1 loaded\n"
