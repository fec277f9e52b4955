"""What is measured of a run against what was known before it: how often a field is filled, missing, in doubt or not there, which
values it has, and how many of them are others than the same page had before.

The unit is the occupation, as one that stands on many pages would count as many; but never are there more than there are pages.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Literal

from normalize.bands import Band, Share, expected, is_above, is_out, quantile
from normalize.facts import Value
from normalize.fields import BY_NAME, FIELDS, Field

Key = tuple[str, str]
"""A field, and an item of it; the whole of a list has none."""

Said = Mapping[Key, tuple[str, Value | None]]
"""Status and value; the whole of a list has a status only."""

Measure = Literal[
    "filled", "missing", "doubted", "absent", "lost", "changed", "low", "high", "same", "partial", "findings", "rejected"
]

LOST, CHANGED, WEIGHT = 0.03, 0.2, 20
"""Of the values that a page had before, so many may be lost or be others when it comes again; assumed with the weight of 20
pages until the database knows better."""

_PERCENT_POINTS, _POINTS, _YEARS, _PART = 2.0, 0.2, 1.0, 0.1
_STEPS = {"percent": _PERCENT_POINTS, "score_1_5": _POINTS, "years": _YEARS}
_LIST_POINTS = 5.0
_TAIL = 0.1


@dataclass(frozen=True, slots=True)
class Sight:
    """One side of one capture, and what the same page said there before; whether the capture was read in part only, and whether
    something is to be said of it."""

    page: int
    capture: str
    job: int
    said: Said
    before: Said | None = None
    partial: bool = False
    findings: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A share that is out of its band: `usual` before, `found` in the run, of so many (`evidence`, `history`); `band` is how far
    it may be from the usual. `first` is the first capture of the run that shows it. Without a field it is about whole pages."""

    site: str
    field: str
    item: str
    measure: Measure
    usual: float
    found: float
    band: float
    evidence: int
    history: int
    first: str

    @property
    def key(self) -> tuple[str, str, str, Measure]:
        """What moved."""
        return self.site, self.field, self.item, self.measure

    def is_like(self, other: "Move") -> bool:
        """Whether the same moved in the same direction to about where another one had it."""
        same = self.key == other.key and (self.found > self.usual) == (other.found > other.usual)
        return same and abs(self.found - other.found) <= other.band


@dataclass(frozen=True, slots=True)
class Level:
    """What was measured, in or out of its band."""

    move: Move
    out: bool


@dataclass(frozen=True)
class Sample:
    """The pages of one site in a run, and those before it."""

    site: str
    run: Sequence[Sight]
    usual: Sequence[Sight]
    band: Band = field(default_factory=Band)


def levels(sample: Sample) -> Iterator[Level]:
    """All that can be measured of a sample."""
    pages = len({sight.page for sight in sample.run})
    if pages < sample.band.min_pages or len({sight.page for sight in sample.usual}) < sample.band.min_history:
        return
    if "page" not in sample.band.off:
        yield from _compared(sample, ("", ""), "partial", lambda sight: sight.partial, by_page, down=False)
        yield from _compared(sample, ("", ""), "findings", lambda sight: sight.findings, by_page, down=False)
    for known in FIELDS:
        if known.name not in sample.band.off:
            yield from _statuses(sample, known)
            yield from _repeated(sample, known)
            for item in _valued(known):
                yield from _values(sample, known, item)


Test = Callable[[Sight], bool | None]
"""Whether a sight has what is measured, None where it cannot have it."""


def by_job(sights: Iterable[Sight], test: Test) -> Share | None:
    """The share of occupations that have it, each counted once by the share of its sights."""
    return _share(sights, test, attrgetter("job"))


def by_page(sights: Iterable[Sight], test: Test) -> Share | None:
    """The share of pages that have it, each counted once by the share of its sights."""
    return _share(sights, test, attrgetter("page"))


def _share(sights: Iterable[Sight], test: Test, unit: Callable[[Sight], int]) -> Share | None:
    found: dict[int, list[bool]] = {}
    pages: set[int] = set()
    for sight in sights:
        if (holds := test(sight)) is not None:
            found.setdefault(unit(sight), []).append(holds)
            pages.add(sight.page)
    if not found:
        return None
    return Share(sum([sum(held) / len(held) for held in found.values()]) / len(found), min(len(found), len(pages)))


def _statuses(sample: Sample, known: Field) -> Iterator[Level]:
    """A field that gains values where it was not there before, or showed a dash, has drifted nowhere."""
    key = (known.name, "")
    yield from _compared(sample, key, "filled", lambda sight: _status(sight.said, key) == "ok", by_job, down=True, up=False)
    yield from _compared(sample, key, "missing", partial(_is_missing, key), by_job, down=False)
    yield from _compared(sample, key, "doubted", lambda s: _status(s.said, key) in ("suspect", "unreadable"), by_job, down=False)
    yield from _compared(sample, key, "absent", lambda sight: not _status(sight.said, key), by_job, down=False)


def _compared(
    sample: Sample, key: Key, measure: Measure, test: Test, share: Callable[[Iterable[Sight], Test], Share | None],
    down: bool = True, up: bool = True, tries: int = 1,
) -> Iterator[Level]:  # fmt: skip
    found, usual = share(sample.run, test), share(sample.usual, test)
    if found is None or usual is None:
        return
    rises = found.part > usual.part
    out = (up if rises else down) and is_out(found, usual, sample.band, tries)
    yield _level(sample, key, measure, found, usual, out, test, rises)


