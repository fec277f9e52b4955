"""Document to Claims: columns by title, rows by label; what nothing took is named, and another page is refused."""

from dataclasses import replace

import pytest

from normalize import reading
from normalize.errors import Rejected
from normalize.facts import Reading
from scraper import parsing, readers
from scraper.interpreter import interpret
from tests.figures import OVERVIEW, SEED, as_html, as_text, expected, found

URL = OVERVIEW.url
LEFT, RIGHT = "Electrician", "Journeyman"


def read(body: str, url: str = URL) -> Reading:
    return reading.read(interpret(readers.read(body.encode(), "text/html", ""), url))


def table(*rows: str) -> str:
    return "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row.split('|'))}</tr>" for row in rows) + "</table>"


def values(page: Reading, field: str) -> dict[str, object]:
    return {f.side: f.value for f in page.facts if f.field == field}


def codes(page: Reading) -> list[str]:
    return [f.code for f in page.findings]


HEAD = f"|{LEFT}|{RIGHT}"
JOBS = "Number of jobs|10|20"


@pytest.mark.parametrize(
    "rows",
    [
        (HEAD, JOBS),
        (f"|{RIGHT}|{LEFT}", "Number of jobs|20|10"),
        (f"{LEFT}|{RIGHT}|", JOBS),
        (f"{LEFT}|{RIGHT}", JOBS),
        (f"{LEFT}|vs|{RIGHT}", "10|Number of jobs|20"),
        (f"{LEFT}|{RIGHT}|", "10|20|Number of jobs"),
        (f"|{LEFT}|{RIGHT}|Gap", "Number of jobs|10|20|10"),
        ("At a glance", HEAD, JOBS),
        (HEAD.upper(), "NUMBER OF JOBS:|10|20"),
        (f"|<a href=/e>{LEFT}</a> \u200b|{RIGHT}&nbsp;▲", "Number&nbsp;of jobs|10|20"),
    ],
)
def test_columns_are_matched_by_title_and_rows_by_label(rows: tuple[str, ...]):
    page = read(table(*rows))
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}
    assert {f.status for f in page.facts} == {"ok"}


@pytest.mark.parametrize(
    ("slugs", "titles"),
    [
        (("certified-nurses-aide", "medication-aide"), ("Certified Nurses' Aide", "Medication Aide")),
        (("certified-nurses-aide", "medication-aide"), ("Certified Nurses’ Aide", "Medication Aide")),
        (("chef", "line-cook-prep-cook"), ("Chef", "Line Cook, Prep Cook")),
        (("housekeeping-laundry", "maid"), ("Housekeeping/Laundry", "Maid")),
        (("branch-manager", "manager"), ("Branch Manager", "Manager")),
        (("kindergarten-teacher", "2nd-grade-teacher"), ("Kindergarten Teacher", "2nd Grade Teacher")),
        (("kindergarten-teacher", "2nd-grade-teacher"), ("Kindergarten Teacher", "2<sup>nd</sup> Grade Teacher")),
        (("sales-and-marketing-manager", "cook"), ("Sales &amp; Marketing Manager", "Cook")),
        (("sales-marketing-manager", "cook"), ("Sales &amp; Marketing Manager", "Cook")),
        (("c-developer", "cook"), ("C++ Developer", "Cook")),
        (("nurse-and-aide", "nurse-aide"), ("Nurse and Aide", "Nurse Aide")),
    ],
)
def test_a_title_meets_its_slug(slugs: tuple[str, str], titles: tuple[str, str]):
    url = f"https://www.zippia.com/{slugs[0]}-jobs/{slugs[0]}-vs-{slugs[1]}-differences"
    page = read(table("|".join(["", *titles]), JOBS), url)
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}
    assert (page.left.slug, page.right.slug) == slugs


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ((HEAD, JOBS, "Nights a month|1|2"), "unknown_label"),
        ((JOBS, HEAD, JOBS), "unknown_label"),
        ((f"{HEAD}|Gap", "Number of jobs|10|20|10"), "ignored_column"),
        ((HEAD, JOBS, "Hourly rate|$23.49", "Average age|42|43"), "ragged_row"),
        ((HEAD, JOBS, f"Most similar job|{RIGHT}|{LEFT}"), "ragged_row"),
        ((HEAD, JOBS, "Education|Plumber|Welder", "Most common major|Business|Law"), "ragged_row"),
        ((f"Outlook|{LEFT}|{RIGHT}", JOBS, f"People|{RIGHT}|{LEFT}", "Average age|40|50"), "ragged_row"),
        ((f"{HEAD}|", "Number of jobs|10|20|10"), "ignored_column"),
        ((HEAD, JOBS, "Hourly rate|<img src=x>|<table><tr><td>$9.00</table>"), "not_text"),
        ((HEAD, JOBS, "Growth rate|<svg class=down></svg>2%|3%"), "drawn_sign"),
        ((HEAD, JOBS, "Best paying company|<img alt='Accenture logo'>|-"), "not_text"),
        ((HEAD, JOBS, "Job satisfaction|<span aria-label='4 of 5'></span>|<i title='5 of 5'></i>"), "not_text"),
        ((HEAD, JOBS, "In California", "Average age|40|50"), "unknown_heading"),
        ((HEAD, JOBS, "|Plumber|Welder", "Average age|40|50"), "ragged_row"),
        ((HEAD, JOBS, "Most common major||", "|Business|Law"), "ragged_row"),
        ((HEAD, JOBS, "Gender ratio||", "Male|34%|40%"), "ragged_row"),
    ],
)
def test_what_nothing_took_is_named(rows: tuple[str, ...], code: str):
    page = read(table(*rows))
    assert code in codes(page)
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}


