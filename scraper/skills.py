"""Lists of skills: items and bare lines of a page to claims with a rank, for the job that the captions above them name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, repeat

from normalize.claims import Claim, Doubt, Note, Place, Side
from normalize.errors import Refusal
from normalize.folding import is_blank, plain
from normalize.grammars.skills import says_per_cent, skill_and_percent
from scraper.captions import Outline
from scraper.document import DRAWN, Block, Document, Heading, Items, Paragraph, Table
from scraper.sites import Site
from scraper.texts import Texts

_SLOT = re.compile(r"[-*+•–—−]|[0-9]{1,3}[.)]")  # the mark of an item that shows nothing
_LONGEST_SLOT, _LONGEST_LINE, _LONGEST_NAME = 4, 160, 80
Span = tuple[int, int]
Item = tuple[str, int, int, int]
"""A text, and its block, row and offset."""


@dataclass(slots=True)
class Listing:
    """A list as it stands on the page: its items with their places, and the span of text in each block that it takes.

    `lines` tells that it is one of bare lines, `loose` that all its blocks hold one item, `gap` that its last item is the mark
    of one that shows nothing, `filled` that there are others.
    """

    lines: bool = False
    loose: bool = True
    gap: bool = False
    filled: bool = False
    items: list[Item] = field(default_factory=list)
    spans: dict[int, Span] = field(default_factory=dict)

    def add_block(self, block: int, texts: tuple[str, ...]) -> None:
        """All items of a list."""
        self.loose = self.loose and len(texts) == 1
        self.gap, self.filled = False, True
        self.items += zip(texts, repeat(block), count(), repeat(0))
        self.spans[block] = (0, len(texts[-1]))

    def add_line(self, text: str, block: int, start: int) -> None:
        """A line of a paragraph that is an item."""
        self.gap, self.filled = False, True
        self._append(text, block, start, start + len(text))

    def add_mark(self, block: int, start: int, end: int) -> None:
        """The mark of an item that shows nothing."""
        self.gap = True
        self._append("", block, start, end)

    def _append(self, text: str, block: int, start: int, end: int) -> None:
        self.items.append((text, block, 0, start))
        self.spans[block] = (self.spans.get(block, (start, 0))[0], end)


Event = Heading | tuple[str, int, int] | Listing | None


@dataclass(slots=True)
class Found:
    """What the skills lists of a page give; `taken` are the spans of text in each block that are no prose."""

    claims: list[Claim] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    taken: dict[int, Span] = field(default_factory=dict)


def read(document: Document, texts: Texts, site: Site, titles: Mapping[Side, str]) -> Found:
    """The skills lists of a page; one with per cents below captions about skills that do not say whose becomes a note."""
    found = Found()
    if not site.skills:
        return found
    outline = Outline(site.skills, titles)
    starts = sorted({*texts.captions.having(outline.telling), *texts.captions.uneven()})
    if not any(_speaks_of(document.blocks[start], site.skills.cue) for start in starts):
        return found
    passed = -1
    for start in starts:
        if start > passed:
            passed = _follow(document, start, outline, titles, found)
    return found


def _follow(document: Document, start: int, outline: Outline, titles: Mapping[Side, str], found: Found) -> int:
    """Take the lists from a block on that may tell of skills, to the heading at which nothing is told any more; the answer is its
    block, or the last. Between such stretches no list belongs to anybody."""
    for number, event in _events(document, start):
        if isinstance(event, Heading):
            outline.heading(event.text, event.level)
            if outline.is_silent():
                return number
        elif isinstance(event, tuple):
            outline.line(*event)
        else:
            if event:
                _take(event, outline, document, titles, found)
            outline.passed()
    return len(document.blocks)


def _speaks_of(block: Block, cue: str) -> bool:
    """Whether a block may be a caption of skills; on most pages only long prose has the word."""
    return isinstance(block, (Heading, Paragraph)) and (not block.text.isascii() or cue in block.text.lower())


def _take(listing: Listing, outline: Outline, document: Document, titles: Mapping[Side, str], found: Found) -> None:
    owner = outline.owner(listing.lines)
    if not owner.side and not owner.doubtful:
        return
    shares = any(_is_share(text) for text, *_ in listing.items)
    if not _may_be_skills([text for text, *_ in listing.items if not is_blank(text)], shares):
        return
    if not owner.side:
        if shares:
            found.notes.append(Note("unassigned_list", f"{owner.caption.text[:80]!r}, {plain(listing.items[0][0])[:80]!r} ..."))
        return
    rank = 0
    for number, (text, *at) in enumerate(listing.items, start=1):
        if outline.is_no_item(text):
            found.notes.append(Note("ignored_item", f"{plain(text)[:80]!r} below {owner.caption.text[:80]!r}", owner.side))
            continue
        rank += 1
        place = Place(at[0], at[1], 0, at[2])
        doubt = _doubt(text, place, document) if number == len(listing.items) else ""
        term = "skill_share" if shares else "skill"
        title = titles[owner.side]
        found.claims.append(Claim(term, owner.side, text, "skills", place, owner.caption.text, title, str(rank), doubt))
    spans = [*listing.spans.items(), (owner.caption.place.block, (owner.caption.place.start, owner.caption.end))]
    for block, (start, end) in spans:
        before = found.taken.get(block, (start, end))
        found.taken[block] = (min(start, before[0]), max(end, before[1]))


def _doubt(text: str, place: Place, document: Document) -> Doubt:
    """The last item of a page that may go on: only a per cent sign ends it where the page is not known to be cut."""
    last = place.block == len(document.blocks) - 1
    closed = text.rstrip().endswith(("%", "%)"))
    return "cut_off" if last and (document.cut or (document.open_end and not closed)) else ""


def _may_be_skills(texts: list[str], shares: bool) -> bool:
    """Names, not sentences: all of them, or most where there are per cents."""
    prose = sum(len(text) > _LONGEST_NAME or (text.rstrip()[-1] in ".!?;:" and text.count(" ") > 2) for text in texts)
    return bool(texts) and (prose <= len(texts) // 2 if shares else not prose)


def _is_share(text: str) -> bool:
    """Whether an item is read with a per cent."""
    try:
        return says_per_cent(text) and skill_and_percent(text).pct is not None
    except Refusal:
        return False


def _events(document: Document, start: int) -> Iterator[tuple[int, Event]]:
    """Headings, lines of words and lists in page order from a block on, with their blocks; None for a table.

    Blocks of one item each that follow each other are one list, and so are those between which an item shows nothing.
    """
    listing = Listing()
    blocks, number = document.blocks, start
    for number in range(start, len(blocks)):
        block = blocks[number]
        if isinstance(block, Items):
            if listing.filled and (listing.lines or not (listing.gap or (listing.loose and len(block.items) == 1))):
                yield from _closed(listing, number)
                listing = Listing()
            listing.add_block(number, block.items)
        elif isinstance(block, Paragraph):
            for text, offset in _pieces(block.text):
                if _is_slot(text):
                    listing.add_mark(number, offset, offset + len(text))
                elif _like_a_share(text):
                    if not listing.lines:
                        yield from _closed(listing, number)
                        listing = Listing(lines=True)
                    listing.add_line(text, number, offset)
                else:
                    if listing.items:
                        yield from _closed(listing, number)
                        listing = Listing()
                    yield number, (text, number, offset)
        elif not (isinstance(block, Table) and block.made_of in DRAWN):
            if listing.items:
                yield from _closed(listing, number)
                listing = Listing()
            yield number, block if isinstance(block, Heading) else None
    yield from _closed(listing, number)


def _closed(listing: Listing, number: int) -> Iterator[tuple[int, Event]]:
    """A list without marks of items that nothing shows to belong to it."""
    while listing.lines and not listing.items[-1][0]:
        listing.items.pop()
    if listing.filled:
        yield number, listing


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """The lines of a paragraph with their offsets; lines of words that follow each other are one."""
    if "\n" not in text or (text.rstrip()[-1:] in ".!" and sum(map(_is_share, text.split("\n"))) < 2):
        yield text.strip(), len(text) - len(text.lstrip())
        return
    words: list[str] = []
    start = offset = 0
    for line in text.split("\n"):
        if _like_a_share(line.strip()) or _is_slot(line.strip()):
            if words:
                yield " ".join(words), start
            words = []
            yield line.strip(), offset + len(line) - len(line.lstrip())
        else:
            start = start if words else offset
            words.append(line.strip())
        offset += len(line) + 1
    if words:
        yield " ".join(words), start


def _is_slot(line: str) -> bool:
    return len(line) <= _LONGEST_SLOT and bool(_SLOT.fullmatch(line))


def _like_a_share(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and "%" in line and line[-1:] not in ".!?:;"
