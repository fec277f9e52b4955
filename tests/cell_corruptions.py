"""What can go wrong in one cell: another unit, sign, currency or number, a text cut short, more in a cell than its value."""

import re
from collections.abc import Callable
from random import Random

from tests.corruptions import AGE, DEGREE, MEANS, Change, Corruption, in_cell

NAMES = ("Highest paying City", "Best paying company", "Best paying industry", "Most common major")
SHARES = ("Gender ratio", "Race ratio")
FAILED = ("undefined", "null", "NaN", "Loading...", "{{value}}")
PERCENTS = ("Growth rate", "LGBT Percentage")
MONEY = (*MEANS, "Hourly rate")
FIGURES = (*MONEY, "Growth rate", "Number of jobs", "Job satisfaction", "Average age")
RANGE, JOBS, SCORE, CITY, STATE = (
    "Salary range",
    "Number of jobs",
    "Job satisfaction",
    "Highest paying City",
    "Highest paying state",
)
ELSEWHERE, HISTORY = "`conflict`: other pages of the same job", "drift: the fill rate of the field"
PLAIN_FIGURE, NOTHING = "a figure that nothing on the page repeats", "a cell that shows nothing, where there was something"
OTHER_SIGN, OTHER_LABEL = "a sign that was lost, or is one too many", "shares that stand beside each other's label"
OTHER_NAME = "a name that was cut, or is another name"


def to(template: str) -> Change:
    """The text in the place of {}."""
    return lambda text, random: template.format(text)


def swap(pattern: str, text: str) -> Change:
    """What a pattern finds first, replaced."""
    return lambda before, random: re.sub(pattern, text, before, count=1) if re.search(pattern, before) else None


def number(form: str, change: Callable[[float], float]) -> Change:
    """Another amount, written in a form."""
    return lambda text, random: form.format(change(float(re.sub(r"[$,%]", "", text))))


def digits_exchanged(text: str, random: Random) -> str | None:
    """Two digits beside each other that differ, exchanged; the first digit does not become 0."""
    at = [n for n in range(len(text) - 1) if (text[n : n + 2].isdigit() and text[n] != text[n + 1] and text[n + 1] != "0")]
    if not at:
        return None
    n = random.choice(at)
    return text[:n] + text[n + 1] + text[n] + text[n + 2 :]


def groups_exchanged(text: str, random: Random) -> str | None:
    found = re.fullmatch(r"(\$?)([0-9]{1,3}),([1-9][0-9]{2})", text)
    return f"{found[1]}{found[3]},{found[2]:>03}" if found else None


def other_digits(text: str, random: Random) -> str:
    return text.translate({ord("0") + n: 0x660 + n for n in range(10)})


def rotated(text: str, random: Random) -> str:
    """A list of shares whose figures stand one label further."""
    figures = re.findall(r"[0-9.]+%", text)
    turned = iter([figures[-1], *figures[:-1]])
    return re.sub(r"[0-9.]+%", lambda _: next(turned), text)


def two_exchanged(text: str, random: Random) -> str | None:
    """A list of shares, two of its figures exchanged."""
    figures = re.findall(r"[0-9.]+%", text)
    one, other = sorted(random.sample(range(len(figures)), 2))
    figures[one], figures[other] = figures[other], figures[one]
    turned = iter(figures)
    return re.sub(r"[0-9.]+%", lambda _: next(turned), text)


def one_lost(text: str, random: Random) -> str | None:
    """A list of shares without one of its larger items."""
    items = re.findall(r"[^%]+%", text)
    large = [item for item in items if float(re.findall(r"[0-9.]+", item)[0]) >= 3]
    lost = random.choice(large)
    return "".join(item for item in items if item is not lost).strip()


def range_with(low: float, high: float) -> Change:
    """A salary range with its ends multiplied."""

    def change(text: str, random: Random) -> str:
        ends = [float(end.replace(",", "")) for end in re.findall(r"[0-9,]+", text)]
        return f"Between ${ends[0] * low:,.0f} And ${ends[1] * high:,.0f}"

    return change