@pytest.mark.parametrize("heading", ["Salary", "Advertisement", "Education"])
def test_a_known_heading_or_an_advert_inside_of_a_table_ends_nothing(heading: str):
    page = read(table(HEAD, JOBS, f"{heading}||", "Average age|40|50"))
    assert values(page, "demographics.age_mean") == {"left": 40.0, "right": 50.0}


def test_an_empty_cell_whose_value_stands_in_the_next_row_is_not_missing():
    page = read(table(HEAD, JOBS, "Most common major||", "|Business|Law"))
    assert values(page, "education.major") == {}
    assert page.outcome == "partial"


@pytest.mark.parametrize("sign", ["-", "−", "–", "+"])
@pytest.mark.parametrize("markup", ["{}", "<div>{}</div>", "<p>{}</p>", "<br>{}", "<b>{}</b>", "<span></span>{}"])
def test_a_sign_is_never_lost(sign: str, markup: str):
    page = read(table(HEAD, JOBS, f"Growth rate|{markup.format(sign + '8%')}|1%"))
    assert values(page, "outlook.growth_pct")["left"] == (8.0 if sign == "+" else -8.0)


def test_a_picture_beside_signed_figures_is_no_matter():
    page = read(table(HEAD, JOBS, "Growth rate|<svg></svg>-2%|<svg></svg>3%"))
    assert {f.status for f in page.facts} == {"ok"}


def test_rows_below_one_that_names_the_jobs_the_other_way_round_are_not_read():
    page = read(table(HEAD, JOBS, f"Most similar job|{RIGHT}|{LEFT}", "Average age|40|50"))
    assert {f.field for f in page.facts} == {"outlook.jobs"}
    assert codes(page) == ["ragged_row", "ragged_row"]
    assert page.outcome == "partial"


@pytest.mark.parametrize(
    ("cell", "status"),
    [("", "missing"), ("<span></span>", "missing"), ("<!-- -->", "missing"), ("&nbsp;", "missing"), ("—", "missing"),
     ("<b>N/A</b>", "missing"), ("<span class=stars></span>", "unreadable"), ("<meter value=4></meter>", "unreadable"),
     ("<img src=4.png>", "unreadable"), ("<s>4</s>", "unreadable"), ("<input value=4>", "unreadable"),
     ("<noscript>4</noscript>", "unreadable"), ("<div style='background:url(4.png)'></div>", "unreadable")],
)  # fmt: skip
def test_missing_is_what_shows_nothing(cell: str, status: str):
    page = read(table(HEAD, JOBS, f"Job satisfaction|{cell}|4"))
    assert [f.status for f in page.facts if (f.side, f.field) == ("left", "outlook.satisfaction")] == [status]


