"""What changed and when, of real pages: by the views, and by the commands `history` and `changes`."""

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from db import queries
from normalize.errors import UsageError
from normalize.fields import BY_NAME
from scraper.timeline import change_cells, moment
from tests.command import FIXTURES, Command
from tests.figures import OVERVIEW, SEED, Figures, as_html
from tests.histories import Shown, day, history
from tests.imports import import_pages, rows, saved, settings
from tests.world import A, World, analyst, at

MEAN, AGE, CITY = "salary.annual_mean_usd", "demographics.age_mean", "salary.best_city"
D0, D1, D2, D3 = (f"2024-0{month}-01T00:00:00Z" for month in range(1, 5))
PEOPLE = replace(SEED, tables={"demographics": SEED.tables["demographics"]}, times=None, pay=None, skills=None)
OTHER_JOBS = ("Account Resolution Analyst | Loss Mitigation Specialist", "Baker | Cook")
SLUG = "account-resolution-analyst"


def without(page: Figures, label: str) -> Figures:
    return replace(page, tables={name: tuple(r for r in rows if r[0] != label) for name, rows in page.tables.items()})


def paid(page: Figures, amount: str) -> Figures:
    """The page with another salary, in table and sentence."""
    return replace(page.with_cell("Average salary", left=amount), pay=(amount, "$43,251"))


def stretches(db: Path, field: str, slug: str = SLUG) -> list[tuple]:
    query = (
        "SELECT value, first_seen, last_seen, captures FROM history WHERE occupation = ? AND field = ? ORDER BY first_seen, item"
    )
    return rows(db, query, slug, field)


def changes(db: Path, field: str = "%", slug: str = SLUG) -> list[tuple]:
    query = (
        "SELECT field, item, old_value, old_status, new_value, new_status, changed_at, cause FROM change "
        "WHERE occupation = ? AND field LIKE ? ORDER BY changed_at, field, item"
    )
    return rows(db, query, slug, field)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_three_dates_are_three_stretches_in_whatever_order_they_come(tmp_path: Path, order):
    pages = [saved(paid(SEED, amount), at) for amount, at in (("$44,937", D0), ("$45,000", D1), ("$46,100", D2))]
    for n in order:
        import_pages(tmp_path, pages[n])
    db = settings(tmp_path).db
    assert stretches(db, MEAN) == [(44937, D0, D0, 1), (45000, D1, D1, 1), (46100, D2, D2, 1)]
    assert changes(db) == [
        (MEAN, "", 44937, "ok", 45000, "ok", D1, "source"),
        (MEAN, "", 45000, "ok", 46100, "ok", D2, "source"),
    ]
    assert stretches(db, AGE) == [(46, D0, D2, 3)]
    assert changes(db, slug="loss-mitigation-specialist") == []
    assert rows(db, "SELECT DISTINCT url FROM change") == [(SEED.url,)]


UNCHANGED = {
    "rejected": saved(paid(SEED, "$99,000"), D1, OTHER_JOBS),
    "without the table": saved(replace(SEED, tables={"salary": SEED.tables["salary"]}), D1),
    "cut, without the row": saved(without(SEED, "Average age").with_cell("LGBT Percentage", left="plenty"), D1),
    "in doubt": saved(SEED.with_cell("Average age", left="99"), D1),
    "unreadable": saved(SEED.with_cell("Average age", left="old"), D1),
}


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", UNCHANGED)
def test_a_gap_is_no_change(tmp_path: Path, name):
    import_pages(tmp_path, saved(SEED, D0), UNCHANGED[name], saved(SEED, D2))
    db = settings(tmp_path).db
    assert stretches(db, AGE) == [(46, D0, D2, 2)]
    assert changes(db, AGE) == []


