"""The sentences that carry figures: all forms, odd titles, odd spaces; what looks like one and is not read is reported."""

import pytest

from normalize import reading
from normalize.facts import Reading
from scraper import readers
from scraper.interpreter import interpret

TITLES = ("Chef", "Line Cook, Prep Cook")
URL = "https://www.zippia.com/chef-jobs/chef-vs-line-cook-prep-cook-differences"
TIME = ("outlook.time_to_become_min_months", "outlook.time_to_become_max_months")


def read(prose: str, titles: tuple[str, str] = TITLES, url: str = URL) -> Reading:
    table = f"<table><tr><td><td>{titles[0]}<td>{titles[1]}</tr><tr><td>Number of jobs<td>1<td>2</tr></table>"
    return reading.read(interpret(readers.read(f"<p>{prose}</p>{table}".encode(), "text/html", ""), url))


def said(page: Reading, *fields: str) -> dict[str, list[object]]:
    return {side: [f.value for f in page.facts if f.side == side and f.field in fields] for side in ("left", "right")}


def codes(page: Reading) -> list[str]:
    return [f.code for f in page.findings]


@pytest.mark.parametrize(
    ("prose", "left", "right"),
    [
        ("It typically takes 6-12 months to become both a chef and a line cook, prep cook.", [6, 12], [6, 12]),
        ("It typically takes 6-12 months to become both a line cook, prep cook and a chef.", [6, 12], [6, 12]),
        (
            "While it typically takes 4-6 years to become a chef, becoming a line cook, prep cook takes usually requires "
            "2-4 years.",
            [48, 72],
            [24, 48],
        ),
        (
            "While it typically takes More than 10 years to become a line cook, prep cook, becoming a chef takes usually "
            "requires 1-3 months.",
            [1, 3],
            [120],
        ),
        ("It takes 1-2 years to become an chef.", [12, 24], []),
        ("Becoming a chef usually requires 2-4 years.", [24, 48], []),
        ("How long?<br>It takes 1-2 years to become a chef", [12, 24], []),
        ("It typically\u00a0takes 6–12\n months  to become both a <b>chef</b> and a line cook, prep cook.", [6, 12], [6, 12]),
        ("It typically takes 6-12 mon\u00adths to be\u200bcome both a CHEF and a Line Cook, Prep Cook.", [6, 12], [6, 12]),
        ("Becoming a chef is fun, and takes a while.", [], []),
    ],
)
def test_time_to_become(prose: str, left: list[int], right: list[int]):
    page = read(prose)
    assert said(page, *TIME) == {"left": left, "right": right}
    assert codes(page) == []


@pytest.mark.parametrize(
    ("prose", "left", "right"),
    [
        (
            "Additionally, a chef has an average salary of $46,824, which is higher than the $32,982 average annual salary of a "
            "line cook, prep cook.",
            [46824],
            [32982],
        ),
        (
            "Additionally, a line cook, prep cook has an average salary of $32,982, which is lower than the $46,824 average "
            "annual salary of a chef.",
            [46824],
            [32982],
        ),
        ("A chef has an average annual salary of $46,824.", [46824], []),
    ],
)
def test_average_salary(prose: str, left: list[int], right: list[int]):
    page = read(prose)
    assert said(page, "salary.annual_mean_usd") == {"left": left, "right": right}
    assert codes(page) == []


@pytest.mark.parametrize(
    ("skills", "names"),
    [
        ("customer service, food handling and culinary", ["customer service", "food handling", "culinary"]),
        ("kitchen equipment, food handling, and culinary.<sup>[1]</sup> X", ["kitchen equipment", "food handling", "culinary"]),
        ("kitchen equipment, food handling, and culinary", ["kitchen equipment", "food handling", "culinary"]),
        ("kitchen equipment, food handling,and culinary", ["kitchen equipment", "food handling", "culinary"]),
        ("C++, troubleshoot and UL", ["C++", "troubleshoot", "UL"]),
        ("java, python, and C++", ["java", "python", "C++"]),
        ("math, research and development, and K", ["math", "research and development", "K"]),
        (", food handling and culinary", [None, "food handling", "culinary"]),
        ("math, food handling, and", ["math", "food handling", None]),
        ("math, , and culinary", ["math", None, "culinary"]),
    ],
)
def test_top_three_skills(skills: str, names: list[str | None]):
    page = read(f"The top three skills for a chef include {skills}. The rest is talk.")
    assert said(page, "skill.name") == {"left": names, "right": []}
    assert [f.item for f in page.facts if f.field == "skill.name"] == [str(n) for n in range(1, len(names) + 1)]
    assert {f.status for f in page.facts if f.value is None} <= {"missing"}


