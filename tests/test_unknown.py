"""The inbox of what no vocabulary knows, and which captures and rules a label concerns."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import coding, unknown
from db.connection import Database, open_to_write
from db.unknown import Unknown
from normalize.codes import Candidate, Coded, Kind
from normalize.facts import Fact, Reading
from normalize.rules import Rule, Rules
from scraper import importing, run, sources
from tests.figures import OVERVIEW, SEED, real_pages
from tests.histories import NOW, Said, Shown, day, history
from tests.imports import ReadHere, load_pages, saved, settings

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages"
CITY, DEGREE, GENDER, RACE = "salary.best_city", "education.degree", "demographics.gender_pct", "demographics.race_pct"


def shown(number: float, other: str, *facts: Said, published: bool = True, outcome: str = "complete") -> Shown:
    return Shown(day(number), "baker", other, facts, outcome, published)  # type: ignore[arg-type]


def city(text: str, side: str = "left") -> Said:
    return side, CITY, "", text, "ok"  # type: ignore[return-value]


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The value of a fact that cannot be read is its raw text."""
    from tests import histories

    made = histories.reading

    def reading(page: Shown) -> Reading:
        found = made(page)
        facts = (
            Fact(side=f.side, field=f.field, item=f.item, value=None, status=f.status, raw=str(f.value), section=f.section,
                 place=f.place)
            if f.status == "unreadable" else f
            for f in found.facts
        )  # fmt: skip
        return Reading(found.outcome, found.left, found.right, tuple(facts), found.parts, found.findings)

    monkeypatch.setattr(histories, "reading", reading)


def not_known(kind: Kind, text: str) -> Coded:
    return Coded(None, "", "", "", None, "ambiguous" if text.startswith("Any") else "unknown", ())


def suggest(kind: Kind, text: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(f"{kind}-{n}", text, 0.5) for n in range(9))


def inbox(db: Database) -> list[Unknown]:
    return unknown.inbox(db, not_known, suggest)


def recoded(path: Path) -> Database:
    """The database with every text unknown, but those that are ambiguous."""
    db = open_to_write(path)
    with db.atomic():
        db.conn.execute("DELETE FROM coding")
        coding.refresh(db, not_known)
    return db


def test_a_text_without_a_code_stands_in_the_inbox_with_what_is_known_of_it(tmp_path):
    pages = [
        shown(3, "cook", city("Xanadu, ZZ")),
        shown(1, "driver", city("Xanadu, ZZ")),
        shown(2, "driver", city("Xanadu, ZZ", "right"), city("Avalon, ZZ")),
    ]
    db = recoded(history(tmp_path / "a.db", pages))
    seen = [(e.kind, e.value, e.count, e.first_seen, e.last_seen, e.example_url, e.occupation) for e in inbox(db)]
    url = "https://a.example/baker-vs-driver"
    assert seen == [
        ("city", "Xanadu, ZZ", 3, day(1), day(3), url, "baker"),
        ("city", "Avalon, ZZ", 1, day(2), day(2), url, "baker"),
    ]
    assert [candidate.code for candidate in inbox(db)[0].suggestions] == ["city-0", "city-1", "city-2"]


def test_what_is_ambiguous_is_known(tmp_path):
    db = recoded(history(tmp_path / "a.db", [shown(0, "cook", city("Anytown"))]))
    assert inbox(db) == []


def test_what_was_never_coded_is_judged_as_if_it_were(tmp_path):
    db = open_to_write(history(tmp_path / "a.db", [shown(0, "cook", city("Anytown")), shown(0, "driver", city("Xanadu"))]))
    db.conn.execute("DELETE FROM coding")
    assert [entry.value for entry in inbox(db)] == ["Xanadu"]


def test_a_text_that_is_not_published_is_not_asked_about(tmp_path):
    pages = [shown(0, "cook", city("Xanadu")), shown(0, "driver", city("Avalon"), published=False)]
    assert [entry.value for entry in inbox(recoded(history(tmp_path / "a.db", pages)))] == ["Xanadu"]


def test_titles_count_where_an_official_file_is_loaded(tmp_path):
    db = recoded(history(tmp_path / "a.db", [shown(0, "cook")]))
    assert inbox(db) == []
    with db.atomic():
        coding.remember(db, "onet", "db", "27.0", "ab" * 32, 1, NOW)
        coding.refresh(db, not_known)
    assert [(entry.kind, entry.value) for entry in inbox(db)] == [("occupation", "Baker"), ("occupation", "Cook")]


def test_the_candidates_of_a_title_are_its_suggestions(tmp_path):
    found = (Candidate("51-3011", "Bakers", 0.8), Candidate("35-2011", "Cooks", 0.7))
    db = open_to_write(history(tmp_path / "a.db", [shown(0, "cook")]))
    with db.atomic():
        coding.remember(db, "onet", "db", "27.0", "ab" * 32, 1, NOW)
        coding.refresh(db, lambda kind, text: Coded(None, "", "", "", None, "unknown", found))
    assert [entry.suggestions for entry in unknown.inbox(db)] == [found, found]


# --- labels that left a cell unreadable ------------------------------------------------------------------------------

BAD_DEGREE: Said = ("left", DEGREE, "", "Nanodegree, 31%", "unreadable")
BAD_GENDER: Said = ("left", GENDER, "", "Male, 30% Agender, 70%", "unreadable")
BAD_RACE: Said = ("left", RACE, "", "White, 30% Martian, 70%", "unreadable")


