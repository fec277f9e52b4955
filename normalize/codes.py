"""Codes of what pages show as text: cities, states, industries, majors, degrees and shares, by closed lists and the user's
rules.

The code of a company is its name without its legal form, or what a rule says. Everything else matches exactly after folding. What
may mean several things stays ambiguous, with its candidates; nothing is picked. Titles of occupations need an official file: see
`normalize.occupations`.
"""

import csv
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from normalize import companies, places
from normalize.folding import fold
from normalize.rules import NO_RULES, Kind, Rules

__all__ = ["Candidate", "Coded", "Kind", "code", "digest", "isced", "suggestions", "title_of"]

_FOLDER = files("normalize") / "vocab"
_LISTS: Mapping[Kind, tuple[str, str, str]] = {
    "degree": ("degrees.csv", "code", "degree_levels.csv"),
    "race": ("race.csv", "code", "race_categories.csv"),
    "gender": ("gender.csv", "code", "gender_categories.csv"),
    "industry": ("industries.csv", "naics2022", "naics.csv"),
    "major": ("majors.csv", "cip2020", "cip.csv"),
}
"""Aliases, the column of their code, and the titles of the codes."""

_CLOSE = 60.0
_AND = re.compile(r" ?& ?|, and ")
FILES = (
    "cip.csv", "company_suffixes.csv", "degree_levels.csv", "gender_categories.csv", "industries.csv", "majors.csv", "naics.csv",
    "race_categories.csv", "states.csv", "us_cities.csv",
)  # fmt: skip
"""The lists that code what was read; those that decide what is read are in `normalize.vocabulary`."""


@cache
def _lists() -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((_FOLDER / name).read_bytes())
    return digest.hexdigest()[:12]


def digest(rules: Rules = NO_RULES) -> str:
    """Texts that were coded with the same digest have the same codes, titles of occupations apart."""
    return f"{_lists()}+{rules.digest()}"


class Candidate(NamedTuple):
    """A code that a text may mean; `score` is from 0 to 1."""

    code: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Coded:
    """The code of a text, or the reason why it has none.

    `within` is the USPS code of a city's state, known or not the city itself. `method` is rule, exact, normalised, parts, fuzzy,
    or empty; `score` ranks methods from 0 to 1 and is no probability.
    """

    code: str | None
    title: str = ""
    within: str = ""
    method: str = ""
    score: float | None = None
    reason: Literal["", "ambiguous", "unknown"] = ""
    candidates: tuple[Candidate, ...] = ()


def code(kind: Kind, text: str, rules: Rules = NO_RULES) -> Coded:
    """The code of a text of any kind but occupation."""
    if kind == "occupation":
        raise ValueError("titles are coded by normalize.occupations")
    taught = rules.codes(kind, text) if rules else frozenset()
    if taught:
        return _taught(kind, text, taught)
    if kind == "city":
        return _city(text)
    if kind == "state":
        found = places.state(text)
        return Coded(found.usps, found.name, found.usps, "exact", 1.0) if found else Coded(None, reason="unknown")
    if kind == "company":
        name = companies.base_name(text)
        return Coded(name, name, "", "exact" if name == text else "normalised", 1.0)
    return _listed(kind, text)


def _taught(kind: Kind, text: str, codes: frozenset[str]) -> Coded:
    within = ""
    if kind == "city":
        _, state = places.city_and_state(text)
        within = state.usps if state else ""
    if len(codes) == 1:
        (only,) = codes
        return Coded(only, title_of(kind, only) or "", within or _state_of(kind, only), "rule", 1.0)
    return Coded(None, within=within, reason="ambiguous", candidates=_candidates(kind, sorted(codes)))


def _state_of(kind: Kind, geonameid: str) -> str:
    found = places.by_id(geonameid) if kind == "city" else None
    return found.usps if found else ""


def _city(text: str) -> Coded:
    name, state = places.city_and_state(text)
    found = places.cities(name, state.usps if state else "")
    within = state.usps if state else ""
    if not found:
        return Coded(None, within=within, reason="unknown")
    if state and len(found) == 1:
        return Coded(found[0].geonameid, f"{found[0].name}, {within}", within, "exact", 1.0)
    likely = sorted(found, key=lambda city: -city.population)[:10]
    return Coded(
        None,
        within=within,
        reason="ambiguous",
        candidates=tuple(Candidate(c.geonameid, f"{c.name}, {c.usps}", 0.5) for c in likely),
    )


@cache
def _aliases(kind: Kind) -> dict[str, tuple[str, ...]]:
    """The codes of each alias: one, several where it is ambiguous, none where it is known to be no such thing."""
    name, column, _ = _LISTS[kind]
    return {_spelled(row["alias"]): tuple(filter(None, row[column].split("|"))) for row in _rows(name)}


@cache
def _titles(kind: Kind) -> dict[str, str]:
    _, _, name = _LISTS[kind]
    return {next(iter(row.values())): row["title"] for row in _rows(name)}


def _spelled(text: str) -> str:
    """Folded, with `and` for `&` and for a comma before it."""
    return _AND.sub(" and ", fold(text))


def _listed(kind: Kind, text: str) -> Coded:
    codes = _aliases(kind).get(_spelled(text))
    if codes is None:
        return Coded(None, reason="unknown")
    if len(codes) == 1:
        return Coded(codes[0], _titles(kind)[codes[0]], "", "exact", 1.0)
    return Coded(None, reason="ambiguous", candidates=_candidates(kind, codes))


def _candidates(kind: Kind, codes: "tuple[str, ...] | list[str]") -> tuple[Candidate, ...]:
    return tuple(Candidate(c, title_of(kind, c) or "", 0.5) for c in codes)


def title_of(kind: Kind, code: str) -> str | None:
    """The title of a code, None where the kind has no such code. Occupations have none here."""
    if kind == "city":
        city = places.by_id(code)
        return f"{city.name}, {city.usps}" if city else None
    if kind == "state":
        state = places.state(code)
        return state.name if state and state.usps == code else None
    if kind == "company":
        return code or None
    return None if kind == "occupation" else _titles(kind).get(code)


@cache
def _isced() -> dict[str, str]:
    return {row["code"]: row["isced2011"] for row in _rows("degree_levels.csv")}


def isced(degree: str) -> str | None:
    """The ISCED 2011 level of a code of a degree, None where it has none or more than one."""
    return _isced().get(degree) or None


def suggestions(kind: Kind, text: str, most: int = 3) -> tuple[Candidate, ...]:
    """Codes that a person might choose for a text, the likeliest first. Similar spelling is no meaning: nothing is decided so."""
    from rapidfuzz import fuzz, process

    if kind in ("occupation", "company"):
        return ()
    names = _names(kind, text)
    best: dict[str, float] = {}
    for name, score, _ in process.extract(fold(text), list(names), scorer=fuzz.token_sort_ratio, limit=20, score_cutoff=_CLOSE):
        for candidate in names[name]:
            best.setdefault(candidate, round(score / 100, 2))
    return tuple(Candidate(c, title_of(kind, c) or "", score) for c, score in list(best.items())[:most])


def _names(kind: Kind, text: str) -> Mapping[str, tuple[str, ...]]:
    if kind == "state":
        return {name: (state.usps,) for name, state in places.states().items() if len(name) > 2}
    if kind == "city":
        _, state = places.city_and_state(text)
        return places.spelled(state.usps) if state else {}
    return {**{fold(title): (c,) for c, title in _titles(kind).items()}, **_aliases(kind)}


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_FOLDER / name).read_text(encoding="utf-8").splitlines()))
