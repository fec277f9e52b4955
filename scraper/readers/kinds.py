"""What elements are by the numbers that the parser gives their tags: a number is read in half the time that a name takes."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.readers.tags import END, KINDS, METERS

_PHRASES = (
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "meter", "nobr", "option", "output", "progress", "q", "ruby", "samp", "small", "span", "strong", "time",
    "tt", "u", "var",
)  # fmt: skip


def _numbered() -> dict[int, str]:
    """The kinds of `tags.KINDS` and those of common phrases, by number. Tags that are not of HTML have another on each page."""
    maker = LexborHTMLParser("")
    kinds = {tag: kind for tag, kind in KINDS.items() if tag != END and not tag.startswith("-")}
    kinds.update(dict.fromkeys(_PHRASES, "inline"))
    return {maker.create_node(tag).tag_id: kind for tag, kind in kinds.items()}


def _number_of_text() -> int:
    body = LexborHTMLParser("text").body
    assert body is not None
    assert body.first_child is not None
    return body.first_child.tag_id


def _numbers(tags: frozenset[str]) -> frozenset[int]:
    maker = LexborHTMLParser("")
    return frozenset([maker.create_node(tag).tag_id for tag in tags])


TEXT = _number_of_text()
BY_NUMBER = {**_numbered(), TEXT: "text"}
"""The kind of each common tag; of the others `kind_of` tells it."""

ITEM, ROW = (next(number for number, kind in BY_NUMBER.items() if kind == wanted) for wanted in ("item", "row"))
PHRASES = frozenset([number for number, kind in BY_NUMBER.items() if kind == "inline"])
CELLS = frozenset([number for number, kind in BY_NUMBER.items() if kind == "cell"])
GROUPS = frozenset([number for number, kind in BY_NUMBER.items() if kind == "group"])
AROUND = frozenset([number for number, kind in BY_NUMBER.items() if kind in ("inline", "block")]) - _numbers(METERS)
"""What may stand around the text of a cell, and draws nothing of its own."""


def kind_of(node: LexborNode) -> str:
    """What a node is, in the words of `tags.KINDS`."""
    return BY_NUMBER.get(node.tag_id) or KINDS.get(node.tag or "", "inline")
