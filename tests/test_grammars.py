"""Each value grammar: what pages write is read exactly, all else is refused with a reason, in linear time."""

import re
from decimal import Decimal
from functools import partial
from itertools import product
from random import Random
from time import thread_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normalize.errors import Refusal
from normalize.grammars import duration, money, names, numbers, shares
from normalize.grammars.duration import Duration
from normalize.grammars.money import Money

D = Decimal
GRAMMARS = {
    **{name: getattr(money, name) for name in ("money", "dollars_a_year", "dollars_an_hour", "dollar_range")},
    **{name: getattr(numbers, name) for name in ("percent", "count", "age", "score", "experience")},
    **{name: getattr(shares, name) for name in ("labelled_percents", "label_and_percent")},
    **{name: getattr(names, name) for name in ("name", "skill")},
    "duration": duration.duration,
}
SHARES = ("labelled_percents", "label_and_percent")
NUMERIC = tuple(name for name in GRAMMARS if name not in ("name", "skill"))
SIGNLESS = tuple(name for name in NUMERIC if name != "percent" and name not in SHARES)

DASHES = "-‐‑‒–—―−﹘﹣－"
SPACES = (" ", "\u00a0", "\u202f", "\u2009", "\u3000", "  ", "\n", "\t\r\n")
UNSEEN = "\u00ad\u200b\u200d\u200e\u2060\ufeff"
PERIODS = {
    "": ("",),
    "year": (" per year", " a year", "/yr", "/year", " yearly", " annually", " per annum", " p.a."),
    "month": (" per month", "/mo", " monthly"),
    "week": (" per week", "/wk", " weekly"),
    "hour": (" per hour", " an hour", "/hr", " hourly"),
}
LABELS = ("Male", "Non-binary", "Two or more races", "American Indian/Alaska Native", "Bachelor's Degree", "Latino (any)", "São")
WORDS = ("Virginia", "Beach,", "VA", "AT&T", "O’Reilly", "7-Eleven", "Wal–Mart", "C++", "401(k)", "São", "3M", "and")

modest = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dressed(text: str, random: Random, name: bool = False) -> str:
    """The same text in other clothes: spaces, dashes and apostrophes of all kinds, and characters that nobody sees. A name
    keeps its signs and its line."""
    spaces = [space for space in SPACES if not name or "\n" not in space]
    other = {" ": lambda: random.choice(spaces)}
    if not name:
        other |= {"-": lambda: random.choice(DASHES), "'": lambda: random.choice("'’‘′")}
    worn = [other.get(c, partial(str, c))() + (random.choice(UNSEEN) if random.random() < 0.1 else "") for c in text]
    return random.choice(("", *SPACES)) + "".join(worn) + random.choice(("", *SPACES))


# --- texts as pages write them, each with its value ------------------------------------------------------------------


def figures(high: int, places: int) -> st.SearchStrategy[str]:
    whole = st.integers(0, high).map(str)
    return whole | st.integers(1, places).flatmap(lambda n: st.decimals(0, high, places=n).map(lambda d: f"{d:f}"))


def suffixed(numbers: st.SearchStrategy[str], *suffixes: str) -> st.SearchStrategy[tuple[str, D]]:
    cases = st.sampled_from((str, str.upper, str.title))
    return st.builds(lambda n, s, case: (n + case(s), D(n)), numbers, st.sampled_from(suffixes), cases)


@st.composite
def amounts(draw, periods: tuple[str, ...], tails: tuple[str, ...] = ("",), scales: str = "  kKM") -> tuple[str, Money]:
    whole, tail = draw(st.integers(0, 999_999_999)), draw(st.sampled_from(tails))
    scale = draw(st.sampled_from(scales)).strip()
    factor = {"": 1, "k": 1000, "m": 1_000_000}[scale.lower()]
    digits = draw(st.sampled_from((f"{whole:,}", f"{whole}")))
    period = draw(st.sampled_from(periods))
    sign, suffix = draw(st.sampled_from(("$", "$ ", "US$", "US $", "USD "))), draw(st.sampled_from(PERIODS[period]))
    return f"{sign}{digits}{tail}{scale}{suffix}", Money(D(f"{whole}{tail}") * factor, period)


@st.composite
def ranges(draw) -> tuple[str, tuple[int, int]]:
    scale = draw(st.sampled_from(" kM"))
    (low, a), (high, b) = draw(amounts(("",), scales=scale)), draw(amounts(("", "year"), scales=scale))
    form = draw(st.sampled_from(("Between {} And {}", "{} - {}", "{}-{}", "{} to {}", "From {} to {}", "from {} - {}")))
    case = draw(st.sampled_from((str, str.upper, str.lower)))
    return case(form).format(low, high), (int(a.amount), int(b.amount))


