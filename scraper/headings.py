"""What the headings and short lines before a table say of it: whose it is, which label or section it is about."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from normalize.claims import Side
from normalize.folding import fold, is_blank, shown
from normalize.places import cities
from scraper.document import DRAWN, Document, Heading, Paragraph, Table
from scraper.sites import Site
from scraper.titles import Pair

_NEAR, _FAR, _MOST = 20, 120, 1_000
_LONGEST, _LONGEST_LINE = 200, 60
_CAPTION, _FEW = 6, 5
_LARGE = 50_000
"""The people of a city whose name alone is taken for one."""
_EDGES = " ,;:.!?()[]\"'“”‘’|·•–—"
_SPOKEN = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
_PLACE = re.compile(r"\b(?:in|near|around|across) (?:the )?([A-Z][\w.]+)")
_CAPITAL = re.compile(r"\s*[A-Z]")
_PARTS = re.compile(r"[(),|:/]| [-–—] ")
_NATION = frozenset(("u.s", "us", "usa", "u.s.a", "united", "america"))

Kind = Literal["title", "titles", "label", "section", "neutral", "narrow", "unknown"]


@dataclass(frozen=True, slots=True)
class Words:
    """What one heading says. `title` and `side` belong to the kind `title`; `section` may come with every kind."""

    kind: Kind
    text: str
    side: Side | None = None
    title: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a table before its first row: the job that it is about, the row label, the section; the words that say
    that it is about a part of the people alone; `hint` is the nearest heading or paragraph, as it stands."""

    hint: str = ""
    side: Side | None = None
    title: str = ""
    label: str = ""
    section: str = ""
    narrowed: str = ""


@dataclass(slots=True)
class Reader:
    """The words of headings, in the terms of a site and of two jobs."""

    pair: Pair
    site: Site
    _known: dict[str, Words] = field(default_factory=dict)
    _narrowing: dict[str, bool] = field(default_factory=dict)

    def words(self, text: str) -> Words:
        """What a heading says."""
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def is_caption(self, text: str) -> bool:
        """Whether a text is short, no sentence, and no label with its value."""
        return is_line(text) and not (":" in text[:-1] and self.site.label_start.match(shown(text).lower()))

    def narrows(self, text: str) -> bool:
        """Whether a text says that figures are of a part of the people alone: of a state, of beginners."""
        if text not in self._narrowing:
            self._narrowing[text] = len(text) <= _LONGEST and self._narrows(text)
        return self._narrowing[text]

    def _narrows(self, text: str) -> bool:
        if not self.site.remembering(_is_of_a_part)(" ".join(self.pair.mentioned(text).rest)):
            return False
        named = _PLACE.search(text) or _CAPITAL.match(text) or _PARTS.search(text)
        return bool(named or self.site.layout.narrowing_pattern.search(fold(text)))

    def limits(self, dimension: str, text: str) -> bool:
        """Whether a text below or beside a dimension, such as `Year` or `State`, says that figures are of a part of the people
        alone; below other words only if it `narrows`."""
        if fold(dimension) in self.site.layout.dimension_set:
            return "%" not in text and fold(text) not in self.site.layout.whole_set
        return fold(dimension) not in self.site.layout.ignored_column_set and self.narrows(text)

    def _read(self, text: str) -> Words:
        if len(text) > _LONGEST:
            return Words("unknown", text[:_LONGEST])
        if self.site.where(text):
            return Words("label", text)
        if self.narrows(text):
            return Words("narrow", text)
        mentioned = self.pair.mentioned(text)
        section, rest = self.site.remembering(_section)(fold(" ".join(mentioned.rest)))
        sides = list(mentioned.titles)
        if rest or not mentioned.bound:
            return Words("unknown", text)
        if len(sides) == 1:
            return Words("title", text, sides[0], mentioned.titles[sides[0]], section)
        return Words("titles" if sides else "section" if section else "neutral", text, section=section)


def _is_of_a_part(site: Site, rest: str) -> bool:
    """Whether the words of a heading beside the titles say that figures are of a part of the people alone."""
    found = site.layout.narrowing_pattern.search(fold(rest))
    return bool(found) or _names_a_place(site, rest) or _is_city(site, rest) or _limits_a_part(site, rest)


def _is_city(site: Site, text: str) -> bool:
    """Whether a text is the name of a city and nothing else, if nothing else is known of it."""
    name = text.partition(",")[0].strip(_EDGES)
    folded = fold(name)
    if not _CAPITAL.match(name) or folded.count(" ") > 2 or site.where(text) or not _section(site, folded)[1]:
        return False
    return any(city.name == name and city.population > _LARGE for city in cities(name))


def _limits_a_part(site: Site, text: str) -> bool:
    """Whether a part of a text, in brackets or behind a comma, is the name of a group or a city: `Salary (women)`."""
    parts = [part.strip(_EDGES) for part in _PARTS.split(text)]
    pattern = site.layout.narrowing_pattern
    return len(parts) > 1 and any(part and (pattern.match(fold(part)) or _is_city(site, part)) for part in parts)


def _names_a_place(site: Site, text: str) -> bool:
    """Whether `in` stands before a name, in a text of which not every word is written as one."""
    for match in _PLACE.finditer(text):
        word = fold(match[1])
        if word not in _NATION and word not in site.layout.neutral_set and not site.section_of(word):
            return True
    return False


