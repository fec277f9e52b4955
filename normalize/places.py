"""US states and cities: exact names to USPS, FIPS and GeoNames codes. A city counts only within its state."""

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from normalize.folding import fold, letters

_FOLDER = files("normalize") / "vocab"
_SHORT = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
_ABBREVIATED = re.compile(r"\b(st|ste|ft|mt)\b\.?", re.IGNORECASE)
_CENSUS = re.compile(r"^Urban |(?: (?:city|town|village|CDP|city \(balance\)|municipality|borough))$")
_FLATTENED = re.compile(r"[\s,.]+")


class State(NamedTuple):
    """A state, territory or the District of Columbia."""

    usps: str
    fips: str
    name: str
    geonameid: str


class City(NamedTuple):
    """A populated place of GeoNames."""

    geonameid: str
    name: str
    usps: str
    population: int


@cache
def states() -> dict[str, State]:
    """All states by their folded names, USPS codes and usual abbreviations."""
    found: dict[str, State] = {}
    for row in _rows("states.csv"):
        state = State(row["usps"], row["fips"], row["name"], row["geonameid"])
        for name in (row["usps"], row["name"], *filter(None, row["aliases"].split("|"))):
            found[_flat(name)] = state
    return found


def state(text: str) -> State | None:
    """The state that a text names in full, as its code or usual abbreviation; nothing is guessed by sound."""
    return states().get(_flat(text))


def _flat(text: str) -> str:
    return _FLATTENED.sub(" ", fold(text).replace(".", "")).strip()


def city_key(name: str) -> str:
    """What two spellings of a city's name have in common: `St. Louis` and `Saint Louis`, `Winston Salem` and `Winston-Salem`."""
    return letters(_ABBREVIATED.sub(lambda match: _SHORT[match[1].lower()] + " ", name))


@cache
def _places() -> dict[str, list[list[str]]]:
    """The rows of the table by state."""
    found: dict[str, list[list[str]]] = {}
    rows = csv.reader((_FOLDER / "us_cities.csv").read_text(encoding="utf-8").splitlines()[1:])
    for row in rows:
        found.setdefault(row[2], []).append(row)
    return found


@cache
def _cities(usps: str) -> dict[str, tuple[City, ...]]:
    """The cities of a state by key; a name of their own comes before other names."""
    own: dict[str, tuple[City, ...]] = {}
    other: dict[str, tuple[City, ...]] = {}
    for geonameid, name, _, population, other_names in _places()[usps]:
        city = City(geonameid, name, usps, int(population))
        own[city_key(name)] = (*own.get(city_key(name), ()), city)
        other |= dict.fromkeys(filter(None, other_names.split("|")), (city,))
    return other | own


def cities(name: str, usps: str = "") -> tuple[City, ...]:
    """The cities of a name, in one state or in all; a name as the Census writes it (`Urban Honolulu`) is tried without its
    addition where it is unknown."""
    for spelled in (name, _CENSUS.sub("", name)):
        key = city_key(spelled)
        within = [usps] if usps in _places() else [] if usps else [*_places()]
        if found := tuple(city for state_code in within for city in _cities(state_code).get(key, ())):
            return found
    return ()


def spelled(usps: str) -> dict[str, tuple[str, ...]]:
    """The GeoNames ids of a state's cities by `name, ST`, folded."""
    found: dict[str, tuple[str, ...]] = {}
    for geonameid, name, *_ in _places().get(usps, ()):
        found[fold(f"{name}, {usps}")] = (*found.get(fold(f"{name}, {usps}"), ()), geonameid)
    return found


@cache
def _by_id() -> dict[str, City]:
    rows = (row for rows in _places().values() for row in rows)
    return {row[0]: City(row[0], row[1], row[2], int(row[3])) for row in rows}


def by_id(geonameid: str) -> City | None:
    """The city of a GeoNames id."""
    return _by_id().get(geonameid)


def city_and_state(text: str) -> tuple[str, State | None]:
    """The name and the state of `Virginia Beach, VA` or `Washington, DC`; the whole text and None where it names no state."""
    name, comma, behind = text.rpartition(",")
    while comma:
        if found := state(behind):
            return name.strip(), found
        name, comma, more = name.rpartition(",")
        behind = f"{more},{behind}"
    return text.strip(), None


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_FOLDER / name).read_text(encoding="utf-8").splitlines()))
