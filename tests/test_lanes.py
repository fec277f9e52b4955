"""The order of pages: which is next, when one that failed comes again, and when a host is left alone."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.queue import Waiting
from scraper.lanes import MAX_TRIES, MOST_FAILURES, MOST_REFUSALS, Lanes


def page(number: int, host: str = "a") -> Waiting:
    return Waiting(number, f"http://{host}/{number}", host)


def lanes(pauses: dict[str, float] | None = None, seed: int = 0) -> Lanes:
    return Lanes(lambda host: (pauses or {}).get(host, 0.0), random.Random(seed))


def drained(found: Lanes, now: float = 0.0) -> list[int]:
    """The numbers of all pages that are left, in their order."""
    numbers = []
    while taken := found.next(now):
        numbers.append(taken[0].id)
    return numbers


def test_the_pages_of_a_host_come_in_the_order_in_which_they_were_added():
    found = lanes()
    found.add(page(n) for n in (3, 1, 2))
    found.add([page(0)])
    assert drained(found) == [3, 1, 2, 0]
    assert found.next(0.0) is None


def test_the_host_that_may_be_asked_first_is_asked_first():
    pauses = {"a": 9.0, "b": 2.0, "c": 5.0}
    found = lanes(pauses)
    found.add([page(1, "a"), page(2, "b"), page(3, "b"), page(4, "c")])
    assert found.next(100.0) == (page(2, "b"), 2.0)
    pauses["b"] = 7.0
    assert found.next(100.0) == (page(4, "c"), 5.0)
    assert found.next(100.0) == (page(3, "b"), 7.0)
    assert found.next(100.0) == (page(1, "a"), 9.0)


def test_a_page_that_failed_comes_again_behind_a_pause_and_holds_nobody_up():
    found = lanes()
    found.add([page(1), page(2), page(3)])
    first = found.next(0.0)
    assert first is not None
    assert found.try_again(first[0], 0.0)
    assert found.next(0.0) == (page(2), 0.0)
    assert found.next(1.6) == (page(1), 0.0), "its time has come"
    assert found.next(1.6) == (page(3), 0.0)


@given(seed=st.integers(0, 1 << 32), now=st.floats(0, 1e6))
def test_the_pause_before_another_try_grows_within_its_bounds(seed: int, now: float):
    found = lanes(seed=seed)
    found.add([page(1)])
    for least, most in ((0.5, 1.5), (2.0, 6.0)):
        taken = found.next(now)
        assert taken is not None
        assert found.try_again(taken[0], now)
        again = found.next(now)
        assert again is not None
        assert least - 1e-6 <= again[1] <= most + 1e-6
        found.add([page(1)])
    assert not found.try_again(page(1), now), "three tries are enough"


def test_the_pause_is_not_always_the_same():
    pauses = set()
    for seed in range(20):
        found = lanes(seed=seed)
        found.add([page(1)])
        found.next(0.0)
        found.try_again(page(1), 0.0)
        pauses.add(found.next(0.0))
    assert len(pauses) == 20


@pytest.mark.parametrize(("how", "most"), [("failed", MOST_FAILURES), ("refused", MOST_REFUSALS)])
def test_a_host_is_left_alone_after_so_many_in_a_row_and_that_is_told_once(how: str, most: int):
    found = lanes()
    found.add([page(n) for n in range(3 * most)] + [page(900, "b")])
    told = [getattr(found, how)(page(n).host) for n in range(most - 1)]
    found.went_well(page(0).host)
    told += [getattr(found, how)(page(n).host) for n in range(most + 3)]
    assert told == [False] * (2 * most - 2) + [True] + [False] * 3
    assert drained(found) == [900]
    assert not found.try_again(page(1), 0.0)


def test_what_is_added_to_a_host_that_is_left_alone_does_not_come():
    found = lanes()
    found.close("a")
    found.add([page(1), page(2, "b")])
    assert drained(found) == [2]


def test_without_new_pages_only_those_come_that_were_tried():
    found = lanes()
    found.add([page(1), page(2), page(3, "b")])
    found.next(0.0)
    found.try_again(page(1), 0.0)
    taken = found.next(0.0, new=False)
    assert taken is not None
    assert (taken[0], 0.5 <= taken[1] <= 1.5) == (page(1), True)
    assert found.next(0.0, new=False) is None
    assert drained(found) == [2, 3]


ENDS = st.sampled_from(["well", "failed", "refused", "lost"])


@given(pages=st.lists(st.sampled_from("abc"), max_size=40), ends=st.lists(ENDS, max_size=200), waits=st.lists(st.floats(0, 3)))
def test_no_page_is_lost_and_none_comes_too_often(pages: list[str], ends: list[str], waits: list[float]):
    found = lanes()
    found.add(page(n, host) for n, host in enumerate(pages))
    told, times, now = iter(ends), iter(waits), 0.0
    tries, closed, failures = Counter[int](), set[str](), Counter[str]()
    while taken := found.next(now):
        this, seconds = taken
        assert seconds >= 0
        assert this.host not in closed
        now += seconds + next(times, 0.0)
        tries[this.id] += 1
        match next(told, "well"):
            case "well":
                found.went_well(this.host)
                failures[this.host] = 0
            case "failed":
                failures[this.host] += 1
                closed |= {this.host} if found.failed(this.host) else set()
                assert (this.host in closed) == (failures[this.host] >= MOST_FAILURES)
                found.try_again(this, now)
            case "refused":
                closed |= {this.host} if found.refused(this.host) else set()
    assert all(count <= MAX_TRIES for count in tries.values())
    assert {n for n, host in enumerate(pages) if host not in closed} <= tries.keys()
