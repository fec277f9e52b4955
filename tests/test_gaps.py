"""Between the end of an answer and the next request there is the pause in force, as the server sees it."""

from pathlib import Path

import pytest

from benchmarks import gaps
from scraper.politeness import Clock, Pace

pytestmark = pytest.mark.slow


def test_no_pause_is_shorter_than_the_delay(tmp_path: Path):
    found = gaps.measure(200, 0.02, False, tmp_path)
    assert len(found) == 199
    assert [gap for gap in found if gap.short] == []
    assert {gap.reason for gap in found} <= {"--delay", "latency"}
    assert min(gap.delay_s for gap in found) == 0.02


def test_no_pause_is_shorter_than_what_site_and_trouble_ask_for(tmp_path: Path):
    found = gaps.measure(60, 0.01, True, tmp_path)
    assert [gap for gap in found if gap.short] == []
    assert {gap.reason for gap in found} == {"Crawl-delay", "latency", "errors"}


def test_a_pause_that_begins_with_the_request_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answered = Pace.answered

    def too_early(pace: Pace, host: str, took_s: float, well: bool) -> None:
        answered(pace, host, took_s, well)
        pace.remember(host, took_s, 0.0, "")

    monkeypatch.setattr(Pace, "answered", too_early)
    assert any(gap.short for gap in gaps.measure(20, 0.02, True, tmp_path))


def test_a_pause_that_ends_too_early_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gaps, "Clock", lambda: Clock(sleep=lambda seconds: Clock().sleep(seconds * 0.9)))
    monkeypatch.setattr(Pace, "wait", lambda pace, host: pace._clock.sleep(pace.left(host)))
    assert any(gap.short for gap in gaps.measure(20, 0.05, False, tmp_path))
