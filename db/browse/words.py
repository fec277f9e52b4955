"""Words for what pages show: dates, changes, history, and why a value is not simply there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from db.browse.calendar import MONTHS
from db.browse.content import Cell, Status, Stretch
from db.queries import Row
from normalize.fields import BY_NAME
from normalize.wording import item_words, value_words

_MOST_LISTED = 24
_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-(\d\d)(?:T.*)?")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WHY: dict[Status, str] = {
    "missing": "the page shows that it has no value",
    "suspect": "in doubt",
    "unreadable": "unreadable",
    "disputed": "pages disagree",
}
_CAUSES = {"source": "the page changed", "parser": "the program reads it otherwise", "vocabulary": "a code was taught"}


@dataclass(frozen=True, slots=True)
class Change:
    """A change in words; `title` is empty where only the slug is known."""

    slug: str
    title: str
    label: str
    before: str
    after: str
    at: str
    cause: str
    url: str


@dataclass(frozen=True, slots=True)
class Story:
    """All stretches of one field or item, the oldest first."""

    field: str
    item: str
    label: str
    stretches: tuple[Stretch, ...]

    @property
    def newest(self) -> tuple[Stretch, ...]:
        """As many as a page lists, the newest first."""
        return self.stretches[: -_MOST_LISTED - 1 : -1]

    @property
    def moved(self) -> bool:
        """Whether there was another value before."""
        return len(self.stretches) > 1


def day(at: str) -> str:
    """`3 Jan 2024` for a time; what is none as it is."""
    found = _DAY.fullmatch(at)
    return f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {found[1]}" if found else at


def plain(text: str) -> str:
    """A text without marks of writing direction, for places where it cannot be isolated."""
    return _TURNS.sub("", text)


def external(url: str) -> str:
    """An address that a page may lead to, empty for any other than http(s)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def why(cell: Cell) -> str:
    """Why there is no plain value: the status in words."""
    return _WHY.get(cell.status, "")


def changes(found: Iterable[Row]) -> list[Change]:
    """Rows of `change` in words; a row may have the `title` of its occupation."""
    return [
        Change(
            row["occupation"], row.get("title") or "", _label(row["field"], row["item"]),
            _said(row["field"], row["old_value"], row["old_status"]), _said(row["field"], row["new_value"], row["new_status"]),
            row["changed_at"], _CAUSES.get(row["cause"], str(row["cause"])), row["url"] or "",
        )
        for row in found
    ]  # fmt: skip


def history(found: Sequence[Stretch]) -> list[Story]:
    """Stretches by field and item, in their order."""
    return [
        Story(name, item, _label(name, item), tuple(stretches))
        for (name, item), stretches in groupby(found, lambda one: (one.field.name, one.item))
    ]


def _label(name: str, item: str) -> str:
    """`Gender: Female`; the name of a code as it is."""
    field = BY_NAME.get(name)
    if field is None:
        return name
    return f"{field.label}: {item_words(field, item)}" if item else field.label


def _said(name: str, value: Any, status: str | None) -> str:
    if value is None:
        return {"removed": "removed", "missing": "not shown"}.get(status or "", "nothing")
    field = BY_NAME.get(name)
    if field is None or (field.kind != "text" and isinstance(value, str)):
        return str(value)
    return value_words(field, value)
