"""What is most worth knowing of two occupations, in sentences."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from db.browse.content import Cell, Fact, Head, Section, Sentence, Stretch
from normalize.fields import BY_NAME
from normalize.wording import difference, value_words

_PAY = BY_NAME["salary.annual_mean_usd"]
_GROWTH = BY_NAME["outlook.growth_pct"]
_LEAST, _MOST = BY_NAME["outlook.time_to_become_min_months"], BY_NAME["outlook.time_to_become_max_months"]
_GENDER = BY_NAME["demographics.gender_pct"]
_TOGETHER = timedelta(days=7)
_WHY = {
    "missing": "its page shows no annual mean wage",
    "absent": "no page has its annual mean wage",
    "suspect": "a check contradicts its annual mean wage",
    "unreadable": "its annual mean wage cannot be read",
    "disputed": "pages disagree on its annual mean wage",
}


def verdict(heads: Sequence[Head], sections: Sequence[Section], pay: Sequence[Sequence[Stretch]]) -> tuple[Sentence, ...]:
    """Who earns more, by how much and since when, or why that is not known; then growth, time to become, women, each only
    where both occupations have it."""
    facts = {(fact.field.name, fact.item): fact for section in sections for fact in section.facts}
    return tuple(_sentences(heads, facts, pay))


def _sentences(heads: Sequence[Head], facts: dict[tuple[str, str], Fact], pay: Sequence[Sequence[Stretch]]) -> Iterator[Sentence]:
    names = [head.title for head in heads]
    wages = facts.get((_PAY.name, ""))
    yield _wages(names, wages.cells if wages else (), pay)
    if (growth := _both(facts.get((_GROWTH.name, "")))) is not None:
        yield Sentence(_GROWTH, _growth(names, growth), "")
    least, most = facts.get((_LEAST.name, "")), facts.get((_MOST.name, ""))
    if _both(least) is not None:
        spans = [_span(side, least, most) for side in (0, 1)]
        yield Sentence(_LEAST, f"It takes {spans[0]} to become {names[0]}, {spans[1]} to become {names[1]}", "")
    if (women := _both(facts.get((_GENDER.name, "female")))) is not None:
        one, other = (value_words(_GENDER, cell.value) for cell in women)
        yield Sentence(_GENDER, f"{one} of those who work as {names[0]} are women, {other} of those who work as {names[1]}", "")


def _both(fact: Fact | None) -> tuple[Cell, ...] | None:
    """The cells of a fact that both have, without doubt."""
    return fact.cells if fact and all(cell.status == "ok" for cell in fact.cells) else None


def _wages(names: Sequence[str], cells: Sequence[Cell], pay: Sequence[Sequence[Stretch]]) -> Sentence:
    if not cells:
        return Sentence(_PAY, "Who earns more is not known: no page has an annual mean wage of either", "")
    doubts = [f"of {name}, {_WHY[cell.status]}" for name, cell in zip(names, cells, strict=True) if cell.status != "ok"]
    if doubts:
        return Sentence(_PAY, f"Who earns more is not known: {'; '.join(doubts)}", "")
    one, other = (float(cell.value or 0) for cell in cells)
    since = _since(pay, cells)
    if one == other:
        return Sentence(_PAY, f"{names[0]} and {names[1]} earn the same: {cells[0].words} a year", since)
    first, second = (0, 1) if one > other else (1, 0)
    gap, _, share = difference(_PAY, cells[first].value, cells[second].value).partition(" more")
    proportion = f" ({share.removeprefix(', ')})" if share else ""
    return Sentence(_PAY, f"{names[first]} earns {gap} a year more than {names[second]}{proportion}", since)


def _since(pay: Sequence[Sequence[Stretch]], cells: Sequence[Cell]) -> str:
    """From when on the same of two earned more, as far back as both wages are known; empty where the history does not end in
    the values of today."""
    if any(not found or found[-1].value != cell.value for found, cell in zip(pay, cells, strict=True)):
        return ""
    known = [_Wages(found) for found in pay]
    sign, since = _sign([wages.last for wages in known]), ""
    for at in sorted({stretch.first_seen for found in pay for stretch in found}, reverse=True):
        values = [wages.near(at) for wages in known]
        if None in values or _sign(values) != sign:
            break
        since = at
    return since


class _Wages:
    """The wages of an occupation over time. Pages are not captured at one moment: what was seen nearest to a time stands for it,
    as long as that is not more than a week before anything was seen."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self.last = float(stretches[-1].value)
        self._values = [float(stretch.value) for stretch in stretches]
        self._first = [datetime.fromisoformat(stretch.first_seen) for stretch in stretches]
        self._last = [datetime.fromisoformat(stretch.last_seen) for stretch in stretches]

    def near(self, at: str) -> float | None:
        time = datetime.fromisoformat(at)
        after = bisect_right(self._first, time)
        if after == 0:
            return self._values[0] if self._first[0] - time <= _TOGETHER else None
        before = after - 1
        later = after < len(self._first) and self._first[after] - time < time - self._last[before]
        return self._values[after if later else before]


def _sign(values: Sequence[float | None]) -> int:
    one, other = (value or 0.0 for value in values)
    return (one > other) - (one < other)


def _growth(names: Sequence[str], cells: Sequence[Cell]) -> str:
    one, other = (float(cell.value or 0) for cell in cells)
    if one == other:
        return f"Both {names[0]} and {names[1]} are projected at {cells[0].words} growth"
    first, second = (0, 1) if one > other else (1, 0)
    return f"{names[first]} has the better outlook: {cells[first].words} projected growth against {cells[second].words}"


def _span(side: int, least: Fact | None, most: Fact | None) -> str:
    """`6 to 12 months`, `2 to 4 years`, `more than 10 years`."""
    low = int(least.cells[side].value or 0) if least else 0
    high = most.cells[side] if most else None
    if high is None or high.status != "ok":
        return f"more than {_time(low)}"
    top = int(high.value or 0)
    if low == top:
        return _time(low)
    if low % 12 == top % 12 == 0 and low:
        return f"{low // 12} to {_time(top)}"
    return f"{low} to {top} months"


def _time(months: int) -> str:
    count, unit = (months // 12, "year") if months and months % 12 == 0 else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"
