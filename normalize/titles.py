"""Job titles made comparable: their words, and what in front and behind does not change the occupation.

Both sides of a comparison go through the same functions. What is shown is never touched.
"""

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from normalize.folding import fold

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+(?:[+#]+(?!\w))?")
_INITIALS = re.compile(r"\(([^\W\d_]{2,6})\)")
_PART = re.compile(r"\s*[,/;|]\s*")
_IRREGULAR = {"men": "man", "women": "woman", "people": "person"}
_LONG = ("sses", "ches", "shes", "xes", "zes")
_LENGTHS = (3, 2, 1)
"""Of the phrases in title_words.csv, in words."""


class _Phrases(NamedTuple):
    """What may be left out in front, what behind, what is part of a name and stays, and what names no work by itself."""

    start: frozenset[Words]
    end: frozenset[Words]
    names: frozenset[Words]
    alone: frozenset[str]


def spelling(title: str) -> Words:
    """The words of a title without punctuation, the last one in the singular: equal for what only looks different."""
    found = _words(fold(title))
    return (*found[:-1], singular(found[-1])) if found else ()


def words(title: str) -> Words:
    """The words of a title, all in the singular and without initials in brackets: `Nurses' Aides (NA)` gives nurse, aide.

    Titles with the same words need not be the same: in official files one letter can part two occupations.
    """
    low = fold(title)
    if "(" in low:
        low = _INITIALS.sub(lambda found: "" if _abbreviates(found[1], low[: found.start()]) else found[0], low)
    return tuple(map(singular, _words(low)))


def _words(folded: str) -> list[str]:
    return _WORD.findall(folded.replace("'", "").replace("&", " and "))


def _abbreviates(initials: str, before: str) -> bool:
    """Whether the words before begin with these letters, in their order; some words may have none."""
    letters = iter([word[0] for word in _words(before)])
    return all(letter in letters for letter in initials)


def singular(word: str) -> str:
    """A word without the ending of a plural. What is left need not be a word: both sides are treated alike."""
    if len(word) < 4 or word[-1] not in "sen":
        return word
    for plural, single in _IRREGULAR.items():
        if word.endswith(plural):
            return word[: -len(plural)] + single
    if word[-1] != "s" or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(_LONG) else word[:-1]


def bare(title: Words) -> Words:
    """Words as `spelling` gives them, without those in front and behind that tell rank, level, shift or kind of contract."""
    known = _phrases()
    singulars = tuple(map(singular, title))
    start, end = 0, len(title)
    changed = True
    while start < end and changed:
        left = singulars[start:end]
        front = 0 if _begins(left, known.names) else _begins(left, known.start)
        back = 0 if _ends(left, known.names) else _ends(left, known.end)
        start, end = start + front, end - (back if front + back <= len(left) else 0)
        changed = bool(front or back)
    return title[start:end]


def _begins(title: Words, phrases: frozenset[Words]) -> int:
    return next((n for n in _LENGTHS if title[:n] in phrases and len(title) >= n), 0)


def _ends(title: Words, phrases: frozenset[Words]) -> int:
    return next((n for n in _LENGTHS if title[-n:] in phrases and len(title) >= n), 0)


def names_no_work(title: Words) -> bool:
    """Whether all words (in the singular) only tell what somebody is among others, not at what: manager, team member."""
    return _phrases().alone.issuperset(title)


def parts(title: str) -> tuple[str, ...]:
    """The titles of which a title may be made: `Line Cook, Prep Cook`. One for a title that names one."""
    return tuple(filter(None, _PART.split(title)))


def turned(title: str) -> str:
    """`Nurse, Licensed Practical` in the usual order; empty for a title without exactly one comma."""
    last, comma, first = title.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else ""


@cache
def _phrases() -> _Phrases:
    text = (files("normalize") / "vocab" / "title_words.csv").read_text(encoding="utf-8")
    rows = [(words(row["phrase"]), row["kind"], row["where"]) for row in csv.DictReader(text.splitlines())]
    return _Phrases(
        frozenset(phrase for phrase, _, where in rows if where in ("start", "both")),
        frozenset(phrase for phrase, _, where in rows if where in ("end", "both")),
        frozenset(phrase for phrase, kind, _ in rows if kind == "name"),
        frozenset(word for phrase, kind, _ in rows if kind in ("alone", "rank") for word in phrase),
    )
