"""All cells of a page that say the same thing, weighed: one speaks, the others are its witnesses."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, repeat
from typing import NamedTuple

from normalize.checks.pay import hourly_fits
from normalize.claims import SIDES, Claim, Place, Side
from normalize.facts import Status
from normalize.findings import Finding, finding
from normalize.folding import fold, is_blank, plain
from normalize.sense import Said, Sense, understand
from normalize.terms import TERMS, Exact, Read, Term

__all__ = ["Testimony", "Verdict", "agree", "support", "testify", "understand", "weigh"]

_RANK = {"overview": 1, "intro": 2}
_FIRST = {name: term.fields[0] for name, term in TERMS.items()}
_LOST = ("cut_off", "ragged_row")
_MOST_QUOTED = 20


class Testimony(NamedTuple):
    """One claim and what its grammar made of it: a reading, nothing (missing) or the reason of a refusal."""

    claim: Claim
    read: Read | None
    refusal: str
    sense: Sense


class Verdict(NamedTuple):
    """What a side says of one term: the claim that speaks, its status, and what is said.

    `agreeing` counts the cells that agree on the value of the first row; `group` are all of them, the own table's first, and
    `refused` tells whether one of them was no value. `claims` are the claims that gave each row, none where one gave them all.
    """

    term: Term
    claim: Claim
    read: Read | None
    status: Status
    group: Sequence[Claim]
    refused: bool = False
    said: tuple[Said, ...] = ()
    claims: tuple[Claim, ...] = ()
    agreeing: int = 0

    @property
    def rows(self) -> Iterable[tuple[Said, Claim]]:
        """Each row with the claim that gave it."""
        return zip(self.said, self.claims or repeat(self.claim))  # noqa: B905 - the claim is repeated without end

    @property
    def heard(self) -> tuple["Testimony", ...]:
        """What each cell says."""
        return tuple(map(testify, self.group))


def testify(claim: Claim) -> Testimony:
    """Read one claim with the grammar of its term. A cell in doubt cannot say that there is no value: the rest of it may
    be what is lost."""
    sense = understand(claim.term, claim.said or claim.raw)
    read, refusal, *_ = sense
    if claim.doubt and not refusal and (read is None or read.missing):
        return Testimony(claim, None, claim.doubt, sense)
    return Testimony(claim, read, refusal, sense)


def weigh(claims: Iterable[Claim]) -> tuple[list[Verdict], list[Finding]]:
    """One verdict for each side, field and item: the field's own table or list speaks first, then the overview, then a
    sentence."""
    groups: dict[tuple[Side, str, str], list[Claim]] = {}
    listed: dict[Side, list[Claim]] = {"left": [], "right": []}
    for claim in claims:
        if claim.item and claim.section == "skills":
            listed[claim.side].append(claim)
        if claim.doubt and claim.doubt in _LOST and is_blank(claim.raw):
            continue  # nothing of the cell is there
        key = (claim.side, _FIRST[claim.term], claim.item)
        if key in groups:
            groups[key].append(claim)
        else:
            groups[key] = [claim]
    findings: list[Finding] = []
    verdicts = [_judge(group, findings) for group in groups.values()]
    return _ranked(verdicts, listed, findings), findings


def _turn(claim: Claim) -> tuple[int, ...]:
    return _RANK.get(claim.section, 0), *_spot(claim.place)


def _spot(place: Place) -> tuple[int, int, int, int]:
    """A place that is compared quickly."""
    return place.block, place.row, place.column, place.start


def _ranked(verdicts: list[Verdict], listed: Mapping[Side, list[Claim]], findings: list[Finding]) -> list[Verdict]:
    """With a list the ranks are the list's: what another list or a sentence names beyond its end is in doubt. `listed` are the
    items of lists."""
    lengths = {side: _length(items) for side, items in listed.items()}
    beyond = [v for v in verdicts if v.claim.item and 0 < lengths[v.claim.side] < int(v.claim.item)]
    for side in SIDES:
        if names := [plain(v.claim.raw) for v in beyond if v.claim.side == side and v.read]:
            said = f"{', '.join(map(repr, names[:5]))} beside a list that ends with item {lengths[side]}"
            findings.append(finding("witnesses_disagree", said, side, "skill.name"))
    if not beyond:
        return verdicts
    kept = [v for v in verdicts if v not in beyond]
    return [*kept, *(v._replace(status="suspect" if v.read else v.status) for v in beyond if v.status != "missing")]


def _length(claims: Iterable[Claim]) -> int:
    """How many items the first of a side's lists has."""
    items = [rank for _, rank in sorted([(_spot(claim.place), int(claim.item)) for claim in claims])]
    return next((n for n, item in enumerate(items) if n and item == 1), len(items))


def _judge(group: list[Claim], findings: list[Finding]) -> Verdict:
    if len(group) == 1 and not group[0].doubt:
        claim = group[0]
        read, refusal, term, said, _ = understand(claim.term, claim.said or claim.raw)
        if read:
            return Verdict(term, claim, read, "ok", group, False, said, (), 1)
        if not refusal:
            return Verdict(term, claim, None, "missing", group)
    elif len(group) > 1:
        group.sort(key=_turn)
    return _weighed(group, tuple(map(testify, group)), findings)


