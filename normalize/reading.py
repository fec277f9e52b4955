"""Claims to a Reading: one fact for each field, item and side, checked against everything else that the page says."""

from collections.abc import Callable
from decimal import Decimal

from normalize import checks
from normalize.claims import SIDES, Claims, Side
from normalize.errors import Rejected
from normalize.facts import Fact, Outcome, Reading, Status, Value
from normalize.fields import BY_NAME, EXPERIENCE
from normalize.findings import Finding, finding, from_note
from normalize.terms import Exact, Row
from normalize.witnesses import Verdict, weigh


def read(page: Claims) -> Reading:
    """All facts of a page, ordered by side, field and item, with the findings that explain every doubt."""
    verdicts, found = weigh(page.claims)
    findings = [*map(from_note, page.notes), *found]
    facts: list[Fact] = []
    for side in SIDES:
        facts += _Side(side, [v for v in verdicts if v.claim.side == side], findings).facts()
    facts.sort(key=_order)
    outcome: Outcome = "partial" if any(f.severity == "error" for f in findings) else "complete"
    return Reading(outcome, page.left, page.right, tuple(facts), page.parts, tuple(findings))


def rejected(error: Rejected, findings: tuple[Finding, ...] = ()) -> Reading:
    """The reading of a page that gives no rows."""
    return Reading("rejected", None, None, (), (), (finding(error.code, error.detail), *findings))


class _Side:
    """The verdicts of one side on their way to facts."""

    def __init__(self, side: Side, verdicts: list[Verdict], findings: list[Finding]) -> None:
        self.side: Side = side
        self.verdicts = verdicts
        self.findings = findings
        self.doubts: set[str] = set()

    def facts(self) -> list[Fact]:
        """The facts of this side; doubts become `suspect` and a finding."""
        rows = [(verdict, row) for verdict in self.verdicts if verdict.read for row in self._rows(verdict)]
        self._check(rows)
        facts = [self._fact(verdict, row) for verdict, row in rows]
        for verdict in self.verdicts:
            facts += self._without_value(verdict)
        return facts

    def _rows(self, verdict: Verdict) -> list[Row]:
        assert verdict.read
        if verdict.term.fields == (EXPERIENCE.name,):
            return [self._experience(verdict.read.rows[0])]
        return list(verdict.read.rows)

    def _experience(self, row: Row) -> Row:
        """The figure in years: the page's own time range shows whether it counts months (its upper end is the figure)."""
        assert isinstance(row.value, Decimal)
        ends = {unit: months / (12 if unit == "years" else 1) for unit, months in self._upper_end().items()}
        unit = row.item or next((unit for unit, end in ends.items() if end == row.value), "")
        if unit == "months":
            years = round(row.value / 12, 4)
            self._find("converted", f"{row.value} months are {years} years", EXPERIENCE.name)
            return Row(row.field, "", years)
        if not unit or (ends and row.value not in ends.values()):
            self._doubt("experience_unit_unknown", f"{row.value} beside {self._time_raw() or 'no time range'}", EXPERIENCE.name)
        return Row(row.field, "", row.value)

    def _upper_end(self) -> dict[str, int]:
        """The upper end of the time to become, in months, under the unit in which it is printed."""
        for verdict in self.verdicts:
            if verdict.claim.term == "time_to_become" and verdict.status == "ok" and verdict.read:
                months = {row.field: row.value for row in verdict.read.rows}.get("outlook.time_to_become_max_months")
                if isinstance(months, int):
                    return {"months" if "month" in verdict.claim.raw.lower() else "years": months}
        return {}

    def _time_raw(self) -> str:
        return next((v.claim.raw for v in self.verdicts if v.claim.term == "time_to_become"), "")

    def _check(self, rows: list[tuple[Verdict, Row]]) -> None:
        values = {row.field: row.value for _, row in rows if not row.item and not isinstance(row.value, str)}
        agreeing = {row.field: verdict.agreeing for verdict, row in rows}
        for contradiction in checks.pay(values, agreeing):
            self._contradict(contradiction)
        for _, row in rows:
            if not isinstance(row.value, str):
                self._contradict(checks.out_of_range(row.field, row.value))
        for verdict in self.verdicts:
            if verdict.read:
                self._contradict(checks.shares_sum(verdict.term.fields[0], verdict.read.shares))

    def _contradict(self, contradiction: checks.Contradiction | None) -> None:
        if contradiction:
            self._doubt(contradiction.code, contradiction.detail, *contradiction.fields)

    def _doubt(self, code: str, detail: str, *fields: str) -> None:
        self.doubts.update(fields)
        for field in fields:
            self._find(code, detail, field)

    def _find(self, code: str, detail: str, field: str) -> None:
        self.findings.append(finding(code, detail, self.side, field))

    def _fact(self, verdict: Verdict, row: Row) -> Fact:
        status: Status = "suspect" if row.field in self.doubts else verdict.status
        return self._make(verdict, row.field, row.item or verdict.claim.item, _stored(row), status)

    def _without_value(self, verdict: Verdict) -> list[Fact]:
        if not verdict.read:
            return [self._make(verdict, field, verdict.claim.item, None, verdict.status) for field in verdict.term.fields]
        field = verdict.term.fields[0]
        for label in verdict.read.unlisted:
            self._find("unlisted_share", repr(label), field)
        return [self._make(verdict, field, "", None, "unreadable")] if verdict.read.unlisted else []

    def _make(self, verdict: Verdict, field: str, item: str, value: Value | None, status: Status) -> Fact:
        claim = verdict.claim
        return Fact(self.side, field, item, value, status, claim.raw, claim.section, claim.place)


_CONVERT: dict[str, Callable[[Exact], Value]] = {"integer": int, "real": float, "text": str}


def _stored(row: Row) -> Value:
    return _CONVERT[BY_NAME[row.field].kind](row.value)


def _order(fact: Fact) -> tuple[int, int, int, str]:
    field = BY_NAME[fact.field]
    if field.ranked:
        return SIDES.index(fact.side), field.id, int(fact.item), ""
    return SIDES.index(fact.side), field.id, field.items.index(fact.item) if fact.item else -1, fact.item
