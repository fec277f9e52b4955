"""What is read at once against the walk, node by node, over the same page: the document is the same."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from normalize.errors import Rejected
from scraper import readers
from scraper.document import Document, Items, Table
from scraper.readers import html, kinds, placed, plain
from scraper.readers.tags import KINDS
from scraper.readers.walker import Walker

WORDS = ("Cook", " Loan  Officer ", "4.2", "$9,000", "46", "\n", " ", "\n  ", "\xa0", "a\tb", "x\ny", "\x0b", "\x1c", "\u2003",
"\ufdd0",
         "5\ufdd06", "\ufdd17", "\ufffd", "\0", "&amp;", "&lt;li&gt;", "&#xfdd0;", "é", "")  # fmt: skip
ATTRIBUTES = (
    "", "", "", "", ' class="a"', " hidden", " style='display: none'", " style=color:red", " role=tooltip", " role=table",
    " role='row'", " role=cell", " role=' GRID x'", " role='table\xa0x' hidden", " role=tabpanel aria-labelledby=t",
    " role=tab id=t",
    " style='dıſplay:none' role=x", " title='a <li> b'", " aria-label=words", " colspan=2", " rowspan=3", " colspan=0",
    " aria-colspan=2",
    " style='visibility:hidden'", " data-x='</ul><ul>'",
)  # fmt: skip
TAGS = (
    "ul", "ol", "menu", "li", "a", "b", "span", "table", "thead", "tbody", "tr", "td", "th", "caption", "colgroup", "col", "p",
    "div",
    "h2", "h3", "dl", "dt", "dd", "br", "img", "sup", "sub", "svg", "math", "title", "template", "script", "style", "select",
    "option",
    "button", "noscript", "textarea", "input", "meta", "form", "wbr", "x-y", "meter", "s", "body", "html", "frameset",
    "foreignObject",
    "careerscape-end", "section", "pre",
)  # fmt: skip
OTHERS = ("<!-- c -->", "<![CDATA[ x ]]>", "<?pi x?>", "<!doctype html>", "<", "</", "<!", "<ul", "<table a='")


def node_by_node(body: bytes, boxes: bool = False) -> Document:
    """The document of a page without any part read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "PlainWalker", lambda marks, _: Walker(marks))
        return html.read(body, "utf-8", boxes)


def soup(dice: Random) -> str:
    """Tags, attributes and words in any order."""
    pieces: list[str] = []
    for _ in range(dice.randrange(1, 60)):
        kind = dice.random()
        tag = dice.choice(TAGS)
        if kind < 0.45:
            pieces.append(f"<{tag}{dice.choice(ATTRIBUTES)}>")
        elif kind < 0.65:
            pieces.append(f"</{tag}>")
        else:
            pieces.append(dice.choice(WORDS) if kind < 0.97 else dice.choice(OTHERS))
    return "".join(pieces)


def structure(dice: Random) -> str:
    """Lists and tables that are plain but for a piece or two."""
    oddity = soup(dice) if dice.random() < 0.5 else ""
    odd = dice.randrange(8) if oddity or dice.random() < 0.5 else -1
    wrap = dice.choice((("", ""), ("<a href=x>", "</a>"), ("<b><i>", "</i></b>"), ("<div><span>", "</span></div>")))
    blank = dice.choice(("", "\n  ", " "))

    def cell(number: int, tag: str) -> str:
        attributes = dice.choice(ATTRIBUTES) if number == odd else dice.choice(("", ' class="a"'))
        return f"<{tag}{attributes}>{wrap[0]}{dice.choice(WORDS)}{oddity if number == odd else ''}{wrap[1]}</{tag}>{blank}"

    if dice.random() < 0.5:
        inside = "".join(cell(n, "li") for n in range(dice.randrange(6)))
        return f"<ul{dice.choice(ATTRIBUTES)}>{blank}{inside}</ul>"
    rows = [f"<tr>{blank}{cell(2 * n, 'th')}{cell(2 * n + 1, 'td')}</tr>{blank}" for n in range(dice.randrange(4))]
    return f"<table{dice.choice(ATTRIBUTES)}>{blank}<tbody>{''.join(rows)}</tbody></table>"


def page(dice: Random) -> bytes:
    """A page of plain parts with others between them; it may end anywhere."""
    parts = [dice.choice((soup, structure, structure))(dice) for _ in range(dice.randrange(1, 5))]
    said = dice.choice(("", "<body>", "<!doctype html><html><title>T</title>")) + dice.choice(("", "lead ", " ")).join(parts)
    body = (said + dice.choice(("", "</body></html>"))).encode()
    return body[: dice.randrange(len(body)) if dice.random() < 0.3 else len(body)] or b"<p>x"


def check(body: bytes, boxes: bool) -> None:
    wanted = node_by_node(body, boxes)
    assert html.read(body, "utf-8", boxes) == wanted
    assert placed.read(body, "utf-8", boxes).blocks == wanted.blocks


@pytest.mark.parametrize("seed", range(4))
def test_pages_drawn_at_random(seed):
    dice = Random(seed)
    for _ in range(120):
        check(page(dice), boxes=dice.random() < 0.3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*(f"<{tag}{a}>" for tag in ("ul", "li", "tr", "td", "p", "a") for a in ("", " hidden")),
                                 *(f"</{tag}>" for tag in ("ul", "li", "table", "td", "p", "a")), "<table>",
                                 *WORDS])))  # fmt: skip
