"""The figures of a comparison page, the pages that show them in many markups, and the facts that they must give.

The oracle is deliberately naive: it knows the few forms in which figures are written down here, and nothing of the code
that it checks.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from normalize.facts import Reading

Rows = tuple[tuple[str, str, str], ...]
Expected = dict[tuple[str, str, str], tuple[object, str]]
REAL_PAGES = Path(__file__).parents[2] / "shared" / "data" / "real_pages.jsonl"


@dataclass(frozen=True)
class Figures:
    """All that one page says: titles, tables (by section) and what its sentences carry."""

    left: str
    right: str
    tables: dict[str, Rows]
    times: tuple[str, str] | None = None
    pay: tuple[str, str] | None = None
    skills: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    slugs: tuple[str, str] = ("", "")
    prose: tuple[str, str] = ("", "")

    @property
    def url(self) -> str:
        left, right = (s or t.lower().replace(" ", "-") for s, t in zip(self.slugs, (self.left, self.right), strict=True))
        return f"https://www.zippia.com/{left}-jobs/{left}-vs-{right}-differences"

    def with_cell(self, label: str, left: str | None = None, right: str | None = None, section: str = "") -> "Figures":
        """The same page with another text in one row."""

        def changed(row: tuple[str, str, str]) -> tuple[str, str, str]:
            return (row[0], row[1] if left is None else left, row[2] if right is None else right)

        tables = {
            name: tuple(changed(row) if row[0] == label and section in ("", name) else row for row in rows)
            for name, rows in self.tables.items()
        }
        return replace(self, tables=tables)


SEED = Figures(
    left="Account Resolution Analyst",
    right="Loss Mitigation Specialist",
    tables={
        "salary": (
            ("Average salary", "$44,937", "$43,251"),
            ("Salary range", "Between $31,000 And $64,000", "Between $34,000 And $54,000"),
            ("Highest paying City", "-", "Virginia Beach, VA"),
            ("Highest paying state", "-", "Maryland"),
            ("Best paying company", "-", "Accenture"),
            ("Best paying industry", "-", "Professional"),
        ),
        "education": (
            ("Most common degree", "Bachelor's Degree, 58%", "Bachelor's Degree, 51%"),
            ("Most common major", "Business", "Business"),
            ("Most common college", "-", "-"),
        ),
        "demographics": (
            ("Average age", "46", "46"),
            ("Gender ratio", "Male, 34.4% Female, 65.6%", "Male, 40.4% Female, 59.6%"),
            (
                "Race ratio",
                "Black or African American, 12.3% Unknown, 4.1% Hispanic or Latino, 14.9% Asian, 3.8% White, 64.4% "
                "American Indian and Alaska Native, 0.5%",
                "Black or African American, 13.9% Unknown, 3.9% Hispanic or Latino, 20.7% Asian, 3.4% White, 57.6% "
                "American Indian and Alaska Native, 0.5%",
            ),
            ("LGBT Percentage", "8%", "8%"),
        ),
    },
    times=("6-12 months", "6-12 months"),
    pay=("$44,937", "$43,251"),
    skills=(
        ("escalate", "credit balances", "customer accounts"),
        ("customer service", "loan modifications", "foreclosure process"),
    ),
)

OVERVIEW = Figures(
    left="Electrician",
    right="Journeyman",
    tables={
        "overview": (
            ("Yearly salary", "$48,850", "$57,682"),
            ("Hourly rate", "$23.49", "$27.73"),
            ("Growth rate", "7%", "-2%"),
            ("Number of jobs", "17,245", "1,236,194"),
            ("Job satisfaction", "3.86", "-"),
            ("Most common degree", "High School Diploma, 32%", "Associate Degree, 31%"),
            ("Average age", "42", "42"),
            ("Years of experience", "12", "4"),
        )
    },
    times=("6-12 months", "2-4 years"),
    pay=("$48,850", "$57,682"),
    skills=(("hand tools", "electrical equipment", "C++"), ("hand tools", "work ethic", "HVAC")),
)


def real_pages() -> list[Figures]:
    """The pages of the shared data, none where it is absent."""
    lines = REAL_PAGES.read_text().splitlines() if REAL_PAGES.is_file() else []
    return [_real_page(json.loads(line)) for line in lines]


def _real_page(page: dict) -> Figures:
    tables: dict[str, list[tuple[str, str, str]]] = {}
    for row, section in zip(page["rows"], page["row_table"], strict=True):
        tables.setdefault(section, []).append(tuple(row))
    left, right = page["left"], page["right"]
    times, skills = page["time_to_become"], page["skills_top3"]
    return Figures(
        left["title"],
        right["title"],
        {name: tuple(rows) for name, rows in tables.items()},
        (times["left"], times["right"]) if times else None,
        (page["avg_salary_prose"]["left"], page["avg_salary_prose"]["right"]),
        (tuple(skills["left"]), tuple(skills["right"])),
        (left["slug"], right["slug"]),
    )


# --- what the page must give -----------------------------------------------------------------------------------------

_SCALARS = {
    "Yearly salary": "salary.annual_mean_usd",
    "Average salary": "salary.annual_mean_usd",
    "Hourly rate": "salary.hourly_mean_usd",
    "Highest paying City": "salary.best_city",
    "Highest paying state": "salary.best_state",
    "Best paying company": "salary.best_company",
    "Best paying industry": "salary.best_industry",
    "Most common major": "education.major",
    "Most common college": "education.college",
    "Average age": "demographics.age_mean",
    "LGBT Percentage": "demographics.lgbt_pct",
    "Growth rate": "outlook.growth_pct",
    "Number of jobs": "outlook.jobs",
    "Job satisfaction": "outlook.satisfaction",
}
_TEXTS = {"best_city", "best_state", "best_company", "best_industry", "major", "college"}
_RACES = {
    "Black or African American": "black",
    "Unknown": "unknown",
    "Hispanic or Latino": "hispanic",
    "Asian": "asian",
    "White": "white",
    "American Indian and Alaska Native": "aian",
}


def _number(text: str) -> int | float:
    value = float(text.replace("$", "").replace(",", "").rstrip("%"))
    return int(value) if value == int(value) else value


def _shares(text: str) -> list[tuple[str, float]]:
    pairs = [part.rsplit(", ", 1) for part in text.replace("% ", "%\n").replace("%", "").split("\n")]
    return [(label, float(pct)) for label, pct in pairs]


def expected(page: Figures) -> Expected:
    """The facts of a page: (side, field, item) to value and status."""
    facts: Expected = {}
    for rows in page.tables.values():
        for label, *cells in rows:
            for side, cell in zip(("left", "right"), cells, strict=True):
                facts |= {(side, *key): fact for key, fact in _cell(label, cell, page, side).items()}
    for side, index in (("left", 0), ("right", 1)):
        if page.times:
            low, high = _months(page.times[index])
            facts[side, "outlook.time_to_become_min_months", ""] = (low, "ok")
            if high is not None:
                facts[side, "outlook.time_to_become_max_months", ""] = (high, "ok")
        for rank, skill in enumerate(page.skills[index] if page.skills else (), start=1):
            facts[side, "skill.name", str(rank)] = (skill, "ok")
        if page.pay:
            facts[side, "salary.annual_mean_usd", ""] = (_number(page.pay[index]), "ok")
    return facts


def _cell(label: str, cell: str, page: Figures, side: str) -> Iterable[tuple[tuple[str, str], tuple[object, str]]] | dict:
    missing = cell == "-"
    if label == "Salary range":
        ends = (None, None) if missing else [_number(word) for word in cell.replace("Between ", "").split(" And ")]
        fields = ("salary.annual_low_usd", "salary.annual_high_usd")
        return {(name, ""): (end, "missing" if missing else "ok") for name, end in zip(fields, ends, strict=True)}
    if label == "Most common degree":
        degree, pct = (None, None) if missing else cell.rsplit(", ", 1)
        code = {"Bachelor's Degree": "bachelor", "High School Diploma": "high_school", "Associate Degree": "associate",
                "Doctoral Degree": "doctorate", None: None}[degree]  # fmt: skip
        status = "missing" if missing else "ok"
        return {("education.degree", ""): (code, status), ("education.degree_pct", ""): (pct and _number(pct), status)}
    if label in ("Gender ratio", "Race ratio"):
        name = "demographics.gender_pct" if label == "Gender ratio" else "demographics.race_pct"
        codes = {"Male": "male", "Female": "female"} if label == "Gender ratio" else _RACES
        return {(name, ""): (None, "missing")} if missing else {(name, codes[s]): (p, "ok") for s, p in _shares(cell)}
    if label == "Years of experience":
        return {("outlook.experience_years", ""): _experience(cell, page, side)}
    name = _SCALARS[label]
    value = None if missing else cell if name.partition(".")[2] in _TEXTS else _number(cell)
    return {(name, ""): (value, "missing" if missing else "ok")}


def _experience(cell: str, page: Figures, side: str) -> tuple[object, str]:
    if cell == "-":
        return None, "missing"
    if page.times is None:
        return _number(cell), "suspect"
    time = page.times[side == "right"]
    return (round(_number(cell) / 12, 4) if time.endswith("months") else _number(cell)), "ok"


def _months(text: str) -> tuple[int, int | None]:
    factor = 12 if text.endswith("years") else 1
    if text.startswith("More than "):
        return int(text.split()[2]) * factor, None
    low, high = text.split()[0].split("-")
    return int(low) * factor, int(high) * factor


def found(reading: Reading) -> Expected:
    """What was read, in the same form."""
    return {(f.side, f.field, f.item): (f.value, f.status) for f in reading.facts}


# --- pages -----------------------------------------------------------------------------------------------------------

HEADINGS = {"overview": "At a glance", "salary": "Salary", "education": "Education", "demographics": "Demographics"}


def sentences(page: Figures) -> list[str]:
    """The three sentences that carry figures, in the words of the site."""
    left, right = (p or t.lower() for p, t in zip(page.prose, (page.left, page.right), strict=True))
    said = []
    if page.times and page.times[0] == page.times[1]:
        said.append(f"It typically takes {page.times[0]} to become both {_a(left)} and {_a(right)}.")
    elif page.times:
        said.append(
            f"While it typically takes {page.times[0]} to become {_a(left)}, becoming {_a(right)} takes usually requires "
            f"{page.times[1]}."
        )
    if page.pay:
        first, second = (left, page.pay[0]), (right, page.pay[1])
        if _number(second[1]) > _number(first[1]):
            first, second = second, first
        said.append(
            f"Additionally, {_a(first[0])} has an average salary of {first[1]}, which is higher than the {second[1]} average "
            f"annual salary of {_a(second[0])}."
        )
    if page.skills:
        (a, b, c), (d, e, f) = page.skills
        said.append(f"The top three skills for {_a(left)} include {a}, {b} and {c}.")
        said.append(f"The most important skills for {_a(right)} are {d}, {e}, and {f}.")
    return said


def _a(title: str) -> str:
    return f"an {title}" if title[0].lower() in "aeiou" else f"a {title}"


def as_text(page: Figures) -> bytes:
    """Extracted text: pipe tables without a separator line, the empty header cell last."""
    lines = ["Explore jobs", " ".join(sentences(page))]
    for section, rows in page.tables.items():
        lines += [f"Here is more on {HEADINGS[section].lower()}:", f"| {page.left} | {page.right} | |"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines).encode()


def as_markdown(page: Figures) -> bytes:
    """GitHub's tables, with a separator line and the empty header cell first."""
    lines = [f"# {page.left} vs {page.right}", "", *sentences(page), ""]
    for section, rows in page.tables.items():
        lines += [f"## {HEADINGS[section]}", "", f"| | {page.left} | {page.right} |", "|---|:--|--:|"]
        lines += [*(f"| {' | '.join(row)} |" for row in rows), ""]
    return "\n".join(lines).encode()


