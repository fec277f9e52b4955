"""Comparisons as grids: what stands in which cell, and the elements that draw the grid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.figures import HEADINGS, Figures
from tests.markup_pen import Pen

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Cell:
    """A cell: `role` is column, row (a label), value or wide (over all columns)."""

    html: str
    role: str = "value"
    cols: int = 1
    rows: int = 1


Grid = list[list[Cell]]
ORDERS = ("label left right", "label left right", "left right label", "left label right")
SECTION_WORDS = {
    "overview": ("At a glance", "Overview", "{} vs {}", "Key facts"),
    "salary": ("Salary", "Pay", "{} vs {} salary", "Compare salaries"),
    "education": ("Education", "{} vs {} education", "Degrees and schools"),
    "demographics": ("Demographics", "{} vs {} demographics", "Who does the job"),
}
ADVERTS = (
    "Advertisement", "<iframe src='https://ads.example/1' title=ad></iframe>", "", "&nbsp;",
    "<a href='/go'><img src=/banner.png alt='Apply now'></a>", "<a href='/go'>Find open jobs near you</a>",
    "<ins data-ad-slot=77></ins>", "<p>Ad</p><p>Learn to code in 12 weeks for $9,900</p>", "<hr>",
)  # fmt: skip
EXTRA_ROWS = (
    ("Open positions", "120", "3,400"),
    ("Last updated", "2022", "2022"),
    ("Remote share", "12%", "7%"),
    ("", "See jobs", "See jobs"),
)


def heading(pen: Pen, page: Figures, section: str) -> str:
    words = pen.rng.choice((HEADINGS[section], *SECTION_WORDS[section])).format(page.left, page.right)
    return pen.el(pen.pick("h2", "h3"), pen.text(words))


def rows_of(page: Figures) -> list[Row]:
    return [row for rows in page.tables.values() for row in rows]


# --- shapes ----------------------------------------------------------------------------------------------------------


def columns(pen: Pen, orders: tuple[str, ...] = ORDERS) -> list[str]:
    order = pen.rng.choice(orders).split()
    if pen.rng.random() < 0.25:
        order = [{"left": "right", "right": "left"}.get(c, c) for c in order]
    return order


def top(pen: Pen, page: Figures, order: list[str]) -> list[Cell]:
    corner = pen.pick("", "", "", "&nbsp;", "Measure", "Comparison", "Fact")
    if order.index("label") == 1:
        corner = pen.pick("", "vs", "VS.")
    inside = {"label": corner, "left": pen.title(page.left), "right": pen.title(page.right)}
    return [Cell(inside[c], "column") for c in order]


def row(pen: Pen, order: list[str], said: Row, block: bool = True) -> list[Cell]:
    label, left, right = said
    cells = {
        "label": Cell(pen.label(label) if label else "", "row"),
        "left": Cell(pen.value(left, block) if label else f"<a href='/jobs'>{left}</a>"),
        "right": Cell(pen.value(right, block) if label else f"<a href='/jobs'>{right}</a>"),
    }
    if left == right and "label" in (order[0], order[-1]) and pen.likes("merged cells") and block:
        both = Cell(cells["left"].html, cols=2)
        return [cells["label"], both] if order[0] == "label" else [both, cells["label"]]
    return [cells[c] for c in order]


def with_adverts(pen: Pen, rows: Grid, width: int) -> Grid:
    """The rows with advert rows between some of them."""
    out: Grid = []
    for cells in rows:
        out.append(cells)
        if pen.likes("adverts", 0.2):
            out.append([Cell(pen.rng.choice(ADVERTS), "wide", width)])
    return out


def body(pen: Pen, order: list[str], rows: tuple[Row, ...] | list[Row], block: bool = True) -> Grid:
    rows = list(rows)
    if pen.likes("extra rows"):
        rows.insert(pen.rng.randrange(len(rows) + 1), pen.rng.choice(EXTRA_ROWS))
    return with_adverts(pen, [row(pen, order, said, block) for said in rows], len(order))


def by_section(pen: Pen, page: Figures, block: bool = True) -> Iterator[tuple[str, Grid, Grid]]:
    """For each section its heading's HTML, the header rows and the rows of its grid."""
    order = columns(pen)
    for section, rows in page.tables.items():
        said = heading(pen, page, section) if pen.rng.random() < 0.8 else ""
        yield said, [top(pen, page, order)], body(pen, order, rows, block)


def section_rows(pen: Pen, page: Figures, block: bool = True) -> tuple[Grid, Grid]:
    """One grid, with the name of each section in a row over all columns."""
    order = columns(pen)
    rows: Grid = []
    for section, said in page.tables.items():
        rows += [[Cell(pen.text(HEADINGS[section]), "wide", 3)], *body(pen, order, said, block)]
    return [top(pen, page, order)], rows


