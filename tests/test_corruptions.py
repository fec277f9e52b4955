"""Every corruption on every page: no wrong value is ok, and a finding names what is in doubt, where a witness could know."""

from pathlib import Path
from random import Random

import pytest

from normalize.facts import Reading
from normalize.terms import TERMS
from scraper import parsing
from tests.corruption_list import CORRUPTIONS
from tests.corruptions import Corrupted, Corruption, corrupted_copies, pages, render
from tests.figures import Figures, expected

DOCUMENT = Path(__file__).parents[1] / "docs" / "what-we-cannot-detect.md"
BLIND = [corruption for corruption in CORRUPTIONS if corruption.blind]
BESIDE = {field: {field, *term.fields} for term in TERMS.values() for field in term.fields}
TRIES = 3


def cases(corruption: Corruption) -> list[tuple[Figures, Corrupted]]:
    random = Random(corruption.name)
    made = [(page, corruption.apply(page, random)) for page in pages() for _ in range(TRIES)]
    return [(page, case) for page, case in made if case]


def wrong(page: Figures, reading: Reading) -> list[str]:
    """What the reading says with status ok that is not what the figures say."""
    truth = expected(page)
    ok = [f for f in reading.facts if f.status == "ok"]
    return [f"{f.side} {f.field} {f.item} {f.value!r}" for f in ok if truth.get((f.side, f.field, f.item), (None,))[0] != f.value]


def unnamed(page: Figures, case: Corrupted, reading: Reading) -> list[str]:
    """The touched fields that have lost their value though no finding says so."""
    truth = {key: value for key, (value, status) in expected(page).items() if status == "ok"}
    read = {(f.side, f.field, f.item): f.value for f in reading.facts if f.status == "ok"}
    lost = {(side, field) for side, field, item in truth if read.get((side, field, item)) != truth[side, field, item]}
    told = [(f.side, f.field) for f in reading.findings if f.severity != "info"]
    if not case.touched:
        return [f"{side} {field}" for side, field in lost] if lost and not told else []
    return [
        f"{side} {field}"
        for side, field in lost & case.touched
        if not any(s in (side, None) and f in {None, *BESIDE[field]} for s, f in told)
    ]


def read(case: Corrupted) -> Reading:
    return parsing.parse(case.body, "text/html", "utf-8", case.url)


def test_there_are_many_and_each_has_a_name_of_its_own():
    assert len({corruption.name for corruption in CORRUPTIONS}) == len(CORRUPTIONS) > 150
    assert len(CORRUPTIONS) - len(BLIND) >= 100
    assert all(bool(corruption.blind) == bool(corruption.caught_by) for corruption in CORRUPTIONS)


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_no_corrupted_value_is_ok_unless_no_witness_could_know(corruption: Corruption):
    made = cases(corruption)
    assert made, "no page can be corrupted in this way"
    for page, case in made:
        reading = read(case)
        said = wrong(page, reading)
        if case.detectable:
            assert said == [], page.url
            assert unnamed(page, case, reading) == [], page.url
        else:
            assert corruption.blind
            assert [line for line in said if tuple(line.split()[:2]) not in case.touched] == [], "what is not touched stays"


@pytest.mark.parametrize("corruption", BLIND, ids=lambda corruption: corruption.name)
def test_what_is_listed_as_undetectable_is_so_on_some_page(corruption: Corruption):
    unseen = [(page, case) for page, case in cases(corruption) if not case.detectable]
    assert unseen, "a witness knows on every page: it is not undetectable"
    lost = [set(expected(page).items()) - {((f.side, f.field, f.item), (f.value, f.status)) for f in read(case).facts}
            for page, case in unseen]  # fmt: skip
    assert any(lost)
    assert any(wrong(page, read(case)) or not read(case).findings for page, case in unseen)


def listed() -> dict[str, tuple[str, str]]:
    """The corruptions of the document, with the reason above them and what catches them."""
    found: dict[str, tuple[str, str]] = {}
    reason = caught_by = ""
    for line in DOCUMENT.read_text().replace("\n  ", " ").splitlines():
        if line.startswith("## "):
            reason = line[3].lower() + line[4:]
        elif line.startswith("Caught by "):
            caught_by = line.removeprefix("Caught by ").removesuffix(".")
        elif line.startswith("- ") and reason:
            name, _, example = line[2:].partition(": ")
            assert example, f"{name} has no example"
            assert name not in found
            found[name] = (reason, caught_by)
    return found


def test_the_document_lists_exactly_what_no_witness_can_know():
    assert listed() == {corruption.name: (corruption.blind, corruption.caught_by) for corruption in BLIND}


@pytest.mark.parametrize("page", pages(), ids=lambda page: f"{page.url.rsplit('/', 1)[1]}-{len(page.tables)}-{bool(page.pay)}")
def test_a_page_without_corruption_has_no_finding_that_puts_a_value_in_doubt(page: Figures):
    reading = parsing.parse(render(page, Random(1)), "text/html", "utf-8", page.url)
    assert wrong(page, reading) == []
    assert {(f.side, f.field, f.item): f.status for f in reading.facts} == {
        key: status for key, (_, status) in expected(page).items()
    }


def test_copies_are_the_same_for_a_seed_and_of_every_corruption():
    copies = list(corrupted_copies(500, seed=3))
    assert copies == list(corrupted_copies(500, seed=3))
    assert len({copy.name for copy in copies}) == 500
    assert {copy.corruption for copy in copies} >= {c.name for c in CORRUPTIONS if cases(c)} - {
        copy.corruption for copy in copies[:0]
    }
