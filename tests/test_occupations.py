import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import occupations as evaluation
from normalize import titles
from normalize.codes import Candidate, Coded
from normalize.occupations import Index, Title
from normalize.rules import NO_RULES, Rule, Rules
from scraper import official
from tests.figures import REAL_PAGES

ONET = REAL_PAGES.parent / "onet_27_0"

INDEX = Index(
    [
        Title("Ship Tamers", "11-1011.00", "official"),
        Title("Tug Tamers", "11-1011.02", "official"),
        Title("Lamp Lighters and Snuffers", "22-2021.00", "official"),
        Title("Lamp Workers, All Other", "22-2029.00", "official"),
        Title("Goose Teachers, Wild", "33-3031.00", "official"),
        Title("Goose Teachers, Tame", "33-3032.00", "official"),
        Title("Ship Tamer", "33-3031.00", "several"),
        Title("Tugboat Tamer", "11-1011.02", "few"),
        Title("Ship Charmer", "11-1011.02", "reported"),
        Title("Ship Whisperer", "11-1011.02", "few"),
        Title("Harbour Tamer", "11-1011.02", "few"),
        Title("Harbour Tamer", "11-1011.00", "few"),
        Title("Night Lighter", "22-2021.00", "few"),
        Title("Wick Trimmer", "22-2021.00", "several"),
        Title("Flame Keeper", "22-2021.00", "reported"),
        Title("Torch Lighter", "22-2021.00", "single"),
        Title("Glow Worker", "22-2029.00", "few"),
        Title("Spark Worker", "22-2029.00", "several"),
        Title("Goose Guide", "33-3031.00", "several"),
        Title("Goose Guide", "33-3032.00", "single"),
        Title("Geese's Friend", "33-3031.00", "several"),
        Title("Goose Friend", "33-3032.00", "several"),
        Title("Wicks Counter", "22-2021.00", "several"),
        Title("Manager", "33-3031.00", "several"),
        Title("Junior High Tamer", "33-3031.00", "several"),
        Title("High Tamer", "33-3032.00", "several"),
        Title("Lamp Dancer, Oil", "44-4041", "direct"),
        Title("Oil Lamp Dancer", "33-3031.00", "single"),
    ]
)
SHIP, LAMP, WILD, TAME, DANCE = "11-1011", "22-2021", "33-3031", "33-3032", "44-4041"

CODED = {
    "Ship Tamers": (SHIP, "exact"),
    "  SHIP   tamers ": (SHIP, "exact"),
    "ship tamer": (SHIP, "exact"),
    "Ship-Tamers": (SHIP, "normalised"),
    "Tug Tamer": (SHIP, "normalised"),
    "Harbour Tamer": (SHIP, "exact"),
    "Ship Charmer": (SHIP, "exact"),
    "Tugboat Tamer": (SHIP, "exact"),
    "Harbour Tamers": (SHIP, "normalised"),
    "Senior Ship Tamer II": (SHIP, "normalised"),
    "Ship Tamer, Senior": (SHIP, "normalised"),
    "Ship Tamer (Part-Time)": (SHIP, "normalised"),
    "PRN Ship Tamer": (SHIP, "normalised"),
    "Ship Tamer - Night Shift": (SHIP, "normalised"),
    "Night Lighter": (LAMP, "exact"),
    "Wick Trimmer": (LAMP, "exact"),
    "Trimmer, Wick": (LAMP, "normalised"),
    "Spark Worker": ("22-2029", "exact"),
    "Ship Tamer/Tug Tamer": (SHIP, "parts"),
    "Ship Tamer; Harbour Tamer, Tug Tamer": (SHIP, "parts"),
    "Wick Trimmr": (LAMP, "fuzzy"),
    "Wick Trimemr": (LAMP, "fuzzy"),
    "Lamp Dancer, Oil": (DANCE, "exact"),
    "Junior High Tamer": (WILD, "exact"),
}

