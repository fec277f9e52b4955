"""Who let a held run go, and why: what cannot be kept is refused, and what was kept so is read all the same."""

import gzip
import json
from contextlib import closing
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from db import load, runs
from db import publish as publish_rows
from db.connection import open_to_write
from normalize.errors import ConfigError, UsageError
from normalize.measures import Move
from scraper import gate, publishing, records, taught
from scraper.records import Decision
from tests.drifting import AGE, COUNT, drifted, held, publish, published, usual, without_age
from tests.imports import NOW, import_pages, rows, settings

pytestmark = pytest.mark.usefixtures("read_here")

MOVE = Move("zippia", AGE, "", "filled", 1.0, 0.25, 0.15, 20, 100, "0123456789abcdef0123")
SAID = Decision("release", ("a" * 20,), "2026-01-01T00:00:00Z", "so", "me", (MOVE,))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("bad \udcff", "UTF-8"),
        ("a\x1b[31mb", "control"),
        ("\u200b", "letter or digit"),
        ("...", "letter or digit"),
        ("", "letter"),
    ],
)
def test_a_reason_that_is_none_is_refused_and_nothing_is_kept(tmp_path: Path, reason: str, words: str):
    drifted(tmp_path)
    before = sorted(path.stat().st_size for path in settings(tmp_path).archive.iterdir() if path.is_file())
    with pytest.raises(UsageError, match=words):
        publish(tmp_path, reason)
    assert sorted(path.stat().st_size for path in settings(tmp_path).archive.iterdir() if path.is_file()) == before
    assert import_pages(tmp_path).exit_code == 0


def test_who_asks_can_be_written_whatever_the_user_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("LOGNAME", "m\udcffe\x1b")
    assert publishing.who_asks().startswith("m?e?@")
    drifted(tmp_path)
    publishing.publish_held(settings(tmp_path), None, "it is so", lambda: NOW)
    assert rows(settings(tmp_path).db, "SELECT DISTINCT released_by FROM hold") == [(publishing.who_asks(),)]


def written(said: object) -> bytes:
    """The record of a decision that says something else."""
    record = records.decision(SAID)
    head, _, block = record.partition(b"\r\n\r\n")
    new = json.dumps(said).encode()
    length = f"Content-Length: {len(block) - 4}".encode()
    return head.replace(length, f"Content-Length: {len(new)}".encode()) + b"\r\n\r\n" + new + b"\r\n\r\n"


def test_text_that_no_text_can_hold_is_read_with_marks_in_its_place():
    decided = records.understood(written(asdict(SAID) | {"reason": "bad \udcff", "who": "\ud800me"}))
    assert decided == replace(SAID, reason="bad ?", who="?me")


@pytest.mark.parametrize(
    "wrong",
    [{"reason": 1}, {"who": None}, {"at": "x"}, {"at": 5}, {"captures": [1]}, {"moved": [asdict(MOVE) | {"field": "no.such"}]},
     {"moved": [asdict(MOVE) | {"usual": "x"}]}, {"moved": [asdict(MOVE) | {"measure": "worse"}]}, {"moved": ["x"]}],
)  # fmt: skip
def test_a_decision_that_cannot_be_is_damage(wrong: dict):
    with pytest.raises((ValueError, TypeError, KeyError, ConfigError)):
        records.understood(written(asdict(SAID) | wrong))


def test_an_archive_with_a_bad_decision_is_read_and_the_record_named(tmp_path: Path):
    drifted(tmp_path)
    path = settings(tmp_path).archive / "careerscape-20270101T000000Z-00001.warc.gz"
    path.write_bytes(gzip.compress(written(asdict(SAID) | {"moved": [asdict(MOVE) | {"field": "no.such"}]})))
    import_pages(tmp_path)
    found = rows(settings(tmp_path).db, "SELECT message FROM finding WHERE code = 'foreign_bytes'")
    assert len(found) == 1
    assert "'no.such' is no field" in found[0][0]


def test_a_release_that_fails_is_not_made_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    drifted(tmp_path)

    def fail(*_: object) -> None:
        raise ConfigError("rules.csv: line 3")

    with monkeypatch.context() as broken:
        broken.setattr(taught, "code", fail)
        with pytest.raises(ConfigError):
            publish(tmp_path, "it is so")
    import_pages(tmp_path)
    assert (held(tmp_path), published(tmp_path)) == (COUNT, {"01": COUNT})
    assert publish(tmp_path, "it is so").published == COUNT


def test_a_release_counts_although_the_clock_went_back(tmp_path: Path):
    drifted(tmp_path)
    publishing.publish_held(settings(tmp_path), None, "it is so", lambda: NOW - timedelta(days=2), "me")
    for path in tmp_path.glob("careerscape.db*"):
        path.unlink()
    import_pages(tmp_path)
    assert (held(tmp_path), published(tmp_path)) == (0, {"01": COUNT, "02": COUNT})


def test_what_an_interrupted_run_read_is_judged_before_it_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def end(*_: object) -> None:
        raise KeyboardInterrupt

    import_pages(tmp_path, *usual())
    with monkeypatch.context() as broken:
        broken.setattr(gate, "judge", end)
        with pytest.raises(KeyboardInterrupt):
            import_pages(tmp_path, *without_age())
    run_id = read_again(tmp_path)
    assert published(tmp_path) == {"01": COUNT}
    query = "SELECT count(*) FROM page_capture c JOIN reading r ON r.id = c.published_reading_id WHERE r.run_id = ?"
    assert rows(settings(tmp_path).db, query, run_id) == [(COUNT,)]
    assert import_pages(tmp_path).exit_code == 4
    assert (held(tmp_path), published(tmp_path)) == (COUNT, {"01": COUNT})


def read_again(root: Path) -> int:
    """A run like that of `map`: all captures read again, with the same facts, and what was published is so again."""
    with closing(open_to_write(settings(root).db)) as db, db.atomic():
        run_id = runs.begin(db, "map", "2026-01-01T00:00:00Z")
        version = load.version(db, "test", "test")
        for row, reading in db.execute("SELECT id, newest_reading_id FROM page_capture").fetchall():
            copy = "SELECT page_capture_id, ?, ?, outcome, content_id, finding_set_id FROM reading WHERE id = ?"
            into = "reading (page_capture_id, run_id, version_id, outcome, content_id, finding_set_id)"
            db.conn.execute(f"INSERT INTO {into} {copy}", [run_id, version, reading])
            (new,) = db.execute("SELECT max(id) FROM reading").fetchone()
            db.conn.execute("UPDATE page_capture SET newest_reading_id = ? WHERE id = ?", [new, row])
        publish_rows.publish_again(db, run_id)
        runs.finish(db, run_id, runs.Counts(), 0, "2026-01-01T00:00:00Z")
    return run_id
