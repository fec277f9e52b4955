"""What is most worth knowing of two occupations, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from db.browse import since
from db.browse.content import Cell, Fact, Head, Section, Sentence, Stretch
from db.browse.words import day
from normalize.facts import Value
from normalize.fields import BY_NAME
from normalize.wording import difference, value_words

_PAY = BY_NAME["salary.annual_mean_usd"]
_GROWTH = BY_NAME["outlook.growth_pct"]
_LEAST, _MOST = BY_NAME["outlook.time_to_become_min_months"], BY_NAME["outlook.time_to_become_max_months"]
_GENDER = BY_NAME["demographics.gender_pct"]
_WHY = {
    "missing": "the newest page shows no annual mean wage",
    "absent": "the page that counts has no annual mean wage",
    "suspect": "a check contradicts its annual mean wage",
    "unreadable": "its annual mean wage cannot be read",
    "disputed": "pages disagree on its annual mean wage",
}


@dataclass(frozen=True, slots=True)
class Wages:
    """What is known of the annual mean wages of two: the stretches of each, the oldest first; the times at which a page stopped
    to show one; and of each page that compares just these two the day and both values, None where it has none."""

    pay: Sequence[Sequence[Stretch]]
    ends: Sequence[Sequence[str]]
    between: Sequence[tuple[str, tuple[Value | None, Value | None]]]


def verdict(heads: Sequence[Head], sections: Sequence[Section], wages: Wages) -> tuple[Sentence, ...]:
    """Who earns more, by how much and since when, or why that is not known; then growth, time to become, women, each only
    where both occupations have it."""
    facts = {(fact.field.name, fact.item): fact for section in sections for fact in section.facts}
    return tuple(_sentences([head.title for head in heads], facts, wages))


def _sentences(names: Sequence[str], facts: dict[tuple[str, str], Fact], wages: Wages) -> Iterator[Sentence]:
    paid = facts.get((_PAY.name, ""))
    yield _wages(names, paid.cells if paid else (), wages)
    if (growth := _both(facts.get((_GROWTH.name, "")))) is not None:
        yield Sentence(_GROWTH, _growth(names, growth), "", _doubts(names, growth))
    least, most = facts.get((_LEAST.name, "")), facts.get((_MOST.name, ""))
    if (times := _both(least)) is not None:
        spans = [_span(side, least, most) for side in (0, 1)]
        words = f"It takes {spans[0]} to become {names[0]}, {spans[1]} to become {names[1]}"
        yield Sentence(_LEAST, words, "", _doubts(names, times))
    if (women := _both(facts.get((_GENDER.name, "female")))) is not None:
        one, other = (value_words(_GENDER, cell.value) for cell in women)
        words = f"{one} of those who work as {names[0]} are women, {other} of those who work as {names[1]}"
        yield Sentence(_GENDER, words, "", _doubts(names, women))


def _both(fact: Fact | None) -> tuple[Cell, ...] | None:
    """The cells of a fact that both have, without doubt."""
    return fact.cells if fact and all(cell.status == "ok" for cell in fact.cells) else None


def _doubts(names: Sequence[str], cells: Sequence[Cell]) -> str:
    """Whose value is older than one that is in doubt."""
    doubtful = [name for name, cell in zip(names, cells, strict=True) if cell.newer]
    return f"Of {' and of '.join(doubtful)}, another page that is no older is in doubt" if doubtful else ""


def _wages(names: Sequence[str], cells: Sequence[Cell], wages: Wages) -> Sentence:
    if not cells:
        return Sentence(_PAY, "Who earns more is not known: no page has an annual mean wage of either", "", "")
    whys = [f"of {name}, {_WHY[cell.status]}" for name, cell in zip(names, cells, strict=True) if cell.status != "ok"]
    if whys:
        return Sentence(_PAY, f"Who earns more is not known: {'; '.join(whys)}", "", "")
    one, other = (float(cell.value or 0) for cell in cells)
    is_newest = all(found and found[-1].value == cell.value for found, cell in zip(wages.pay, cells, strict=True))
    begun = since.since(wages.pay, wages.ends) if is_newest else ""
    note = ". ".join(filter(None, (_of_days(cells, begun), _doubts(names, cells), _otherwise(cells, wages))))
    if one == other:
        return Sentence(_PAY, f"{names[0]} and {names[1]} earn the same: {cells[0].words} a year", begun, note)
    first, second = (0, 1) if one > other else (1, 0)
    gap, _, share = difference(_PAY, cells[first].value, cells[second].value).partition(" more")
    proportion = f" ({share.removeprefix(', ')})" if share else ""
    return Sentence(_PAY, f"{names[first]} earns {gap} a year more than {names[second]}{proportion}", begun, note)


def _of_days(cells: Sequence[Cell], begun: str) -> str:
    """Of which days the figures are, where they were not seen together."""
    days = [day(cell.captured_at) for cell in cells]
    return f"By figures of {days[0]} and {days[1]}" if not begun and days[0] != days[1] else ""


def _otherwise(cells: Sequence[Cell], wages: Wages) -> str:
    """What the newest page says that compares just these two, where it has other wages."""
    values = tuple(cell.value for cell in cells)
    for at, said in wages.between[:1]:
        if said != values and None not in said:
            one, other = (value_words(_PAY, value) for value in said)
            return f"The page that compares them said {one} and {other} on {day(at)}"
    return ""


def _growth(names: Sequence[str], cells: Sequence[Cell]) -> str:
    one, other = (float(cell.value or 0) for cell in cells)
    if one == other:
        return f"Both {names[0]} and {names[1]} are projected at {cells[0].words} growth"
    first, second = (0, 1) if one > other else (1, 0)
    how = "grow more" if one >= 0 or other >= 0 else "shrink less"
    return f"{names[first]} is projected to {how}: {cells[first].words} against {cells[second].words}"


def _span(side: int, least: Fact | None, most: Fact | None) -> str:
    """`6 to 12 months`, `2 to 4 years`, `more than 10 years`; where the upper end is in doubt `at least 6 months`."""
    low = int(least.cells[side].value or 0) if least else 0
    high = most.cells[side] if most else None
    if high is None or high.status == "absent":
        return f"more than {_time(low)}"
    if high.status != "ok":
        return f"at least {_time(low)}"
    top = int(high.value or 0)
    if low == top:
        return _time(low)
    if low % 12 == top % 12 == 0 and low:
        return f"{low // 12} to {_time(top)}"
    return f"{low} to {top} months"


def _time(months: int) -> str:
    count, unit = (months // 12, "year") if months and months % 12 == 0 else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"