UNCODED = {
    "Goose Guide": ("ambiguous", {WILD, TAME}),
    "Goose Guides": ("ambiguous", {WILD, TAME}),
    "Ship Tamer/Wick Trimmer": ("ambiguous", {SHIP, LAMP}),
    "Ship Tamer/Goose Guide": ("ambiguous", {SHIP, WILD, TAME}),
    "Ship Tamer/Astronaut": ("unknown", None),  # the other half may be anything
    "Torch Lighter": ("unknown", {LAMP}),  # one source alone
    "Ship Whisperer": ("unknown", {SHIP}),  # two sources, and the name has no whisperer
    "Flame Keeper": ("unknown", {LAMP}),  # workers say so, and the name has neither word
    "Glow Worker": ("unknown", {"22-2029"}),  # a code for all others, and few say so
    "Wick Counter": ("unknown", {LAMP}),  # a letter in the middle can part two occupations
    "Manager": ("unknown", {WILD}),
    "Senior Manager": ("unknown", None),
    "Ship Tamer Manager": ("unknown", None),
    "Ship Tamer Helper": ("unknown", None),
    "Assistant Ship Tamer": ("unknown", None),
    "Wick Trimming": ("unknown", None),
    "Trimmer": ("unknown", None),
    "Zzz Qqq": ("unknown", None),
    "Senior": ("unknown", None),
    "": ("unknown", set()),
    " / , ": ("unknown", set()),
    "((((": ("unknown", set()),
    "\u200b\u00a0-": ("unknown", set()),
    "Ship Tamer " * 30: ("unknown", set()),
}


@pytest.mark.parametrize(("title", "expected"), CODED.items(), ids=CODED)
def test_titles_with_a_code(title: str, expected: tuple[str, str]) -> None:
    coded = INDEX.code(title)
    assert (coded.code, coded.method) == expected
    assert coded.reason == ""
    assert coded.title == (INDEX.title_of(expected[0]) or "")


@pytest.mark.parametrize(("title", "expected"), UNCODED.items(), ids=map(repr, UNCODED))
def test_titles_without_a_code(title: str, expected: tuple[str, set[str] | None]) -> None:
    coded = INDEX.code(title)
    assert (coded.code, coded.title, coded.method, coded.score, coded.reason) == (None, "", "", None, expected[0])
    found = [candidate.code for candidate in coded.candidates]
    assert len(found) == len(set(found))
    if expected[1] is not None:
        assert set(found) >= expected[1]
        assert bool(found) == bool(expected[1])
    assert len(found) <= 3 or coded.reason == "ambiguous"


def test_scores_rank_the_tiers() -> None:
    scores = [INDEX.code(title).score or 0 for title in ("Ship Tamers", "Tug Tamer", "Ship Tamer/Tug Tamer", "Wick Trimmr")]
    assert scores[:3] == [1.0, 0.95, 0.8]
    assert 0.68 <= scores[3] < 0.8


def test_a_finer_code_is_the_candidate() -> None:
    assert INDEX.code("Tug Tamers").candidates == (Candidate("11-1011.02", "Tug Tamers", 1.0),)
    assert INDEX.code("Ship Tamers").candidates == ()
    assert [c.code for c in INDEX.code("Harbour Tamer").candidates] == ["11-1011.00", "11-1011.02"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (NO_RULES, Coded(LAMP, "Lamp Lighters and Snuffers", "", "exact", 1.0)),
        (Rules((Rule("occupation", "WICK trimmer", SHIP),)), Coded(SHIP, "Ship Tamers", "", "rule", 1.0)),
        (
            Rules((Rule("occupation", "Wick Trimmer", "11-1011.02"),)),
            Coded(SHIP, "Ship Tamers", "", "rule", 1.0, "", (Candidate("11-1011.02", "Tug Tamers", 1.0),)),
        ),
        (Rules((Rule("city", "Wick Trimmer", SHIP),)), Coded(LAMP, "Lamp Lighters and Snuffers", "", "exact", 1.0)),
        (Rules((Rule("occupation", "Wick Trimmer", "99-9999"),)), Coded("99-9999", "", "", "rule", 1.0)),
    ],
)
def test_the_rules_of_the_user_come_first(rules: Rules, expected: Coded) -> None:
    assert INDEX.code("Wick Trimmer", rules) == expected


def test_rules_that_contradict_each_other_decide_nothing() -> None:
    rules = Rules((Rule("occupation", "Ship Tamer", SHIP), Rule("occupation", "ship tamer", LAMP)))
    coded = INDEX.code("Ship Tamer", rules)
    assert (coded.code, coded.reason, {c.code for c in coded.candidates}) == (None, "ambiguous", {SHIP, LAMP})


def test_suggestions_are_ranked() -> None:
    found = INDEX.suggestions("Torch Lighter")
    assert found[0].code == LAMP
    assert INDEX.suggestions("") == ()


