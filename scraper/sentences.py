"""Figures in prose: the forms of a site's sentences, tried on text in which the jobs' titles are marked."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from normalize.claims import SIDES, Claim, Doubt, Note, Place, Side
from normalize.folding import fold, fold_with_offsets
from normalize.witnesses import understand
from scraper.sites import LEFT_MARK, RIGHT_MARK, Sentence, Site

_MARKS: dict[Side, str] = {"left": LEFT_MARK, "right": RIGHT_MARK}
_COMMA = re.compile(r",")
_PART = re.compile(r"[^,/]+")
_AND = re.compile(r"(?<![^\s,])and(?:\s+|$)", re.IGNORECASE)
_UNLIKE_AN_ITEM = re.compile(r"[;:?!]|^[^()]*\)|\([^()]*$|\.\s")
_ABBREVIATION = re.compile(r"(?:\b(?:sr|jr|no|vs|st|dr|mr|mrs|ms)|\.\w)\.$", re.IGNORECASE)
_LOOK_BACK = 200
_SHORTEST = 16  # "average salary of"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mention:
    """How prose names a job: `forms` are all its spellings, those tried first in front; each begins with `stem`."""

    mark: str
    stem: str
    forms: tuple[str, ...]

    def mark_in(self, text: str) -> str:
        """A text with a mark in the place of each character of a title."""
        start = text.find(self.stem)
        if start < 0:
            return text
        parts: list[str] = []
        done = 0
        while start >= 0:
            end = self._end(text, start)
            if end > start:
                parts += (text[done:start], self.mark * (end - start))
                done = end
            start = text.find(self.stem, max(end, start + 1))
        return "".join(parts) + text[done:]

    def _end(self, text: str, start: int) -> int:
        """Where a title ends that begins at an offset, -1 where none does: it is no part of a longer word."""
        if start and _is_of_a_word(text[start - 1]):
            return -1
        for form in self.forms:
            if text.startswith(form, start) and not _is_of_a_word(text[start + len(form) : start + len(form) + 1]):
                return start + len(form)
        return -1


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def mentions(titles: Mapping[Side, str]) -> list[Mention]:
    """The forms in which prose names each job, the longer title first: it may contain the other."""
    by_length = sorted(titles.items(), key=lambda entry: -len(entry[1]))
    return [_mention(_MARKS[side], fold(title)) for side, title in by_length]


def _mention(mark: str, title: str) -> Mention:
    """A title, its possessive and its plurals: of the whole, or of the part before a comma or slash (`line cooks, prep cook`)."""
    first = _PART.match(title)
    heads = [title] if not first or first[0] == title else [first[0], title]
    plurals = [plural + title[len(head) :] for head in heads for plural in _plurals(head)]
    stem = heads[0].removesuffix("man").removesuffix("y")
    return Mention(mark, stem, tuple(plural + end for plural in plurals for end in ("'s", "'", "")))


def _plurals(head: str) -> Iterator[str]:
    yield from (f"{head}es", f"{head}s", head)
    if head.endswith("y"):
        yield f"{head[:-1]}ies"
    if head.endswith("man"):
        yield f"{head[:-3]}men"


def marked(folded: str, names: Iterable[Mention]) -> str:
    """A folded text with a mark in the place of each character of a title."""
    text = folded
    for mark in _MARKS.values():
        text = text.replace(mark, " ")
    for mention in names:
        text = mention.mark_in(text)
    return text


class Prose:
    """The sentences of a page about two jobs; `parts` collects the kinds of sentence that were found, `words` are those of which
    each run that speaks has one."""

    def __init__(self, site: Site, titles: Mapping[Side, str]) -> None:
        self.site = site
        self.titles = titles
        self.parts: list[str] = []
        self.notes: list[Note] = []
        self.words = site.sentence_words
        self._heard: set[tuple[str, Side]] = set()
        self._passed_over: dict[str, str] = {}
        self._mentions = mentions(titles)

    def claims(self, text: str, place: Place, cut: bool = False) -> Iterator[Claim]:
        """The claims of one run of text; a cue that no form takes becomes a note. `cut` tells that the run may go on behind
        its last character: a value that ends there is in doubt."""
        folded, offsets = fold_with_offsets(text)
        if not self._has_words(folded):
            return
        text_marked = marked(folded, self._mentions)
        for sentence in self.site.sentences:
            if sentence.words not in text_marked:
                continue
            taken: list[Span] = []
            for pattern in sentence.patterns:
                for match in pattern.finditer(text_marked):
                    if not _overlaps(taken, match.span()) and _begins_a_sentence(text, offsets[match.start()]):
                        taken.append(match.span())
                        closed = bool(text_marked[match.end() :].strip(" ,;:")) or text_marked.rstrip()[-1] in ".!?"
                        order = self._order(sentence, match, text[offsets[match.start()] :])
                        doubt: Doubt = "cut_off" if cut and not closed else order
                        yield from self._values(sentence, match, text, folded, offsets, place, doubt)
            if taken and sentence.part not in self.parts:
                self.parts.append(sentence.part)
            for cue in sentence.cue_pattern.finditer(text_marked):
                if not _overlaps(taken, cue.span()):
                    self._unread(sentence, text[offsets[cue.start()] :])
            for hint in sentence.hint_pattern.finditer(text_marked):
                if not _overlaps(taken, hint.span()):
                    self._passed_over.setdefault(sentence.name, text[offsets[hint.start()] :])

    def _order(self, sentence: Sentence, match: re.Match[str], words: str) -> Doubt:
        """The doubt about a sentence that calls its first value higher or lower than its second, where it is not."""
        said = match.groupdict()
        if not (said.get("higher") or said.get("lower")):
            return ""
        first, second = (understand(sentence.term, said[value] or "")[0] for value in ("value1", "value2"))
        if not first or not second or not first.rows or not second.rows:
            return ""
        one, other = first.rows[0].value, second.rows[0].value
        if isinstance(one, str) or isinstance(other, str) or (one > other if said.get("higher") else one < other):
            return ""
        self.notes.append(Note("order_differs", f"{sentence.name}: {' '.join(words[:160].split())!r}"))
        return "order_differs"

    def may_speak(self, text: str) -> bool:
        """Whether a run of text can hold a sentence that is read; quick, and never wrong about a no."""
        if len(text) < _SHORTEST:
            return False
        return not text.isascii() or self._has_words(text.lower())

    def _has_words(self, folded: str) -> bool:
        return any(map(folded.__contains__, self.words))

    def leftovers(self) -> Iterator[Note]:
        """Once the whole page was seen: kinds of sentence that stand on it, but gave nothing for one of the jobs."""
        read_already = {note.detail.partition(":")[0] for note in self.notes}
        for name, words in self._passed_over.items():
            if name not in read_already and any((name, side) not in self._heard for side in SIDES):
                yield _unread(name, words)

    def _values(
        self,
        sentence: Sentence,
        match: re.Match[str],
        text: str,
        folded: str,
        offsets: Sequence[int],
        place: Place,
        doubt: Doubt,
    ) -> Iterator[Claim]:
        groups = match.groupdict()
        for number in ("1", "2"):
            job = groups.get(f"job{number}")
            if not job:
                continue
            start, end = match.span(f"value{number}" if groups.get(f"value{number}") else "value1")
            side: Side = "left" if job[0] == LEFT_MARK else "right"
            self._heard.add((sentence.name, side))
            for item, first, last in self._items(sentence, folded, start, end):
                low, high = offsets[first], offsets[last - 1] + 1 if last > first else offsets[last]
                at = Place(place.block, place.row, place.column, place.start + low)
                yield Claim(sentence.term, side, text[low:high], "intro", at, sentence.name, self.titles[side], item, doubt)

    def _items(self, sentence: Sentence, text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The rank and span of each value in folded text: one, or the items of a list of exactly `most`."""
        if not sentence.most:
            yield "", start, end
            return
        spans = _split(text, start, end)
        if len(spans) != sentence.most or any(_UNLIKE_AN_ITEM.search(text[low:high]) for low, high in spans):
            self._unread(sentence, text[start:end])
            return
        for rank, (low, high) in enumerate(spans, start=1):
            yield str(rank), low, high

    def _unread(self, sentence: Sentence, words: str) -> None:
        self.notes.append(_unread(sentence.name, words))


