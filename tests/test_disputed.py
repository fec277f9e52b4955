"""Where pages disagree nobody is told one value as if it were the value."""

from dataclasses import replace
from pathlib import Path

import pytest

from normalize.fields import BY_NAME
from normalize.wording import disputed_words
from scraper import run
from tests.command import Command
from tests.figures import SEED
from tests.imports import DAYS, ReadHere, import_pages, saved


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Three pages, of which one gives another age."""
    monkeypatch.setattr(run, "Sandbox", ReadHere)
    others = [replace(SEED.with_cell("Average age", age), right=name) for name, age in (("Baker", "47"), ("Cook", "46"))]
    import_pages(tmp_path, *(saved(page, DAYS[0]) for page in (SEED.with_cell("Average age", "46"), *others)))
    return Command(tmp_path)


@pytest.mark.parametrize(
    ("field", "support", "words"),
    [
        ("salary.annual_mean_usd", {"44000": 1, "45000": 3}, "$45,000 on 3 pages, $44,000 on 1"),
        ("salary.hourly_mean_usd", {"40.0": 1, "41": 1}, "$40.00 on 1 page, $41.00 on 1"),
        ("education.degree", {"master": 1, "bachelor": 1200}, "Bachelor's degree on 1,200 pages, Master's degree on 1"),
        ("salary.best_city", {"5": 2}, "5 on 2 pages"),
    ],
)
def test_what_pages_say_is_told_as_people_write_it(field: str, support: dict[str, int], words: str):
    assert disputed_words(BY_NAME[field], support) == words


SLUG = "account-resolution-analyst"
SAID = "46 years on 2 pages, 47 years on 1"


@pytest.mark.slow
def test_no_command_shows_one_of_the_values_alone(asked: Command):
    for words in (("show", SLUG), ("compare", SLUG, "baker")):
        (line,) = (line for line in asked(*words).stdout.splitlines() if line.strip().startswith("Average age"))
        assert f"! {SAID}" in line
        assert "there is no latest value" in asked(*words).stdout
    lines = asked("explain", SLUG, "age_mean").stdout.splitlines()
    assert lines[1].split(maxsplit=2) == ["no", "value", f"pages disagree: {SAID}"]
    assert not any(line.split()[:1] == ["value"] for line in lines)
    assert f"{SLUG}: demographics.age_mean: {SAID}, since 2024-01-01" in asked("check").stdout


@pytest.mark.slow
def test_scripts_get_what_pages_say_as_it_is(asked: Command):
    (shown,) = asked.json("show", SLUG)
    (checked,) = (row for row in asked.json("check") if row["kind"] == "conflict")
    (explained,) = asked.json("explain", SLUG, "age_mean")
    for conflict in (*shown["conflicts"], checked, explained["conflict"]):
        assert conflict["support"] == {"46.0": 2, "47.0": 1}
        assert len(conflict["example_urls"]) == 2


@pytest.mark.slow
def test_one_occupation_is_not_compared_with_itself(asked: Command):
    assert "are one occupation, baker" in asked("compare", "baker", "Baker", exit_code=2).stderr
