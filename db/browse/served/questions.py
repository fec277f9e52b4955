"""Questions that people ask of the database, with parameters; each asks the public views only."""

from dataclasses import dataclass
from html import escape
from typing import Any

_MOST = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A query with named parameters, all of which are texts and may be empty; `hints` says of each what it takes, and what an
    empty one means."""

    title: str
    about: str
    hints: dict[str, str]
    sql: str

    def to_dict(self) -> dict[str, Any]:
        """A canned query of Datasette."""
        hints = "".join(f"<dt>{escape(name)}</dt><dd>{escape(hint)}</dd>" for name, hint in self.hints.items())
        return {
            "title": self.title,
            "about": self.about,
            "description_html": f"<p>{escape(self.about)}</p><dl>{hints}</dl>",
            "sql": self.sql.strip(),
            "params": list(self.hints),
            "hide_sql": True,
        }


def _number(name: str, default: str) -> str:
    """A parameter that is a number, with or without $ and commas; NULL for any other text, so that nothing is found."""
    plain = f"replace(replace(trim(:{name}), '$', ''), ',', '')"
    return f"CASE WHEN trim(:{name}) = '' THEN {default} WHEN {plain} GLOB '*[^0-9.]*' THEN NULL ELSE CAST({plain} AS REAL) END"


def _best_paid_in(place: str, code: str) -> str:
    """The occupations that are paid best in a state or an industry, which the parameter names by its text or its code;
    without one the best paid of each."""
    return f"""
WITH paid AS MATERIALIZED (
  SELECT salary_best_{place} AS {place}, best_{place}_{code} AS {code}, title, slug, salary_annual_mean_usd,
    row_number() OVER (PARTITION BY salary_best_{place} ORDER BY salary_annual_mean_usd DESC, slug) AS place
  FROM occupation_latest
  WHERE salary_best_{place} IS NOT NULL AND salary_annual_mean_usd IS NOT NULL
)
SELECT {place}, {code}, title, slug, salary_annual_mean_usd FROM paid
WHERE lower(trim(:{place})) IN (lower({place}), lower({code})) OR (trim(:{place}) = '' AND place = 1)
ORDER BY salary_annual_mean_usd DESC, slug
LIMIT {_MOST}"""


_DEGREE = "a code (bachelor, master, associate, high_school, doctorate, certificate, none ...); empty: bachelor"
_WAGE = "dollars a year; empty: any"
_TITLE = "words that stand in the title; empty: all"
_TITLED = "instr(lower(title), lower(trim(:title))) > 0"

QUESTIONS: dict[str, Question] = {
    "best_paid_for_degree": Question(
        "Best paid for a degree",
        "The occupations in which a degree is the most common one, by mean wage.",
        {"degree": _DEGREE},
        f"""
SELECT title, slug, salary_annual_mean_usd, salary_annual_low_usd, salary_annual_high_usd, education_degree_pct, as_of
FROM occupation_latest
WHERE education_degree = coalesce(nullif(replace(lower(trim(:degree)), ' ', '_'), ''), 'bachelor')
  AND salary_annual_mean_usd IS NOT NULL
ORDER BY salary_annual_mean_usd DESC, slug
LIMIT {_MOST}""",
    ),
    "largest_gap_within_soc_group": Question(
        "Largest gap within one SOC group",
        "The best and the worst paid occupation of each group of the Standard Occupational Classification. It needs SOC codes: "
        "the command careerscape vocab load onet gives them.",
        {"soc_group": "the beginning of a code, such as 15 or 15-12; empty: every major group"},
        f"""
WITH paid AS MATERIALIZED (
  SELECT substr(soc_code, 1, coalesce(nullif(length(trim(:soc_group)), 0), 2)) AS soc_group, title, slug,
    salary_annual_mean_usd AS wage
  FROM occupation_latest
  WHERE salary_annual_mean_usd IS NOT NULL AND substr(soc_code, 1, length(trim(:soc_group))) = trim(:soc_group)
),
placed AS (
  SELECT *, count(*) OVER (PARTITION BY soc_group) AS occupations,
    row_number() OVER (PARTITION BY soc_group ORDER BY wage DESC, slug) AS from_top,
    row_number() OVER (PARTITION BY soc_group ORDER BY wage, slug) AS from_bottom
  FROM paid
)
SELECT top.soc_group, top.occupations, top.title AS best_paid, top.slug AS left, top.wage AS best_usd,
  bottom.title AS worst_paid, bottom.slug AS right, bottom.wage AS worst_usd, top.wage - bottom.wage AS gap_usd