def _section(site: Site, folded: str) -> tuple[str, list[str]]:
    """The section that words name, and those of them that nothing knows."""
    whole = site.section_of(folded)
    if whole:
        return whole, []
    words = [word for word in (part.strip(_EDGES) for part in folded.split()) if _SPOKEN.search(word)]
    sections = dict.fromkeys(filter(None, map(site.section_of, words)))
    rest = [word for word in words if word not in site.layout.neutral_set and not site.section_of(word)]
    return (next(iter(sections)) if len(sections) == 1 else ""), rest


class Outline:
    """The headings of a document, and what they say of each of its tables."""

    def __init__(self, document: Document, reader: Reader) -> None:
        self._blocks = document.blocks
        self._reader = reader
        self._at = [number for number, block in enumerate(document.blocks) if isinstance(block, Heading)]

    def hint(self, number: int) -> str:
        """The nearest heading or paragraph before a block."""
        for block in (self._blocks[n] for n in range(number - 1, max(-1, number - _NEAR), -1)):
            if isinstance(block, Heading | Paragraph):
                return block.text[-_LONGEST:]
        return ""

    def narrowed(self, number: int, prose: bool = False) -> str:
        """The words of the headings over a block, or of the line right before it, that say that it is about a part of the
        people alone; before `prose` a line is prose, too."""
        before = self._text(self._before(number))
        line = before.rstrip(".!") if before.count(" ") < _FEW else before
        lines = [line] if line and not prose and self._reader.is_caption(line) else []
        texts = [*lines, *self._over(number, siblings=False), *self._hollow(number)]
        return next((text for text in texts if self._reader.narrows(text)), "")

    def _hollow(self, number: int) -> Iterator[str]:
        """The headings before a block that have nothing below them but another heading: they are over all that follows on their
        level or below it."""
        level = 7
        last = bisect_left(self._at, number)
        for at in reversed(self._at[max(0, last - _MOST) : last]):
            block = self._blocks[at]
            assert isinstance(block, Heading)
            if block.level <= level and at + 1 < len(self._blocks) and isinstance(self._blocks[at + 1], Heading):
                yield block.text
            level = min(level, block.level)

    def setting(self, number: int) -> Setting:
        """All that headings and short lines say of a block; words that are not understood end what is known."""
        side: Side | None = None
        title = label = section = ""
        for words in self._chain(number):
            if words.kind == "title" and not side:
                side, title = words.side, words.title
            elif words.kind == "label" and not label and not side:
                label = shown(words.text)
            elif words.kind in ("unknown", "narrow", "label") and not side:
                break
            section = section or words.section
        return Setting(self.hint(number), side, title, label, section, self.narrowed(number))

    def _chain(self, number: int) -> Iterator[Words]:
        """The lines before a block and the headings over it, the nearest first."""
        yield from self._lines(number)
        yield from map(self._reader.words, self._over(number))

    def _before(self, number: int) -> int:
        """The block before another, tables of boxes aside."""
        number -= 1
        while number >= 0 and isinstance(block := self._blocks[number], Table) and block.made_of in DRAWN:
            number -= 1
        return number

    def _text(self, number: int) -> str:
        block = self._blocks[number] if number >= 0 else None
        return block.text if isinstance(block, Paragraph) else ""

    def _heads(self, number: int) -> bool:
        """Whether a line may be a heading: it is no value behind a label, no label with its value, no advert."""
        text, site = self._text(number), self._reader.site
        if not text or not is_line(text) or ":" in text[:-1] or not _LETTER.search(text):
            return False
        above = self._text(self._before(number))
        if site.label_start.match(shown(text).lower()) or (above and site.where(above)) or self._is_below_label(number):
            return False
        return not site.layout.advert_pattern.search(fold(text)) and fold(text) not in site.layout.link_set

    def _is_below_label(self, number: int) -> bool:
        """Whether the nearest heading over a line is a row label: the line is its value."""
        last = bisect_left(self._at, number)
        heading = self._blocks[self._at[last - 1]] if last else None
        return isinstance(heading, Heading) and bool(self._reader.site.where(heading.text))

    def _over(self, number: int, siblings: bool = True) -> Iterator[str]:
        """The headings over a block: the nearest, and before it those of a higher level. A line right before a heading is one
        itself, half a level above it and, with `siblings`, those that follow; a heading of the lowest level, as a caption, is
        over what follows until a table ends."""
        level = 7.0
        last = bisect_left(self._at, number)
        for at in reversed(self._at[max(0, last - _MOST) : last]):
            block = self._blocks[at]
            if not isinstance(block, Heading) or (block.level >= _CAPTION and self._has_table(at, number)):
                continue
            if block.level < level:
                level = float(block.level)
                yield block.text
            elif not siblings:
                continue
            if block.level - 0.5 < level and self._heads(before := self._before(at)):
                level = block.level - 0.5
                yield self._text(before)
        if last > _MOST:
            yield ""

    def _has_table(self, start: int, end: int) -> bool:
        return end - start > _FAR or any(isinstance(block, Table) for block in self._blocks[start:end])

    def _lines(self, number: int) -> Iterator[Words]:
        """What short lines between the last heading and a block say; a figure among them is what nobody understands, and so is
        what stands too far above."""
        for at in range(number - 1, max(-1, number - _FAR), -1):
            block = self._blocks[at]
            if isinstance(block, Heading):
                return
            if isinstance(block, Paragraph) and is_line(block.text) and ":" not in block.text[:-1]:
                yield self._reader.words(block.text) if _LETTER.search(block.text) else Words("unknown", block.text)
        if number >= _FAR:
            yield Words("unknown", "")


def is_line(text: str) -> bool:
    """Whether a text is short and no sentence."""
    return len(text) <= _LONGEST_LINE and not is_blank(text) and text.rstrip()[-1] not in ".!?"