def section_column(pen: Pen, page: Figures) -> tuple[Grid, Grid]:
    """One grid whose first column names the section over the height of its rows."""
    order = columns(pen, ("label left right",))
    rows: Grid = []
    for section, said in page.tables.items():
        group = [row(pen, order, r) for r in said]
        rows += [[Cell(HEADINGS[section], "row", rows=len(group)), *group[0]], *group[1:]]
    return [[Cell("", "column"), *top(pen, page, order)]], rows


def two_headers(pen: Pen, page: Figures) -> tuple[Grid, Grid]:
    """A header of two rows: a word over both jobs, the label's cell over both rows."""
    order = columns(pen, ("label left right", "left right label"))
    cells = top(pen, page, order)
    over, corner = (
        Cell(pen.pick("Job", "Compared jobs", "Career"), "column", cols=2),
        Cell(pen.pick("", "Measure"), "column", rows=2),
    )
    first = [corner, over] if order[0] == "label" else [over, corner]
    return [first, [cell for cell, c in zip(cells, order, strict=True) if c != "label"]], body(pen, order, rows_of(page))


def extra_columns(pen: Pen, page: Figures) -> tuple[Grid, Grid]:
    """Columns that are no job: a rank, a difference, a source, the country's average, the job that is ahead."""
    order = columns(pen, ("label left right",))
    kinds = pen.rng.sample(("difference", "source", "country", "ahead"), pen.rng.choice((1, 1, 2)))
    names = {"difference": ("Difference", "Gap", "+/-"), "source": ("Source",), "country": ("U.S. average", "All jobs"),
             "ahead": ("Winner", "Ahead")}  # fmt: skip
    rank = pen.rng.random() < 0.3
    header = [
        *([Cell("#", "column")] if rank else []),
        *top(pen, page, order),
        *(Cell(pen.pick(*names[k]), "column") for k in kinds),
    ]
    rows = [
        [
            *([Cell(str(n))] if rank else []),
            *row(pen, order, said, block=False),
            *(Cell(pen.text(_extra(pen, page, kind, said))) for kind in kinds),
        ]
        for n, said in enumerate(rows_of(page), start=1)
    ]
    return [header], with_adverts(pen, rows, len(header))


def _extra(pen: Pen, page: Figures, kind: str, said: Row) -> str:
    if kind == "source":
        return pen.pick("BLS", "Survey, 2022", "Our data")
    if kind == "ahead":
        return pen.pick(page.left, page.right, "-", "Tie")
    if said[1].startswith("$") and "." not in said[1]:
        return f"${pen.rng.randrange(100, 60000):,}"
    return pen.pick("-", "3%", "12") if "%" in said[1] or said[1][:1].isdigit() else "-"


def jobs_as_rows(pen: Pen, page: Figures, rows: list[Row] | tuple[Row, ...], block: bool = True) -> tuple[Grid, Grid]:
    """Labels in the header, a row for each job."""
    jobs = [(page.left, 1), (page.right, 2)]
    if pen.rng.random() < 0.3:
        jobs.reverse()
    header = [Cell(pen.pick("", "Job", "Career", "Occupation"), "column"), *(Cell(pen.label(r[0]), "column") for r in rows)]
    return [header], [[Cell(pen.title(job), "row"), *(Cell(pen.value(r[i], block)) for r in rows)] for job, i in jobs]


def long_form(pen: Pen, page: Figures, spans: bool = True, block: bool = True) -> tuple[Grid, Grid]:
    """A row for each figure: label, job, value, in any order of columns; spans where the first column repeats itself."""
    by_job = pen.rng.random() < 0.5
    rows = rows_of(page)
    jobs = ((page.left, 1), (page.right, 2))
    said = [(r, j) for j in jobs for r in rows] if by_job else [(r, j) for r in rows for j in jobs]
    order = ["job", "label", "value"] if by_job else ["label", "job", "value"]
    joined = spans and pen.rng.random() < 0.5
    if not joined and pen.rng.random() < 0.4:
        pen.rng.shuffle(order)
    words = {"label": ("Measure", "Fact", "What"), "job": ("Job", "Career"), "value": ("Value", "Figure", "")}
    run = len(rows) if by_job else 2
    out: Grid = []
    for n, (r, (job, i)) in enumerate(said):
        cells = {"label": Cell(pen.label(r[0]), "row"), "job": Cell(pen.title(job)), "value": Cell(pen.value(r[i], block))}
        line = [cells[c] for c in order]
        if joined:
            line = [Cell(line[0].html, line[0].role, rows=run), *line[1:]] if n % run == 0 else line[1:]
        out.append(line)
    return [[Cell(pen.pick(*words[c]), "column") for c in order]], out


# --- elements --------------------------------------------------------------------------------------------------------