FROM placed top JOIN placed bottom ON bottom.soc_group = top.soc_group AND bottom.from_bottom = 1
WHERE top.from_top = 1 AND top.occupations > 1
ORDER BY gap_usd DESC, top.soc_group
LIMIT {_MOST}""",
    ),
    "fastest_growing": Question(
        "Fastest growing",
        "The occupations by projected growth.",
        {"least_jobs": "only occupations with so many jobs; empty: any"},
        f"""
SELECT title, slug, outlook_growth_pct, outlook_jobs, salary_annual_mean_usd, as_of
FROM occupation_latest
WHERE outlook_growth_pct IS NOT NULL
  AND (trim(:least_jobs) = '' OR outlook_jobs >= {_number("least_jobs", "0")})
ORDER BY outlook_growth_pct DESC, slug
LIMIT {_MOST}""",
    ),
    "most_balanced_gender_shares": Question(
        "Most balanced gender shares",
        "The occupations with the smallest difference between the share of women and that of men, in points.",
        {"least_wage": _WAGE},
        f"""
SELECT title, slug, demographics_gender_female_pct, demographics_gender_male_pct,
  round(abs(demographics_gender_female_pct - demographics_gender_male_pct), 4) AS difference_points,
  salary_annual_mean_usd, as_of
FROM occupation_latest
WHERE demographics_gender_female_pct IS NOT NULL AND demographics_gender_male_pct IS NOT NULL
  AND (trim(:least_wage) = '' OR salary_annual_mean_usd >= {_number("least_wage", "0")})
ORDER BY difference_points, slug
LIMIT {_MOST}""",
    ),
    "biggest_changes_since": Question(
        "Biggest changes since a date",
        "The numbers that changed most at their source, in per cent of what they were.",
        {
            "since": "a date as 2025-01-31; empty: ever",
            "field": "such as outlook.jobs or demographics.age_mean; empty: salary.annual_mean_usd",
        },
        f"""
SELECT o.title, c.occupation, c.field, c.item, c.old_value, c.new_value, c.new_value - c.old_value AS difference,
  round((c.new_value - c.old_value) * 100.0 / abs(c.old_value), 2) AS change_pct, c.changed_at, c.url
FROM change c JOIN occupation o ON o.slug = c.occupation
WHERE c.cause = 'source' AND c.old_status = 'ok' AND c.new_status = 'ok'
  AND c.field = coalesce(nullif(lower(trim(:field)), ''), 'salary.annual_mean_usd')
  AND c.changed_at >= trim(:since)
  AND typeof(c.old_value) IN ('integer', 'real') AND typeof(c.new_value) IN ('integer', 'real')
ORDER BY abs(c.new_value - c.old_value) * 1.0 / abs(c.old_value) DESC, c.changed_at DESC, c.occupation, c.item
LIMIT {_MOST}""",
    ),
    "pages_that_disagree": Question(
        "Pages that disagree",
        "Facts on which pages say different things now, so that there is no newest value; support says how many pages say each.",
        {"field": "such as demographics.age_mean; empty: all"},
        f"""
SELECT o.title, c.occupation, c.field, c.item, c.captured_at AS since, c.value_count, c.support, c.example_urls
FROM conflict c JOIN occupation o ON o.slug = c.occupation
WHERE c.stands = 1 AND lower(trim(:field)) IN ('', c.field)
ORDER BY c.captured_at DESC, c.occupation, c.field, c.item
LIMIT {_MOST}""",
    ),
    "freshest_and_stalest": Question(
        "Freshest and stalest occupations",
        "Whose oldest figure is newest, and whose is oldest.",
        {"title": _TITLE},
        f"""
WITH aged AS MATERIALIZED (SELECT title, slug, as_of, captures FROM occupation_latest WHERE as_of IS NOT NULL AND {_TITLED})
SELECT * FROM (SELECT 'freshest' AS which, * FROM aged ORDER BY as_of DESC, slug LIMIT 25)
UNION ALL
SELECT * FROM (SELECT 'stalest' AS which, * FROM aged ORDER BY as_of, slug LIMIT 25)""",
    ),
    "what_a_state_pays_best": Question(
        "What a state pays best",
        "The occupations that are paid best in a state, by mean wage (that of the whole country).",
        {"state": "its name or two letters, such as Maryland or MD; empty: the best paid of each state"},
        _best_paid_in("state", "usps"),
    ),
    "what_an_industry_pays_best": Question(
        "What an industry pays best",
        "The occupations that are paid best in an industry, by mean wage (that of the whole country).",
        {"industry": "its name as pages have it, or a NAICS sector such as 54; empty: the best paid of each industry"},
        _best_paid_in("industry", "naics"),
    ),
    "quickest_to_learn_for_a_wage": Question(
        "Quickest to learn for a wage",
        "The occupations that pay at least so much, by the time that it takes to become one.",
        {"least_wage": "dollars a year; empty: 40,000"},
        f"""