def ends(form: str) -> Change:
    """A salary range written otherwise, of its ends {0} and {1}."""
    return lambda text, random: form.format(*re.findall(r"\$[0-9,]+", text))


UNITS = [
    in_cell("a monthly salary, and it says so", MEANS, number("${:,.0f} per month", lambda a: a / 12)),
    in_cell("an hourly rate in the row of the year, and it says so", MEANS, number("${:.2f} per hour", lambda a: a / 2080)),
    in_cell("an hourly rate in the row of the year", MEANS, number("${:.2f}", lambda a: a / 2080)),
    in_cell("a monthly salary in the row of the year", MEANS, number("${:,.0f}", lambda a: a / 12), ),
    in_cell("a salary of two weeks in the row of the year", MEANS, number("${:,.0f}", lambda a: a / 26)),
    in_cell("a yearly salary in the row of the hour", "Hourly rate", number("${:,.0f}", lambda a: a * 2080)),
    in_cell("a daily rate in the row of the hour", "Hourly rate", number("${:,.2f}", lambda a: a * 8)),
    in_cell("a rate by the day, and it says so", "Hourly rate", to("{} per day")),
    in_cell("thousands without a sign of it", MEANS, number("${:.0f}", lambda a: a / 1000)),
    in_cell("a salary rounded to thousands", MEANS, number("${:.0f}k", lambda a: a / 1000),
        "a rounded figure that nothing on the page gives exactly is taken as it is shown", ELSEWHERE),
    in_cell("thousands as millions", MEANS, number("${:.1f}M", lambda a: a / 1000)),
    in_cell("a per cent without its sign", PERCENTS, swap("%", "")),
    in_cell("a share as a fraction", "LGBT Percentage", number("{:.2f}", lambda a: a / 100)),
    in_cell("a share of a degree as a fraction of a per cent", DEGREE, swap(r"([0-9]+)%", r"0.\1%")),
    in_cell("experience in weeks", "Years of experience", to("{} weeks")),
    in_cell("a score of ten", SCORE, number("{:g}", lambda a: a * 2 + 1)),
    in_cell("a score of ten, and it says so", SCORE, to("{}/10")),
    in_cell("a score as a per cent", SCORE, number("{:.0f}%", lambda a: a * 20)),
    in_cell("an age in months", AGE, number("{:.0f}", lambda a: a * 12)),
    in_cell("a number of jobs in thousands, and it says so", JOBS, number("{:.0f}k", lambda a: a / 1000)),
]  # fmt: skip
CURRENCIES = [
    in_cell("euros", MONEY, swap(r"\$", "€")),
    in_cell("pounds", MONEY, swap(r"\$", "£")),
    in_cell("Canadian dollars", MONEY, swap(r"\$", "C$")),
    in_cell("no currency", MONEY, swap(r"\$", "")),
    in_cell("one end of a range in euros", RANGE, swap(r"\$", "€")),
    in_cell("the currency behind, and a point between thousands", MEANS, lambda t, r: t.replace(",", ".")[1:] + " $"),
    in_cell("a point between thousands", (*MEANS, JOBS), lambda t, r: t.replace(",", ".") if "," in t else None),
    in_cell("a comma for the decimal point", ("Hourly rate", *SHARES), swap(r"\.", ",")),
]
SIGNS = [
    in_cell("a minus sign lost", "Growth rate", swap(r"^-", ""), OTHER_SIGN, ELSEWHERE),
    in_cell("a minus sign too many", "Growth rate", swap(r"^(?=[0-9])", "-"), OTHER_SIGN, ELSEWHERE),
    in_cell("a negative salary", MEANS, to("-{}")),
    in_cell("a salary in brackets", MEANS, to("({})")),
    in_cell("a negative number of jobs", JOBS, to("-{}")),
    in_cell("a negative share", SHARES, swap(r", (?=[0-9])", ", -")),
    in_cell("more than", (*MEANS, JOBS), to(">{}")),
    in_cell("about", (*MEANS, JOBS), to("~{}")),
]
DIGITS = [
    in_cell("two digits of a salary exchanged", MONEY, digits_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("two digits of a number of jobs exchanged", JOBS, digits_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("two digits of an age exchanged", AGE, digits_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("two digits of a growth rate exchanged", "Growth rate", digits_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("digit groups of a salary exchanged", MEANS, groups_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("digit groups of a number of jobs exchanged", JOBS, groups_exchanged, PLAIN_FIGURE, ELSEWHERE),
    in_cell("the last digit lost", (*MEANS, JOBS), swap(r"(,[0-9]{2})[0-9]$", r"\1")),
    in_cell("the first digit of a salary lost", MEANS, swap(r"\$[0-9](?=[1-9])", "$")),
    in_cell("the last group of a salary lost", MEANS, swap(r",[0-9]{3}$", "")),
    in_cell("the last group of a number of jobs lost", JOBS, swap(r",[0-9]{3}$", ""), PLAIN_FIGURE, ELSEWHERE),
    in_cell("ten times the salary", MEANS, number("${:,.0f}", lambda a: a * 10), PLAIN_FIGURE, ELSEWHERE),
    in_cell("ten times the number of jobs", JOBS, number("{:,.0f}", lambda a: a * 10), PLAIN_FIGURE, ELSEWHERE),
    in_cell("a letter for a digit", (*MONEY, JOBS), swap(r"[01]", "O")),
    in_cell("digits of another script", FIGURES, other_digits),
    in_cell("the decimal point lost in a rate", "Hourly rate", swap(r"\.", "")),
    in_cell("the decimal point lost in a score", SCORE, swap(r"\.", "")),
    in_cell("the decimal point lost in a share", SHARES, swap(r"\.", "")),
    in_cell("a blank within a figure", (*MEANS, JOBS), swap(r",", " ")),
    in_cell("the low end of a range changed", RANGE, range_with(0.7, 1), PLAIN_FIGURE, ELSEWHERE),
    in_cell("the high end of a range changed", RANGE, range_with(1, 1.3), PLAIN_FIGURE, ELSEWHERE),
    in_cell("ten times the high end of a range", RANGE, range_with(1, 10)),
    in_cell("a tenth of the low end of a range", RANGE, range_with(0.1, 1)),
    in_cell("a range turned round", RANGE, ends("Between {1} And {0}")),
    in_cell("a range of one figure", RANGE, ends("Between {0} And {0}")),
    in_cell("a range whose end is lost", RANGE, ends("Between {0} And")),
    in_cell("one end of a range alone", RANGE, ends("{0}")),
    in_cell("another satisfaction", SCORE, number("{:.2f}", lambda a: 6.1 - a), PLAIN_FIGURE, ELSEWHERE),
    in_cell("another experience", "Years of experience", number("{:.0f}", lambda a: a + 1)),
    in_cell("another share of a degree", DEGREE, swap(r"[0-9](?=%)", "5"), PLAIN_FIGURE, ELSEWHERE),
    in_cell("another share of people", "LGBT Percentage", swap(r"^", "1"), PLAIN_FIGURE, ELSEWHERE),
]
CUTS = [
    in_cell("a figure with an ellipsis", FIGURES, lambda t, r: t[:-1] + "…"),
    in_cell("a name with an ellipsis", NAMES, lambda t, r: t[:-2] + "…"),
    in_cell("a name with three points", NAMES, lambda t, r: t[:-2] + "..."),
    in_cell("a name cut without a sign", NAMES, lambda t, r: t[:-2], OTHER_NAME, ELSEWHERE),
    in_cell("a share list that lost an item", SHARES, one_lost),
    in_cell("a share list cut within a figure", SHARES, lambda t, r: t[:-2]),
    in_cell("a share list cut within a label", SHARES, lambda t, r: t.rpartition(",")[0][:-1]),
    in_cell("an empty cell", FIGURES, to(""), NOTHING, HISTORY, by_sum=False),
    in_cell("a dash in the place of a value", FIGURES, lambda t, r: "-", NOTHING, HISTORY, by_sum=False),
    in_cell("a word for a failed script", FIGURES + NAMES, lambda t, r: r.choice(FAILED)),
]  # fmt: skip
SHARE_LISTS = [
    in_cell("a share twice", SHARES, lambda t, r: f"{t} {re.findall('[^%]+%', t)[0]}"),
    in_cell("two shares exchanged", SHARES, two_exchanged, OTHER_LABEL, ELSEWHERE),
    in_cell("all shares one label further", "Race ratio", rotated),
    in_cell("a share too large", SHARES, swap(r" ([0-9]+)\.", r" 1\1.")),
    in_cell("a label that is none of the list", SHARES, swap(r"Male|White", "Martian")),
    in_cell("labels in another language", "Gender ratio", lambda t, r: t.replace("Female", "Mujeres").replace("Male", "Hombres")),
    in_cell("a degree in another language", DEGREE, swap(r"^[^,]+", "Licenciatura")),
    in_cell("one share alone", "Gender ratio", lambda t, r: re.sub(r"[0-9.]+", "100", t.split("% ")[0] + "%")),
]
NAMES_GLUED = [
    in_cell("a rank before a name", NAMES, lambda t, r: r.choice(("1. {}", "#1 {}", "2) {}", "1 {}")).format(t)),
    in_cell("a link behind a name", NAMES, lambda t, r: r.choice(("{} See jobs", "{} · Apply now", "{} View jobs")).format(t)),
    in_cell("a count behind a name", NAMES, lambda t, r: r.choice(("{} 1,204 jobs", "{} (12 openings)", "{} 4.2")).format(t)),
    in_cell("a badge before a name", NAMES, lambda t, r: r.choice(("New! {}", "Sponsored: {}", "★ {}")).format(t)),
    in_cell("markup in a name", NAMES, to("<b>{}</b>")),
    in_cell("two names in a cell", NAMES, to("{} Google"), OTHER_NAME, ELSEWHERE),
    in_cell("a letter of another script in a name", NAMES, lambda t, r: t.replace("e", "\u0435", 1) if "e" in t else None),
    in_cell("a name in another script", (*NAMES, STATE), lambda t, r: "Мэриленд"),
    in_cell("letters that were wrongly decoded", (*NAMES, STATE), lambda t, r: t + "Ã©"),
    in_cell("a name in another language", ("Most common major", "Best paying industry"), lambda t, r: "Negocios",
        OTHER_NAME, ELSEWHERE),
    in_cell("another name", ("Best paying company", CITY), lambda t, r: "Austin, TX" if "," in t else "Initech",
        OTHER_NAME, ELSEWHERE),
    in_cell("another state", STATE, lambda t, r: "Ohio", OTHER_NAME, ELSEWHERE),
    in_cell("a city in no state", CITY, lambda t, r: t[:-2] + "ZZ"),
    in_cell("a city in another state", CITY, lambda t, r: t[:-2] + "OH", OTHER_NAME,
        "`unknown`: there is no such city in the state"),
    in_cell("a state that is none", STATE, lambda t, r: "Maryl"),
    in_cell("a degree for a major", "Most common major", lambda t, r: "Bachelor's Degree"),
    in_cell("a college for a major", "Most common major", lambda t, r: "Ohio State University"),
    in_cell("a state for a company", "Best paying company", lambda t, r: "Maryland"),
    in_cell("an industry for a company", "Best paying company", lambda t, r: "Retail"),
    in_cell("a city for an industry", "Best paying industry", lambda t, r: "Boston, MA"),
    in_cell("a figure for a name", NAMES, lambda t, r: "$44,937"),
    in_cell("two values in a cell", FIGURES, to("{0} {0}")),
]  # fmt: skip
CELLS: list[Corruption] = [*UNITS, *CURRENCIES, *SIGNS, *DIGITS, *CUTS, *SHARE_LISTS, *NAMES_GLUED]
