"""HTML to Document: what a reader of the page would see, in page order, whatever the markup."""

import pytest

from normalize.errors import Rejected
from scraper import readers
from scraper.document import Document, Heading, Items, Paragraph, Table


def read(html: str | bytes, charset: str = "") -> Document:
    body = html.encode() if isinstance(html, str) else html
    return readers.read(body, "text/html", charset)


def rows(html: str) -> tuple[tuple[str, ...], ...]:
    return next(block for block in read(html).blocks if isinstance(block, Table)).rows


def cell(inner: str) -> str:
    return rows(f"<table><tr><td>{inner}</td></tr></table>")[0][0]


def test_blocks_come_in_page_order():
    page = read(
        "<!doctype html><html><head><title> Two  jobs </title><link rel='canonical' href=' https://x.example/a '></head><body>"
        "<nav><ul><li>Home<li>Jobs</ul></nav><h1>A <b>vs</b> B</h1>lead text<p>One<br>two</p>"
        "<table><caption>Pay</caption><tr><th></th><th>A</th></tr><tr><td>Mean</td><td>1</td></tr></table><h3>End</h3>"
        "</body></html>"
    )
    assert page == Document(
        "Two jobs",
        (
            Items(("Home", "Jobs")),
            Heading(1, "A vs B"),
            Paragraph("lead text"),
            Paragraph("One\ntwo"),
            Heading(6, "Pay"),
            Table((("", "A"), ("Mean", "1"))),
            Heading(3, "End"),
        ),
        canonical="https://x.example/a",
    )


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("Male, 34.4%<br>Female, 65.6%", "Male, 34.4%\nFemale, 65.6%"),
        ("<p>Male, 34.4%</p><p>Female, 65.6%</p>", "Male, 34.4%\nFemale, 65.6%"),
        ("<div>Male, 34.4%</div><div>Female, 65.6%</div>", "Male, 34.4%\nFemale, 65.6%"),
        ("<ul><li>Male, 34.4%<li>Female, 65.6%</ul>", "Male, 34.4%\nFemale, 65.6%"),
        ("  $44,937 \n ", "$44,937"),
        ("<span>$44</span><b>,937</b>", "$44,937"),
        ("$20<small>.79</small>", "$20.79"),
        ("<a href=/x><i></i>$44,937</a>", "$44,937"),
        ("Bachelor&#39;s&nbsp;Degree", "Bachelor's\xa0Degree"),
        ("46<sup>1</sup>", "46¹"),
        ("<span>46</span><span>46</span>", "46\n46"),
        ("<span>MD</span><span>Maryland</span>", "MD\nMaryland"),
        ("<s>$40,000</s> $44,937", "$44,937"),
        ("<img alt='decrease' src=x>2%", "2%"),
        ("<img alt='Accenture logo' src=x>", "Accenture logo"),
        ("<div>-8%</div>", "-8%"),
        ("<br>-8%", "-8%"),
        ("Accenture <a href=x>See all</a>", "Accenture\nSee all"),
        ("Accenture <sup>1</sup>", "Accenture\n1"),
        ("<a>Virginia Beach</a>, <b>VA</b>", "Virginia Beach, VA"),
        ("Pricewaterhouse<wbr>Coopers", "PricewaterhouseCoopers"),
        ("<img alt='' src=x>2%", "2%"),
        ("<b style='-webkit-backface-visibility:hidden'>46</b>", "46"),
        ("2<sup>nd</sup> Grade", "2nd\nGrade"),
        ("Accenture (US)<sup>1</sup>", "Accenture (US)¹"),
        ("C++<sup><a>[2]</a></sup>", "C++\n[2]"),
        ("<b>Average salary</b><i>$44,937</i>", "Average salary\n$44,937"),
        ("<b>Growth rate</b><i>-2%</i>", "Growth rate\n-2%"),
        ("<b>44.9K</b><i>$44,937</i>", "44.9K\n$44,937"),
        ("<b>$31,000</b><i>$64,000</i>", "$31,000\n$64,000"),
        ("<b>Male, 34%</b><b>Female, 66%</b>", "Male, 34%\nFemale, 66%"),
        ("<b>St</b><i>-Denis</i>", "St-Denis"),
        ("46<title>x</title>", "46"),
        ("shown<span hidden>not</span><span style='display: none'>nor this</span>", "shown"),
        ("<script>var x = 1</script><style>a{}</style><svg><text>z</text></svg>46", "46"),
        ("", ""),
        ("<!-- 12 -->46", "46"),
    ],
)
def test_the_text_of_a_cell(inner: str, text: str):
    assert cell(inner) == text


def test_spans_fill_every_place_that_they_cover():
    table = read(
        "<table><tr><td rowspan=2>a</td><td colspan=2>b</td></tr><tr><td>c</td><td>d</td></tr>"
        "<tr><td colspan=0>e</td></tr></table>"
    ).blocks[0]
    assert table == Table((("a", "b", "b"), ("a", "c", "d"), ("e",)), spans=((0, 2), (1, 0)))


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<thead><tr><th rowspan=2><th>A</thead><tbody><tr><td>B<td>1</tbody>", (("", "A"), ("B", "1"))),
        ("<tbody><tr><td rowspan=0>A<td>1</tbody><tbody><tr><td>B<td>2</tbody>", (("A", "1"), ("B", "2"))),
        ("<tr><td rowspan=2>A<td>1<tr></tr><tr><td>B<td>2", (("A", "1"), ("B", "2"))),
        ("<tr><td rowspan=2>A<td>1<tr hidden><td>x</tr><tr><td>2", (("A", "1"), ("A", "2"))),
        ("<tr><td>A<td style='visibility:hidden'>0<td>1", (("A", "", "1"),)),
        ("<tr><td>A<td style='display:none'>0<td>1", (("A", "1"),)),
        ("<tr><td>A<tr style='visibility:collapse'><td>B", (("A",),)),
    ],
)
def test_no_cell_is_moved_into_another_column(html: str, found: tuple[tuple[str, ...], ...]):
    assert rows(f"<table>{html}</table>") == found