def _unread(name: str, words: str) -> Note:
    return Note("unread_sentence", f"{name}: {' '.join(words[:160].split())!r}")


def _begins_a_sentence(text: str, start: int) -> bool:
    """Whether an offset is the start of the run or of a line, or a capital behind the end of a sentence."""
    offset = start
    while offset and text[offset - 1].isspace():
        offset -= 1
        if text[offset] == "\n":
            return True
    if offset == 0:
        return True
    return text[offset - 1] in ".!?" and text[start].isupper() and not _ABBREVIATION.search(text, max(0, offset - 12), offset)


def _overlaps(taken: list[Span], span: Span) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken[-_LOOK_BACK:])


def _split(text: str, start: int, end: int) -> list[Span]:
    """The spans of `a, b and c` or `a, b, and c`; none where the words can be split in more than one way, or where a list
    of several does not end in an `and`."""
    cuts = [start, *(m.end() for m in _COMMA.finditer(text, start, end)), end + 1]
    spans = [_strip(text, low, high - 1) for low, high in pairwise(cuts)]
    low, high = spans[-1]
    ands = [m for m in _AND.finditer(text, low, high) if m.start() > low or len(spans) > 1]
    if ands and ands[0].start() == low:
        return [*spans[:-1], _strip(text, ands[0].end(), high)]
    if len(ands) == 1:
        return [*spans[:-1], _strip(text, low, ands[0].start()), _strip(text, ands[0].end(), high)]
    return spans if len(spans) == 1 and not ands else []


def _strip(text: str, low: int, high: int) -> Span:
    while low < high and text[low].isspace():
        low += 1
    while low < high and text[high - 1].isspace():
        high -= 1
    return low, high
