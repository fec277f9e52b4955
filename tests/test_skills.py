"""Skills lists: which list is whose, what an item says, and what stands against it; every doubt is named."""

import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from random import Random
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize import reading
from normalize.errors import Refusal
from normalize.facts import Reading
from normalize.grammars.skills import Skill, only_name, skill_and_percent
from scraper import parsing, readers
from scraper.interpreter import interpret
from tests.command import Command
from tests.figures import SEED, as_html, as_text, expected, found
from tests.imports import Saved, load_pages, rows

TITLES = ("Branch Manager", "Manager")
URL = "https://www.zippia.com/branch-manager-jobs/branch-manager-vs-manager-differences"
Told = list[tuple[object, object, str]]


def html(body: str, titles: tuple[str, str] = TITLES, url: str = URL) -> Reading:
    table = f"<table><tr><td><td>{titles[0]}<td>{titles[1]}</tr><tr><td>Number of jobs<td>1<td>2</tr></table>"
    page = f"<html><body>{table}{body}</body></html>"
    return reading.read(interpret(readers.read(page.encode(), "text/html", ""), url))


def text(body: str) -> Reading:
    table = f"| | {TITLES[0]} | {TITLES[1]} |\n| Number of jobs | 1 | 2 |\n"
    return reading.read(interpret(readers.read((table + body).encode(), "text/plain", ""), URL))


def told(page: Reading, side: str = "left") -> Told:
    """Name, per cent and the status of the name, by rank, which must have no gap."""
    names = [f for f in page.facts if f.side == side and f.field == "skill.name"]
    pcts = {f.item: f.value for f in page.facts if f.side == side and f.field == "skill.pct"}
    assert [f.item for f in names] == [str(n) for n in range(1, len(names) + 1)]
    return [(f.value, pcts.get(f.item), f.status) for f in names]


def codes(page: Reading) -> list[str]:
    return [f.code for f in page.findings]


LEFT: Told = [("Cash Flow", 21.0, "ok"), ("C++", 9.5, "ok"), ("401(k)", 5.0, "ok")]
RIGHT: Told = [("Excel", 12.0, "ok"), ("R", 2.0, "ok")]
A = ("Cash Flow, 21%", "C++, 9.5%", "401(k), 5%")
B = ("Excel, 12%", "R, 2%")


def ul(*items: str, tag: str = "ul") -> str:
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"


def md(*items: str, mark: str = "- ") -> str:
    return "".join(f"{mark}{item}\n" for item in items)


# --- where a list stands, and whose it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        html(f"<h2>Branch Manager skills</h2>{ul(*A)}<h2>Manager skills</h2>{ul(*B)}"),
        html(f"<h2>Manager skills</h2>{ul(*B, tag='ol')}<h2>Branch Manager skills</h2>{ul(*A, tag='ol')}"),
        html(f"<h2>Branch Manager skills</h2>{''.join(f'<p>{i}</p>' for i in A)}<h2>Manager skills</h2><p>{'<br>'.join(B)}</p>"),
        html(f"<h2>Skills</h2><h3>Branch Manager</h3>{ul(*A)}<h3>Manager</h3>{ul(*B)}"),
        html(f"<h2>Skills</h2><p>Branch managers:</p>{ul(*A)}<p>For managers</p>{ul(*B)}"),
        html(f"<h2>Branch manager vs. manager: skills</h2><h3>Branch managers</h3>{ul(*A)}<h3>A manager</h3>{ul(*B)}"),
        html(f"<h2>Branch Manager</h2><h3>Top skills</h3>{ul(*A)}<h2>Manager</h2><h3>Top skills</h3>{ul(*B)}"),
        html(f"<h2>Branch Manager skills</h2><p>Both of a branch manager and a manager much is asked.</p>{ul(*A)}<p>Skills of a "
             f"manager:</p>{ul(*B)}"),
        html(f"<h2>Branch Manager skills</h2><h3>Branch Manager</h3>{ul(*A)}<h2>Manager skills</h2>{ul(*B)}"),
        text(f"Branch Manager skills\n{md(*A)}Manager skills\n{md(*B)}"),
        text(f"## Branch Manager skills\n\n{md(*A, mark='* ')}\n## Manager skills\n\n{md(*B, mark='1. ')}"),
        text(f"## Skills\n\n### Branch Managers\n\n{md(*(i + chr(10) for i in A))}### Managers\n{md(*B, mark='• ')}"),
        text(f"Branch Manager skills\n{md(*A, mark='')}Manager skills\n{md(*B, mark='')}"),
        text(f"Skills\nBranch Manager\n{md(*A, mark='')}Manager\n{md(*B, mark='')}\nThat is all.\n"),
    ],
)  # fmt: skip
def test_each_list_is_read_for_the_job_that_its_caption_names(page: Reading):
    assert (told(page), told(page, "right")) == (LEFT, RIGHT)
    assert codes(page) == []
    assert page.outcome == "complete"
    assert "skills" in page.parts
    assert {f.section for f in page.facts if f.field.startswith("skill")} == {"skills"}


