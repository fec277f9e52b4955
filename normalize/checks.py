"""The checks that one page can make on itself: pure functions from the values of a side to what they contradict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from normalize.fields import BY_NAME

Number = int | Decimal
HOURS_A_YEAR = 2080
_MEAN, _LOW, _HIGH, _HOURLY = (
    "salary.annual_mean_usd", "salary.annual_low_usd", "salary.annual_high_usd", "salary.hourly_mean_usd",
)  # fmt: skip
BOUNDS: dict[str, tuple[Number, Number]] = {
    _MEAN: (1_000, 10_000_000),
    _LOW: (1_000, 10_000_000),
    _HIGH: (1_000, 10_000_000),
    _HOURLY: (1, 5_000),
    "education.degree_pct": (0, 100),
    "demographics.age_mean": (14, 90),
    "demographics.gender_pct": (0, 100),
    "demographics.race_pct": (0, 100),
    "demographics.lgbt_pct": (0, 100),
    "outlook.growth_pct": (-100, 300),
    "outlook.jobs": (0, 200_000_000),
    "outlook.satisfaction": (1, 5),
    "outlook.experience_years": (0, 60),
    "outlook.time_to_become_min_months": (0, 300),
    "outlook.time_to_become_max_months": (0, 300),
    "skill.pct": (0, 100),
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A check that failed: the finding's code and words, and the fields that it puts in doubt."""

    code: str
    detail: str
    fields: tuple[str, ...]


def out_of_range(field: str, value: Number) -> Contradiction | None:
    """A value outside `BOUNDS` of its field."""
    if field not in BOUNDS:
        return None
    low, high = BOUNDS[field]
    if low <= value <= high:
        return None
    return Contradiction("out_of_range", f"{value} is not between {low} and {high} {BY_NAME[field].unit}", (field,))


def pay(values: Mapping[str, Number], agreeing: Mapping[str, int]) -> Iterable[Contradiction]:
    """Low <= mean <= high, and hourly x 2080 = mean to the cent.

    `agreeing` counts the cells that agree on a value: a mean that two cells give outvotes a range or an hourly rate
    that only one cell gives.
    """
    mean, low, high, hourly = (values.get(field) for field in (_MEAN, _LOW, _HIGH, _HOURLY))
    sure = agreeing.get(_MEAN, 0) > 1
    hourly_fits = mean is not None and hourly is not None and abs(Decimal(hourly) * HOURS_A_YEAR - mean) <= Decimal("10.9")
    if mean is not None and hourly is not None and not hourly_fits:
        doubtful: tuple[str, ...] = (_HOURLY,) if sure else (_HOURLY, _MEAN)
        yield Contradiction("hourly_differs", f"{hourly} x {HOURS_A_YEAR} = {hourly * HOURS_A_YEAR}, not {mean}", doubtful)
    if low is None or high is None:
        return
    if low > high:
        yield Contradiction("range_reversed", f"{low} to {high}", (_LOW, _HIGH))
    elif mean is not None and not low <= mean <= high:
        doubtful = (_LOW, _HIGH) if sure or hourly_fits else (_LOW, _HIGH, _MEAN)
        yield Contradiction("mean_outside_range", f"{mean} is not between {low} and {high}", doubtful)


def shares_sum(field: str, shares: tuple[Decimal, ...]) -> Contradiction | None:
    """The shares of a list sum to 100, give or take half a unit of the last digit for each."""
    if not shares:
        return None
    half_a_unit = Decimal((0, (5,), max(-1, min(_exponent(pct) for pct in shares)) - 1))
    total = sum(shares, Decimal(0))
    if abs(total - 100) <= half_a_unit * len(shares):
        return None
    return Contradiction("shares_sum", f"{total}", (field,))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
