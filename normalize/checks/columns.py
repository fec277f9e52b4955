"""What the columns of tables say of each other: copied, exchanged, of another job, or a row too low.

A cell that is wrong alone is found by its own witnesses. A column that is wrong takes cells with it that have none: so the rest
of a column is in doubt where some of its cells show that it is not what its title says.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from normalize.checks.contradiction import Contradiction
from normalize.checks.pay import hourly_fits
from normalize.claims import SIDES, Claim, Side
from normalize.fields import FIELDS
from normalize.folding import plain
from normalize.terms import TERMS, Read
from normalize.witnesses import Testimony, Verdict, agree, testify, understand

Source = tuple[int, str]
"""Block and section of a claim: a table, or a part of one."""

Column = tuple[Source, Side]

_MEAN, _HOURLY, _JOBS = "salary.annual_mean_usd", "salary.hourly_mean_usd", "outlook.jobs"
_TELLING = (_MEAN, _JOBS, "salary.annual_low_usd", "demographics.gender_pct", "demographics.race_pct")
"""Figures of which two jobs hardly have the same."""

_SAYS_NOTHING = frozenset(("outlook.time_to_become_min_months", "outlook.experience_years", "skill.name"))
"""Fields that are the same for many jobs, or stand in no table."""

_MOST_CELLS = 500
_FEWEST_JOBS, _FEWEST_SHARES, _FEWEST_FIELDS = 1_000, 3, 4


class Doubted(NamedTuple):
    """Fields of a side that a check puts in doubt."""

    side: Side
    contradiction: Contradiction


class _Cell(NamedTuple):
    claim: Claim
    read: Read
    field: str

    @property
    def source(self) -> Source:
        return self.claim.place.block, self.claim.section


def columns(verdicts: Sequence[Verdict], unlikely: Iterable[Claim] = ()) -> Iterator[Doubted]:
    """All that columns show, each kind of doubt about the same fields once; `unlikely` are claims whose text was read, but cannot
    be what its label says."""
    seen: set[tuple[Side, str, tuple[str, ...]]] = set()
    for doubted in _all(verdicts, unlikely):
        key = (doubted.side, doubted.contradiction.code, doubted.contradiction.fields)
        if key not in seen:
            seen.add(key)
            yield doubted


def _all(verdicts: Sequence[Verdict], unlikely: Iterable[Claim]) -> Iterator[Doubted]:
    sides: dict[Side, dict[str, Verdict]] = {"left": {}, "right": {}}
    for verdict in verdicts:
        if not verdict.claim.item:
            sides[verdict.claim.side][verdict.term.fields[0]] = verdict
    yield from _identical(sides["left"], sides["right"])
    off = {side for side in SIDES if _hourly_is_off(sides[side])}
    if off or any(verdict.status == "suspect" for verdict in verdicts):
        said = sorted(_cells(verdicts), key=lambda cell: (cell.field, cell.claim.place))
        cells = list({(c.source, c.claim.side, c.field, c.read): c for c in said}.values())
        if len(cells) > _MOST_CELLS:
            yield from _overfull(verdicts, len(cells))
        else:
            yield from _crossed(cells, verdicts)
            yield from _contradicted(cells, verdicts, off)
    yield from _shifted(verdicts, list(unlikely))


def _overfull(verdicts: Sequence[Verdict], count: int) -> Iterator[Doubted]:
    """A page that contradicts itself with more cells than any that compares two jobs has: nothing of it can be trusted."""
    for side in SIDES:
        fields = tuple(field for v in verdicts if v.claim.side == side and not v.claim.item for field in v.term.fields)
        yield Doubted(side, Contradiction("column_contradicted", f"{count:,} cells say different things", fields))


def _cells(verdicts: Iterable[Verdict]) -> Iterator[_Cell]:
    for verdict in verdicts:
        if verdict.term.fields[0] not in _SAYS_NOTHING:
            yield from (_Cell(t.claim, t.read, verdict.term.fields[0]) for t in verdict.heard if t.read)


def _of(verdicts: Iterable[Verdict], source: Source, side: Side) -> tuple[str, ...]:
    """The fields that a table says of a side, or that have no value there."""
    heard = (t.claim for verdict in verdicts for t in verdict.heard)
    own = (claim for claim in heard if (claim.place.block, claim.section, claim.side) == (*source, side))
    return tuple(dict.fromkeys(field for claim in own for field in TERMS[claim.term].fields))


# --- a column copied ------------------------------------------------------------------------------------------------------


def _identical(left: dict[str, Verdict], right: dict[str, Verdict]) -> Iterator[Doubted]:
    """Figures that the two jobs share to the last digit, though hardly any two jobs do."""
    shared = left.keys() & right.keys()
    telling = [field for field in _TELLING if field in shared and _is_same(left[field], right[field])]
    if not telling:
        return
    same = {field: left[field] for field in shared if _is_same(left[field], right[field])}
    both = [field for field in shared if left[field].read and right[field].read and field not in _SAYS_NOTHING]
    doubted = _copied_tables(left, right, same)
    if _MEAN in same and len(both) >= _FEWEST_FIELDS and all(field in same for field in both):
        doubted |= set(both)
    doubted |= {field for field in telling if _is_rare(same[field])}
    if doubted:
        named = [left[field.name] for field in FIELDS if field.name in doubted]
        fields = tuple(field for verdict in named for field in verdict.term.fields)
        said = ", ".join(f"{plain(verdict.claim.raw)[:40]!r}" for verdict in named)
        yield from (Doubted(side, Contradiction("sides_identical", said, fields)) for side in SIDES)


def _is_same(one: Verdict, other: Verdict) -> bool:
    if not one.read or not other.read or len(one.read.rows) != len(other.read.rows):
        return False
    return one.read.rows == other.read.rows or set(one.read.rows) == set(other.read.rows)


def _is_rare(verdict: Verdict) -> bool:
    """Whether one figure alone tells that it was copied: a number of jobs to the last digit, or a list of races."""
    read = verdict.read
    if not read:
        return False
    if verdict.term.fields[0] == _JOBS:
        value = read.rows[0].value
        return isinstance(value, int) and value >= _FEWEST_JOBS and value % 100 != 0
    return len(read.shares) >= _FEWEST_SHARES and any(pct % 1 for pct in read.shares)


def _copied_tables(left: dict[str, Verdict], right: dict[str, Verdict], same: dict[str, Verdict]) -> set[str]:
    """The fields of tables whose cells are the same on both sides, two telling ones among them."""
    tables: dict[Source, list[str]] = defaultdict(list)
    for field, verdict in left.items():
        if field in right:
            tables[verdict.claim.place.block, verdict.claim.section].append(field)
    copied: set[str] = set()
    for fields in tables.values():
        telling = [field for field in fields if field in _TELLING and field in same]
        if len(telling) > 1 and all(f in same or (left[f].status == right[f].status == "missing") for f in fields):
            copied |= set(fields)
    return copied


# --- two columns exchanged, or one of another job -------------------------------------------------------------------------


def _crossed(cells: list[_Cell], verdicts: Sequence[Verdict]) -> Iterator[Doubted]:
    """Where one part of the page says of each job what another says of the other, all tables are in doubt but those that a
    sentence confirms, or a table that it confirms: a sentence names the jobs itself."""
    said = next(_exchanges(cells), "")
    if not said:
        return
    known = {cell.source for cell in cells if cell.claim.section == "intro"}
    tables = {cell.source for cell in cells} - known
    pairs = {field: _pairs(cells, field) for field in dict.fromkeys(cell.field for cell in cells)}
    while more := {source for source in tables - known if _is_confirmed(source, known, pairs.values())}:
        known |= more
    for source in sorted(tables - known):
        yield from (Doubted(side, Contradiction("columns_crossed", said, _of(verdicts, source, side))) for side in SIDES)


def _exchanges(cells: list[_Cell]) -> Iterator[str]:
    """Each figure that two parts of the page give the other way round."""
    for field in dict.fromkeys(cell.field for cell in cells):
        for (left, right), (their_left, their_right) in combinations(_pairs(cells, field).values(), 2):
            if not agree(left.read, right.read) and agree(left.read, their_right.read) and agree(right.read, their_left.read):
                said = f"{plain(left.claim.raw)[:40]!r} and {plain(right.claim.raw)[:40]!r} in {left.claim.section}"
                yield f"{said}, the other way round in {their_left.claim.section}"


Pairs = dict[Source, tuple[_Cell, _Cell]]
"""The cells of one field by source, left and right."""


def _pairs(cells: list[_Cell], field: str) -> Pairs:
    """The cells of a field by source, where it has one for each side."""
    found: dict[Source, dict[Side, _Cell]] = defaultdict(dict)
    for cell in cells:
        if cell.field == field:
            found[cell.source].setdefault(cell.claim.side, cell)
    return {source: (sides["left"], sides["right"]) for source, sides in found.items() if len(sides) == 2}


def _is_confirmed(source: Source, known: set[Source], fields: Iterable[Pairs]) -> bool:
    """Whether parts of the page that are known say the same as a table on both sides, of a figure in which the jobs differ."""
    for pairs in fields:
        if source in pairs and not agree(pairs[source][0].read, pairs[source][1].read):
            others = [pairs[other] for other in known & pairs.keys()]
            if others and all(agree(o.read, m.read) for other in others for o, m in zip(other, pairs[source], strict=True)):
                return True
    return False


def _contradicted(cells: list[_Cell], verdicts: Sequence[Verdict], off: set[Side]) -> Iterator[Doubted]:
    """Columns of which more cells contradict other parts of the page than are confirmed by them; where that is so of a whole
    table, by two cells or more, all its sections. `off` are sides whose hourly rate is known to contradict the mean."""
    wrong: dict[Column, list[_Cell]] = defaultdict(list)
    right = Counter[Column]()
    for cell in cells:
        column = (cell.source, cell.claim.side)
        heard = [_fit(cell, other) for other in cells if other.source != cell.source and _comparable(cell, other)]
        if not all(heard):
            wrong[column].append(cell)
        right[column] += any(heard)
    doubted = {column: cells for column, cells in wrong.items() if len(cells) > right[column]}
    for (source, side), contradicted in {**_whole_tables(wrong, right), **doubted}.items():
        fields = dict.fromkeys(row.field for cell in contradicted for row in cell.read.rows)
        told = {f for v in verdicts if v.claim.side == side and v.status == "suspect" for f in v.term.fields}
        told |= {_MEAN, _HOURLY} if side in off else set()
        if rest := tuple(field for field in _of(verdicts, source, side) if field not in told):
            yield Doubted(side, Contradiction("column_contradicted", f"{', '.join(fields)} in {source[1]}", rest))


def _whole_tables(wrong: Mapping[Column, list[_Cell]], right: Counter[Column]) -> dict[Column, list[_Cell]]:
    """The columns of tables with sections where two cells or more, and more than are confirmed, contradict the rest."""
    tables: dict[tuple[int, Side], set[Column]] = defaultdict(set)
    for column in (*wrong, *right):
        tables[column[0][0], column[1]].add(column)
    found: dict[Column, list[_Cell]] = {}
    for columns in tables.values():
        cells = [cell for column in sorted(columns) for cell in wrong.get(column, ())]
        if 1 < len(cells) > sum(right[column] for column in columns):
            found |= dict.fromkeys(sorted(columns), cells)
    return found


def _comparable(one: _Cell, other: _Cell) -> bool:
    return one.claim.side == other.claim.side and (one.field == other.field or {one.field, other.field} == {_MEAN, _HOURLY})


def _fit(one: _Cell, other: _Cell) -> bool:
    if one.field == other.field:
        return agree(one.read, other.read)
    mean, hourly = (one, other) if one.field == _MEAN else (other, one)
    return _hourly(hourly.read, mean.read)


def _hourly(hourly: Read, mean: Read) -> bool:
    return hourly_fits(hourly.rows[0].value, mean.rows[0].value)


def _hourly_is_off(verdicts: dict[str, Verdict]) -> bool:
    """Whether an hourly rate contradicts the mean of its side."""
    mean, hourly = verdicts.get(_MEAN), verdicts.get(_HOURLY)
    return bool(mean and hourly and mean.read and hourly.read and not _hourly(hourly.read, mean.read))


# --- a column that stands a row too low or too high ------------------------------------------------------------------------


def _shifted(verdicts: Sequence[Verdict], unlikely: list[Claim]) -> Iterator[Doubted]:
    """Columns with cells that are no value of their own row, but would be one of another: of all the same row away, the whole
    column is in doubt; of one, the two rows that may be exchanged."""
    wrong = [t.claim for v in verdicts if v.refused for t in v.heard if t.refusal and t.claim.section != "intro"] + unlikely
    if not wrong:
        return
    bad = {(claim.side, claim.place) for claim in wrong}
    blocks: dict[tuple[int, Side], list[Claim]] = {(claim.place.block, claim.side): [] for claim in wrong}
    for claim in (claim for v in verdicts for claim in v.group):
        if (of := (claim.place.block, claim.side)) in blocks:
            blocks[of].append(claim)
    for (_, side), claims in blocks.items():
        if len(claims) > _MOST_CELLS:
            continue
        heard = [testify(claim) for claim in sorted(claims, key=lambda claim: claim.place)]
        for step in (-1, 1):
            moved = [t for t, neighbour in _neighbours(heard, step) if (side, t.claim.place) in bad and _is_read_as(t, neighbour)]
            if len(moved) > 1:
                fields = tuple(dict.fromkeys(field for t in heard for field in TERMS[t.claim.term].fields))
                said = f"{len(moved)} cells, such as {_quoted(moved[0])}"
                yield Doubted(side, Contradiction("rows_shifted", said, fields))
        yield from _exchanged_rows(heard, [t for t in heard if (side, t.claim.place) in bad], side)


def _exchanged_rows(heard: list[Testimony], bad: list[Testimony], side: Side) -> Iterator[Doubted]:
    """Cells that are no value of their own row, but of one that has none."""
    found: dict[tuple[str, ...], str] = {}
    for cell in bad:
        own = TERMS[cell.claim.term].fields
        for other in (o for o in heard if not o.read and o.claim.term != cell.claim.term and _is_read_as(cell, o)):
            found.setdefault((*own, *TERMS[other.claim.term].fields), f"{_quoted(cell)}, for {other.claim.label!r}")
    yield from (Doubted(side, Contradiction("rows_exchanged", said, fields)) for fields, said in found.items())


def _quoted(testimony: Testimony) -> str:
    return f"{plain(testimony.claim.raw)[:40]!r} beside {testimony.claim.label!r}"


def _neighbours(heard: list[Testimony], step: int) -> Iterator[tuple[Testimony, Testimony]]:
    yield from ((t, heard[n + step]) for n, t in enumerate(heard) if 0 <= n + step < len(heard))


def _is_read_as(testimony: Testimony, neighbour: Testimony) -> bool:
    return understand(neighbour.claim.term, testimony.claim.said or testimony.claim.raw).read is not None