@st.composite
def spans(draw) -> tuple[str, Duration]:
    low, high = sorted(draw(st.tuples(st.integers(0, 999), st.integers(0, 999))))
    unit = draw(st.sampled_from(("months", "years")))
    closed, open_ended = ("{}-{}", "{} - {}", "{} to {}"), ("more than {}", "over {}", "at least {}", "{}+", "{} or more")
    form = draw(st.sampled_from((*closed, *open_ended, "{}")))
    case = draw(st.sampled_from((str.lower, str.upper, str.title)))
    top = high if form in closed else low if form == "{}" else None
    return case(f"{form.format(low, high)} {unit}"), Duration(D(low), None if top is None else D(top), unit)


@st.composite
def share_lists(draw, most: int = len(LABELS)) -> tuple[str, tuple[tuple[str, D], ...]]:
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=most, unique=True))
    pairs = [(label, draw(figures(100, 4))) for label in labels]
    form = draw(st.sampled_from(("{l}, {p}%", "{l} {p}%", "{l}: {p}%", "{l} ({p}%)", "{l} - {p} %", "{p}% {l}", "{p} %: {l}")))
    glue = draw(st.sampled_from((" ", ", ", "; ")))
    return glue.join(form.format(l=label, p=pct) for label, pct in pairs), tuple((label, D(pct)) for label, pct in pairs)


labels = st.sampled_from(LABELS)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join).filter(lambda text: re.search("[a-zA-Z]", text))
TEXTS = {
    "money": amounts(tuple(PERIODS), ("", ".5", ".00", ".79")),
    "dollars_a_year": amounts(("", "year"), ("", ".00")).map(lambda case: (case[0], int(case[1].amount))),
    "dollars_an_hour": amounts(("", "hour"), ("", ".5", ".79")).map(lambda case: (case[0], case[1].amount)),
    "dollar_range": ranges(),
    "percent": st.builds(
        lambda sign, case: (sign + case[0], -case[1] if sign == "-" else case[1]),
        st.sampled_from(("", "+", "-")),
        suffixed(figures(999, 4), "%", " %", " percent", " per cent"),
    ),
    "count": st.integers(0, 10**12 - 1).flatmap(lambda n: st.sampled_from(((f"{n:,}", n), (f"{n}", n)))),
    "age": suffixed(figures(120, 2), "", " years", " years old", " yrs", " year"),
    "score": suffixed(figures(5, 3), "", "/5", " / 5", " out of 5"),
    "experience": st.sampled_from((("", ""), (" years", "years"), (" yr", "years"), (" months", "months"))).flatmap(
        lambda unit: suffixed(figures(99, 2), unit[0]).map(lambda case: (case[0], (case[1], unit[1])))
    ),
    "duration": spans(),
    "labelled_percents": share_lists(),
    "label_and_percent": share_lists(1).map(lambda case: (case[0], case[1][0]))
    | labels.map(lambda label: (label, (label, None))),
    "name": words.map(lambda text: (text, text)),
    "skill": words.map(lambda text: (text, text)),
}


@pytest.mark.parametrize("name", GRAMMARS)
@modest
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_what_pages_write_is_read_exactly(name: str, data: st.DataObject, random: Random):
    text, value = data.draw(TEXTS[name])
    assert GRAMMARS[name](dressed(text, random, name=name not in NUMERIC)) == value


# --- everything else -------------------------------------------------------------------------------------------------


def finite(value: object) -> bool:
    if isinstance(value, Money | Duration):
        return all(finite(getattr(value, part)) for part in value.__dataclass_fields__)
    if isinstance(value, tuple):
        return all(map(finite, value))
    if isinstance(value, D):
        return value.is_finite()
    return value is None or isinstance(value, str) or (type(value) is int and 0 <= value < 2**63)


def check_taken_or_refused(name: str, text: str) -> None:
    try:
        result: object = GRAMMARS[name](text)
    except Refusal as refusal:
        result = refusal
    if isinstance(result, Refusal):
        assert re.fullmatch("[a-z_]+", result.reason)
    else:
        assert finite(result)


SIGNS = "x$€£()[]~<>±_=?*%.,-−/\\|'\"0٣３²½\0\ud800\U0010ffff"
JUNK = (*SIGNS, "--", "e5", "1e400", "inf", "nan", "1_000", "1,00,0", " and ", "CAD")


@pytest.mark.parametrize("name", GRAMMARS)
@modest
@given(text=st.text(st.sampled_from(SIGNS) | st.characters()) | st.lists(st.sampled_from(JUNK)).map("".join))
def test_any_text_is_taken_or_refused(name: str, text: str):
    check_taken_or_refused(name, text)


@pytest.mark.parametrize("name", GRAMMARS)
@modest
@given(data=st.data(), junk=st.sampled_from(JUNK), drop=st.booleans())
def test_a_near_miss_is_taken_or_refused(name: str, data: st.DataObject, junk: str, drop: bool):
    text, _ = data.draw(TEXTS[name])
    at = data.draw(st.integers(0, len(text)))
    check_taken_or_refused(name, text[:at] + junk + text[at + drop :])


