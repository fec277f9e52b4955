"""The pages as HTML: the door to Jinja2. All that comes from the database is escaped, and links of it lead only to http(s)."""

import json as json_form
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from db.browse import words
from db.browse.content import Comparison, Occupation, Start
from db.browse.pages import drawn
from db.browse.pages.links import Links, anchor, choice, rows
from db.queries import Row
from normalize.wording import counted

Found = Mapping[str, Any]
"""An occupation to choose: `slug` and `title`, and `soc_code` where it has one."""
Lines = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Headings, each with labelled lines; the label of a continued line is empty."""

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the two boxes: what was typed, and the occupations that may be meant; `slug` is the one that surely is."""

    text: str = ""
    slug: str = ""
    found: Sequence[Found] = ()


def start(figures: Start, links: Links) -> str:
    """The start page."""
    return _page("start.html", links, figures=figures, changes=words.changes(figures.changes))


def index(figures: Start, occupations: Sequence[Found], links: Links) -> str:
    """The start page of the static site; each of `occupations` has `slug`, `title`, `soc_code` and `pay` in words."""
    return _page("index.html", links, figures=figures, occupations=occupations, changes=words.changes(figures.changes))


def occupation(figures: Occupation, links: Links) -> str:
    """The page of one occupation."""
    charts = drawn.of_occupation(figures)
    told = words.history(figures.history), words.changes(figures.changes)
    return _page("occupation.html", links, figures=figures, charts=charts, history=told[0], changes=told[1])


def comparison(figures: Comparison, links: Links) -> str:
    """The page of two occupations."""
    return _page("comparison.html", links, figures=figures, charts=drawn.of_comparison(figures))


def chooser(left: Choice, right: Choice, links: Links) -> str:
    """Two boxes, and beneath each the occupations that may be meant."""
    return _page("chooser.html", links, left=left, right=right)


def results(query: str, found: Sequence[Found], links: Links) -> str:
    """The occupations that a search finds."""
    return _page("results.html", links, query=query, found=found)


def explanation(
    heading: str,
    sections: Lines,
    objects: Sequence[Row],
    links: Links,
    slug: str = "",
    copy: str = "",
    json: str = "",
    gist: str = "",
) -> str:
    """The chain behind a value of the occupation `slug`, the `gist` of it first; `copy` and `json` are the paths of the archived
    copy and of the same as JSON. What is empty is not there."""
    about = {"heading": heading, "sections": sections, "objects": objects, "slug": slug, "copy": copy, "json": json, "gist": gist}
    return _page("explanation.html", links, **about)


def message(title: str, text: str, suggestions: Sequence[Found], links: Links) -> str:
    """What went wrong, and which occupations may have been meant."""
    return _page("message.html", links, title=title, text=text, suggestions=suggestions)


def _page(template: str, links: Links, **values: Any) -> str:
    return _UNSEEN.sub("\ufffd", _environment().get_template(template).render(links=links, **values))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("db.browse.pages"), autoescape=True, undefined=StrictUndefined, finalize=_shown, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"day": words.day, "plain": words.plain, "external": words.external, "pretty": _pretty}
    environment.globals |= {"anchor": anchor, "choose": choice, "rows": rows, "counted": counted, "why": words.why}
    return environment


def _pretty(objects: Sequence[Row]) -> str:
    return json_form.dumps(objects, indent=2, ensure_ascii=False, default=str)


def _shown(value: Any) -> Any:
    """A value that a page shows: None would be a fault of ours."""
    if value is None:
        raise ValueError("a page cannot show None")
    return value