def _level(
    sample: Sample, key: Key, measure: Measure, found: Share, usual: Share, out: bool, test: Test, rises: bool
) -> Level:  # fmt: skip
    first = next((s.capture for s in sample.run if test(s) is rises), "") if out else ""
    band = sample.band.min_shift
    return Level(Move(sample.site, *key, measure, usual.part, found.part, band, found.of, usual.of, first), out)


def _repeated(sample: Sample, known: Field) -> Iterator[Level]:
    """What became of the values that the same pages had before."""
    key = (known.name, "")
    repeated: list[tuple[Measure, Test, Callable[[Iterable[Sight], Test], Share | None], float]] = [
        ("lost", partial(_is_lost, key), by_page, LOST),
        ("changed", partial(_is_changed, known), by_job, CHANGED),
    ]
    for measure, test, share, assumed in repeated:
        if (found := share(sample.run, test)) is None:
            continue
        usual = share(sample.usual, test) or Share(0.0, 0)
        out = is_above(found, usual, sample.band, assumed, WEIGHT)
        yield _level(sample, key, measure, found, expected(usual, assumed, WEIGHT), out, test, True)


def _values(sample: Sample, known: Field, item: str) -> Iterator[Level]:
    key = (known.name, item)
    usual = [value for sight in sample.usual if (value := _value(sight.said, key)) is not None]
    found = [value for sight in sample.run if (value := _value(sight.said, key)) is not None]
    if not usual or not found:
        return
    if known.kind != "text":
        ordered = sorted(float(value) for value in usual)
        low, high = quantile(ordered, _TAIL), quantile(ordered, 1 - _TAIL)
        yield from _compared(sample, key, "low", partial(_is_beyond, key, low, -1), by_job, down=False)
        yield from _compared(sample, key, "high", partial(_is_beyond, key, high, 1), by_job, down=False)
    counted = Counter(found)
    most = min(counted, key=lambda value: (-counted[value], str(value)))
    yield from _compared(sample, key, "same", partial(_is_same, key, most), by_job, down=False, tries=len(counted))


def _valued(known: Field) -> tuple[str, ...]:
    """The items of which values are compared: of a list of ranks the first."""
    return ("1",) if known.ranked else known.items or ("",)


def _status(said: Said, key: Key) -> str:
    return said[key][0] if key in said else ""


def _value(said: Said, key: Key) -> Value | None:
    status, value = said.get(key, ("", None))
    return value if status == "ok" else None


def _is_missing(key: Key, sight: Sight) -> bool | None:
    """Of the cells that are there, as a field that is new is not one that lost its dashes."""
    status = _status(sight.said, key)
    return status == "missing" if status else None


def _is_lost(key: Key, sight: Sight) -> bool | None:
    if sight.before is None or _status(sight.before, key) != "ok":
        return None
    return _status(sight.said, key) != "ok"


def _is_beyond(key: Key, limit: float, sign: int, sight: Sight) -> bool | None:
    value = _value(sight.said, key)
    return None if value is None else (float(value) - limit) * sign > 0


def _is_same(key: Key, most: Value, sight: Sight) -> bool | None:
    value = _value(sight.said, key)
    return None if value is None else value == most


def _is_changed(known: Field, sight: Sight) -> bool | None:
    """Whether a value moved by more than figures do that are brought up to date; a list, as a whole."""
    before, now, key = sight.before, sight.said, (known.name, "")
    if before is None or _status(before, key) != "ok" or _status(now, key) != "ok":
        return None
    if known.scalar:
        old, new = before[key][1], now[key][1]
        if known.kind == "text" or old is None or new is None:
            return old != new
        return abs(float(new) - float(old)) > max(_PART * abs(float(old)), _STEPS.get(known.unit or "", 0.0))
    old_items, new_items = _items(before, known), _items(now, known)
    if known.kind == "text":
        kept = set(old_items.values()) & set(new_items.values())
        return 2 * len(kept) < min(len(old_items), len(new_items))
    if known.ranked:
        return None
    moved = sum(abs(float(old_items.get(item, 0)) - float(new_items.get(item, 0))) for item in old_items | new_items)
    return moved / 2 > _LIST_POINTS


def _items(said: Said, known: Field) -> dict[str, Value]:
    return {item: value for (name, item), (_, value) in said.items() if name == known.name and item and value is not None}


def in_words(move: Move) -> str:
    """`education.degree: filled on 35 % of 20, usually on 100 % of 41`."""
    about = ", ".join(filter(None, (move.field, move.item))) or "pages"
    percent = BY_NAME[move.field].unit == "percent" if move.field else False
    shown = {
        "filled": "filled on", "missing": "shown as missing on", "doubted": "in doubt on", "absent": "not there on",
        "lost": "lost, where the page had it before, on", "changed": "much changed on",
        "low": f"below nine tenths of the usual {'shares' if percent else 'values'} on",
        "high": f"above nine tenths of the usual {'shares' if percent else 'values'} on", "same": "one and the same on",
        "partial": "read in part only,", "findings": "warnings or errors on", "rejected": "rejected,",
    }[move.measure]  # fmt: skip
    return f"{about}: {shown} {move.found:.0%} of {move.evidence:,}, usually {move.usual:.0%} of {move.history:,}"