@pytest.mark.usefixtures("read_here")
def test_a_row_that_is_gone_is_removed_at_the_source(tmp_path: Path):
    import_pages(tmp_path, saved(SEED, D0), saved(without(SEED, "Average age"), D1), saved(SEED, D2))
    db = settings(tmp_path).db
    assert stretches(db, AGE) == [(46, D0, D0, 1), (46, D2, D2, 1)]
    assert changes(db) == [
        (AGE, "", 46, "ok", None, "removed", D1, "source"),
        (AGE, "", None, "removed", 46, "ok", D2, "source"),
    ]


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    ("first", "then", "removed"),
    [
        ("both", "overview", False),
        ("both", "demographics", True),
        ("demographics", "overview", False),
        ("overview", "demographics", False),
        ("overview", "both", True),
    ],
)
def test_the_table_that_has_to_be_there_is_the_one_that_had_the_row(tmp_path: Path, first, then, removed):
    tables = {"overview": OVERVIEW.tables["overview"], "demographics": SEED.tables["demographics"]}
    tables = {name: tuple((row[0], "46", "46") if row[0] == "Average age" else row for row in of) for name, of in tables.items()}
    full = replace(OVERVIEW, tables=tables)
    before, after = (
        replace(full, tables={name: of for name, of in tables.items() if which in (name, "both")}) for which in (first, then)
    )
    import_pages(tmp_path, saved(before, D0), saved(without(after, "Average age"), D1))
    found = changes(settings(tmp_path).db, AGE, "electrician")
    assert found == ([(AGE, "", 46, "ok", None, "removed", D1, "source")] if removed else [])


@pytest.mark.usefixtures("read_here")
def test_a_dash_is_missing_and_a_list_that_loses_an_item_loses_it(tmp_path: Path):
    dash = SEED.with_cell("Average age", left="-").with_cell("Gender ratio", left="Female, 98% Unknown, 2%")
    import_pages(tmp_path, saved(SEED, D0), saved(dash, D1))
    gender = "demographics.gender_pct"
    assert changes(settings(tmp_path).db) == [
        (AGE, "", 46, "ok", None, "missing", D1, "source"),
        (gender, "female", 65.6, "ok", 98, "ok", D1, "source"),
        (gender, "male", 34.4, "ok", None, "removed", D1, "source"),
    ]


@pytest.mark.usefixtures("read_here")
def test_skills_of_a_shorter_list_are_removed_and_those_of_a_page_without_one_are_not(tmp_path: Path):
    none = replace(SEED, skills=None)
    other = replace(SEED, skills=(("escalate", "credit balances", "law"), SEED.skills[1]))
    import_pages(tmp_path, saved(SEED, D0), saved(none, D1), saved(other, D2))
    assert changes(settings(tmp_path).db) == [("skill.name", "3", "customer accounts", "ok", "law", "ok", D2, "source")]


@pytest.mark.usefixtures("read_here")
def test_two_pages_that_change_alike_are_one_change_of_the_first(tmp_path: Path):
    left, right = PEOPLE, replace(PEOPLE, left="Zoo Keeper", right="Account Resolution Analyst")
    late, early = "2024-02-03T00:00:00Z", D1
    import_pages(
        tmp_path,
        *(saved(page, D0) for page in (left, right)),
        saved(left.with_cell("Average age", left="47"), late),
        saved(right.with_cell("Average age", right="47"), early),
    )
    db = settings(tmp_path).db
    assert rows(db, "SELECT new_value, changed_at, url FROM change WHERE occupation = ?", SLUG) == [(47, early, right.url)]
    assert stretches(db, AGE) == [(46, D0, D0, 2), (47, early, late, 2)]


def test_a_page_that_blocks_or_fails_or_is_gone_changes_nothing(world: World):
    url = at(A, analyst(0))
    world.pages[url] = as_html(analyst(0))
    world.scrape(url)
    for answer in ((403, {}, b"no"), (500, {}, b""), (404, {}, b"")):
        world.pass_days(40)
        world.pages[url] = answer
        world.scrape(url, refresh=True)
    world.pass_days(40)
    world.pages[url] = as_html(analyst(0))
    world.scrape(url, refresh=True)
    assert world.says("SELECT count(*) FROM change") == [(0,)]
    assert world.says("SELECT DISTINCT captures, first_seen < last_seen FROM history") == [(2, 1)]


