"""Terms: what a cell can speak about, the fields that it stands for, and the grammar that reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from normalize import vocabulary
from normalize.errors import Refusal
from normalize.grammars import duration, money, names, numbers, shares, skills

Exact = int | Decimal | str


@dataclass(frozen=True, slots=True)
class Row:
    """One value as a grammar reads it, before it becomes a fact."""

    field: str
    item: str
    value: Exact


@dataclass(frozen=True, slots=True)
class Read:
    """What one cell says: its rows, the labels that no vocabulary lists, all shares, the fields that the cell says have no
    value (the upper end of `more than 10 years`), and those whose value it shows to be missing (the name of `, 21%`). `half` is
    how far a figure may lie from what was rounded to it (`$45k`: 500)."""

    rows: tuple[Row, ...]
    unlisted: tuple[str, ...] = ()
    shares: tuple[Decimal, ...] = ()
    without: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    half: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Term:
    """`fields` are the single-valued fields that get a row when the cell is missing or unreadable."""

    name: str
    fields: tuple[str, ...]
    read: Callable[[str], Read]


def _one(field: str, grammar: Callable[[str], Exact]) -> Term:
    return Term(field, (field,), lambda text: Read((Row(field, "", grammar(text)),)))


def _mean(text: str) -> Read:
    mean, half = money.rounded_a_year(text)
    return Read((Row("salary.annual_mean_usd", "", mean),), half=half)


def _range(text: str) -> Read:
    (low, high), half = money.rounded_range(text)
    return Read((Row("salary.annual_low_usd", "", low), Row("salary.annual_high_usd", "", high)), half=half)


def _degree(text: str) -> Read:
    label, pct = shares.label_and_percent(text)
    rows = [Row("education.degree", "", vocabulary.degree(label))]
    if pct is not None:
        rows.append(Row("education.degree_pct", "", pct))
    return Read(tuple(rows))


def _share_list(field: str, code: Callable[[str], str]) -> Term:
    def read(text: str) -> Read:
        pairs = shares.labelled_percents(text)
        rows: list[Row] = []
        unlisted: list[str] = []
        for label, pct in pairs:
            try:
                rows.append(Row(field, code(label), pct))
            except Refusal:
                unlisted.append(label)
        if len({row.item for row in rows}) < len(rows):
            raise Refusal("duplicate_label", text)
        return Read(tuple(rows), tuple(unlisted), tuple(pct for _, pct in pairs))

    return Term(field, (field,), read)


def _time(text: str) -> Read:
    span = duration.duration(text)
    low, high = "outlook.time_to_become_min_months", "outlook.time_to_become_max_months"
    if span.max_months is None:
        return Read((Row(low, "", span.min_months),), without=(high,))
    return Read((Row(low, "", span.min_months), Row(high, "", span.max_months)))


def _experience(text: str) -> Read:
    figure, unit = numbers.experience(text)
    return Read((Row("outlook.experience_years", unit, figure),))


def _skill(text: str) -> Read:
    skill = skills.skill_and_percent(text)
    values = {"skill.name": skill.name, **({"skill.pct": skill.pct} if skill.shares else {})}
    rows = tuple(Row(field, "", value) for field, value in values.items() if value is not None)
    return Read(rows, missing=tuple(field for field, value in values.items() if value is None))


TERMS: dict[str, Term] = {
    "annual_mean": Term("annual_mean", ("salary.annual_mean_usd",), _mean),
    "hourly_mean": _one("salary.hourly_mean_usd", money.dollars_an_hour),
    "salary_range": Term("salary_range", ("salary.annual_low_usd", "salary.annual_high_usd"), _range),
    "best_city": _one("salary.best_city", names.name),
    "best_state": _one("salary.best_state", names.name),
    "best_company": _one("salary.best_company", names.name),
    "best_industry": _one("salary.best_industry", names.name),
    "degree": Term("degree", ("education.degree", "education.degree_pct"), _degree),
    "major": _one("education.major", names.name),
    "college": _one("education.college", names.name),
    "age": _one("demographics.age_mean", numbers.age),
    "gender": _share_list("demographics.gender_pct", vocabulary.gender),
    "race": _share_list("demographics.race_pct", vocabulary.race),
    "lgbt": _one("demographics.lgbt_pct", numbers.percent),
    "growth": _one("outlook.growth_pct", numbers.percent),
    "jobs": _one("outlook.jobs", numbers.count),
    "satisfaction": _one("outlook.satisfaction", numbers.score),
    "experience": Term("experience", ("outlook.experience_years",), _experience),
    "time_to_become": Term("time_to_become", ("outlook.time_to_become_min_months", "outlook.time_to_become_max_months"), _time),
    "skill": _one("skill.name", skills.only_name),
    "skill_share": Term("skill_share", ("skill.name", "skill.pct"), _skill),
}