@pytest.mark.parametrize("row", ["|View jobs|View jobs", "|<img alt='An electrician'>|<img alt='Another'>", "|$48,850|$57,682"])
def test_an_unlabelled_row_that_is_no_heading_ends_nothing(row: str):
    page = read(table(HEAD, row, JOBS))
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}
    assert codes(page) == ["unknown_label"]


@pytest.mark.parametrize("tag", ["i", "div", "p"])
def test_an_empty_element_may_draw_the_sign(tag: str):
    page = read(table(HEAD, JOBS, f"Growth rate|<{tag} class=down></{tag}>2%|3%"))
    assert {f.side: f.status for f in page.facts if f.field == "outlook.growth_pct"} == {"left": "suspect", "right": "ok"}


def test_an_icon_without_text_may_be_the_sign_of_a_growth():
    page = read(table(HEAD, JOBS, "Growth rate|<i class='fa fa-arrow-down'></i>2%|3%"))
    assert {f.side: f.status for f in page.facts if f.field == "outlook.growth_pct"} == {"left": "suspect", "right": "ok"}


def test_a_header_that_comes_again_counts_anew():
    page = read(table(HEAD, JOBS, f"|{RIGHT}|{LEFT}", "Average age|40|50"))
    assert values(page, "demographics.age_mean") == {"left": 50.0, "right": 40.0}
    assert codes(page) == []


def test_a_job_over_two_columns_that_differ_is_not_guessed():
    body = f"<table><tr><td></td><td colspan=2>{LEFT}</td><td>{RIGHT}</td></tr><tr><td>Number of jobs</td><td>10</td><td>11</td>"
    page = read(table(HEAD, "Average age|40|50") + body + "<td>20</td></tr></table>")
    assert "ragged_row" in codes(page)
    assert page.outcome == "partial"
    assert values(page, "outlook.jobs") == {}


def test_a_label_that_spans_a_job_is_no_value():
    page = read(table(HEAD, JOBS)[:-8] + "<tr><td colspan=2>Highest paying City</td><td>Reno</td></tr></table>")
    assert codes(page) == ["ragged_row"]
    assert values(page, "salary.best_city") == {"right": "Reno"}


def test_a_row_with_too_few_cells_is_in_doubt():
    page = read(table(HEAD, JOBS, "Average age|42", "Hourly rate|-", "Growth rate|1%|2%"))
    assert page.outcome == "partial"
    assert {(f.field, f.status) for f in page.facts if f.side == "left"} == {
        ("outlook.jobs", "ok"),
        ("outlook.growth_pct", "ok"),
        ("demographics.age_mean", "suspect"),
        ("salary.hourly_mean_usd", "unreadable"),
    }


@pytest.mark.parametrize(
    ("body", "url", "code"),
    [
        ("<p>nothing here</p>", URL, "no_comparison"),
        (table("|Chef|Baker", JOBS), URL, "other_jobs"),
        (table(f"|{LEFT}|Baker", JOBS), URL, "other_jobs"),
        (table(HEAD, "Colour|red|blue"), URL, "no_comparison"),
        (table(HEAD), URL, "no_comparison"),
        (table(HEAD, JOBS), "https://www.zippia.com/electrician-jobs/trends/", "unknown_url_shape"),
        (table(HEAD, JOBS), "https://www.zippia.com/chef-jobs/electrician-vs-journeyman-differences", "unknown_url_shape"),
        (table(HEAD, JOBS), "https://www.zippia.com/chef-jobs/chef-vs-baker-differences", "other_jobs"),
    ],
)
def test_another_page_is_refused_with_the_reason(body: str, url: str, code: str):
    with pytest.raises(Rejected) as refused:
        read(body, url)
    assert refused.value.code == code