SELECT title, slug, outlook_time_to_become_min_months, outlook_time_to_become_max_months, salary_annual_mean_usd,
  education_degree, as_of
FROM occupation_latest
WHERE outlook_time_to_become_min_months IS NOT NULL AND salary_annual_mean_usd >= {_number("least_wage", "40000")}
ORDER BY outlook_time_to_become_min_months, outlook_time_to_become_max_months, salary_annual_mean_usd DESC, slug
LIMIT {_MOST}""",
    ),
    "skills_in_common": Question(
        "Skills of two occupations",
        "What the newest page of each lists: the skills in common first.",
        {
            "left": "slug or title of an occupation; empty: that of the newest comparison",
            "right": "slug or title of the other; empty: that of the newest comparison",
        },
        """
WITH named AS MATERIALIZED (
  SELECT
    CASE trim(:left) WHEN '' THEN left ELSE (
      SELECT slug FROM occupation WHERE lower(trim(:left)) IN (slug, lower(title)) ORDER BY slug LIMIT 1) END AS one,
    CASE trim(:right) WHEN '' THEN right ELSE (
      SELECT slug FROM occupation WHERE lower(trim(:right)) IN (slug, lower(title)) ORDER BY slug LIMIT 1) END AS other
  FROM (SELECT left, right FROM comparison WHERE published = 1 ORDER BY captured_at DESC, url LIMIT 1)
),
listed AS MATERIALIZED (
  SELECT occupation, CAST(item AS INTEGER) AS rank, value_text AS skill,
    dense_rank() OVER (PARTITION BY occupation ORDER BY captured_at DESC, url) AS page
  FROM observation_latest
  WHERE field = 'skill.name' AND status = 'ok'
    AND (occupation = (SELECT one FROM named) OR occupation = (SELECT other FROM named))
),
one AS (SELECT skill, min(rank) AS rank FROM listed, named WHERE page = 1 AND occupation = one GROUP BY lower(skill)),
other AS (SELECT skill, min(rank) AS rank FROM listed, named WHERE page = 1 AND occupation = other GROUP BY lower(skill))
SELECT one.skill, CASE WHEN other.skill IS NULL THEN 'left only' ELSE 'both' END AS who, one.rank AS left_rank,
  other.rank AS right_rank
FROM one LEFT JOIN other ON lower(other.skill) = lower(one.skill)
UNION ALL
SELECT other.skill, 'right only', NULL, other.rank FROM other WHERE lower(other.skill) NOT IN (SELECT lower(skill) FROM one)
ORDER BY who, left_rank, right_rank""",
    ),
    "history_of_a_fact": Question(
        "History of a fact",
        "What an occupation's pages said over time, stretch by stretch.",
        {
            "occupation": "its slug or title; empty: the one with the newest change",
            "field": "such as outlook.jobs; empty: salary.annual_mean_usd",
        },
        """
SELECT occupation, field, item, value, unit, first_seen, last_seen, captures
FROM history
WHERE occupation = CASE trim(:occupation) WHEN '' THEN coalesce(
    (SELECT occupation FROM change ORDER BY changed_at DESC, occupation LIMIT 1),
    (SELECT slug FROM occupation ORDER BY slug LIMIT 1))
  ELSE (SELECT slug FROM occupation WHERE lower(trim(:occupation)) IN (slug, lower(title)) ORDER BY slug LIMIT 1) END
  AND field = coalesce(nullif(lower(trim(:field)), ''), 'salary.annual_mean_usd')
ORDER BY item, first_seen""",
    ),
    "values_in_doubt": Question(
        "Values in doubt",
        "What the newest capture of a page shows and a check contradicts (suspect), or nobody can read (unreadable).",
        {"status": "suspect or unreadable; empty: both"},
        f"""
SELECT occupation, field, item, value, unit, status, raw, captured_at, url
FROM observation_latest
WHERE status IN ('suspect', 'unreadable') AND lower(trim(:status)) IN ('', status)
ORDER BY captured_at DESC, url, side, field, item
LIMIT {_MOST}""",
    ),
}
"""By the name that stands in the address."""
