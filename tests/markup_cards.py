"""Comparisons as cards: one for each job with its labels and values, or one for each label with both jobs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from tests.figures import HEADINGS, Figures
from tests.markup_grids import rows_of
from tests.markup_pen import Pen

Pairs = list[tuple[str, str]]
Inside = Callable[[Pen, Pairs], str]


def as_table(pen: Pen, pairs: Pairs) -> str:
    tag = pen.pick("th", "td")
    return pen.el("table", "".join(pen.el("tr", pen.el(tag, pen.label(k)) + pen.el("td", pen.value(v))) for k, v in pairs))


def as_definitions(pen: Pen, pairs: Pairs) -> str:
    groups = pen.rng.random() < 0.3
    parts = [pen.el("dt", pen.label(k)) + pen.el("dd", pen.value(v, empty=False)) for k, v in pairs]
    return pen.el("dl", pen.all("div", parts) if groups else "".join(parts))


def as_list(pen: Pen, pairs: Pairs) -> str:
    way = pen.pick("{}: {}", "<b>{}:</b> {}", "<span>{}</span>: <span>{}</span>", "<strong>{}</strong>: {}")
    return pen.el("ul", pen.all("li", [way.format(pen.label(k, " ").strip(), inline(pen, v)) for k, v in pairs]))


def as_span_list(pen: Pen, pairs: Pairs) -> str:
    gap = pen.pick("", " ")
    return pen.el(
        "ul", pen.all("li", [gap.join((pen.el("span", pen.label(k)), pen.el("span", inline(pen, v)))) for k, v in pairs])
    )


def as_divs(pen: Pen, pairs: Pairs) -> str:
    tag = pen.pick("div", "div", "span", "p")
    block = tag == "div"
    return pen.all("div", [pen.el(tag, pen.label(k)) + pen.el(tag, pen.value(v, block, empty=False)) for k, v in pairs])


def as_paragraphs(pen: Pen, pairs: Pairs) -> str:
    way = pen.pick("<b>{}:</b> {}", "<strong>{}</strong>: {}", "{}: {}", "{}: <b>{}</b>")
    return pen.all("p", [way.format(pen.label(k, " ").strip(), inline(pen, v)) for k, v in pairs])


def as_lines(pen: Pen, pairs: Pairs) -> str:
    """Lines of one paragraph; no value has a line break of its own, which would be a line like the others."""
    pen = replace(pen, traits=pen.traits - {"line breaks", "lists in cells"})
    return pen.el(
        "p", pen.pick("<br>", "<br>\n", "<br/>").join(f"{pen.label(k, ' ').strip()}: {inline(pen, v)}" for k, v in pairs)
    )


def inline(pen: Pen, words: str) -> str:
    return pen.value(words, block=False, empty=False)


def named(pen: Pen, title: str, inside: str, level: str) -> str:
    """A card: a box whose first words are the job's title."""
    head = pen.title(title)
    way = pen.rng.randrange(7)
    if way == 0:
        return pen.el("fieldset", pen.el("legend", head) + inside)
    if way == 1:
        return pen.el("details", pen.el("summary", head) + inside, open="")
    if way == 2:
        return pen.el("div", pen.el("div", head, role="heading", aria_level=level[1]) + inside)
    if way == 3:
        return pen.el("article", pen.el("header", pen.el(level, head)) + pen.el("div", inside))
    return pen.el(pen.pick("div", "section", "article"), pen.el(level, head) + inside)


def jobs(pen: Pen, page: Figures) -> list[tuple[str, int]]:
    order = [(page.left, 1), (page.right, 2)]
    if pen.rng.random() < 0.25:
        order.reverse()
    return order


def cards(inside: Inside) -> Callable[[Figures, Pen], str]:
    """A structure with one card for each job; the sections stand in it under their headings, or all rows in one list."""

    def structure(page: Figures, pen: Pen) -> str:
        level, under = pen.pick("h2 h3", "h3 h4", "h4 h5").split()
        split = pen.rng.random() < 0.4
        out = []
        for title, i in jobs(pen, page):
            if split:
                parts = [
                    pen.el(under, pen.text(HEADINGS[section])) + inside(pen, [(r[0], r[i]) for r in rows])
                    for section, rows in page.tables.items()
                ]
                out.append(named(pen, title, "".join(parts), level))
            else:
                out.append(named(pen, title, inside(pen, [(r[0], r[i]) for r in rows_of(page)]), level))
        return pen.el("div", "".join(out)) if pen.rng.random() < 0.6 else "".join(out)

    return structure


def cards_by_section(inside: Inside) -> Callable[[Figures, Pen], str]:
    """A structure with a heading for each section and both jobs' cards under it."""

    def structure(page: Figures, pen: Pen) -> str:
        order = jobs(pen, page)
        return "".join(
            pen.el("h2", HEADINGS[section])
            + pen.el("div", "".join(named(pen, t, inside(pen, [(r[0], r[i]) for r in rows]), "h3") for t, i in order))
            for section, rows in page.tables.items()
        )

    return structure


def layout_of_cards(page: Figures, pen: Pen) -> str:
    """Two cards side by side in the cells of a layout table."""
    inside = pen.rng.choice((as_table, as_definitions, as_list, as_paragraphs))
    cells = [pen.el("h3", pen.title(t)) + inside(pen, [(r[0], r[i]) for r in rows_of(page)]) for t, i in jobs(pen, page)]
    return pen.el("table", pen.el("tr", pen.all("td", cells, valign="top")))


def captioned(page: Figures, pen: Pen) -> str:
    """A table for each job, whose caption or first row over both columns is the job's title."""
    out = []
    row = pen.rng.random() < 0.5
    for t, i in jobs(pen, page):
        lines = "".join(pen.el("tr", pen.el("th", pen.label(r[0])) + pen.el("td", pen.value(r[i]))) for r in rows_of(page))
        head = pen.el("tr", pen.el("th", pen.title(t), colspan="2")) if row else pen.el("caption", pen.title(t))
        out.append(pen.el("table", head + lines))
    return "".join(out)


def _both(pen: Pen, page: Figures, r: tuple[str, str, str]) -> Iterable[tuple[str, str]]:
    return [(t, r[i]) for t, i in ((page.left, 1), (page.right, 2))]


def label_definitions(page: Figures, pen: Pen) -> str:
    """One definition list: a term for each label, and under it a line for each job that begins with its title."""
    return "".join(
        pen.el(
            "dl",
            "".join(
                pen.el("dt", pen.label(r[0]))
                + pen.all("dd", [f"{pen.title(t, pictures=False)}: {inline(pen, v)}" for t, v in _both(pen, page, r)])
                for r in rows
            ),
        )
        for rows in page.tables.values()
    )


def label_tiles(page: Figures, pen: Pen) -> str:
    """A tile for each label: the label as heading, then each job's title and value."""
    tag = pen.pick("div", "p", "li")
    level = pen.pick("h3", "h4")

    def tile(r: tuple[str, str, str]) -> str:
        lines = pen.all(
            tag,
            [pen.el("span", pen.title(t, pictures=False)) + " " + pen.el("b", inline(pen, v)) for t, v in _both(pen, page, r)],
        )
        return pen.el("div", pen.el(level, pen.label(r[0])) + (pen.el("ul", lines) if tag == "li" else lines))

    return "".join(map(tile, rows_of(page)))
