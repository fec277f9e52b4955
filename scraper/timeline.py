"""Stretches and changes of values in words, and the moments that a person names."""

import re
from datetime import datetime

from db.queries import Row
from normalize.errors import ConfigError, UsageError
from normalize.facts import Value
from normalize.fields import BY_NAME
from normalize.wording import NOT_SHOWN, item_words, value_words
from scraper.capture import parse_stamp, stamp

STRETCH_HEADS = ("field", "item", "value", "first seen", "last seen", "captures")
CHANGE_HEADS = ("changed", "occupation", "field", "item", "was", "is", "cause")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment(text: str) -> str:
    """A day (its beginning in UTC) or a time with its offset, as times are stored. Raises UsageError."""
    try:
        if _DAY.fullmatch(text):
            return stamp(datetime.fromisoformat(f"{text}T00:00:00+00:00"))
        return stamp(parse_stamp(text))
    except (ConfigError, ValueError) as error:
        raise UsageError(f"{text!r} is no day or time: write 2024-02-11 or 2024-02-11T07:42:19Z") from error


def stretch_cells(row: Row) -> tuple[str, ...]:
    """A row of `history` in words, under STRETCH_HEADS."""
    field = BY_NAME[row["field"]]
    item = item_words(field, row["item"]) if row["item"] else ""
    return field.name, item, value_words(field, row["value"]), row["first_seen"], row["last_seen"], f"{row['captures']:,}"


def change_cells(row: Row) -> tuple[str, ...]:
    """A row of `change` in words, under CHANGE_HEADS."""
    field = BY_NAME.get(row["field"])
    item = item_words(field, row["item"]) if field and row["item"] else ""
    was, now = (_said(row, row[f"{which}_value"], row[f"{which}_status"]) for which in ("old", "new"))
    return row["changed_at"], row["occupation"], row["field"], item, was, now, row["cause"]


def _said(row: Row, value: Value | None, status: str) -> str:
    if value is None:
        return NOT_SHOWN if status == "missing" else "removed" if row["cause"] == "source" else "not given"
    field = BY_NAME.get(row["field"])
    return value_words(field, value) if field else str(value)
