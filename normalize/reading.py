"""Claims to a Reading: one fact for each field, item and side, checked against everything else that the page says."""

from decimal import Decimal
from functools import lru_cache

from normalize import checks
from normalize.checks.columns import columns
from normalize.claims import SIDES, Claim, Claims, Side
from normalize.errors import Rejected
from normalize.facts import Fact, Outcome, Reading, Status, Value
from normalize.fields import BY_NAME, EXPERIENCE
from normalize.findings import Finding, finding, from_note
from normalize.folding import fold, plain
from normalize.sense import Said, told, understand
from normalize.terms import Row
from normalize.witnesses import Verdict, weigh


def read(page: Claims) -> Reading:
    """All facts of a page, ordered by side, field and item, with the findings that explain every doubt."""
    verdicts, found = weigh(page.claims)
    findings = [*map(from_note, page.notes), *found]
    sides = {side: _Side(side, [v for v in verdicts if v.claim.side == side], findings) for side in SIDES}
    for doubted in columns(verdicts, [claim for side in sides.values() for claim in side.unlikely]):
        sides[doubted.side].contradict(doubted.contradiction)
    facts = [fact for side in sides.values() for fact in side.facts()]
    outcome: Outcome = "partial" if any(f.severity == "error" for f in findings) else "complete"
    return Reading(outcome, page.left, page.right, tuple(facts), page.parts, tuple(findings))


def rejected(error: Rejected, findings: tuple[Finding, ...] = ()) -> Reading:
    """The reading of a page that gives no rows."""
    return Reading("rejected", None, None, (), (), (finding(error.code, error.detail), *findings))


