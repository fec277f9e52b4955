"""What a text says of a term, and all that follows from the text alone. The same cells stand on many pages: each is read once."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from normalize import checks, vocabulary
from normalize.checks.likeness import unlikely
from normalize.errors import Refusal
from normalize.facts import Value
from normalize.fields import BY_NAME
from normalize.folding import without_note
from normalize.terms import TERMS, Exact, Read, Row, Term

_SHORT = 200
_CONVERT: dict[str, Callable[[Exact], Value]] = {"integer": int, "real": float, "text": str}


class Said(NamedTuple):
    """One row of a reading: `value` is how it is stored, `unlikely` what shows that it is no value of its field."""

    row: Row
    field: str
    item: str
    value: Value
    unlikely: checks.Contradiction | None


class Sense(NamedTuple):
    """A reading, nothing (missing) or the reason of a refusal; `said` are the rows of the reading, the last first, `uneven` is
    what its shares say of each other."""

    read: Read | None
    refusal: str
    term: Term
    said: tuple[Said, ...] = ()
    uneven: checks.Contradiction | None = None


def understand(term: str, text: str) -> Sense:
    """What a text says of a term."""
    return _understood(term, text) if len(text) <= _SHORT else _understood.__wrapped__(term, text)


def told(row: Row) -> Said:
    """A row with what follows from its value."""
    value = row.value
    odd = unlikely(row.field, value) if isinstance(value, str) else checks.out_of_range(row.field, value, row.item)
    return Said(row, row.field, row.item, _CONVERT[BY_NAME[row.field].kind](value), odd)


@lru_cache(4096)
def _understood(name: str, raw: str) -> Sense:
    """The same on every page that shows the text."""
    term = TERMS[name]
    text = raw if term.fields[0].startswith("skill.") else without_note(raw)
    if vocabulary.is_missing(text):
        return Sense(None, "", term)
    try:
        read = term.read(text)
    except Refusal as refusal:
        return Sense(None, refusal.reason, term)
    uneven = checks.shares_sum(term.fields[0], read.shares) if read.shares else None
    return Sense(read, "", term, tuple(map(told, reversed(read.rows))), uneven)


vocabulary.when_changed(_understood.cache_clear)
