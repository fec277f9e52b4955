"""Values and codes in the words that people read, the same in the terminal and in the browser."""

from collections.abc import Mapping

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
