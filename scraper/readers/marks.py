"""What attributes say of elements, where it changes what their tags mean: the roles of tables, and what is hidden."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.readers.passage import BLANKS
from scraper.readers.tags import KINDS, LEVELS, Attributes, is_hidden

_ANY = '[role], [hidden], [style*="display" i], [style*="visibility" i]'
_PANELS, _TABS = '[role="tabpanel" i][aria-labelledby]', '[role="tab" i][id]'
_STRUCTURE = "table, dl, ul, ol, h1, h2, h3, h4, h5, h6, [role]"
_TABLES = frozenset(("table", "grid", "treegrid"))
_CELLS = frozenset(("cell", "gridcell", "columnheader", "rowheader"))
_PARTS = {**dict.fromkeys(_CELLS, "cell"), "row": "row", "rowgroup": "group", "caption": "caption"}
_OF_TABLES = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"))
_SHOWN_AT_LAST = frozenset(("html", "body"))


@dataclass(slots=True)
class Marks:
    """What elements are, by `mem_id`, in the words of `tags.KINDS`; the marked elements with all that hold one, but without the
    parts of marked tables, None where the whole page is such a table; and what stands before panels and behind them."""

    kinds: Mapping[int, str]
    around: Container[int] | None
    panels: Mapping[int, str]


def of(tree: LexborHTMLParser) -> Marks:
    """What the attributes of a page say; elements are `hidden` where they hold prose that a reader of the page does not see.

    Tables, lists and what has headings may be shown on demand, as in a tab; they are read whether they are hidden or not. A page
    that is hidden as a whole is shown by its script.
    """
    marks: dict[int, str] = {}
    hidden: list[LexborNode] = []
    tables: list[LexborNode] = []
    has_panels = False
    for node in tree.css(_ANY):
        tag, attributes = node.tag or "", node.attributes
        role = (attributes.get("role") or "").lower()
        has_panels = has_panels or role == "tabpanel"
        if tag in _OF_TABLES or KINDS.get(tag) == "passed over":
            continue
        if not _may_be_hidden(attributes) and (not role or _TABLES.isdisjoint(BLANKS.split(role))):
            continue
        if is_hidden(attributes) and tag not in _SHOWN_AT_LAST:
            hidden.append(node)
        if not _TABLES.isdisjoint(_words(role)):
            _mark_table(node, marks)
            tables.append(node)
    if hidden:
        holders = _holders(tree)
        hidden = [node for node in hidden if node.mem_id not in holders]
        marks.update([(node.mem_id, "hidden") for node in hidden])
    is_table = any(node.tag == "html" for node in tables)
    return Marks(marks, None if is_table else _around([*hidden, *tables]), _panels(tree) if has_panels else {})


def _may_be_hidden(attributes: Attributes) -> bool:
    """Whether there is an attribute that may hide an element: its role alone hides it only in a table."""
    style = (attributes.get("style") or "").lower()
    return "hidden" in attributes or "display" in style or "visibility" in style


def _around(nodes: Iterable[LexborNode]) -> set[int]:
    """Elements, and all that hold one of them."""
    found: set[int] = set()
    for inner in nodes:
        node: LexborNode | None = inner
        while node is not None and (number := node.mem_id) not in found:
            found.add(number)
            node = node.parent
    return found


def _panels(tree: LexborHTMLParser) -> Mapping[int, str]:
    """The words of the tab of each panel, by the `mem_id` of the panel, and none by that of what follows a panel."""
    found: dict[int, str] = {}
    if (panels := tree.css(_PANELS)) and (tabs := {tab.attributes.get("id"): tab for tab in tree.css(_TABS)}):
        for panel in panels:
            tab = tabs.get((panel.attributes.get("aria-labelledby") or "").strip())
            if tab and (words := tab.text(separator=" ").strip()):
                found[panel.mem_id] = words
                if (behind := _behind(panel)) is not None:
                    found.setdefault(behind.mem_id, "")
    return found


def _behind(node: LexborNode | None) -> LexborNode | None:
    """What follows an element in the page, but not in it."""
    while node is not None and node.next is None:
        node = node.parent
    return node.next if node else None


def _holders(tree: LexborHTMLParser) -> set[int]:
    """The elements that are, or hold, a structure; a heading alone is none."""
    found: set[int] = set()
    for structure in tree.css(_STRUCTURE):
        node = structure.parent if structure.tag in LEVELS else structure
        while node is not None and node.mem_id not in found:
            found.add(node.mem_id)
            node = node.parent
    return found


def _mark_table(table: LexborNode, marks: dict[int, str]) -> None:
    """Mark a table with its rows and cells; without a cell it is none."""
    parts = {node.mem_id: _PARTS[role] for node, role in _inside(table) if role}
    if "cell" in parts.values():
        marks |= parts
        marks[table.mem_id] = "table"


def _inside(table: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """The elements of a table of roles with their role in it, but nothing inside of its cells, captions, or other tables."""
    stack = [table.first_child]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        stack.append(node.next)
        if node.is_text_node or node.is_comment_node or KINDS.get(node.tag or "") in ("passed over", "table"):
            continue
        words = _words(node.attributes.get("role"))
        role = next((word for word in words if word in _PARTS), "")
        if not role and not _TABLES.isdisjoint(words):
            continue
        yield node, role
        if _PARTS.get(role) not in ("cell", "caption"):
            stack.append(node.first_child)


def _words(role: str | None) -> list[str]:
    return role.lower().split() if role else []
