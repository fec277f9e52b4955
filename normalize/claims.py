"""Claim: what a page says, verbatim, and where it stands."""

from dataclasses import dataclass
from typing import Literal

from normalize.noun import noun

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
Doubt = Literal["", "cut_off", "ragged_row", "not_text", "drawn_sign", "below_heading", "order_differs"]


@noun
class Place:
    """Where a text stands: block of the document, then row and column of its table (item and 0 in a list, 0 and 0 in a
    paragraph), then the offset in characters inside that cell, item or paragraph."""

    block: int
    row: int = 0
    column: int = 0
    start: int = 0


@noun
class Claim:
    """One statement of a page about one job: `term` says about what (see `normalize.terms`), `raw` is verbatim.

    `section` is one of overview, salary, education, demographics, skills, intro; `label` and `heading` are the words of
    the row label (or the name of the sentence) and of the column header; `item` is a rank for skills; `doubt` is the
    code of a finding that makes the reading of this cell uncertain (`below_heading`: nobody knows what the words above it
    limit it to). `said` is the value in a cell that carries its label or its job's title as well, empty where it is all of `raw`.
    """

    term: str
    side: Side
    raw: str
    section: str
    place: Place
    label: str
    heading: str
    item: str = ""
    doubt: Doubt = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One of the two jobs of a page: the slug is the URL's, the title the table header's."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader or interpreter noticed; becomes a finding. `code` is one of `normalize.findings.CODES`."""

    code: str
    detail: str
    side: Side | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """All that one page says: the two jobs, the claims in page order, and the parts of the page that were seen.

    `parts` holds overview, salary, education, demographics, skills (tables and lists) and time, pay, top_skills
    (sentences), so that "the table is there but the row is not" can be told from "there is no table".
    """

    url: str
    site: str
    left: Job
    right: Job
    claims: tuple[Claim, ...]
    parts: tuple[str, ...]
    notes: tuple[Note, ...] = ()
