"""Chance moves no share out of its band, and what is lost on three pages of ten does."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from normalize.bands import Band, Share, binomial_tail, is_above, is_out, quantile, rarer_than_both
from normalize.measures import Move, Sample, Sight, in_words, levels
from tests.sightings import Country

SALARY = ("salary.annual_mean_usd", "")


def moves(run: Sequence[Sight], usual: Sequence[Sight], band: Band | None = None) -> list[Move]:
    return [level.move for level in levels(Sample("zippia", run, usual, band or Band())) if level.out]


def on(sights: Sequence[Sight], part: float, change: Callable[[dict], dict]) -> list[Sight]:
    """The same sights, changed on a part of the pages."""
    pages = sorted({sight.page for sight in sights})
    bad = set(random.Random(1).sample(pages, round(part * len(pages))))
    return [replace(sight, said=change(dict(sight.said))) if sight.page in bad else sight for sight in sights]


# --- the tests themselves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "usual", "chance"),
    [
        (Share(0.3, 20), Share(0, 200), math.comb(20, 6) / math.comb(220, 6)),
        (Share(1, 10), Share(0, 10), 1 / math.comb(20, 10)),
        (Share(0, 10), Share(0, 10), 1),
        (Share(0.5, 10), Share(0.5, 10), 0.6718),
    ],
)
def test_the_chance_of_a_share_is_exact(found: Share, usual: Share, chance: float):
    assert rarer_than_both(found, usual) == pytest.approx(chance, rel=1e-3)


@pytest.mark.parametrize(
    ("hits", "of", "rate", "chance"), [(2, 2, 0.5, 0.25), (1, 3, 0.5, 0.875), (0, 5, 0.1, 1), (3, 5, 0, 0), (5, 5, 1, 1)]
)
def test_the_chance_of_hits_is_exact(hits: int, of: int, rate: float, chance: float):
    assert binomial_tail(hits, of, rate) == pytest.approx(chance)


def test_a_quantile_lies_between_its_neighbours():
    assert [quantile([1.0, 2.0, 4.0], part) for part in (0, 0.25, 0.5, 0.75, 1)] == [1, 1.5, 2, 3, 4]


@pytest.mark.parametrize(
    ("found", "usual", "band", "out"),
    [
        (Share(0, 20), Share(1, 100), Band(), True),
        (Share(1, 20), Share(0, 100), Band(), True),
        (Share(0, 9), Share(1, 100), Band(), False),
        (Share(0, 20), Share(1, 9), Band(), False),
        (Share(0, 9), Share(1, 100), Band(min_pages=9), True),
        (Share(0.9, 2000), Share(1, 2000), Band(), False),
        (Share(0.9, 2000), Share(1, 2000), Band(min_shift=0.05), True),
        (Share(0.7, 20), Share(1, 100), Band(), True),
        (Share(0.7, 20), Share(1, 100), Band(p_value=1e-9), False),
    ],
)
def test_a_share_is_out_where_it_moved_far_and_not_by_chance(found: Share, usual: Share, band: Band, out: bool):
    assert is_out(found, usual, band) is out


@pytest.mark.parametrize(("part", "of", "out"), [(0.3, 20, True), (0.3, 9, False), (0.1, 20, False), (0.12, 500, False)])
def test_without_a_history_of_repeats_an_assumed_rate_counts(part: float, of: int, out: bool):
    assert is_above(Share(part, of), Share(0, 0), Band(), 0.03, 20) is out


# --- ordinary runs ---------------------------------------------------------------------------------------------------

RUNS = 500


@pytest.mark.slow
def test_of_five_hundred_ordinary_runs_less_than_three_are_held():
    held = 0
    for seed in range(RUNS):
        country, chance = Country(seed), random.Random(seed)
        usual = country.pages(chance.choice((10, 15, 20, 40, 80, 200)))
        size, kind = chance.choice((10, 12, 20, 40, 80)), chance.random()
        hub = chance.randrange(400) if kind < 0.2 else None
        run = country.again(usual[: 2 * size]) if kind > 0.6 else country.pages(size, hub)
        held += bool(moves(run, usual))
    assert held < RUNS * 0.005


@pytest.mark.parametrize("seed", range(10))
def test_an_ordinary_run_is_within_its_band(seed: int):
    country = Country(seed)
    usual = country.pages(60)
    assert moves(country.pages(20), usual) == []
    assert moves(country.again(usual[:40]), usual) == []


def test_few_pages_are_no_evidence():
    country = Country(1)
    assert moves(on(country.pages(9), 1, lambda said: {}), country.pages(100)) == []
    assert moves(on(country.pages(20), 1, lambda said: {}), country.pages(9)) == []


# --- what is found ---------------------------------------------------------------------------------------------------


def drop(said: dict) -> dict:
    return {key: value for key, value in said.items() if key != SALARY}


def times(factor: float) -> Callable[[dict], dict]:
    def change(said: dict) -> dict:
        status, value = said[SALARY]
        return said | {SALARY: (status, value and value * factor)}

    return change


DRIFTS: dict[str, tuple[float, Callable[[dict], dict], str, str]] = {
    "a field is lost on three pages of ten": (0.3, drop, "salary.annual_mean_usd", "absent"),
    "a field is lost": (1, drop, "salary.annual_mean_usd", "absent"),
    "a field shows dashes": (1, lambda said: said | {SALARY: ("missing", None)}, "salary.annual_mean_usd", "missing"),
    "a field is in doubt": (0.5, lambda said: said | {SALARY: ("suspect", 1)}, "salary.annual_mean_usd", "doubted"),
    "a field cannot be read": (0.5, lambda said: said | {SALARY: ("unreadable", None)}, "salary.annual_mean_usd", "doubted"),
    "another unit": (1, times(0.001), "salary.annual_mean_usd", "low"),
    "a digit too many": (0.5, times(10), "salary.annual_mean_usd", "high"),
    "one value for all": (1, lambda said: said | {SALARY: ("ok", 50_000)}, "salary.annual_mean_usd", "same"),
    "another column of text": (
        1, lambda said: said | {("education.major", ""): ("ok", "Business")}, "education.major", "same"),
    "shares that belong to another label": (
        1, lambda said: said | {("demographics.race_pct", "white"): ("ok", 0.5)}, "demographics.race_pct", "low"),
    "a list that is empty": (
        1, lambda said: {k: v for k, v in said.items() if k[0] != "skill.name"}, "skill.name", "absent"),
}  # fmt: skip


@pytest.mark.parametrize("name", DRIFTS)
@pytest.mark.parametrize("repeated", [False, True], ids=["new pages", "the same pages again"])
def test_a_drift_of_twenty_pages_is_found_and_named(name: str, repeated: bool):
    part, change, field, measure = DRIFTS[name]
    country = Country(3)
    usual = country.pages(100)
    run = country.again(usual[:40]) if repeated else country.pages(20)
    found = moves(on(run, part, change), usual)
    assert (field, measure) in {(move.field, move.measure) for move in found}
    assert {move.field for move in found} == {field}
    bad = {sight.capture for before, sight in zip(run, on(run, part, change), strict=True) if before != sight}
    assert all(move.first in bad for move in found if move.measure in ("filled", "absent", "missing"))


def test_a_value_that_pages_had_before_is_missed_however_short_the_history():
    country = Country(4)
    usual = country.pages(20)
    found = moves(on(country.again(usual), 0.3, drop), usual)
    assert [(move.field, move.measure) for move in found] == [("salary.annual_mean_usd", "lost")]


def test_swapped_columns_are_a_mass_change_of_the_same_pages():
    country = Country(5)
    usual = country.pages(40)
    later = country.again(usual)
    other = {(sight.page, sight.job): sight.said for sight in later}
    jobs = {page: [sight.job for sight in later if sight.page == page] for page in {s.page for s in later}}
    swapped = [
        replace(s, said=other[s.page, next(job for job in jobs[s.page] if job != s.job)])
        for s in later
        if len(set(jobs[s.page])) == 2
    ]
    assert ("salary.annual_mean_usd", "changed") in {(move.field, move.measure) for move in moves(swapped, usual)}


def test_a_field_that_is_new_is_no_drift():
    country = Country(6)
    usual = on(country.pages(40), 1, drop)
    assert moves(country.pages(20), usual) == []


def test_a_field_that_is_off_is_not_measured():
    country = Country(7)
    run = on(country.pages(20), 1, drop)
    assert moves(run, country.pages(100), Band(off=("salary.annual_mean_usd",))) == []


def test_partial_pages_are_measured_as_pages():
    country = Country(8)
    run = [replace(sight, partial=True) for sight in country.pages(20)]
    (move,) = moves(run, country.pages(40))
    assert (move.field, move.measure, move.found, move.usual) == ("", "partial", 1, 0)
    assert in_words(move) == "pages: read in part only, 100% of 20, usually 0% of 40"


def test_one_occupation_on_all_pages_counts_once():
    country = Country(9)
    hub = country.jobs.index(next(said for said in country.jobs if said["salary.best_city", ""][0] == "missing"))
    assert moves(country.pages(40, hub), country.pages(200)) == []
