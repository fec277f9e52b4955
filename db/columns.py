"""The views for everybody, and what is known of a column of a view."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "observation": "Every value of every published capture, with the text that it was read from",
        "observation_latest": "The same of the newest published capture of each page",
        "occupation": "The occupations, with their SOC codes",
        "occupation_latest": "The newest values of each occupation, one row for each",
        "comparison": "The captures of comparison pages: which two occupations each compares, and how it was read",
        "finding": "What was found wrong or worth a note, in a page or in a run",
        "capture": "Every page as it was fetched or imported, and where its bytes lie in the archive",
        "run": "Every run and how it ended",
        "request": "Every HTTP request that was made",
        "page_status": "How each page stands: captured, removed, blocked, queued",
        "conflict": "Facts on which pages disagree",
        "history": "Unbroken stretches of one value of a fact",
        "change": "Changes of values: at the source, by another parser or by another vocabulary",
    }
)
"""The views for everybody, in the order of the database, with what their rows are."""

Type = Literal["text", "integer", "number", "flag", "moment", "json", "mixed"]
"""What a column holds: `number` integers and reals, `flag` 0 or 1, `moment` a time as YYYY-MM-DDTHH:MM:SSZ, `json` text that is
JSON, `mixed` integers, reals and texts."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view. `key` columns together name a row; `refers` is the column of a view (`view.column`) that has each of
    its values."""

    name: str
    description: str
    unit: str | None
    source: str
    type: Type = "text"
    nullable: bool = False
    key: bool = False
    refers: str = ""
