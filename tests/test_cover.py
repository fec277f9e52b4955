"""The fewest pages that show every occupation, held against the trial of every set of pages."""

import random
from collections.abc import Iterator
from itertools import combinations

import pytest

from normalize import cover as planning
from normalize import matching
from normalize.cover import Cover, Pair, cover

UNBOUNDED = matching.EFFORT


def graph(seed: int) -> list[Pair]:
    """A few pages of a few occupations: mirrored pairs, pages that show one twice, parts, equal preferences."""
    dice = random.Random(seed)
    names = "abcdefg"[: dice.randint(2, 7)]
    most = dice.choice((1, 3, 1000))
    count = dice.randint(1, 10)
    return [Pair(f"p{n}", dice.choice(names), dice.choice(names), dice.randint(0, most)) for n in range(count)]


def best(pages: list[Pair], size: int) -> tuple[int, int]:
    """The most occupations that so many pages show, and how preferred those pages can be at most."""
    return max(
        (len({name for page in chosen for name in (page.left, page.right)}), sum(page.preference for page in chosen))
        for chosen in combinations(pages, size)
    )


def shown(plan: Cover) -> tuple[int, int]:
    """How many occupations the pages of a plan show, after a check that it counts them right, and how preferred they are."""
    names = {name for page in plan.chosen for name in (page.pair.left, page.pair.right)}
    refreshed = [name for page in plan.chosen for name in page.refreshes]
    assert sorted(refreshed) == sorted(names), "each is refreshed by one page"
    assert all({*page.refreshes} <= {page.pair.left, page.pair.right} for page in plan.chosen)
    assert len({page.pair.key for page in plan.chosen}) == len(plan.chosen)
    return len(names), sum(page.pair.preference for page in plan.chosen)


def sizes(pages: list[Pair]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The best of each number of pages, up to the first that shows all."""
    names = {name for page in pages for name in (page.left, page.right)}
    for size in range(1, len(pages) + 1):
        yield size, (found := best(pages, size))
        if found[0] == len(names):
            return


def check(seed: int) -> None:
    pages = graph(seed)
    plan = cover(pages)
    tried = dict(sizes(pages))
    fewest = max(tried)
    assert (plan.exact, plan.fewest, plan.lower_bound, len(plan.chosen)) == (True, fewest, fewest, fewest), seed
    assert shown(plan) == tried[fewest], seed
    for size, found in tried.items():
        within = cover(pages, size)
        assert (within.exact, len(within.chosen), shown(within), within.fewest) == (True, size, found, fewest), (seed, size)
    assert cover(pages, fewest + 1) == plan == cover(random.Random(seed).sample(pages, len(pages))), seed


def test_plans_are_those_that_the_trial_of_all_sets_finds():
    for seed in range(250):
        check(seed)


@pytest.mark.slow
def test_thousands_of_plans_are_those_that_the_trial_of_all_sets_finds():
    for seed in range(1_000, 6_000):
        check(seed)


@pytest.mark.parametrize("effort", [UNBOUNDED, 40, 0])
def test_a_plan_without_exact_weights_is_as_small_as_it_says(effort: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planning, "EXACT_PAGES", 0)
    monkeypatch.setattr(planning, "_EXACT_BUDGET", 0)
    monkeypatch.setattr(matching, "EFFORT", effort)
    for seed in range(400):
        pages = graph(seed)
        tried = dict(sizes(pages))
        plan = cover(pages)
        assert plan.lower_bound <= max(tried) <= plan.fewest == len(plan.chosen), seed
        assert shown(plan)[0] == plan.occupations, seed
        if effort == UNBOUNDED:
            assert plan.lower_bound == plan.fewest, seed
            assert all(shown(cover(pages, size))[0] == found for size, (found, _) in tried.items()), seed


def sparse(pages: int, occupations: int, seed: int) -> list[Pair]:
    dice = random.Random(seed)
    names = [f"job-{n}" for n in range(occupations)]
    return [Pair(f"p{n:06}", *dice.sample(names, 2), dice.randint(0, 2000)) for n in range(pages)]


@pytest.mark.parametrize(("pages", "occupations"), [(300, 60), (300, 150), (300, 280), (300, 900)])
def test_the_quick_search_finds_as_large_a_matching_as_the_exact_one(pages: int, occupations: int):
    """Odd circles within odd circles, and trees that fail."""
    for seed in range(12):
        number = {name: n for n, name in enumerate(f"job-{n}" for n in range(occupations))}
        found = {tuple(sorted((number[page.left], number[page.right]))): page for page in sparse(pages, occupations, seed)}
        edges = [(u, v, page.preference) for (u, v), page in found.items()]
        mate, more = matching.largest(occupations, edges, UNBOUNDED)
        exact = matching.heaviest(occupations, edges, perfect=True)
        assert (sum(other >= 0 for other in mate), more) == (sum(other >= 0 for other in exact), 0)
        assert all(other < 0 or (mate[other] == v and tuple(sorted((v, other))) in found) for v, other in enumerate(mate))

        def weight(mate: list[int], found: dict = found) -> int:
            return sum(found[v, other].preference for v, other in enumerate(mate) if v < other)

        before = weight(mate)
        count = sum(other >= 0 for other in mate)
        matching.improve(occupations, edges, mate)
        assert before <= weight(mate) <= weight(exact)
        assert count == sum(other >= 0 for other in mate)


def test_what_a_plan_says_of_its_pages():
    pages = [Pair("ab", "a", "b", 5), Pair("ba", "b", "a", 9), Pair("ac", "a", "c", 1), Pair("dd", "d", "d", 0)]
    plan = cover(pages)
    said = [(page.pair.key, page.refreshes, page.only) for page in plan.chosen]
    assert said == [("ba", ("b", "a"), ()), ("ac", ("c",), ("c",)), ("dd", ("d",), ("d",))]
    assert (plan.occupations, plan.fewest, plan.lower_bound, plan.exact) == (4, 3, 3, True)
    assert [page.pair.key for page in cover(pages, 1).chosen] == ["ba"]


def test_no_page_is_no_plan():
    assert cover([]) == Cover((), 0, 0, 0, True)


@pytest.mark.slow
def test_two_thousand_pages_are_planned_exactly():
    plan = cover(sparse(2_000, 900, 1))
    assert (plan.exact, plan.lower_bound, shown(plan)[0]) == (True, plan.fewest, plan.occupations)


@pytest.mark.slow
def test_a_hundred_thousand_pages_are_planned_with_a_small_gap():
    plan = cover(sparse(100_000, 30_000, 1))
    assert not plan.exact
    assert shown(plan)[0] == plan.occupations
    assert plan.fewest - plan.lower_bound <= plan.fewest // 100
