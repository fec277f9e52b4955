"""Whether a name can be what its label says: a city, a state, a company, a field of study. What only might be wrong is no matter:
a company may have any name, but not that of a state or of an industry alone."""

import csv
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files

from normalize import places
from normalize.checks.contradiction import Contradiction
from normalize.folding import fold

_FOLDER = files("normalize") / "vocab"
_DIGIT = re.compile(r"[0-9]")
_RANKED = re.compile(r"(?:[1-9]|10) [^\W\d_]")
_TAIL = re.compile(r", ?([A-Z]{2})$")
_WRONGLY_DECODED = re.compile("[ÂÃ][\u0080-\u00bf]|â[\u0080-\u00bf€]|Ã[ƒ‚]")
_COLLEGE = re.compile(r"\buniversit(?:y|ies)\b|\bcollege(?: of\b|$)|\binstitute of technology\b", re.IGNORECASE)
_LEGAL_FORM = re.compile(r"[\s,](?:inc|llc|l\.l\.c|corp|ltd|plc|llp|gmbh|incorporated)\.?$", re.IGNORECASE)
_LATIN = 0x250
"""The letters below are Latin; of those above the name tells."""


def unlikely(field: str, text: str) -> Contradiction | None:
    """What shows that a name is no value of its field; the field beside it is in doubt with it, for the two may be exchanged."""
    why = _why(field, text)
    beside = (_BESIDE[field],) if field in _BESIDE else ()
    return Contradiction("unlikely_name", f"{text[:80]!r} {why}", (field, *beside)) if why else None


@lru_cache(4096)
def _why(field: str, text: str) -> str:
    if not text.isascii():
        if _WRONGLY_DECODED.search(text):
            return "has letters that were wrongly decoded"
        if any(ord(c) >= _LATIN and c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") for c in text):
            return "has letters of another script"
    check = _CHECKS.get(field)
    if not check:
        return ""
    return "begins with what may be a rank" if _RANKED.match(text) else check(text)


def _city(text: str) -> str:
    if _DIGIT.search(text):
        return "has a figure in it"
    if "," in text and not places.city_and_state(text)[1]:
        return "is in no state of the US"
    return _is_state(text) or _listed(text, "industries")


def _state(text: str) -> str:
    return "" if places.state(text) else "is no state of the US"


def _company(text: str) -> str:
    return _is_state(text) or _is_place(text) or _listed(text, "industries") or _listed(text, "degrees")


def _industry(text: str) -> str:
    if _DIGIT.search(text):
        return "has a figure in it"
    if _LEGAL_FORM.search(text):
        return "is the name of a company"
    return _is_state(text) or _is_place(text) or _listed(text, "degrees")


def _major(text: str) -> str:
    if _DIGIT.search(text):
        return "has a figure in it"
    if _COLLEGE.search(text):
        return "is the name of a college"
    return _is_state(text) or _is_place(text) or _listed(text, "degrees")


def _college(text: str) -> str:
    return _is_state(text) or _listed(text, "majors") or _listed(text, "degrees")


_CHECKS: dict[str, Callable[[str], str]] = {
    "salary.best_city": _city,
    "salary.best_state": _state,
    "salary.best_company": _company,
    "salary.best_industry": _industry,
    "education.major": _major,
    "education.college": _college,
}


_PAIRS = (
    ("salary.best_city", "salary.best_state"), ("salary.best_company", "salary.best_industry"),
    ("education.major", "education.college"),
)  # fmt: skip
_BESIDE = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}


def _is_state(text: str) -> str:
    return "is the name of a state" if len(text) > 2 and "," not in text and places.state(text) else ""


def _is_place(text: str) -> str:
    tail = _TAIL.search(text)
    return "is the name of a city" if tail and places.state(tail[1]) else ""


def _listed(text: str, name: str) -> str:
    return _WORDS[name] if fold(text) in _names(name) else ""


_WORDS = {
    "industries": "is the name of an industry",
    "degrees": "is the name of a degree",
    "majors": "is the name of a field of study",
}


@cache
def _names(name: str) -> frozenset[str]:
    """The names of a list of `normalize/vocab`."""
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return frozenset(fold(row["alias"]) for row in csv.DictReader(text.splitlines()))