@pytest.mark.parametrize("name", NUMERIC)
@modest
@given(data=st.data(), zero=st.sampled_from("٠۰०０𝟎"))
def test_other_digits_are_refused(name: str, data: st.DataObject, zero: str):
    text, _ = data.draw(TEXTS[name].filter(lambda case: re.search("[0-9]", case[0])))
    at = data.draw(st.sampled_from([m.start() for m in re.finditer("[0-9]", text)]))
    with pytest.raises(Refusal):
        GRAMMARS[name](text[:at] + chr(ord(zero) + int(text[at])) + text[at + 1 :])


BEFORE = (*DASHES, *"+([<>~±≈_#*xe=€£", "--", "CA")
BEHIND = (*DASHES, *")]>~±_#*x?!=€£", "%%", "--", "e5", "_0", ",0", " CAD", " EUR", " - ")


@pytest.mark.parametrize(("name", "before"), [(name, before) for name in SIGNLESS for before in (True, False)])
@modest
@given(data=st.data())
def test_signs_and_words_around_are_refused(name: str, before: bool, data: st.DataObject):
    text, _ = data.draw(TEXTS[name])
    junk = data.draw(st.sampled_from(BEFORE if before else BEHIND))
    with pytest.raises(Refusal):
        GRAMMARS[name](junk + text if before else text + junk)


# fmt: off
GENDERS = (("Male", D("34.4")), ("Female", D("65.6")))
TAKEN = {
    "money": {"$0": Money(D(0)), "$45.05k": Money(D(45050)), "$20.79 USD/hr": Money(D("20.79"), "hour")},
    "percent": {"-0%": D(0), "−8%": D(-8), "8 per cent": D(8), "100%": D(100), "0%": D(0)},
    "dollar_range": {"$64,000 - $31,000": (64_000, 31_000), "Between $31,000 And $64,000": (31_000, 64_000)},
    "duration": {"More than 10 years": Duration(D(10), None, "years"), "1.5-2 years": Duration(D("1.5"), D(2), "years")},
    "labelled_percents": dict.fromkeys((
        "Male, 34.4% Female, 65.6%", "Male, 34.4%Female, 65.6%", "Male 34.4%\nFemale 65.6%.", "34.4% Male, 65.6% Female",
    ), GENDERS),
    "label_and_percent": {"Ph.D., 5%": ("Ph.D.", D(5)), "Bachelor’s Degree": ("Bachelor's Degree", None)},
    "name": {
        **{name: name for name in ("84 Lumber", "See's Candies", "Newegg", "Sponsors Inc", "Yahoo!", "St. Louis, MO", "A/B")},
        " Washington,\n DC ": "Washington, DC", "O’Reilly – West": "O’Reilly – West", "x" * 200: "x" * 200,
    },
    "skill": {name: name for name in ("Work In Process", "Open Positions", "C++", "C", "401(k)", "G&A")},
}
REFUSED = {
    "money": {
        "no_currency": "44,937|44937|44.9",
        "other_currency": "€5|£5|C$5|CA$5|A$5|$5 CAD|CAD 5|5 EUR|¥5",
        "not_money": "|-|$|-$5|$-5|($5)|$5-|$1,00,0|$1,2345|$1_000|$1e5|$inf|$.5|$5.|$44.937|$44 937|NZ$5|$5 $6|$5/day|$٥",
    },
    "dollars_a_year": {"wrong_period": "$20 per hour|$5 monthly|$45k a week", "not_whole_dollars": "$44,937.50|$20.79"},
    "dollars_an_hour": {"wrong_period": "$44,937 per year|$45k/yr|$5/wk", "no_currency": "20.79"},
    "dollar_range": {
        "not_a_range": "$31,000|-$31,000 - $64,000|31,000 - 64,000|between $5|$5 -|$5 and $6",
        "not_money": "$5 - -$6|$5 - - $6|$5 to $6 to $7|between $5 and $6 and $7|between $5 and ($6)",
        "unclear_scale": "$31 - $64k|$31k - 64,000|Between $1m and $2k",
        "wrong_period": "$31 - $64 per hour|$5/hr - $6|$5/yr - $6/mo", "no_currency": "between 5k and $6k",
    },
    "percent": {
        "no_percent_sign": "8|34.4", "not_a_percent": "|%|-8|--8%|- 8%|8-%|(8%)|8,5%|.8%|8.%|1e5%|5-8%|<1%|8%%|8％|nan%|▼8%",
    },
    "count": {"not_a_count": "|-5|+5|1,00,0|12,34|1.236.194|1 236|17k|1e5|5.0|5+|~5|5 jobs lost"},
    "age": {"not_an_age": "|-46|46+|46-50|46 months|4 6|46.|.5|46%|1e2"},
    "score": {"not_a_score": "|-3|4/10|3/4|4/5/5|3,67|3.6789|4%|four"},
    "experience": {"not_experience": "|-4|4+|4-6 years|12 days|12 months old|4 4 years"},
    "duration": {
        "not_a_duration": "|6-12|-6 months|6--12 months|up to 2 years|6 months - 1 year|over 1-2 years|over 5+ year",
        "range_reversed": "12-6 months", "not_whole_months": "0.5 months|0.55 years|1-1.3 years",
    },
    "labelled_percents": {
        "not_shares": "|Male|50%|Male 5|Male, 34,4%|Male 1 34%|Male, 5% Female|Male (5% Female 6%|Male, 5% 6%|Male, 1e5%|"
        "Male, -34.4% Female, 65.6%|Male (-5%)|50% Male, -50% Female|Male −5% Female 95%|Male .5% Female 99.5%",
        "duplicate_label": "Male, 5% Male, 95%|Male, 5% MALE, 95%",
    },
    "label_and_percent": {
        "not_shares": "|58%|Bachelor 5|Bachelor, -5%|Bachelor -5%|Bachelor .5%|Bachelor, 5% Master, 6%|Bachelor $5",
    },
    "name": {
        "looks_like_a_figure": "|-|–|$5|50%|12 - 34|1,234|£|5 €|...",
        "control_character": "a\0b|a\x1bb|\ud800|a\ue000", "too_long": "x" * 201,
        "cut_short": "Southern New Hampshire Univ…|Virginia Bea...|Accenture..", "markup": "<b>Accenture</b>|Accenture*",
        "more_than_a_name": "1. Accenture|#1 Accenture|# 12 Law|2) Law|Accenture See jobs|Accenture see open jobs|Law Apply now|"
        "Accenture · Google|Accenture / Google|Accenture → Law|★ Accenture|• Law|Accenture 1,204 jobs|Accenture (12 openings)|"
        "Accenture 4.2|New! Law|Sponsored: Accenture|Jobs at Accenture|Accenture is hiring",
    },
    "skill": {"looks_like_a_figure": "|\u200b|----|…|+", "control_character": "a\x1b[31m", "too_long": "x" * 201},
}
# fmt: on


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, cases in TAKEN.items() for text in cases])
def test_taken(name: str, text: str):
    assert GRAMMARS[name](text) == TAKEN[name][text]


