"""Scrape runs that are killed lose nothing and do nothing twice; and a campaign that kills them finds what is wrong."""

from collections.abc import Iterator

import pytest

from tests.dying import FAULTS, POINTS
from tests.kills import PAUSE_S, STEPS, Broken, Campaign, campaign

pytestmark = pytest.mark.slow

FOUND_AT = {
    "indexed before it is archived": ("committed:2",),
    "nothing is adopted": ("written:2",),
    "adopted pages stay queued": ("written:2",),
    "links of adopted pages are forgotten": ("written:2",),
    "claims are kept": ("claimed:2",),
    "torn tails stay": ("torn:2",),
    "appended behind a torn record": ("torn:2",),
    "never published": ("committed:2",),
}
"""Where to kill a run, so that a fault is seen."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("large"), 40, seed=7) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("small"), 7) as made:
        yield made


def test_a_run_killed_once_at_each_step_ends_as_if_nobody_had(large: Campaign):
    large.steps()
    assert large.phases.keys() >= set(STEPS)
    assert {step.partition(":")[0] for step in STEPS} == POINTS.keys()


def test_runs_killed_at_random_points_end_as_if_nobody_had(large: Campaign):
    most = large.kills + 15
    while large.kills < most:
        large.life(most - large.kills)


@pytest.mark.parametrize("fault", FOUND_AT)
def test_a_fault_that_is_planted_is_found(small: Campaign, fault: str):
    small.plant = fault
    with pytest.raises(Broken):
        small.steps(FOUND_AT[fault], publishing=len(STEPS), pause_s=PAUSE_S if "adopted pages" in fault else 0)


def test_what_is_found_is_the_fault(small: Campaign):
    small.plant = ""
    small.steps(("claimed:1", "written:1", "torn:1", "committed:1"), publishing=len(STEPS))


def test_there_is_a_campaign_for_each_fault():
    assert FOUND_AT.keys() == FAULTS.keys() - {""}