def table(pen: Pen, header: Grid, rows: Grid, caption: str = "", groups: bool = False) -> str:
    """A table; `groups` begins a tbody at each row over all columns."""
    tags = {"column": pen.pick("th", "th", "td"), "row": pen.pick("th", "td"), "value": "td", "wide": pen.pick("td", "th")}

    def line(cells: list[Cell]) -> str:
        spans = [{"colspan": str(c.cols)} if c.cols > 1 else {} for c in cells]
        spans = [s | ({"rowspan": str(c.rows)} if c.rows > 1 else {}) for s, c in zip(spans, cells, strict=True)]
        return pen.el("tr", "".join(pen.el(tags[c.role], c.html, **s) for c, s in zip(cells, spans, strict=True)))

    head, lines = "".join(map(line, header)), [line(cells) for cells in rows]
    if groups:
        starts = [n for n, cells in enumerate(rows) if cells[0].role == "wide"] or [0]
        parts = [lines[a:b] for a, b in zip(starts, [*starts[1:], len(rows)], strict=True)]
        inner = pen.el("thead", head) + "".join(lines[: starts[0]]) + "".join(pen.el("tbody", "".join(p)) for p in parts)
    else:
        way = pen.pick("thead", "plain", "one body")
        inner = {
            "thead": lambda: pen.el("thead", head) + pen.el("tbody", "".join(lines)),
            "plain": lambda: head + "".join(lines),
            "one body": lambda: pen.el("tbody", head + "".join(lines)),
        }[way]()
    return pen.el("table", (pen.el("caption", caption) if caption else "") + inner)


def aria(pen: Pen, header: Grid, rows: Grid) -> str:
    """A grid of divs that says what it is by its roles."""
    grid = pen.pick("table", "grid")
    roles = {"column": "columnheader", "row": pen.pick("rowheader", "cell"), "value": "gridcell" if grid == "grid" else "cell"}
    roles["wide"] = pen.pick(roles["value"], "rowheader")
    wrap, groups = pen.rng.random() < 0.3, pen.rng.random() < 0.5

    def line(cells: list[Cell]) -> str:
        parts = []
        for c in cells:
            spans = ({"aria_colspan": str(c.cols)} if c.cols > 1 else {}) | ({"aria_rowspan": str(c.rows)} if c.rows > 1 else {})
            parts.append(pen.el("div", c.html, role=roles[c.role], **spans))
        inner = "".join(pen.el("div", part) for part in parts) if wrap else "".join(parts)
        return pen.el("div", inner, role="row")

    head, lines = "".join(map(line, header)), "".join(map(line, rows))
    inner = pen.el("div", head, role="rowgroup") + pen.el("div", lines, role="rowgroup") if groups else head + lines
    return pen.el("div", inner, role=grid)


def alone(cells: list[Cell]) -> list[str]:
    """The insides of the cells, with a value over both jobs once for each."""
    return [html for c in cells for html in [c.html] * (c.cols if c.role == "value" else 1)]


def div_rows(pen: Pen, header: Grid, rows: Grid) -> str:
    """A div for each row and a div for each cell, with no roles."""
    styled = pen.rng.random() < 0.3

    def style(display: str) -> dict[str, str]:
        return {"style": f"display:{display}"} if styled else {}

    lines = [pen.all("div", alone(cells), **style("table-cell")) for cells in [*header, *rows]]
    inner = "".join(pen.el("div", line, **style("table-row")) for line in lines)
    return pen.el("div", inner, **style("table"))


def flat(pen: Pen, header: Grid, rows: Grid) -> str:
    """A CSS grid: all cells are children of one element."""
    width = sum(c.cols for c in header[0])
    parts = []
    for cell in (c for cells in [*header, *rows] for c in cells):
        over = (
            {"style": "grid-column: 1 / -1" if cell.role == "wide" else f"grid-column: span {cell.cols}"} if cell.cols > 1 else {}
        )
        parts.append(pen.el("div", cell.html, **over))
    style = f"display:grid;grid-template-columns:{pen.pick(f'repeat({width}, 1fr)', ' '.join(['1fr'] * width))}"
    return pen.el("div", "".join(parts), **({"style": style} if pen.rng.random() < 0.6 else {"class_": "grid"}))


def list_rows(pen: Pen, header: Grid, rows: Grid) -> str:
    """A list whose items are rows of spans."""
    gap = pen.pick("", " ", "\n")
    lines = [gap.join(pen.el("span", html) for html in alone(cells)) for cells in rows]
    head = gap.join(pen.el("span", c.html) for c in header[0])
    tag = pen.pick("ul", "ol")
    if pen.rng.random() < 0.5:
        return pen.el("div", head) + pen.el(tag, pen.all("li", lines))
    return pen.el(tag, pen.all("li", [head, *lines]))


Draw = Callable[[Pen, Grid, Grid], str]


def each_section(draw: Draw, block: bool = True) -> Callable[[Figures, Pen], str]:
    """A structure that draws the grid of each section."""

    return lambda page, pen: "".join(said + pen.el("div", draw(pen, *grid)) for said, *grid in by_section(pen, page, block))
