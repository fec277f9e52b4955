"""What the tags and attributes of HTML mean to the reader."""

import re
from collections.abc import Mapping

Attributes = Mapping[str, str | None]
# fmt: off
_STRUCK = frozenset(("del", "s", "strike"))
_SKIPPED = _STRUCK | {"head", "title", "script", "style", "template", "noscript", "noframes", "noembed", "datalist"}
SHOWN = _STRUCK | {
    "svg", "math", "iframe", "select", "textarea", "input", "object", "embed", "canvas", "video", "audio", "noscript", "template",
}
END = "careerscape-end"  # set behind the last byte: where it ends up in the tree tells whether the page was cut
_BLOCKS = (
    "address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "div", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "hr", "html", "legend", "main", "nav", "p", "pre", "search", "section",
    "summary",
)
LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "caption": 6}
KINDS = {
    **dict.fromkeys((*_SKIPPED, *SHOWN, END, "meta", "-comment", "-doctype", "-document", "-cdata", "-undef"), "passed over"),
    "-text": "text",
    **dict.fromkeys(_BLOCKS, "block"), **dict.fromkeys(LEVELS, "heading"), **dict.fromkeys(("ul", "ol", "menu"), "list"),
    **dict.fromkeys(("wbr", "colgroup", "col"), ""), **dict.fromkeys(("tbody", "thead", "tfoot"), "group"),
    "dl": "terms", "dt": "term", "dd": "description",
    "sup": "raised", "sub": "lowered",
    "li": "item", "br": "break", "table": "table", "tr": "row", "td": "cell", "th": "cell", "img": "picture",
}
ENDING = frozenset(("item", "heading", "block"))
TERMS = frozenset(("terms", "term", "description"))
# fmt: on
TELLING = frozenset(("hidden", "role", "style", "aria-label", "title"))
METERS = frozenset(("meter", "progress", "data"))
ROLES = frozenset(("img", "meter", "progressbar"))
PICTURES = frozenset(("img", "svg", "picture", "canvas", "object"))
_ROBOTS = frozenset(("robots", "careerscape"))
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b", re.IGNORECASE)
_GONE = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.IGNORECASE)


def is_hidden(attributes: Attributes) -> bool:
    """Inside of tables what a reader of the page cannot see is no text: sort keys, copies for other screens."""
    if "hidden" in attributes or attributes.get("role") == "tooltip":
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))


def keeps_its_place(attributes: Attributes) -> bool:
    """Whether what is hidden leaves a gap: a cell that is only not visible moves no other."""
    return "hidden" not in attributes and not _GONE.search(attributes.get("style") or "")


def forbids_copies(meta: Attributes) -> bool:
    """Whether a meta element asks all robots, or ours, for `noarchive`; `none` does not mean it."""
    if (meta.get("name") or "").strip().lower() not in _ROBOTS:
        return False
    return "noarchive" in (meta.get("content") or "").lower().replace(",", " ").split()
