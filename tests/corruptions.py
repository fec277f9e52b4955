"""Single corruptions of real figures: what a broken layout, a bad transfer or a wrong page does to one of them.

Each knows what it touches, and whether another witness on that page could know (`detectable`). What no witness can know carries
the words of `docs/what-we-cannot-detect.md`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random

from tests.figures import OVERVIEW, SEED, Figures, as_html, real_pages

SIDES = ("left", "right")
MEANS, DEGREE, AGE = ("Yearly salary", "Average salary"), ("Most common degree",), ("Average age",)
FIELDS = {
    "Yearly salary": ("salary.annual_mean_usd",),
    "Average salary": ("salary.annual_mean_usd",),
    "Hourly rate": ("salary.hourly_mean_usd",),
    "Salary range": ("salary.annual_low_usd", "salary.annual_high_usd"),
    "Highest paying City": ("salary.best_city",),
    "Highest paying state": ("salary.best_state",),
    "Best paying company": ("salary.best_company",),
    "Best paying industry": ("salary.best_industry",),
    "Most common degree": ("education.degree", "education.degree_pct"),
    "Most common major": ("education.major",),
    "Most common college": ("education.college",),
    "Average age": ("demographics.age_mean",),
    "Gender ratio": ("demographics.gender_pct",),
    "Race ratio": ("demographics.race_pct",),
    "LGBT Percentage": ("demographics.lgbt_pct",),
    "Growth rate": ("outlook.growth_pct",),
    "Number of jobs": ("outlook.jobs",),
    "Job satisfaction": ("outlook.satisfaction",),
    "Years of experience": ("outlook.experience_years",),
}
TIMES = ("outlook.time_to_become_min_months", "outlook.time_to_become_max_months")
MADE_UP = Figures(
    left="Harbor Pilot",
    right="Tide Gauge Reader",
    tables={
        "overview": (
            ("Yearly salary", "$71,302", "$38,461"),
            ("Hourly rate", "$34.28", "$18.49"),
            ("Growth rate", "13%", "-14%"),
            ("Number of jobs", "12,874", "3,609"),
            ("Job satisfaction", "4.1", "3.25"),
            ("Most common degree", "Bachelor's Degree, 47%", "Associate Degree, 36%"),
            ("Average age", "51", "37"),
            ("Years of experience", "6", "12"),
        ),
        "salary": (
            ("Average salary", "$71,302", "$38,461"),
            ("Salary range", "Between $49,000 And $103,000", "Between $27,000 And $54,000"),
            ("Highest paying City", "Baltimore, MD", "Seattle, WA"),
            ("Highest paying state", "Louisiana", "Oregon"),
            ("Best paying company", "Crowley", "Fugro"),
            ("Best paying industry", "Transportation", "Government"),
        ),
        "education": (
            ("Most common degree", "Bachelor's Degree, 47%", "Associate Degree, 36%"),
            ("Most common major", "Business", "Geography"),
            ("Most common college", "University of Washington", "-"),
        ),
        "demographics": (
            ("Average age", "51", "37"),
            ("Gender ratio", "Male, 91.3% Female, 8.7%", "Male, 55.2% Female, 44.8%"),
            (
                "Race ratio",
                "Black or African American, 7.1% Unknown, 3.2% Hispanic or Latino, 10.4% Asian, 4.6% White, 74.0% "
                "American Indian and Alaska Native, 0.7%",
                "Black or African American, 9.8% Unknown, 4.4% Hispanic or Latino, 16.3% Asian, 8.2% White, 60.4% "
                "American Indian and Alaska Native, 0.9%",
            ),
            ("LGBT Percentage", "4%", "11%"),
        ),
    },
    times=("4-6 years", "6-12 months"),
    pay=("$71,302", "$38,461"),
    skills=(("radar", "ship handling", "tug boats"), ("data entry", "field work", "calibration")),
)
Touched = frozenset[tuple[str, str]]
Cell = tuple[str, str, int]
"""Section, label and side (0 left, 1 right) of a cell."""


@dataclass(frozen=True)
class Corrupted:
    """A page with one thing wrong; `touched` are the sides and fields that it concerns, none where it is the whole page."""

    body: bytes
    url: str
    touched: Touched
    detectable: bool = True


@dataclass(frozen=True)
class Corruption:
    """`apply` gives None where the page has nothing to corrupt in this way. `blind` says in words what no witness of a page
    can know, and `caught_by` what does: both empty for what every page shows."""

    name: str
    apply: Callable[[Figures, Random], Corrupted | None]
    blind: str = ""
    caught_by: str = ""


@dataclass(frozen=True)
class Copy:
    """A corrupted page as a file."""

    name: str
    url: str
    body: bytes
    corruption: str
    touched: Touched
    detectable: bool


def pages() -> list[Figures]:
    """Figures of real pages, two of them wherever the tests run; those two without sentences as well, one table alone, and all
    tables of two jobs that are made up."""
    mute = [replace(page, times=None, pay=None, skills=None) for page in (SEED, OVERVIEW)]
    short = replace(mute[1], tables={"overview": tuple(row for row in OVERVIEW.tables["overview"] if row[0] != "Hourly rate")})
    rest = replace(SEED, tables={section: rows for section, rows in SEED.tables.items() if section != "salary"})
    return [SEED, OVERVIEW, MADE_UP, *mute, short, rest, *real_pages()]


def corrupted_copies(n: int, seed: int = 0) -> Iterator[Copy]:
    """`n` pages with one corruption each, every corruption in turn, on pages and in markups as they come. Each stands at an
    address, and the same address comes often."""
    from tests.corruption_list import CORRUPTIONS

    random, known = Random(seed), pages()
    for number, corruption in zip(range(n), cycle(CORRUPTIONS), strict=False):
        random.shuffle(known)
        case = next(filter(None, (corruption.apply(page, random) for page in known)))
        yield Copy(f"{number:04}", case.url, case.body, corruption.name, case.touched, case.detectable)


def render(page: Figures, random: Random) -> bytes:
    """The page as HTML, in a markup that reads the same."""
    row, head = random.choice(("td", "th")), random.choice(("same", "thead"))
    order = random.choice(("label left right", "left right label", "label right left"))
    return as_html(page, row=row, order=order, head=head)


# --- cells -----------------------------------------------------------------------------------------------------------------


def cells(page: Figures, *labels: str) -> list[Cell]:
    """The cells below some labels (all where none is named) that hold a value."""
    return [
        (section, label, side)
        for section, rows in page.tables.items()
        for label, *texts in rows
        for side, text in enumerate(texts)
        if text != "-" and (not labels or label in labels)
    ]


def text_of(page: Figures, cell: Cell) -> str:
    """What a cell says."""
    section, label, side = cell
    return next(row[side + 1] for row in page.tables[section] if row[0] == label)


def with_text(page: Figures, cell: Cell, text: str) -> Figures:
    """The page with another text in a cell."""
    section, label, side = cell
    return page.with_cell(label, **{SIDES[side]: text}, section=section)


def touched(*cells: Cell) -> Touched:
    """The sides and fields of cells."""
    return frozenset((SIDES[side], field) for _, label, side in cells for field in FIELDS[label])


def others(page: Figures, cell: Cell, by_sum: bool = True) -> list[str]:
    """The texts of other cells and sentences that say the same thing as a cell; `by_sum` the hourly rate and the mean of each
    other, and the time to become of the experience."""
    _, label, side = cell
    related = (label,)
    if label in MEANS:
        related = (*MEANS, "Hourly rate") if by_sum else MEANS
    elif label == "Hourly rate" and by_sum:
        related = (*MEANS, "Hourly rate")
    found = [text_of(page, c) for c in cells(page, *related) if c[2] == side and c != cell]
    if page.pay and set(related) & set(MEANS):
        found.append(page.pay[side])
    if by_sum and page.times and label == "Years of experience":
        found.append(page.times[side])
    return found


Change = Callable[[str, Random], str | None]


def in_cell(
    name: str, labels: tuple[str, ...] | str, change: Change, blind: str = "", caught_by: str = "", by_sum: bool = True
) -> Corruption:
    """Another text in one cell. With `blind` it may pass for a value, and only another witness can know."""
    wanted = (labels,) if isinstance(labels, str) else labels

    def apply(page: Figures, random: Random) -> Corrupted | None:
        found = cells(page, *wanted)
        random.shuffle(found)
        for cell in found:
            before = text_of(page, cell)
            after = change(before, random)
            if after is not None and after != before:
                body = render(with_text(page, cell, after), random)
                return Corrupted(body, page.url, touched(cell), not blind or bool(others(page, cell, by_sum)))
        return None

    return Corruption(name, apply, blind, caught_by)


def in_page(
    name: str,
    change: Callable[[Figures, Random], tuple[Figures, Touched, bool] | None],
    blind: str = "",
    caught_by: str = "",
) -> Corruption:
    """Another page in place of the page: the new figures, what they touch, and whether a witness could know."""

    def apply(page: Figures, random: Random) -> Corrupted | None:
        changed = change(page, random)
        if not changed or changed[0] == page:
            return None
        return Corrupted(render(changed[0], random), page.url, changed[1], changed[2])

    return Corruption(name, apply, blind, caught_by)


# --- columns and rows ------------------------------------------------------------------------------------------------------


def exchanged(page: Figures, section: str, *labels: str) -> Figures:
    """The page with left and right exchanged in a table, or in some of its rows."""
    rows = tuple((r[0], r[2], r[1]) if not labels or r[0] in labels else r for r in page.tables[section])
    return replace(page, tables=page.tables | {section: rows})


def differing(page: Figures, section: str) -> list[str]:
    """The labels of a table of which both jobs have a value, not the same, and another table or a sentence has them too."""
    found = []
    for label, left, right in page.tables[section]:
        same = MEANS if label in MEANS else (label,)
        rows = [row for other, rows in page.tables.items() if other != section for row in rows]
        elsewhere = [row for row in rows if row[0] in same and "-" not in row[1:]]
        if left != right and "-" not in (left, right) and (elsewhere or (label in MEANS and page.pay)):
            found.append(label)
    return found


def of_table(page: Figures, section: str, side: int | None = None) -> Touched:
    """The sides and fields of a table, on one side or both."""
    sides = (0, 1) if side is None else (side,)
    return touched(*((section, row[0], s) for row in page.tables[section] for s in sides if row[s + 1] != "-"))


def with_column(page: Figures, section: str, side: int, texts: list[str]) -> Figures:
    """The page with another column in a table."""
    rows = [list(row) for row in page.tables[section]]
    for row, text in zip(rows, texts, strict=True):
        row[side + 1] = text
    return replace(page, tables=page.tables | {section: tuple((r[0], r[1], r[2]) for r in rows)})
