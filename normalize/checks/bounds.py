"""What a field can be: the widest range in which a figure of a whole occupation in the US may lie."""

from normalize.checks.contradiction import Contradiction, Number
from normalize.fields import BY_NAME

BOUNDS: dict[str, tuple[Number, Number]] = {
    "salary.annual_mean_usd": (10_000, 2_000_000),  # less is below any minimum wage, and mostly a month's pay
    "salary.annual_low_usd": (5_000, 2_000_000),
    "salary.annual_high_usd": (10_000, 5_000_000),
    "salary.hourly_mean_usd": (4, 1_000),
    "education.degree_pct": (5, 100),  # the most common of about ten
    "demographics.age_mean": (16, 75),
    "demographics.gender_pct": (0, 100),
    "demographics.race_pct": (0, 100),
    "demographics.lgbt_pct": (0, 50),
    "outlook.growth_pct": (-50, 100),
    "outlook.jobs": (1, 20_000_000),
    "outlook.satisfaction": (1, 5),
    "outlook.experience_years": (0, 40),
    "outlook.time_to_become_min_months": (0, 300),
    "outlook.time_to_become_max_months": (0, 300),
    "skill.pct": (0, 100),
}
ITEM_BOUNDS: dict[tuple[str, str], tuple[Number, Number]] = {
    ("demographics.gender_pct", "other"): (0, 25),
    ("demographics.gender_pct", "unknown"): (0, 50),
    ("demographics.race_pct", "white"): (5, 100),
    ("demographics.race_pct", "aian"): (0, 20),
    ("demographics.race_pct", "nhpi"): (0, 20),
    ("demographics.race_pct", "mena"): (0, 30),
    ("demographics.race_pct", "multiracial"): (0, 30),
    ("demographics.race_pct", "unknown"): (0, 30),
}
"""Shares that no occupation of the country has: a label beside the figure of another is the likelier reason."""


def out_of_range(field: str, value: Number, item: str = "") -> Contradiction | None:
    """A value outside `BOUNDS` of its field, or a share outside `ITEM_BOUNDS`."""
    bounds = (ITEM_BOUNDS.get((field, item)) if item else None) or BOUNDS.get(field)
    if not bounds or bounds[0] <= value <= bounds[1]:
        return None
    said = f"{item} {value}" if (field, item) in ITEM_BOUNDS else f"{value}"
    return Contradiction("out_of_range", f"{said} is not between {bounds[0]} and {bounds[1]} {BY_NAME[field].unit}", (field,))
