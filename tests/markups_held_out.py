"""Structures that no test uses and no reader was written for: `python -m tests.markups --held-out` says how they are read."""

from collections.abc import Callable

from tests.figures import HEADINGS, Figures
from tests.markup_cards import Inside, as_definitions, as_divs, as_list, as_table, inline, jobs
from tests.markup_grids import Cell, alone, body, columns, heading, row, rows_of, table, top
from tests.markup_pen import Pen

Structure = Callable[[Figures, Pen], str]


def tabs(page: Figures, pen: Pen) -> str:
    """The titles are tabs, all in front; each panel says whose it is by the id of its tab."""
    inside = pen.rng.choice((as_table, as_definitions, as_list, as_divs))
    order = jobs(pen, page)
    names = [f"tab-{pen.rng.randrange(16**8):x}" for _ in order]
    buttons = [pen.el("button", pen.title(t), role="tab", id=name) for (t, _), name in zip(order, names, strict=True)]
    panels = [
        pen.el("div", inside(pen, [(r[0], r[i]) for r in rows_of(page)]), role="tabpanel", aria_labelledby=name)
        for (_, i), name in zip(order, names, strict=True)
    ]
    return pen.el("div", "".join(buttons), role="tablist") + "".join(panels)


def values_over_labels(page: Figures, pen: Pen) -> str:
    """Cards of tiles: the figure in large letters, the label small below it."""
    big, small = pen.pick("div div", "strong small", "p p", "span span").split()

    def tile(k: str, v: str) -> str:
        return pen.el("div", pen.el(big, inline(pen, v)) + pen.el(small, pen.label(k)))

    return "".join(
        pen.el("section", pen.el("h3", pen.title(t)) + "".join(tile(r[0], r[i]) for r in rows_of(page)))
        for t, i in jobs(pen, page)
    )


def heading_for_each_label(page: Figures, pen: Pen) -> str:
    """A heading for each label and under it a table of the jobs and one row of values."""
    order = [c for c in columns(pen) if c != "label"]

    def part(r: tuple[str, str, str]) -> str:
        said = {"left": (page.left, r[1]), "right": (page.right, r[2])}
        head = [Cell(pen.title(said[c][0]), "column") for c in order]
        return pen.el("h3", pen.label(r[0])) + table(pen, [head], [[Cell(pen.value(said[c][1])) for c in order]])

    return "".join(map(part, rows_of(page)))


def labels_over_values(page: Figures, pen: Pen) -> str:
    """The table of narrow screens: each label in a row over both columns, its values in the row below."""
    order = [c for c in columns(pen) if c != "label"]
    head = [Cell(pen.title({"left": page.left, "right": page.right}[c]), "column") for c in order]
    lines: list[list[Cell]] = []
    for r in rows_of(page):
        values = {"left": r[1], "right": r[2]}
        lines += [[Cell(pen.label(r[0]), "wide", 2)], [Cell(pen.value(values[c])) for c in order]]
    return table(pen, [head], lines)


def column_by_column(page: Figures, pen: Pen) -> str:
    """A box for the labels and a box for each job's values, side by side."""
    order = columns(pen)
    lines = [top(pen, page, order)] + [row(pen, order, r) for r in rows_of(page)]
    cells = [alone(line) for line in lines]
    tag, each = pen.pick("div div", "ul li").split()
    return pen.el("div", "".join(pen.el(tag, pen.all(each, column)) for column in zip(*cells, strict=True)))


def definitions_of_two(page: Figures, pen: Pen) -> str:
    """A definition list with a group for each label, and the titles in a first group."""
    order = [c for c in columns(pen) if c != "label"]

    def group(label: str, said: dict[str, str]) -> str:
        return pen.el("div", pen.el("dt", label) + pen.all("dd", [said[c] for c in order]))

    first = group("", {"left": pen.title(page.left), "right": pen.title(page.right)})
    rest = [
        group(pen.label(k), {"left": pen.value(a, empty=False), "right": pen.value(b, empty=False)}) for k, a, b in rows_of(page)
    ]
    return pen.el("dl", first + "".join(rest))