@pytest.mark.parametrize(
    "caption",
    [
        "Branch Manager skills", "BRANCH MANAGER SKILLS:", "Branch Manager's Skills", "Branch managers’ skills",
        "Top skills for a branch manager", "Most common skills for branch managers", "The most important branch manager skills",
        "Skills of branch managers", "10 skills every branch manager needs", "What skills does a branch manager need?",
        "Skills needed to become a branch manager", "Skills found on branch manager resumes", "Top 3 Branch Manager Skills",
        "Here are the skills that employers want in a branch manager:", "Hard skills of a branch manager", "Branch Manager skill",
    ],
)  # fmt: skip
def test_captions_that_tell_whose_skills_follow(caption: str):
    page = html(f"<h2>{caption}</h2>{ul(*A)}<p>{caption}</p>{ul(*A)}")
    assert (told(page), told(page, "right")) == (LEFT, [])
    assert codes(page) == []


@pytest.mark.parametrize(
    ("titles", "slugs", "captions"),
    [
        (("Line Cook, Prep Cook", "Chef"), ("line-cook-prep-cook", "chef"), ("line cooks, prep cook", "chefs")),
        (("Housekeeping/Laundry", "Maid"), ("housekeeping-laundry", "maid"), ("housekeeping/laundries", "maid's")),
        (("Electrician", "Journeyman"), ("electrician", "journeyman"), ("electricians", "journeymen")),
        (("Secretary", "Boss"), ("secretary", "boss"), ("secretaries", "bosses'")),
        (("Cook", "Cook's Helper"), ("cook", "cooks-helper"), ("cook", "cook’s helpers")),
    ],
)
def test_titles_in_the_forms_of_prose(titles: tuple[str, str], slugs: tuple[str, str], captions: tuple[str, str]):
    url = f"https://www.zippia.com/{slugs[0]}-jobs/{slugs[0]}-vs-{slugs[1]}-differences"
    page = html(f"<h2>Skills for {captions[0]}</h2>{ul(*A)}<h2>Skills for {captions[1]}</h2>{ul(*B)}", titles, url)
    assert (told(page), told(page, "right")) == (LEFT, RIGHT)


@pytest.mark.parametrize(
    "body",
    [
        f"<h2>Skills</h2>{ul(*A)}",
        f"<h2>Branch manager and manager skills</h2>{ul(*A)}",
        f"<h2>Baker skills</h2>{ul(*A)}",
        f"<h2>Pastry manager skills</h2>{ul(*A)}",
        f"<h2>Manager trainee skills</h2>{ul(*A)}",
        f"<h2>Skills missing from manager resumes</h2>{ul(*A)}",
        f"<h2>Skills</h2><h3>Branch Manager</h3><h3>Manager</h3>{ul(*A)}",
        f"<h2>Branch Manager skills</h2><h3>Manager</h3>{ul(*A)}",
        f"<h2>Manager skills</h2><h3>Baker skills</h3>{ul(*A)}",
        "<h2>Manager skills</h2><p>Cash Flow</p><p>21%</p>",
    ],
)
def test_a_list_of_shares_that_is_nobodys_is_named(body: str):
    page = html(body)
    assert codes(page) == ["unassigned_list"]
    assert {f.field for f in page.facts} == {"outlook.jobs"}
    assert (page.outcome, "skills" in page.parts) == ("complete", False)


