"""Which rules can be: about a value that is known to be something, with a code that there is."""

import unicodedata
from collections.abc import Iterator

from db import coding, unknown
from db.connection import Database
from normalize import codes, rules
from normalize.errors import UsageError
from normalize.folding import fold
from normalize.rules import Kind, a
from normalize.vocabulary import READING_KINDS
from scraper.taught import Coder

_MOST_NAMED = 5
_UNWRITABLE = ("Cc", "Cs", "Zl", "Zp")
_CLOSED: tuple[Kind, ...] = (*READING_KINDS, "state")
"""Kinds of which what the lists know is not taught otherwise; of the others a rule may decide better."""


def refuse_unwritable(value: str, code: str) -> None:
    """Raise UsageError for what cannot stand in a file of rules."""
    for name, text in (("value", value), ("code", code)):
        if any(unicodedata.category(character) in _UNWRITABLE for character in text):
            raise UsageError(f"the {name} {text!r} holds characters that are no text, such as the end of a line")
    if not fold(value):
        raise UsageError("there is no value to map")
    if not code or code != code.strip():
        raise UsageError(f"{code!r} is no code")


def checked(db: Database, coder: Coder, value: str, code: str, kind: Kind | None) -> Kind:
    """The kind of a rule that can be. Raises UsageError."""
    of_kind = kind or _kind_of(db, coder, value)
    if not rules.is_known(of_kind, code):
        raise UsageError(f"{code!r} is no code of {a(of_kind)} (docs/schema.md tells which there are)")
    if of_kind == "occupation" and not coder.knows_occupation(code):
        loaded = " and ".join(f"{note.kind} {note.release}".strip() for note in coder.notes)
        raise UsageError(f"{code!r} is no code of the occupations of {loaded}, which is loaded")
    if of_kind in _CLOSED and not coder.rules.codes(of_kind, value):
        found = codes.code(of_kind, value)
        if found.code:
            raise UsageError(f"{value!r} is known as the {of_kind} {found.code} ({found.title}); a rule cannot make it another")
    return of_kind


def _kind_of(db: Database, coder: Coder, value: str) -> Kind:
    """The kind of the inbox, or else of the rules, that hold a value. Raises UsageError where none does, or several do."""
    entries = unknown.inbox(db)
    kinds = {entry.kind for entry in entries if fold(entry.value) == fold(value)}
    kinds = kinds or {rule.kind for rule in coder.rules.rules if fold(rule.value) == fold(value)}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds:
        raise UsageError(f"{value!r} is unknown as {' and as '.join(sorted(kinds))}: say which with --as")
    near = [entry.value for entry in entries if fold(value) in fold(entry.value)][:_MOST_NAMED]
    if near:
        raise UsageError(f"{value!r} is in no inbox; did you mean {', '.join(map(repr, near))}?")
    if known := [*_known_as(db, value)]:
        raise UsageError(f"{value!r} is known: it is {', and '.join(known)}; to teach it otherwise say what it is with --as")
    raise UsageError(f"`careerscape unknown` does not list {value!r}; if pages show it all the same, say what it is with --as")


def _known_as(db: Database, value: str) -> Iterator[str]:
    """What a value is already, in words."""
    for kind, code, title in coding.codes_of(db, value):
        yield f"the {kind} {code}{f' ({title})' if title and title != code else ''}" if code else f"an ambiguous {kind}"
    for kind in READING_KINDS:
        if (found := codes.code(kind, value)).code:
            yield f"the {kind} {found.code}{f' ({found.title})' if found.title != found.code else ''}"