def test_labels_that_the_vocabulary_does_not_list_stand_in_the_inbox(tmp_path, unreadable):
    pages = [shown(0, "cook", BAD_DEGREE, BAD_GENDER, BAD_RACE), shown(1, "driver", BAD_RACE)]
    db = open_to_write(history(tmp_path / "a.db", pages))
    assert [(entry.kind, entry.value, entry.count) for entry in inbox(db)] == [
        ("degree", "Nanodegree", 1),
        ("gender", "Agender", 1),
        ("race", "Martian", 2),
    ]


def test_labels_count_before_they_are_published_but_not_while_they_are_held(tmp_path, unreadable):
    pages = [shown(0, "cook", BAD_DEGREE, published=False), shown(0, "driver", BAD_RACE)]
    db = open_to_write(history(tmp_path / "a.db", pages))
    assert [entry.value for entry in inbox(db)] == ["Nanodegree", "Martian"]
    held = "INSERT INTO hold (page_capture_id, run_id, held_at, reason) SELECT id, 1, ?, 'drift' FROM page_capture"
    db.conn.execute(f"{held} WHERE published_reading_id IS NULL", [NOW])
    assert [entry.value for entry in inbox(db)] == ["Martian"]
    db.conn.execute("UPDATE hold SET released_at = ?", [NOW])
    assert [entry.value for entry in inbox(db)] == ["Nanodegree", "Martian"]


def test_a_cell_that_is_unreadable_for_another_reason_asks_nothing(tmp_path, unreadable):
    pages = [shown(0, "cook", ("left", DEGREE, "", "see below ->", "unreadable"))]
    entries = [entry.value for entry in inbox(open_to_write(history(tmp_path / "a.db", pages)))]
    assert entries in ([], ["see below ->"])


def test_what_stands_where_a_value_failed_to_appear_is_no_label(tmp_path, unreadable):
    pages = [shown(0, "cook", ("left", DEGREE, "", "{{left.degree}}", "unreadable"))]
    assert inbox(open_to_write(history(tmp_path / "a.db", pages))) == []


def test_a_label_leads_to_the_captures_that_a_rule_about_it_concerns(tmp_path, unreadable):
    pages = [
        shown(0, "cook", BAD_RACE),
        shown(1, "driver", BAD_DEGREE),
        shown(2, "cook", ("left", RACE, "", "Martians, 70%", "unreadable")),
        shown(3, "cook", ("left", RACE, "", "White, 30%  MARTIAN, 70%", "unreadable"), published=False),
    ]
    db = open_to_write(history(tmp_path / "a.db", pages))

    def days(kind: Kind, label: str) -> list[str]:
        times = dict(db.execute("SELECT id, captured_at FROM page_capture").fetchall())
        return sorted(times[row] for row in unknown.captures_with(db, kind, label))

    assert days("race", "Martian") == [day(0), day(3)]
    assert days("race", "white") == [day(0), day(3)]
    assert days("degree", "nanodegree") == [day(1)]
    assert days("gender", "Martian") == []


def test_a_label_of_a_cell_that_is_not_stored_is_found_by_its_finding(tmp_path):
    db = open_to_write(history(tmp_path / "a.db", [shown(0, "cook")]))
    db.conn.execute(
        "INSERT INTO page_finding (run_id, reading_id, side, field_id, code, severity, message) SELECT 1, newest_reading_id, 0, "
        "(SELECT id FROM field WHERE name = ?), 'unreadable_cell', 'error', 'no grammar takes the cell: Nanodegree, 31%' "
        "FROM page_capture",
        [DEGREE],
    )
    assert unknown.captures_with(db, "degree", "Nanodegree") == [1]
    assert unknown.captures_with(db, "race", "Nanodegree") == []


def test_rules_that_never_matched_are_reported(tmp_path, unreadable):
    db = open_to_write(history(tmp_path / "a.db", [shown(0, "cook", city("Xanadu, ZZ"), BAD_DEGREE)]))
    used = [("city", "XANADU, zz", "1"), ("degree", "Nanodegree", "certificate"), ("occupation", "baker", "51-3011")]
    idle = [
        ("city", "Xanadu", "1"),
        ("company", "Acme", "Acme"),
        ("race", "Martian", "white"),
        ("occupation", "smith", "51-4199"),
    ]
    found = unknown.never_matched(db, Rules(tuple(Rule(*rule) for rule in used + idle)))
    assert [(rule.kind, rule.value, rule.code) for rule in found] == idle


# --- real pages ------------------------------------------------------------------------------------------------------


def test_nothing_is_unknown_on_the_pages_of_the_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "Sandbox", ReadHere)
    db = open_to_write(load_pages(tmp_path, *(saved(page, day(0)) for page in (SEED, OVERVIEW, *real_pages()))))
    assert [(entry.kind, entry.value) for entry in unknown.inbox(db)] == []


def test_nothing_is_unknown_on_the_pages_of_the_fixtures(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "Sandbox", ReadHere)
    there = settings(tmp_path)
    importing.import_pages(there, sources.find([FIXTURES], ""), lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda report: None)
    db = open_to_write(there.db)
    assert db.execute("SELECT count(*) > 10 FROM occupation").fetchone() == (1,)
    assert [(entry.kind, entry.value) for entry in unknown.inbox(db)] == []
