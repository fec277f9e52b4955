"""Tables that are drawn without a table: elements with roles, lists of terms, and bare boxes in the second look at a page."""

import time

import pytest

from scraper import readers
from scraper.document import Block, Document, Heading, Items, Paragraph, Table

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
        '<section><div role=rowgroup class=h><div><div role=row><i role=cell></i><i role=cell>Cook</i><i role=cell>Baker</i>'
        '</div></div></div><div role=rowgroup style="x:y"><div role=row><i role=cell>Average salary</i><i role=cell>$1</i>'
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


def test_terms_in_a_cell_are_lines_of_it():
    assert tables("<table><tr><td><dl><dt>A<dd>1</dl></table>") == [("table", (("A\n1",),))]


def test_terms_in_an_item_are_a_table_behind_the_headings_of_the_item():
    page = read("<ul><li><h3>Cook</h3><p>Pay</p><dl><dt>A<dd>1</dl></ul>")
    assert page.blocks == (Items(("Cook\nPay",)), Heading(3, "Cook"), Heading(6, "Pay"), Table((("A", "1"),), made_of="terms"))


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        (
            "<dl><h3>Cook</h3><dt>A<dd>1</dd><div><h3>Baker</h3><dt>A<dd>2</div></dl>",
            (
                Heading(3, "Cook"),
                Table((("A", "1"),), made_of="terms"),
                Heading(3, "Baker"),
                Table((("A", "2"),), made_of="terms"),
            ),
        ),
        ("<dl><dt>A<dd>1<h4>B</h4></dl>", (Table((("A", "1"),), made_of="terms"), Heading(4, "B"))),
        (
            "<dl><dt>A<dd><h4>B</h4><p>words</dl>",
            (Table((("A", ""),), made_of="terms"), Heading(4, "B"), Table((("words",),), made_of="terms")),
        ),
        ("<dl><dt><h4>A</h4><dd>1</dl>", (Table((("A", "1"),), made_of="terms"),)),
        ("<dl>Pay <dt>A</dt>: <dd>1</dd> note</dl>", (Paragraph("Pay"), Table((("A", "1"), ("note",)), made_of="terms"))),
    ],
)
def test_what_stands_between_terms_is_not_lost(html: str, blocks: tuple[Block, ...]):
    assert read(html).blocks == blocks


@pytest.mark.parametrize(
    ("between", "rows"),
    [
        ("<h3>In Utah</h3>", (("A", "1"), ("In Utah",), ("B", "2"))),
        ("<p>One<br>two</p> . tail", (("A", "1"), ("One",), ("two",), (". tail",), ("B", "2"))),
        ("<div role=row>C <b role=cell>3</b> <i>4</i></div>", (("A", "1"), ("C", "3", "4"), ("B", "2"))),
        ("<ul role=rowgroup><li role=row><b role=cell>C</b><b role=cell>3</b></ul>", (("A", "1"), ("C", "3"), ("B", "2"))),
        ("<ul role=row><li role=cell>C<li role=cell>3</ul>", (("A", "1"), ("C", "3"), ("B", "2"))),
        ("<dl role=row><dt role=cell>C<dd role=cell>3</dl>", (("A", "1"), ("C", "3"), ("B", "2"))),
    ],
)
def test_what_stands_between_the_cells_of_roles_is_not_lost(between: str, rows: tuple[tuple[str, ...], ...]):
    first, last = ("<p role=row><b role=cell>{}</b><b role=cell>{}</b></p>".format(*pair) for pair in ("A1", "B2"))
    assert tables(f"<div role=grid>{first}{between}{last}</div>") == [("roles", rows)]


@pytest.mark.parametrize("inner", ["<p>{}</p>", "<div role=row><p>{}</p></div>", "<div role=grid><p>{}</p></div>"])
def test_roles_without_a_cell_make_no_table(inner: str):
    page = read(f"<div role=grid><h2>In Utah</h2>{inner.format('words')}</div>")
    assert page.blocks == (Heading(2, "In Utah"), Paragraph("words"))


@pytest.mark.parametrize(
    "html",
    [
        "<div role=grid><div role=row><div role=gridcell><h2>In Utah</h2><table><tr><td>1</table></div></div></div>",
        "<table><tr><td><h2>In Utah</h2><table><tr><td>1</table></table>",
        "<ul><li><h2>In Utah</h2><table><tr><td>1</table></ul>",
        "<dl><dt>x<dd><h2>In Utah</h2><table><tr><td>1</table></dl>",
        "<div role=grid><h2>In Utah</h2><div role=row><b role=cell><table><tr><td>1</table></b></div></div>",
    ],
)
def test_the_headings_before_a_table_inside_of_another_thing_stand_before_it(html: str):
    blocks = read(html).blocks
    assert blocks.index(Heading(2, "In Utah")) < blocks.index(Table((("1",),)))