@pytest.mark.parametrize(
    "body",
    [
        f"<h2>Related skills</h2>{ul('Excel', 'Word')}",
        f"<h2>Skills</h2>{ul('Excel', 'Word')}",
        f"<h2>Pastry manager skills</h2>{ul('Excel', 'Word')}",
        f"<h2>Manager skills</h2><h3>Degrees</h3>{ul('Bachelor, 58%')}",
        f"<h2>Manager</h2>{ul('Excel, 5%', 'Word, 4%')}",
        f"<h2>Manager skills</h2>{ul('Leads a team of people.', 'Writes many long reports.')}",
        f"<h2>Manager skills</h2>{ul('', '')}",
        f"<h2>Manager skills</h2>{ul('See all manager skills &gt;')}",
        "<p>Managers have many skills, 21% say.</p><p>Others, 5%</p>",
    ],
)
def test_other_lists_are_left_alone(body: str):
    page = html(body)
    assert {f.field for f in page.facts} == {"outlook.jobs"}
    assert {f.severity for f in page.findings} <= {"info"}


def test_a_line_between_two_runs_may_be_a_heading_or_a_skill():
    page = text("Manager skills\nExcel, 12%\nWord\nR, 2%\nBye.")
    assert told(page, "right") == [("Excel", 12.0, "ok")]
    assert codes(page) == ["unassigned_list"]


def test_sentences_around_bare_lines_are_still_read():
    page = text("Manager skills\nexcel, 12%\nr, 2%\n(It takes 1-2 years to become a manager.\n")
    assert told(page, "right")[0] == ("excel", 12.0, "ok")
    page = html("<h2>Manager skills</h2><p>Excel, 12%<br>R, 2%<br>It takes 1-2 years to become a manager</p>")
    assert told(page, "right") == RIGHT
    assert [f.value for f in page.facts if f.side == "right" and f.field.startswith("outlook.time")] == [12, 24]


# --- what an item says -----------------------------------------------------------------------------------------------

NAMES = ("Customer Service", "C++", "C#", "401(k)", "Windows 10", "Planning, Organizing, and Scheduling", "R", "G&A", "COVID-19",
         "Ph.D.", "SAP R/3", "O’Reilly", "Front–End", "7-Eleven", "3D Printing", ".NET")  # fmt: skip
FORMS = ("{n}, {p}%", "{n} {p}%", "{n} ({p}%)", "{n}: {p}%", "{n} - {p}%", "{n} – {p} %", "{p}% {n}", "{p}%: {n}", "{n}\n{p}%",
         "{p}%\n{n}", "{n},\n{p}%", "{n} {p} percent", "{n} | {p}%")  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_forms_of_items(name: str, form: str):
    assert skill_and_percent(form.format(n=name, p="9.5")) == Skill(name, pytest.approx(9.5), shares=True)


@pytest.mark.parametrize(
    ("item", "name", "pct"),
    [("Excel", "Excel", None), (", 21%", None, 21), ("21%", None, 21), ("- 21%", None, 21), ("N/A, 21%", None, 21),
     ("Excel, -", "Excel", None), ("Excel (N/A)", "Excel", None), ("Excel, 0%", "Excel", 0), ("Excel, 150%", "Excel", 150)],
)  # fmt: skip
def test_items_that_lack_something(item: str, name: str | None, pct: int | None):
    read = skill_and_percent(item)
    assert (read.name, read.pct) == (name, pct)


