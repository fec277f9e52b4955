"""What the pages show, as plain data: the same for HTML and JSON, served and written to files."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from db.queries import Row
from normalize.facts import Value
from normalize.fields import Field

Status = Literal["ok", "missing", "suspect", "unreadable", "disputed", "absent"]
"""That of an observation; `disputed` where pages disagree, so that there is no latest value; `absent` where no page has it."""


@dataclass(frozen=True, slots=True)
class Head:
    """Who an occupation is, and how old what is known of it; `as_of` is the time of the oldest capture used."""

    slug: str
    title: str
    soc_code: str
    soc_title: str
    as_of: str
    captures: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one fact of one occupation.

    `words` is the value in words (`$44,285`), `–` for a missing one and empty for an absent one; `note` says why a value is in
    doubt, or what the pages say that disagree, `newer` what another page says that is no older and in doubt. `since` is when the
    value was seen first without a break; `file_time` tells that captured_at is only the file's own time. The value itself is
    None unless the status is ok or suspect.
    """

    status: Status
    value: Value | None
    words: str
    note: str
    raw: str
    url: str
    captured_at: str
    capture_id: str
    since: str
    newer: str = ""
    file_time: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One field, or one item of it, with a cell for each occupation of the page, and the difference of the first from the
    second in words (empty unless both are ok)."""

    field: Field
    item: str
    label: str
    cells: tuple[Cell, ...]
    difference: str


@dataclass(frozen=True, slots=True)
class Section:
    """The facts of a part of the page: salary, education, demographics or outlook, in the order of the fields."""

    name: str
    title: str
    facts: tuple[Fact, ...]

    def of(self, field: str) -> tuple[Fact, ...]:
        """The facts of a field: one, those of its items, or none."""
        return tuple(fact for fact in self.facts if fact.field.name == field)


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of an occupation: its rank, its name, and the share of workers that have it."""

    rank: str
    name: Cell
    share: Cell | None


@dataclass(frozen=True, slots=True)
class Shared:
    """A skill that both occupations have; `skills` are those of the first and of the second."""

    name: str
    skills: tuple[Skill, ...]


@dataclass(frozen=True, slots=True)
class Skills:
    """The skills of the occupations of a page: those in common, and for each occupation those that only it has. With one
    occupation all are its own."""

    common: tuple[Shared, ...]
    apart: tuple[tuple[Skill, ...], ...]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.common) or any(self.apart)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One unbroken stretch of one ok value."""

    field: Field
    item: str
    value: Value
    words: str
    first_seen: str
    last_seen: str
    captures: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is most worth knowing, in words, of a field; `since` is when it has been so, and `note` what makes it less sure; empty
    where that is not known or there is nothing."""

    field: Field
    words: str
    since: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page that shows an occupation: the title and slug of the other one on it, and its newest published capture."""

    url: str
    captured_at: str
    captures: int
    other: str
    other_title: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Any two occupations side by side. `pay` has the stretches of the annual mean wage of each, the oldest first; `pages` are
    those that compare just these two."""

    heads: tuple[Head, Head]
    verdict: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    skills: Skills
    pay: tuple[tuple[Stretch, ...], ...]
    pages: tuple[Page, ...]

    def section(self, name: str) -> Section | None:
        """A section by its name, None where no page has any of it."""
        return _section(self.sections, name)

    def to_dict(self) -> Row:
        """For JSON: `left`, `right`, `verdict`, `facts` (field, item, unit, difference, left, right), skills, pay, pages."""
        return {
            "left": _plain(self.heads[0]), "right": _plain(self.heads[1]), "verdict": _plain(self.verdict),
            "facts": [*_flat(self.sections, ("left", "right"))], "skills": _plain(self.skills),
            "pay": dict(zip(("left", "right"), _plain(self.pay), strict=True)), "pages": _plain(self.pages),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occupation:
    """One occupation. `history` has all stretches, by field and the oldest first; `changes` the newest rows of `change`."""

    head: Head
    sections: tuple[Section, ...]
    skills: Skills
    pay: tuple[Stretch, ...]
    history: tuple[Stretch, ...]
    changes: tuple[Row, ...]
    pages: tuple[Page, ...]

    def section(self, name: str) -> Section | None:
        """A section by its name, None where no page has any of it."""
        return _section(self.sections, name)

    def to_dict(self) -> Row:
        """For JSON: the head, `facts` (flat), skills, history, changes and pages."""
        facts = [*_flat(self.sections, ("is",))]
        about: Row = _plain(self.head)
        return about | {
            "facts": [{k: v for k, v in fact.items() if k not in ("is", "difference")} | fact["is"] for fact in facts],
            "skills": _plain(self.skills)["apart"][0], "history": _plain(self.history), "changes": _plain(self.changes),
            "pages": _plain(self.pages),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paid:
    """An occupation and its annual mean wage."""

    slug: str
    title: str
    value: Value
    words: str


@dataclass(frozen=True, slots=True)
class Start:
    """What there is: counts (`occupations`, `pages`, `captures`, `published`, `waiting`, `runs`), pages by state of freshness,
    the newest runs and changes (rows of `run`; of `change` with the `title`), findings about the newest capture of each page by
    severity and code, how many facts pages disagree on and how many captures are held back, the best paid, and pairs that pages
    compare."""

    counts: dict[str, int]
    coverage: dict[str, int]
    runs: tuple[Row, ...]
    changes: tuple[Row, ...]
    findings: tuple[Row, ...]
    conflicts: int
    held: int
    best_paid: tuple[Paid, ...]
    pairs: tuple[Row, ...]

    def to_dict(self) -> Row:
        """For JSON."""
        plain: Row = _plain(self)
        return plain


def _section(sections: tuple[Section, ...], name: str) -> Section | None:
    return next((section for section in sections if section.name == name), None)


def _flat(sections: tuple[Section, ...], names: tuple[str, ...]) -> Iterator[Row]:
    for section in sections:
        for fact in section.facts:
            about = {"field": fact.field.name, "item": fact.item, "unit": fact.field.unit, "difference": fact.difference}
            yield about | {name: _plain(cell) for name, cell in zip(names, fact.cells, strict=True)}


def _plain(value: Any) -> Any:
    """The JSON form; a field stands as its name."""
    if isinstance(value, Field):
        return value.name
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
