"""Rows: facts stored once by content, the same public views in whatever order pages come, and tables that refuse nonsense."""

import gzip
import math
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db import load
from db.connection import Database, open_to_write
from normalize.facts import STATUSES
from normalize.fields import BY_NAME, FIELDS
from scraper import parsing, run
from tests.figures import OVERVIEW, SEED, Figures, as_text, expected, real_pages
from tests.imports import DAYS, ReadHere, dump, import_pages, load_pages, record, rows, saved, settings, sound

pytestmark = pytest.mark.usefixtures("read_here")

FACTS = ("salary", "education", "demographics", "share", "outlook", "skillset", "skill")
CONTENT = (*FACTS, "layout", "layout_cell", "job", "job_title")
PLUMBER = replace(OVERVIEW, right="Plumber").with_cell("Average age", right="39")


def swapped(page: Figures) -> Figures:
    """The page about the same two jobs, the other first."""
    tables = {name: tuple((label, right, left) for label, left, right in rows) for name, rows in page.tables.items()}
    return Figures(page.right, page.left, tables, page.times[::-1], page.pay[::-1], page.skills[::-1])


def sizes(db: Path) -> dict[str, int]:
    return {table: rows(db, f"SELECT count(*) FROM {table}")[0][0] for table in CONTENT}


# --- once by content -------------------------------------------------------------------------------------------------


def test_the_same_facts_are_stored_once(tmp_path):
    before = sizes(load_pages(tmp_path, saved(SEED, DAYS[1])))
    again = [saved(SEED, DAYS[2]), saved(SEED, DAYS[3], ("Explore jobs", "Other words")), saved(SEED, DAYS[0])]
    report = import_pages(tmp_path, *again)
    db = settings(tmp_path).db
    assert sizes(db) == before
    assert (report.counts.unchanged, report.counts.loaded) == (2, 1)  # nothing lies before the first day
    assert rows(db, "SELECT count(*), count(DISTINCT capture_id) FROM observation") == [(4 * len(expected(SEED)), 4)]
    assert rows(db, "SELECT count(*) FROM reading") == [(4,)]
    assert rows(db, "SELECT count(*) FROM sighting") == [(2,)], "what they show is stored once"


def test_a_changed_fact_adds_one_row_to_its_section_alone(tmp_path):
    before = sizes(load_pages(tmp_path, saved(SEED, DAYS[0])))
    after = sizes(load_pages(tmp_path, saved(SEED.with_cell("Most common major", left="Finance"), DAYS[1])))
    assert after == before | {"education": before["education"] + 1}


def test_another_page_of_an_occupation_adds_no_facts_that_are_known(tmp_path):
    before = sizes(load_pages(tmp_path, saved(OVERVIEW, DAYS[0])))
    after = sizes(load_pages(tmp_path, saved(swapped(OVERVIEW), DAYS[0])))
    assert {name: after[name] for name in FACTS} == {name: before[name] for name in FACTS}
    plumber = sizes(load_pages(tmp_path, saved(PLUMBER, DAYS[0])))
    assert plumber["outlook"] == after["outlook"] + 1


@pytest.mark.parametrize("page", [SEED, OVERVIEW, *real_pages()[:9]], ids=lambda page: page.url.rsplit("/", 1)[1])
def test_observation_says_what_the_page_says(tmp_path, page: Figures):
    found = rows(
        load_pages(tmp_path, saved(page, DAYS[0])),
        "SELECT side, field, item, value, status, typeof(value), value_number, value_text, unit FROM observation",
    )
    assert {row[:3]: row[3:5] for row in found} == expected(page)
    assert len(found) == len(expected(page))
    types = {"integer": int, "real": float, "text": str}
    for _, field, _, value, status, kind, number, text, unit in found:
        assert kind == (BY_NAME[field].kind if status in ("ok", "suspect") else "null")
        assert value is None or isinstance(value, types[BY_NAME[field].kind])
        assert (number, text) == ((None, value) if BY_NAME[field].kind == "text" else (value, None))
        assert unit == BY_NAME[field].unit


def test_sightings_point_at_captures_and_their_rows(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]), saved(SEED, DAYS[1]), saved(OVERVIEW, DAYS[0]))
    assert sound(db)
    for url, captured_at, capture_id in rows(db, "SELECT url, captured_at, capture_id FROM capture"):
        found = record(db, "SELECT * FROM comparison WHERE url = ? AND captured_at = ?", url, captured_at)
        page = SEED if url == SEED.url else OVERVIEW
        assert (found["left_title"], found["right_title"]) == (page.left, page.right)
        assert (found["outcome"], found["published"]) == ("complete", 1)
        query = "SELECT DISTINCT occupation FROM observation WHERE capture_id = ? AND url = ? AND captured_at = ? ORDER BY side"
        assert [o for (o,) in rows(db, query, capture_id, url, captured_at)] == [found["left"], found["right"]]


