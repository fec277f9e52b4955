"""The facts of one or more occupations lined up, field by field, for people to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from db import queries
from db.queries import Row
from normalize.fields import BY_NAME, Field


@dataclass(frozen=True, slots=True)
class Line:
    """One field (and item): for each occupation its row of `observation`, None where no page has the field; where pages
    disagree on it the values with the number of pages that say each; and the row of a newer page that is in doubt, None for
    none."""

    field: Field
    item: str
    cells: tuple[Row | None, ...]
    disputed: tuple[Mapping[str, int], ...]
    newer: tuple[Row | None, ...]


def lines(db: Database, slugs: Sequence[str]) -> list[Line]:
    """All fields that any of the occupations has, in the order of the fields, lists and skills item by item."""
    columns = [{(row["field"], row["item"]): row for row in queries.facts(db, slug)} for slug in slugs]
    disputed = [
        {(row["field"], row["item"]): queries.unpacked(row)["support"] for row in queries.conflicts(db, slug)} for slug in slugs
    ]
    newer = [{(row["field"], row["item"]): row for row in queries.newer_doubts(db, slug)} for slug in slugs]
    keys = sorted(
        {key for column in (*columns, *disputed, *newer) for key in column},
        key=lambda key: queries.order(BY_NAME[key[0]], key[1]),
    )
    return [
        Line(
            BY_NAME[name],
            item,
            tuple(column.get((name, item)) for column in columns),
            tuple(facts.get((name, item), {}) for facts in disputed),
            tuple(doubts.get((name, item)) for doubts in newer),
        )
        for name, item in keys
    ]
