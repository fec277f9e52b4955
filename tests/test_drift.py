"""A run is held against the database's own history: what moved is found, and what is ordinary is not."""

import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import drift, sights
from db.connection import open_to_read
from normalize.bands import Band
from normalize.errors import ConfigError
from normalize.measures import Move
from scraper import importing
from scraper.gate import site_of
from scraper.settings import resolve
from scraper.sources import find
from tests.drifting import AGE, COUNT, drifted, figures, published, usual, without_age
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, NOW, Saved, import_pages, rows, save, saved, settings

pytestmark = pytest.mark.usefixtures("read_here")

FIXTURES = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"


def moved(report: object) -> dict[tuple[str, str], Move]:
    return {(move.field, move.measure): move for move in report.held.moved}  # type: ignore[attr-defined]


def test_the_first_run_has_no_history_and_the_second_like_it_is_ordinary(tmp_path: Path):
    for day in range(3):
        assert import_pages(tmp_path, *usual(day)).exit_code == 0
    assert import_pages(tmp_path, *usual(3, first=100)).exit_code == 0
    assert published(tmp_path) == {f"0{day}": COUNT for day in range(1, 5)}


def test_what_a_side_says_is_what_the_facts_say(tmp_path: Path):
    page = SEED.with_cell("Average age", "99", "46").with_cell("Most common degree", "Baking, 58%", "-")
    import_pages(tmp_path, saved(page, DAYS[0]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        shown = sights.of_captures(db, [1], site_of)
        left, right = sights.sights(db, shown)
    assert [one.site for one in shown] == ["zippia"]
    assert left.said["salary.annual_mean_usd", ""] == ("ok", 44_937)
    assert left.said["demographics.gender_pct", "male"] == ("ok", 34.4)
    assert left.said["demographics.gender_pct", ""][0] == right.said["skill.name", ""][0] == "ok"
    assert left.said["skill.name", "1"] == ("ok", "escalate")
    assert (left.said["education.degree", ""][0], right.said["education.degree", ""][0]) == ("unreadable", "missing")
    assert ("outlook.jobs", "") not in left.said
    query = "SELECT side, field, item, status, value FROM observation"
    for side, field, item, status, value in rows(settings(tmp_path).db, query):
        said = (left if side == "left" else right).said[field, item]
        assert said == (status, value) or not item


def test_the_same_page_before_is_the_newest_published_capture_before_it(tmp_path: Path):
    for day in (0, 2):
        import_pages(tmp_path, saved(SEED.with_cell("Average age", f"4{day}"), DAYS[day]))
    with closing(open_to_read(settings(tmp_path).db)) as db:
        second = sights.sights(db, sights.of_captures(db, [2], site_of))
        first = sights.sights(db, sights.of_captures(db, [1], site_of))
    assert [sight.before and sight.before[AGE, ""] for sight in (*first, *second)] == [None, None, ("ok", 40), ("ok", 46)]


def test_a_field_that_is_lost_holds_the_run_and_names_the_first_page(tmp_path: Path):
    report = drifted(tmp_path)
    assert (report.exit_code, published(tmp_path)) == (4, {"01": COUNT})
    move = moved(report)[AGE, "filled"]
    assert (move.usual, move.found, move.evidence, move.history, move.site) == (1, 0, COUNT, COUNT, "zippia")
    first = rows(settings(tmp_path).db, "SELECT url FROM capture WHERE capture_id = ?", move.first)
    assert first == [(figures(0).url,)]
    assert {name for name, _ in moved(report)} == {AGE}


DRIFTS: dict[str, tuple[list[Saved], str, str]] = {
    "on three pages of ten": ([*without_age(count=6), *usual(1, 14, 6)], AGE, "lost"),
    "other figures": (
        [saved(figures(n, LGBT_Percentage="14%"), DAYS[1]) for n in range(COUNT)], "demographics.lgbt_pct", "high"),
    "one figure for all": ([saved(figures(n, Average_age="40"), DAYS[1]) for n in range(COUNT)], AGE, "same"),
    "no grammar takes it": ([saved(figures(n, Average_age="old"), DAYS[1]) for n in range(COUNT)], AGE, "doubted"),
    "partial pages": ([saved(figures(n, Average_age="old"), DAYS[1]) for n in range(COUNT)], "", "partial"),
    "pages about other jobs": (
        [replace(saved(figures(n), DAYS[1]), body=saved(figures(n + 50), DAYS[1]).body) for n in range(COUNT)], "", "rejected"),
}  # fmt: skip


@pytest.mark.parametrize("name", DRIFTS)
def test_what_moved_is_named(tmp_path: Path, name: str):
    pages, field, measure = DRIFTS[name]
    import_pages(tmp_path, *usual())
    report = import_pages(tmp_path, *pages)
    assert report.exit_code == 4
    assert (field, measure) in moved(report)
    assert published(tmp_path) == {"01": COUNT}


@pytest.mark.parametrize(
    ("pages", "history"),
    [(without_age(count=9), COUNT), (without_age(first=50), 9), (without_age(count=2) + usual(1, 22, 2), COUNT)],
    ids=["few pages", "a short history", "two pages of many"],
)  # fmt: skip
def test_without_evidence_a_run_is_published(tmp_path: Path, pages: list[Saved], history: int):
    import_pages(tmp_path, *usual(count=history))
    assert import_pages(tmp_path, *pages).exit_code == 0


def test_the_settings_have_the_last_word(tmp_path: Path):
    import_pages(tmp_path, *usual())
    pages = save(tmp_path / "new", without_age())
    for band, code in ((Band(min_pages=COUNT + 1), 0), (Band(min_shift=1.0), 4), (Band(off=(AGE,)), 0)):
        root = tmp_path / f"{code}{band.min_pages}{len(band.off)}"
        import_pages(root, *usual())
        there = replace(settings(root), drift=band)
        assert importing.import_pages(there, pages, lambda: NOW, lambda page: None).exit_code == code


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("", Band()),
        ("[drift]\nmin_pages = 5\nmin_history = 6\nmin_shift = 0.25\np_value = 1e-6\n", Band(5, 6, 0.25, 1e-6)),
        ('[drift]\nmin_shift = 1\noff = ["page", "outlook.jobs"]\n', Band(min_shift=1.0, off=("page", "outlook.jobs"))),
    ],
)
def test_the_thresholds_stand_in_the_settings(tmp_path: Path, text: str, band: Band):
    (tmp_path / "careerscape.toml").write_text(text)
    assert resolve({"config": str(tmp_path / "careerscape.toml")}, {}).drift == band


