"""Values and codes in the words that people read, the same in the terminal and in the browser."""

from collections.abc import Mapping
from decimal import Decimal

from normalize.facts import Value
from normalize.fields import Field

NOT_SHOWN = "–"
"""Stands where a page shows that it has no value."""

_ITEMS = {
    "male": "Male",
    "female": "Female",
    "other": "Other",
    "unknown": "Unknown",
    "white": "White",
    "black": "Black or African American",
    "hispanic": "Hispanic or Latino",
    "asian": "Asian",
    "aian": "American Indian and Alaska Native",
    "nhpi": "Native Hawaiian and Pacific Islander",
    "multiracial": "Two or more races",
    "mena": "Middle Eastern or North African",
}
_DEGREES = {
    "none": "No degree",
    "high_school": "High school diploma",
    "some_college": "Some college, no degree",
    "certificate": "Certificate",
    "diploma": "Diploma",
    "license": "License",
    "associate": "Associate degree",
    "bachelor": "Bachelor's degree",
    "master": "Master's degree",
    "doctorate": "Doctorate",
    "other": "Other degree",
}
SECTION_WORDS = {
    "salary": "Salary",
    "education": "Education",
    "demographics": "Demographics",
    "outlook": "Outlook",
    "skill": "Skills",
}
_FORMS = {"USD/year": "${:,}", "USD/hour": "${:,.2f}", "percent": "{:g}%", "count": "{:,}", "score_1_5": "{:g} of 5"}

_MORE = {"years": ("more", "less"), "months": ("longer", "shorter"), "score_1_5": ("higher", "lower")}


def counted(count: int, noun: str, ending: str = "s") -> str:
    """`1 page`, `1,200 pages`; with another ending `2 addresses`."""
    return f"{count:,} {noun}{'' if count == 1 else ending}"


def item_words(field: Field, item: str) -> str:
    """An item of a share list, or the rank of a skill, in words."""
    return f"#{item}" if field.ranked else _ITEMS.get(item, item)


def value_words(field: Field, value: Value | None) -> str:
    """A value with its unit: `$44,937`, `58%`, `46 years`, `Bachelor's degree`."""
    if value is None:
        return NOT_SHOWN
    if field.name == "education.degree":
        return _DEGREES.get(str(value), str(value))
    if form := _FORMS.get(field.unit or ""):
        return form.format(value)
    if field.unit in ("years", "months"):
        return f"{value:g} {field.unit.removesuffix('s') if value == 1 else field.unit}"
    return str(value)


def disputed_words(field: Field, support: Mapping[str, int]) -> str:
    """The values on which pages disagree, the most frequent first: `$40.00 on 3 pages, $41.00 on 1`."""
    said = sorted(support.items(), key=lambda one: (-one[1], one[0]))
    words = [f"{value_words(field, _read(field, text))} on {pages:,}" for text, pages in said]
    return ", ".join([f"{words[0]} {'page' if said[0][1] == 1 else 'pages'}", *words[1:]]) if words else ""


def _read(field: Field, text: str) -> Value:
    """A value from the text in which it is kept."""
    if field.kind == "text":
        return text
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number


def difference(field: Field, one: Value | None, other: Value | None) -> str:
    """How the first value differs from the second: `$1,686 more, 3.9%` (of the second), `$1,686 less`, `8.3 points less`, `6
    months longer`, `the same`; empty where a value is not there, and for texts that are not the same. Only more has a
    per cent: two of them for one difference would confuse."""
    if one is None or other is None:
        return ""
    if one == other:
        return "the same"
    if isinstance(one, str) or isinstance(other, str):
        return ""
    gap = Decimal(str(one)) - Decimal(str(other))
    more, less = _MORE.get(field.unit or "", ("more", "less"))
    if field.name == "demographics.age_mean":
        more, less = "older", "younger"
    return f"{_gap_words(field, abs(gap))} {more if gap > 0 else less}{_proportion(field, gap, Decimal(str(other)))}"


def _gap_words(field: Field, gap: Decimal) -> str:
    if field.unit == "percent":
        return f"{gap.normalize():f} {'point' if gap == 1 else 'points'}"
    if field.unit == "score_1_5":
        return f"{gap.normalize():f}"
    return value_words(field, int(gap) if gap == gap.to_integral_value() else float(gap))


def _proportion(field: Field, gap: Decimal, of: Decimal) -> str:
    """`, 3.9%`, for amounts of money and numbers of jobs; `, 42.1 times as many` where a per cent would be hard to read."""
    if field.unit not in ("USD/year", "USD/hour", "count") or of <= 0 or gap < 0:
        return ""
    if gap >= 9 * of:
        times = ((gap + of) / of).quantize(Decimal("0.1"))
        return f", {times.normalize():,f} times as {'many' if field.unit == 'count' else 'much'}"
    share = (gap / of * 100).quantize(Decimal("0.1"))
    return f", {share.normalize():f}%" if share else ", under 0.1%"