@pytest.mark.slow
def test_fixture_pages_that_are_seen_twice_never_change(tmp_path: Path):
    command = Command(tmp_path)
    cases = sorted(
        path.parent for path in FIXTURES.glob("*/capture.json") if not path.parent.name.startswith(("error", "partial"))
    )
    for number, months in enumerate((1, 2)):
        for case in cases:
            there = tmp_path / f"{number}" / case.name
            there.mkdir(parents=True)
            for path in (p for p in case.iterdir() if p.name.startswith("page.")):
                (there / path.name).write_bytes(path.read_bytes())
            said = json.loads((case / "capture.json").read_text()) | {"captured_at": f"2024-0{2 * months}-01T00:00:00Z"}
            (there / "capture.json").write_text(json.dumps(said))
        command("import", tmp_path / f"{number}")
    db = tmp_path / "careerscape.db"
    query = (
        "SELECT DISTINCT occupation, field, item FROM observation o WHERE status = 'ok' AND NOT EXISTS (SELECT 1 FROM conflict c "
    )
    query += "WHERE (c.occupation, c.field, c.item) = (o.occupation, o.field, o.item))"
    undisputed = set(rows(db, query))
    assert len(undisputed) > 200
    assert set(rows(db, "SELECT occupation, field, item FROM history")) == undisputed
    assert rows(db, "SELECT * FROM change") == []


# --- commands --------------------------------------------------------------------------------------------------------


def views_columns(db: Path, view: str) -> list[str]:
    return [row[1] for row in rows(db, f"PRAGMA table_info({view})")]


@pytest.fixture
def three(tmp_path: Path, read_here: None) -> Command:
    """A salary that changed in February and March, and an age that is a dash from March on."""
    pages = [saved(paid(SEED, amount), at) for amount, at in (("$44,937", D0), ("$45,000", D1))]
    import_pages(tmp_path, *pages, saved(paid(SEED, "$46,100").with_cell("Average age", left="-"), D2))
    return Command(tmp_path)


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_the_history_of_a_field(three: Command):
    for name in (MEAN, "annual_mean_usd", "salary_annual_mean_usd"):
        assert cells(three("history", SLUG, name).stdout) == [
            ["field", "item", "value", "first seen", "last seen", "captures"],
            [MEAN, "$44,937", D0, D0, "1"],
            [MEAN, "$45,000", D1, D1, "1"],
            [MEAN, "$46,100", D2, D2, "1"],
        ]
    by_title = three.json("history", "Account Resolution Analyst", MEAN)
    assert list(by_title[0]) == views_columns(three.folder / "careerscape.db", "history")
    assert [(row["value"], row["first_seen"], row["captures"]) for row in by_title] == [
        (44937, D0, 1),
        (45000, D1, 1),
        (46100, D2, 1),
    ]


def test_the_history_of_an_occupation_is_in_the_order_of_its_fields(three: Command):
    found = three.json("history", SLUG)
    places = [(queries.order(BY_NAME[row["field"]], row["item"]), row["first_seen"]) for row in found]
    assert places == sorted(places)
    assert len({row["field"] for row in found}) > 10
    assert [row["value"] for row in three.json("history", SLUG, "demographics.gender_pct.female")] == [65.6]
    assert "Female" in three("history", SLUG, "demographics.gender_pct").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("history", "account-resolution"), SLUG),
        (("history", SLUG, "salary.annual_men_usd"), MEAN),
        (("history", SLUG, ""), ""),
        (("changes", "--since", "last week"), "2024-02-11"),
        (("changes", "--since", "2024-02-30"), "no day or time"),
        (("changes", "--since", "2024-02-11T07:42:19"), "no day or time"),
        (("changes", "--since", ""), "no day or time"),
        (("changes", "--limit", "0"), "limit"),
        (("changes", "--limit", "many"), "limit"),
        (("changes", "--limit", "99999999999999999999"), "limit"),
    ],
)
def test_wrong_usage_is_2_and_says_what_would_be_right(three: Command, arguments, said):
    done = three(*arguments, exit_code=2)
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_no_page_says_is_told_and_is_no_error(three: Command):
    done = three("history", SLUG, "outlook.jobs")
    assert (done.stdout, done.stderr) == ("", f"no page says an undisputed value of outlook.jobs of {SLUG}\n")
    assert three.json("history", SLUG, "outlook.jobs") == []


