"""What the figures of pay say of each other: mean, range and hourly rate of one job."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from normalize.checks.contradiction import Contradiction, Number

HOURS_A_YEAR = 2080
CENT = Decimal("10.9")
"""How far a whole mean may lie from hourly x 2080: half a cent of each hour, and half a dollar."""

_WIDEST = 10
_MEAN, _LOW, _HIGH, _HOURLY = (
    "salary.annual_mean_usd", "salary.annual_low_usd", "salary.annual_high_usd", "salary.hourly_mean_usd",
)  # fmt: skip


def hourly_fits(hourly: Number | str, mean: Number | str) -> bool:
    """Whether an hourly rate is a yearly mean by 2080, to the cent; a text is neither."""
    if isinstance(hourly, str) or isinstance(mean, str):
        return False
    return abs(Decimal(hourly) * HOURS_A_YEAR - mean) <= CENT


def pay(values: Mapping[str, Number], agreeing: Mapping[str, int]) -> Iterable[Contradiction]:
    """Low < high, less than tenfold; low <= mean <= high, the hourly rate too; and hourly x 2080 = mean to the cent.

    All that a failed check compares is in doubt. `agreeing` counts the cells that agree on a value: of three witnesses the one
    that stands alone is named.
    """
    mean, low, high, hourly = (values.get(field) for field in (_MEAN, _LOW, _HIGH, _HOURLY))
    sure = agreeing.get(_MEAN, 0) > 1
    fits = mean is not None and hourly is not None and hourly_fits(hourly, mean)
    if mean is not None and hourly is not None and not fits:
        alone = _outvoted("the hourly rate") if sure else ""
        said = f"{hourly} x {HOURS_A_YEAR} = {hourly * HOURS_A_YEAR}, not {mean}{alone}"
        yield Contradiction("hourly_differs", said, (_HOURLY, _MEAN))
    if low is None or high is None:
        return
    if low > high:
        yield Contradiction("range_reversed", f"{low} to {high}", (_LOW, _HIGH))
        return
    if low == high or high > _WIDEST * low:
        yield Contradiction("unlikely_range", f"{low} to {high}", (_LOW, _HIGH))
    if mean is not None and not low <= mean <= high:
        alone = _outvoted("the range") if sure or fits else ""
        yield Contradiction("mean_outside_range", f"{mean} is not between {low} and {high}{alone}", (_LOW, _HIGH, _MEAN))
    yearly = None if hourly is None else Decimal(hourly) * HOURS_A_YEAR
    if yearly is not None and not low - CENT <= yearly <= high + CENT:
        said = f"{hourly} x {HOURS_A_YEAR} = {yearly} is not between {low} and {high}"
        yield Contradiction("mean_outside_range", said, (_LOW, _HIGH, _HOURLY))


def _outvoted(witness: str) -> str:
    return f"; outvoted: {witness}"
