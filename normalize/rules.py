"""The user's own vocabulary: rules that a value of a kind has a code, which come before all lists.

A CSV with the header `kind,value,code` (and `added_at`, if one likes). Values are compared after folding, as in the lists.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    "major": re.compile(r"(?:0[13459]|1[0-69]|2[2-9]|[34][0-9]|5[0-4]|6[01])(?:\.[0-9]{2}(?:[0-9]{2})?)?"),
    "industry": re.compile(r"(?:11|2[1-3]|3[1-3]|4[24589]|5[1-6]|6[12]|7[12]|81|92)[0-9]{0,4}|31-33|44-45|48-49"),
}
"""Of CIP 2020 the series, of NAICS 2022 the sectors, which are all there are."""


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

    @cached_property
    def said(self) -> Mapping[tuple[Kind, str], tuple[str, ...]]:
        """The codes of each folded value, in order."""
        return {key: tuple(sorted(codes)) for key, codes in self._codes.items()}

    def digest(self, kinds: Iterable[Kind] = KINDS) -> str:
        """Equal for rules that say the same about these kinds, empty where they say nothing."""
        wanted = set(kinds)
        said = sorted((kind, value, *sorted(codes)) for (kind, value), codes in self._codes.items() if kind in wanted)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12] if said else ""


NO_RULES = Rules()


def parse(text: str, known: Callable[[Kind, str], bool] | None = None) -> Rules:
    """The rules of a file; `known` tells whether a kind has a code. Raises ConfigError with the line."""
    header, rows = _table(text)
    if not header:
        return NO_RULES
    names = _names(header)
    return Rules(tuple(_rule(names, row, line, known or is_known) for line, row in rows))


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the other rows that are not empty, each with the line on which it begins. Raises ConfigError."""
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(lines, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ConfigError(f"line {line}: {_torn(error)}") from error
    return (rows[0][1], rows[1:]) if rows else ([], [])


def _torn(error: csv.Error) -> str:
    return "a quote that opens here is not closed" if "unexpected end" in str(error) else str(error)


def _names(header: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    if missing := [name for name in _NEEDED if name not in names]:
        raise ConfigError(f"line 1: the header has no {', '.join(missing)}; it begins with kind,value,code")
    return names


def _rule(names: Sequence[str], row: Sequence[str], line: int, known: Callable[[Kind, str], bool]) -> Rule:
    if len(row) > len(names):
        raise ConfigError(f"line {line}: it has more cells than the header; a value with a comma stands in quotes")
    cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
    kind, value, code = (cells.get(name, "") for name in _NEEDED)
    added_at = cells.get("added_at", "")
    of_kind = next((k for k in KINDS if k == kind.lower()), None)
    if of_kind is None:
        raise ConfigError(f"line {line}: {kind!r} is none of the kinds {', '.join(KINDS)}")
    if not fold(value):
        raise ConfigError(f"line {line}: there is no value")
    if (added_at and not _DATE.match(added_at)) or not known(of_kind, code):
        raise ConfigError(f"line {line}: {_wrong(of_kind, code, added_at, known)}")
    return Rule(of_kind, value, code, added_at, line)


def _wrong(kind: Kind, code: str, added_at: str, known: Callable[[Kind, str], bool]) -> str:
    comma = " (a value with a comma stands in quotes)"
    if not known(kind, code):
        return f"{code!r} is no code of {a(kind)}{comma if added_at and not _DATE.match(added_at) else ''}"
    return f"added_at is {added_at!r}, not a date such as 2026-01-31{comma}"


def a(kind: Kind) -> str:
    """A kind with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


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


def edited(text: str, rule: Rule) -> str:
    """The text of a file with one rule more, in the place of those about the same value; other columns stay as they are.

    Raises ConfigError where the text is no file of rules, or would not be one afterwards.
    """
    header, rows = _table(text)
    header = header or list(HEADER)
    names = _names(header)
    if "added_at" not in names:
        header, names = [*header, "added_at"], [*names, "added_at"]
    cells: dict[str, str] = {}
    kept: list[list[str]] = []
    for _, row in rows:
        named = dict(zip(names, row, strict=False))
        if (named.get("kind", "").strip().lower(), fold(named.get("value", ""))) == (rule.kind, fold(rule.value)):
            cells = named
        else:
            kept.append([*row, *[""] * (len(names) - len(row))])
    cells |= {"kind": rule.kind, "value": rule.value, "code": rule.code, "added_at": rule.added_at}
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *kept, [cells.get(name, "") for name in names]])
    if parse(out.getvalue()) != with_rule(parse(text), rule):
        raise ConfigError(f"the rule {rule.value!r} is {rule.code!r} would not be read as it is written")
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


def disagreeing(together: Sequence[Rule]) -> str:
    """What rules that contradict each other say, in words."""
    said = ", ".join(f"{rule.code} (line {rule.line})" for rule in together)
    return f"rules contradict each other, none applies: {together[0].kind} {together[0].value!r} is {said}"