def test_the_changes(three: Command):
    assert cells(three("changes").stdout) == [
        ["changed", "occupation", "field", "item", "was", "is", "cause"],
        [D2, SLUG, AGE, "46 years", "–", "source"],
        [D2, SLUG, MEAN, "$45,000", "$46,100", "source"],
        [D1, SLUG, MEAN, "$44,937", "$45,000", "source"],
    ]
    found = three.json("changes")
    assert list(found[0]) == views_columns(three.folder / "careerscape.db", "change")
    assert {row["url"] for row in found} == {SEED.url}
    assert three("changes", "--limit", "2").stderr == "the newest 2; --limit shows more\n"
    assert three("changes", "--limit", "3").stderr == ""
    assert found[:2] == three.json("changes", "--limit", "2")


@pytest.mark.parametrize(
    ("since", "count"),
    [
        ("2024-02-01", 3),
        ("2024-02-02", 2),
        ("2024-03-01", 2),
        ("2024-03-01T00:00:00Z", 2),
        ("2024-03-01T01:00:00+02:00", 2),
        ("2024-02-29T23:00:00-02:00", 0),
        ("2024-03-01T00:00:01Z", 0),
    ],
)
def test_changes_since(three: Command, since, count):
    assert len(three.json("changes", "--since", since)) == count
    assert three("changes", "--since", since).stderr == ("" if count else f"nothing changed since {since}\n")


def test_a_database_without_pages_has_no_changes(tmp_path: Path):
    history(tmp_path / "careerscape.db")
    done = Command(tmp_path)("changes")
    assert (done.stdout, done.stderr) == ("", "nothing changed yet\n")
    assert Command(tmp_path).json("changes") == []
    assert "'cook' is no known occupation" in Command(tmp_path)("history", "cook", exit_code=2).stderr


def test_no_control_character_of_a_page_reaches_the_terminal(tmp_path: Path):
    names = ("Tulsa\x1b[31m, OK", "Far\u202ego\x9b, ND\nand more")
    pages = [Shown(day(30 * n), "baker", "cook", (("left", CITY, "", name, "ok"),)) for n, name in enumerate(names)]
    history(tmp_path / "careerscape.db", pages)
    for arguments in (("changes",), ("history", "baker", CITY)):
        for more in ((), ("--json",)):
            said = Command(tmp_path)(*arguments, *more).stdout
            assert not {"\x1b", "\u202e", "\x9b"} & set(said)
            assert "Tulsa" in said
            assert len(said.splitlines()) <= 3
    found = Command(tmp_path).json("changes")
    assert (found[0]["old_value"], found[0]["new_value"]) == names


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-02-11", "2024-02-11T00:00:00Z"),
        ("2024-02-11T07:42:19Z", "2024-02-11T07:42:19Z"),
        ("2024-02-11T07:42:19+02:00", "2024-02-11T05:42:19Z"),
        ("2024-02-11T07:42:19", None),
        ("2024-2-11", None),
        ("20240211", None),
        ("2024-02-30", None),
        ("2024-W07-7", None),
        ("\u0662\u0660\u0662\u0664-02-11", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("2024", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments(text, time):
    if time:
        assert moment(text) == time
    else:
        with pytest.raises(UsageError, match="no day or time"):
            moment(text)


@pytest.mark.parametrize(
    ("field", "status", "cause", "words"),
    [
        (MEAN, "missing", "source", "–"),
        (MEAN, "removed", "source", "removed"),
        (MEAN, "removed", "parser", "not given"),
        ("soc_code", "missing", "vocabulary", "–"),
    ],
)
def test_what_is_no_value_is_said_in_words(field, status, cause, words):
    row = {"field": field, "item": "", "old_value": 44937, "old_status": "ok", "new_value": None, "new_status": status}
    told = change_cells(row | {"changed_at": D0, "occupation": SLUG, "cause": cause})
    assert told == (D0, SLUG, field, "", "44937" if field == "soc_code" else "$44,937", words, cause)