def test_any_order_of_pieces(pieces):
    check(b"<p>" + "".join(pieces).encode(), boxes=False)


PLAIN = (
    ("<ul><li>a</li>\n<li>b</li></ul>", Items(("a", "b"))),
    ("<ul class=x><li><a href='>'> a  b\n</a><li title=t><a>c</a></ul>", Items(("a b", "c"))),
    ("<ol><li>1&amp;2<li>&lt;li&gt;</ol>", Items(("1&2", "<li>"))),
    ("<ul><li>\xa0<li>a\xa0b\xa0</ul>", Items(("", "a\xa0b"))),
    (
        "<table><tr><td></td><th> A\n B </th></tr><tr></tr><tr><td>x<td><div><b>y</b></div></table>",
        Table((("", "A B"), ("x", "y"))),
    ),
)


@pytest.mark.parametrize(("markup", "block"), PLAIN)
def test_what_is_plain_is_read_at_once(markup, block, monkeypatch):
    monkeypatch.setattr(plain.PlainWalker, "enter", lambda self, kind, tag, attributes: pytest.fail(f"{tag} is walked through"))
    assert readers.read(markup.encode(), "text/html", "utf-8").blocks == (block,)


@pytest.mark.parametrize("odd", [
    "<ul><li>a<li></ul>", "<ul><li>a<li>b<i></i></ul>", "<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul>x<li>a</ul>",
    "<ul><!-- c --><li>a</ul>",
    "<ul><li><a>a</a><li>b</ul>", "<ul><li><svg>a</svg></ul>", "<ul><li><s>a</s></ul>", "<ul><script>a</script><li>b</ul>",
    "<ul><li>a<li>b<!-- c --></ul>", "<ul><li><template>a</template></ul>", "<ul><li>a", "<ul></ul>",
    "<ul><li><meta content=a></ul>",
])  # fmt: skip
def test_a_list_that_is_not_plain(odd):
    ul = LexborHTMLParser(odd + "<careerscape-end>").css_first("ul")
    assert plain.items(ul, seams=False) is None
    check(odd.encode(), boxes=False)


@pytest.mark.parametrize("odd", [
    "<td colspan=2>a", "<td>a<td hidden>b", "<td style='display:none'>a", "<td role=tooltip>a", "<td>a<sup>1</sup>",
    "<td><img alt=x>",
    "<td><br>", "<td><b></b>", "<td><b title=x>a</b>", "<td><meter>a</meter>", "<td>a<!-- c -->", "<td><p>a</p><p>b</p>",
    "<td><dl><dt>a</dl>",
    "<td><table><tr><td>a</table>", "<td><x-y>a</x-y>", "<td>a<tbody hidden><tr><td>b", "<td>a<tr hidden><td>b",
    "<td>a<script></script>",
    "<caption>x</caption><tr><td>a",
])  # fmt: skip
def test_a_table_that_is_not_plain(odd):
    markup = f"<table><tr><td>First</td><td>Second</td></tr><tr>{odd}"
    table = LexborHTMLParser(markup + "<careerscape-end>").css_first("table")
    assert plain.rows(table) is None
    check(f"{markup}</table><p>behind".encode(), boxes=False)


def test_a_plain_table_that_ends_with_the_page_is_cut():
    for end in ("</table", "</table><!-- ", "</tr><tr", "<script>", "<p title='"):
        check(f"<html><table><tr><td>a</td><td>b{end}".encode(), boxes=False)


def test_a_plain_table_has_as_many_cells_as_any(monkeypatch):
    monkeypatch.setattr(plain, "MAX_CELLS", 3)
    monkeypatch.setattr("scraper.readers.grid.MAX_CELLS", 3)
    with pytest.raises(Rejected, match="more than 3 cells"):
        readers.read(b"<table><tr><td>a<td>b<tr><td>c<td>d</table>", "text/html", "")


def test_numbers_mean_what_tags_do():
    tree = LexborHTMLParser("".join(f"<{tag}>x</{tag}>" for tag in sorted({*KINDS, *TAGS} - {"frameset", "plaintext"})))
    seen = set()
    for node in tree.root.traverse(include_text=True):
        seen.add(node.tag)
        assert kinds.kind_of(node) == KINDS.get(node.tag or "", "inline"), node.tag
    assert {"ul", "li", "-text", "span", "x-y", "svg"} <= seen


@pytest.mark.parametrize(
    "markup",
    [
        "<ul role=cell><li>a<li>b</ul><html role=table>",
        "&nbsp;<br><sup>7</sup>",
        "<p hidden>a<p>5\ufdd06<ul><li>5\ufdd06</ul>",
        "<div role=tooltip>a<p role='table\xa0x' hidden>b<p style='dıſplay:none' role=x>c",
        "<section role=tabpanel aria-labelledby=t><ul><li>a</ul></section><b role=tab id=t>Tab</b><table><tr><td>a</table>",
        "<ul><li>a</ul>\n<b>x</b>\n<p>y",
        "<div role=table><div role=row><ul><li role=cell>a<li role=cell>b</ul></div></div><ul><li>c</ul>",
    ],
)
def test_what_hides_and_marks_says_the_same(markup):
    for boxes in (False, True):
        check(markup.encode(), boxes)
