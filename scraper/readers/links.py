"""The links that a page asks to be followed, as it writes them."""

import re
from dataclasses import dataclass

_LINK = re.compile(r"\]\([ \t]*<?([^()\s<>]+)|(https?://[^\s<>()\[\]{}|\"'`]+)", re.IGNORECASE)
_END = ".,;:!?*_"
_FOR_US = frozenset(("robots", "careerscape"))
_NOT_TO_FOLLOW = frozenset(("nofollow", "none"))


@dataclass(frozen=True, slots=True)
class Links:
    """The targets of links in page order, and what relative ones count from where the page says so."""

    hrefs: tuple[str, ...] = ()
    base: str = ""


def of_html(body: bytes, charset: str = "") -> Links:
    """The links of an HTML page; none where it asks robots to follow none. Raises Rejected `too_hostile`."""
    from scraper.readers.tree import grow

    tree = grow(body, charset)[0]
    for meta in tree.css("meta[name][content]"):
        said = meta.attributes
        if (said["name"] or "").strip().lower() in _FOR_US and not _NOT_TO_FOLLOW.isdisjoint(_words(said["content"])):
            return Links()
    base = tree.css_first("base[href]")
    hrefs = [
        said["href"] or ""
        for said in (node.attributes for node in tree.css("a[href], area[href]"))
        if "rel" not in said or "nofollow" not in _words(said["rel"])
    ]
    return Links(tuple(hrefs), (base.attributes["href"] or "").strip() if base else "")


def _words(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").lower().split()


def of_text(text: str) -> Links:
    """The links of extracted text: `[words](target)`, and addresses as they stand."""
    found = (match[1] or match[2].rstrip(_END) for match in _LINK.finditer(text))
    return Links(tuple(found))
