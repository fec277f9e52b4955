"""Tables that are drawn without a table: elements with roles, lists of terms, and bare boxes in the second look at a page."""

import time

import pytest

from scraper import readers
from scraper.document import Document, Heading, Paragraph, Table

TITLES = ("", "Cook", "Baker")
PAY, AGE = ("Average salary", "$1", "$2"), ("Average age", "3", "")


def read(html: str, boxes: bool = False) -> Document:
    return readers.read(html.encode(), "text/html", "", boxes)


def tables(html: str, boxes: bool = False) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    return [(block.made_of, block.rows) for block in read(html, boxes).blocks if isinstance(block, Table)]


def drawn(rows: tuple[tuple[str, ...], ...], row: str, cell: str) -> str:
    lines = ("".join(f"<{cell}>{text}</{cell.split()[0]}>" for text in line) for line in rows)
    return "".join(f"<{row}>{line}</{row.split()[0]}>" for line in lines)


@pytest.mark.parametrize("role", ["table", "grid", "treegrid", "TABLE", "table presentation"])
@pytest.mark.parametrize(
    "rows",
    [
        '<div role=row><span role=columnheader></span><b role=columnheader>Cook</b><b role=columnheader>Baker</b></div>'
        '<div role=row><div role=rowheader>Average salary</div><div role=cell><b>$1</b></div><div role=gridcell>$2</div></div>',
        '<section><div role=rowgroup class=h><div><div role=row><i role=cell></i><i role=cell>Cook</i><i role=cell>Baker</i></div>'
        '</div></div><div role=rowgroup style="x:y"><div role=row><i role=cell>Average salary</i><i role=cell>$1</i>'
        "<i role=cell>$2</i></div></div></section>",
    ],
)  # fmt: skip
def test_roles_make_a_table(role: str, rows: str):
    assert tables(f'<div role="{role}">{rows}</div>') == [("roles", (TITLES, PAY))]


def test_spans_of_roles_are_resolved():
    first, second = "<b role=gridcell aria-colspan=2>A</b>", "<b role=gridcell>1</b><b role=cell>2</b>"
    html = f"<div role=grid><p role=row>{first}</p><p role=row>{second}</p></div>"
    assert tables(html) == [("roles", (("A", "A"), ("1", "2")))]


def test_a_caption_of_roles_is_a_heading():
    page = read("<div role=table><p role=caption>Pay</p><p role=row><b role=cell>A</b><b role=cell>1</b></p></div>")
    assert page.blocks == (Heading(6, "Pay"), Table((("A", "1"),), made_of="roles"))


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<table role=presentation><tr><td>1</table>", [("table", (("1",),))]),
        ("<table role=grid><tr role=row><td role=gridcell>1</table>", [("table", (("1",),))]),
        ("<div role=row><b role=cell>1</b></div>", []),
        ("<div role=list><b role=cell>1</b></div>", []),
    ],
)
def test_roles_count_only_inside_of_their_table(html: str, found: list[object]):
    assert tables(html) == found


@pytest.mark.parametrize(
    ("html", "rows"),
    [
        ("<dl><dt>A<dd>1<dt>B<dd>2</dl>", (("A", "1"), ("B", "2"))),
        ("<dl><div class=x><dt>A</dt><dd>1</dd></div><div><dt>B</dt><dd>2</dd></div></dl>", (("A", "1"), ("B", "2"))),
        ("<dl><dt>A<dd>1<dd>2</dl>", (("A", "1", "2"),)),
        ("<dl><dt>A<dt>B<dd>2</dl>", (("A",), ("B", "2"))),
        ("<dl><dt>A<dd></dl>", (("A", ""),)),
        ("<dl><dt>A<dd><ul><li>x<li>y</ul></dl>", (("A", "x\ny"),)),
        ("<dl><dt>A<dd><dl><dt>x<dd>y</dl></dl>", (("A", "x\ny"),)),
        ("<dl><dt>A<dd hidden>0<dd>1</dl>", (("A", "1"),)),
    ],
)
def test_a_list_of_terms_is_a_table(html: str, rows: tuple[tuple[str, ...], ...]):
    assert tables(html) == [("terms", rows)]


@pytest.mark.parametrize("html", ["<table><tr><td><dl><dt>A<dd>1</dl></table>", "<ul><li><dl><dt>A<dd>1</dl></ul>"])
def test_terms_in_a_cell_or_item_are_lines_of_it(html: str):
    block = read(html).blocks[0]
    assert (block.rows[0][0] if isinstance(block, Table) else block.items[0]) == "A\n1"


