"""The closed lists that decide what a page's values are: exact match after folding, or a refusal.

The user's rules about degrees, races and genders come first: one set of them is in use at a time in a process.
"""

import csv
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from normalize.errors import Refusal
from normalize.folding import fold
from normalize.rules import NO_RULES, Kind, Rules

_TEMPLATE = re.compile(r"\{\{.*\}\}|<%|\$\{")
_FOLDER = files("normalize") / "vocab"
_FILES = ("degrees.csv", "gender.csv", "missing.csv", "name_traps.csv", "placeholder.csv", "race.csv")
_JUDGED_BY = ("industries.csv", "majors.csv", "states.csv")
"""Lists of codes by which a name is told that is no value of its field."""

READING_KINDS: tuple[Kind, ...] = ("degree", "race", "gender")
"""The kinds of which a code is the value itself."""


@dataclass(slots=True)
class _State:
    """The rules in use, and who has to hear of others."""

    rules: Rules = NO_RULES
    to_be_told: list[Callable[[], None]] = field(default_factory=list)


_STATE = _State()


def use(rules: Rules) -> None:
    """Read pages with a user's rules from now on, in this process."""
    changed = rules.digest(READING_KINDS) != _STATE.rules.digest(READING_KINDS)
    _STATE.rules = rules
    if changed:
        for forget in _STATE.to_be_told:
            forget()


def in_use() -> Rules:
    """The rules that were given last."""
    return _STATE.rules


def when_changed(forget: Callable[[], None]) -> None:
    """Call a function whenever other rules are used: what it remembers may be wrong then."""
    _STATE.to_be_told.append(forget)


@cache
def _codes(name: str) -> dict[str, str]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return {fold(row["alias"]): row["code"] for row in csv.DictReader(text.splitlines())}


@cache
def _tokens(name: str) -> frozenset[str]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return frozenset(fold(row["token"]) for row in csv.DictReader(text.splitlines()))


def is_missing(text: str) -> bool:
    """Whether the whole text says that there is no value: a dash, N/A, nothing."""
    folded = fold(text)
    return not folded or folded in _tokens("missing") or _bare(folded) in _tokens("missing")


def is_placeholder(text: str) -> bool:
    """Whether the whole text stands where a value failed to appear: `undefined`, `Loading...`."""
    return _bare(fold(text)) in _tokens("placeholder") or bool(_TEMPLATE.search(text))


def _bare(folded: str) -> str:
    """Without the brackets around it or the star behind it; what is nothing else stays."""
    return (folded[1:-1] if folded[:1] == "(" and folded[-1:] == ")" else folded.removesuffix("*")).strip() or folded


def degree(label: str) -> str:
    """The code of a degree. Raises Refusal `unknown_degree`."""
    return _look_up("degrees", "degree", label, "unknown_degree")


def gender(label: str) -> str:
    """The code of a gender label. Raises Refusal `unknown_label`."""
    return _look_up("gender", "gender", label, "unknown_label")


def race(label: str) -> str:
    """The code of a race or ethnicity label. Raises Refusal `unknown_label`."""
    return _look_up("race", "race", label, "unknown_label")


def unlisted(field: str, raw: str) -> tuple[tuple[Kind, str], ...]:
    """The labels of a cell of degrees, genders or races that no list and no rule knows, in the cell's order."""
    from normalize.grammars import shares

    try:
        if field == "education.degree":
            labels, kind, known = [shares.label_and_percent(raw)[0]], READING_KINDS[0], degree
        elif field in ("demographics.race_pct", "demographics.gender_pct"):
            labels = [label for label, _ in shares.labelled_percents(raw)]
            kind, known = (READING_KINDS[1], race) if field == "demographics.race_pct" else (READING_KINDS[2], gender)
        else:
            return ()
    except Refusal:
        return ()
    return tuple((kind, label) for label in labels if not _knows(known, label))


def _knows(known: Callable[[str], str], label: str) -> bool:
    try:
        known(label)
    except Refusal:
        return False
    return True


def _look_up(name: str, kind: Kind, label: str, reason: str) -> str:
    if _STATE.rules and (taught := _STATE.rules.codes(kind, label)):
        if len(taught) > 1:
            raise Refusal(reason, label)
        return next(iter(taught))
    try:
        return _codes(name)[fold(label)]
    except KeyError:
        raise Refusal(reason, label) from None


def version() -> str:
    """A digest of all lists and of the rules in use: facts read with the same version and code are the same."""
    taught = _STATE.rules.digest(READING_KINDS)
    return f"{_lists()}+{taught}" if taught else _lists()


@cache
def _lists() -> str:
    digest = hashlib.sha256()
    for name in (*_FILES, *_JUDGED_BY):
        digest.update((_FOLDER / name).read_bytes())
    return digest.hexdigest()[:12]
