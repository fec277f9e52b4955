"""The fields that careerscape knows: names, units, types, and which are printed together. Ids are stored: append only."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

Kind = Literal["integer", "real", "text"]
GENDERS = ("male", "female", "other", "unknown")
RACES = ("white", "black", "hispanic", "asian", "aian", "nhpi", "multiracial", "mena", "unknown")


@dataclass(frozen=True)
class Field:
    """One field of the contract; `group` names the fields that are taken together from one capture; `label` and `note` say
    what it is, `items` what it is divided into."""

    id: int
    name: str
    kind: Kind
    unit: str | None
    group: str
    label: str
    note: str = ""
    items: tuple[str, ...] = ()
    ranked: bool = False

    @property
    def description(self) -> str:
        """Label and note, as the data dictionary has them."""
        return f"{self.label}, {self.note}" if self.note else self.label

    @cached_property
    def section(self) -> str:
        """The table that is the field's home: salary, education, demographics, outlook or skill."""
        return self.name.partition(".")[0]

    @cached_property
    def column(self) -> str:
        """The name without its section."""
        return self.name.partition(".")[2]

    @cached_property
    def scalar(self) -> bool:
        """Whether a side has at most one value of it."""
        return not self.items and not self.ranked


FIELDS: tuple[Field, ...] = (
    Field(1, "salary.annual_mean_usd", "integer", "USD/year", "pay", "Annual mean wage"),
    Field(2, "salary.annual_low_usd", "integer", "USD/year", "pay", "Low end of the range"),
    Field(3, "salary.annual_high_usd", "integer", "USD/year", "pay", "High end of the range"),
    Field(4, "salary.hourly_mean_usd", "real", "USD/hour", "pay", "Hourly mean wage"),
    Field(5, "salary.best_city", "text", None, "best_city", "Best paying city", "as shown"),
    Field(6, "salary.best_state", "text", None, "best_state", "Best paying state", "as shown"),
    Field(7, "salary.best_company", "text", None, "best_company", "Best paying company", "as shown"),
    Field(8, "salary.best_industry", "text", None, "best_industry", "Best paying industry", "as shown"),
    Field(9, "education.degree", "text", None, "degree", "Most common degree", "a code of normalize/vocab/degrees.csv"),
    Field(10, "education.degree_pct", "real", "percent", "degree", "Share with that degree", "of all workers"),
    Field(11, "education.major", "text", None, "major", "Most common major", "as shown"),
    Field(12, "education.college", "text", None, "college", "Most common college", "as shown"),
    Field(13, "demographics.age_mean", "real", "years", "age", "Average age"),
    Field(14, "demographics.gender_pct", "real", "percent", "gender", "Gender", "share of workers", GENDERS),
    Field(15, "demographics.race_pct", "real", "percent", "race", "Race or ethnicity", "share of workers", RACES),
    Field(16, "demographics.lgbt_pct", "real", "percent", "lgbt", "LGBT", "share of workers"),
    Field(17, "outlook.growth_pct", "real", "percent", "growth", "Projected growth", "of the number of jobs"),
    Field(18, "outlook.jobs", "integer", "count", "jobs", "Number of jobs"),
    Field(19, "outlook.satisfaction", "real", "score_1_5", "satisfaction", "Job satisfaction", "from 1 to 5"),
    Field(
        20,
        "outlook.experience_years",
        "real",
        "years",
        "experience",
        "Experience",
        "in years, converted where the page counts months",
    ),
    Field(21, "outlook.time_to_become_min_months", "integer", "months", "time", "Time to become, at least"),
    Field(
        22, "outlook.time_to_become_max_months", "integer", "months", "time", "Time to become, at most", 'none for "more than"'
    ),
    Field(23, "skill.name", "text", None, "skill", "Skill", "as shown; the item is its rank", ranked=True),
    Field(24, "skill.pct", "real", "percent", "skill", "Share with the skill", "the item is its rank", ranked=True),
)

BY_NAME = {field.name: field for field in FIELDS}
SECTIONS = ("salary", "education", "demographics", "outlook", "skill")
GROUPS = tuple(dict.fromkeys(field.group for field in FIELDS))
EXPERIENCE = BY_NAME["outlook.experience_years"]


@cache
def in_section(section: str) -> tuple[Field, ...]:
    """The single-valued fields of a section, in stored order."""
    return tuple(field for field in FIELDS if field.section == section and field.scalar)
