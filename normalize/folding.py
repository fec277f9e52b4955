"""Texts made comparable. Raw text is never overwritten: what is folded stands beside it."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_DASHES = "‐‑‒–—―−⁃⸺⸻﹘﹣－"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u2800\u3164\ufe0e\ufe0f\ufeff"
)
_QUOTES = "‘’‛′`´ʼ"
_TRANSLATION = {
    **{ord(c): "-" for c in _DASHES},
    **{ord(c): None for c in _INVISIBLE},
    **{ord(c): "'" for c in _QUOTES},
    **{ord(c): '"' for c in "“”„″"},
}
_UNSEEN = {ord(c): None for c in _INVISIBLE}
_UNEVEN = re.compile(rf"[{_INVISIBLE}]|\s\s|[^\S ]")
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""Figures that stand above the line, as the mark of a footnote does."""

_MARK = re.compile(rf"(?:\s*[*†‡§?ⓘ]|\s*\[\w{{1,2}}\]|\s*\n\s*[0-9]{{1,2}}|\s*[{RAISED}])+(?:\s*:)?$")
_NOTE = re.compile(rf"(?:\n[*†‡§]|\s*\[[0-9]{{1,2}}\]|\s*[{RAISED}])+$|(?<=[\w%)])[*†‡§]$")
_CENTS = re.compile(rf"[0-9][{RAISED}]{{2,}}$")
_FIGURES = frozenset("0123456789")
_MARK_ENDS = _FIGURES | frozenset("*†‡§?ⓘ]\n:") | frozenset(RAISED)
_NOTE_ENDS = frozenset("*†‡§]") | frozenset(RAISED)
_ICONS = frozenset(("So", "Sk", "Co", "Mn", "Cf"))
_SHORT = 200
_WORD = re.compile(r"[^\W_]+")
_SPELLED = re.compile("[&+#]")
_AND = re.compile(r"\band\b")


def plain(text: str) -> str:
    """One line: every kind of space is one blank, every dash `-`, every apostrophe `'`, invisible characters gone."""
    return " ".join((text.replace("`", "'") if text.isascii() else text.translate(_TRANSLATION)).split())


def is_blank(text: str) -> bool:
    """Whether `plain` leaves nothing of a text."""
    return not (text.strip() if text.isascii() else plain(text))


def fold(text: str) -> str:
    """`plain`, case-folded, without a closing colon or full stop: what labels and vocabularies are compared by."""
    return _folded(text) if len(text) <= _SHORT else _folded.__wrapped__(text)


@lru_cache(4096)
def _folded(text: str) -> str:
    low = plain(text.casefold())
    return low.rstrip(":. ") or low


def shown(text: str) -> str:
    """One line as a reader of the page sees it: spaces collapsed, invisible characters gone, all signs as they are."""
    return " ".join((text if text.isascii() else text.translate(_UNSEEN)).split())


def fold_with_offsets(text: str) -> tuple[str, Sequence[int]]:
    """`plain`, case-folded, not stripped, and for each of its characters (and its end) the offset in `text`."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.casefold().replace("`", "'"), range(len(text) + 1)
    if not _UNEVEN.search(text):
        low = text.casefold().translate(_TRANSLATION)
        if len(low) == len(text):
            return low, range(len(text) + 1)
    folded: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        low = " " if character.isspace() else character.casefold().translate(_TRANSLATION)
        if low != " " or folded[-1:] != [" "]:
            folded += low
            offsets += [offset] * len(low)
    return "".join(folded), [*offsets, len(text)]


def without_mark(text: str) -> str:
    """A label or title without the mark of a footnote behind it: a sign, or a figure on a line of its own."""
    end = text[-1:]
    if end not in _MARK_ENDS or (end in _FIGURES and "\n" not in text):
        return text
    return _MARK.sub("", text)


def without_note(text: str) -> str:
    """A value without the mark of a footnote behind it: one sign, a bracket or a figure above the line. Two figures right behind
    a figure may be cents and stay."""
    if text[-1:] not in _NOTE_ENDS or _CENTS.search(text):
        return text
    return _NOTE.sub("", text) or text


def without_icons(text: str) -> str:
    """A label without the pictures, of signs that are no letters, before and behind it."""
    if text.isascii():
        return text
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or unicodedata.category(text[start]) in _ICONS):
        start += 1
    while end > start and (text[end - 1].isspace() or unicodedata.category(text[end - 1]) in _ICONS):
        end -= 1
    return text[start:end]


def letters(text: str) -> str:
    """Letters and digits only, joined, without accents: equal for a title and its slug (`Nurses' Aide`, `nurses-aide`)."""
    return _letters(text) if len(text) <= _SHORT else _letters.__wrapped__(text)


@lru_cache(4096)
def _letters(text: str) -> str:
    bare = plain(text).casefold().replace("'", "")
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c)).casefold()
    return "".join(_WORD.findall(bare))


def name_keys(title: str) -> frozenset[str]:
    """The keys under which a title and a slug may meet; signs count as words or not at all."""
    return _name_keys(title) if len(title) <= _SHORT else _name_keys.__wrapped__(title)


@lru_cache(4096)
def _name_keys(title: str) -> frozenset[str]:
    key = letters(title)
    if not _SPELLED.search(title) and "and" not in key:
        return frozenset((key,)) if key else frozenset()
    spelled = title.replace("&", " and ").replace("+", " plus ").replace("#", " sharp ")
    without_and = _AND.sub(" ", plain(title).casefold().replace("-", " "))
    return frozenset(key for key in (key, letters(spelled), letters(without_and)) if key)