def jobs_in_nested_lists(page: Figures, pen: Pen) -> str:
    items = [pen.title(t) + as_list(pen, [(r[0], r[i]) for r in rows_of(page)]) for t, i in jobs(pen, page)]
    return pen.el("ul", pen.all("li", items))


def labels_in_nested_lists(page: Figures, pen: Pen) -> str:
    def item(r: tuple[str, str, str]) -> str:
        return pen.label(r[0]) + pen.el(
            "ul", pen.all("li", [f"{pen.title(t, pictures=False)}: {inline(pen, r[i])}" for t, i in jobs(pen, page)])
        )

    return "".join(pen.el("h2", HEADINGS[s]) + pen.el("ul", pen.all("li", map(item, rows))) for s, rows in page.tables.items())


def cards_with(title: str, inside: Inside) -> Structure:
    """Cards whose title is no heading, in the markup `title`."""

    def structure(page: Figures, pen: Pen) -> str:
        return "".join(
            pen.el("div", title.format(pen.title(t)) + inside(pen, [(r[0], r[i]) for r in rows_of(page)]))
            for t, i in jobs(pen, page)
        )

    return structure


def header_again(page: Figures, pen: Pen) -> str:
    """The header again after every few rows, and in the foot."""
    order = columns(pen)
    lines = body(pen, order, rows_of(page))
    step = pen.rng.randrange(2, 5)
    again = [line for n, line in enumerate(lines) for line in ([top(pen, page, order), line] if n and n % step == 0 else [line])]
    return table(pen, [top(pen, page, order)], [*again, top(pen, page, order)])


def table_for_each_row(page: Figures, pen: Pen) -> str:
    order = columns(pen)
    head = [top(pen, page, order)]
    return "".join(
        heading(pen, page, s) + "".join(table(pen, head, [row(pen, order, r)]) for r in rows) for s, rows in page.tables.items()
    )


def tables_in_cells(page: Figures, pen: Pen) -> str:
    """Shares as a small table within the cell."""
    order = columns(pen)

    def nested(words: str) -> str:
        pairs = [part.rsplit(", ", 1) for part in words.replace("% ", "%\n").split("\n")]
        return pen.el(
            "table", "".join(pen.el("tr", pen.el("td", pen.text(name + ",")) + pen.el("td", pct)) for name, pct in pairs)
        )

    def line(r: tuple[str, str, str]) -> list[Cell]:
        said = {"left": r[1], "right": r[2]}
        return [
            Cell(pen.label(r[0]), "row") if c == "label" else Cell(nested(said[c]) if "% " in said[c] else pen.value(said[c]))
            for c in order
        ]

    return table(pen, [top(pen, page, order)], [line(r) for r in rows_of(page)])


def in_fixed_width(page: Figures, pen: Pen) -> str:
    """A table drawn with bars in preformatted text."""
    lines = [("", page.left, page.right), ("---", "---", "---"), *rows_of(page)]
    return pen.el("pre", "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("&", "&amp;"))


HELD_OUT: dict[str, Structure] = {
    "tabs": tabs,
    "values over labels": values_over_labels,
    "heading for each label": heading_for_each_label,
    "labels over values": labels_over_values,
    "column by column": column_by_column,
    "definitions of two": definitions_of_two,
    "jobs in nested lists": jobs_in_nested_lists,
    "labels in nested lists": labels_in_nested_lists,
    "cards titled by a div, definitions": cards_with("<div>{}</div>", as_definitions),
    "cards titled by a div, divs": cards_with("<div>{}</div>", as_divs),
    "cards titled in bold, list": cards_with("<p><b>{}</b></p>", as_list),
    "cards titled by a figure, table": cards_with("<figure><figcaption>{}</figcaption></figure>", as_table),
    "header again": header_again,
    "table for each row": table_for_each_row,
    "tables in cells": tables_in_cells,
    "bars in fixed width": in_fixed_width,
}