def _weighed(group: list[Claim], testimonies: tuple[Testimony, ...], findings: list[Finding]) -> Verdict:
    claim, read, refusal, sense = testimonies[0]
    refused = [testimony for testimony in testimonies if testimony.refusal]
    findings += map(_unreadable, refused)
    if refusal:
        return Verdict(sense.term, claim, None, "unreadable", group, refused=True)
    if read and all(testimony.read is read for testimony in testimonies):
        status: Status = "suspect" if claim.doubt else "ok"
        return Verdict(sense.term, claim, read, status, group, False, sense.said, (), len(group))
    readings = [t for t in testimonies if t.read]
    if not readings:
        speaker = refused[0] if refused else testimonies[0]
        return Verdict(sense.term, speaker.claim, None, "unreadable" if refused else "missing", group, bool(refused))
    return _compared(group, testimonies, readings, findings)._replace(refused=bool(refused))


def _compared(
    group: list[Claim], testimonies: tuple[Testimony, ...], readings: list[Testimony], findings: list[Finding]
) -> Verdict:  # fmt: skip
    """The verdict on cells of which some say something, not all the very same."""
    first = testimonies[0]
    term, speaker, spoken = first.sense.term, readings[0], _read_of(readings[0])
    agreeing = [t for t in readings if t.read is spoken or agree(spoken, _read_of(t))]
    different = dict.fromkeys(map(_read_of, agreeing)) if len(agreeing) > 2 else {}
    at_odds = len(agreeing) < len(readings) or not all(agree(r, s) for r, s in combinations(different, 2))
    at_odds = at_odds or speaker is not first
    if at_odds:
        findings.append(finding("witnesses_disagree", _said(testimonies), speaker.claim.side, term.fields[0]))
    if spoken.half:
        agreeing.sort(key=lambda heard: _read_of(heard).half)  # the exact figure speaks for the one that was rounded
        speaker = agreeing[0]
    claim, read = speaker.claim, _read_of(speaker)
    status: Status = "suspect" if at_odds or claim.doubt else "ok"
    last_first = [(t.claim, said) for t in reversed(readings) for said in t.sense.said if said.field in read.missing]
    last_first += [(t.claim, s) for t in reversed(agreeing) for s in t.sense.said if not t.claim.doubt or t is speaker]
    rows = {(said.field, said.item): (said, c) for c, said in last_first}
    said, claims = zip(*rows.values(), strict=True) if rows else ((), ())
    return Verdict(term, claim, read, status, group, False, said, claims, len(agreeing))


def _read_of(testimony: Testimony) -> Read:
    assert testimony.read
    return testimony.read


def _said(testimonies: tuple[Testimony, ...]) -> str:
    """What each cell says, and which of them stand against two or more that agree."""
    heard = [t for t in testimonies if not t.refusal][:_MOST_QUOTED]
    said = ", ".join(dict.fromkeys(map(_quoted, heard)))
    groups: list[list[Testimony]] = []
    for testimony in heard:
        group = next((g for g in groups if _same(g[0].read, testimony.read)), None)
        if group:
            group.append(testimony)
        else:
            groups.append([testimony])
    most = max(groups, key=len, default=[])
    if len(most) < 2 or sum(len(group) == len(most) for group in groups) > 1:
        return said
    return f"{said}; outvoted: {', '.join(dict.fromkeys(_quoted(t) for group in groups if group is not most for t in group))}"


def _quoted(testimony: Testimony) -> str:
    return f"{plain(testimony.claim.raw)!r} ({testimony.claim.section})"


def _same(one: Read | None, other: Read | None) -> bool:
    return agree(one, other) if one and other else one is other


def agree(one: Read, other: Read) -> bool:
    """Whether two cells of one term say nothing that contradicts the other; a rounded figure agrees with what rounds to it."""
    if one.shares or other.shares:
        return set(one.rows) == set(other.rows) and sorted(one.unlisted) == sorted(other.unlisted)
    mine, theirs = _comparable(one), _comparable(other)
    if mine.keys() & {*other.without, *other.missing} or theirs.keys() & {*one.without, *one.missing}:
        return False
    half = one.half + other.half
    return all(
        mine[field] == theirs[field] or (half > 0 and _near(mine[field][1], theirs[field][1], half))
        for field in mine.keys() & theirs.keys()
    )


def _near(one: Exact, other: Exact, half: Decimal) -> bool:
    return not isinstance(one, str) and not isinstance(other, str) and abs(Decimal(one) - Decimal(other)) <= half


def _comparable(read: Read) -> dict[str, tuple[str, Exact]]:
    return {row.field: (row.item, fold(row.value) if isinstance(row.value, str) else row.value) for row in read.rows}


Key = tuple[Side, str, str]
"""Side, field and item."""


def support(claims: Iterable[Claim]) -> dict[Key, int]:
    """How many witnesses agree on each value that is ok: tables, lists and runs of prose of the page. An hourly rate and a
    yearly mean that fit are witnesses of each other."""
    found: dict[Key, int] = {}
    values: dict[Key, Exact] = {}
    for verdict in weigh(claims)[0]:
        if verdict.read and verdict.status == "ok":
            places = {t.claim.place.block for t in verdict.heard if t.read and agree(verdict.read, t.read)}
            for said, claim in verdict.rows:
                found[claim.side, said.field, claim.item or said.item] = len(places)
                values[claim.side, said.field, claim.item or said.item] = said.row.value
    for side in SIDES:
        mean, hourly = (side, "salary.annual_mean_usd", ""), (side, "salary.hourly_mean_usd", "")
        if mean in values and hourly in values and hourly_fits(values[hourly], values[mean]):
            found[mean] += 1
            found[hourly] += 1
    return found


def _unreadable(testimony: Testimony) -> Finding:
    claim = testimony.claim
    detail = f"{claim.label!r} says {plain(claim.raw)[:80]!r} ({testimony.refusal})"
    return finding("unreadable_cell", detail, claim.side, TERMS[claim.term].fields[0])
