"""Claims to facts: what each status promises, who speaks when several cells say the same, and what the findings tell."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize.claims import SIDES, Claim, Claims, Doubt, Job, Note, Place, Side
from normalize.errors import Rejected
from normalize.facts import Reading
from normalize.fields import BY_NAME, FIELDS
from normalize.findings import CODES
from normalize.reading import read, rejected
from normalize.witnesses import support

modest = settings(max_examples=100, deadline=None)
# fmt: off
SHARES = {"white": 64.4, "black": 12.3, "hispanic": 14.9, "asian": 3.8, "aian": 0.5, "unknown": 4.1}
RACES = "White, 64.4% Black or African American, 12.3% Hispanic or Latino, 14.9% Asian, 3.8% Native American, 0.5% Unknown, 4.1%"
# term: its section, a text, and the values that the text gives
TERMS: dict[str, tuple[str, str, dict[str, object]]] = {
    "annual_mean": ("salary", "$44,937", {"salary.annual_mean_usd": 44_937}),
    "salary_range": (
        "salary", "Between $31,000 And $64,000", {"salary.annual_low_usd": 31_000, "salary.annual_high_usd": 64_000}),
    "hourly_mean": ("overview", "$21.60", {"salary.hourly_mean_usd": 21.6}),
    "best_city": ("salary", "Virginia Beach,\n VA", {"salary.best_city": "Virginia Beach, VA"}),
    "best_state": ("salary", "Maryland", {"salary.best_state": "Maryland"}),
    "best_company": ("salary", "AT&T", {"salary.best_company": "AT&T"}),
    "best_industry": ("salary", "Retail", {"salary.best_industry": "Retail"}),
    "degree": ("education", "Bachelor’s Degree, 58%", {"education.degree": "bachelor", "education.degree_pct": 58.0}),
    "major": ("education", "Business", {"education.major": "Business"}),
    "college": ("education", "Ohio\u00a0State", {"education.college": "Ohio State"}),
    "age": ("demographics", "46", {"demographics.age_mean": 46.0}),
    "gender": ("demographics", "Male, 34.4% Female, 65.6%",
        {"demographics.gender_pct male": 34.4, "demographics.gender_pct female": 65.6}),
    "race": ("demographics", RACES, {f"demographics.race_pct {item}": pct for item, pct in SHARES.items()}),
    "lgbt": ("demographics", "8%", {"demographics.lgbt_pct": 8.0}),
    "growth": ("overview", "−2%", {"outlook.growth_pct": -2.0}),
    "jobs": ("overview", "1,236,194", {"outlook.jobs": 1_236_194}),
    "satisfaction": ("overview", "3.86", {"outlook.satisfaction": 3.86}),
    "time_to_become": (
        "intro", "4-6 years", {"outlook.time_to_become_min_months": 48, "outlook.time_to_become_max_months": 72}),
    "experience": ("overview", "6 years", {"outlook.experience_years": 6.0}),
    "skill": ("skills", "C++", {"skill.name 1": "C++"}),
}
# fmt: on


def claim(term: str, raw: str, section: str = "", side: Side = "left", item: str = "", doubt: Doubt = "", row: int = 0) -> Claim:
    item = item or ("1" if term == "skill" else "")
    return Claim(term, side, raw, section or TERMS[term][0], Place(1, row, 1), term, "Title", item, doubt)


def page(*claims: Claim, notes: tuple[Note, ...] = ()) -> Reading:
    return read(Claims("https://x.test/", "x", Job("a", "A"), Job("b", "B"), claims, ("overview",), notes))


def rows(reading: Reading, side: str = "left") -> dict[str, tuple[object, str]]:
    """Field (and item) to value and status."""
    found = {f"{f.field} {f.item}".strip(): (f.value, f.status) for f in reading.facts if f.side == side}
    assert len(found) == len([f for f in reading.facts if f.side == side])
    return found


def codes(reading: Reading) -> list[str]:
    return [f.code for f in reading.findings]


def bare(term: str) -> list[str]:
    """The rows of a cell without a value: one for each scalar field, one with no item for a share list, one for a rank."""
    return list(dict.fromkeys(name if "skill" in name else name.split()[0] for name in TERMS[term][2]))


# --- statuses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("side", SIDES)
def test_ok(term: str, side: Side):
    section, raw, values = TERMS[term]
    reading = page(claim(term, raw, side=side))
    assert rows(reading, side) == {name: (value, "ok") for name, value in values.items()}
    assert {(f.side, f.raw, f.section, f.place) for f in reading.facts} == {(side, raw, section, Place(1, 0, 1))}
    assert (reading.outcome, reading.findings) == ("complete", ())


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("raw", ["-", "–", "", "N/A", " \u00a0— "])
def test_missing(term: str, raw: str):
    reading = page(claim(term, raw))
    assert rows(reading) == dict.fromkeys(bare(term), (None, "missing"))
    assert {f.raw for f in reading.facts} == {raw}
    assert (reading.outcome, reading.findings) == ("complete", ())


@pytest.mark.parametrize("term", TERMS)
def test_unreadable(term: str):
    raw = "☠" * 201
    reading = page(claim(term, raw))
    assert rows(reading) == dict.fromkeys(bare(term), (None, "unreadable"))
    assert {f.raw for f in reading.facts} == {raw}
    assert [(f.code, f.severity, f.side, f.field) for f in reading.findings] == [
        ("unreadable_cell", "error", "left", bare(term)[0].split()[0])
    ]
    assert reading.outcome == "partial"


GENDERS, PAY_RANGE = "demographics.gender_pct male|demographics.gender_pct female", "salary.annual_low_usd|salary.annual_high_usd"
# fmt: off
CONTRADICTED = [  # texts, the rows that are suspect, the code of the findings
    ({"gender": "Male, 34.4% Female, 55.6%"}, GENDERS, "shares_sum"),
    ({"gender": "Male, 50%"}, "demographics.gender_pct male", "shares_sum"),
    ({"gender": "Male, 100%"}, "demographics.gender_pct male", "lone_share"),
    ({"race": "Native American, 64% White, 36%"}, "demographics.race_pct aian|demographics.race_pct white", "out_of_range"),
    ({"best_state": "Virginia Beach"}, "salary.best_state", "unlikely_name"),
    ({"best_city": "Virginia"}, "salary.best_city", "unlikely_name"),
    ({"college": "Business"}, "education.college", "unlikely_name"),
    ({"growth": "258%"}, "outlook.growth_pct", "out_of_range"),
    ({"jobs": "0"}, "outlook.jobs", "out_of_range"),
    ({"time_to_become": "4-6 years", "experience": "7 years"},
        "outlook.experience_years|outlook.time_to_become_min_months|outlook.time_to_become_max_months", "experience_differs"),
    ({"salary_range": "$64,000 - $31,000"}, PAY_RANGE, "range_reversed"),
    ({"annual_mean": "$44,937", "hourly_mean": "$21.60", "salary_range": "$50k - $64k"},
        f"{PAY_RANGE}|salary.annual_mean_usd|salary.hourly_mean_usd", "mean_outside_range"),
    ({"salary_range": "$31,000 - $31,000"}, PAY_RANGE, "unlikely_range"),
    ({"salary_range": "$31,000 - $640,000"}, PAY_RANGE, "unlikely_range"),
    ({"annual_mean": "$44,937", "hourly_mean": "$23.49"}, "salary.annual_mean_usd|salary.hourly_mean_usd", "hourly_differs"),
    ({"annual_mean": "$45"}, "salary.annual_mean_usd", "out_of_range"),
    ({"hourly_mean": "$44,937"}, "salary.hourly_mean_usd", "out_of_range"),
    ({"age": "461"}, "demographics.age_mean", "out_of_range"),
    ({"satisfaction": "8"}, "outlook.satisfaction", "out_of_range"),
    ({"satisfaction": "0"}, "outlook.satisfaction", "out_of_range"),
    ({"lgbt": "108%"}, "demographics.lgbt_pct", "out_of_range"),
    ({"degree": "Bachelor's Degree, 158%"}, "education.degree_pct", "out_of_range"),
    ({"degree": "Bachelor's Degree, 0.58%"}, "education.degree_pct", "out_of_range"),
]
# fmt: on


@pytest.mark.parametrize(("texts", "suspect", "code"), CONTRADICTED)
def test_suspect(texts: dict[str, str], suspect: str, code: str):
    reading = page(*(claim(term, raw) for term, raw in texts.items()), claim("age", "46", side="right"))
    assert {name for name, (_, status) in rows(reading).items() if status == "suspect"} == set(suspect.split("|"))
    assert {status for _, status in rows(reading).values()} <= {"ok", "suspect"}
    assert {(f.code, f.severity, f.side) for f in reading.findings} == {(code, "warning", "left")}
    assert {f.field for f in reading.findings} == {name.split()[0] for name in suspect.split("|")}
    assert rows(reading, "right") == {"demographics.age_mean": (46.0, "ok")}
    assert reading.outcome == "complete"


def test_an_unlisted_share_keeps_the_others():
    reading = page(claim("race", RACES.replace("Native American", "Martian")))
    listed = {f"demographics.race_pct {item}": (pct, "ok") for item, pct in SHARES.items() if item != "aian"}
    assert rows(reading) == listed | {"demographics.race_pct": (None, "unreadable")}
    assert [(f.code, f.severity, f.field) for f in reading.findings] == [("unlisted_share", "error", "demographics.race_pct")]
    assert "Martian" in reading.findings[0].message
    assert reading.outcome == "partial"


def test_several_unlisted_shares_give_one_row():
    reading = page(claim("gender", "Martian, 50% Venusian, 50%"))
    assert rows(reading) == {"demographics.gender_pct": (None, "unreadable")}
    assert codes(reading) == ["unlisted_share", "unlisted_share"]


def test_an_empty_slot_keeps_its_rank():
    reading = page(*(claim("skill", raw, item=str(rank)) for rank, raw in ((1, "C++"), (2, ""), (3, "R"))))
    assert rows(reading) == {"skill.name 1": ("C++", "ok"), "skill.name 2": (None, "missing"), "skill.name 3": ("R", "ok")}
    assert reading.outcome == "complete"


@pytest.mark.parametrize("doubt", ["cut_off", "ragged_row"])
def test_a_cell_in_doubt_promises_nothing(doubt: Doubt):
    assert rows(page(claim("growth", "8%", doubt=doubt))) == {"outlook.growth_pct": (8.0, "suspect")}
    assert rows(page(claim("growth", "-", doubt=doubt))) == {"outlook.growth_pct": (None, "unreadable")}
    assert rows(page(claim("growth", "", doubt=doubt))) == {}


NEVER_OK = {
    "best_company": "undefined|null|NaN|None|n / a|Not applicable|...|----|⸺|$5|46",
    "skill": "undefined|null|n / a|...|----|⸺|\u2800",
    "degree": "Bachelor, -58%|Bachelor −58%|Bachelor .5%|Bachelor, 58|Bachelor, 5٨%|Bachelor, <58%|Bachelor or higher, 58%"
    "|Bachelor (- 58%)|Bachelor (,58%)",
    "gender": "50% Male, -50% Female|Male −50% Female −50%|Male 99% Female .1%|Male, 34%|Male, 50% Men, 50%",
    "growth": "8|(8%)|8-9%|<8%|8%-|▼ 8%|- 8%|±8%",
    "jobs": "17.245|17k|-17|1,72,45|17,245+",
    "annual_mean": "44,937|€44,937|$3,744 per month|-$44,937|$44k-$45k|$44,937.50|C$44,937",
    "age": "46+|46-50|４６|4 6|46%",
}


@pytest.mark.parametrize(("term", "raw"), [(term, raw) for term, texts in NEVER_OK.items() for raw in texts.split("|")])
def test_never_ok(term: str, raw: str):
    assert {status for _, status in rows(page(claim(term, raw))).values()} <= {"missing", "unreadable", "suspect"}


# --- witnesses -------------------------------------------------------------------------------------------------------

MEAN, DISAGREE = "salary.annual_mean_usd", ("witnesses_disagree",)
WITNESSES = [  # term, cells by section, the row, its value, its status, who speaks, codes
    ("annual_mean", {"salary": "$44,937", "overview": "$44,937", "intro": "$44,937"}, MEAN, 44_937, "ok", "salary", ()),
    ("annual_mean", {"overview": "$44,937", "intro": "$44,937.00"}, MEAN, 44_937, "ok", "overview", ()),
    ("annual_mean", {"intro": "$44,937"}, MEAN, 44_937, "ok", "intro", ()),
    ("annual_mean", {"salary": "$44,937", "overview": "$44,938"}, MEAN, 44_937, "suspect", "salary", DISAGREE),
    ("annual_mean", {"overview": "$44,937", "intro": "$45k"}, MEAN, 44_937, "ok", "overview", ()),
    ("annual_mean", {"salary": "$45k", "overview": "$44,937"}, MEAN, 44_937, "ok", "overview", ()),
    ("annual_mean", {"salary": "$45k", "overview": "$0.04M"}, MEAN, 45_000, "ok", "salary", ()),
    ("annual_mean", {"salary": "$45k"}, MEAN, 45_000, "ok", "salary", ()),
    ("annual_mean", {"salary": "$45k", "overview": "$45,501"}, MEAN, 45_000, "suspect", "salary", DISAGREE),
    ("annual_mean", {"salary": "$45k", "overview": "$44,937", "intro": "$45,001"}, MEAN, 44_937, "suspect", "overview", DISAGREE),
    ("salary_range", {"salary": "$31k - $64k", "overview": "$31,200 - $63,900"},
        "salary.annual_low_usd", 31_200, "ok", "overview", ()),
    ("annual_mean", {"salary": "$44,937", "overview": "$44,937", "intro": "$1"}, MEAN, 44_937, "suspect", "salary", DISAGREE),
    ("annual_mean", {"salary": "-", "overview": "$44,937"}, MEAN, 44_937, "suspect", "overview", DISAGREE),
    ("annual_mean", {"salary": "-", "overview": "N/A"}, MEAN, None, "missing", "salary", ()),
    ("annual_mean", {"salary": "?", "overview": "$44,937"}, MEAN, None, "unreadable", "salary", ("unreadable_cell",)),
    ("annual_mean", {"salary": "$44,937", "overview": "?"}, MEAN, 44_937, "ok", "salary", ("unreadable_cell",)),
    ("age", {"demographics": "46", "overview": "46 years"}, "demographics.age_mean", 46.0, "ok", "demographics", ()),
    ("age", {"demographics": "46", "overview": "42"}, "demographics.age_mean", 46.0, "suspect", "demographics", DISAGREE),
    ("degree", {"education": "Master's, 9%", "overview": "Master"}, "education.degree", "master", "ok", "education", ()),
    ("degree", {"education": "PhD, 9%", "overview": "Master"}, "education.degree", "doctorate", "suspect", "education", DISAGREE),
    ("degree", {"education": "PhD, 9%", "overview": "PhD, 8%"}, "education.degree_pct", 9.0, "suspect", "education", DISAGREE),
    ("degree", {"education": "PhD", "overview": "PhD, 9%"}, "education.degree_pct", 9.0, "ok", "overview", ()),
    ("gender", {"demographics": "Male, 50% Female, 50%", "overview": "Women: 50%; Men: 50%"},
        "demographics.gender_pct male", 50.0, "ok", "demographics", ()),
    ("gender", {"demographics": "Male, 50% Female, 50%", "overview": "Male, 49% Female, 51%"},
        "demographics.gender_pct male", 50.0, "suspect", "demographics", DISAGREE),
    ("gender", {"demographics": "Male, 50% Women, 50% Martian, 0%", "overview": "Male, 50% Women, 50% Venusian, 0%"},
        "demographics.gender_pct male", 50.0, "suspect", "demographics", (*DISAGREE, "unlisted_share")),
    ("major", {"education": "Fine  Arts", "overview": "Fine\u00a0Arts"}, "education.major", "Fine Arts", "ok", "education", ()),
    ("skill", {"skills": "C++", "intro": "C"}, "skill.name 1", "C++", "suspect", "skills", DISAGREE),
]  # fmt: skip


@pytest.mark.parametrize(("term", "cells", "name", "value", "status", "speaker", "expected"), WITNESSES)
@pytest.mark.parametrize("turned", [False, True])
def test_witnesses(term, cells, name, value, status, speaker, expected, turned):
    claims = [claim(term, raw, section) for section, raw in cells.items()]
    reading = page(*(reversed(claims) if turned else claims))
    assert rows(reading)[name] == (value, status)
    assert {f.section for f in reading.facts if f"{f.field} {f.item}".strip() == name} == {speaker}
    assert tuple(codes(reading)) == expected


def test_more_than_ten_years_does_not_agree_with_ten_to_twelve():
    reading = page(claim("time_to_become", "More than 10 years"), claim("time_to_become", "10-12 years", row=1))
    assert rows(reading)["outlook.time_to_become_min_months"] == (120, "suspect")
    assert codes(reading) == ["witnesses_disagree"]


def test_witnesses_must_agree_with_each_other_too():
    shares = [claim("degree", f"PhD, {pct}%", "overview", row=pct) for pct in (8, 9)]
    assert rows(page(claim("degree", "PhD"), *shares))["education.degree_pct"] == (8.0, "suspect")


def test_a_witness_that_two_cells_outvote_is_named_and_all_are_in_doubt():
    claims = [claim("annual_mean", "$44,937"), claim("annual_mean", "$44,937", "overview"), claim("hourly_mean", "$23.49")]
    reading = page(*claims)
    assert rows(reading) == {MEAN: (44_937, "suspect"), "salary.hourly_mean_usd": (23.49, "suspect")}
    assert all("outvoted: the hourly rate" in f.message for f in reading.findings)
    (found,) = page(*claims[:2], claim("annual_mean", "$1", "intro")).findings
    assert found.message.endswith("; outvoted: '$1' (intro)")


SUPPORT = [  # cells by section, the support of the mean
    ({"salary": "$44,937"}, 1), ({"salary": "$44,937", "overview": "$44,937"}, 2), ({"salary": "$44,937", "intro": "$45k"}, 2),
    ({"salary": "$44,937", "overview": "$44,937", "intro": "$44,937"}, 3), ({"salary": "$44,937", "overview": "$1"}, None),
    ({"salary": "-"}, None), ({"salary": "$44,937", "overview": "?"}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "places"), SUPPORT)
@pytest.mark.parametrize(("hourly", "more"), [("", 0), ("$21.60", 1), ("$23.49", 0), ("-", 0)])
def test_support(cells: dict[str, str], places: int | None, hourly: str, more: int):
    claims = [replace(claim("annual_mean", raw, section), place=Place(n)) for n, (section, raw) in enumerate(cells.items())]
    found = support([*claims, *([claim("hourly_mean", hourly)] if hourly else [])])
    assert found.get(("left", MEAN, "")) == (places and places + more)
    assert found.get(("left", "salary.hourly_mean_usd", "")) == ({"": None, "-": None}.get(hourly, 1 + (more if places else 0)))


# --- experience ------------------------------------------------------------------------------------------------------


EXPERIENCE = [  # the figure, the time ranges, the years, their status
    ("12", ["6-12 months"], 1.0, "ok"), ("3", ["1–3 Months"], 0.25, "ok"), ("7", ["6-7 months"], 0.5833, "ok"),
    ("3", ["1-3 mon\u00adths"], 0.25, "ok"),
    ("6", ["4-6 years"], 6.0, "ok"), ("12", ["6-12 years"], 12.0, "ok"), ("1.5", ["1-1.5 years"], 1.5, "ok"),
    ("6", ["4-6 years", "4-6 years"], 6.0, "ok"), ("6", ["4-6 years", "2-4 years"], 6.0, "suspect"),
    ("5", ["4-6 years"], 5.0, "suspect"), ("72", ["4-6 years"], 72.0, "suspect"), ("1", ["6-12 months"], 1.0, "suspect"),
    ("12", [], 12.0, "suspect"), ("12", ["-"], 12.0, "suspect"), ("12", ["soon"], 12.0, "suspect"),
    ("10", ["More than 10 years"], 10.0, "suspect"), ("-", ["6-12 months"], None, "missing"),
    ("4 years", [], 4.0, "ok"), ("4 years", ["2-4 years"], 4.0, "ok"), ("1 year", ["6-12 months"], 1.0, "ok"),
    ("12 months", [], 1.0, "ok"), ("12 months", ["6-12 months"], 1.0, "ok"), ("12 months", ["4-6 years"], 1.0, "suspect"),
    ("12 years", ["6-12 months"], 12.0, "suspect"), ("4-6", ["4-6 years"], None, "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("figure", "times", "years", "status"), EXPERIENCE)
def test_experience(figure: str, times: list[str], years: float | None, status: str):
    spans = [claim("time_to_become", text, row=row) for row, text in enumerate(times)]
    reading = page(claim("experience", figure), *spans, claim("time_to_become", "6-12 months", side="right"))
    assert rows(reading)["outlook.experience_years"] == (years, status)
    found = [(f.code, f.severity) for f in reading.findings if f.field == "outlook.experience_years"]
    assert (("converted", "info") in found) == (years is not None and figure.split()[0] != f"{years:g}")
    assert ("warning" in [severity for _, severity in found]) == (status == "suspect")


# --- the whole page --------------------------------------------------------------------------------------------------

WHOLE = [claim(term, raw, side=side) for side in SIDES for term, (_, raw, _) in TERMS.items()]
WHOLE += [claim("skill", f"skill {rank}", side=side, item=str(rank)) for side in SIDES for rank in range(2, 13)]
WHOLE += [
    claim("annual_mean", "$44,937", "overview"),
    claim("age", "47", "overview"),
    claim("annual_mean", "$1", "intro", "right"),
]


def test_order():
    facts = page(*WHOLE).facts
    ranks = [(SIDES.index(f.side), [field.name for field in FIELDS].index(f.field)) for f in facts]
    assert ranks == sorted(ranks)
    for side in SIDES:
        items = {name: [f.item for f in facts if f.side == side and f.field == name] for name in BY_NAME}
        assert items["skill.name"] == [str(rank) for rank in range(1, 13)]
        for name in ("demographics.gender_pct", "demographics.race_pct"):
            assert items[name] == [item for item in BY_NAME[name].items if item in items[name]]


@modest
@given(random=st.randoms(use_true_random=False))
def test_the_order_of_claims_makes_no_difference(random: Random):
    shuffled = random.sample(WHOLE, len(WHOLE))
    one, other = page(*WHOLE), page(*shuffled)
    assert one.facts == other.facts
    assert sorted(map(repr, one.findings)) == sorted(map(repr, other.findings))


@pytest.mark.parametrize("rows_on_page", [(1, 2), (2, 1)])
def test_of_two_cells_in_one_section_the_first_on_the_page_speaks(rows_on_page: tuple[int, int]):
    cells = {1: "46", 2: "47"}
    assert rows(page(*(claim("age", cells[row], row=row) for row in rows_on_page)))["demographics.age_mean"] == (46.0, "suspect")


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_partial_exactly_when_a_finding_is_an_error(code: str):
    reading = page(claim("age", "46"), notes=(Note(code, "why", "left", "demographics.age_mean"),))
    severity, sentence = CODES[code]
    assert reading.outcome == ("partial" if severity == "error" else "complete")
    assert [(f.code, f.severity, f.message, f.side) for f in reading.findings] == [(code, severity, f"{sentence}: why", "left")]
    assert rows(reading) == {"demographics.age_mean": (46.0, "ok")}


def test_rejected():
    reading = rejected(Rejected("no_comparison", "a and b"))
    assert (reading.outcome, reading.left, reading.right, reading.facts, reading.parts) == ("rejected", None, None, (), ())
    assert [(f.code, f.severity) for f in reading.findings] == [("no_comparison", "error")]


ODD = [
    "",
    "-",
    "?",
    "$1",
    "0",
    "-8%",
    "999",
    "9999%",
    "$9,999,999,999",
    "Male, 1% Martian, 2%",
    "1-2 years",
    "12",
    "\0",
    "$5 - $1",
]


@modest
@given(data=st.data())
def test_any_claims_are_read_and_every_row_keeps_its_promise(data: st.DataObject):
    text = st.sampled_from([*ODD, *(raw for _, raw, _ in TERMS.values())]) | st.text(max_size=20)
    kinds = st.tuples(st.sampled_from(sorted(TERMS)), text, st.sampled_from(["", "overview", "intro"]), st.sampled_from(SIDES))
    claims = [claim(*case) for case in data.draw(st.lists(kinds, max_size=12))]
    reading = page(*claims)
    keys = [(f.side, f.field, f.item) for f in reading.facts]
    assert len(set(keys)) == len(keys)
    assert {(c.side, name.split()[0]) for c in claims for name in bare(c.term)[:1]} <= {(f.side, f.field) for f in reading.facts}
    for fact in reading.facts:
        field = BY_NAME[fact.field]
        assert (fact.value is None) == (fact.status in ("missing", "unreadable"))
        assert type(fact.value) in ({"integer": int, "real": float, "text": str}[field.kind], type(None))
        assert not isinstance(fact.value, float) or math.isfinite(fact.value)
        assert fact.item in (*field.items, "") or field.ranked
    told = {(f.side, BY_NAME[f.field].group) for f in reading.findings if f.severity == "error"}
    assert {(f.side, BY_NAME[f.field].group) for f in reading.facts if f.status == "unreadable"} <= told
    assert (reading.outcome == "partial") == any(f.severity == "error" for f in reading.findings)
