"""The user's own vocabulary: rules that a value of a kind has a code, which come before all lists.

A CSV with the header `kind,value,code` (and `added_at`, if one likes). Values are compared after folding, as in the lists.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from normalize.errors import ConfigError
from normalize.folding import fold

Kind = Literal["degree", "major", "industry", "city", "state", "race", "gender", "occupation", "company"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HEADER = ("kind", "value", "code", "added_at")
_NEEDED = HEADER[:3]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "occupation": re.compile(r"[0-9]{2}-[0-9]{4}(?:\.[0-9]{2})?"),
    "major": re.compile(r"[0-9]{2}(?:\.[0-9]{2}(?:[0-9]{2})?)?"),
    "industry": re.compile(r"[0-9]{2,6}|31-33|44-45|48-49"),
}


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A value of a kind has a code; `added_at` tells since when the user says so, `line` where."""

    kind: Kind
    value: str
    code: str
    added_at: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Rules:
    """All rules of a user, in the order of the file."""

    rules: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    @cached_property
    def _codes(self) -> Mapping[tuple[Kind, str], frozenset[str]]:
        found: dict[tuple[Kind, str], frozenset[str]] = {}
        for rule in self.rules:
            key = rule.kind, fold(rule.value)
            found[key] = found.get(key, frozenset()) | {rule.code}
        return found

    def codes(self, kind: Kind, text: str) -> frozenset[str]:
        """The codes that rules give a text: none, one, or several that contradict each other."""
        return self._codes.get((kind, fold(text)), frozenset())

    def digest(self, kinds: Iterable[Kind] = KINDS) -> str:
        """Equal for rules that say the same about these kinds, empty where they say nothing."""
        wanted = set(kinds)
        said = sorted((kind, value, *sorted(codes)) for (kind, value), codes in self._codes.items() if kind in wanted)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12] if said else ""


NO_RULES = Rules()


def parse(text: str, known: Callable[[Kind, str], bool] | None = None) -> Rules:
    """The rules of a file; `known` tells whether a kind has a code. Raises ConfigError with the line."""
    lines = text.removeprefix("\ufeff")
    if not lines.strip():
        return NO_RULES
    table = csv.DictReader(io.StringIO(lines, newline=""), strict=True)
    try:
        names = [(name or "").strip().lower() for name in table.fieldnames or ()]
        if missing := [name for name in _NEEDED if name not in names]:
            raise ConfigError(f"line 1: the header has no {', '.join(missing)}; it begins with kind,value,code")
        table.fieldnames = names
        return Rules(tuple(_rule(row, table.line_num, known or is_known) for row in table if any(_texts(row))))
    except csv.Error as error:
        raise ConfigError(f"line {table.line_num}: {error}") from error


def _texts(row: Mapping[str, object]) -> list[str]:
    return [value.strip() for value in row.values() if isinstance(value, str)]


def _rule(row: Mapping[str | None, str | None], line: int, known: Callable[[Kind, str], bool]) -> Rule:
    kind, value, code = ((row.get(name) or "").strip() for name in _NEEDED)
    added_at = (row.get("added_at") or "").strip()
    if None in row or (added_at and not _DATE.match(added_at)):
        raise ConfigError(f"line {line}: it has more cells than the header; a value with a comma stands in quotes")
    of_kind = next((k for k in KINDS if k == kind.lower()), None)
    if of_kind is None:
        raise ConfigError(f"line {line}: {kind!r} is none of the kinds {', '.join(KINDS)}")
    if not fold(value):
        raise ConfigError(f"line {line}: there is no value")
    if not known(of_kind, code):
        raise ConfigError(f"line {line}: {code!r} is no code of a {of_kind}")
    return Rule(of_kind, value, code, added_at, line)


def is_known(kind: Kind, code: str) -> bool:
    """Whether a kind has a code; of SOC, CIP and NAICS, of which the lists do not have all, the shape is asked for."""
    from normalize import codes

    shape = _SHAPES.get(kind)
    return bool(shape.fullmatch(code)) if shape else codes.title_of(kind, code) is not None


def to_csv(rules: Rules) -> str:
    """The file that `parse` understands."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(HEADER)
    table.writerows((rule.kind, rule.value, rule.code, rule.added_at) for rule in rules.rules)
    return out.getvalue()


def with_rule(rules: Rules, rule: Rule) -> Rules:
    """The rules with one more, in the place of those about the same value."""
    others = tuple(r for r in rules.rules if (r.kind, fold(r.value)) != (rule.kind, fold(rule.value)))
    return Rules((*others, rule))


def contradictions(rules: Rules) -> list[tuple[Rule, ...]]:
    """Rules that give one value several codes: none of them applies."""
    by_value: dict[tuple[Kind, str], list[Rule]] = {}
    for rule in rules.rules:
        by_value.setdefault((rule.kind, fold(rule.value)), []).append(rule)
    return [tuple(together) for together in by_value.values() if len({rule.code for rule in together}) > 1]
