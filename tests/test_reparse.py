"""Reading the archive again: what is foretold is what happens, all at once, and each change has its true cause."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from normalize.errors import StorageError, UsageError
from scraper import teaching, version
from scraper.keeping import reparse, rereading
from tests.figures import OVERVIEW, SEED, Figures
from tests.imports import DAYS, NOW, ReadHere, dump, import_pages, rows, saved, settings, sound

pytestmark = pytest.mark.usefixtures("read_here")

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def again(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.reparse(settings(root), lambda: LATER, **how)


def foretold(root: Path, **how: Any) -> reparse.Reparsed:
    return reparse.predict(settings(root), lambda: LATER, **how)


def three_dates(root: Path) -> None:
    wages = ("$44,937", "$45,100", "$46,200")
    for day, wage in zip((DAYS[0], "2024-03-01T00:00:00Z", "2024-06-01T00:00:00Z"), wages, strict=True):
        page = SEED.with_cell("Average salary", left=wage)
        import_pages(root, saved(Figures(**{**page.__dict__, "pay": (wage, "$43,251")}), day), saved(OVERVIEW, day))


def test_unchanged_pages_are_not_read_again(tmp_path: Path):
    three_dates(tmp_path)
    done = again(tmp_path)
    assert (done.differences.captures, done.exit_code) == (0, 0)


@pytest.mark.parametrize("command", [again, foretold])
def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, command):
    with pytest.raises(UsageError, match="no database"):
        command(tmp_path)
    assert not [*tmp_path.iterdir()]


def test_another_parser_that_reads_the_same_changes_nothing_but_the_version(tmp_path: Path, other_parser):
    three_dates(tmp_path)
    before = dump(settings(tmp_path).db, (*VIEWS, "change"))
    readings = rows(settings(tmp_path).db, "SELECT id, content_id FROM reading")
    other_parser()
    done = again(tmp_path)
    assert (done.differences.captures, done.differences.fields) == (6, {})
    assert dump(settings(tmp_path).db, (*VIEWS, "change")) == before
    assert rows(settings(tmp_path).db, "SELECT id, content_id FROM reading") == readings
    assert again(tmp_path).differences.captures == 0
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM staged") == [(0,)]


VIEWS = ("observation", "occupation", "occupation_latest", "comparison", "capture", "finding", "conflict", "history")


def test_what_is_foretold_is_what_happens(tmp_path: Path, other_parser):
    three_dates(tmp_path)
    other_parser(("Bachelor's Degree, 51%", "Master's Degree, 51%"), ("| Average age | 42 | 42 |", "| Average age | 42 | 43 |"),
                 ("Number of jobs", "Jobs out there"), ("$44,937", "$44,973"))  # fmt: skip
    before = dump(settings(tmp_path).db, (*VIEWS, "change", "run"))
    said = foretold(tmp_path, max_loss=1.0)
    assert dump(settings(tmp_path).db, (*VIEWS, "change", "run")) == before, "nothing was written"
    done = again(tmp_path, max_loss=1.0)
    assert done.differences.to_dict() == said.differences.to_dict()
    fields = done.differences.fields
    assert fields["education.degree"].changed == 3
    assert (fields["outlook.jobs"].lost, fields["outlook.jobs"].ok_lost, fields["outlook.jobs"].ok_before) == (6, 6, 6)
    assert fields["salary.annual_mean_usd"].changed == 1
    after = rows(settings(tmp_path).db, "SELECT value FROM observation WHERE field = 'education.degree' AND side = 'right' "
                 "AND occupation = 'loss-mitigation-specialist'")  # fmt: skip
    assert after == [("master",)] * 3
    assert sound(settings(tmp_path).db)
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM reading") == [(6,)], "what is replaced is dropped"


def test_each_change_has_its_true_cause(tmp_path: Path, other_parser):
    three_dates(tmp_path)
    source = rows(settings(tmp_path).db, "SELECT * FROM change ORDER BY changed_at")
    assert {row[8] for row in source} == {"source"}
    other_parser(("Bachelor's Degree, 51%", "Master's Degree, 51%"))
    again(tmp_path)
    changes = rows(settings(tmp_path).db, "SELECT occupation, field, item, old_value, old_status, new_value, new_status, "
                   "changed_at, cause, url FROM change WHERE cause != 'source'")  # fmt: skip
    assert changes == [
        ("loss-mitigation-specialist", "education.degree", "", "bachelor", "ok", "master", "ok", "2026-02-01T00:00:00Z", "parser",
         SEED.url)
    ]  # fmt: skip
    assert rows(settings(tmp_path).db, "SELECT * FROM change WHERE cause = 'source' ORDER BY changed_at") == source


def test_a_page_read_by_another_parser_is_no_change_at_the_source(tmp_path: Path, other_parser):
    import_pages(tmp_path, saved(SEED, DAYS[0]))
    other_parser(("Bachelor's Degree, 51%", "Master's Degree, 51%"))
    import_pages(tmp_path, saved(SEED.with_cell("Average age", left="47"), DAYS[3]))
    assert rows(settings(tmp_path).db, "SELECT * FROM change") == [], "who can tell which of the two it was"
    again(tmp_path)
    assert rows(settings(tmp_path).db, "SELECT field, old_value, new_value, cause FROM change ORDER BY cause") == [
        ("education.degree", "bachelor", "master", "parser"),
        ("demographics.age_mean", 46.0, 47.0, "source"),
    ]


def test_too_much_lost_is_held_back(tmp_path: Path, other_parser):
    three_dates(tmp_path)
    before = dump(settings(tmp_path).db, VIEWS)
    other_parser(("Number of jobs", "Jobs out there"))
    held = again(tmp_path)
    assert held.exit_code == 4
    assert held.losses == ("outlook.jobs would lose 6 of 6 values",)
    assert dump(settings(tmp_path).db, VIEWS) == before
    assert rows(settings(tmp_path).db, "SELECT outcome, exit_code FROM run ORDER BY run_id DESC LIMIT 1") == [("held", 4)]
    done = again(tmp_path, max_loss=1.0)
    assert done.exit_code == 0
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM observation WHERE field = 'outlook.jobs'") == [(0,)]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_page_that_is_rejected_now_counts_once_and_is_named(tmp_path: Path, other_parser, dry_run):
    three_dates(tmp_path)
    other_parser(("| Average", "| Ordinary"), ("-vs-", "-or-"), ("##", "#"), ("|", " "))
    done = (foretold if dry_run else again)(tmp_path, max_loss=1.0)
    found = done.differences
    assert (found.captures, found.with_other_values, found.loaded, len(found.rejected)) == (6, 6, 0, 6)
    assert [*found.named()] == [f"{url}: rejected" for url in sorted([SEED.url, OVERVIEW.url] * 3)]
    if not dry_run:
        last = "SELECT pages, loaded, unchanged, rejected FROM run ORDER BY run_id DESC LIMIT 1"
        assert rows(settings(tmp_path).db, last) == [(6, 0, 0, 6)]


def test_what_is_said_of_reading_again(tmp_path: Path, other_parser):
    three_dates(tmp_path)
    assert [*foretold(tmp_path).in_lines()][1:] == ["all captures are read by today's code"]
    other_parser(("Number of jobs", "Jobs out there"))
    said = [*foretold(tmp_path).in_lines("outlook.jobs")]
    assert said[1] == "outlook.jobs: 6 lost"
    assert said[-2] == "  and 3 more"
    assert said[-1] == "it would be held back: outlook.jobs would lose 6 of 6 values; --max-loss SHARE lets more go"
    assert "salary.best_city: no difference" in [*foretold(tmp_path).in_lines("salary.best_city")]
    assert [*again(tmp_path).in_lines()][-1].startswith("held back, and what was read waits: ")


def test_what_a_killed_run_read_is_not_read_again(tmp_path: Path, other_parser, monkeypatch):
    three_dates(tmp_path)
    other_parser(("Bachelor's Degree, 51%", "Master's Degree, 51%"))
    expected = json.dumps(foretold(tmp_path).differences.to_dict())
    monkeypatch.setattr(rereading, "apply", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    before = dump(settings(tmp_path).db, VIEWS)
    with pytest.raises(KeyboardInterrupt):
        again(tmp_path)
    assert dump(settings(tmp_path).db, VIEWS) == before
    monkeypatch.undo()
    other_parser_name = "0.2.0+another"
    monkeypatch.setattr(version, "parser", lambda: other_parser_name)
    monkeypatch.setattr("tests.imports.ReadHere.parse", staticmethod(_never))
    monkeypatch.setattr("scraper.pool.Sandbox", _Here)
    monkeypatch.setattr("scraper.run.Sandbox", _Here)
    done = again(tmp_path)
    assert json.dumps(done.differences.to_dict()) == expected


def _never(*page: object) -> Any:
    raise AssertionError("it is read a second time")


class _Here(ReadHere):
    def parse_many(self, pages: object) -> Any:
        return _never(pages)


def test_nothing_but_reading_again_was_done_before(tmp_path: Path):
    three_dates(tmp_path)
    assert NOW < LATER
    assert again(tmp_path, workers=3).exit_code == 0


def test_a_rule_does_not_let_in_a_parser_that_loses_too_much(tmp_path: Path, other_parser, nothing_taught):
    three_dates(tmp_path)
    import_pages(tmp_path, saved(OVERVIEW.with_cell("Most common degree", left="Certified Sorcery, 32%"), DAYS[5]))
    before = dump(settings(tmp_path).db, VIEWS)
    other_parser(("Average age", "Age of the moon"))
    with pytest.raises(StorageError, match=r"demographics\.age_mean would lose"):
        teaching.teach(settings(tmp_path), "Certified Sorcery", "license", "degree", lambda: LATER)
    assert dump(settings(tmp_path).db, VIEWS) == before
