"""What a database is behind with is made good by the next run that writes, and an archive that is not its own is refused."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from db import learned
from db.connection import open_to_read
from normalize.errors import StorageError
from scraper import lists, taught
from scraper.keeping import arrears
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, NOW, ReadHere, dump, import_pages, load_pages, rows, saved, settings, sound
from tests.test_teaching import ODD, SLUG, inbox, onet, teach

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

DEGREE = "SELECT education_degree FROM occupation_latest WHERE slug = ?"
BACHELOR = "kind,value,code\ndegree,Bachelor of Things,bachelor\n"


def by_hand(root: Path, text: str) -> Path:
    path = taught.rules_file(settings(root).archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def waiting(root: Path) -> list[str]:
    with closing(open_to_read(settings(root).db)) as db:
        return arrears.of_archive(db, settings(root).archive)


def degree(root: Path) -> str | None:
    return rows(settings(root).db, DEGREE, SLUG)[0][0]


def applied(root: Path) -> list[tuple[object, ...]]:
    query = "SELECT field, old_value, new_value FROM applied_change WHERE cause = 'vocabulary' ORDER BY id"
    return rows(settings(root).db, query)


def maryland(root: Path) -> None:
    teach(root, "Maryland VA", "MD", "state")


def another_page(root: Path) -> None:
    import_pages(root, saved(OVERVIEW, DAYS[3]))


def official(root: Path) -> None:
    lists.load(settings(root), "onet", onet(root), lambda: NOW)


WRITING = pytest.mark.parametrize("writes", [maryland, another_page, official])


# --- rules of the file that are not applied yet ----------------------------------------------------------------------


@WRITING
def test_a_rule_about_codes_is_applied_by_whatever_writes_next(tmp_path, writes):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    by_hand(tmp_path, "kind,value,code\nmajor,Business,11.10\n")
    assert waiting(tmp_path) == ["a rule waits for the next run that writes: a major 'business' is 11.10"]
    writes(tmp_path)
    import_pages(tmp_path, saved(SEED, DAYS[1]))
    assert ("11.10",) in rows(db, "SELECT major_cip FROM occupation_latest")
    assert waiting(tmp_path) == []


@WRITING
def test_a_rule_about_readings_is_applied_by_whatever_writes_next(tmp_path, writes):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    by_hand(tmp_path, BACHELOR)
    assert len(waiting(tmp_path)) == 1
    assert degree(tmp_path) is None
    writes(tmp_path)
    assert degree(tmp_path) == "bachelor"
    assert waiting(tmp_path) == []
    assert ("education.degree", None, "bachelor") in applied(tmp_path)
    assert rows(db, "SELECT command, outcome, loaded FROM run ORDER BY run_id")[1] == ("map", "done", 1)
    assert rows(db, "SELECT severity FROM finding WHERE code = 'rules_applied'")
    assert sound(db)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("kind,value,code\n", None),
        (BACHELOR.replace("bachelor\n", "master\n"), "master"),
        (BACHELOR + "degree,Bachelor of Things,master\n", None),
    ],
    ids=["deleted", "another", "contradicted"],
)
def test_a_rule_that_is_another_now_is_applied_anew(tmp_path, text, value):
    load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    teach(tmp_path, "Bachelor of Things", "bachelor")
    assert degree(tmp_path) == "bachelor"
    by_hand(tmp_path, text)
    assert len(waiting(tmp_path)) >= 1
    another_page(tmp_path)
    assert degree(tmp_path) == value
    assert ("education.degree", "bachelor", value) in applied(tmp_path)[-2:]


def test_a_rule_that_concerns_no_page_makes_no_run(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    by_hand(tmp_path, BACHELOR)
    another_page(tmp_path)
    assert rows(db, "SELECT command FROM run ORDER BY run_id") == [("import",), ("import",)]
    assert waiting(tmp_path) == []


def test_a_page_that_is_lost_keeps_its_value_and_the_rule_waits(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    (warc,) = settings(tmp_path).archive.glob("*.warc.gz")
    content = warc.read_bytes()
    warc.write_bytes(b"\0" * len(content))
    by_hand(tmp_path, BACHELOR)
    another_page(tmp_path)
    assert (degree(tmp_path), len(waiting(tmp_path))) == (None, 1)
    assert rows(db, "SELECT severity FROM finding WHERE code = 'rules_waiting'")
    assert rows(db, "SELECT command, outcome, failed FROM run WHERE run_id = 2") == [("map", "partial", 1)]
    warc.write_bytes(content)
    another_page(tmp_path)
    assert (degree(tmp_path), waiting(tmp_path)) == ("bachelor", [])


def test_what_is_held_back_or_left_by_a_dead_run_is_not_published_by_a_rule(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    import_pages(tmp_path, saved(SEED, DAYS[1], ODD))
    with closing(sqlite3.connect(db)) as conn, conn:
        conn.execute("UPDATE run_log SET outcome = 'interrupted' WHERE id = 2")
        conn.execute("UPDATE page_capture SET published_reading_id = NULL WHERE id = 2")
    teach(tmp_path, "Bachelor of Things", "bachelor")
    assert rows(db, "SELECT captured_at, published FROM capture ORDER BY captured_at") == [(DAYS[0], 1), (DAYS[1], 0)]
    import_pages(tmp_path)
    assert rows(db, "SELECT captured_at, published FROM capture ORDER BY captured_at") == [(DAYS[0], 1), (DAYS[1], 1)]
    query = "SELECT DISTINCT value FROM observation WHERE field = 'education.degree' AND side = 'left'"
    assert rows(db, query) == [("bachelor",)]


def test_a_capture_keeps_what_was_noted_of_it(tmp_path):
    page = saved(SEED, "", ODD)
    db = load_pages(tmp_path, page)
    assert rows(db, "SELECT count(*) FROM finding WHERE code = 'time_from_file'") == [(1,)]
    teach(tmp_path, "Bachelor of Things", "bachelor")
    assert rows(db, "SELECT count(*) FROM every_finding g JOIN page_capture c ON c.newest_reading_id = g.reading_id "
                    "WHERE g.code = 'time_from_file'") == [(1,)]  # fmt: skip


# --- a map that fails ------------------------------------------------------------------------------------------------


class Dies(BaseException): ...


@pytest.mark.parametrize("before", ["", "kind,value,code,note\nmajor,Law,22,mine\n"])
def test_a_map_that_fails_leaves_the_rules_as_they_were(tmp_path, monkeypatch, before):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    path = taught.rules_file(settings(tmp_path).archive)
    if before:
        by_hand(tmp_path, before)
        another_page(tmp_path)
    there = dump(db)

    def dies(self: ReadHere, pages: object) -> None:
        raise Dies

    with monkeypatch.context() as patch:
        patch.setattr(ReadHere, "parse_many", dies)
        with pytest.raises(Dies):
            teach(tmp_path, "Bachelor of Things", "bachelor")
    assert (path.read_text() if path.exists() else "") == before
    assert dump(db) == there
    assert teach(tmp_path, "Bachelor of Things", "bachelor").captures == 1
    assert teach(tmp_path, "Bachelor of Things", "bachelor").changes == (), "the same again is no mistake"


def test_a_map_whose_pages_are_lost_is_refused(tmp_path):
    load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    (warc,) = settings(tmp_path).archive.glob("*.warc.gz")
    warc.write_bytes(b"\0" * warc.stat().st_size)
    with pytest.raises(StorageError, match=r"1 page with 'Bachelor of Things' cannot be read again"):
        teach(tmp_path, "Bachelor of Things", "bachelor")
    assert not taught.rules_file(settings(tmp_path).archive).exists()


# --- an archive that is another --------------------------------------------------------------------------------------


def test_an_archive_without_any_of_the_pages_is_refused(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    settings(tmp_path).archive.rename(tmp_path / "elsewhere")
    before = dump(db)
    with pytest.raises(StorageError, match=r"holds none of the pages of .*: careerscape-.* is not there; name its archive"):
        another_page(tmp_path)
    assert dump(db) == before
    assert not settings(tmp_path).archive.exists()
    (tmp_path / "elsewhere").rename(settings(tmp_path).archive)
    another_page(tmp_path)


def test_a_vocabulary_that_is_gone_stops_a_run(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    official(tmp_path)
    teach(tmp_path, "Business", "11.10", "major")
    before, vocab = dump(db), settings(tmp_path).archive / "vocab"
    (vocab / "rules.csv").rename(tmp_path / "rules.csv")
    with pytest.raises(StorageError, match=r"rules\.csv: .* it is gone"):
        another_page(tmp_path)
    (tmp_path / "rules.csv").rename(vocab / "rules.csv")
    shutil.rmtree(vocab / "official")
    for command in (another_page, maryland):
        with pytest.raises(StorageError, match="careerscape vocab load onet PATH"):
            command(tmp_path)
    assert dump(db) == before
    lists.load(settings(tmp_path), "onet", tmp_path / "onet", lambda: NOW)
    another_page(tmp_path)
    assert rows(db, "SELECT soc_code FROM occupation WHERE slug = ?", SLUG) == [("43-9999",)]


def test_a_first_run_in_an_archive_with_an_official_file_changes_nothing(tmp_path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    official(tmp_path)
    settings(tmp_path).db.unlink()
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    assert rows(db, "SELECT soc_code FROM occupation WHERE slug = ?", SLUG) == [("43-9999",)]
    assert applied(tmp_path) == []


def test_what_was_applied_is_known_by_kind_and_value(tmp_path):
    load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    teach(tmp_path, "Bachelor of Things", "bachelor")
    teach(tmp_path, "Business", "52", "major")
    with closing(open_to_read(settings(tmp_path).db)) as db:
        assert learned.rules(db) == {("degree", "bachelor of things"): ("bachelor",), ("major", "business"): ("52",)}
    assert inbox(tmp_path) == []


def test_a_map_says_what_else_it_applied(tmp_path):
    load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    by_hand(tmp_path, BACHELOR)
    (told,) = teach(tmp_path, "Business", "52", "major").told
    assert "degree 'bachelor of things': 1 page, 2 values changed" in told