def test_the_heading_of_an_item_stands_before_its_boxes():
    rows = drawn((PAY, AGE), "div", "b")
    blocks = read(f"<ul><li><h3>Cook</h3><div>{rows}</div></ul>", boxes=True).blocks
    assert blocks.index(Heading(3, "Cook")) < blocks.index(Table((PAY, AGE), made_of="boxes"))


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ("<b role=cell aria-colspan=2>A</b>", (("A", "A"), ("1", "2"))),
        ("<b role=cell colspan=2>A</b>", (("A",), ("1", "2"))),
    ],
)
def test_only_roles_span_by_their_attributes(cell: str, rows: tuple[tuple[str, ...], ...]):
    html = f"<div role=grid><p role=row>{cell}</p><p role=row><b role=cell>1</b><b role=cell>2</b></p></div>"
    assert tables(html) == [("roles", rows)]
    assert tables("<table><tr><td aria-colspan=2>A<td>B</table>") == [("table", (("A", "B"),))]


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


def test_a_row_may_be_wide():
    cells = tuple(map(str, range(30)))
    assert ("boxes", (cells, cells)) in tables(f"<div>{drawn((cells, cells), 'p', 'b')}</div>", boxes=True)


def test_a_note_is_no_cell():
    rows = (("A", "1<sup>*</sup>", "2"), ("B", "<i>3</i><sup>[2]</sup>", "4"))
    found = tables(f"<div>{drawn((TITLES,), 'p', 'b')}<ol>{drawn(rows, 'li', 'span')}</ol></div>", boxes=True)
    assert ("boxes", (TITLES, ("A", "1\n*", "2"), ("B", "3\n[2]", "4"))) in found


def test_rows_of_cells_that_may_be_rows_are_put_together_in_both_ways():
    cell = "<span><b>{}</b><i>{}</i></span>"
    rows = "".join(f"<li><span>{label}</span>{cell.format('x', 1)}{cell.format('y', 2)}</li>" for label in "AB")
    found = tables(f"<div>{drawn((TITLES,), 'p', 'b')}<ol>{rows}</ol></div>", boxes=True)
    assert ("boxes", (TITLES, ("A", "x\n1", "y\n2"), ("B", "x\n1", "y\n2"))) in found
    assert ("boxes", (TITLES, ("A",), ("x", "1"), ("y", "2"), ("B",), ("x", "1"), ("y", "2"))) in found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<h1>Cook</h1><p>Some words of an introduction that is long.</p><div>{}</div>", [("boxes", (PAY, AGE))]),
        ("<table><tr><td>1</table><div>{}</div>", [("table", (("1",),)), ("boxes", (PAY, AGE))]),
        ("<dl><dt>A<dd>1</dl>", [("terms", (("A", "1"),))]),
        ("<h3>Cook</h3>", [("table", (("Menu", "Cook"),))]),
        ("<i hidden>x</i>1", [("table", (("Menu", "1"),))]),
    ],
)
def test_what_stands_in_a_layout_is_the_page_itself(html: str, found: list[object]):
    page = "<table><tr><td>Menu<td>{}</table>".format(html.format(drawn((PAY, AGE), "div", "p")))
    read_so = tables(page, boxes=True)
    assert all(table in read_so for table in found)
    assert {made_of for made_of, _ in read_so} == {made_of for made_of, _ in found}


def test_what_is_hidden_in_a_layout_is_hidden():
    page = read("<table><tr><td hidden>no<td><table><tr><td>1</table></table>", boxes=True)
    assert page.blocks == (Table((("1",),)),)


def test_rows_of_a_layout_are_no_rows_in_a_box():
    assert tables("<table><td hidden><thead><li><td hidden><table>", boxes=True) == []


def test_a_flat_element_is_a_strip():
    cells = (*TITLES, *PAY, *AGE, "Hourly rate", "$3", "$4", "Jobs", "5", "6")
    html = "<div>" + "".join(f"<div>{text}</div>" for text in cells) + "</div>"
    assert ("strip", (cells,)) in tables(html, boxes=True)


