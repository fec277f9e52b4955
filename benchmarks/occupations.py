"""`python -m benchmarks.occupations PATH [--half tune|test] [--list]`: what the codes of titles are worth, by O*NET at PATH.

Two sets. The titles of tests/soc_titles.csv were judged by hand before anything was matched; thresholds were chosen on the half
`tune`, the other half counts. The second is a sample of the titles that workers reported to O*NET: the sampled titles, and what
their rows spell out, are taken out of the index, and a code is right if the title stands at it in O*NET.
"""

import argparse
import csv
import hashlib
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from normalize.folding import fold
from normalize.occupations import Index, Title
from scraper import official, sheets

JUDGED = Path(__file__).parent.parent / "tests" / "soc_titles.csv"
SAMPLE = 3000
Z = 1.959964

Truth = Mapping[str, frozenset[str]]
"""Titles, each with the SOC codes that would be right; none where no code is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which titles got a right and which a wrong code, by method, and why the others got none."""

    titles: int
    answerable: int
    right: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Titles, each with the code and the method."""
    without: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        """How many titles got a code."""
        return self.right.total() + len(self.wrong)

    @property
    def precision(self) -> float:
        """The share of right codes in all codes given."""
        return self.right.total() / self.accepted if self.accepted else 1.0

    @property
    def coverage(self) -> float:
        """The share of right codes in all titles that have one."""
        return self.right.total() / self.answerable


def judged(half: str) -> Truth:
    """The titles of one half that were judged by hand."""
    with JUDGED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["half"] == half]
    return {row["title"]: frozenset(row["soc"].split("|")) - {"none"} for row in rows}


def evaluate(index: Index, truth: Truth) -> Outcome:
    """What the index makes of titles."""
    outcome = Outcome(len(truth), sum(1 for codes in truth.values() if codes))
    for title, right in truth.items():
        coded = index.code(title)
        if coded.code is None:
            outcome.without[coded.reason] += 1
        elif coded.code in right:
            outcome.right[coded.method] += 1
        else:
            outcome.wrong[title] = coded.code, coded.method
    return outcome


def held_out(onet: official.Official, reported: Iterable[str], size: int = SAMPLE) -> tuple[Index, Truth]:
    """An index without a sample of reported titles, and the sample. It is the same sample each time."""
    own: dict[str, set[str]] = {}
    for title, code, _ in onet.titles:
        own.setdefault(fold(title), set()).add(code[:7])
    sample = sorted(set(map(fold, reported)), key=lambda title: hashlib.sha256(title.encode()).digest())[:size]
    out = set(sample)
    hidden = _other_forms(onet.titles, out)
    rows = (row for row in onet.titles if fold(row.title) not in out and (fold(row.title), row.code) not in hidden)
    return Index(rows), {title: frozenset(own[title]) for title in sample}


def reported(path: Path) -> list[str]:
    """The titles that workers reported, of the O*NET files at a path."""
    header = "reported job title"
    tables = (sheets.table(entry, lambda row: header in row) for entry in sheets.entries(path))
    return [title for sheet in tables if sheet for _, (title,) in sheet.columns(header)]


def _other_forms(titles: Iterable[Title], sample: set[str]) -> set[tuple[str, str]]:
    """The forms that stand in one cell with a title of the sample, `LPN (Licensed Practical Nurse)`, each with the cell's code."""
    hidden: set[tuple[str, str]] = set()
    for title, code, _ in titles:
        outer, bracket, inner = fold(title).removesuffix(")").partition(" (")
        if bracket and sample & {fold(title), outer, inner}:
            hidden |= {(form, code) for form in (fold(title), outer, inner)}
    return hidden


def interval(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson."""
    if not of:
        return 0.0, 1.0
    share = right / of
    middle = share + Z * Z / (2 * of)
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return (middle - half) / (1 + Z * Z / of), (middle + half) / (1 + Z * Z / of)


def _tell(name: str, outcome: Outcome, listed: bool) -> None:
    right = outcome.right.total()
    low, high = interval(right, outcome.accepted)
    below, above = interval(right, outcome.answerable)
    print(f"{name}: {outcome.titles} titles, {outcome.answerable} of them with a right code")
    print(f"  precision {right} of {outcome.accepted} = {outcome.precision:.3f} ({low:.3f} to {high:.3f})")
    print(f"  coverage  {right} of {outcome.answerable} = {outcome.coverage:.3f} ({below:.3f} to {above:.3f})")
    wrong = Counter(method for _, method in outcome.wrong.values())
    for method in sorted({*outcome.right, *wrong}):
        print(f"  {method}: {outcome.right[method]} right, {wrong[method]} wrong")
    print(f"  without a code: {', '.join(f'{number} {reason}' for reason, number in sorted(outcome.without.items()))}")
    for title, (code, method) in sorted(outcome.wrong.items()) if listed else ():
        print(f"  wrong: {title!r} is no {code} ({method})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--half", choices=("tune", "test"), default="test")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    onet = official.read("onet", options.path)
    started = time.perf_counter()
    index = official.index([onet])
    print(
        f"O*NET {onet.release}: {onet.rows:,} rows, {len(onet.titles):,} titles, index in {time.perf_counter() - started:.2f} s"
    )
    _tell(f"judged by hand, half {options.half}", evaluate(index, judged(options.half)), options.list)
    _tell("reported titles, held out", evaluate(*held_out(onet, reported(options.path))), options.list)


if __name__ == "__main__":
    main()
