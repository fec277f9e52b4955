"""Per cents, counts, ages, scores and years of experience, read strictly: ASCII digits, groups of three, finite."""

import re
from decimal import Decimal

from normalize.errors import Refusal
from normalize.folding import plain

DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})"
_PERCENT = re.compile(r"([+-]?)([0-9]{1,6}(?:\.[0-9]{1,4})?) ?(?:%|percent|per cent)", re.IGNORECASE)
_COUNT = re.compile(rf"({DIGITS})(?: (?:jobs|openings|positions|workers|people))?", re.IGNORECASE)
_AGE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)(?: (?:years?(?: old)?|yrs?))?", re.IGNORECASE)
_STARS = "[★☆⭐✩]+"
_SCORE = re.compile(
    rf"(?:rating:? )?(?:{_STARS} ?)?"
    rf"([0-9]{{1,3}}(?:\.[0-9]{{1,3}})?)(?:(?: ?/ ?| out of | of )5(?:\.0)?)?(?: stars?)?(?: ?{_STARS})?",
    re.IGNORECASE,
)
_EXPERIENCE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)(?: (years?|yrs?|months?))?", re.IGNORECASE)


def percent(text: str) -> Decimal:
    """A per cent as shown: `34.4%` is 34.4, `-8%` is -8. The sign `%` (or the word) must be there.

    Raises Refusal `no_percent_sign` for a bare number, else `not_a_percent`.
    """
    if match := _PERCENT.fullmatch(plain(text)):
        value = Decimal(match[2])
        return -value if match[1] == "-" and value else value
    raise Refusal("no_percent_sign" if _AGE.fullmatch(plain(text)) else "not_a_percent", text)


def count(text: str) -> int:
    """A whole number, with or without groups of three: `1,236,194`. Raises Refusal `not_a_count`."""
    if match := _COUNT.fullmatch(plain(text)):
        return int(match[1].replace(",", ""))
    raise Refusal("not_a_count", text)


def age(text: str) -> Decimal:
    """An age in years: `46`, `46 years`. Raises Refusal `not_an_age`."""
    if match := _AGE.fullmatch(plain(text)):
        return Decimal(match[1])
    raise Refusal("not_an_age", text)


def score(text: str) -> Decimal:
    """A score out of five: `3.67`, `4/5`. Raises Refusal `not_a_score`."""
    if match := _SCORE.fullmatch(plain(text)):
        return Decimal(match[1])
    raise Refusal("not_a_score", text)


def experience(text: str) -> tuple[Decimal, str]:
    """A figure and its unit, `years`, `months` or empty where none is shown. Raises Refusal `not_experience`."""
    if match := _EXPERIENCE.fullmatch(plain(text)):
        unit = (match[2] or "").lower()
        return Decimal(match[1]), "months" if unit.startswith("m") else "years" if unit else ""
    raise Refusal("not_experience", text)