@pytest.mark.parametrize(
    "item",
    ["Excel, abc%", "Excel, 21", "Excel, 9.", "Excel,", "Excel -", "Excel -21%", "Excel, -21%", "-21%", "Excel, 9,5%",
     "Excel 1,234%", "Windows 10,8%", "Excel, <1%", "Excel, ~5%", "Excel, 5-8%", "Excel, 21%.", "Excel, 21%*", "Excel, 21% [1]",
     "Excel (21%", "Excel 21%)", "100% Pure, 21%", "21% of managers", "Excel, 21\n1%", "Excel, ٢%", "Excel, 2１%", "Excel, 21％",
     "Excel, %", "Excel, .5%", "%", "Excel\nWord, 5%", "Excel, 5%\nWord, 4%", "see all skills >", "Excel, twenty percent",
     "[Excel](x), 5%", "Excel ..... 5%", "x" * 201 + ", 5%", "Loading..., 5%", "Excel\x1b, 5%", "!!, 5%"],
)  # fmt: skip
def test_items_that_are_refused(item: str):
    with pytest.raises(Refusal):
        skill_and_percent(item)


@pytest.mark.parametrize("unit", ["1", "1%", ", ", " - ", "a, 1% ", "(", "\n", "1,", "%", "per cent ", "\u00a0", "-", "| "])
@pytest.mark.parametrize("grammar", [skill_and_percent, only_name])
def test_long_items_take_no_time(grammar: Callable[[str], object], unit: str):
    start = thread_time()
    for end in ("", "!", "5%"):
        with pytest.raises(Refusal):
            grammar("x" + unit * (100_000 // len(unit)) + end)
    assert thread_time() - start < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["skills ", "the most ", "manager skills for ", "manager, 5%\n", "- a, 5%\n", "- \n", "-\n", "# skills\n- a, 1%\n"]
)
def test_pages_of_captions_take_linear_time(unit: str):
    document = readers.read(
        f"| | {TITLES[0]} | {TITLES[1]} |\n| Number of jobs | 1 | 2 |\nManager skills\n{unit * (100_000 // len(unit))}".encode(),
        "text/plain",
        "",
    )
    start = thread_time()
    interpret(document, URL)
    assert thread_time() - start < 4


def test_an_unreadable_item_keeps_its_rank():
    page = html(f"<h2>Manager skills</h2>{ul('Excel, 12%', 'Word, abc%', 'R, 2%')}")
    assert told(page, "right") == [("Excel", 12.0, "ok"), (None, None, "unreadable"), ("R", 2.0, "ok")]
    assert codes(page) == ["unreadable_cell"]
    assert page.outcome == "partial"


@pytest.mark.parametrize(
    "page",
    [
        html(f"<h2>Manager skills</h2>{ul('Excel, 12%', '', ', 7%', '-', 'R, 2%', '&nbsp;')}"),
        text("Manager skills\n- Excel, 12%\n- \n- , 7%\n- -\n- R, 2%\n-\nBye."),
        text("Manager skills\n1. Excel, 12%\n2.\n3. , 7%\n4. -\n5. R, 2%\n6.\nBye."),
    ],
)
def test_an_empty_slot_keeps_its_rank(page: Reading):
    none = (None, None, "missing")
    assert told(page, "right") == [("Excel", 12.0, "ok"), none, (None, 7.0, "missing"), none, ("R", 2.0, "ok"), none]
    assert codes(page) == []


def test_an_empty_slot_of_names_has_no_per_cent():
    page = html(f"<h2>Manager skills</h2>{ul('', 'Word')}")
    assert [(f.field, f.item, f.status) for f in page.facts if f.side == "right" and f.field != "outlook.jobs"] == [
        ("skill.name", "1", "missing"),
        ("skill.name", "2", "ok"),
    ]


def test_the_raw_text_is_the_whole_item_and_stands_where_it_stands():
    page = html(f"<h2>Manager skills</h2>{ul('Excel, 12%', '<b>R</b><br>(2%)')}")
    skills = [f for f in page.facts if f.field.startswith("skill.") and f.item == "2"]
    assert {(f.raw, f.place.block, f.place.row, f.place.column) for f in skills} == {("R\n(2%)", 2, 1, 0)}


def test_a_link_to_the_rest_is_no_item():
    page = html(f"<h2>Manager skills</h2>{ul('Excel, 12%', 'See all manager skills &gt;', 'R, 2%')}")
    assert told(page, "right") == RIGHT
    assert codes(page) == ["ignored_item"]


def test_shares_above_a_hundred_and_names_that_come_twice_are_suspect():
    page = html(f"<h2>Manager skills</h2>{ul('Excel, 112%', 'R, 2%', 'Word, 2%', 'r, 1%')}")
    assert [(f.item, f.field, f.status) for f in page.facts if f.side == "right" and f.status != "ok"] == [
        ("2", "skill.name", "suspect"),
        ("4", "skill.name", "suspect"),
        ("1", "skill.pct", "suspect"),
        ("2", "skill.pct", "suspect"),
        ("4", "skill.pct", "suspect"),
    ]
    assert sorted(codes(page)) == ["duplicate_skill", "out_of_range"]
    assert page.outcome == "complete"


# --- what stands against it ------------------------------------------------------------------------------------------

SENTENCE = "<p>The top three skills for a manager include {}.</p>"


@pytest.mark.parametrize(
    ("sentence", "items", "statuses", "said"),
    [
        ("excel, R and word", ("Excel, 12%", "R, 2%", "Word, 1%", "C++, 1%"), ["ok"] * 4, []),
        ("excel, C and word", ("Excel, 12%", "R, 2%", "Word, 1%"), ["ok", "suspect", "ok"], ["witnesses_disagree"]),
        ("excel, R and word", ("Excel, 12%", "R, 2%"), ["ok", "ok", "suspect"], ["witnesses_disagree"]),
        ("excel, R, and", ("Excel, 12%", "R, 2%"), ["ok", "ok"], []),
        ("excel, , and word", ("Excel, 12%", "R, 2%", "Word, 1%"), ["ok"] * 3, []),
        ("excel, R and word", ("Excel, 12%", "", "Word, 1%"), ["ok", "suspect", "ok"], ["witnesses_disagree"]),
        ("excel, R and word", ("Excel, 12%", ", 2%", "Word, 1%"), ["ok", "suspect", "ok"], ["witnesses_disagree"]),
        ("excel, R and word", ("Excel, 12%", "R, x%", "Word, 1%"), ["ok", "unreadable", "ok"], ["unreadable_cell"]),
    ],
)
def test_the_sentence_is_a_witness_of_the_list(sentence: str, items: tuple[str, ...], statuses: list[str], said: list[str]):
    page = html(f"{SENTENCE.format(sentence)}<h2>Manager skills</h2>{ul(*items)}")
    assert [status for _, _, status in told(page, "right")] == statuses
    assert codes(page) == said
    assert page.parts == ("overview", "skills", "top_skills")


def test_copies_agree_and_others_do_not():
    copies = html(f"<h2>Manager skills</h2>{ul(*B)}{ul(*B)}<h2>Skills of a manager</h2>{ul('Excel', 'R')}")
    assert told(copies, "right") == RIGHT
    assert codes(copies) == []
    other = html(f"<h2>Manager skills</h2>{ul(*B)}{ul('Excel, 12%', 'R, 3%', 'Word, 1%')}")
    assert [(name, status) for name, _, status in told(other, "right")] == [
        ("Excel", "ok"),
        ("R", "suspect"),
        ("Word", "suspect"),
    ]
    assert codes(other) == ["witnesses_disagree"] * 2


def test_without_a_list_the_sentence_speaks():
    page = html(SENTENCE.format("excel, R and word"))
    assert told(page, "right") == [("excel", None, "ok"), ("R", None, "ok"), ("word", None, "ok")]
    assert {f.section for f in page.facts if f.field == "skill.name"} == {"intro"}


# --- the end of the page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("markup", ["html", "list", "names", "lines"])
def test_a_cut_page_never_says_what_the_whole_page_does_not(markup: str):
    items = ("customer service, 21%", "9.5% loan modifications", "foreclosure process (5%)", "windows 10, 8%")
    if markup == "html":
        whole = as_html(SEED).replace(b"</body>", f"<h2>Loss mitigation specialist skills</h2>{ul(*items)}</body>".encode())
    else:
        marks = {"list": "- ", "names": "- ", "lines": ""}
        names = ("Customer Service", "Loan Modifications", "Foreclosure Process", "Windows 10")
        listed = md(*(names if markup == "names" else items), mark=marks[markup])
        whole = as_text(SEED) + f"\nLoss mitigation specialist skills\n{listed}".encode()
    media_type = "text/html" if markup == "html" else "text/plain"
    facts = found(parsing.parse(whole, media_type, "", SEED.url))
    assert ("right", "skill.name", "4") in facts
    for end in range(whole.rindex(b"pecialist skills"), len(whole)):
        read = parsing.parse(whole[:end], media_type, "", SEED.url)
        sure = {key: fact for key, fact in found(read).items() if fact[1] in ("ok", "missing")}
        wrong = sure.items() - facts.items()
        assert {key[:2] for key, _ in wrong} <= {("right", "skill.name")}, whole[end - 60 : end]
        assert {value.lower() for (_, _, _), (value, _) in wrong} <= {
            value.lower() for value, _ in facts.values() if isinstance(value, str)
        }


def test_the_last_item_of_a_cut_page_is_in_doubt():
    table = f"<table><tr><td><td>{TITLES[0]}<td>{TITLES[1]}</tr><tr><td>Number of jobs<td>1<td>2</tr></table>"
    body = f"<html><body>{table}<h2>Manager skills</h2><ul><li>Excel, 12%<li>R, 2%"
    page = reading.read(interpret(readers.read(body.encode(), "text/html", ""), URL))
    assert [status for _, _, status in told(page, "right")] == ["ok", "suspect"]
    assert codes(page) == ["cut_off"]
    assert codes(text("Manager skills\n- Excel\n- Wor")) == ["cut_off"]
    assert codes(text("Manager skills\n- Excel, 12%\n- R, 2%")) == []


# --- what is drawn at random comes back ------------------------------------------------------------------------------

modest = settings(max_examples=60, deadline=None)
unlike_sentences = [name for name in NAMES if name != "Ph.D."]  # `5% ... Ph.D.` may be one: test_forms_of_items has it
words = (
    st.lists(st.sampled_from((*unlike_sentences, "and", "Microsoft", "SQL", "work ethic", "São")), min_size=1, max_size=3)
    .map(" ".join)
    .filter(lambda name: len(name) <= 70)
)  # a longer item alone in its list is prose
shares = st.integers(0, 100).map(str) | st.decimals(0, 100, places=1).map(lambda d: f"{d:f}")
listed = st.lists(st.tuples(words, shares), min_size=1, max_size=12, unique_by=lambda pair: pair[0].casefold())


@modest
@given(left=listed, right=listed, form=st.sampled_from(FORMS), tag=st.sampled_from(("ul", "ol")), random=st.randoms())
def test_random_lists_in_html(left, right, form: str, tag: str, random: Random):
    def drawn(pairs: list[tuple[str, str]]) -> str:
        return ul(*(escape(form.format(n=n, p=p)).replace("\n", random.choice(("<br>", "<p>"))) for n, p in pairs), tag=tag)

    page = html(f"<h2>Branch managers' skills</h2>{drawn(left)}<h2>Skills of managers</h2>{drawn(right)}")
    for side, pairs in (("left", left), ("right", right)):
        assert told(page, side) == [(name, float(pct), "ok") for name, pct in pairs]
    assert codes(page) == []


@modest
@given(
    left=listed,
    right=listed,
    form=st.sampled_from([f for f in FORMS if "\n" not in f]),
    mark=st.sampled_from(("", "- ", "* ", "1. ")),
)
def test_random_lists_in_text(left, right, form: str, mark: str):
    def drawn(pairs: list[tuple[str, str]]) -> str:
        return md(*(form.format(n=n, p=p) for n, p in pairs), mark=mark)

    if not mark and "percent" in form:
        form = FORMS[0]  # a bare line shows that it is an item by a per cent sign
    page = text(f"Branch manager skills\n{drawn(left)}Skills of managers\n{drawn(right)}\nThat is all.\n")
    for side, pairs in (("left", left), ("right", right)):
        assert told(page, side) == [(name, float(pct), "ok") for name, pct in pairs]
    assert codes(page) == []


# --- database and explanation ----------------------------------------------------------------------------------------

LISTS = (
    b"\nAccount Resolution Analyst skills\n- Escalate, 21%\n- Credit Balances, 9.5%\n- customer accounts\n-\n- C++ (2%)\n"
    b"Most common skills for loss mitigation specialists\nCustomer Service, 30%\nLoans, 5%\nForeclosure Process, 4%\n"
)


def test_lists_come_through_the_database(tmp_path: Path):
    db = load_pages(tmp_path, Saved(SEED.url, "2024-05-01T00:00:00Z", as_text(SEED) + LISTS))
    seen = rows(
        db,
        "SELECT side, field, item, value, status, raw, section FROM observation WHERE field LIKE 'skill.%' "
        "ORDER BY side, CAST(item AS INTEGER), field",
    )
    assert seen == [
        ("left", "skill.name", "1", "Escalate", "ok", "Escalate, 21%", "skills"),
        ("left", "skill.pct", "1", 21.0, "ok", "Escalate, 21%", "skills"),
        ("left", "skill.name", "2", "Credit Balances", "ok", "Credit Balances, 9.5%", "skills"),
        ("left", "skill.pct", "2", 9.5, "ok", "Credit Balances, 9.5%", "skills"),
        ("left", "skill.name", "3", "customer accounts", "ok", "customer accounts", "skills"),
        ("left", "skill.name", "4", None, "missing", "", "skills"),
        ("left", "skill.pct", "4", None, "missing", "", "skills"),
        ("left", "skill.name", "5", "C++", "ok", "C++ (2%)", "skills"),
        ("left", "skill.pct", "5", 2.0, "ok", "C++ (2%)", "skills"),
        ("right", "skill.name", "1", "Customer Service", "ok", "Customer Service, 30%", "skills"),
        ("right", "skill.pct", "1", 30.0, "ok", "Customer Service, 30%", "skills"),
        ("right", "skill.name", "2", "Loans", "suspect", "Loans, 5%", "skills"),
        ("right", "skill.pct", "2", 5.0, "suspect", "Loans, 5%", "skills"),
        ("right", "skill.name", "3", "Foreclosure Process", "ok", "Foreclosure Process, 4%", "skills"),
        ("right", "skill.pct", "3", 4.0, "ok", "Foreclosure Process, 4%", "skills"),
    ]
    assert rows(db, "SELECT code, side, field FROM finding") == [("witnesses_disagree", "right", "skill.name")]


def test_the_figures_of_the_tables_stay_what_they_are():
    read = found(parsing.parse(as_text(SEED) + LISTS, "text/plain", "", SEED.url))
    whole = expected(SEED)
    assert {k: v for k, v in read.items() if k[1][:6] != "skill."} == {k: v for k, v in whole.items() if k[1][:6] != "skill."}


@pytest.mark.slow
def test_explain_names_the_list_and_the_item(tmp_path: Path):
    run = Command(tmp_path)
    page = tmp_path / "page.txt"
    page.write_bytes(as_text(SEED) + LISTS)
    page.with_suffix(".json").write_text(json.dumps({"url": SEED.url, "captured_at": "2024-05-01T00:00:00Z"}))
    run("import", page)
    for slug, field, heading, raw in (
        ("account-resolution-analyst", "skill.pct.2", "Account Resolution Analyst skills", "Credit Balances, 9.5%"),
        ("loss-mitigation-specialist", "skill.name.2", "Most common skills for loss mitigation specialists", "Loans, 5%"),
    ):
        (chain,) = run.json("explain", slug, field)
        assert (chain["stands_in"], chain["table"], chain["table_heading"]) == ("list", None, heading)
        assert (chain["raw"], chain["item"], chain["found_again"]) == (raw, "2", True)
    said = run("explain", "loss-mitigation-specialist", "skill.name").stdout
    for item, raw in enumerate(("Customer Service, 30%", "Loans, 5%", "Foreclosure Process, 4%"), start=1):
        assert f"under “Most common skills for loss mitigation specialists”, item {item}" in said
        assert raw in said
    (chain,) = run.json("explain", "account-resolution-analyst", "skill.name.1")
    assert [(w["section"], w["raw"]) for w in chain["witnesses"]] == [("intro", "escalate")]