@pytest.mark.parametrize(
    "prose",
    [
        "The top three skills for a chef include a, b, c, and d.",
        "The top three skills for a chef include math and K.",
        "The top three skills for a chef include U.S. code, wiring and C++.",
        "The top three skills for a chef include math, wiring (low voltage, and high voltage).",
        "The top three skills for a chef include math, cooking and C++; the least important is golf.",
        "It takes between 6 and 12 months to become both a chef and a line cook, prep cook.",
        "It takes 6 months to 2 years to become both a chef and a line cook, prep cook.",
        "It takes 1 or 2 years to become a chef.",
        "It takes 1 1/2 years to become a chef.",
        "It takes less than 6 months to become a chef.",
        "It takes no more than 2 years to become a chef.",
        "It does not take 6-12 months to become a chef.",
        "Does it take 10 years to become a chef? No.",
        "In California, it takes 10 years to become a chef.",
        "It takes 2-4 years to become a chef apprentice.",
        "Becoming a chef takes 2 years to 4 years.",
        "Becoming a chef takes 2 years more than a baker.",
        "Becoming a chef requires 4-6 years or more.",
        "A chef has an average salary of $3,745 per month.",
        "A chef has an average salary of $48,850 CAD.",
        "A chef has an average salary of $48,850 to $60,000.",
        "A chef has an average salary of $1,686 more than a baker.",
        "A chef has an average salary of $48850<sup>2</sup>, they say.",
        "In California, a chef has an average salary of $48,850.",
        "No chef has an average salary of $48,850.",
        "A Sr. chef has an average salary of $90,000.",
        "In the U.S. a chef has an average salary of $90,000.",
        "In the U.S. A chef has an average salary of $90,000.",
        "It takes 2-4 years to become a chef, or more.",
        "A chef has an average salary of $48,850, per two years.",
        "The top three skills for a chef include wiring, soldering and C++ <a>See all skills</a>",
        "Myth: a chef has an average salary of $48,850.",
        "A master chef has an average salary of $70,000.",
        "It typically takes 6-12<sup>1</sup> months to become a chef.",
        "The top three skills for a chef include a, b and c and d.",
        "The top three skills for a chef include math, a Ph.D. degree, and patience.",
        "It typically takes a lifetime to become a chef.",
        "It typically takes 6-12 months to become both a cook and a baker.",
        "A chef has an average salary of £46,824.",
        "The top three skills for a sous-chef include a, b and c.",
    ],
)
def test_what_looks_like_a_sentence_that_is_read_is_reported(prose: str):
    page = read(prose)
    assert codes(page) == ["unread_sentence"]
    assert {f.field for f in page.facts} == {"outlook.jobs"}


def test_prose_about_other_jobs_is_no_matter_once_both_jobs_are_read():
    page = read(
        "It typically takes 6-12 months to become both a chef and a line cook, prep cook. It takes 4 years to become a baker."
    )
    assert codes(page) == []


def test_the_longer_of_two_titles_is_meant_where_one_contains_the_other():
    url = "https://www.zippia.com/branch-manager-jobs/branch-manager-vs-manager-differences"
    page = read(
        "While it typically takes 6-8 years to become a branch manager, becoming a manager takes usually requires 4-6 years.",
        ("Branch Manager", "Manager"),
        url,
    )
    assert said(page, *TIME) == {"left": [72, 96], "right": [48, 72]}


def test_the_raw_words_are_verbatim_and_stand_where_they_stand():
    prose = "It typically takes 6–12 months to become both a chef and a line cook, prep cook."
    document = readers.read(
        f"<p>{prose}</p><table><tr><td><td>Chef<td>Line Cook, Prep Cook<tr><td>Number of jobs<td>1<td>2</table>".encode(),
        "text/html",
        "",
    )
    claims = [c for c in interpret(document, URL).claims if c.term == "time_to_become"]
    assert [(c.raw, prose[c.place.start : c.place.start + len(c.raw)]) for c in claims] == [("6–12 months", "6–12 months")] * 2


@pytest.mark.parametrize(("first", "word", "second", "holds"), [
    ("$50,000", "higher", "$40,000", True), ("$40,000", "lower", "$50,000", True), ("$40,000", "higher", "$50,000", False),
    ("$50,000", "less", "$40,000", False), ("$40,000", "more", "$40,000", False),
])  # fmt: skip
def test_a_sentence_that_denies_its_own_figures_is_in_doubt(first: str, word: str, second: str, holds: bool):
    said = f"{first}, which is {word} than the {second} average salary of a line cook, prep cook."
    page = read(f"A chef has an average salary of {said}")
    assert {f.status for f in page.facts if f.field == "salary.annual_mean_usd"} == {"ok" if holds else "suspect"}
    assert codes(page) == ([] if holds else ["order_differs"])
    assert holds or f"A chef has an average salary of {first}" in page.findings[0].message