@pytest.mark.parametrize(
    "line",
    ["min_pages = 0", "min_pages = 2.5", "min_history = true", "min_shift = 0", "min_shift = 1.1", "p_value = 0", 'p_value = "x"',
     "p_value = nan", 'off = "page"', 'off = ["no.field"]', "off = [1]", "off = [[]]", "typo = 1"],
)  # fmt: skip
def test_a_threshold_that_cannot_be_is_refused_with_its_name(tmp_path: Path, line: str):
    (tmp_path / "careerscape.toml").write_text(f"[drift]\n{line}\n")
    with pytest.raises(ConfigError, match=rf"careerscape\.toml: drift.*{line.partition(' ')[0]}"):
        resolve({"config": str(tmp_path / "careerscape.toml")}, {})


def test_drift_is_a_table(tmp_path: Path):
    (tmp_path / "careerscape.toml").write_text("drift = 1\n")
    with pytest.raises(ConfigError, match="must be a table"):
        resolve({"config": str(tmp_path / "careerscape.toml")}, {})


def test_pages_of_another_template_are_no_loss_while_few(tmp_path: Path):
    mixed = [
        saved(replace(page, left=f"Welder {n}", right=f"Clerk {n}"), DAYS[n % 3])
        for n in range(60) for page in (SEED, OVERVIEW)[n % 2 : n % 2 + 1]
    ]  # fmt: skip
    random.Random(1).shuffle(mixed)
    for half in (mixed[:30], mixed[30:]):
        assert import_pages(tmp_path, *half).held.moved == ()


def test_the_fixtures_in_two_halves_are_ordinary(tmp_path: Path):
    cases = sorted(path for path in FIXTURES.iterdir() if (path / "facts.json").exists())
    for seed in range(3):
        chosen = random.Random(seed).sample(cases, len(cases))
        root = tmp_path / f"{seed}"
        root.mkdir()
        for half in (chosen[: len(cases) // 2], chosen[len(cases) // 2 :]):
            done = importing.import_pages(settings(root), find(half, ""), lambda: NOW, lambda page: None)
            assert done.counts.pages >= 10
            assert done.held.moved == ()


def test_the_history_is_of_the_site_alone(tmp_path: Path):
    import_pages(tmp_path, *usual())
    with closing(open_to_read(settings(tmp_path).db)) as db:
        assert len(sights.published(db, "zippia", site_of)) == COUNT
        assert sights.published(db, "another", site_of) == []
        assert drift.measured(db, 1, [], site_of, Band()) == drift.Measured()


def test_a_field_that_is_none_is_named(tmp_path: Path):
    (tmp_path / "careerscape.toml").write_text('[drift]\noff = ["page", "no.field"]\n')
    with pytest.raises(ConfigError, match=r"drift\.off must be a list of fields.*'no\.field' is none"):
        resolve({"config": str(tmp_path / "careerscape.toml")}, {})