def test_a_body_that_lies_in_the_archive_is_confirmed_by_a_revisit(tmp_path):
    mirror = replace(saved(SEED, DAYS[2]), url=SEED.url.replace("www.zippia.com", "mirror.example"))
    import_pages(tmp_path, saved(SEED, DAYS[2]))
    import_pages(tmp_path, saved(SEED, DAYS[1]), mirror, saved(OVERVIEW, DAYS[1]))
    query = "SELECT url, captured_at, warc_file, warc_offset, warc_length FROM capture"
    kinds = {}
    for url, at, file, offset, length in rows(settings(tmp_path).db, query):
        record = (settings(tmp_path).archive / file).read_bytes()[offset : offset + length]
        head = gzip.decompress(record).decode().partition("\r\n\r\n")[0]
        said = dict(line.split(": ", 1) for line in head.splitlines()[1:])
        assert (said["WARC-Target-URI"], said["WARC-Date"]) == (url, at)
        kinds[url, at] = [said.get(f"WARC-{name}") for name in ("Type", "Refers-To-Target-URI", "Refers-To-Date")]
    assert kinds == {
        (SEED.url, DAYS[2]): ["resource", None, None],
        (SEED.url, DAYS[1]): ["revisit", SEED.url, DAYS[2]],
        (mirror.url, DAYS[2]): ["revisit", SEED.url, DAYS[2]],
        (OVERVIEW.url, DAYS[1]): ["resource", None, None],
    }


def test_the_section_of_a_row_is_the_table_it_stands_in(tmp_path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]), saved(OVERVIEW, DAYS[0]))
    query = "SELECT DISTINCT url, field, section FROM observation WHERE field IN (?, ?, ?)"
    assert set(rows(db, query, "salary.annual_mean_usd", "skill.name", "demographics.age_mean")) == {
        (SEED.url, "salary.annual_mean_usd", "salary"), (SEED.url, "demographics.age_mean", "demographics"),
        (OVERVIEW.url, "salary.annual_mean_usd", "overview"), (OVERVIEW.url, "demographics.age_mean", "overview"),
        (SEED.url, "skill.name", "intro"), (OVERVIEW.url, "skill.name", "intro"),
    }  # fmt: skip


# --- in any order ----------------------------------------------------------------------------------------------------

MIXED = [
    saved(OVERVIEW, DAYS[0]),
    saved(OVERVIEW, DAYS[2]),
    saved(OVERVIEW.with_cell("Average age", left="50"), DAYS[1]),
    saved(PLUMBER.with_cell("Job satisfaction", left="-"), DAYS[1]),
    saved(PLUMBER.with_cell("Number of jobs", left="plenty"), DAYS[3]),
    saved(swapped(OVERVIEW).with_cell("Yearly salary", right="$1"), DAYS[3]),
    saved(OVERVIEW, DAYS[4], ("Electrician | Journeyman", "Baker | Cook")),
    replace(saved(SEED, ""), modified=1_700_000_000),
    replace(saved(SEED, DAYS[5]), url=SEED.url.replace("www.zippia.com", "mirror.example")),
    saved(replace(OVERVIEW, left="ELECTRICIAN"), DAYS[1], ("Explore jobs", "Other words")),
]


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "Sandbox", ReadHere)
        return dump(load_pages(tmp_path_factory.mktemp("in_order"), *MIXED))


def test_the_mixed_pages_have_every_outcome_and_status(in_order):
    assert {row[-3] for row in in_order["comparison"]} == {"complete", "partial", "rejected"}
    assert set(STATUSES) <= {value for row in in_order["observation"] for value in row}
    assert len(in_order["capture"]) == len(MIXED)


@pytest.mark.parametrize("seed", range(5))
def test_pages_give_the_same_views_in_any_order(tmp_path, in_order, seed):
    shuffled = random.Random(seed).sample(MIXED, len(MIXED))
    assert dump(load_pages(tmp_path, *shuffled)) == in_order


