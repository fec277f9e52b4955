"""What holds for every page of ours, whatever it shows: nesting, names, headings, tables, and where it may lead."""

from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset")
Attributes = dict[str, str | None]


@dataclass
class Element:
    name: str
    attributes: Attributes
    within: tuple[str, ...]
    pieces: list[str]
    begins: int
    ends: int = 0

    @property
    def text(self) -> str:
        return "".join(self.pieces[self.begins : self.ends])


@dataclass
class _Parser(HTMLParser):
    """Elements in their order; raises AssertionError where an end tag does not match."""

    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {self.get_starttag_text()}"
        element = self._begun(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begun(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open[-1].name == tag, f"</{tag}> ends <{self.open[-1].name}>, at {self.getpos()}"
        self.open.pop().ends = len(self.pieces)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def _begun(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        within = tuple(one.name for one in self.open)
        element = Element(tag, dict(attrs), within, self.pieces, len(self.pieces))
        self.elements.append(element)
        return element


@lru_cache(32)
def elements(page: str) -> list[Element]:
    """All elements of a page that is nested well."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    assert not parser.open, [one.name for one in parser.open]
    return parser.elements


def named(page: str, name: str, **attributes: str) -> list[Element]:
    return [e for e in elements(page) if e.name == name and attributes.items() <= e.attributes.items()]


def addresses(page: str) -> list[str]:
    return [value for e in elements(page) for name in ADDRESSES if (value := e.attributes.get(name)) is not None]


def check(page: str) -> list[Element]:
    """Assert all that every page of ours promises."""
    found = elements(page)
    assert page.startswith("<!doctype html>\n")
    _runs_nothing(found)
    _leads_where_it_may(found)
    _is_readable(found)
    return found


def _runs_nothing(found: list[Element]) -> None:
    for e in found:
        assert not [name for name in e.attributes if name.startswith("on") or name in ("style", "srcdoc")], e
        assert e.name not in ("style", "iframe", "object", "embed", "base", "img"), e
        if e.name == "script":
            assert e.attributes.get("src"), e
            assert not e.text.strip(), e


def _leads_where_it_may(found: list[Element]) -> None:
    for e in found:
        for name in ADDRESSES:
            address = e.attributes.get(name)
            if address is None or (e.name, address) == ("link", "data:,"):
                continue
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or address.startswith("//"):
                assert parts.scheme in ("http", "https"), address
                assert e.name == "a", address
                assert e.attributes["rel"] == "nofollow noopener noreferrer", address
            else:
                assert ":" not in address.partition("?")[0].partition("/")[0], address


def _is_readable(found: list[Element]) -> None:
    names = [e.name for e in found if "svg" not in e.within]
    for one in ("title", "h1", "main", "header"):
        assert one in names, one
    assert names.count("h1") == names.count("main") == names.count("title") == 1
    ids = [e.attributes["id"] for e in found if "id" in e.attributes]
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})
    for e in found:
        for reference in ("aria-labelledby", "aria-describedby", "for"):
            assert set((e.attributes.get(reference) or "").split()) <= set(ids), e
        if e.name == "th":
            assert e.attributes.get("scope"), e
        if e.name in ("h1", "h2", "h3", "title", "button", "summary", "caption"):
            assert e.text.strip(), e
        if e.name == "a" and "href" in e.attributes:
            assert e.text.strip() or e.attributes.get("aria-label"), e
    assert names.count("table") == names.count("caption")
    labelled = {e.attributes.get("for") for e in found if e.name == "label"}
    for e in found:
        if e.name == "input" and e.attributes.get("type") != "hidden":
            assert e.attributes.get("id") in labelled, e
