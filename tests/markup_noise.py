"""What stands around a comparison: menus, advertisements, and the figures of other jobs, of states and of years."""

from tests.figures import Figures, sentences
from tests.markup_cards import as_definitions, as_list, as_table, named
from tests.markup_pen import Pen

OTHERS = ("Baker", "Butcher", "Sous Chef", "Welder", "Payroll Clerk", "Data Steward", "Tax Preparer", "Yoga Teacher", "Glazier")
STATES = ("California", "Texas", "New York", "Ohio", "Maryland")


def others(pen: Pen, page: Figures, count: int) -> list[str]:
    """Jobs that the page does not compare; some are named like one that it does."""
    near = [f"Senior {page.left}", f"{page.right} Assistant", f"Lead {page.right}"]
    return pen.rng.sample([*OTHERS, *near], count)


def money(pen: Pen) -> str:
    return f"${pen.rng.randrange(20, 180) * 1000 + 7:,}"


def other_pairs(pen: Pen) -> list[tuple[str, str]]:
    return [
        (pen.pick("Average salary", "Yearly salary"), money(pen)),
        ("Growth rate", f"{pen.rng.randrange(-9, 30)}%"),
        ("Average age", str(pen.rng.randrange(25, 60))),
        ("Number of jobs", f"{pen.rng.randrange(1000, 900000):,}"),
    ]


def other_rows(pen: Pen, page: Figures) -> str:
    """A table of similar jobs, one a row, under the same labels."""
    lines = "".join(
        pen.el("tr", pen.el("td", f"<a href='/j'>{pen.text(t)}</a>") + pen.el("td", money(pen)) + pen.el("td", f"{n}%"))
        for n, t in enumerate(others(pen, page, 4), start=2)
    )
    head = pen.el("tr", "".join(pen.el("th", w) for w in (pen.pick("Job", "Job title", ""), "Average salary", "Growth rate")))
    return pen.el("h2", "Similar jobs") + pen.el("table", pen.el("thead", head) + pen.el("tbody", lines))


def other_comparison(pen: Pen, page: Figures) -> str:
    """The same table for two jobs that are not the page's."""
    a, b = others(pen, page, 2)
    pairs = zip(other_pairs(pen), other_pairs(pen), strict=True)
    lines = "".join(pen.el("tr", pen.el("th", k) + pen.el("td", v) + pen.el("td", w)) for (k, v), (_, w) in pairs)
    head = pen.el("tr", pen.el("th") + pen.el("th", pen.text(a)) + pen.el("th", pen.text(b)))
    return pen.el("h2", f"{pen.text(a)} vs {pen.text(b)}") + pen.el("table", head + lines)


def shared_comparison(pen: Pen, page: Figures) -> str:
    """One of the page's jobs beside a third one: its figures are the same as in the page's own table."""
    own, i = pen.rng.choice(((page.left, 1), (page.right, 2)))
    (third,) = others(pen, page, 1)
    said = [
        (r[0], r[i]) for rows in page.tables.values() for r in rows if r[0] in ("Average salary", "Yearly salary", "Growth rate")
    ]
    lines = "".join(pen.el("tr", pen.el("td", k) + pen.el("td", pen.text(v)) + pen.el("td", _like(pen, v))) for k, v in said)
    head = pen.el("tr", pen.el("td") + pen.el("td", pen.text(own)) + pen.el("td", pen.text(third)))
    return pen.el("h2", f"{pen.text(own)} vs {pen.text(third)}") + pen.el("table", head + lines)


def _like(pen: Pen, words: str) -> str:
    return money(pen) if words.startswith("$") else f"{pen.rng.randrange(31, 60)}%"


def other_cards(pen: Pen, page: Figures) -> str:
    """Cards of other jobs, drawn like those of the page's own."""
    inside = pen.rng.choice((as_table, as_definitions, as_list))
    return pen.el("h2", "Related careers") + "".join(
        named(pen, t, inside(pen, other_pairs(pen)), "h3") for t in others(pen, page, 3)
    )


def other_words(pen: Pen, page: Figures) -> str:
    a, b = (t.lower() for t in pen.rng.sample(OTHERS, 2))
    return pen.all(
        "p",
        (
            f"Additionally, a {a} has an average salary of $91,007, which is higher than the $31,007 average "
            f"annual salary of a {b}.",
            f"The top three skills for a {a} include patience, arithmetic and spelling.",
            f"It typically takes 3-5 years to become both a {a} and a {b}.",
        ),
    )


def by_state(pen: Pen, page: Figures) -> str:
    """Figures of places, years and parts of the scale, under the titles of the page's own jobs and the words of its labels."""
    both = pen.rng.random() < 0.6
    names = pen.rng.choice(
        (STATES, ("2019", "2020", "2021"), ("Top 10%", "Bottom 10%"), tuple(f"Average salary in {s}" for s in STATES))
    )
    head = ("State", page.left, page.right) if both else ("State", "Average salary")
    lines = [pen.el("tr", pen.el("td", name) + "".join(pen.el("td", money(pen)) for _ in head[1:])) for name in names]
    top = pen.el("tr", "".join(pen.el("th", pen.text(h)) for h in head))
    return pen.el("h2", pen.pick("Average salary by state", "Salary by place", "Average salary over time")) + pen.el(
        "table", top + "".join(lines)
    )


def menus(pen: Pen) -> tuple[str, str]:
    """What stands over and under the content."""
    links = pen.el(
        "ul", pen.all("li", [f"<a href='/{w}'>{w}</a>" for w in ("Jobs", "Salaries", "Average salary", "Demographics")])
    )
    search = "<form><label for=q>Job title</label> <input id=q name=q value='Cook'><button>Search</button></form>"
    tag = "<noscript><iframe src='https://tags.example/ns' height=0 width=0></iframe></noscript>"
    over = (
        tag + pen.el(pen.pick("nav", "header", "div"), links + search) + pen.el("div", "We use cookies. <button>Accept</button>")
    )
    under = pen.el(
        pen.pick("footer", "div"),
        pen.el("table", pen.el("tr", pen.all("td", ["About", "Careers", "Privacy"])))
        + pen.el("p", "Number of jobs: millions. © 2022"),
    )
    scripts = (
        '<script type=\'application/json\'>{"Average salary": "$1", "Growth rate": "99%"}</script><style>td{color:red}</style>'
    )
    return over, under + scripts


def said(pen: Pen, page: Figures) -> str:
    """The page's own sentences."""
    words = sentences(page)
    if pen.likes("dashes", 0.5):
        words = [_other_dash(pen, w, page) for w in words]
    if pen.rng.random() < 0.2:
        return pen.el("p", " ".join(map(pen.text, words)))
    tag = pen.pick("p", "p", "p", "div", "section")
    return pen.all(tag, [_linked(pen, pen.text(w)) for w in words])


def _other_dash(pen: Pen, words: str, page: Figures) -> str:
    for time in page.times or ():
        words = words.replace(time, time.replace("-", pen.pick("–", "‑", "-", "−")))
    return words


def _linked(pen: Pen, html: str) -> str:
    """A link around the first words, so that a sentence is not one run of text."""
    if not pen.likes("linked titles", 0.6) or "<" in html or "&" in html:
        return html
    words = html.split(" ")
    cut = pen.rng.randrange(1, len(words))
    return pen.pick("<a href='/s'>{}</a> {}", "<b>{}</b> {}", "<span>{} </span><span>{}</span>").format(
        " ".join(words[:cut]), " ".join(words[cut:])
    )
