"""What a person asks after a run: what is held back, what pages disagree on, every finding that stands."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db.connection import open_to_read
from scraper import gate, inspection, publishing
from tests.command import Command
from tests.drifting import AGE, COUNT, drifted, figures, publish, usual, without_age
from tests.figures import SEED
from tests.imports import DAYS, NOW, Saved, import_pages, save, saved, settings

pytestmark = pytest.mark.usefixtures("read_here")


def objects(root: Path, kind: str) -> list[dict]:
    with closing(open_to_read(settings(root).db)) as db:
        found = list(inspection.objects(db, NOW))
    assert json.loads(json.dumps(found)) == found
    return [row for row in found if row["kind"] == kind]


def lines(root: Path, most: int | None = None) -> str:
    with closing(open_to_read(settings(root).db)) as db:
        return "\n".join(inspection.lines(db, NOW, most))


def test_nothing_is_said_of_what_is_well(tmp_path: Path):
    import_pages(tmp_path, *usual(count=3))
    assert [len(objects(tmp_path, kind)) for kind in ("alert", "conflict", "finding", "coverage")] == [0, 0, 0, 1]
    assert lines(tmp_path).endswith("No findings.")


def test_a_held_run_is_shown_with_what_moved_and_its_first_page(tmp_path: Path):
    drifted(tmp_path)
    found = {row["measure"]: row for row in objects(tmp_path, "alert")}
    filled = found["filled"]
    assert (filled["run_id"], filled["held_captures"], filled["field"]) == (2, COUNT, AGE)
    assert (filled["usual"], filled["found"], filled["evidence"], filled["history"]) == (1, 0, COUNT, COUNT)
    assert (filled["url"], filled["finding"]) == (figures(0).url, None)
    text = lines(tmp_path)
    assert "Run 2 is held back, 24 pages unpublished:" in text
    assert f"{AGE}: filled on 0% of 24, usually 100% of 24" in text
    assert f"first: {figures(0).url} (capture {filled['capture_id']}): no finding about {AGE}" in text
    publish(tmp_path, "it is so")
    assert objects(tmp_path, "alert") == []


def test_the_first_bad_page_is_shown_with_its_finding(tmp_path: Path):
    import_pages(tmp_path, *usual())
    import_pages(tmp_path, *[saved(figures(n, Average_age="old"), DAYS[1]) for n in range(COUNT)])
    doubted = next(row for row in objects(tmp_path, "alert") if row["measure"] == "doubted")
    assert doubted["finding"].startswith("unreadable_cell: ")


def test_pages_that_follow_held_ones_are_shown_as_a_run_of_their_own(tmp_path: Path):
    drifted(tmp_path)
    import_pages(tmp_path, *without_age(day=2, count=3))
    (followers,) = (row for row in objects(tmp_path, "alert") if row["run_id"] == 3)
    assert (followers["held_captures"], followers["message"]) == (3, "the page shows what its held capture shows")


def test_every_page_of_the_last_run_is_named_also_where_copies_share_an_address(tmp_path: Path):
    copies = [saved(SEED.with_cell("Average age", f"{n} or so"), DAYS[n]) for n in range(5)]
    import_pages(tmp_path, *copies, Saved("", "", b"no page\n"))
    found = objects(tmp_path, "finding")
    assert [(row["field"], row["side"]) for row in found if row["code"] == "unreadable_cell"] == [(AGE, "left")] * 5
    assert {row["captured_at"] for row in found if row["code"] == "unreadable_cell"} == set(DAYS[:5])
    assert [row["url"] for row in found if row["code"] == "no_url"] == [None]
    assert not any(row["severity"] == "info" for row in found)


def test_a_finding_that_a_newer_capture_does_not_have_is_gone(tmp_path: Path):
    import_pages(tmp_path, saved(SEED.with_cell("Average age", "old"), DAYS[0]))
    assert objects(tmp_path, "finding")
    import_pages(tmp_path, saved(SEED, DAYS[1]))
    assert objects(tmp_path, "finding") == []


def test_conflicts_that_stand_are_shown(tmp_path: Path):
    other = replace(SEED.with_cell("Average age", "47"), right="Baker")
    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(other, DAYS[1]))
    (conflict,) = objects(tmp_path, "conflict")
    assert (conflict["occupation"], conflict["field"]) == ("account-resolution-analyst", AGE)
    assert "Pages disagree on 1 fact" in lines(tmp_path)
    assert f"account-resolution-analyst: {AGE}: " in lines(tmp_path)


def test_long_lists_are_cut_unless_all_is_wanted(tmp_path: Path):
    import_pages(tmp_path, *[saved(figures(n, Average_age="old"), DAYS[0]) for n in range(15)])
    assert "  and 10 more: --all lists them" in lines(tmp_path, 20)
    assert lines(tmp_path).count("unreadable_cell (left") == 15
    assert "  error   unreadable_cell: 30 on 15 pages" in lines(tmp_path)


@pytest.mark.slow
def test_the_command_ends_with_4_while_a_run_is_held_and_changes_nothing(tmp_path: Path):
    command = Command(tmp_path)
    save(tmp_path / "old", usual())
    save(tmp_path / "new", without_age())
    command("import", "old")
    assert [row["kind"] for row in command.json("check")] == ["coverage"]
    command("import", "new", exit_code=4)
    before = (tmp_path / "careerscape.db").read_bytes()
    assert "held back" in command("check", exit_code=4).stdout
    assert {row["kind"] for row in command.json("check", exit_code=4)} == {"alert", "coverage"}
    assert (tmp_path / "careerscape.db").read_bytes() == before
    command("publish", "--force", "they stopped showing it")
    assert command("check").returncode == 0


def test_the_first_bad_page_of_an_alert_about_pages_is_shown_with_its_worst_finding(tmp_path: Path):
    import_pages(tmp_path, *usual())
    import_pages(tmp_path, *[saved(figures(n, Average_age="old", LGBT_Percentage="900%"), DAYS[1]) for n in range(COUNT)])
    found = {row["measure"]: row for row in objects(tmp_path, "alert") if row["field"] is None}
    assert found["partial"]["finding"].startswith("unreadable_cell: ")
    assert found["findings"]["finding"].startswith("unreadable_cell: ")
    assert "no finding\n" not in lines(tmp_path)


def test_several_facts_have_no_latest_value(tmp_path: Path):
    other = replace(SEED.with_cell("Average age", "47").with_cell("LGBT Percentage", "7%"), right="Baker")
    import_pages(tmp_path, saved(SEED, DAYS[0]), saved(other, DAYS[1]))
    assert "Pages disagree on 2 facts, which have no latest value:" in lines(tmp_path)
    assert all(
        isinstance(row["support"], dict) and isinstance(row["example_urls"], list) for row in objects(tmp_path, "conflict")
    )


def test_pages_that_nobody_judged_are_counted(tmp_path: Path):
    import_pages(tmp_path, *usual(count=3))
    assert "of the last run, 3 pages not judged: " in lines(tmp_path)
    assert objects(tmp_path, "coverage")[0]["not_judged"] == 3
    import_pages(tmp_path, *usual(1))
    assert objects(tmp_path, "coverage")[0]["not_judged"] == COUNT, "three before them are no history"
    import_pages(tmp_path, *usual(2))
    assert "not judged" not in lines(tmp_path)
    assert objects(tmp_path, "coverage")[0]["not_judged"] == 0


def test_a_run_of_which_all_was_rejected_is_not_called_held(tmp_path: Path):
    import_pages(tmp_path, *usual())
    wrong = [replace(saved(figures(n), DAYS[1]), body=saved(figures(n + 50), DAYS[1]).body) for n in range(COUNT)]
    report = import_pages(tmp_path, *wrong)
    said = "\n".join(gate.in_lines(report.held))
    assert "no page of this run could be published" in said
    assert "Run 2 has no page that can be published:" in lines(tmp_path)
    assert "waits no more" in "\n".join(publishing.in_lines(publish(tmp_path, "the site is gone")))
    assert "0 pages" not in said + lines(tmp_path)


@pytest.mark.slow
def test_who_published_a_held_run_is_told(tmp_path: Path):
    drifted(tmp_path)
    publish(tmp_path, "they stopped showing it")
    command = Command(tmp_path)
    said = "published of the held run 2: 24 pages on 2026-01-01 00:00:00, me@here: they stopped showing it"
    assert said in command("status").stdout
    (release,) = command.json("status")[0]["releases"]
    assert (release["run_id"], release["captures"], release["released_by"]) == (2, COUNT, "me@here")
