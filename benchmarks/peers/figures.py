"""From the text of a cell to figures, as both peers do it: a table of labels and a few regular expressions; nothing is checked."""

import re
from collections.abc import Callable, Iterable, Iterator

Value = int | float | str | None
Figure = tuple[str, str, Value]
Row = tuple[str, str, str, str, str, Value, str]

COLUMNS = ("url", "side", "occupation", "field", "item", "value", "raw")
CREATE = "CREATE TABLE fact (url, side, occupation, field, item, value, raw)"
INSERT = "INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)"
INDEX = "CREATE UNIQUE INDEX fact_place ON fact (url, side, field, item)"

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_SHARE = re.compile(r"\s*([^,%]+), (\d+(?:\.\d+)?)%")
_TIMES = re.compile(r"takes (\d+)-(\d+) years .* usually requires (\d+)-(\d+) years")
_DEGREES = {
    "Bachelor's Degree": "bachelor", "High School Diploma": "high_school", "Associate Degree": "associate",
    "Master's Degree": "master",
}  # fmt: skip
_SHARES = {
    "Male": "male", "Female": "female", "White": "white", "Black or African American": "black", "Hispanic or Latino": "hispanic",
    "Asian": "asian", "Unknown": "unknown", "American Indian and Alaska Native": "aian",
}  # fmt: skip


def _number(text: str) -> int | float | None:
    found = _NUMBER.search(text)
    return None if found is None else _plain(found[0])


def _plain(text: str) -> int | float:
    text = text.replace(",", "")
    return float(text) if "." in text else int(text)


def _one(field: str) -> Callable[[str], Iterator[Figure]]:
    def read(text: str) -> Iterator[Figure]:
        yield field, "", _number(text)

    return read


def _text(field: str) -> Callable[[str], Iterator[Figure]]:
    def read(text: str) -> Iterator[Figure]:
        yield field, "", None if text == "-" else text

    return read


def _range(text: str) -> Iterator[Figure]:
    low, high = (_plain(found) for found in _NUMBER.findall(text))
    yield "salary.annual_low_usd", "", low
    yield "salary.annual_high_usd", "", high


def _degree(text: str) -> Iterator[Figure]:
    name, share = text.rsplit(", ", 1)
    yield "education.degree", "", _DEGREES[name]
    yield "education.degree_pct", "", _number(share)


def _shares(field: str) -> Callable[[str], Iterator[Figure]]:
    def read(text: str) -> Iterator[Figure]:
        for name, share in _SHARE.findall(text):
            yield field, _SHARES[name], float(share)

    return read


LABELS: dict[str, Callable[[str], Iterator[Figure]]] = {
    "Yearly salary": _one("salary.annual_mean_usd"),
    "Average salary": _one("salary.annual_mean_usd"),
    "Hourly rate": _one("salary.hourly_mean_usd"),
    "Growth rate": _one("outlook.growth_pct"),
    "Number of jobs": _one("outlook.jobs"),
    "Job satisfaction": _one("outlook.satisfaction"),
    "Most common degree": _degree,
    "Average age": _one("demographics.age_mean"),
    "Years of experience": _one("outlook.experience_years"),
    "Salary range": _range,
    "Highest paying City": _text("salary.best_city"),
    "Highest paying state": _text("salary.best_state"),
    "Best paying company": _text("salary.best_company"),
    "Best paying industry": _text("salary.best_industry"),
    "Most common major": _text("education.major"),
    "Most common college": _text("education.college"),
    "Gender ratio": _shares("demographics.gender_pct"),
    "Race ratio": _shares("demographics.race_pct"),
    "LGBT Percentage": _one("demographics.lgbt_pct"),
}


def of_cell(label: str, text: str) -> Iterator[Figure]:
    """The figures of one cell."""
    return LABELS[label](text)


def of_skill(rank: int, text: str) -> Iterator[Figure]:
    """Name and share of one line of a list of skills."""
    name, share = text.rsplit(", ", 1)
    yield "skill.name", str(rank), name
    yield "skill.pct", str(rank), _number(share)


def of_sentence(text: str) -> Iterator[tuple[str, Figure, str]]:
    """The time that it takes to become either, with its side and the words that say it."""
    found = _TIMES.search(text)
    if found is None:
        return
    for side, low, high in (("left", found[1], found[2]), ("right", found[3], found[4])):
        for end, years in (("min", low), ("max", high)):
            yield side, (f"outlook.time_to_become_{end}_months", "", 12 * int(years)), f"{low}-{high} years"


def rows(
    url: str, titles: Iterable[str], cells: Iterable[tuple[str, str, str]], skills: Iterable[tuple[str, int, str]], sentence: str
) -> list[Row]:
    """The rows of a page, one a figure, whichever of its cells says it first: of cells (side, label, text), of skills (side,
    rank, text) and of a sentence."""
    jobs = dict(zip(("left", "right"), titles, strict=True))
    found: dict[tuple[str, str, str], Row] = {}

    def add(side: str, figure: Figure, raw: str) -> None:
        field, item, value = figure
        found.setdefault((side, field, item), (url, side, jobs[side], field, item, value, raw))

    for side, label, text in cells:
        for figure in of_cell(label, text):
            add(side, figure, text)
    for side, rank, text in skills:
        for figure in of_skill(rank, text):
            add(side, figure, text)
    for side, figure, raw in of_sentence(sentence):
        add(side, figure, raw)
    return list(found.values())
