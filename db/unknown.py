"""The inbox of raw values that no vocabulary knows, and what depends on one of them.

Texts of published facts that have no code, and labels in cells that could not be read because the vocabulary does not list
them. An ambiguous text is known. Titles count only where an official file is loaded.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from db import coding
from db.coding import Coder
from normalize import codes, vocabulary
from normalize.codes import Candidate, Kind
from normalize.fields import BY_NAME
from normalize.folding import fold
from normalize.rules import Rule, Rules

Suggest = Callable[[Kind, str], Sequence[Candidate]]
"""Codes that a person might choose for a text of a kind."""

LABELS: dict[Kind, str] = {
    "degree": "education.degree",
    "gender": "demographics.gender_pct",
    "race": "demographics.race_pct",
}
"""Kinds whose labels are read by the vocabulary: an unlisted one leaves its cell unreadable."""

_MOST_SUGGESTIONS = 3
_SIGHT = "c.captured_at, p.url, j.slug, c.id"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A raw value without a code: on how many sides of captures it stands, first and last when, and one page for example."""

    kind: Kind
    value: str
    count: int
    first_seen: str
    last_seen: str
    example_url: str
    occupation: str
    suggestions: tuple[Candidate, ...]


class _Sight(NamedTuple):
    """One side of one capture that shows a value."""

    captured_at: str
    url: str
    slug: str
    capture_row: int


def inbox(db: Database, coder: Coder | None = None, suggest: Suggest | None = None) -> list[Unknown]:
    """What no vocabulary knows, by kind, what stands on most sides first.

    `coder` and `suggest` default to the lists of the package and the user's rules in use.
    """
    found: dict[tuple[Kind, str], list[_Sight]] = {}
    for kind, value, sight in (*_texts(db, coder), *_labels(db)):
        found.setdefault((kind, value), []).append(sight)
    entries = [_entry(db, kind, value, sights, suggest) for (kind, value), sights in found.items()]
    return sorted(entries, key=lambda entry: (entry.kind, -entry.count, entry.value))


def captures_with(db: Database, kind: Kind, label: str) -> list[int]:
    """The captures, held ones included, in whose newest reading a cell of this kind holds the label, read or not: those that a
    rule about it concerns. A longer label of which it is a part counts too."""
    wanted = _within(label)
    return sorted({sight.capture_row for raw, sight in _cells(db, kind) if wanted(raw)} | _noted(db, kind, wanted))


def never_matched(db: Database, rules: Rules) -> list[Rule]:
    """The rules whose value stands on no stored page."""
    return [rule for rule in rules.rules if not _stands(db, rule.kind, rule.value)]


def _stands(db: Database, kind: Kind, value: str) -> bool:
    if kind in LABELS:
        return bool(captures_with(db, kind, value))
    table, column = coding.KINDS[kind]
    texts = db.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
    return any(fold(text) == fold(value) for (text,) in texts)


def _texts(db: Database, coder: Coder | None) -> Iterator[tuple[Kind, str, _Sight]]:
    """The texts of published facts that have no code and are not ambiguous."""
    for kind, (table, column) in coding.KINDS.items():
        if kind == "degree" or (kind == "occupation" and not coding.known(db)):
            continue
        shows = "s.title_id = x.id" if kind == "occupation" else f"s.{table}_id = x.id AND x.{column}_status IN (0, 2)"
        query = (
            f"SELECT x.{column}, t.reason, {_SIGHT} FROM {table} x "
            f"LEFT JOIN coding t ON t.kind = '{kind}' AND t.text = x.{column} "
            f"CROSS JOIN sighting s ON s.job_id = x.job_id AND {shows} "
            "JOIN reading r ON r.content_id = s.content_id JOIN page_capture c ON c.id = r.page_capture_id "
            "AND c.published_reading_id = r.id "
            "JOIN page p ON p.id = c.page_id "
            "JOIN job j ON j.id = s.job_id WHERE coalesce(t.reason, 'unknown') = 'unknown'"
        )
        reasons: dict[str, str] = {}
        for text, reason, *sight in db.execute(query).fetchall():
            if reason is None and text not in reasons:
                reasons[text] = coding.code_of(kind, text, coder).reason
            if (reason or reasons[text]) == "unknown":
                yield kind, text, _Sight(*sight)


