"""Bytes of HTML to the tree of selectolax."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from normalize.errors import Rejected
from scraper.readers.encoding import detect, is_utf8, sniff
from scraper.readers.tags import END, Attributes

_LAST = b"<" + END.encode() + b">"
_SELF_CLOSED = re.compile(rb"<(title|script|style|textarea|iframe|noscript|div|span|i|b|a|p|td|th)\b([^<>]*)/>", re.IGNORECASE)


def grow(body: bytes, charset: str = "") -> tuple[LexborHTMLParser, bytes, int]:
    """The tree of a page with the END tag behind its last byte, its text in UTF-8, and how many characters or NULs were replaced.

    Raises Rejected `too_hostile` where memory ends.
    """
    valid = is_utf8(body)
    undecodable = body.count(b"\0") if valid and b"\0" in body else 0
    utf8 = body.removeprefix(b"\xef\xbb\xbf")
    if utf8[:256].lstrip().startswith(b"<?xml"):
        utf8 = _SELF_CLOSED.sub(rb"<\1\2></\1>", utf8)
    if detect(body, charset, html=True) != "utf-8" or not valid:
        text, undecodable = sniff(body, charset, html=True)
        utf8 = text.encode()
    try:
        return LexborHTMLParser(utf8 + _LAST), utf8, undecodable
    except SelectolaxError as error:  # a parser of HTML takes everything: only memory can end it
        raise Rejected("too_hostile", f"the parser gave up ({error})") from error


def metas_of_head(tree: LexborHTMLParser) -> Iterator[Attributes]:
    """The attributes of the meta elements that a walk over the page passes over with its head."""
    child = tree.head.first_child if tree.head else None
    while child is not None:
        if child.tag == "meta":
            yield child.attributes
        child = child.next
