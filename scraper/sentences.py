"""Figures in prose: the forms of a site's sentences, tried on text in which the jobs' titles are marked."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from normalize.claims import Claim, Doubt, Note, Place, Side
from normalize.folding import fold_in_place
from scraper.sites import LEFT_MARK, RIGHT_MARK, Sentence, Site

_MARKS: dict[Side, str] = {"left": LEFT_MARK, "right": RIGHT_MARK}
_COMMA = re.compile(r",")
_AND = re.compile(r"\s+and\s+")


class Prose:
    """The sentences of a page about two jobs; `parts` collects the kinds of sentence that were found."""

    def __init__(self, site: Site, titles: Mapping[Side, str]) -> None:
        self.site = site
        self.titles = titles
        self.parts: list[str] = []
        self.notes: list[Note] = []
        by_length = sorted(titles.items(), key=lambda entry: -len(entry[1]))
        self._mentions = [
            (_MARKS[side], re.compile(rf"(?<!\w){re.escape(fold_in_place(title))}(?:'s|s|es)?(?!\w)"))
            for side, title in by_length
        ]

    def claims(self, text: str, place: Place, doubt: Doubt = "") -> Iterator[Claim]:
        """The claims of one run of text; a cue that no form takes becomes a note."""
        folded = fold_in_place(text)
        if "become" not in folded and "salary" not in folded and "skills" not in folded:
            return
        marked = folded
        for mark, mention in self._mentions:
            marked = mention.sub(lambda m, mark=mark: mark * len(m[0]), marked)  # type: ignore[misc]
        for sentence in self.site.sentences:
            taken: list[tuple[int, int]] = []
            for pattern in sentence.patterns:
                for match in pattern.finditer(marked):
                    if not any(start < match.end() and match.start() < end for start, end in taken):
                        taken.append(match.span())
                        yield from self._values(sentence, match, text, place, doubt)
            if taken and sentence.part not in self.parts:
                self.parts.append(sentence.part)
            for cue in sentence.cue_pattern.finditer(marked):
                if not any(start <= cue.start() < end or cue.start() <= start < cue.end() for start, end in taken):
                    self._unread(sentence, text[cue.start() : cue.start() + 160])

    def _values(self, sentence: Sentence, match: re.Match[str], text: str, place: Place, doubt: Doubt) -> Iterator[Claim]:
        groups = match.groupdict()
        for number in ("1", "2"):
            job = groups.get(f"job{number}")
            if not job:
                continue
            value = f"value{number}" if groups.get(f"value{number}") else "value1"
            side: Side = "left" if job[0] == LEFT_MARK else "right"
            start, end = match.span(value)
            for item, low, high in self._items(sentence, text, start, end):
                at = Place(place.block, place.row, place.column, place.start + low)
                yield Claim(sentence.term, side, text[low:high], "intro", at, sentence.name, self.titles[side], item, doubt)

    def _items(self, sentence: Sentence, text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The rank and span of each value: one, or the items of a list of at most `most`."""
        if not sentence.most:
            yield "", start, end
            return
        spans = _split(text, start, end, sentence.most)
        if len(spans) > sentence.most:
            self._unread(sentence, text[start:end])
            return
        for rank, (low, high) in enumerate(spans, start=1):
            yield str(rank), low, high

    def _unread(self, sentence: Sentence, words: str) -> None:
        self.notes.append(Note("unread_sentence", f"{sentence.name}: {' '.join(words.split())!r}"))


def _split(text: str, start: int, end: int, most: int) -> list[tuple[int, int]]:
    """The spans of `a, b and c` or `a, b, and c`; more than `most` where the words can be split in more than one way."""
    cuts = [start, *(m.end() for m in _COMMA.finditer(text, start, end)), end + 1]
    spans = [_strip(text, low, high - 1) for low, high in pairwise(cuts)]
    low, high = spans[-1]
    if text[low:high].lower().startswith("and ") and len(spans) > 1:
        spans[-1] = _strip(text, low + 4, high)
        return spans
    ands = list(_AND.finditer(text, low, high))
    if len(ands) == 1:
        spans[-1:] = [(low, ands[0].start()), (ands[0].end(), high)]
    elif ands:
        return [*spans, *spans[-1:] * most]
    return spans


def _strip(text: str, low: int, high: int) -> tuple[int, int]:
    while low < high and text[low].isspace():
        low += 1
    while low < high and text[high - 1].isspace():
        high -= 1
    return low, high