@given(st.lists(st.sampled_from([*CODED, *UNCODED]) | st.text(max_size=30), max_size=3).map("/".join))
def test_any_text_gets_a_code_or_a_reason(title: str) -> None:
    coded = INDEX.code(title)
    assert (coded.code is None) == bool(coded.reason) == (coded.score is None) == (not coded.method)
    assert coded == INDEX.code(title)


def test_an_empty_index_knows_nothing() -> None:
    assert Index([]).code("Ship Tamer") == Coded(None, reason="unknown")


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Nurses' Aides (NA)", "nurse aide"),
        ("Certified Nurse Aide (CNA)", "certified nurse aide"),
        ("Nurse (Psychiatric)", "nurse psychiatric"),
        ("C++ / C# Coders", "c++ c# coder"),
        ("Firemen & Salespeople", "fireman and salesperson"),
        ("Secretaries, Waitresses, Bosses, Gas", "secretary waitress boss gas"),
        ("Analysis and Physics of Glass", "analysis and physic of glass"),
        ("Coaches’ Aides", "coach aide"),
    ],
)
def test_words_of_titles(title: str, words: str) -> None:
    assert " ".join(titles.words(title)) == words


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("Sr. Sales Clerk III", "sales clerk"),
        ("Clerk, Level 2, Full-Time", "clerk"),
        ("Entry Level Clerk", "clerk"),
        ("Lead Clerk", "clerk"),
        ("Lead Abatement Worker", "lead abatement worker"),
        ("Junior High School Clerk", "junior high school clerk"),
        ("Remote Sensing Clerk", "remote sensing clerk"),
        ("Assistant Clerk", "assistant clerk"),
        ("Clerk Supervisor", "clerk supervisor"),
        ("Clerk Intern", "clerk intern"),
        ("Night Auditor", "night auditor"),
        ("Senior", ""),
    ],
)
def test_words_that_change_no_occupation(title: str, left: str) -> None:
    assert " ".join(titles.bare(titles.spelling(title))) == left


def test_the_words_are_listed_once() -> None:
    path = Path(titles.__file__).parent / "vocab" / "title_words.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert max(Counter(row["phrase"] for row in rows if row["kind"] != "alone").values()) == 1
    assert {row["where"] for row in rows if row["kind"] in ("rank", "level", "shift")} == {"start", "end", "both"}
    assert {row["where"] for row in rows if row["kind"] in ("name", "alone")} == {""}
    assert {row["kind"] for row in rows} == {"rank", "level", "shift", "name", "alone"}
    assert max(len(row["phrase"].split()) for row in rows) <= 3


def test_the_judged_titles_are_well_formed() -> None:
    with evaluation.JUDGED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["title"].casefold() for row in rows})
    assert min(Counter(row["half"] for row in rows).values()) >= 160
    codes = {code for row in rows for code in row["soc"].split("|")}
    assert all(code == "none" or (len(code) == 7 and code[2] == "-" and code.replace("-", "").isdigit()) for code in codes)


@pytest.fixture(scope="module")
def onet() -> official.Official:
    if not ONET.is_dir():
        pytest.skip("no O*NET files here")
    return official.read("onet", ONET)


@pytest.mark.parametrize("half", ["tune", "test"])
def test_precision_on_judged_titles(onet: official.Official, half: str) -> None:
    outcome = evaluation.evaluate(official.index([onet]), evaluation.judged(half))
    assert outcome.precision >= 0.97, outcome.wrong
    assert outcome.coverage >= 0.40


@pytest.mark.slow
def test_precision_on_held_out_titles(onet: official.Official) -> None:
    outcome = evaluation.evaluate(*evaluation.held_out(onet, evaluation.reported(ONET)))
    assert outcome.precision >= 0.97, outcome.wrong
    assert outcome.accepted >= 100


def test_the_names_of_codes_lead_to_them(onet: official.Official) -> None:
    index = official.index([onet])
    named = {title: code[:7] for title, code, source in onet.titles if source == "official"}
    assert {title: index.code(title).code for title in named} == named


def test_the_files_are_those_that_were_judged(onet: official.Official) -> None:
    assert (onet.release, onet.rows) == ("27.0", 61_311)
    names = ("Alternate Titles.txt", "Occupation Data.txt", "Sample of Reported Titles.txt")
    assert onet.sha256 == hashlib.sha256(b"".join((ONET / name).read_bytes() for name in names)).hexdigest()
