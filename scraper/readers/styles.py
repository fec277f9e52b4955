"""What the own style of an element says of its place in a CSS grid, as `colspan` does in a table."""

import re

from selectolax.lexbor import LexborNode

WHOLE_WIDTH = 0
_COLUMN = re.compile(r"(?:^|;)\s*grid-column\s*:\s*([^;]*)", re.IGNORECASE)
_SPAN = re.compile(r"\bspan\s+([0-9]{1,3})\b")
_LINES = re.compile(r"([0-9]{1,3})\s*/\s*(-?[0-9]{1,3})")


def columns_of(node: LexborNode) -> int:
    """How many columns of its grid an element takes; `WHOLE_WIDTH` for one that begins with the first and ends with the last."""
    if node.is_text_node:
        return 1
    column = _COLUMN.search(node.attributes.get("style") or "")
    if column is None:
        return 1
    said = column[1].lower()
    if spanned := _SPAN.search(said):
        return max(1, int(spanned[1]))
    if lines := _LINES.search(said):
        first, last = int(lines[1]), int(lines[2])
        return WHOLE_WIDTH if (first, last) == (1, -1) else max(1, last - first)
    return 1