@pytest.mark.parametrize(
    "html",
    [
        "<div>{}</div>".format(drawn((TITLES, PAY, AGE), "div", "div")),
        "<div>{}</div>".format(drawn((TITLES, PAY, AGE), "section class=r", "span class=c")),
        "<ul>{}</ul>".format(drawn((TITLES, PAY, AGE), "li", "span")),
        "<x-table>{}</x-table>".format(drawn((TITLES, PAY, AGE), "x-row", "x-cell")),
        "<div><div class=head>{}</div><div class=body>{}</div></div>".format(
            drawn((TITLES,), "div", "b"), drawn((PAY, AGE), "div", "b")
        ),
        "<div>{}</div>".format(drawn((TITLES, PAY, AGE), "div", "div").replace("<div></div>", "<div><i hidden>0</i></div>")),
        "<main><article><div>{}</div></article></main>".format(drawn((TITLES, PAY, AGE), "div", "p")),
    ],
)
def test_boxes_are_rows_of_cells_in_the_second_look_alone(html: str):
    assert tables(html) == []
    assert ("boxes", (TITLES, PAY, AGE)) in tables(html, boxes=True)


@pytest.mark.parametrize(
    "row",
    [
        "<p><b>Average age</b> 46</p>",
        "<p>Average age <b>46</b></p>",
        "<li><span>Average age</span><span>46</span></li>",
        "<div><div><div>Average age</div><div>46</div></div></div>",
    ],
)
def test_a_label_beside_its_value_is_a_row(row: str):
    html = f"<section><h3>Cook</h3>{row}<p><b>Salary</b> $1</p></section>"
    blocks = read(html, boxes=True).blocks
    assert blocks[0] == Heading(3, "Cook")
    assert Table((("Average age", "46"), ("Salary", "$1")), made_of="boxes") in blocks[1:]


def test_a_heading_between_rows_begins_another_table():
    html = "<div><h3>Cook</h3>{0}<h3>Baker</h3>{0}</div>".format(drawn((("A", "1"), ("B", "2")), "p", "b"))
    table = Table((("A", "1"), ("B", "2")), made_of="boxes")
    kinds = [block for block in read(html, boxes=True).blocks if not isinstance(block, Paragraph)]
    assert kinds == [Heading(3, "Cook"), table, Heading(3, "Baker"), table]


def test_a_flat_element_is_a_strip():
    cells = (*TITLES, *PAY, *AGE, "Hourly rate", "$3", "$4", "Jobs", "5", "6")
    html = "<div>" + "".join(f"<div>{text}</div>" for text in cells) + "</div>"
    assert ("strip", (cells,)) in tables(html, boxes=True)


def test_the_words_of_boxes_stay_where_they_were():
    html = f"<p>Before</p><div>{drawn((TITLES, PAY, AGE), 'div', 'div')}</div><p>Behind</p>"
    first, second = read(html).blocks, read(html, boxes=True).blocks
    assert tuple(block for block in second if not isinstance(block, Table)) == first


def test_a_table_is_no_cell_of_boxes():
    html = "<div><div><table><tr><td>1</table></div><div><table><tr><td>2</table></div></div>"
    assert tables(html, boxes=True) == [("table", (("1",),)), ("table", (("2",),))]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p hidden>no</p><p>yes</p>", "yes"),
        ("<p>yes <span style='color:red; display: none'>no</span>tail</p>", "yes tail"),
        ("<div style='visibility:hidden'>no</div>yes", "yes"),
        ("<div style='overflow:hidden'>yes</div>", "yes"),
    ],
)
def test_prose_that_is_hidden_is_no_text(html: str, words: str):
    assert read(html).blocks == (Paragraph(words),)


def test_what_is_hidden_but_has_a_structure_may_be_shown_on_demand():
    assert tables("<div hidden><table><tr><td>1</table></div>") == [("table", (("1",),))]


@pytest.mark.parametrize(
    "piece", ["<div>", "<div><p>x", "<div><i>a</i><b>b</b>", "<p><i>a</i><b>b</b></p>", "<i>x</i>", "<dl><dt>a<dd>"]
)
def test_a_second_look_is_bounded(piece: str):
    html = "<div>" + piece * 4_000
    started = time.process_time()
    read(html, boxes=True)
    assert time.process_time() - started < 2
