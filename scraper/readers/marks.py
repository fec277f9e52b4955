"""What attributes say of elements, where it changes what their tags mean: the roles of tables, and what is hidden."""

from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.readers.tags import KINDS, is_hidden

_ANY = '[role~="table" i], [role~="grid" i], [role~="treegrid" i], [hidden], [style*="display" i], [style*="visibility" i]'
_STRUCTURE = "table, dl, ul, ol, h1, h2, h3, h4, h5, h6, [role]"
_TABLES = frozenset(("table", "grid", "treegrid"))
_CELLS = frozenset(("cell", "gridcell", "columnheader", "rowheader"))
_OF_TABLES = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"))


def of(tree: LexborHTMLParser) -> Mapping[int, str]:
    """What elements are, by `mem_id`, in the words of `tags.KINDS`; `hidden` for prose that a reader of the page does not see.

    Tables, lists and what has headings may be shown on demand, as in a tab; they are read whether they are hidden or not.
    """
    marks: dict[int, str] = {}
    for node in tree.css(_ANY):
        tag, attributes = node.tag or "", node.attributes
        if KINDS.get(tag) == "passed over":
            continue
        if is_hidden(attributes):
            if tag not in _OF_TABLES and node.css_first(_STRUCTURE) is None:
                marks[node.mem_id] = "hidden"
        elif tag not in _OF_TABLES and not _TABLES.isdisjoint((attributes.get("role") or "").lower().split()):
            _mark_table(node, marks)
    return marks


def _mark_table(table: LexborNode, marks: dict[int, str]) -> None:
    """Mark a table, its rows and cells, and as nothing what stands between them."""
    marks[table.mem_id] = "table"
    for node in _inside(table):
        role = _role(node)
        if role == "row":
            marks[node.mem_id] = "row"
        elif role in _CELLS:
            marks[node.mem_id] = "cell"
        elif role == "caption":
            marks[node.mem_id] = "caption"
        else:
            marks[node.mem_id] = ""


def _inside(table: LexborNode) -> Iterator[LexborNode]:
    """The elements of a table of roles, but nothing inside of its cells, captions, or tables of another kind."""
    stack = [table.first_child]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        stack.append(node.next)
        if node.is_text_node or node.is_comment_node or KINDS.get(node.tag or "") in ("passed over", "table", "terms", "list"):
            continue
        yield node
        if _role(node) not in _CELLS and _role(node) != "caption":
            stack.append(node.first_child)


def _role(node: LexborNode) -> str:
    words = (node.attributes.get("role") or "").lower().split()
    return next((word for word in words if word in _CELLS or word in ("row", "caption")), "")