def test_the_words_of_boxes_stay_where_they_were():
    html = f"<p>Before</p><div>{drawn((TITLES, PAY, AGE), 'div', 'div')}</div><p>Behind</p>"
    first, second = read(html).blocks, read(html, boxes=True).blocks
    assert tuple(block for block in second if not isinstance(block, Table)) == first


@pytest.mark.parametrize(
    "head", ["<div><i></i><h3>Cook</h3><h3>Baker</h3></div>", "<div><div><i></i><h3>Cook</h3><h3>Baker</h3></div></div>"]
)
def test_headings_beside_each_other_are_cells(head: str):
    found = tables(f"<div>{head}{drawn((PAY, AGE), 'div', 'div')}</div>", boxes=True)
    assert ("boxes", (TITLES, PAY, AGE)) in found


def test_a_flat_element_of_few_cells_is_a_strip_too():
    html = "<div>" + "".join(f"<div>{text}</div>" for text in (*TITLES, *PAY)) + "</div>"
    assert tables(html, boxes=True) == [("strip", ((*TITLES, *PAY),))]


@pytest.mark.parametrize("picture", ["<svg></svg>", "<img src=x>", "<canvas></canvas>", "<!-- x --><img alt=down> "])
def test_a_picture_beside_boxes_is_remembered_and_no_cell(picture: str):
    blocks = read(f"<div>{drawn((TITLES,), 'p', 'b')}<p><b>A</b>{picture}<b>2%</b><b>3%</b></p></div>", boxes=True).blocks
    assert Table((TITLES, ("A", "2%", "3%")), pictures=((1, 0), (1, 1)), made_of="boxes") in blocks


def test_what_a_box_shows_is_described_by_the_box_itself():
    row = "<p><b>A</b><b role=img aria-label='4 of 5'></b><b>3</b></p>"
    blocks = read(f"<div>{drawn((TITLES,), 'p', 'b')}{row}</div>", boxes=True).blocks
    assert Table((TITLES, ("A", "4 of 5", "3")), unseen=((1, 1),), made_of="boxes") in blocks


@pytest.mark.parametrize("end", ["", "<i>", "<i class='x", "<!-- x", "</b", "</b></p>", "</b></p></div></body></html>"])
def test_boxes_of_a_page_that_is_cut_are_open(end: str):
    page = read(f"<html><body><div>{drawn((TITLES, PAY), 'p', 'b')}<p><b>Average age</b><b>3</b><b>4{end}", boxes=True)
    table = next(block for block in page.blocks if isinstance(block, Table) and block.rows[-1][-1:] == ("4",))
    assert table.open == ((2,) if not end.startswith("</b></p>") else ())


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
        ("<body style='visibility:hidden'><p>yes", "yes"),
        ("<h2 hidden>no</h2><p>yes", "yes"),
        ("<div hidden>no<div hidden>no</div></div>yes", "yes"),
        ("<noframes>no</noframes>yes", "yes"),
    ],
)
def test_prose_that_is_hidden_is_no_text(html: str, words: str):
    assert read(html).blocks == (Paragraph(words),)


@pytest.mark.parametrize(
    ("html", "made_of"),
    [
        ("<div hidden><div hidden><table><tr><td>1</table></div></div>", "table"),
        ("<div hidden role=table><p role=row><b role=cell>1</b></p></div>", "roles"),
        ("<dl style='display:none'><dd>1</dl>", "terms"),
    ],
)
def test_what_is_hidden_but_has_a_structure_may_be_shown_on_demand(html: str, made_of: str):
    assert tables(html) == [(made_of, (("1",),))]


@pytest.mark.parametrize(
    "piece",
    [
        "<div>", "<div><p>x", "<div><i>a</i><b>b</b>", "<p><i>a</i><b>b</b></p>", "<i>x</i>", "<dl><dt>a<dd>", "<div role=grid>",
        "<div role=grid><div role=row><div role=cell>", "<b style=display:none>", "<ul><li><h2>x</h2><table><td>",
        "<dl><dd><h2>x</h2>", "<h3>a</h3><b>x</b>",
    ],
)  # fmt: skip
def test_a_second_look_is_bounded(piece: str):
    html = "<div>" + piece * 4_000
    started = time.process_time()
    read(html, boxes=True)
    assert time.process_time() - started < 2


def test_a_text_that_only_comments_part_is_one_cell():
    html = "<div><p>Co<!-- -->ok</p><p><b>Age</b> 4<!-- -->6</p><p><b>Pay</b><!-- --> $<!-- -->1</p></div>"
    assert ("boxes", (("Cook",), ("Age", "46"), ("Pay", "$1"))) in tables(html, boxes=True)
