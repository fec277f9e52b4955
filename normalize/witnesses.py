"""All cells of a page that say the same thing, weighed: one speaks, the others are its witnesses."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from normalize import vocabulary
from normalize.checks.pay import hourly_fits
from normalize.claims import SIDES, Claim, Side
from normalize.errors import Refusal
from normalize.facts import Status
from normalize.findings import Finding, finding
from normalize.folding import fold, is_blank, plain, without_note
from normalize.terms import TERMS, Exact, Read, Row, Term

_RANK = {"overview": 1, "intro": 2}
_SHORT, _MOST_QUOTED = 200, 20


class Testimony(NamedTuple):
    """One claim and what its grammar made of it: a reading, nothing (missing) or the reason of a refusal."""

    claim: Claim
    read: Read | None
    refusal: str = ""


class Verdict(NamedTuple):
    """What a side says of one term: the claim that speaks, its status, and each row with the claim that gave it.

    `agreeing` counts the cells that agree on the value of the first row; `heard` are all of them, the own table's first.
    """

    term: Term
    claim: Claim
    read: Read | None
    status: Status
    rows: tuple[tuple[Row, Claim], ...] = ()
    agreeing: int = 0
    heard: tuple[Testimony, ...] = ()


def testify(claim: Claim) -> Testimony:
    """Read one claim with the grammar of its term. A cell in doubt cannot say that there is no value: the rest of it may
    be what is lost."""
    read, refusal = understand(claim.term, claim.said or claim.raw)
    if not refusal and claim.doubt and (read is None or read.missing):
        return Testimony(claim, None, claim.doubt)
    return Testimony(claim, read, refusal)


def understand(term: str, text: str) -> tuple[Read | None, str]:
    """What a text says of a term: a reading, nothing, or the reason of a refusal."""
    return _understood(term, text) if len(text) <= _SHORT else _understood.__wrapped__(term, text)


@lru_cache(4096)
def _understood(term: str, raw: str) -> tuple[Read | None, str]:
    """The same on every page that shows the text."""
    said = raw if TERMS[term].fields[0].startswith("skill.") else without_note(raw)
    if vocabulary.is_missing(said):
        return None, ""
    try:
        return TERMS[term].read(said), ""
    except Refusal as refusal:
        return None, refusal.reason


vocabulary.when_changed(_understood.cache_clear)


def weigh(claims: Iterable[Claim]) -> tuple[list[Verdict], list[Finding]]:
    """One verdict for each side, field and item: the field's own table or list speaks first, then the overview, then a
    sentence."""
    claims = list(claims)
    groups: dict[tuple[Side, str, str], list[Claim]] = {}
    for claim in claims:
        if claim.doubt in ("cut_off", "ragged_row") and is_blank(claim.raw):
            continue  # nothing of the cell is there
        groups.setdefault((claim.side, TERMS[claim.term].fields[0], claim.item), []).append(claim)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=lambda claim: (_RANK.get(claim.section, 0), claim.place))
        testimonies = tuple(map(testify, group))
        findings += [_unreadable(t) for t in testimonies if t.refusal]
        verdicts.append(_judge(testimonies, findings))
    return _ranked(verdicts, claims, findings), findings


def _ranked(verdicts: list[Verdict], claims: Iterable[Claim], findings: list[Finding]) -> list[Verdict]:
    """With a list the ranks are the list's: what another list or a sentence names beyond its end is in doubt."""
    lengths = {side: _length(c for c in claims if c.side == side and c.section == "skills" and c.item) for side in SIDES}
    beyond = [v for v in verdicts if v.claim.item and 0 < lengths[v.claim.side] < int(v.claim.item)]
    for side in SIDES:
        if names := [plain(v.claim.raw) for v in beyond if v.claim.side == side and v.read]:
            said = f"{', '.join(map(repr, names[:5]))} beside a list that ends with item {lengths[side]}"
            findings.append(finding("witnesses_disagree", said, side, "skill.name"))
    kept = [v for v in verdicts if v not in beyond] if beyond else verdicts
    return [*kept, *(v._replace(status="suspect" if v.read else v.status) for v in beyond if v.status != "missing")]


def _length(claims: Iterable[Claim]) -> int:
    """How many items the first of a side's lists has."""
    items = [rank for _, rank in sorted((claim.place, int(claim.item)) for claim in claims)]
    return next((n for n, item in enumerate(items) if n and item == 1), len(items))


def _judge(testimonies: tuple[Testimony, ...], findings: list[Finding]) -> Verdict:
    first = testimonies[0]
    term = TERMS[first.claim.term]
    if first.refusal:
        return Verdict(term, first.claim, None, "unreadable", heard=testimonies)
    readings = [(t.claim, t.read) for t in testimonies if t.read]
    if not readings:
        unread = next((t for t in testimonies if t.refusal), None)
        return Verdict(term, (unread or first).claim, None, "unreadable" if unread else "missing", heard=testimonies)
    claim, read = readings[0]
    if len(testimonies) == 1:
        said_once = tuple((row, claim) for row in reversed(read.rows))
        return Verdict(term, claim, read, "suspect" if claim.doubt else "ok", said_once, 1, testimonies)
    agreeing = [(c, r) for c, r in readings if r is read or agree(read, r)]
    different = dict.fromkeys(r for _, r in agreeing) if len(agreeing) > 1 else {}
    at_odds = len(agreeing) < len(readings) or not all(agree(r, s) for r, s in combinations(different, 2))
    at_odds = at_odds or claim is not first.claim
    if at_odds:
        findings.append(finding("witnesses_disagree", _said(testimonies), claim.side, term.fields[0]))
    if read.half:
        agreeing.sort(key=lambda heard: heard[1].half)  # the exact figure speaks for the one that was rounded
        claim, read = agreeing[0]
    status: Status = "suspect" if at_odds or claim.doubt else "ok"
    speaking = [(c, row) for c, r in agreeing for row in r.rows if not c.doubt or c is claim]
    speaking += [(c, row) for c, r in readings for row in r.rows if row.field in read.missing]
    rows = {(row.field, row.item): (row, c) for c, row in reversed(speaking)}
    return Verdict(term, claim, read, status, tuple(rows.values()), len(agreeing), testimonies)


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
            for row, claim in verdict.rows:
                found[claim.side, row.field, claim.item or row.item] = len(places)
                values[claim.side, row.field, claim.item or row.item] = row.value
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
