"""The titles of the two jobs of a page: in cells, and in the words of headings."""

from string import ascii_letters, digits
from typing import NamedTuple

from normalize.claims import SIDES, Side
from normalize.folding import fold, letters, name_keys, plain, shown, without_icons, without_mark
from scraper.sites import Site

_LONGEST = 200
_MOST_WORDS, _MORE_WORDS = 24, 3  # a title may have words that its slug has not: `&`, `and`
_EDGES = " ,;.!?()[]\"'“”‘’|·•"
_PLAIN = frozenset(ascii_letters + digits)
_SIGN = frozenset("&+#[")
_BINDING = frozenset(("a", "an", "the", "of", "for", "as", "about", "being", "vs", "vs.", "versus", "and", "or", "-"))


class Mentioned(NamedTuple):
    """What a heading says of the jobs: their titles as it writes them, and its other words; `bound` tells that no word stands
    before a title that could be a part of a longer one (`Branch Manager`)."""

    titles: dict[Side, str]
    rest: tuple[str, ...]
    bound: bool


class Pair:
    """The two jobs of a URL, and the keys by which their titles are recognised."""

    def __init__(self, left: str, right: str, site: Site) -> None:
        slugs: dict[Side, str] = {"left": left.replace("-", " "), "right": right.replace("-", " ")}
        self._keys = {side: name_keys(slug) for side, slug in slugs.items()}
        self._all_keys = self._keys["left"] | self._keys["right"]
        self._heads = frozenset(head for key in (*self._all_keys, "and") for head in (key[0], key[0].upper()))
        self._exact = {side: letters(slug) for side, slug in slugs.items()}
        self._most_words = max(slug.count(" ") for slug in slugs.values()) + _MORE_WORDS
        self._asked: dict[str, Side | None] = {}
        self._heard: dict[str, Mentioned] = {}
        self._site = site

    def side(self, text: str) -> Side | None:
        """The job whose title a text is, if it is one: of two that it could be, the one whose slug it spells. Beside a title
        a cell may hold lines that the site names as links."""
        if not text or len(text) > _LONGEST or (self._begins_otherwise(text) and "\n" not in text):
            return None
        try:
            return self._asked[text]
        except KeyError:
            side = self._asked[text] = self._find(text) or ("\n" in text and self._of_lines(text.split("\n"))) or None
            return side

    def _begins_otherwise(self, text: str) -> bool:
        """Whether a text cannot begin with a title, by its first letter or figure alone; quick, for most texts are values."""
        first = text[0] if text[0] != "$" else text[1:2]
        return first not in self._heads and first in _PLAIN

    def title(self, text: str) -> str:
        """The title in a text that is one, as a reader of the page sees it."""
        if "\n" in text and not self._find(text):
            text = next((line for line in text.split("\n") if self._find(line)), text)
        return shown(without_icons(without_mark(text)))

    def mentioned(self, text: str) -> Mentioned:
        """The titles in the words of a heading, the longest first."""
        if text not in self._heard:
            self._heard[text] = self._mentioned(shown(text))
        return self._heard[text]

    def _find(self, text: str) -> Side | None:
        keys = name_keys(without_mark(text))
        if keys.isdisjoint(self._all_keys) or not letters(text) or _ends_in_a_dash(text):
            return None
        found = [side for side in SIDES if keys & self._keys[side]]
        if len(found) == 2:
            found = [side for side in SIDES if self._exact[side] == max(keys, key=len)]
        return found[0] if len(found) == 1 else None

    def _of_lines(self, lines: list[str]) -> Side | None:
        sides = [self._find(line) for line in lines]
        rest = [line for line, side in zip(lines, sides, strict=True) if not side]
        named = {side for side in sides if side}
        return named.pop() if len(named) == 1 and all(map(self._is_link, rest)) else None

    def _is_link(self, line: str) -> bool:
        """Whether a line is a link to more about a job: words of the site's list, with or without a title among them."""
        words = fold(" ".join(self.mentioned(line).rest)).rstrip(" >»→›")
        return words in self._site.layout.link_set

    def _mentioned(self, text: str) -> Mentioned:
        words = text.split()
        if len(words) > _MOST_WORDS or not any(map(letters(text).__contains__, self._all_keys)):
            return Mentioned({}, tuple(words), bound=True)
        spelled = [*map(letters, words)] if text.isascii() and _SIGN.isdisjoint(text) else []
        titles: dict[Side, str] = {}
        rest: list[str] = []
        bound, at = True, 0
        while at < len(words):
            length, side, title = self._longest(words, spelled, at)
            if side:
                before = words[at - 1].lower() if at else ""
                bound = bound and (not at or before in _BINDING or before[-1] in ":;,.?!|–—-")
                titles.setdefault(side, title)
            else:
                rest.append(words[at])
            at += length
        return Mentioned(titles, tuple(rest), bound)

    def _longest(self, words: list[str], spelled: list[str], at: int) -> tuple[int, Side | None, str]:
        """The length of the longest title that begins at one of some words, in words, whose it is, and the title; `spelled` are
        the letters of the words, none where a title may be spelled in several ways."""
        first = spelled[at] if spelled else letters(words[at])
        if not any(key.startswith(first) or first.startswith(key) for key in self._all_keys):
            return 1, None, ""
        for length in range(min(len(words) - at, self._most_words), 0, -1):
            if spelled and not self._may_be("".join(spelled[at : at + length])):
                continue
            title = " ".join(words[at : at + length]).strip(_EDGES).rstrip(":")
            for form in dict.fromkeys((title, title.removesuffix("'s").removesuffix("’s"), title.removesuffix("s"))):
                if side := self._find(form):
                    return length, side, form
        return 1, None, ""

    def _may_be(self, spelled: str) -> bool:
        """Whether words with these letters may be a title: quick, and never wrong about a no."""
        return spelled in self._all_keys or spelled.removesuffix("s") in self._all_keys or "and" in spelled


def _ends_in_a_dash(text: str) -> bool:
    """Whether a title is followed by a dash: that is a value that is missing."""
    return plain(text[-8:]).endswith((" -", ":-", " --"))
