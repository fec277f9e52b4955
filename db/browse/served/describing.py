"""What Datasette says of the database: titles, descriptions, units, facets and orders, from the data dictionary."""

from collections.abc import Mapping
from html import escape
from typing import Any

from db.columns import VIEWS, Column
from db.dictionary import columns

Metadata = dict[str, Any]

NAME = "careerscape"
"""The database, in every address."""

TITLES = {
    "observation": "Observations",
    "observation_latest": "Newest observations",
    "occupation": "Occupations",
    "occupation_latest": "Occupations and their newest values",
    "comparison": "Comparisons",
    "finding": "Findings",
    "capture": "Captures",
    "run": "Runs",
    "request": "Requests",
    "page_status": "Pages and how they stand",
    "conflict": "Conflicts",
    "history": "History",
    "change": "Changes",
}
ORDER = (
    "occupation_latest",
    "occupation",
    "observation_latest",
    "observation",
    "history",
    "change",
    "conflict",
    "comparison",
    "capture",
    "finding",
    "page_status",
    "run",
    "request",
)
"""The views as a newcomer needs them."""

_FACETS: Mapping[str, tuple[str, ...]] = {
    "occupation_latest": ("education_degree", "salary_best_state", "best_industry_naics"),
    "occupation": ("soc_method", "soc_reason"),
    "observation_latest": ("field", "status"),
    "comparison": ("outcome", "published"),
    "finding": ("severity", "code", "field"),
    "capture": ("origin", "outcome"),
    "run": ("command", "outcome"),
    "request": ("outcome", "delay_reason"),
    "page_status": ("state", "outcome"),
    "conflict": ("field", "stands"),
    "change": ("cause", "field"),
}
_SORTS: Mapping[str, tuple[str, str]] = {
    "occupation_latest": ("sort_desc", "salary_annual_mean_usd"),
    "occupation": ("sort", "title"),
    "run": ("sort_desc", "run_id"),
    "conflict": ("sort_desc", "stands"),
}
_NOTES = {
    "occupation_latest": "A fact on which pages disagree has no value here; see conflict. Missing is empty, never 0.",
    "observation": "Filter by occupation, url or capture_id: there is a row for every value of every capture.",
    "change": "A value that changed; cause says whether the page says it (source) or careerscape reads or codes it otherwise.",
}
_ABOUT = (
    "Comparison pages of careers, read value by value. A table from here, as JSON or CSV, has at most {rows:,} rows; the command "
    "careerscape export writes them all."
)
_SOURCE = "the pages that the column url names"
_LICENSE = "none given: pages and their figures belong to the sites; they are aggregates, no data of persons"


def metadata(most_rows: int, queries: Mapping[str, Metadata]) -> Metadata:
    """The metadata of Datasette 0.65 for the whole application."""
    tables = {view: _described(view) for view in VIEWS}
    tables["data_dictionary"] = {
        "title": "Data dictionary",
        "description": "Every column of every view: what it means, its unit, and who says it.",
        "facets": ["view"],
        "sort": "view",
    }
    return {
        "title": "careerscape",
        "source": _SOURCE,
        "license": _LICENSE,
        "databases": {
            NAME: {
                "title": "careerscape: the data",
                "description": _ABOUT.format(rows=most_rows),
                "tables": tables,
                "queries": dict(queries),
            }
        },
    }


def _described(view: str) -> Metadata:
    described: Metadata = {
        "title": TITLES[view],
        "description": f"{VIEWS[view]}. {_NOTES.get(view, '')}".strip(),
        "columns": {column.name: _column(column) for column in columns(view)},
    }
    if facets := _FACETS.get(view):
        described["facets"] = list(facets)
    if order := _SORTS.get(view):
        described[order[0]] = order[1]
    return described


def folded(view: str) -> str:
    """What a view is, as HTML, with what its columns mean to be unfolded: they are more than the rows that one came for."""
    described = _described(view)
    columns_of = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in described["columns"].items())
    return (
        f"<p>{escape(described['description'])}</p><details><summary>What the columns mean</summary>"
        f"<dl>{columns_of}</dl></details>"
    )


def _column(column: Column) -> str:
    words = f"{column.description} ({column.unit})" if column.unit else column.description
    return f"{words}. Source: {column.source}."
