"""The same figures in any arrangement of titles, labels and values; what only looks like them gives no value that is ok."""

import pytest

from normalize.facts import Reading
from scraper import parsing

URL = "https://www.zippia.com/accountant-jobs/accountant-vs-auditor-differences"
A, B = "Accountant", "Auditor"
SALARY, AGE, JOBS = ("Average salary", "$44,937", "$43,251"), ("Average age", "46", "39"), ("Number of jobs", "1,234", "567")
ROWS = (SALARY, AGE, JOBS)
FACTS = {
    ("left", "salary.annual_mean_usd"): 44937, ("right", "salary.annual_mean_usd"): 43251,
    ("left", "demographics.age_mean"): 46, ("right", "demographics.age_mean"): 39,
    ("left", "outlook.jobs"): 1234, ("right", "outlook.jobs"): 567,
}  # fmt: skip


def parse(body: str) -> Reading:
    return parsing.parse(f"<!doctype html><html><body>{body}</body></html>".encode(), "text/html", "", URL)


def found(page: Reading, *statuses: str) -> dict[tuple[str, str], object]:
    return {(f.side, f.field): f.value for f in page.facts if f.status in statuses}


def row(*cells: str, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def table(*rows: tuple[str, ...] | str) -> str:
    return f"<table>{''.join(r if isinstance(r, str) else row(*r) for r in rows)}</table>"


def over(words: str, columns: int = 3) -> str:
    return f"<tr><th colspan={columns}>{words}</th></tr>"


def card(side: int, *more: tuple[str, ...] | str) -> str:
    return table(*((r[0], r[side]) for r in ROWS), *more)


def terms(side: int) -> str:
    return "<dl>" + "".join(f"<dt>{r[0]}</dt><dd>{r[side]}</dd>" for r in ROWS) + "</dl>"


def items(side: int, form: str = "<li>{}: {}</li>") -> str:
    return "<ul>" + "".join(form.format(r[0], r[side]) for r in ROWS) + "</ul>"


def lines(side: int, form: str = "<p>{}: {}</p>") -> str:
    return "".join(form.format(r[0], r[side]) for r in ROWS)


def each(form: str, **given: object) -> str:
    """A form once for each job, `{title}` and the parts that depend on the side."""
    return "".join(
        form.format(title=(A, B)[side - 1], card=card(side), terms=terms(side), items=items(side), lines=lines(side), **given)
        for side in (1, 2)
    )


def boxes(rows: tuple[tuple[str, ...], ...], line: str = "div", cell: str = "div") -> str:
    drawn = "".join(f"<{line}>" + "".join(f"<{cell}>{text}</{cell}>" for text in r) + f"</{line}>" for r in rows)
    return f"<div>{drawn}</div>"


HEAD = ("", A, B)
LABELS = ("", *(r[0] for r in ROWS))
LEFT, RIGHT = (A, *(r[1] for r in ROWS)), (B, *(r[2] for r in ROWS))
LONG = [(r[0], title, r[side]) for r in ROWS for side, title in ((1, A), (2, B))]

ARRANGEMENTS = {
    "jobs as columns": table(HEAD, *ROWS),
    "columns swapped": table(("", B, A), *((r[0], r[2], r[1]) for r in ROWS)),
    "labels in the middle": table((A, "", B), *((r[1], r[0], r[2]) for r in ROWS)),
    "labels last": table((A, B, ""), *((r[1], r[2], r[0]) for r in ROWS)),
    "header cell last, labels first": table((A, B, ""), *ROWS),
    "no header cell above the labels": table((A, B), *ROWS),
    "titles at the bottom": table(*ROWS, HEAD),
    "titles in a foot": f"<table>{''.join(row(*r) for r in ROWS)}<tfoot>{row(*HEAD)}</tfoot></table>",
    "a caption row": table(over("At a glance"), HEAD, *ROWS),
    "a header that comes again": table(HEAD, SALARY, HEAD, AGE, HEAD, JOBS),
    "a header that names sections": table(("Salary", A, B), SALARY, ("Demographics", A, B), AGE, ("Overview", A, B), JOBS),
    "extra columns": table((*HEAD, "Difference", "Source"), *((*r, "5%", "A survey") for r in ROWS)),
    "an extra column before": table(("#", *HEAD), *((str(n), *r) for n, r in enumerate(ROWS))),
    "section column": table(("", *HEAD), *(("Salary", *r) for r in ROWS)),
    "section column that spans": table(
        ("", *HEAD), f"<tr><td rowspan=3>Overview</td>{row(*SALARY)[4:]}", AGE, JOBS
    ),
    "section rows": table(HEAD, over("Salary"), SALARY, over("Demographics"), AGE, over("Overview"), JOBS),
    "section rows with titles": table(HEAD, over("Accountant vs Auditor salary"), SALARY, over("Overview"), AGE, JOBS),
    "adverts between": table(HEAD, SALARY, over("Find jobs near you"), AGE, over("Sponsored: a course for all"), JOBS),
    "drawn adverts between": table(
        HEAD, SALARY, over("<iframe src=x></iframe>"), AGE, over("<img alt='A course'>"), over(""), JOBS
    ),
    "links below the titles": table(("", f"{A}<br><a>See jobs</a>", f"{B}<br><a>See auditor jobs</a>"), *ROWS),
    "titles twice in a cell": table(("", f"<div>{A}</div><div>{A}</div>", f"<div>{B}</div><div>{B}</div>"), *ROWS),
    "footnotes and icons": table(
        ("", f"{A}<sup>1</sup>", f"📈 {B}"), *((f"💰 {r[0]}<sup>2</sup>:", r[1], r[2]) for r in ROWS)
    ),
    "responsive labels": table(HEAD, *((r[0], f"<span>{r[0]}</span><div>{r[1]}</div>", f"<b>{r[0]}:</b> {r[2]}") for r in ROWS)),
    "responsive titles": table(HEAD, *((r[0], f"<div>{A}</div>{r[1]}", f"<b>{B}:</b> {r[2]}") for r in ROWS)),
    "labels on rows of their own": table((A, B), *(x for r in ROWS for x in (over(r[0], 2), (r[1], r[2])))),
    "titles that span label and value": table(
        f"<tr><th colspan=2>{A}</th><th colspan=2>{B}</th></tr>", *((r[0], r[1], r[0], r[2]) for r in ROWS)
    ),
    "jobs as rows": table(LABELS, LEFT, RIGHT),
    "jobs as rows, swapped": table(LABELS, RIGHT, LEFT),
    "jobs as rows, named": table(("Job", *LABELS[1:]), LEFT, RIGHT),
    "jobs as rows, titles last": table((*LABELS[1:], ""), (*LEFT[1:], A), (*RIGHT[1:], B)),
    "jobs as rows, no cell above the titles": table(LABELS[1:], LEFT, RIGHT),
    "jobs as rows, in parts": table(LABELS[:3], LEFT[:3], RIGHT[:3], ("", JOBS[0], ""), (A, JOBS[1], ""), (B, JOBS[2], "")),
    "jobs as rows, a third job": table(LABELS, LEFT, ("Plumber", "$1,000", "20", "3"), RIGHT),
    "jobs as rows of groups": table("<tr><td></td><td colspan=3>At a glance</td></tr>", LABELS, LEFT, RIGHT),
    "one to a row": table(*LONG),
    "one to a row, named": table(("Metric", "Job", "Value"), *LONG),
    "one to a row, job first": table(*((t, label, v) for label, t, v in LONG)),
    "one to a row, value first": table(*((v, label, t) for label, t, v in LONG)),
    "one to a row, with a source": table(("Metric", "Job", "Value", "Source"), *((*r, "A survey") for r in LONG)),
    "one to a row, label spans": table(
        *(f"<tr><td rowspan=2>{r[0]}</td><td>{A}</td><td>{r[1]}</td></tr>{row(B, r[2])}" for r in ROWS)
    ),
    "blocks by label": table(*(x for r in ROWS for x in (over(r[0], 2), (A, r[1]), (B, r[2])))),
    "blocks by label below headings": "".join(f"<h3>{r[0]}</h3>{table((A, r[1]), (B, r[2]))}" for r in ROWS),
    "lists by label": "".join(f"<h3>{r[0]}</h3><ul><li>{A}: {r[1]}<li>{B}: {r[2]}</ul>" for r in ROWS),
    "lines by label": "".join(f"<h3>{r[0]}</h3><p>{A}: {r[1]}</p><p>{B}: {r[2]}</p>" for r in ROWS),
    "terms by label": "<dl>" + "".join(f"<dt>{r[0]}<dd>{A}: {r[1]}<dd>{B}: {r[2]}" for r in ROWS) + "</dl>",
    "terms by job below headings": "".join(f"<h3>{r[0]}</h3><dl><dt>{A}<dd>{r[1]}<dt>{B}<dd>{r[2]}</dl>" for r in ROWS),
    "terms by job, labels before values": f"<dl><dt>{A}{''.join(f'<dd>{r[0]}: {r[1]}' for r in ROWS)}"
    f"<dt>{B}{''.join(f'<dd>{r[0]}: {r[2]}' for r in ROWS)}</dl>",
    "cards below headings": each("<h3>{title}</h3>{card}"),
    "cards below headings with other words": each("<h3>The {title}'s job: overview</h3>{card}"),
    "cards below captions": each("<table><caption>{title}</caption>{card}").replace("</caption><table>", "</caption>"),
    "cards below lines": each("<p>{title}</p>{card}"),
    "cards below lines and section headings": each("<div>{title}</div><h4>Salary</h4>{card}"),
    "cards below section headings": each("<h2>{title}</h2><h3>Salary</h3>{card}"),
    "cards of sections": f"<h2>Salary</h2>{each('<h3>{title}</h3>{card}')}",
    "cards that name their job": each("{card}").replace("<table>", f"<table>{over(A, 2)}", 1).replace(
        "</table><table>", f"</table><table>{over(B, 2)}"
    ),
    "cards with a header": f"{table(('Metric', A), *(r[:2] for r in ROWS))}{table(('Metric', B), *(r[::2] for r in ROWS))}",
    "cards below each other in a table": table(over(A, 2), *(r[:2] for r in ROWS), over(B, 2), *(r[::2] for r in ROWS)),
    "cards with labels last": "".join(
        f"<h3>{t}</h3>{table(*((r[s], r[0]) for r in ROWS))}" for s, t in ((1, A), (2, B))
    ),
    "cards that lie": f"<h3>{A}</h3>{table(LABELS[1:], LEFT[1:])}<h3>{B}</h3>{table(LABELS[1:], RIGHT[1:])}",
    "cards with two labels a row": "".join(
        f"<h3>{t}</h3>{table((SALARY[0], SALARY[s], AGE[0], AGE[s]), (JOBS[0], JOBS[s]))}" for s, t in ((1, A), (2, B))
    ),
    "terms": each("<h3>{title}</h3>{terms}"),
    "lists": each("<h3>{title}</h3>{items}"),
    "lists by the h2": each("<h2>{title} job profile</h2><h3>At a glance</h3>{items}"),
    "paragraphs": each("<h3>{title}</h3>{lines}"),
    "lines of one paragraph": each("<h3>{title}</h3><p>{lines}</p>").replace("<p><p>", "<p>").replace("</p><p>", "<br>"),
    "cards in a table of layout": table(tuple(f"<h3>{t}</h3>{lines(s)}" for s, t in ((1, A), (2, B)))),
    "a grid of roles": "<div role=table>" + "".join(
        f"<div role=row>{''.join(f'<span role=cell>{c}</span>' for c in r)}</div>" for r in (HEAD, *ROWS)
    ) + "</div>",
    "boxes": boxes((HEAD, *ROWS)),
    "boxes of list items": boxes((HEAD, *ROWS), "li", "span"),
    "boxes, jobs as rows": boxes((LABELS, LEFT, RIGHT)),
    "boxes, one to a row": boxes(tuple(LONG)),
    "boxes below headings": "".join(f"<h3>{t}</h3>{boxes(tuple((r[0], r[s]) for r in ROWS))}" for s, t in ((1, A), (2, B))),
    "boxes below lines": "".join(
        f"<div><div>{t}</div>{boxes(tuple((r[0], r[s]) for r in ROWS))}</div>" for s, t in ((1, A), (2, B))
    ),
    "boxes, values above their labels": "".join(
        f"<section><h3>{t}</h3>{boxes(tuple((r[s], r[0]) for r in ROWS))}</section>" for s, t in ((1, A), (2, B))
    ),
    "bold labels": each("<section><h3>{title}</h3>{lines}</section>").replace("<p>", "<p><b>").replace(": ", ":</b> "),
    "a flat grid": "<div>" + "".join(f"<div>{cell}</div>" for r in (HEAD, *ROWS) for cell in r) + "</div>",
    "a flat grid with sections": "<div>" + "".join(
        f"<div>{cell}</div>" for r in (HEAD, ("Salary",), SALARY, ("Overview",), AGE, JOBS) for cell in r
    ) + "</div>",
    "a flat grid with cells that span": "<div>" + "".join(f"<div>{cell}</div>" for cell in HEAD)
    + "".join(f"<div style='grid-column: 1 / -1'>{name}</div>" + "".join(f"<div>{c}</div>" for c in r) for name, r in (
        ("Salary", SALARY), ("Overview", JOBS), ("<hr>", AGE)
    )) + "<div>Remote share</div><div style='grid-column: span 2'>5%</div></div>",
    "lists within a list of jobs": f"<ul><li>{A}{items(1)}</li><li>{B}{items(2)}</li></ul>",
    "lists within a list of labels": "<ul>" + "".join(
        f"<li>{r[0]}<ul><li>{A}: {r[1]}</li><li>{B}: {r[2]}</li></ul></li>" for r in ROWS
    ) + "</ul>",
    "tabs and their panels": f"<div role=tablist><a role=tab id=one>{A}</a><a role=tab id=two>{B}</a></div>"
    f"<div role=tabpanel aria-labelledby=one>{card(1)}</div><div role=tabpanel aria-labelledby=two>{card(2)}</div>",
    "a table of two cells for each label": "".join(f"<h3>{r[0]}</h3>{table((A, B), r[1:])}" for r in ROWS),
    "terms behind their values": "".join(
        f"<h3>{t}</h3><dl>{''.join(f'<div><dd>{r[s]}</dd><dt>{r[0]}</dt></div>' for r in ROWS)}</dl>" for s, t in ((1, A), (2, B))
    ),
    "hints below the labels": table(HEAD, *((f"{r[0]}<br><small>as people report it</small>", *r[1:]) for r in ROWS)),
    "labels and titles before the values": table(
        HEAD, *((r[0], f"{r[0]} for {A}: {r[1]}", f"{r[0]} of an {B}: {r[2]}") for r in ROWS)
    ),
    "boxes with titles in headings": boxes((("", f"<h4>{A}</h4>", f"<h4>{B}</h4>"), *ROWS)),
    "boxes with labels in headings": boxes((HEAD, *((f"<h5>{r[0]}</h5>", *r[1:]) for r in ROWS))),
    "a table and its boxes": table(HEAD, *ROWS) + boxes((HEAD, *ROWS)),
    "a table and cards": table(HEAD, *ROWS) + each("<h3>{title}</h3>{card}"),
    "a table and a copy that lacks rows": table(HEAD, *ROWS)
    + each("<h3>{title}</h3>{lines}").replace("<p>Average age: 46</p>", ""),
}  # fmt: skip


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_same_figures_in_any_arrangement(arrangement: str):
    page = parse(ARRANGEMENTS[arrangement])
    assert found(page, "ok", "suspect", "unreadable", "missing") == FACTS
    assert found(page, "ok") == FACTS, [(f.code, f.message) for f in page.findings]
    assert page.outcome == "complete"
    assert page.left
    assert page.right
    assert (page.left.title, page.right.title) == (A, B)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_each_value_is_found_where_it_stands(arrangement: str):
    body = f"<!doctype html><html><body>{ARRANGEMENTS[arrangement]}</body></html>".encode()
    trace = parsing.trace(body, "text/html", "", URL)
    facts = {(f.side, f.field): f for f in parsing.parse(body, "text/html", "", URL).facts}
    assert facts.keys() == FACTS.keys()
    for fact in facts.values():
        assert (fact.place, fact.raw) in {(claim.place, claim.raw) for claim in trace.claims.claims if claim.side == fact.side}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_a_cut_page_never_says_what_the_whole_page_does_not(arrangement: str):
    body = f"<!doctype html><html><body>{ARRANGEMENTS[arrangement]}</body></html>".encode()
    for end in range(40, len(body), 5):
        page = parsing.parse(body[:end], "text/html", "", URL)
        assert found(page, "ok").items() <= FACTS.items(), body[max(0, end - 60) : end]
        assert page.outcome != "complete" or found(page, "ok") == FACTS


OTHER = "$99,999"
OKS = table(HEAD, JOBS)
RICH = ("Average salary", OTHER, OTHER)
POOR = ("Average salary", OTHER)
TRAPS = {
    "a part below an unknown heading": table(HEAD, JOBS, over("Those with a dog"), RICH),
    "a part for a state": table(HEAD, JOBS, over("In California"), RICH),
    "a part for beginners": table(HEAD, JOBS, over("Entry level"), RICH),
    "a part for the top": table(HEAD, JOBS, over("Top 10 %"), RICH),
    "a part that the header comes again for": table(HEAD, JOBS, ("In Texas", A, B), RICH),
    "a part between headings that are known": table(HEAD, JOBS, over("In Ohio"), over("Salary"), RICH),
    "a table for a state": OKS + f"<h2>Salary in California</h2>{table(HEAD, RICH)}",
    "a table for a city": OKS + f"<h2>Pay in Boston</h2>{table(HEAD, RICH)}",
    "a table for the top": OKS + f"<h3>Top 10% of earners</h3>{table(HEAD, RICH)}",
    "a table below a heading of a state": OKS + f"<h2>Texas</h2><h3>Salary</h3>{table(HEAD, RICH)}",
    "a corner that limits": OKS + table(("In Ohio", A, B), RICH),
    "a row above that limits": OKS + table(over("Entry-level"), HEAD, RICH),
    "a column that limits": OKS + table(("", *HEAD), ("California", "Average salary", OTHER, OTHER)),
    "a line that limits": OKS + f"<p>In Texas</p>{table(HEAD, RICH)}",
    "other jobs in the table": table(HEAD, JOBS, ("", "Plumber", "Welder"), RICH),
    "one job heads the rest": table(HEAD, JOBS, over(A), RICH),
    "a table of third jobs": OKS + table(("", "Plumber", "Welder"), RICH),
    "a table with one of the jobs": OKS + table(("", A, "Plumber"), RICH),
    "a longer title": OKS + table(("", f"Senior {A}", f"Chief {B}"), RICH),
    "titles with other words": OKS + table(("", f"{A} in Ohio", f"{B} in Ohio"), RICH),
    "a card of a third job": OKS + f"<h3>Plumber</h3>{table(POOR)}",
    "a card of a longer title": OKS + f"<h3>Senior {A}</h3>{table(POOR)}",
    "a card of a title that ends so": OKS + f"<h3>Salary {A}</h3>{table(POOR)}",
    "a card for a state": OKS + f"<h3>{A} salary in California</h3>{table(POOR)}",
    "a card below a part": OKS + f"<h2>{A}</h2><h3>In California</h3>{table(POOR)}",
    "a card below a part and a section": OKS + f"<h2>{A}</h2><h3>Ohio</h3><h4>Salary</h4>{table(POOR)}",
    "a card of both": OKS + f"<h3>{A} and {B}</h3>{table(POOR)}",
    "a card of nobody": OKS + table(POOR, ("Average age", "20")),
    "a card behind a line of a third job": OKS + f"<h2>{A}</h2><p>Plumber</p>{table(POOR)}",
    "a card behind a third job and a heading": OKS + f"<h2>{A}</h2><p>Plumber</p><h4>Salary</h4>{table(POOR)}",
    "a caption of an earlier table": OKS
    + f"<table><caption>{A}</caption>{row('Colour', 'red')}</table>{table(POOR)}",
    "a card with two values": OKS + f"<h3>{A}</h3>{table(('Average salary', OTHER, '$1,000'))}",
    "a card with a second column": OKS + table(("Metric", A, "The nation"), ("Average salary", OTHER, "$1,000")),
    "a part of a card": OKS + f"<h3>{A}</h3>{table(('Average age', '46'), over('In Ohio', 2), POOR)}",
    "a third job in a stack": OKS + table(over(A, 2), ("Average age", "46"), over("Plumber", 2), POOR),
    "a similar job in a card": OKS + table(over(A, 2), ("Average age", "46"), ("Similar job", B), ("Average salary", "n.a.")),
    "a third job in a long form": OKS + table(("Average salary", "Plumber", OTHER), ("Average salary", "Welder", OTHER)),
    "a long form with two values": OKS + table(("Average salary", A, OTHER, "$1,000"), ("Average salary", B, OTHER, "$1,000")),
    "a third job among rows": OKS + table(LABELS[:2], ("Plumber", OTHER), ("Welder", OTHER)),
    "jobs as rows in states": OKS
    + table(over("In Ohio"), ("", "Average salary", "Average age"), (A, OTHER, "20"), (B, OTHER, "20")),
    "a list of a third job": OKS + f"<h3>Plumber</h3><ul><li>Average salary: {OTHER}</ul>",
    "a list for a state": OKS + f"<h2>{A}</h2><h3>In Ohio</h3><ul><li>Average salary: {OTHER}</ul>",
    "an item below an unknown one": OKS + f"<h2>{A}</h2><ul><li>In Ohio<li>Average salary: {OTHER}</ul>",
    "a label and a third job": OKS + f"<h3>Average salary</h3><ul><li>Plumber: {OTHER}<li>Welder: {OTHER}</ul>",
    "a label of a third table": OKS + f"<h3>Average salary</h3>{table(('Ohio', OTHER), ('Texas', OTHER))}",
    "a line of nobody": OKS + f"<p>Average salary: {OTHER}</p>",
    "boxes of a third job": OKS + f"<h3>Plumber</h3>{boxes((POOR, ('Average age', '20')))}",
    "boxes of a third job in a line": OKS
    + f"<h2>{A}</h2><div><div>Plumber</div>{boxes((POOR, ('Average age', '20')))}</div>",
    "boxes for a state": OKS + f"<h2>{A}</h2><h3>Ohio</h3>{boxes((POOR, ('Average age', '20')))}",
    "a strip that fits nothing": OKS
    + f"<div>{''.join(f'<div>{c}</div>' for c in ('', A, B, 'x', 'Average salary', OTHER, OTHER))}</div>",
    "a cell that names the other job": table(HEAD, JOBS, ("Average salary", f"{B}: {OTHER}", f"{A}: {OTHER}")),
    "a name that is a label": table(HEAD, JOBS, ("Best paying company", "Best paying city: Reno", "Best paying company")),
    "a job over two columns": OKS
    + table(f"<tr><td></td><td colspan=2>{A}</td><td>{B}</td></tr>", ("Average salary", OTHER, "$1", OTHER)),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_gives_no_value_with_status_ok(trap: str):
    page = parse(TRAPS[trap])
    right = {key: FACTS[key] for key in FACTS}
    assert found(page, "ok").items() <= right.items()
    assert page.left is not None
    assert [f for f in page.findings if f.severity in ("warning", "error") or f.code in ("ignored_column", "ignored_table")]


BOXES = "<div>" + "".join(f"<div>{''.join(f'<div>{c}</div>' for c in r)}</div>" for r in (("", A, B), *ROWS)) + "</div>"
WITHIN = table(("", A, B), *ROWS)
LIMITED = {
    "a paragraph before boxes": f"<p>In California</p>{BOXES}",
    "a box before boxes": f"<div>In California</div>{BOXES}",
    "bold words before boxes": f"<b>In California</b>{BOXES}",
    "a heading that has only other headings below it": f"<h3>In California</h3><h3>{A}</h3>{card(1)}<h3>{B}</h3>{card(2)}",
    "the foot of a table": WITHIN.replace("</table>", f"<tfoot>{over('In California')}</tfoot></table>"),
}


@pytest.mark.parametrize("words", LIMITED)
def test_words_that_limit_figures_make_all_of_them_suspect(words: str):
    assert found(parse(LIMITED[words]), "suspect") == FACTS
    assert found(parse(LIMITED[words].replace("In California", "Overview")), "ok") == FACTS


def test_titles_that_stand_together_own_nothing():
    tabs = f"<table><tr><td>{A}<br>{B}<br>" + "<br>".join(f"{r[0]}: {r[1]}" for r in ROWS) + "</td></tr></table>"
    assert found(parse(tabs), "ok") == {}


def test_a_value_below_an_unknown_heading_is_suspect_and_says_why():
    page = parse(TRAPS["a part for a state"])
    assert found(page, "suspect") == {(s, "salary.annual_mean_usd"): 99999 for s in ("left", "right")}
    assert {(f.code, f.side, f.field) for f in page.findings} >= {
        ("unknown_heading", side, "salary.annual_mean_usd") for side in ("left", "right")
    }


def test_a_part_of_a_table_does_not_speak_against_the_whole():
    page = parse(table(HEAD, *ROWS, over("In California"), RICH))
    assert found(page, "ok") == FACTS


def test_copies_that_contradict_are_suspect():
    page = parse(table(HEAD, *ROWS) + each("<h3>{title}</h3>{card}").replace("<td>46", "<td>47"))
    assert found(page, "suspect") == {("left", "demographics.age_mean"): 46}


def test_a_label_that_nothing_read_is_named():
    page = parse(OKS + f"<p>Average salary: {OTHER}</p>")
    assert [f.code for f in page.findings] == ["unread_label"]
