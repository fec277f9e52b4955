"""Words, wherever they stand, that limit figures to a year, a place or a group: none of the figures is ok."""

import pytest

from tests.test_arrangements import AGE, FACTS, HEAD, JOBS, ROWS, SALARY, A, B, each, found, over, parse, row, table

WORDS = (
    "Chicago", "Midwest", "The South", "Night shift", "2019", "In 2019", "2018-2019", "Five years ago", "Previous year", "Women",
    "Salary (women)", "Salary, Chicago", "Top earners", "Projections for 2030", "Entry", "U.S. average", "All jobs", "Related",
    "Figures in thousands", "Monthly", "Public sector", "With a master's degree", "Gen Z", "New graduates", "Aged 20 to 29",
)  # fmt: skip
BELOW = table(HEAD, *ROWS)
PLACES = {
    "a heading": "<h2>{words}</h2>" + BELOW,
    "a line": "<p>{words}</p>" + BELOW,
    "a word with a full stop": "<p>{words}.</p>" + BELOW,
    "a caption": BELOW.replace("<table>", "<table><caption>{words}</caption>"),
    "a summary": "<details><summary>{words}</summary>" + BELOW + "</details>",
    "the corner": table(("{words}", A, B), *ROWS),
    "a row over the titles": table(over("{words}"), HEAD, *ROWS),
    "words over the titles": table(("", "{words}", "{words}"), HEAD, *ROWS),
    "words below the titles": table(HEAD, ("", "{words}", "{words}"), *ROWS),
    "a row between": table(HEAD, over("{words}"), *ROWS),
    "a column": table(("", "Group", A, B), *((r[0], "{words}", *r[1:]) for r in ROWS)),
    "a column without a name": table(("", A, B, ""), *((*r, "{words}") for r in ROWS)),
    "a row of the table": table(HEAD, *ROWS, ("Group", "{words}", "{words}")),
    "a column of jobs as rows": table(
        ("Job", "Group", *(r[0] for r in ROWS)), (A, "{words}", *(r[1] for r in ROWS)), (B, "{words}", *(r[2] for r in ROWS))
    ),
    "a heading over cards": "<h2>{words}</h2>" + each("<h3>{title}</h3>{card}"),
    "a line in a card": each("<h3>{title}</h3><p>{words}</p>{items}", words="{words}"),
    "a column of a card": each("<h3>{title}</h3>{card}").replace("<table>", "<table>" + row("Measure", "{words}")),
    "a row of a card": each("<h3>{title}</h3>{card}").replace("<table>", "<table>" + row("Group", "{words}")),
    "a tab": "<div role=tablist><a role=tab id=x>{words}</a></div><div role=tabpanel aria-labelledby=x>" + BELOW + "</div>",
}  # fmt: skip
SAYS_NOTHING = {
    "a row over the titles": "Overview",
    "words over the titles": "",
    "words below the titles": "",
    "a row between": "Overview",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_figure_is_ok_where_words_limit_it(place: str):
    for words in WORDS:
        page = parse(PLACES[place].format(words=words))
        assert found(page, "ok") == {}, words
        assert [f for f in page.findings if f.severity != "info"], words


@pytest.mark.parametrize("place", PLACES)
def test_the_same_page_with_words_that_limit_nothing(place: str):
    words = SAYS_NOTHING.get(place, "Overview" if "group" not in PLACES[place].lower() else "All")
    assert found(parse(PLACES[place].format(words=words)), "ok").items() >= FACTS.items()


SENTENCE = f"<p>An {A} has an average salary of $64,937, which is higher than the $53,251 average annual salary of an {B}.</p>"


def test_a_sentence_below_words_that_limit_it_is_in_doubt():
    page = parse(table(HEAD, JOBS, AGE) + f"<h2>In Texas</h2>{SENTENCE}")
    assert found(page, "suspect").keys() == {(side, "salary.annual_mean_usd") for side in ("left", "right")}
    assert found(parse(table(HEAD, JOBS, AGE) + f"<h2>Salary</h2>{SENTENCE}"), "ok").keys() == FACTS.keys()


OVER = (
    ("Accenture", "Finance"),
    ("Best paying company", "Best paying industry"),
    ("Nursing", "A college"),
    ("Most common major", "Most common college"),
)
TRAPS = {
    "fewer cells than labels": table(("Job", AGE[0], "LGBT Percentage", SALARY[0]), (A, "46", "4%"), (B, "39", "5%")),
    "values over labels": "".join(f"<h3>{t}</h3>{table(*OVER)}" for t in (A, B)),
    "a value before the first term, and one behind the last": f"<h3>{A}</h3><dl><dd>x</dd><dt>{JOBS[0]}</dt><dd>4</dd>"
    f"<dt>{SALARY[0]}</dt><dd>$9</dd></dl>",
    "a header of others": table(HEAD, AGE, ("Similar jobs", "Baker", "Welder"), (SALARY[0], "$1,000", "$2,000")),
    "a unit in a column": table(("", A, B, "Unit"), (JOBS[0], "44", "53", "thousand")),
    "what stands in place of a name": table(HEAD, ("Best paying company", "Show more", "Sign up to see")),
    "more than a name": table(HEAD, ("Best paying company", "Accenture +2 more", "Meta (previously Accenture)")),
    "a label in place of a name": table(HEAD, ("Best paying company", f"Best city for {A}: Reno", f"{B} -")),
    "cents above the line": table(HEAD, ("Hourly rate", "$23<sup>49</sup>", "$27<sup>73</sup>")),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_a_figure_that_is_another_than_it_seems_is_not_ok(trap: str):
    page = parse(table(HEAD, AGE) + TRAPS[trap])
    assert found(page, "ok").items() <= FACTS.items()
    assert [f for f in page.findings if f.severity != "info"]


def test_a_table_that_contradicts_the_rest_takes_what_it_says_alone_with_it():
    other = table(HEAD, (SALARY[0], "$51,000", "$52,000"), (AGE[0], "51", "52"), ("Growth rate", "1%", "2%"))
    page = parse(table(HEAD, *ROWS) + each("<h3>{title}</h3>{card}") + other)
    assert ("left", "outlook.growth_pct") not in found(page, "ok")
    assert found(page, "ok") == {key: value for key, value in FACTS.items() if key[1] == "outlook.jobs"}
