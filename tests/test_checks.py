"""The checks of one page on itself, on both sides of every boundary."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize.checks import BOUNDS, HOURS_A_YEAR, ITEM_BOUNDS, Contradiction, out_of_range, pay, shares_sum
from normalize.checks.likeness import unlikely
from normalize.fields import BY_NAME, FIELDS
from normalize.findings import CODES
from tests.figures import OVERVIEW, SEED, expected, real_pages

D = Decimal
MEAN, LOW, HIGH, HOURLY = (f"salary.{name}_usd" for name in ("annual_mean", "annual_low", "annual_high", "hourly_mean"))
SHARES = ("education.degree_pct", "demographics.gender_pct", "demographics.race_pct", "demographics.lgbt_pct", "skill.pct")
modest = settings(max_examples=200, deadline=None)


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_every_number_has_bounds():
    assert set(BOUNDS) == {field.name for field in FIELDS if field.kind != "text"}


@pytest.mark.parametrize("name", BOUNDS)
def test_the_bounds_belong_to_the_range_and_what_is_beyond_does_not(name: str):
    step = 1 if BY_NAME[name].kind == "integer" else D("0.0001")
    low, high = BOUNDS[name]
    assert out_of_range(name, low) is None
    assert out_of_range(name, high) is None
    for value in (low - step, high + step, -(10**12), 10**18):
        contradiction = out_of_range(name, value)
        assert (contradiction.code, contradiction.fields) == ("out_of_range", (name,))
        assert str(value) in contradiction.detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, D(value)) for name in SHARES for value in ("-0.1", "100.1", "158")),
        *(("outlook.growth_pct", D(value)) for value in ("-100.1", "1000")),
        *(("outlook.satisfaction", D(value)) for value in ("0", "0.9", "5.01", "8", "45")),
        *(("demographics.age_mean", D(value)) for value in ("0", "8", "146", "461")),
        *((MEAN, value) for value in (0, 45, 3_744, 449_370_000)),
        *((HOURLY, D(value)) for value in ("0", "44937")),
        *(("outlook.jobs", value) for value in (-1, 0, 10**9)),
        *((f"outlook.time_to_become_{end}_months", value) for end in ("min", "max") for value in (-1, 999 * 12)),
    ],
)  # fmt: skip
def test_what_no_job_can_have(name: str, value: int | Decimal):
    assert out_of_range(name, value).fields == (name,)


def test_figures_of_real_pages_are_within_bounds():
    numbers = [
        (field, value, item)
        for page in (SEED, OVERVIEW, *real_pages())
        for (_, field, item), (value, _) in expected(page).items()
        if isinstance(value, int | float)
    ]
    assert len(numbers) > 50
    assert [case for case in numbers if out_of_range(case[0], D(str(case[1])), case[2])] == []


@pytest.mark.parametrize(("field", "item"), ITEM_BOUNDS)
def test_the_bounds_of_shares_lie_within_those_of_their_list(field: str, item: str):
    (low, high), (least, most) = ITEM_BOUNDS[field, item], BOUNDS[field]
    assert item in BY_NAME[field].items
    assert (least < low <= high) or (low < high < most)
    assert out_of_range(field, low, item) is None
    assert out_of_range(field, high, item) is None
    for value in (low - D("0.1"), high + D("0.1")):
        assert out_of_range(field, value, item).fields == (field,)


def test_text_has_no_bounds():
    assert out_of_range("salary.best_city", 5) is None


# --- names -----------------------------------------------------------------------------------------------------------

NAMES = {  # field: what it may be, what it may not be
    "salary.best_city": (
        "Virginia Beach, VA|Washington, DC|Winston-Salem, NC|Urban Honolulu, HI|Boise City, Idaho|San José, CA|New York, NY",
        "Maryland|New York|Virginia Beach, ZZ|Toronto, ON|Retail|Virginia Beach 2, VA|1 Boston, MA|Вирджиния-Бич|Boston, MÃ©",
    ),
    "salary.best_state": (
        "Maryland|District of Columbia|New York|VA|Puerto Rico|north carolina",
        "Virginia Beach, VA|Accenture|Ontario|-1|Mary|Maryland Maryland|Мэриленд",
    ),
    "salary.best_company": (
        "Accenture|84 Lumber|3M|7-Eleven|AT&T|Yahoo!|Deloitte, LLC|State Farm|Nestlé|Texas Instruments|Target",
        "Maryland|Virginia Beach, VA|Retail|Professional|1 Accenture|10 Accenture|\u0410ccenture|NestlÃ©|Bachelor's Degree",
    ),
    "salary.best_industry": (
        "Professional|Retail|Health Care|Oil & Gas|Non-profits|Widgets",
        "Accenture LLC|Apple, Inc.|Maryland|Boston, MA|Top 10|Master's Degree|2 Retail",
    ),
    "education.major": (
        "Business|Liberal Arts|Criminal Justice|College Student Counseling|Computer Science|General Studies, Humanities",
        "Ohio State University|Boston College|Bachelor's Degree|Ohio|Boston, MA|1 Business|Business 101",
    ),
    "education.college": (
        "Ohio State University|MIT|Georgia Institute of Technology|Pennsylvania State University, PA|UCLA|École Polytechnique",
        "Business|Maryland|High School Diploma|Nursing|1 Ohio State University",
    ),
    "skill.name": ("C++|1 on 1 coaching|Microsoft Excel|Café|Retail|Maryland|5S", "Экономика|cafÃ©"),
}


@pytest.mark.parametrize(("field", "text"), [(f, t) for f, (fits, _) in NAMES.items() for t in fits.split("|")])
def test_a_name_that_may_be(field: str, text: str):
    assert unlikely(field, text) is None


@pytest.mark.parametrize(("field", "text"), [(f, t) for f, (_, odd) in NAMES.items() for t in odd.split("|")])
def test_a_name_that_cannot_be(field: str, text: str):
    found = unlikely(field, text)
    assert (found.code, found.fields[0]) == ("unlikely_name", field)
    assert repr(text) in found.detail


def test_names_of_real_pages_may_be():
    texts = [
        (field, value)
        for page in (SEED, OVERVIEW, *real_pages())
        for (_, field, _), (value, _) in expected(page).items()
        if isinstance(value, str)
    ]
    assert len(texts) > 20
    assert [case for case in texts if unlikely(*case)] == []


# --- pay -------------------------------------------------------------------------------------------------------------


def contradictions(agreeing: int = 1, **values: int | Decimal | None) -> dict[str, set[str]]:
    names = {"mean": MEAN, "low": LOW, "high": HIGH, "hourly": HOURLY}
    known = {names[short]: value for short, value in values.items() if value is not None}
    found = list(pay(known, {MEAN: agreeing}))
    assert all(isinstance(c, Contradiction) and c.code in CODES and c.detail for c in found)
    return {code: {field for c in found if c.code == code for field in c.fields} for code in {c.code for c in found}}


@pytest.mark.parametrize(
    ("mean", "low", "high", "hourly", "agreeing", "expected"),
    [
        (None, None, None, None, 0, {}),
        (44_937, None, None, None, 1, {}),
        (44_937, 31_000, 64_000, D("21.60"), 1, {}),
        # low <= mean <= high
        (31_000, 31_000, 64_000, None, 1, {}),
        (64_000, 31_000, 64_000, None, 1, {}),
        (50_000, 50_000, 50_000, None, 1, {"unlikely_range": {LOW, HIGH}}),
        (30_999, 31_000, 64_000, None, 1, {"mean_outside_range": {MEAN, LOW, HIGH}}),
        (64_001, 31_000, 64_000, None, 1, {"mean_outside_range": {MEAN, LOW, HIGH}}),
        (64_001, 31_000, 64_000, None, 2, {"mean_outside_range": {LOW, HIGH, MEAN}}),
        (44_937, 50_000, 64_000, D("21.60"), 1, {"mean_outside_range": {LOW, HIGH, MEAN, HOURLY}}),
        (44_937, 50_000, None, None, 1, {}),
        (None, 31_000, 64_000, None, 0, {}),
        # low <= high
        (None, 31_000, 31_000, None, 0, {"unlikely_range": {LOW, HIGH}}),
        (None, 31_000, 31_001, None, 0, {}),
        (None, 31_000, 310_000, None, 0, {}),
        (None, 31_000, 310_001, None, 0, {"unlikely_range": {LOW, HIGH}}),
        (None, 31_001, 31_000, None, 0, {"range_reversed": {LOW, HIGH}}),
        (44_937, 64_000, 31_000, None, 1, {"range_reversed": {LOW, HIGH}}),
        (44_937, 64_000, 31_000, None, 2, {"range_reversed": {LOW, HIGH}}),
        # hourly x 2080 = mean to the cent: 21.60 is 44,928 and 20.01 is 41,620.80
        (44_938, None, None, D("21.60"), 1, {}),
        (44_939, None, None, D("21.60"), 1, {"hourly_differs": {HOURLY, MEAN}}),
        (44_918, None, None, D("21.60"), 1, {}),
        (44_917, None, None, D("21.60"), 1, {"hourly_differs": {HOURLY, MEAN}}),
        (41_610, None, None, D("20.01"), 1, {}),
        (41_609, None, None, D("20.01"), 1, {"hourly_differs": {HOURLY, MEAN}}),
        (44_937, None, None, D("23.49"), 2, {"hourly_differs": {HOURLY, MEAN}}),
        (44_937, None, None, D("44937"), 1, {"hourly_differs": {HOURLY, MEAN}}),
        (None, 31_000, 64_000, D("5"), 0, {"mean_outside_range": {LOW, HIGH, HOURLY}}),
        (None, 31_000, 64_000, D("14.90"), 0, {}),
        (None, 31_000, 64_000, D("14.89"), 0, {"mean_outside_range": {LOW, HIGH, HOURLY}}),
        # both at once
        (70_000, 31_000, 64_000, D("21.60"), 1, {"hourly_differs": {HOURLY, MEAN}, "mean_outside_range": {MEAN, LOW, HIGH}}),
        (70_000, 31_000, 64_000, D("21.60"), 3, {"hourly_differs": {HOURLY, MEAN}, "mean_outside_range": {MEAN, LOW, HIGH}}),
    ],
)
def test_pay(mean, low, high, hourly, agreeing, expected):
    assert contradictions(agreeing, mean=mean, low=low, high=high, hourly=hourly) == expected


@modest
@given(exact=st.decimals(2_080, 10_000_000, places=4), cents=st.sampled_from([2, 3, 10, 100]), sign=st.sampled_from([1, -1]))
def test_an_hourly_rate_fits_when_rounded_and_not_two_cents_off(exact: Decimal, cents: int, sign: int):
    mean, hourly = round(exact), round(exact / HOURS_A_YEAR, 2)
    assert contradictions(mean=mean, hourly=hourly) == {}
    assert contradictions(mean=mean, hourly=hourly + sign * D(cents) / 100) == {"hourly_differs": {HOURLY, MEAN}}


@pytest.mark.parametrize(
    ("agreeing", "hourly", "code", "said"),
    [
        (1, D("23.49"), "hourly_differs", ""),
        (2, D("23.49"), "hourly_differs", "outvoted: the hourly rate"),
        (1, None, "mean_outside_range", ""),
        (2, None, "mean_outside_range", "outvoted: the range"),
        (1, D("21.60"), "mean_outside_range", "outvoted: the range"),
    ],
)
def test_the_witness_that_stands_alone_is_named(agreeing: int, hourly: Decimal | None, code: str, said: str):
    values = {MEAN: 44_937, LOW: 50_000, HIGH: 64_000} | ({HOURLY: hourly} if hourly else {})
    details = [c.detail for c in pay(values, {MEAN: agreeing}) if c.code == code and MEAN in c.fields]
    assert len(details) == 1
    assert details[0].partition("; ")[2] == said


@modest
@given(mean=st.integers(1_000, 10**7), low=st.integers(1_000, 10**7), high=st.integers(1_000, 10**7), agreeing=st.integers(1, 3))
def test_a_mean_that_is_not_in_its_range_is_in_doubt_with_it(mean: int, low: int, high: int, agreeing: int):
    found = contradictions(agreeing, mean=mean, low=low, high=high)
    doubtful = set().union(*found.values())
    assert (MEAN in doubtful) == (low <= high and not low <= mean <= high)
    assert ({LOW, HIGH} <= doubtful) == (not low <= mean <= high or low == high or high > 10 * low)
    assert HOURLY not in doubtful


# --- shares ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "fits"),
    [
        ("", True),
        ("100", False),
        ("99.9", False),
        ("34.4 65.6", True),
        ("34.4 65.7", True),
        ("34.4 65.5", True),
        ("34.4 65.8", False),
        ("34.4 65.4", False),
        ("34 66", True),
        ("34 67", True),
        ("34 65", True),
        ("35 67", False),
        ("34 64", False),
        ("34 65.9", True),
        ("34 65.8", False),
        ("0 0", False),
        ("34.4", False),
        ("34.4 65.6 100", False),
        ("12.3 4.1 14.9 3.8 64.4 0.5", True),
        ("12.3 4.1 14.9 3.8 64.4 0.8", True),
        ("12.3 4.1 14.9 3.8 64.4 0.9", False),
        ("12.3 4.1 14.9 3.8 64.4", False),
        ("33.3333 33.3333 33.3333", True),
    ],
)
def test_shares(shares: str, fits: bool):
    found = shares_sum("demographics.race_pct", tuple(map(D, shares.split())))
    assert (found is None) == fits
    code = "lone_share" if shares == "100" else "shares_sum"
    assert fits or (found.code, found.fields) == (code, ("demographics.race_pct",))


@modest
@given(weights=st.lists(st.integers(1, 1000), min_size=2, max_size=9), places=st.integers(0, 2), at=st.integers(0, 8))
def test_rounded_shares_fit_and_a_share_left_out_or_shown_twice_does_not(weights: list[int], places: int, at: int):
    shares = [round(D(100 * weight) / sum(weights), places) for weight in weights]
    assert shares_sum("demographics.race_pct", tuple(shares)) is None
    one = shares[at % len(shares)]
    if one > 2 * (len(shares) + 1) * (D("0.5") if places == 0 else D("0.05")):
        assert shares_sum("demographics.race_pct", (*shares, one)) is not None
        shares.remove(one)
        assert shares_sum("demographics.race_pct", tuple(shares)) is not None
