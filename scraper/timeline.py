"""Stretches and changes of values in words, and the moments that a person names."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from db.queries import Row
from normalize.errors import ConfigError, UsageError
from normalize.facts import Value
from normalize.fields import BY_NAME
from normalize.wording import NOT_SHOWN, item_words, value_words
from scraper.capture import parse_stamp, stamp
from scraper.terminal import Stretch, Trend

STRETCH_HEADS = ("field", "item", "value", "first seen", "last seen", "captures")
TIMES = ("first seen", "last seen", "changed")
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


def spare_heads(rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns of STRETCH_HEADS that a narrow table can do without, those first that say the same in every row."""
    same = {"field": len({row["field"] for row in rows}) == 1, "item": len({row["item"] for row in rows}) == 1}
    return *(head for head, one in same.items() if one), "captures"


def trends(rows: Sequence[Row]) -> list[Trend]:
    """How each fact among rows of `history`, its stretches together, went over time: numbers that have two stretches or more."""
    found = []
    for (name, item), of in groupby(rows, lambda row: (row["field"], row["item"])):
        field, told = BY_NAME[name], [*of]
        if field.kind != "text" and len(told) > 1:
            stretches = tuple(Stretch(row["value"], _seconds(row["first_seen"]), _seconds(row["last_seen"])) for row in told)
            first, last = (
                f"{value_words(field, row['value'])} on {row[at][:10]}"
                for row, at in ((told[0], "first_seen"), (told[-1], "last_seen"))
            )
            found.append(Trend(item_words(field, item) if item else "", stretches, first, last))
    return found


def _seconds(time: str) -> float:
    return parse_stamp(time).timestamp()


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