def as_html(page: Figures, row: str = "", order: str = "label left right", head: str = "same", wrap: str = "{}") -> bytes:
    """An HTML page. `row` is the tag of row labels, `order` that of the columns; `head` is `same` (the header's cells in
    that order), `last` (its empty cell last whatever the order) or `thead`; `wrap` stands around the text of each cell."""
    columns = order.split()

    def cells(values: dict[str, str], tag: str) -> str:
        return "".join(
            f"<{t}>{wrap.format(escape(values[c])) if values[c] else ''}</{t}>"
            for c in columns
            for t in ((row or "td") if c == "label" and tag == "td" else tag,)
        )

    parts = [f"<p>{escape(s)}</p>" for s in sentences(page)]
    for section, rows in page.tables.items():
        header = {"label": "", "left": page.left, "right": page.right}
        top = f"<tr>{cells(header, 'th')}</tr>"
        if head == "last":
            top = "<tr>" + "".join(f"<td>{escape(header[c])}</td>" for c in columns if c != "label") + "<td></td></tr>"
        body = "".join(f"<tr>{cells(dict(zip(('label', 'left', 'right'), r, strict=True)), 'td')}</tr>" for r in rows)
        inner = f"<thead>{top}</thead><tbody>{body}</tbody>" if head == "thead" else top + body
        parts.append(f"<h2>{HEADINGS[section]}</h2><div><table>{inner}</table></div>")
    title = f"{escape(page.left)} vs {escape(page.right)}"
    return f"<!doctype html><html><head><title>{title}</title></head><body>{''.join(parts)}</body></html>".encode()


MARKUPS = {
    "text": ("text/plain", as_text),
    "markdown": ("text/plain", as_markdown),
    "thead": ("text/html", lambda p: as_html(p, row="th", head="thead")),
    "bare cells": ("text/html", lambda p: as_html(p)),
    "header cell last": ("text/html", lambda p: as_html(p, head="last")),
    "labels last": ("text/html", lambda p: as_html(p, row="th", order="left right label")),
    "labels in the middle": ("text/html", lambda p: as_html(p, order="left label right")),
    "columns swapped": ("text/html", lambda p: as_html(p, row="th", order="label right left", head="thead")),
    "nested spans": ("text/html", lambda p: as_html(p, wrap="<div><p> <span><b>{}</b></span>\u200b </p></div>")),
    "lists in cells": ("text/html", lambda p: as_html(p, wrap="<ul><li>&nbsp;{}</li></ul>")),
}
