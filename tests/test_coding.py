"""Codes of texts: coded once, joined by the views, coded anew when the vocabulary is another, with a record of what changed."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from db import coding, publish, runs
from db.connection import Database, open_to_write
from normalize.codes import Candidate, Coded, Kind
from tests import migrating
from tests.histories import NOW, Shown, day, history
from tests.imports import rows, sound

CITY, STATE, INDUSTRY, MAJOR, DEGREE = (
    "salary.best_city", "salary.best_state", "salary.best_industry", "education.major", "education.degree",
)  # fmt: skip
COLUMNS = "best_city_state, best_city_geonameid, best_state_usps, best_industry_naics, major_cip, degree_isced, soc_code"


def shown(number: float = 0, other: str = "cook", published: bool = True, **texts: str) -> Shown:
    """A page of the baker that shows these texts, by the name of their field."""
    names = {field.rpartition(".")[2]: field for field in (CITY, STATE, INDUSTRY, MAJOR, DEGREE)}
    facts = tuple(("left", names[name], "", text, "ok") for name, text in texts.items())
    return Shown(day(number), "baker", other, facts, published=published)


def code(value: str | None, within: str = "", reason: str = "", candidates: tuple[Candidate, ...] = ()) -> Coded:
    return Coded(value, "a title" if value else "", within, "exact" if value else "", None, reason, candidates)


class Book:
    """A coder with a book of its own, that counts what it is asked."""

    def __init__(self, book: Mapping[str, Coded | str]) -> None:
        self.book, self.asked = book, list[tuple[str, str]]()

    def __call__(self, kind: Kind, text: str) -> Coded:
        self.asked.append((kind, text))
        found = self.book.get(text, Coded(None, "", "", "", None, "unknown", ()))
        return code(found) if isinstance(found, str) else found


def codes(db: Database, slug: str = "baker") -> tuple[str | None, ...]:
    return tuple(db.execute(f"SELECT {COLUMNS} FROM occupation_latest WHERE slug = ?", [slug]).fetchone())


@pytest.fixture
def db(tmp_path: Path) -> Database:
    page = shown(best_city="Tulsa, OK", best_state="Ohio", best_industry="Retail", major="Law", degree="bachelor")
    return open_to_write(history(tmp_path / "a.db", [page]))


# --- once a text -----------------------------------------------------------------------------------------------------


def test_publishing_codes_what_it_publishes_by_the_built_in_lists(db):
    state, city, usps, naics, cip, isced, soc = codes(db)
    assert (state, usps, isced, soc) == ("OK", "OH", "6", None)
    assert city == "4553433"  # Tulsa in GeoNames
    assert naics == "44-45"
    assert cip.startswith("22")


def test_a_text_is_asked_for_once(db):
    db.conn.execute("DELETE FROM coding")
    book = Book({"Tulsa, OK": code("1", "OK")})
    with db.atomic():
        assert coding.refresh(db, book) == 5
        assert coding.refresh(db, book) == 0
    assert sorted(book.asked) == [("city", "Tulsa, OK"), ("industry", "Retail"), ("major", "Law"), ("state", "Ohio")]
    assert codes(db) == ("OK", "1", None, None, None, "6", None)


def test_only_the_texts_of_the_occupations_that_were_touched_are_looked_at(db):
    db.conn.execute("DELETE FROM coding")
    with db.atomic():
        assert coding.refresh(db, Book({}), jobs=[2]) == 0
        assert coding.refresh(db, Book({}), jobs=[2, 1]) == 5
        assert coding.refresh(db, Book({}), jobs=[]) == 0


def test_a_code_stands_beside_its_value_alone(tmp_path):
    pages = [shown(best_city="Tulsa, OK", major="Law"), shown(other="driver", best_city="Fargo, ND", major="Law")]
    db = open_to_write(history(tmp_path / "a.db", pages))
    state, city, _, _, cip, *_ = codes(db)
    assert (state, city) == (None, None), "the city is in conflict"
    assert cip is not None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (code("31-33"), "31-33"),
        (code(None, reason="unknown"), None),
        (code(None, reason="ambiguous", candidates=(Candidate("51", "Information", 1.0),)), None),
    ],
)
def test_what_is_ambiguous_or_unknown_has_no_code(db, found, expected):
    db.conn.execute("DELETE FROM coding")
    with db.atomic():
        coding.refresh(db, Book({"Retail": found}))
    assert codes(db)[3] == expected


def test_a_city_that_is_not_known_may_lie_in_a_known_state(db):
    db.conn.execute("DELETE FROM coding")
    with db.atomic():
        coding.refresh(db, Book({"Tulsa, OK": code(None, "OK", "unknown")}))
    assert codes(db)[:2] == ("OK", None)


@pytest.mark.parametrize(("degree", "level"), [("high_school", "3"), ("bachelor", "6"), ("doctorate", "8"), ("diploma", None)])
def test_a_degree_has_the_level_of_its_code_whatever_the_coder(tmp_path, degree, level):
    db = open_to_write(history(tmp_path / "a.db", [shown(degree=degree)]))
    assert codes(db)[5] == level
    db.conn.execute("DELETE FROM coding")
    with db.atomic():
        coding.refresh(db, Book({degree: "9"}))
    assert codes(db)[5] == level


def test_a_code_with_a_reason_for_having_none_is_refused(db):
    with pytest.raises(sqlite3.IntegrityError):
        db.conn.execute("UPDATE coding SET reason = 'unknown' WHERE code IS NOT NULL")


# --- titles ----------------------------------------------------------------------------------------------------------

BAKER = Coded("51-3011", "Bakers", "", "normalised", 0.95, "", ())
COOK = Coded(None, "", "", "", None, "ambiguous", (Candidate("35-2014", "Cooks, Restaurant", 0.5),))


def test_titles_are_coded_where_an_official_file_is_loaded(db):
    book = Book({"Baker": BAKER, "Cook": COOK})
    with db.atomic():
        coding.refresh(db, book)
        assert book.asked == []
        coding.remember(db, "onet", "db_27_0", "27.0", "ab" * 32, 57_000, NOW)
        coding.refresh(db)
        assert coding.refresh(db, book) == 2
    query = "SELECT slug, soc_code, soc_title, soc_method, soc_score, soc_reason, soc_candidates FROM occupation ORDER BY slug"
    assert db.execute(query).fetchall() == [
        ("baker", "51-3011", "Bakers", "normalised", 0.95, None, None),
        ("cook", None, None, None, None, "ambiguous", '[["35-2014", "Cooks, Restaurant", 0.5]]'),
    ]
    assert codes(db)[-1] == "51-3011"


def test_titles_keep_their_codes_where_nothing_can_code_them_anew(db):
    with db.atomic():
        coding.remember(db, "onet", "db_27_0", "27.0", "ab" * 32, 57_000, NOW)
        coding.refresh(db, Book({"Baker": BAKER}))
        assert [change.field for change in coding.recode(db, None, tuple(coding.KINDS), 1, NOW)] == []
    assert codes(db)[-1] == "51-3011"


def test_an_official_file_of_the_same_name_gives_way(db):
    with db.atomic():
        coding.remember(db, "onet", "db", "27.0", "ab" * 32, 1, day(0))
        coding.remember(db, "onet", "db", "28.0", "cd" * 32, 2, day(1))
        coding.remember(db, "dmtf", "titles", "", "ef" * 32, 3, day(2))
    assert [(file.kind, file.release, file.rows, file.loaded_at) for file in coding.known(db)] == [
        ("dmtf", "", 3, day(2)), ("onet", "28.0", 2, day(1)),
    ]  # fmt: skip
    with db.atomic():
        coding.withdraw(db, "onet")
    assert [file.kind for file in coding.known(db)] == ["dmtf"]


# --- anew ------------------------------------------------------------------------------------------------------------


def recode(db: Database, book: Book, *kinds: Kind) -> list[coding.Change]:
    with db.atomic():
        return coding.recode(db, book, kinds, runs.begin(db, "map", NOW), day(3))


def test_another_code_is_written_down_as_a_change_of_the_occupation(db):
    before = codes(db)
    changes = recode(db, Book({"Retail": "51", "Law": "99"}), "industry")
    assert changes == [coding.Change("baker", "best_industry_naics", before[3], "51")]
    assert codes(db) == (*before[:3], "51", *before[4:])
    columns = "run_id, field, item, old_value, old_status, new_value, new_status, cause, changed_at"
    assert db.execute(f"SELECT {columns} FROM applied_change").fetchall() == [
        (3, "best_industry_naics", "", before[3], "ok", "51", "ok", "vocabulary", day(3))
    ]


def test_a_code_that_goes_or_comes_is_a_change_from_or_to_missing(db):
    recode(db, Book({}), "city")
    recode(db, Book({"Tulsa, OK": code("1", "OK")}), "city")
    query = "SELECT field, old_value, old_status, new_value, new_status FROM applied_change ORDER BY id"
    assert db.execute(query).fetchall() == [
        ("best_city_state", "OK", "ok", None, "missing"),
        ("best_city_geonameid", "4553433", "ok", None, "missing"),
        ("best_city_state", None, "missing", "OK", "ok"),
        ("best_city_geonameid", None, "missing", "1", "ok"),
    ]


def test_the_same_codes_again_are_no_change(db):
    before = codes(db)
    with db.atomic():
        assert coding.recode(db, None, tuple(coding.KINDS), 1, day(3)) == []
    assert codes(db) == before
    assert db.execute("SELECT count(*) FROM applied_change").fetchone() == (0,)


def test_a_code_of_an_older_value_is_no_change(tmp_path):
    pages = [shown(0, best_industry="Retail"), shown(20, best_industry="Finance")]
    db = open_to_write(history(tmp_path / "a.db", pages))
    assert recode(db, Book({"Retail": "51", "Finance": codes(db)[3] or ""}), "industry") == []


def test_a_value_that_a_rule_changes_is_written_down_under_the_name_of_its_field(db):
    columns = ("education_degree", "demographics_race_white_pct", "best_city_state")
    before = coding.latest(db, columns) | {"baker": ("master", 60.0, "OK"), "gone": (None, None, None)}
    with db.atomic():
        changes = coding.note_changes(db, columns, before, 1, day(3))
    assert changes == [
        coding.Change("baker", "education.degree", "master", "bachelor"),
        coding.Change("baker", "demographics.race_pct", 60.0, None, "white"),
    ]
    query = "SELECT field, item, old_value, new_value, new_status FROM applied_change ORDER BY id"
    assert db.execute(query).fetchall() == [
        ("education.degree", "", "master", "bachelor", "ok"),
        ("demographics.race_pct", "white", 60.0, None, "missing"),
    ]


def test_texts_that_stand_nowhere_any_more_lose_their_code(db):
    db.conn.execute("INSERT INTO coding VALUES ('city', 'Gone, OK', '1', '', 'OK', 'exact', NULL, '', '[]')")
    recode(db, Book({}), "city")
    assert db.execute("SELECT text FROM coding WHERE kind = 'city'").fetchall() == [("Tulsa, OK",)]


def digests(one: str, **others: str) -> dict[Kind, str]:
    return dict.fromkeys(coding.KINDS, one) | others  # type: ignore[return-value]


def catch_up(db: Database, book: Book | None, by: Mapping[Kind, str]) -> list[tuple[str, object]]:
    with db.atomic():
        return [(change.field, change.new_value) for change in coding.catch_up(db, book, by, 1, day(1))]


def test_another_vocabulary_codes_everything_anew_once(db):
    book = Book({"Retail": "51"})
    assert catch_up(db, None, digests("a")) == []
    assert catch_up(db, book, digests("a")) == []
    assert book.asked == []
    assert ("best_industry_naics", "51") in catch_up(db, book, digests("b"))
    assert catch_up(db, book, digests("b")) == []


def test_only_the_kinds_with_another_vocabulary_are_coded_anew(db):
    book = Book({"Retail": "51", "Law": "99"})
    catch_up(db, None, digests("a"))
    assert catch_up(db, book, digests("a", industry="b")) == [("best_industry_naics", "51")]
    assert catch_up(db, book, digests("a", industry="b", major="b")) == [("major_cip", "99")]


def test_a_database_without_codes_is_coded_for_the_first_time_without_changes(db):
    before = codes(db)
    db.conn.execute("DELETE FROM coding")
    assert catch_up(db, None, digests("a")) == []
    assert codes(db) == before
    assert db.execute("SELECT count(*) FROM applied_change").fetchone() == (0,)


def test_what_publishing_coded_by_the_built_in_lists_is_no_former_code(db):
    with db.atomic():
        coding.remember(db, "onet", "db_27_0", "27.0", "ab" * 32, 57_000, NOW)
    assert catch_up(db, Book({"Baker": BAKER, "Retail": "51"}), digests("a")) == []
    assert (codes(db)[3], codes(db)[-1]) == ("51", "51-3011")
    assert db.execute("SELECT count(*) FROM applied_change").fetchone() == (0,)


# --- from an older database ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_database_without_codes_and_conflicts_is_taken_over(tmp_path, version):
    path = migrating.old(version, tmp_path)
    open_to_write(path).close()
    coded = "SELECT count(best_state_usps), count(degree_isced), count(best_industry_naics) FROM occupation_latest"
    assert all(rows(path, coded)[0])
    disputed = "SELECT DISTINCT field FROM conflict WHERE occupation = 'loss-mitigation-specialist'"
    assert ("demographics.age_mean",) in rows(path, disputed)
    assert rows(path, "SELECT count(*) FROM applied_change") == [(0,)]
    assert sound(path)


def test_publishing_a_run_without_pages_codes_nothing(db):
    with db.atomic():
        publish.publish(db, runs.begin(db, "import", NOW))
    assert codes(db)[2] == "OH"
