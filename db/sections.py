"""What section rows say, fact by fact: the stored tables seen from the side of a single field and item."""

from collections.abc import Collection, Mapping

from sqlite_utils import Database

from db.batches import batches, marks
from normalize.facts import STATUSES, Value
from normalize.fields import BY_NAME, in_section

Key = tuple[int, str]
"""A field's id and the item: of a share list, or the rank of a skill; empty where the field has one value."""

Said = Mapping[Key, Value | None]
"""A value where it is ok, None where the page shows that it has none; what is suspect or unreadable says nothing."""

_OK, _MISSING = STATUSES.index("ok"), STATUSES.index("missing")


State = tuple[int, Value | None]
"""A status, as its place in `normalize.facts.STATUSES`, and the value where there is one."""


def said(db: Database, section: str, row_ids: Collection[int]) -> dict[int, Said]:
    """What rows of one section say, by row. The section `skill` means rows of `skillset`."""
    return {
        row_id: {key: value for key, (status, value) in states.items() if status in (_OK, _MISSING)}
        for row_id, states in shown(db, section, row_ids).items()
    }


def shown(db: Database, section: str, row_ids: Collection[int]) -> dict[int, Mapping[Key, State]]:
    """What rows of one section show, by row: also what is suspect or unreadable."""
    found: dict[int, dict[Key, State]] = {row_id: {} for row_id in row_ids}
    for some in batches(found):
        chosen = marks(some)
        for row_id, key, value, status in _skills(db, chosen, some) if section == "skill" else _values(db, section, chosen, some):
            if status is not None:
                found[row_id][key] = (status, value)
    return dict(found)


class Shown:
    """What rows of sections show, by section and row; each section is read once, where it is asked for."""

    def __init__(self, db: Database, rows: Mapping[str, Collection[int]]) -> None:
        self._db, self._rows = db, rows
        self._found: dict[str, dict[int, Mapping[Key, State]]] = {}

    def of(self, section: str) -> dict[int, Mapping[Key, State]]:
        """What the rows of one section show."""
        if section not in self._found:
            self._found[section] = shown(self._db, section, self._rows[section])
        return self._found[section]


_Row = tuple[int, Key, Value | None, int | None]


def _values(db: Database, section: str, chosen: str, ids: Collection[int]) -> list[_Row]:
    fields = in_section(section)
    columns = ", ".join(f"{f.column}, {f.column}_status" for f in fields)
    rows = db.execute(f"SELECT id, {columns} FROM {section} WHERE id IN ({chosen})", [*ids]).fetchall()
    found: list[_Row] = [
        (row[0], (field.id, ""), row[2 * at + 1], row[2 * at + 2]) for row in rows for at, field in enumerate(fields)
    ]
    if section == "demographics":
        query = f"SELECT demographics_id, field_id, item, pct, status FROM share WHERE demographics_id IN ({chosen})"
        found += [(row_id, (field_id, item), pct, status) for row_id, field_id, item, pct, status in db.execute(query, [*ids])]
    return found


def _skills(db: Database, chosen: str, ids: Collection[int]) -> list[_Row]:
    name, pct = BY_NAME["skill.name"].id, BY_NAME["skill.pct"].id
    query = f"SELECT skillset_id, rank, name, name_status, pct, pct_status FROM skill WHERE skillset_id IN ({chosen})"
    found: list[_Row] = []
    for row_id, rank, *of_name, share, status in db.execute(query, [*ids]).fetchall():
        found += [(row_id, (name, str(rank)), of_name[0], of_name[1]), (row_id, (pct, str(rank)), share, status)]
    return found
