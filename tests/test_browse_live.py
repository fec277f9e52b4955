"""What the application survives: queries that would take everything, and a database that others change."""

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from db.browse.served import guard, live
from db.browse.served.app import SETTINGS, application
from db.browse.served.finding import Finder
from db.browse.served.live import Unavailable
from normalize.errors import UsageError
from tests.browsing import ANALYST, DATASETTES, HOUR, OURS, PAIR, asked, at_once, browsing, made

# --- queries that would take everything ------------------------------------------------------------------------------

BOMBS = {
    "an hour": HOUR,
    "memory in one step": "select zeroblob(1000000000)",
    "printf": "select length(printf('%.*c', 2000000000, 'x'))",
    "format": "select length(format('%.2000000000c', 'x'))",
    "trim": "select trim(hex(zeroblob(100000)), hex(zeroblob(10000)))",
    "instr": "with recursive c(x) as (select 1 union all select x+1 from c) select sum(instr(hex(zeroblob(100000)), "
    "hex(zeroblob(50000)) || 'b')) from c",
    "replace": "select length(replace(hex(zeroblob(200000)), '0', hex(zeroblob(2000))))",
    "many large rows": "with recursive c(x) as (select 1 union all select x+1 from c limit 2000) select zeroblob(450000) from c",
    "one large row": f"select {', '.join(['zeroblob(249000)'] * 190)}",
    "group_concat": "with recursive c(x) as (select 1 union all select x+1 from c) select group_concat(x) from c",
    "deep": f"select {'(' * 1_500}1{')' * 1_500}",
    "wide": f"select {', '.join(['1'] * 1_000)}",
    "many": " union all ".join(["select 1"] * 300),
    "like": "select count(*) from observation where 'a' like '" + "%a" * 2_000 + "'",
    "json": "select json_extract('" + "[" * 5_000 + "', '$')",
    "steps without a jump": f"select {'+'.join(['instr(a, b)'] * 60)} from "
    "(select hex(zeroblob(45000)) a, hex(zeroblob(20000)) || 'b' b)",
    "patches": f"select {'+'.join(['length(json_patch(a, a))'] * 60)} from (select json_group_object(value, 1) a from "
    "(with recursive c(value) as (select 1 union all select value+1 from c limit 8000) select value from c))",
    "likes": f"select {'+'.join(['(a like b)'] * 200)} from (select hex(zeroblob(49000)) a, '%' || hex(zeroblob(28)) || 'b' b)",
    "control characters": "with recursive c(x) as (select 1 union all select x+1 from c limit 60) "
    "select replace(hex(zeroblob(45000)), '0', char(1)) from c",
    "join": "select count(*) from observation a, observation b, observation c, observation d, observation e",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_in_time(browsed: Path, monkeypatch: pytest.MonkeyPatch, bomb: str):
    """Also one in an address that is too long to get so far."""
    monkeypatch.setattr(guard, "_LONGEST_QUERY", 100_000)
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", 100)
    with browsing(browsed) as browser:
        began = time.monotonic()
        said = browser.json(asked(BOMBS[bomb]), 400)
        assert time.monotonic() - began < 5
        assert said["error"]


def test_our_pages_come_while_ten_ask_for_an_hour(browsed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", 250)
    with browsing(browsed) as browser:
        finished: list[str] = []
        at_once(browser.app, [PAIR])
        ten = threading.Thread(target=lambda: finished.extend(a.status_code for a in at_once(browser.app, [asked(HOUR)] * 10)))
        ten.start()
        browser(PAIR)
        browser("/search?q=analyst")
        assert not finished
        ten.join()
        assert finished == [400] * 10


def test_a_query_that_is_quick_is_not_ended_by_the_one_before_it(browsed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SETTINGS, "sql_time_limit_ms", 50)
    monkeypatch.setitem(SETTINGS, "num_sql_threads", 1)
    with browsing(browsed) as browser:
        for _ in range(5):
            browser(asked(HOUR), 400)
            assert browser.json(asked("select 1 as one")) == [{"one": 1}]


# --- a database that others change -----------------------------------------------------------------------------------


def test_pages_show_what_was_committed_since(browsed_copy: Path):
    with browsing(browsed_copy) as browser:
        assert "Account Resolution Analyst" in browser.words(PAIR)
        with closing(sqlite3.connect(browsed_copy)) as conn, conn:
            conn.execute("UPDATE job_title SET title = 'Weaver' WHERE title = 'Account Resolution Analyst'")
        assert "Weaver" in browser.words(PAIR)
        assert "Weaver" in browser.words("/careerscape/occupation")


def test_pages_come_while_another_process_writes(browsed_copy: Path):
    ended = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(browsed_copy, timeout=30)) as conn:
            number = 0
            while not ended.is_set():
                number += 1
                with conn:
                    conn.execute("UPDATE job_title SET title = ? WHERE title LIKE 'Cook%'", [f"Cook {number}"])
                ended.wait(0.02)  # one that never rests lets no reader in

    writer = threading.Thread(target=write)
    with browsing(browsed_copy) as browser:
        writer.start()
        try:
            for _ in range(10):
                answers = at_once(browser.app, [PAIR, "/careerscape/occupation", "/search.json?q=coo", "/"])
                assert [answer.status_code for answer in answers] == [200] * 4
        finally:
            ended.set()
            writer.join()


def test_a_writer_is_not_kept_waiting_by_pages_that_were_read(browsed_copy: Path):
    with browsing(browsed_copy) as browser:
        for path in (*OURS[:-1], *DATASETTES):
            browser(path)
        browser(asked("select x"), 400)
        with closing(sqlite3.connect(browsed_copy, timeout=0)) as conn:
            conn.execute("BEGIN EXCLUSIVE")
            conn.rollback()


def test_a_database_that_is_locked_for_long_is_said_to_be(browsed_copy: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_BUSY_S", 0.05)
    with browsing(browsed_copy) as browser:
        browser("/careerscape/occupation")
        with closing(sqlite3.connect(browsed_copy)) as conn:
            conn.execute("BEGIN EXCLUSIVE")
            answer = browser("/careerscape/occupation", 503)
            assert "being written to" in answer.text
            assert answer.headers["retry-after"] == "5"
            conn.rollback()
        browser("/careerscape/occupation")


def _torn(path: Path) -> None:
    """Leave a database as a writer does that is killed while it commits: half of the change is in the file, the rest in the
    journal."""
    work = path.with_name("work.db")
    shutil.copy(path, work)
    with closing(sqlite3.connect(work, isolation_level=None)) as conn:
        conn.execute("PRAGMA cache_size = 5")
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("UPDATE job_title SET title = 'torn'")
        conn.execute("UPDATE data_dictionary SET description = description || hex(zeroblob(50))")
        conn.execute(
            "CREATE TABLE filler AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000) "
            "SELECT x, hex(randomblob(200)) AS y FROM c"
        )
        path.write_bytes(work.read_bytes())  # the same file, as the writer would have it
        shutil.copy(f"{work}-journal", f"{path}-journal")
        conn.execute("ROLLBACK")


@pytest.mark.parametrize("first", ["/careerscape/occupation", PAIR, "/search.json?q=analyst"])
@pytest.mark.parametrize("before", [True, False])
def test_what_a_killed_writer_left_is_rolled_back(browsed_copy: Path, first: str, before: bool):
    if before:
        _torn(browsed_copy)
    with browsing(browsed_copy) as browser:
        if not before:
            browser(first)
            _torn(browsed_copy)
        assert "nalyst" in browser(first).text
        assert "torn" not in browser("/careerscape/occupation").text
    assert not Path(f"{browsed_copy}-journal").exists()


def test_what_a_killed_writer_left_is_named_where_nothing_may_be_written(browsed_copy: Path, monkeypatch: pytest.MonkeyPatch):
    with browsing(browsed_copy) as browser:
        _torn(browsed_copy)
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert "cannot be read" in browser.words("/careerscape/occupation", 503)


def test_another_database_in_its_place_is_shown(browsed_copy: Path, tmp_path: Path):
    other = made(tmp_path / "other")
    with closing(sqlite3.connect(other)) as conn, conn:
        conn.execute("UPDATE job_title SET title = 'Weaver' WHERE title = 'Account Resolution Analyst'")
    with browsing(browsed_copy) as browser:
        for path in (PAIR, "/careerscape/occupation", "/search?q=a"):
            assert "Weaver" not in browser(path).text
        other.replace(browsed_copy)
        for path in (PAIR, "/careerscape/occupation", "/search?q=weav"):
            assert "Weaver" in browser(path).text


@pytest.mark.parametrize("path", ["/", PAIR, f"/occupation/{ANALYST}", "/search?q=a", "/careerscape", "/careerscape/occupation"])
def test_a_database_that_is_gone_is_said_to_be_and_seen_when_it_is_back(
    browsed_copy: Path, path: str, capfd: pytest.CaptureFixture[str]
):
    with browsing(browsed_copy) as browser:
        browser(path)
        away = browsed_copy.rename(browsed_copy.with_name("away.db"))
        assert "not there any more" in browser.words(path, 503)
        browsed_copy.write_bytes(b"no database at all" * 100)
        browser(path, 503)
        browsed_copy.unlink()
        away.rename(browsed_copy)
        browser(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/", PAIR, "/search?q=a"])
def test_a_database_of_another_version_is_said_to_be(browsed_copy: Path, path: str):
    with browsing(browsed_copy) as browser:
        browser(path)
        with closing(sqlite3.connect(browsed_copy)) as conn, conn:
            conn.execute("UPDATE setting SET value = 'another' WHERE name = 'views'")
        assert "another version" in browser.words(path, 503)


def test_there_has_to_be_a_database(tmp_path: Path):
    with pytest.raises(UsageError, match="no database"):
        application(tmp_path / "none.db")
    with pytest.raises(Unavailable):
        Finder(tmp_path / "none.db").find("x")


def test_a_path_may_have_any_characters(browsed: Path, tmp_path: Path):
    strange = tmp_path / "a?b#c%41 d.db"
    shutil.copy(browsed, strange)
    with browsing(strange) as browser:
        browser("/careerscape/occupation")
        browser(PAIR)
