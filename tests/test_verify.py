"""Whether archive and database agree: what is damaged, edited or left behind is found and named, and nothing is changed."""

import errno
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from db.lock import writing
from normalize.errors import Busy, UsageError
from scraper.keeping import rebuild, verify
from scraper.warcs.members import pieces
from tests import rebuilding
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, NOW, Saved, import_pages, rows, saved, settings
from tests.rebuilding import bytes_of
from tests.world import World

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")


def audit(root: Path) -> verify.Verified:
    """What `verify` says; neither the archive nor the database is another afterwards."""
    before = bytes_of(settings(root).archive), settings(root).db.read_bytes()
    done = verify.verify(settings(root), lambda: NOW)
    assert (bytes_of(settings(root).archive), settings(root).db.read_bytes()) == before
    assert not [*root.glob(".*verify*")]
    return done


def views(done: verify.Verified) -> set[str]:
    return {one.view for one in done.differences}


def edit(root: Path, statement: str, *values: object) -> None:
    with closing(connect(settings(root).db)) as db, db:
        assert db.execute(statement, values).rowcount > 0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small database of all kinds of rows, and its archive."""
    from normalize import vocabulary
    from normalize.rules import NO_RULES
    from scraper import pool, run
    from scraper.keeping import arrears
    from tests.imports import ReadHere

    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        for module in (run, arrears, pool):
            patch.setattr(module, "Sandbox", ReadHere)
        rebuilding.rules(root)
        import_pages(root, saved(OVERVIEW.with_cell("Average age", "50", "51"), DAYS[2]), Saved(SEED.url, DAYS[3], b"Nothing.\n"))
        vocabulary.use(NO_RULES)
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "copy")


def warc(root: Path) -> Path:
    (path,) = settings(root).archive.glob("*.warc.gz")
    return path


def test_what_runs_made_agrees(copy: Path):
    done = audit(copy)
    assert (done.exit_code, done.problems, done.differences, done.notes) == (0, [], [], [])
    assert done.captures == 5


MADE: dict[str, Callable[[Path], None]] = {
    "holds": rebuilding.hold,
    "a forced publish": rebuilding.drift,
    "a forgotten page": rebuilding.forget,
    "crawls": rebuilding.crawls,
    "old files": rebuilding.old_files,
}


@pytest.mark.parametrize("name", MADE)
def test_whatever_runs_made_agrees(tmp_path: Path, name: str):
    MADE[name](tmp_path)
    assert audit(tmp_path).to_dict()["agree"]


def test_what_a_scrape_made_agrees(world: World):
    rebuilding.scraped(world)
    done = audit(world.root)
    assert (done.problems, done.differences) == ([], [])


# --- the archive -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("flip", [0xFF, 0x01, 0x10], ids=hex)
def test_a_flipped_byte_is_found_wherever_it_stands(copy: Path, monkeypatch: pytest.MonkeyPatch, flip: int):
    monkeypatch.setattr(rebuild, "build", lambda *_: None)
    monkeypatch.setattr(verify.comparing, "differences", lambda *_: [])
    path = warc(copy)
    whole = path.read_bytes()
    with path.open("rb") as file:
        begins = [piece.offset for piece in pieces(file, gzipped=True)]
    for position in range(0, len(whole), 37):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ flip]) + whole[position + 1 :])
        done = verify.verify(settings(copy), lambda: NOW)
        assert done.exit_code == 74, position
        start = max(at for at in begins if at <= position)
        assert any(f"{path.name}, offset {start}:" in problem for problem in done.problems), (position, done.problems)
    path.write_bytes(whole)
    assert verify.verify(settings(copy), lambda: NOW).exit_code == 0


def test_a_flipped_byte_is_named_with_what_it_costs(copy: Path):
    path, whole = warc(copy), warc(copy).read_bytes()
    (offset,) = rows(settings(copy).db, "SELECT warc_offset FROM capture ORDER BY 1")[0]
    path.write_bytes(whole[: offset + 200] + bytes([whole[offset + 200] ^ 1]) + whole[offset + 201 :])
    done = audit(copy)
    assert done.exit_code == 74
    assert f"{path.name}, offset {offset}:" in done.problems[0]
    assert "does not lie in" in done.problems[1]
    assert {"capture", "observation"} <= views(done)
    assert done.advice == ["put back from a backup what is damaged or missing; or: careerscape rebuild OUT.db, of what is left"]


def test_a_missing_file_is_named(copy: Path):
    path = warc(copy)
    path.unlink()
    done = audit(copy)
    assert done.exit_code == 74
    assert done.problems[0] == f"{path}: the file is missing"


def test_a_missing_archive_is_named(copy: Path):
    shutil.rmtree(settings(copy).archive)
    done = verify.verify(settings(copy), lambda: NOW)
    assert done.exit_code == 74
    assert "the archive is missing" in " ".join(done.problems)


def test_a_file_that_was_cut_is_named(copy: Path):
    path = warc(copy)
    path.write_bytes(path.read_bytes()[:-100])
    done = audit(copy)
    assert done.exit_code == 74
    assert any("100 bytes are missing at its end" in problem for problem in done.problems)


def test_a_torn_record_that_a_dead_run_left_is_no_fault(copy: Path):
    path, whole = warc(copy), warc(copy).read_bytes()
    (start, length) = rows(settings(copy).db, "SELECT warc_offset, warc_length FROM capture ORDER BY 1")[0]
    path.write_bytes(whole + whole[start : start + length - 5])
    done = audit(copy)
    assert (done.exit_code, len(done.notes)) == (0, 1)
    assert f"{path.name}, offset {len(whole)}: the gzip member ends too early" in done.notes[0]


def test_a_whole_record_behind_the_index_is_told(copy: Path):
    kept = settings(copy).db.read_bytes()
    import_pages(copy, saved(SEED, DAYS[4]))
    settings(copy).db.write_bytes(kept)
    done = audit(copy)
    assert done.exit_code == 74
    assert "bytes are not in the index yet: the next run takes them over" in done.notes[0]


def test_a_foreign_file_is_named(copy: Path):
    shutil.copy(warc(copy), settings(copy).archive / "crawl.warc.gz")
    done = audit(copy)
    assert (done.exit_code, done.notes) == (0, ["not ours, and not read: crawl.warc.gz"])


def test_lost_vocabulary_is_named(copy: Path):
    shutil.rmtree(settings(copy).archive / "vocab")
    done = audit(copy)
    assert done.exit_code == 74
    assert "rules.csv" in done.problems[0]
    assert "onet" in done.problems[1]


# --- the database ----------------------------------------------------------------------------------------------------

EDITS: dict[str, tuple[str, str]] = {
    "a value": ("UPDATE salary SET annual_mean_usd = annual_mean_usd + 1 WHERE annual_mean_usd IS NOT NULL", "observation"),
    "a text": ("UPDATE salary SET best_city = 'Elsewhere' WHERE best_city IS NOT NULL", "observation"),
    "a status": ("UPDATE outlook SET growth_pct_status = 2 WHERE growth_pct_status = 0", "observation"),
    "a raw text": ("UPDATE education SET degree_raw = degree_raw || '!'", "observation"),
    "a share": ("UPDATE share SET pct = pct + 1 WHERE pct IS NOT NULL", "observation"),
    "a skill": ("UPDATE skill SET name = 'Juggling' WHERE rank = 1", "observation"),
    "a share that is gone": ("DELETE FROM share WHERE item = 'male'", "observation"),
    "a section": ("UPDATE layout_cell SET section_id = (section_id + 1) % 6", "observation"),
    "a place": ("UPDATE layout_cell SET row = row + 1", "places on pages"),
    "a side": ("UPDATE sighting SET title_id = 1 WHERE title_id = 2", "comparison"),
    "a title": ("UPDATE job_title SET title = 'Boss' WHERE id = 1", "comparison"),
    "the latest value": ("UPDATE job_current SET row_id = row_id + 1 WHERE group_id = 0", "occupation_latest"),
    "the latest value that is gone": ("DELETE FROM job_current", "occupation_latest"),
    "a code": ("UPDATE coding SET code = '99-9999' WHERE kind = 'occupation' AND code != ''", "occupation"),
    "an outcome": ("UPDATE reading SET outcome = 'partial' WHERE outcome = 'complete'", "capture"),
    "a capture that counts no more": ("UPDATE page_capture SET published_reading_id = NULL WHERE id = 1", "capture"),
    "a capture that counts too early": (
        "UPDATE page_capture SET published_reading_id = newest_reading_id WHERE published_reading_id IS NULL", "capture",
    ),
    "a time": ("UPDATE page_capture SET captured_at = '2020-01-01T00:00:00Z' WHERE id = 1", "capture"),
    "an address": ("UPDATE page SET url = url || '/'", "capture"),
    "an origin": ("UPDATE capture_form SET origin = 'live'", "capture"),
    "a digest": ("UPDATE page_capture SET sha256 = zeroblob(32) WHERE id = 1", "capture"),
    "a finding": ("UPDATE shared_finding SET message = 'all is well'", "finding"),
    "a finding that is gone": ("DELETE FROM shared_finding", "finding"),
    "a finding that nobody made": (
        "INSERT INTO page_finding (run_id, reading_id, code, severity, message) "
        "SELECT 1, newest_reading_id, 'noarchive', 'info', 'x' FROM page_capture", "finding",
    ),
    "the past": ("UPDATE span SET captures = captures + 1", "history"),
    "the past that is gone": ("DELETE FROM span", "history"),
    "a change": ("UPDATE source_change SET old_value = 1", "change"),
    "a disagreement": (
        "INSERT INTO disagreement SELECT job_id, field_id, item, '2024-01-01T00:00:00Z', 2, '[]', '[]', 1 FROM span LIMIT 1",
        "conflict",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_is_edited_by_hand_is_found(copy: Path, name: str):
    statement, view = EDITS[name]
    edit(copy, statement)
    done = audit(copy)
    assert done.exit_code == 74
    assert view in views(done), done.in_lines()


def test_an_offset_that_is_wrong_is_found(copy: Path):
    edit(copy, "UPDATE page_capture SET warc_offset = warc_offset + 1 WHERE id = 2")
    done = audit(copy)
    assert "does not lie in" in done.problems[0]
    assert views(done) == {"capture"}


def test_what_is_held_back_is_compared_too(tmp_path: Path):
    rebuilding.hold(tmp_path)
    edit(
        tmp_path,
        "UPDATE demographics SET age_mean_raw = '?' WHERE id IN (SELECT s.demographics_id FROM sighting s "
        "JOIN reading r ON r.content_id = s.content_id JOIN page_capture c ON c.newest_reading_id = r.id "
        "WHERE c.published_reading_id IS NULL)",
    )
    assert views(audit(tmp_path)) == {"observation of captures that do not count"}


def test_what_is_behind_is_told(copy: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scraper.version.parser", lambda: "0.2.0+another")
    done = audit(copy)
    assert (done.exit_code, done.values_compared) == (0, False)
    assert done.notes[0].startswith("5 captures read by another version: careerscape reparse")
    rules = settings(copy).archive / "vocab" / "rules.csv"
    rules.write_text(rules.read_text().replace(",bachelor,", ",master,"))
    done = audit(copy)
    assert (done.exit_code, done.values_compared) == (0, False)
    assert "a rule waits for the next run that writes" in done.notes[1]
    assert done.notes[-1].startswith("so that values are not compared")
    assert [*done.in_lines()][-1] == "the archive agrees"


def test_what_a_dead_run_left_unpublished_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from db import publish

    import_pages(tmp_path, saved(SEED, DAYS[0]))

    def die(*_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(publish, "publish", die)
        with pytest.raises(MemoryError):
            import_pages(tmp_path, saved(OVERVIEW, DAYS[1]))
    done = audit(tmp_path)
    assert done.exit_code == 74
    assert done.notes == ["1 capture of a run that was interrupted wait: the next run publishes them"]
    assert done.advice == []
    import_pages(tmp_path)
    assert audit(tmp_path).exit_code == 0


# --- what it leaves --------------------------------------------------------------------------------------------------


def test_its_copy_is_gone_after_an_error_and_the_next_removes_what_was_killed(copy: Path, monkeypatch: pytest.MonkeyPatch):
    left = copy / ".careerscape.db-verify-killed"
    left.mkdir()
    (left / "again.db").write_bytes(b"x")

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rebuild, "build", fail)
    with pytest.raises(KeyboardInterrupt):
        verify.verify(settings(copy), lambda: NOW)
    assert not [*copy.glob(".*verify*")]


def test_where_nothing_can_be_written_the_copy_goes_elsewhere(copy: Path, monkeypatch: pytest.MonkeyPatch):
    made, opened = tempfile.mkdtemp, Path.open
    folders: list[Path] = []

    def refuse(suffix: str | None = None, prefix: str | None = None, dir: Path | None = None) -> str:  # noqa: A002 - it is so called
        if dir == copy:
            raise PermissionError(errno.EROFS, "read-only file system")
        folders.append(Path(made(suffix, prefix, dir)))
        return str(folders[0])

    def read_only(path: Path, mode: str = "r", *more: Any, **how: Any) -> Any:
        if "a" in mode and path.parent == copy:
            raise PermissionError(errno.EROFS, "read-only file system")
        return opened(path, mode, *more, **how)

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(Path, "open", read_only)
    assert audit(copy).exit_code == 0
    assert [folder.exists() for folder in folders] == [False]


def test_a_database_that_is_written_to_is_left_alone(copy: Path):
    with writing(settings(copy).db), pytest.raises(Busy):
        audit(copy)


def test_a_database_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match="no database"):
        verify.verify(settings(tmp_path), lambda: NOW)
    assert [*tmp_path.iterdir()] == []
