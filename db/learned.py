"""Which of the user's rules the stored values were made by: those that readings were read by, and those that texts were coded by.

What stands here and what the file of rules says differ where a rule waits to be applied, was deleted, or says something else now.
"""

import json
from collections.abc import Collection, Mapping

from sqlite_utils import Database

from normalize.rules import KINDS, Kind

Said = Mapping[tuple[Kind, str], tuple[str, ...]]
"""The codes that rules give a folded value of a kind."""

_RULES = "rules_applied"


def rules(db: Database) -> dict[tuple[Kind, str], tuple[str, ...]]:
    """The rules by which the stored values were made."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", [_RULES]).fetchone()
    return {(kind, value): tuple(codes) for kind, value, codes in (json.loads(row[0]) if row else [])}


def learn(db: Database, said: Said, kinds: Collection[Kind] = KINDS, but: Collection[tuple[Kind, str]] = ()) -> None:
    """Note that what is stored of some kinds is made by these rules, `but` for some values; the caller holds the transaction."""
    applied = rules(db)
    known = {key: codes for key, codes in applied.items() if key[0] not in kinds or key in but}
    known |= {key: codes for key, codes in said.items() if key[0] in kinds and key not in but}
    listed = json.dumps([[kind, value, codes] for (kind, value), codes in sorted(known.items())], ensure_ascii=False)
    db.conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", [_RULES, listed])


def waiting(db: Database, said: Said, kinds: Collection[Kind] = KINDS) -> list[tuple[Kind, str]]:
    """The values of which the rules say something else than what was applied, or nothing any more."""
    applied = rules(db)
    return sorted(key for key in {*applied, *said} if key[0] in kinds and applied.get(key) != said.get(key))