def test_the_host_does_not_matter_the_shape_of_the_path_does():
    page = read(table(HEAD, JOBS), "http://127.0.0.1:8123/electrician-jobs/electrician-vs-journeyman-differences")
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}


def test_tables_of_other_pairs_on_the_page_are_left_alone():
    page = read(table("|Chef|Baker", "Number of jobs|1|2", "Average age|30|31") + table(HEAD, JOBS))
    assert values(page, "outlook.jobs") == {"left": 10, "right": 20}
    assert codes(page) == ["other_table"]


def test_copies_for_other_screens_are_witnesses():
    page = read(table(HEAD, JOBS) + table(HEAD, JOBS))
    assert [(f.side, f.value, f.status) for f in page.facts] == [("left", 10, "ok"), ("right", 20, "ok")]


def test_copies_that_differ_are_suspect():
    page = read(table(HEAD, JOBS) + table(HEAD, "Number of jobs|10|21"))
    assert [(f.side, f.status) for f in page.facts] == [("left", "ok"), ("right", "suspect")]
    assert codes(page) == ["witnesses_disagree"]


@pytest.mark.slow
@pytest.mark.parametrize("render", [as_text, lambda page: as_html(page, head="thead", row="th")])
@pytest.mark.parametrize("page", [SEED, OVERVIEW], ids=["seed", "overview"])
def test_a_cut_page_never_says_what_the_whole_page_does_not(page, render):
    body = render(page)
    media_type = "text/html" if body.startswith(b"<!doctype") else "text/plain"
    whole = expected(page)
    for end in range(0, len(body), 3):
        read = parsing.parse(body[:end], media_type, "", page.url)
        sure = {key: fact for key, fact in found(read).items() if fact[1] in ("ok", "missing")}
        assert sure.items() <= whole.items(), body[max(0, end - 60) : end]
        if media_type == "text/html":
            assert read.outcome != "complete" or found(read) == whole


@pytest.mark.parametrize(
    ("section", "labels", "stands"),
    [
        ("salary", ("Average salary|$48,880|$57,720", "Hourly rate|$23.50|$27.75", "Best paying city|A|B"), "salary"),
        ("overview", ("Yearly salary|$48,880|$57,720", "Hourly rate|$23.50|$27.75"), "overview"),
        ("overview", ("Hourly rate|$23.50|$27.75", "Growth rate|1%|2%", "Salary range|$31k - $64k|$31k - $64k"), "overview"),
    ],
)
def test_what_only_the_overview_knows_stands_in_the_table_in_which_it_stands(section, labels, stands):
    page = read(table(HEAD, *labels))
    assert {f.section for f in page.facts if f.field == "salary.hourly_mean_usd"} == {stands}
    ranges = {f.section for f in page.facts if f.field == "salary.annual_low_usd"}
    assert ranges in (set(), {"salary"})


def test_a_cell_that_nobody_can_read_is_not_hidden_by_an_empty_one():
    page = SEED.with_cell("Average salary", left="{{salary}}")
    page = replace(page, pay=None, tables=page.tables | {"overview": (("Yearly salary", "-", "$43,251"),)})
    for figures in (page, page.with_cell("Average salary", left="-").with_cell("Yearly salary", left="{{salary}}")):
        facts = parsing.parse(as_html(figures), "text/html", "", figures.url).facts
        (fact,) = [f for f in facts if (f.side, f.field) == ("left", "salary.annual_mean_usd")]
        assert (fact.status, fact.raw) == ("unreadable", "{{salary}}")


def test_a_page_about_one_of_the_jobs_is_no_comparison_of_others():
    with pytest.raises(Rejected) as refused:
        read(table(f"|{LEFT}", "Number of jobs|10", "Average age|40"))
    assert refused.value.code == "no_comparison"
    assert "'Electrician' compares nothing" in refused.value.detail
