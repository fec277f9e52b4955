"""Made-up comparison pages in the shape of real ones: 180 KB, of which 100 KB are scripts and styles, four tables, lists of skills."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.markup_figures import LABELS

SIZE = 180_000
_CODE_SHARE = 5 / 9
_ROLES = ("Analyst", "Specialist", "Clerk", "Engineer", "Manager", "Technician", "Nurse", "Teacher", "Mechanic", "Designer")
_FIELDS = ("Account", "Claims", "Data", "Freight", "Garden", "Heating", "Income", "Joint", "Kitchen", "Loan", "Media", "Night")
_GRADES = ("Junior", "Senior", "Lead", "Assistant", "Regional", "Chief", "Field", "Night", "Contract", "Staff")
_SKILLS = ("Customer Service", "Data Entry", "C++", "Hand Tools", "Calipers", "Payroll", "Python", "Groceries", "Litigation",
           "Loan Modifications", "Work Ethic", "HVAC", "Patient Care", "Sales Floor", "Java", "Math")  # fmt: skip
_SKILLS_IN_A_LIST = 8
_WORDS = (
    "the",
    "work",
    "of",
    "a",
    "day",
    "is",
    "planned",
    "early",
    "and",
    "looks",
    "different",
    "by",
    "noon",
    "because",
    "people",
    "call",
)
_STATES = (("Denver, CO", "Colorado"), ("Dover, DE", "Delaware"), ("Salem, OR", "Oregon"), ("Boise, ID", "Idaho"))
_HEADINGS = {"overview": "at a glance"}
_DEGREES = ("Bachelor's Degree", "High School Diploma", "Associate Degree", "Master's Degree")
_RACES = ("White", "Black or African American", "Hispanic or Latino", "Asian", "Unknown", "American Indian and Alaska Native")


@dataclass(frozen=True, slots=True)
class Page:
    """An address and the bytes that stand there."""

    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Job:
    title: str
    pay: int
    years: int
    cells: dict[str, str]
    skills: tuple[tuple[str, int], ...]

    @property
    def slug(self) -> str:
        return self.title.lower().replace(" ", "-")


def pages(count: int, seed: int = 1, size: int = SIZE) -> Iterator[Page]:
    """`count` pages about half as many occupations, each of `size` bytes, 30,000 at least; the same for the same seed."""
    dice = random.Random(seed)
    titles = [f"{g} {f} {r}" for g in _GRADES for f in _FIELDS for r in _ROLES]
    dice.shuffle(titles)
    jobs = [_job(dice, title) for title in titles[: max(4, min(len(titles), count // 2))]]
    code = _code(dice, size)
    seen: set[tuple[str, str]] = set()
    while len(seen) < count:
        left, right = dice.sample(jobs, 2)
        if (left.title, right.title) not in seen:
            seen.add((left.title, right.title))
            yield _page(dice, left, right, code, size)


def _job(dice: random.Random, title: str) -> _Job:
    pay = dice.randrange(15, 75) * 2080
    years = dice.randrange(1, 8)
    city, state = dice.choice(_STATES)
    male = dice.randrange(100, 900)
    shares = _parts(dice, 1000, len(_RACES))
    degree = f"{dice.choice(_DEGREES)}, {dice.randrange(20, 80)}%"
    cells = {
        "Yearly salary": f"${pay:,}",
        "Hourly rate": f"${pay / 2080:,.2f}",
        "Growth rate": f"{dice.randrange(-20, 30)}%",
        "Number of jobs": f"{dice.randrange(900, 2_000_000):,}",
        "Job satisfaction": dice.choice(("3.86", "4.2", "-")),
        "Most common degree": degree,
        "Average age": str(dice.randrange(25, 60)),
        "Years of experience": str(years + 2),
        "Average salary": f"${pay:,}",
        "Salary range": f"Between ${pay * 7 // 10000 * 1000:,} And ${pay * 14 // 10000 * 1000:,}",
        "Highest paying City": city,
        "Highest paying state": state,
        "Best paying company": dice.choice(("Accenture", "Northern Freight & Co.", "-")),
        "Best paying industry": dice.choice(("Finance", "Retail", "-")),
        "Most common major": dice.choice(("Business", "Nursing", "Electrical Engineering")),
        "Most common college": dice.choice(("Stanford University", "-")),
        "Gender ratio": f"Male, {male / 10}% Female, {(1000 - male) / 10}%",
        "Race ratio": " ".join(f"{race}, {share / 10}%" for race, share in zip(_RACES, shares, strict=True)),
        "LGBT Percentage": f"{dice.randrange(2, 15)}%",
    }
    names = dice.sample(_SKILLS, _SKILLS_IN_A_LIST)
    skills = zip(names, sorted((dice.randrange(1, 40) for _ in names), reverse=True), strict=True)
    return _Job(title, pay, years, cells, tuple(skills))


def _parts(dice: random.Random, whole: int, count: int) -> list[int]:
    cuts = sorted(dice.sample(range(1, whole), count - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, whole], strict=True)]


def _code(dice: random.Random, size: int) -> str:
    """Styles and scripts, as long as those of real pages; the same on every page of a site."""
    rules, keys = 600 * size // SIZE, 900 * size // SIZE
    styles = "".join(
        f".c{n}_{dice.randrange(1 << 20):05x}>a:hover{{margin:{n}px;color:#{dice.randrange(1 << 24):06x}}}" for n in range(rules)
    )
    state = json.dumps({f"key{n}": [dice.random(), "x" * dice.randrange(40)] for n in range(keys)})
    script = f"window.__state={state};"
    while len(styles) + len(script) < size * _CODE_SHARE:
        script += f'(function(){{var t{len(script)}=document.querySelectorAll("[data-x]");if(1<t0.length){{return}}}})();'
    return f"<style>{styles}</style><script>{script}</script>"


def _page(dice: random.Random, left: _Job, right: _Job, code: str, size: int) -> Page:
    url = f"https://www.zippia.com/{left.slug}-jobs/{left.slug}-vs-{right.slug}-differences"
    parts = [f"<h1>{left.title} vs {right.title}</h1>", *(f"<p>{s}</p>" for s in _sentences(left, right))]
    for section, labels in LABELS.items():
        rows = "".join(
            f'<tr class="r_{n}"><th scope="row"><div class="l"><span>{label}</span></div></th>'
            f'<td data-x="1"><div><span>{left.cells[label]}</span></div></td><td><div><span>{right.cells[label]}</span></div></td></tr>'
            for n, label in enumerate(labels)
        )
        parts += [
            f"<section><h2>{left.title} vs {right.title} {_HEADINGS.get(section, section)}</h2><p>{_prose(dice, 60)}</p><table><thead><tr><th></th>"
            f"<th>{left.title}</th><th>{right.title}</th></tr></thead><tbody>{rows}</tbody></table></section>",
            f'<aside class="ad"><p>{_prose(dice, 12)}</p></aside>',
        ]
    start = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{left.title} vs {right.title}</title>"
        f'<link rel="canonical" href="{url}">{code}</head><body>'
    )
    parts += [_skills(left), _skills(right)]
    end = "</main></body></html>"
    room = size - len(start) - len(end) - sum(map(len, parts))
    return Page(url, f"{start}{_navigation(dice, room // 2)}<main>{''.join(parts)}{_prose_to(dice, room // 2)}{end}".encode())


def _skills(job: _Job) -> str:
    items = "".join(f'<li class="s_{n}"><span>{name}, {pct}%</span></li>' for n, (name, pct) in enumerate(job.skills))
    return f'<div class="skills"><h3>{job.title} skills</h3><ul>{items}</ul></div>'


def _sentences(left: _Job, right: _Job) -> tuple[str, ...]:
    high, low = (left, right) if left.pay >= right.pay else (right, left)
    (a, b, c), (d, e, f) = ([name for name, _ in job.skills[:3]] for job in (left, right))
    return (
        f"While it typically takes {left.years}-{left.years + 2} years to become a {left.title.lower()}, becoming a "
        f"{right.title.lower()} takes usually requires {right.years}-{right.years + 2} years. Additionally, a {high.title.lower()} "
        f"has an average salary of ${high.pay:,}, which is higher than the ${low.pay:,} average annual salary of a "
        f"{low.title.lower()}.",
        f"The top three skills for a {left.title.lower()} include {a}, {b} and {c}. The most important skills for a "
        f"{right.title.lower()} are {d}, {e}, and {f}.",
    )


def _prose(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_WORDS, k=words)).capitalize() + "."


def _navigation(dice: random.Random, size: int) -> str:
    items: list[str] = []
    length = 0
    while length < size:
        name = f"{dice.choice(_GRADES)} {dice.choice(_FIELDS)} {dice.choice(_ROLES)}"
        items.append(
            f'<li class="n_{len(items)}"><a href="/{name.lower().replace(" ", "-")}-jobs/" data-x="{len(items)}">{name}</a></li>'
        )
        length += len(items[-1])
    lists = (f"<ul>{''.join(items[n : n + 20])}</ul>" for n in range(0, len(items), 20))
    return f"<nav>{''.join(lists)}</nav>"


def _prose_to(dice: random.Random, size: int) -> str:
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(f'<div class="card_{len(parts)}"><h3>{_prose(dice, 4)}</h3><p>{_prose(dice, 70)}</p></div>')
        length += len(parts[-1])
    return "".join(parts)