@pytest.mark.parametrize("pages", [MIXED, MIXED[::-1], [*MIXED, *MIXED]], ids=["forwards", "backwards", "twice"])
def test_pages_give_the_same_views_in_one_run_or_many(tmp_path, in_order, pages):
    for page in pages:
        import_pages(tmp_path, page)
    db = settings(tmp_path).db
    assert dump(db) == in_order
    assert sound(db)


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with one page."""
    opened = open_to_write(load_pages(tmp_path, saved(SEED, DAYS[0])))
    yield opened
    opened.close()


def test_every_table_is_strict(db):
    every = db.conn.execute("PRAGMA table_list").fetchall()
    tables = [row for row in every if row[2] == "table" and not row[1].lstrip("_").startswith("sqlite_")]
    assert len(tables) > 15
    assert [name for _, name, _, _, _, strict in tables if not strict] == []


def refused(db: Database, table: str, values: dict[str, object]) -> bool:
    """Whether a table refuses a row; what it takes is rolled back."""
    marks = ", ".join("?" * len(values))
    with db.atomic():
        db.conn.execute("SAVEPOINT attempt")
        try:
            db.conn.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
        except sqlite3.IntegrityError:
            return True
        db.conn.execute("ROLLBACK TO attempt")
        return False


VALUES = {"integer": 5, "real": 5.0, "text": "five"}
VALUED = [
    (field, {"job_id": 1, "digest": 0} if field.section != "skill" else {"skillset_id": 1, "rank": 99}, field.column)
    for field in FIELDS
    if not field.items
]


@pytest.mark.parametrize(("field", "row", "column"), VALUED, ids=lambda value: getattr(value, "name", ""))
def test_a_value_goes_with_its_status(db, field, row, column):
    value = VALUES[field.kind]
    for given, status in [(value, 0), (value, 2), (None, 1), (None, 3), (None, None)]:
        assert not refused(db, field.section, row | {column: given, f"{column}_status": status}), (given, status)
    wrong = [(value, 1), (value, 3), (value, None), (None, 0), (None, 2), (None, 4), (None, -1), (value, 7), (value, "ok")]
    for given, status in wrong:
        assert refused(db, field.section, row | {column: given, f"{column}_status": status}), (given, status)
    for given in {"integer": ("five", 5.5, b"5"), "real": ("five", b"5"), "text": (b"five",)}[field.kind]:
        assert refused(db, field.section, row | {column: given, f"{column}_status": 0}), given


ROWS = {
    "share": (
        {"demographics_id": 1, "field_id": 14, "item": "x", "pct": 5.0, "status": 0},
        [{"status": 1}, {"status": None}, {"status": 7}, {"pct": None}, {"pct": "5 %"}, {"demographics_id": 99}, {"field_id": 99},
         {"item": "male"}],
    ),
    "page_capture": (
        {"capture_id": "x", "page_id": 1, "captured_at": DAYS[1], "form_id": 1, "sha256": b"x" * 32, "warc_file_id": 1,
         "warc_offset": 0, "warc_length": 1},
        [{"form_id": 99}, {"sha256": b"x"}, {"sha256": "x" * 32}, {"page_id": 99}, {"captured_at": None},
         {"body_capture_id": 99}, {"warc_file_id": 99}, {"warc_offset": None}],
    ),
    "capture_form": (
        {"origin": "file", "time_source": "file", "media_type": "text/x", "charset": ""},
        [{"origin": "disk"}, {"time_source": "?"}, {"media_type": None}, {"http_status": "ok"}],
    ),
    "reading": (
        {"page_capture_id": 1, "run_id": 1, "version_id": 1, "outcome": "partial"},
        [{"outcome": "good"}, {"page_capture_id": 99}, {"run_id": 99}, {"version_id": 99}, {"content_id": 99}],
    ),
    "page_finding": (
        {"run_id": 1, "code": "x", "severity": "info", "message": ""},
        [{"severity": "fatal"}, {"side": 2}, {"field_id": 99}, {"run_id": 99}],
    ),
    "run_log": ({"command": "import", "started_at": DAYS[0]}, [{"outcome": "good"}, {"pages": None}]),
    "page": ({"url": "x"}, [{"url": SEED.url}, {"url": None}]),
    "job": ({"slug": "x"}, [{"slug": None}, {"slug": "loss-mitigation-specialist"}]),
}  # fmt: skip


@pytest.mark.parametrize("table", ROWS)
def test_a_row_that_makes_no_sense_is_refused(db, table):
    good, changes = ROWS[table]
    assert not refused(db, table, good)
    assert [change for change in changes if not refused(db, table, good | change)] == []


NO_NUMBERS = ("9" * 400, "1e400", "inf", "nan", "-Infinity", "0." + "0" * 400 + "1", "٣", "1_000", "0x1F")
CELLS = {
    "Yearly salary": "${}", "Hourly rate": "${}", "Growth rate": "{}%", "Number of jobs": "{}", "Job satisfaction": "{}",
    "Average age": "{}", "Years of experience": "{}", "Most common degree": "Associate Degree, {}%",
}  # fmt: skip


def test_numbers_that_are_none_end_no_run_and_are_never_stored(tmp_path, monkeypatch):
    monkeypatch.undo()  # through the real worker and its JSON
    cells = [(label, text.format(number)) for number in NO_NUMBERS for label, text in CELLS.items()]
    pages = [
        replace(saved(OVERVIEW.with_cell(label, left=text), DAYS[0]), url=OVERVIEW.url.replace("www.zippia.com", f"h{n}.example"))
        for n, (label, text) in enumerate(cells)
    ]
    report = import_pages(tmp_path, *pages)
    assert (report.exit_code, report.counts.loaded) == (3, len(cells))
    numbers = rows(settings(tmp_path).db, "SELECT value_number FROM observation WHERE value_number IS NOT NULL")
    assert all(math.isfinite(number) and abs(number) < 1e9 for (number,) in numbers)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_fact_that_is_not_finite_gets_into_a_table(db, value):
    reading = parsing.parse(as_text(SEED), "text/plain", "", SEED.url)
    for name in ("demographics.age_mean", "demographics.gender_pct"):
        wrong = next(fact for fact in reading.facts if fact.field == name)
        facts = tuple(replace(fact, value=value) if fact is wrong else fact for fact in reading.facts)
        with pytest.raises((sqlite3.IntegrityError, ValueError)), db.atomic():
            load.load(db, 1, 1, 1, replace(reading, facts=facts))
