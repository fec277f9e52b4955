"""Pages that come with status 200 instead of the page that was asked for: checks of the browser, consent, login, error pages.

Only a page that gives no comparison is looked at. Its words are weighed by where they stand (title, heading, text), against
what else it says: a page with an article, a list of figures or another subject is no wall, whatever it mentions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from typing import Any

from normalize.folding import fold, shown
from scraper.document import Block, Document, Heading, Items, Paragraph, Table

CODES = ("challenge", "consent_wall", "login_wall", "soft_404", "maintenance")
"""What a wall can be; of two that weigh the same, the first."""

_ENOUGH = 4
# what speaks for a wall: the title or a heading is one of its kind, the text says so, the markup has a mark
_IN_PLACE, _SAID, _MARKED = 2, 2, 3
_MOST_SAID, _HINTS, _HINTS_ON_A_SHORT_PAGE = 3, 2, 3
# what speaks against it: a heading, title or text about something else; so many words of it for a point, and too many
_OTHER_HEADING, _SAME_AS_TITLE, _OTHER_TITLE, _OTHER_TOPIC, _OTHER_PROSE = 3, 5, 2, 3, 3
_WORDS_A_POINT, _UNNAMED_WORDS_A_POINT, _FOREIGN_WORDS = 40, 8, 400
_MOST_FIGURES, _MOST_FIGURES_IN_CELLS = 5, 2
# sizes, in words: what a page without content says at most, and a name or a button
_FEW, _SOME, _NO_SENTENCE = 15, 80, 4
# sizes, in characters, bytes or pieces: what is looked at
_PROSE, _PROSE_LINE, _MARKUP = 8000, 40, 128 * 1024
_LINES, _HEADINGS, _LENGTH, _NAME, _EVIDENCE = 150, 40, 1500, 200, 100
_PARTS = ("captcha", "challenge", "cookie", "consen", "found", "error", "awswaf", "_incapsula", "cf_chl", "password", "maint",
          "stil", "bunny-shield", "page", "/.well-known/", ".com", "verify", "trust")  # fmt: skip
_ENDS = " .!?…:-\"'"
_SIDES = re.compile(r" ?[|·•»›] ?| - |: ")
_GLUED = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_ENDED = re.compile(r"(?<=[.!?…])\s+|\n|(?<=[。！？])")
_SENTENCE = re.compile(r"[.!?…。！？](?:\s|[\"')]|$)")
_FIGURE = re.compile(r"[$€£]\s?[0-9]|[0-9]\s?%|[0-9],[0-9]{3}\b")


@dataclass(frozen=True, slots=True)
class Wall:
    """What stands in the page's place: a finding code, and the words or the mark that show it."""

    code: str
    evidence: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """The forms of one code, as `walls.toml` has them."""

    code: str
    heads: re.Pattern[str]
    says: tuple[re.Pattern[str], ...]
    hints: tuple[re.Pattern[str], ...]
    acts: re.Pattern[str] | None
    marks: frozenset[str]
    widgets: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Forms:
    kinds: tuple[_Kind, ...]
    topics: re.Pattern[str]
    bland: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is shown, folded, and the number of its words if it is prose, 0 for a name, a button or a link."""

    text: str
    folded: str
    words: int


@dataclass(slots=True)
class _Page:
    """What a person sees of a page that says little."""

    title: _Line
    main: _Line | None = None
    headings: list[_Line] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    figures: int = 0
    figures_in_cells: int = 0


def has_little_text(blocks: Iterable[Block]) -> bool:
    """Whether the prose and cells of a page are so short that it may be a wall: what stands in its markup is of interest."""
    left = _PROSE
    for block in blocks:
        if isinstance(block, Paragraph):
            left -= len(block.text) if len(block.text) > _PROSE_LINE else 0
        elif isinstance(block, Table):
            left -= sum([len(cell) for row in block.rows for cell in row])
        if left < 0:
            return False
    return True


def marks(utf8: bytes) -> tuple[str, ...]:
    """The marks of known gatekeepers and their widgets in the first 128 KiB of a page's markup."""
    markup = utf8[:_MARKUP].lower()
    found = [mark for part, marks in _marks() if part in markup for mark in marks if mark in markup]
    return tuple([mark.decode() for mark in sorted(found)])


def recognise(document: Document) -> Wall | None:
    """The wall that a page without a comparison is, None where it is just another page."""
    if not has_little_text(document.blocks):
        return None
    page = _look(document)
    if page.figures_in_cells > _MOST_FIGURES_IN_CELLS or page.figures > _MOST_FIGURES:
        return None
    weighed = [_weigh(kind, page, document.marks) for kind in _forms().kinds]
    (enough, *_), wall = max(weighed, key=lambda found: found[0])
    return wall if enough else None


def _weigh(kind: _Kind, page: _Page, marked: Sequence[str]) -> tuple[tuple[bool, bool, int, int], Wall]:
    """The weight of the evidence for a kind and the wall that it would be. What weighs most: that it is enough, that a mark is
    there, then all evidence together, then its words alone."""
    lines = [page.title, *page.headings, *page.lines]
    titled = _names(kind, page.title)
    headed = [line.text for line in page.headings or page.lines[:3] if _names(kind, line, sides=bool(page.headings))]
    said = [line.text for form in kind.says if (line := next((line for line in lines if form.search(line.folded)), None))]
    strong = [f"in its markup: {mark}" for mark in marked if mark in kind.marks]
    evidence = [*[page.title.text] * titled, *headed, *said, *strong]
    if not evidence or (kind.acts and not any(kind.acts.search(line.folded) for line in lines)):
        return (False, False, 0, 0), Wall(kind.code, "")
    most = _HINTS_ON_A_SHORT_PAGE if sum(line.words for line in page.lines) <= _SOME else _HINTS
    hinted = min(most, sum(any(form.search(line.folded) for line in lines) for form in kind.hints))
    words = _IN_PLACE * (titled + bool(headed)) + _SAID * min(_MOST_SAID, len(said)) + hinted + bool(kind.acts)
    markup = _MARKED * bool(strong) + any(mark in kind.widgets for mark in marked)
    other = 0 if titled else _other_heading(kind, page, len(said))
    weight = words + markup - other - _other_text(kind, page, titled or bool(headed or strong), not other)
    return (weight >= _ENOUGH, bool(strong), weight, words + len(said)), Wall(kind.code, evidence[0][:_EVIDENCE])


