"""The texts of a page outside of its tables, to be asked all at once which of them hold certain words."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Set
from itertools import accumulate

from scraper.document import Document, Items, Table

_SEAM = "|"
"""What stands between two texts: printable, and in no word that is looked for."""


class Texts:
    """The headings, paragraphs and lists of a page, by the numbers of their blocks.

    Most pages hold many texts and few that say something of the jobs: one search in all of them, joined, takes a tenth of the
    time of one search in each. What is not ASCII is looked at in any case, as small letters and signs have several forms there.
    """

    def __init__(self, document: Document) -> None:
        self._blocks = document.blocks
        self.tables: list[int] = []
        self._numbers: list[int] = []
        self._foreign: list[int] = []
        self._lists: set[int] = set()
        texts: list[str] = []
        for number, block in enumerate(document.blocks):
            if isinstance(block, Table):
                self.tables.append(number)
                continue
            if isinstance(block, Items):
                text = _SEAM.join(block.items)
                self._lists.add(number)
            else:
                text = block.text
            if text.isascii():
                texts.append(text)
                self._numbers.append(number)
            else:
                self._foreign.append(number)
        self._starts = [*accumulate((len(text) + 1 for text in texts), initial=0)]
        self._texts = texts
        self._whole = _SEAM.join(texts)
        self._low = self._whole.lower().replace("`", "'")

    def saying(self, words: Iterable[str]) -> list[int]:
        """The blocks that may hold one of some words, which are in small letters, in page order."""
        return sorted({*self._foreign, *(n for word in words for n in self._holding(word, self._low))})

    def of_lines(self, signs: Iterable[str] = ()) -> list[int]:
        """The blocks that may hold one of some signs, or more than one line."""
        return sorted({*self._foreign, *(n for sign in ("\n", *signs) for n in self._holding(sign, self._whole))})

    def captions(self, words: Iterable[str], longest: int) -> list[int]:
        """The headings and paragraphs that may hold one of some words in a line that is not longer, in page order; words that
        stand apart by more than a blank are looked at in any case."""
        held = {n for word in words for n in self._holding(word, self._low)}
        pairs = zip(self._numbers, self._texts, strict=True)
        short = [(n, text) for n, text in pairs if n not in self._lists and _is_short(text, longest)]
        uneven = (n for n, text in short if not text.isprintable() or "  " in text)
        foreign = (
            n for n in self._foreign if not isinstance(block := self._blocks[n], Items | Table) and _is_short(block.text, longest)
        )
        return sorted({*foreign, *uneven, *(n for n, _ in short if n in held)})

    def beginning(self, heads: Set[str]) -> Iterator[tuple[int, int, str]]:
        """The texts that begin with three letters of some, hold more than one line, or are not ASCII: block, row and text."""
        lines = {*self.of_lines()}
        for number, block in enumerate(self._blocks):
            if isinstance(block, Items):
                if number in lines:
                    texts = enumerate(block.items)
                    yield from ((number, n, s) for n, s in texts if s[:3] in heads or "\n" in s or not s.isascii())
                else:
                    yield from [(number, row, text) for row, text in enumerate(block.items) if text[:3] in heads]
            elif not isinstance(block, Table) and (number in lines or block.text[:3] in heads):
                yield number, 0, block.text

    def _holding(self, words: str, whole: str) -> Iterator[int]:
        """The blocks in which words are found, each once."""
        starts, numbers = self._starts, self._numbers
        at = whole.find(words)
        while at >= 0:
            place = bisect_right(starts, at)
            yield numbers[place - 1]
            at = whole.find(words, starts[place])


def _is_short(text: str, longest: int) -> bool:
    """Whether a text has a line of at most so many characters, as far as can be told without a look at each."""
    return len(text) <= longest or "\n" in text
