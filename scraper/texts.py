"""The texts of a page outside of its tables, to be asked all at once which of them hold certain words."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import accumulate

from scraper.document import Document, Items, Table

_SEAM = "|"
"""What stands between two texts: printable, and in no word that is looked for."""


class Texts:
    """The headings, paragraphs and lists of a page, by the numbers of their blocks.

    Most pages hold many texts and few that say something of the jobs: one search in all of them, joined, takes a tenth of the
    time of one search in each. What is not ASCII is looked at in any case, as small letters and signs have several forms there.
    `captions` are the headings and paragraphs that are short or have lines, `tables` the numbers of the tables.
    """

    def __init__(self, document: Document, longest_caption: int) -> None:
        self._blocks = document.blocks
        self.tables: list[int] = []
        self._all, self.captions = _Joined(), _Joined()
        for number, block in enumerate(document.blocks):
            if isinstance(block, Table):
                self.tables.append(number)
            elif isinstance(block, Items):
                self._all.add(number, _SEAM.join(block.items))
            else:
                text = block.text
                self._all.add(number, text)
                if len(text) <= longest_caption or "\n" in text:
                    self.captions.add(number, text)
        self._all.join()
        self.captions.join()
        self.of_lines = self._all.having(("\n",))
        """The blocks that may hold more than one line, in page order."""

    def saying(self, words: Iterable[str]) -> list[int]:
        """The blocks that may hold one of some words, which are in small letters, in page order."""
        return self._all.having(words)

    def beginning(self, heads: Set[str]) -> Iterator[tuple[int, int, str]]:
        """The texts that begin with three letters of some, hold more than one line, or are not ASCII: block, row and text."""
        lines = {*self.of_lines}
        for number, block in enumerate(self._blocks):
            if isinstance(block, Items):
                if number in lines:
                    texts = enumerate(block.items)
                    yield from ((number, n, s) for n, s in texts if s[:3] in heads or "\n" in s or not s.isascii())
                else:
                    yield from [(number, row, text) for row, text in enumerate(block.items) if text[:3] in heads]
            elif not isinstance(block, Table) and (number in lines or block.text[:3] in heads):
                yield number, 0, block.text


class _Joined:
    """Texts as one, in small letters, with the block of each."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._texts: list[str] = []
        self._foreign: list[int] = []
        self._starts: Sequence[int] = ()
        self._whole = ""

    def add(self, number: int, text: str) -> None:
        """Take the text of a block."""
        if text.isascii():
            self._numbers.append(number)
            self._texts.append(text)
        else:
            self._foreign.append(number)

    def join(self) -> None:
        """Hear that all are there."""
        self._starts = [*accumulate(map(len, self._texts), lambda at, size: at + size + 1, initial=0)]
        self._whole = _SEAM.join(self._texts).lower().replace("`", "'")

    def having(self, words: Iterable[str]) -> list[int]:
        """The blocks that may hold one of some words, in page order."""
        return sorted({*self._foreign, *(number for word in words for number in self._holding(word))})

    def uneven(self) -> list[int]:
        """The blocks that hold more than printable characters with single blanks between them, and those that are not ASCII."""
        if self._whole.isprintable() and "  " not in self._whole:
            return self._foreign
        pairs = zip(self._numbers, self._texts, strict=True)
        return [*self._foreign, *(number for number, text in pairs if not text.isprintable() or "  " in text)]

    def _holding(self, words: str) -> Iterator[int]:
        """The blocks in which words are found, each once."""
        whole, starts = self._whole, self._starts
        at = whole.find(words)
        while at >= 0:
            place = bisect_right(starts, at)
            yield self._numbers[place - 1]
            at = whole.find(words, starts[place])