@pytest.mark.parametrize("tail", ["<b class='x", "<!-- x", "<textarea>x", "<svg><text", ""])
def test_a_table_in_which_the_page_ends_is_open(tail: str):
    assert next(block for block in read(f"<html><table><tr><td>4{tail}").blocks if isinstance(block, Table)).open == (0,)


def test_a_table_behind_which_the_page_ends_is_whole():
    assert not next(
        block for block in read("<html><table><tr><td>4</table><script src='x").blocks if isinstance(block, Table)
    ).open


@pytest.mark.parametrize("colspan", ["1000", "99999999999999999999", "1000.5", "+1000px"])
def test_a_span_is_clamped_as_browsers_do(colspan: str):
    assert len(rows(f"<table><tr><td colspan='{colspan}'>a</td></tr></table>")[0]) == 1000


@pytest.mark.parametrize("colspan", ["-5", "x", "", "0"])
def test_a_span_that_is_none_counts_as_one(colspan: str):
    assert rows(f"<table><tr><td colspan='{colspan}'>a</td><td>b</td></tr></table>") == (("a", "b"),)


def test_a_grid_of_too_many_cells_is_refused():
    bomb = "<table>" + "<tr>" + "<td colspan=1000 rowspan=65534>x</td>" * 3 + "</tr>" + "<tr><td>y</td></tr>" * 300 + "</table>"
    with pytest.raises(Rejected) as refused:
        read(bomb)
    assert refused.value.code == "too_hostile"


def test_nested_tables_are_tables_of_their_own():
    page = read("<table><tr><td>outer<table><tr><td>inner</td></tr></table>rest</td></tr></table>")
    assert [block.rows for block in page.blocks if isinstance(block, Table)] == [(("outer\nrest",),), (("inner",),)]


@pytest.mark.parametrize(
    ("page", "cut"),
    [
        ("<html><body><p>all</p></body></html>", False),
        ("<p>a fragment</p>", False),
        ("<html><body><p>all</p>", True),
        ("<table><tr><td>1</td></tr></table>", False),
        ("<table><tr><td>1</td></tr>", True),
        ("<table><tr><td>1</td><td>2", True),
        ("<p>text</p><!-- comment", True),
        ("<p>text</p><a href='x", True),
        ("<p>text</p><script>var", True),
    ],
)
def test_a_page_that_ends_too_early_is_noticed(page: str, cut: bool):
    assert read(page).cut is cut


@pytest.mark.parametrize(
    ("body", "charset", "text", "undecodable"),
    [
        ("<p>é – €</p>".encode(), "", "é – €", 0),
        (b"\xef\xbb\xbf" + "<p>é</p>".encode(), "windows-1252", "é", 0),
        ("<p>é</p>".encode("utf-16"), "", "é", 0),
        (b"\xfe\xff" + "<p>é</p>".encode("utf-16-be"), "utf-8", "é", 0),
        ("<p>é – €</p>".encode("cp1252"), "", "é – €", 0),
        ("<p>Ж</p>".encode("koi8-r"), "koi8-r", "Ж", 0),
        ("<meta charset=windows-1251><p>Ж</p>".encode("cp1251"), "", "Ж", 0),
        ("<meta http-equiv=content-type content='text/html; charset=windows-1251'><p>Ж</p>".encode("cp1251"), "", "Ж", 0),
        ("<meta charset=windows-1251><p>Ж</p>".encode(), "utf-8", "Ж", 0),
        ("<meta charset=utf-16><p>é</p>".encode(), "", "é", 0),
        ("<p>é</p>".encode("cp1252"), "idna", "é", 0),
        ("<p>é</p>".encode("cp1252"), "base64", "é", 0),
        (b"<p>a\xffb</p>", "utf-8", "a�b", 1),
        (b"<p>a\0b</p>", "", "ab", 1),
    ],
)
def test_encodings_by_byte_order_mark_then_header_then_meta(body: bytes, charset: str, text: str, undecodable: int):
    page = read(body, charset)
    assert [block.text for block in page.blocks if isinstance(block, Paragraph)] == [text]
    assert page.undecodable == undecodable


def test_the_address_in_a_saved_from_comment():
    assert read("<!-- saved from url=(0026)https://x.example/a-vs-b --><p>x</p>").saved_from == "https://x.example/a-vs-b"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t\0", "empty"),
        (b"%PDF-1.7 ...", "wrong_type"),
        (b"\x89PNG\r\n\x1a\n", "wrong_type"),
        (b"PK\x03\x04", "wrong_type"),
        (bytes(range(1, 9)) * 40, "wrong_type"),
        (b"<" * (10 * 1024 * 1024 + 1), "too_large"),
    ],
)
@pytest.mark.parametrize("media_type", ["text/html", "text/plain"])
def test_what_is_no_page_is_refused(body: bytes, code: str, media_type: str):
    with pytest.raises(Rejected) as refused:
        readers.read(body, media_type, "")
    assert refused.value.code == code