def _names(kind: _Kind, line: _Line, sides: bool = True) -> bool:
    """Whether a title, heading or line as a whole, or one side of it, is one of those of the kind."""
    forms = _forms()
    whole = forms.bland.sub("", line.folded[:_NAME])
    parts = [whole, *_SIDES.split(whole)] if sides and not forms.topics.search(whole) else [whole]
    return any(kind.heads.fullmatch(part.strip(_ENDS)) for part in parts)


def _other_text(kind: _Kind, page: _Page, named: bool, alone: bool) -> int:
    """What the text says against: prose that is not of this kind. A page that says hardly anything speaks for it where there is
    no heading about something else. `named` tells that the title, a heading or a mark is of the kind."""
    own = sum(line.words for line in page.lines if line.words and _speaks(kind, line))
    foreign = sum(line.words for line in page.lines) - own
    if foreign > _FOREIGN_WORDS:
        return foreign
    against = foreign // (_WORDS_A_POINT if named else _UNNAMED_WORDS_A_POINT)
    if not named:
        against += _OTHER_PROSE * (2 * foreign > own) + _OTHER_TOPIC * bool(_forms().topics.search(page.title.folded))
        against += _OTHER_TITLE * bool(foreign and page.main is None and page.title.text.count(" "))
    return against - alone * ((own + foreign <= _FEW) + (own + foreign <= _SOME))


def _other_heading(kind: _Kind, page: _Page, said: int) -> int:
    """How much the main heading says that the page is about something else, above all when its title says the same."""
    main = page.main
    if main is None or _names(kind, main) or (said > 1 and _says(kind, main) and not _forms().topics.search(main.folded)):
        return 0
    words = _forms().bland.sub("", main.folded).strip(_ENDS)
    return (_SAME_AS_TITLE if words in page.title.folded else _OTHER_HEADING) if words else 0


def _speaks(kind: _Kind, line: _Line) -> bool:
    return _says(kind, line) or any(form.search(line.folded) for form in kind.hints)


def _says(kind: _Kind, line: _Line) -> bool:
    return any(form.search(line.folded) for form in kind.says)


def _look(document: Document) -> _Page:
    headings = [block for block in document.blocks if isinstance(block, Heading)]
    main = min(headings, key=lambda heading: heading.level, default=None)
    page = _Page(_line(document.title), _line(main.text) if main else None)
    for block in document.blocks:
        if isinstance(block, Heading):
            page.headings.append(_line(block.text))
        elif isinstance(block, Paragraph):
            _add(page, _ENDED.split(block.text))
        elif isinstance(block, Items):
            parts = chain.from_iterable(map(_ENDED.split, block.items[:_LINES]))
            _add(page, [part for part in parts if _line(part).words])
        else:
            before = page.figures
            _add(page, chain.from_iterable(block.rows))
            page.figures_in_cells += page.figures - before
        if len(page.lines) > _LINES or len(page.headings) > _HEADINGS:
            break
    return page


def _add(page: _Page, texts: Iterable[str]) -> None:
    """Add the lines that hold something, of at most so many texts."""
    for line in map(_line, islice(texts, _LINES)):
        if line.text:
            page.lines.append(line)
            page.figures += len(_FIGURE.findall(line.text))


def _line(text: str) -> _Line:
    """One line of bounded length, the words of neighbouring buttons apart."""
    text = shown(_GLUED.sub(" ", text[:_LENGTH]))
    words = len(text.split())
    return _Line(text, fold(text), words if words > _NO_SENTENCE and _SENTENCE.search(text) else 0)


@cache
def _data() -> dict[str, dict[str, Any]]:
    import tomllib
    from importlib import resources

    return tomllib.loads(resources.files("scraper").joinpath("walls.toml").read_text(encoding="utf-8"))


@cache
def _marks() -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """The marks by a part that those of a group have in common: where it does not stand, none of them does."""
    groups: dict[str, list[bytes]] = {}
    for mark in sorted({mark for code in CODES for key in ("marks", "widgets") for mark in _data()[code][key]}):
        groups.setdefault(next((part for part in _PARTS if part in mark), mark), []).append(mark.encode())
    return tuple([(part.encode(), tuple(marks)) for part, marks in groups.items()])


@cache
def _forms() -> _Forms:
    data = _data()
    topics, bland = (re.compile(data["other"][name]) for name in ("topics", "bland"))
    return _Forms(tuple(_kind(code, data[code]) for code in CODES), topics, bland)


def _kind(code: str, data: dict[str, list[str]]) -> _Kind:
    return _Kind(
        code,
        _any(data["heads"]),
        tuple(map(re.compile, data["says"])),
        tuple(map(re.compile, data["hints"])),
        _any(data["acts"]) if "acts" in data else None,
        frozenset(data["marks"]),
        frozenset(data["widgets"]),
    )


def _any(forms: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms))
