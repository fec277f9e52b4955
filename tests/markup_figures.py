"""Pages of jobs that are not, with figures that agree with each other, so that no reader is fitted to the real ones."""

from random import Random

from tests.figures import Figures

TITLES = (
    "Nurse", "Charge Nurse", "Registered Nurse, Icu", "Manager", "Bar Manager", "Driver/Operator", "IT Analyst", "Server",
    "Research And Development Chemist", "Server, Bartender", "R&D Engineer", "Children's Librarian", "3D Artist", "Buyer",
    "C Developer", "Vice President, Sales & Marketing", "Pre-K Teacher", "Head Of Security", "Salary Analyst",
    "Asian Studies Professor", "Co-Op Student",
)  # fmt: skip
TIMES = ("1-3 months", "3-6 months", "6-12 months", "1-2 years", "2-4 years", "4-6 years", "8-10 years", "More than 10 years")
SKILLS = (
    "C++",
    "triage",
    "Excel",
    "e-discovery",
    "HVAC",
    "point of sale",
    "R",
    "food safety",
    "customer service",
    "CPR",
    "node.js",
)
DEGREES = ("Bachelor's Degree", "High School Diploma", "Associate Degree", "Doctoral Degree")
PLACES = (
    ("Reno, NV", "Nevada"),
    ("Washington, DC", "District of Columbia"),
    ("St. Louis, MO", "Missouri"),
    ("Winston-Salem, NC", "Georgia"),
)
COMPANIES = ("Ernst & Young", "Procter & Gamble", "7-Eleven", "Johnson & Johnson", "Meta", "T-Mobile")
INDUSTRIES = ("Retail", "Health Care", "Finance", "Start-up", "Oil & Gas")
LABELS = {
    "overview": ("Yearly salary", "Hourly rate", "Growth rate", "Number of jobs", "Job satisfaction", "Most common degree",
                 "Average age", "Years of experience"),
    "salary": ("Average salary", "Salary range", "Highest paying City", "Highest paying state", "Best paying company",
               "Best paying industry"),
    "education": ("Most common degree", "Most common major", "Most common college"),
    "demographics": ("Average age", "Gender ratio", "Race ratio", "LGBT Percentage"),
}  # fmt: skip
"""The labels of each table, by its section."""


def made_up(rng: Random) -> Figures:
    """A page of no real jobs whose figures agree with each other as those of real pages do."""
    left, right = rng.sample(TITLES, 2)
    times = (rng.choice(TIMES), rng.choice(TIMES)) if rng.random() < 0.8 else None
    a, b = (_job(rng, times[i] if times else None) for i in (0, 1))
    shown = rng.choice((["overview"], list(LABELS), list(LABELS)[1:], ["overview", "salary"]))
    tables = {s: tuple((n, a[n], b[n]) for n in LABELS[s]) for s in shown}
    slugs = tuple("-".join("".join(c if c.isalnum() else " " for c in t.lower().replace("'", "")).split()) for t in (left, right))
    skills = (tuple(rng.sample(SKILLS, 3)), tuple(rng.sample(SKILLS, 3)))
    return Figures(left, right, tables, times, (a["Average salary"], b["Average salary"]), skills, (slugs[0], slugs[1]))


def _job(rng: Random, time: str | None) -> dict[str, str]:
    yearly = rng.randrange(24_000, 190_000)
    degree, age = f"{rng.choice(DEGREES)}, {rng.randrange(20, 80)}%", str(rng.randrange(24, 60))
    city, state = rng.choice(PLACES)
    male = rng.randrange(20, 980)
    race = [rng.randrange(5, 100) for _ in range(5)]
    races = ("Black or African American", "Unknown", "Hispanic or Latino", "Asian", "American Indian and Alaska Native", "White")
    shares = zip(races, [*race, 1000 - sum(race)], strict=True)
    numbers = [word for word in (time or "").replace("-", " ").split() if word.isdigit()]
    said = {
        "Growth rate": f"{rng.randrange(-15, 30)}%",
        "Number of jobs": f"{rng.randrange(800, 1_400_000):,}",
        "Job satisfaction": rng.choice(("3.86", "4", "4.57", "2.5")),
        "Most common degree": degree,
        "Average age": age,
        "Years of experience": numbers[-1] if len(numbers) == 2 else "-",
        "Salary range": f"Between ${yearly * 7 // 10000},000 And ${yearly * 14 // 10000},000",
        "Highest paying City": city,
        "Highest paying state": state,
        "Best paying company": rng.choice(COMPANIES),
        "Best paying industry": rng.choice(INDUSTRIES),
        "Most common major": rng.choice(("Business", "Nursing", "Criminal Justice")),
        "Most common college": rng.choice(("University of Nowhere - Main Campus", "Example State University")),
        "Gender ratio": f"Male, {male / 10}% Female, {(1000 - male) / 10}%",
        "Race ratio": " ".join(f"{name}, {n / 10}%" for name, n in shares),
        "LGBT Percentage": f"{rng.randrange(1, 20)}%",
    }
    said = {
        label: "-" if rng.random() < 0.12 and label not in ("Most common degree", "Average age") else v
        for label, v in said.items()
    }
    return {"Yearly salary": f"${yearly:,}", "Average salary": f"${yearly:,}", "Hourly rate": f"${yearly / 2080:.2f}", **said}