def _labels(db: Database) -> Iterator[tuple[Kind, str, _Sight]]:
    """The unlisted labels of unreadable cells, in the newest reading of each capture that is not held."""
    held = {row[0] for row in db.execute("SELECT page_capture_id FROM hold WHERE released_at IS NULL").fetchall()}
    for kind, field in LABELS.items():
        labels: dict[str, list[tuple[Kind, str]]] = {}
        for raw, sight in _cells(db, kind, unreadable=True):
            if sight.capture_row in held:
                continue
            if raw not in labels:
                labels[raw] = [found for found in vocabulary.unlisted(field, raw) if not vocabulary.is_placeholder(found[1])]
            for of_kind, label in labels[raw]:
                yield of_kind, label, sight


def _cells(db: Database, kind: Kind, unreadable: bool = False) -> list[tuple[str, _Sight]]:
    """The raw cells of a kind that are read by labels, in the newest reading of each capture."""
    field = BY_NAME[LABELS[kind]]
    status = (
        f"x.{field.column}_status = 3"
        if field.scalar
        else (f"EXISTS (SELECT 1 FROM share h WHERE h.demographics_id = x.id AND h.field_id = {field.id} AND h.status = 3)")
    )
    rows = db.execute(
        f"SELECT x.{field.column}_raw, {_SIGHT} FROM {field.section} x "
        f"CROSS JOIN sighting s ON s.job_id = x.job_id AND s.{field.section}_id = x.id "
        "JOIN reading r ON r.content_id = s.content_id JOIN page_capture c ON c.id = r.page_capture_id "
        "AND c.newest_reading_id = r.id "
        "JOIN page p ON p.id = c.page_id JOIN job j ON j.id = s.job_id "
        f"WHERE x.{field.column}_raw IS NOT NULL" + (f" AND {status}" if unreadable else "")
    ).fetchall()
    return [(raw, _Sight(*sight)) for raw, *sight in rows]


def _noted(db: Database, kind: Kind, wanted: Callable[[str], bool]) -> set[int]:
    """The captures with a finding about a cell of this kind that speaks of the label: not every cell is stored."""
    rows = db.execute(
        "SELECT c.id, g.message FROM every_finding g JOIN page_capture c ON c.newest_reading_id = g.reading_id "
        "WHERE g.field_id = ? AND g.severity = 'error'",
        [BY_NAME[LABELS[kind]].id],
    ).fetchall()
    return {capture for capture, message in rows if wanted(message)}


def _within(label: str) -> Callable[[str], bool]:
    """Whether a text has the label as whole words."""
    whole = re.compile(rf"(?<!\w){re.escape(fold(label))}(?!\w)")
    return lambda text: bool(whole.search(fold(text)))


def _entry(db: Database, kind: Kind, value: str, sights: Sequence[_Sight], suggest: Suggest | None) -> Unknown:
    first = min(sights, key=lambda sight: (sight.captured_at, sight.url, sight.slug))
    last = max(sight.captured_at for sight in sights)
    return Unknown(
        kind, value, len(sights), first.captured_at, last, first.url, first.slug, _suggestions(db, kind, value, suggest)
    )


def _suggestions(db: Database, kind: Kind, value: str, suggest: Suggest | None) -> tuple[Candidate, ...]:
    if suggest is not None:
        return tuple(suggest(kind, value))[:_MOST_SUGGESTIONS]
    if kind != "occupation":
        return codes.suggestions(kind, value, _MOST_SUGGESTIONS)
    row = db.execute("SELECT candidates FROM coding WHERE kind = 'occupation' AND text = ?", [value]).fetchone()
    return tuple(Candidate(*candidate) for candidate in json.loads(row[0] if row else "[]"))[:_MOST_SUGGESTIONS]