@pytest.mark.parametrize(
    ("name", "reason", "text"),
    [(name, reason, text) for name, cases in REFUSED.items() for reason, texts in cases.items() for text in texts.split("|")],
)
def test_refused(name: str, reason: str, text: str):
    with pytest.raises(Refusal) as refusal:
        GRAMMARS[name](text)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("name", ["dollar_range", "dollars_a_year", "label_and_percent"])
def test_a_refusal_carries_the_whole_text(name: str):
    with pytest.raises(Refusal) as refusal:
        GRAMMARS[name](" $5 to $6 to $7 %")
    assert refusal.value.text == " $5 to $6 to $7 %"


@pytest.mark.parametrize("text", ["$999,999,999,999,999m", "$999,999,999,999k", "$999999999999M"])
def test_whole_dollars_fit_the_database_or_are_refused(text: str):
    check_taken_or_refused("dollars_a_year", text)
    check_taken_or_refused("dollar_range", f"$1 - {text}")


SIZES = (2_500, 25_000)  # each against four times as much; the small one first, so that a slow grammar fails soon
PUMPS = [
    ("", "1", ""), ("$", "1,", "x"), ("$1", " ", "x"), ("between $1", " and $1", ""), ("$", "- ", "-"), ("US", "to ", " to"),
    ("", "Male ", ""), ("", "a, 1% ", "!"), ("1%", " a", "!"), ("a", " (", "1%"), ("", "\u200b ", "x"), ("1", "-1", " years"),
    ("-", "\u00a0", "-"), ("", "-", "x"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAMMARS)
def test_no_text_takes_more_than_linear_time(name: str):
    def seconds(text: str) -> float:
        start = thread_time()
        check_taken_or_refused(name, text)
        return thread_time() - start

    for size, (head, unit, tail) in product(SIZES, PUMPS):
        short, long = (head + unit * (length // len(unit)) + tail for length in (size, 4 * size))
        times: list[tuple[float, float]] = []
        for tries in (4, 12, 40):  # a busy machine gets more of them: the least of each is what counts
            times += [(seconds(short), seconds(long)) for _ in range(tries)]
            ratio = min(slow for _, slow in times) / min(quick for quick, _ in times)
            if ratio < 9:
                break
        assert ratio < 9, f"four times {head + unit!r}... takes {ratio:.1f} times as long"
