"""The same figures from any markup: random mixes of structures and habits, read in process."""

from dataclasses import replace
from random import Random

import pytest

from tests.figures import expected
from tests.markup_figures import made_up
from tests.markups import STRUCTURES, Score, random_page, report, score, scores

QUICK, LONG = 152, 2000
RECALL = 0.995


def failing(by_name: dict[str, Score]) -> str:
    total = sum(by_name.values(), Score())
    pages = [f"{name}: {count} values lost" for name, count in total.lost.most_common(20)]
    return "\n".join([report(by_name), *total.wrong[:40], *total.silent[:20], *pages])


def check(count: int) -> None:
    by_name = scores(range(count))
    total = sum(by_name.values(), Score())
    assert total.pages == count
    assert not total.wrong, failing(by_name)
    assert not total.silent, failing(by_name)
    assert total.recall >= RECALL, failing(by_name)


def test_every_markup_reads_the_same() -> None:
    check(QUICK)


@pytest.mark.slow
def test_two_thousand_pages_read_the_same() -> None:
    check(LONG)


def test_a_seed_draws_the_same_page_again() -> None:
    first, again = random_page(41), random_page(41)
    assert first == again
    assert first.body != random_page(41 + len(STRUCTURES)).body


def test_the_score_can_fail() -> None:
    """A truth that is another page's is wrong in each value that it does not share."""
    drawn = random_page(0)
    result = score(0, replace(drawn, truth=expected(made_up(Random(1)))))
    assert result.wrong
    assert result.recall < 0.5