class _Side:
    """The verdicts of one side on their way to facts; `unlikely` are the claims whose value no field of theirs can have."""

    def __init__(self, side: Side, verdicts: list[Verdict], findings: list[Finding]) -> None:
        self.side: Side = side
        self.verdicts = verdicts
        self.findings = findings
        self.doubts: set[tuple[str, str]] = set()
        self.unlikely: list[Claim] = []
        self.rows = [
            (verdict, self._in_years(row, claim) if row.field == _EXPERIENCE else row, claim)
            for verdict in verdicts
            for row, claim in verdict.rows
        ]
        self._check()

    def facts(self) -> list[Fact]:
        """The facts of this side by field and item; doubts become `suspect` and a finding."""
        side, doubted, doubt = self.side, {field for field, _ in self.doubts}, self._status
        facts = [
            Fact(
                side, field, item or claim.item, value, doubt(verdict, field, claim) if field in doubted else verdict.status,
                claim.raw, claim.section, claim.place,
            )
            for verdict, (_, field, item, value, _), claim in self.rows
        ]  # fmt: skip
        for verdict in self.verdicts:
            if not verdict.read or verdict.read.missing or verdict.read.unlisted:
                facts += self._without_value(verdict)
        facts.sort(key=_order)
        return facts

    def contradict(self, contradiction: checks.Contradiction | None, item: str = "") -> None:
        """Put the fields that a check doubts in doubt, those that the page has; of ranked ones the item."""
        if contradiction:
            known = {field for verdict in self.verdicts for field in verdict.term.fields}
            fields = [field for field in contradiction.fields if field in known]
            self._doubt(contradiction.code, contradiction.detail, *fields, item=item)

    def _in_years(self, read: Said, claim: Claim) -> Said:
        """Experience in years: its unit, where it shows none, is that of the time to become whose upper end it is."""
        row = read.row
        assert isinstance(row.value, Decimal)
        shown, until = self._upper_end()
        unit = row.item or (shown if until == row.value * _MONTHS.get(shown, 0) else "")
        if not until and not unit:
            self._doubt("experience_unit_unknown", f"{row.value} beside {self._time_raw() or 'no time range'}", row.field)
        elif until and until != row.value * _MONTHS.get(unit, 0):
            self._doubt("experience_differs", f"{row.value} {unit} beside {self._time_raw()}", row.field, *_TIME)
        if (row.field, "") in self.doubts:
            self.unlikely.append(claim)
        if unit != "months":
            return told(Row(row.field, "", row.value))
        years = round(row.value / 12, 4)
        self._find("converted", f"{row.value} months are {years} years", row.field)
        return told(Row(row.field, "", years))

    def _upper_end(self) -> tuple[str, int]:
        """The unit in which the upper end of the time to become is printed, and that end in months; 0 where there is none."""
        for verdict in self.verdicts:
            if verdict.term.name == "time_to_become" and verdict.status == "ok":
                months = {said.field: said.row.value for said, _ in verdict.rows}.get("outlook.time_to_become_max_months")
                if isinstance(months, int) and not checks.out_of_range("outlook.time_to_become_max_months", months):
                    return "months" if "month" in plain(verdict.claim.raw).lower() else "years", months
        return "", 0

    def _time_raw(self) -> str:
        return next((v.claim.raw for v in self.verdicts if v.term.name == "time_to_become"), "")

    def _check(self) -> None:
        pay = [(verdict, said.row) for verdict in self.verdicts if verdict.term.fields[0] in _PAY for said, _ in verdict.rows]
        values = {row.field: row.value for _, row in pay if not isinstance(row.value, str)}
        for contradiction in checks.pay(values, {row.field: verdict.agreeing for verdict, row in pay}):
            self.contradict(contradiction)
        for odd, claim in [(row.unlikely, claim) for _, row, claim in self.rows if row.unlikely]:
            self.unlikely.append(claim)
            self.contradict(odd, claim.item)
        self._name_twice([(row.value, claim) for _, row, claim in self.rows if claim.item and isinstance(row.value, str)])
        for verdict, read in [(v, v.read) for v in self.verdicts if v.read and v.read.shares]:
            if 2 * len(read.unlisted) >= len(read.shares):
                self.doubts.add((verdict.term.fields[0], ""))  # the list may be of something else; the labels have a finding
            self.contradict(understand(verdict.claim.term, verdict.claim.said or verdict.claim.raw).uneven)

    def _name_twice(self, values: list[tuple[str, Claim]]) -> None:
        """Items of a list that say the same: which of them counts cannot be known."""
        if len({fold(value) for value, _ in values}) == len(values):
            return
        ranks: dict[str, list[Claim]] = {}
        for value, claim in values:
            ranks.setdefault(fold(value), []).append(claim)
        for claims in ranks.values():
            if len(claims) > 1:
                said = ", ".join(f"{plain(claim.raw)!r} (item {claim.item})" for claim in claims[:5])
                self._find("duplicate_skill", said, "skill.name")
                self.doubts |= {(field, c.item) for c in claims for field in ("skill.name", "skill.pct")}

    def _doubt(self, code: str, detail: str, *fields: str, item: str = "") -> None:
        """Put fields in doubt, or of ranked ones the item."""
        self.doubts |= {(field, item) for field in fields}
        for field in fields:
            self._find(code, detail, field)

    def _find(self, code: str, detail: str, field: str) -> None:
        self.findings.append(finding(code, detail, self.side, field))

    def _status(self, verdict: Verdict, field: str, claim: Claim) -> Status:
        return verdict.status if self.doubts.isdisjoint(((field, ""), (field, claim.item))) else "suspect"

    def _without_value(self, verdict: Verdict) -> list[Fact]:
        if not verdict.read:
            return [self._make(verdict.claim, f, verdict.claim.item, None, verdict.status) for f in verdict.term.fields]
        if shown := set(verdict.read.missing) - {said.field for said, _ in verdict.rows}:
            return [self._make(verdict.claim, field, verdict.claim.item, None, "missing") for field in sorted(shown)]
        field = verdict.term.fields[0]
        for label in verdict.read.unlisted:
            self._find("unlisted_share", repr(label), field)
        return [self._make(verdict.claim, field, "", None, "unreadable")] if verdict.read.unlisted else []

    def _make(self, claim: Claim, field: str, item: str, value: Value | None, status: Status) -> Fact:
        return Fact(self.side, field, item, value, status, claim.raw, claim.section, claim.place)


_MONTHS = {"years": 12, "months": 1}
_TIME = ("outlook.time_to_become_min_months", "outlook.time_to_become_max_months")
_EXPERIENCE = EXPERIENCE.name
_PAY = ("salary.annual_mean_usd", "salary.annual_low_usd", "salary.hourly_mean_usd")
"""The first fields of the terms that `checks.pay` compares."""


def _order(fact: Fact) -> tuple[int, int]:
    return _place(fact.field, fact.item)


@lru_cache(4096)
def _place(name: str, item: str) -> tuple[int, int]:
    """Where a field and item stand among the facts of a side."""
    field = BY_NAME[name]
    if field.ranked:
        return field.id, int(item)
    return field.id, field.items.index(item) if item else -1
