"""The plan of a run: which pages are known, which of them are preferred, and what `plan` and `scrape --plan` do with them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.connection import open_to_read
from db.planning import MOST_FIELDS, Known
from normalize.cover import Cover
from normalize.errors import UsageError
from scraper import planning
from scraper.cli.planning import _quality
from scraper.hosts import Hosts
from scraper.planning import Plan, preference
from scraper.settings import Settings
from tests import imports
from tests.command import Command
from tests.figures import SEED, Figures, as_html
from tests.imports import DAYS, import_pages, saved
from tests.world import A, World, at

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def page(left: str, right: str) -> Figures:
    return replace(SEED, left=f"Job {left}", right=f"Job {right}")


def slugs(*letters: str) -> list[str]:
    return [f"job-{letter}" for letter in letters]


def planned(db: Path, most: int | None = None, now: datetime = NOW, hosts: Hosts | None = None) -> Plan:
    with closing(open_to_read(db)) as reader:
        return planning.plan(reader, now, most, hosts and hosts.permits)


def urls(plan: Plan) -> list[str]:
    return [chosen.pair.key for chosen in plan.cover.chosen]


def loaded(root: Path, *pairs: str, at: Sequence[str] = DAYS[:1]) -> Path:
    """A database of the pages of pairs (`ab`), captured once each."""
    pages = [saved(page(left, right), at[n % len(at)]) for n, (left, right) in enumerate(pairs)]
    return imports.load_pages(root, *pages)


# --- which pages ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("read_here")
def test_the_fewest_pages_show_every_occupation(tmp_path: Path):
    plan = planned(loaded(tmp_path, "ab", "bc", "cd", "de", "ac"))
    assert len(urls(plan)) == 3
    assert {page(*"ab").url, page(*"de").url} & {*urls(plan)}
    assert (plan.cover.occupations, plan.refreshed, len(plan.known), plan.saved, plan.cover.exact) == (5, 5, 5, 2, True)
    assert (plan.uncovered, plan.elsewhere) == ((), ())


@pytest.mark.usefixtures("read_here")
def test_of_equal_pages_the_older_and_the_fuller_one_is_taken(tmp_path: Path):
    emptier = page("a", "b").with_cell("Average age", "-", "-").with_cell("LGBT Percentage", "-", "-")
    mirrored = replace(page("b", "a"), tables=page("a", "b").tables)
    db = imports.load_pages(tmp_path, saved(emptier, DAYS[0]), saved(mirrored, DAYS[0]), saved(page("c", "d"), DAYS[1]),
                            saved(page("d", "c"), DAYS[0]))  # fmt: skip
    assert sorted(urls(planned(db, now=datetime(2024, 2, 1, tzinfo=UTC)))) == [mirrored.url, page("d", "c").url]


@pytest.mark.usefixtures("read_here")
def test_the_fields_of_a_page_are_those_that_are_ok_on_its_newest_published_capture(tmp_path: Path):
    emptier = page("a", "b").with_cell("Average age", "-", "40").with_cell("Gender ratio", "-", "-")
    db = imports.load_pages(tmp_path, saved(page("a", "b"), DAYS[0]), saved(emptier, DAYS[1]), saved(page("c", "d"), DAYS[0]))
    query = "SELECT url, count(DISTINCT side || field) FROM observation_latest WHERE status = 'ok' GROUP BY url ORDER BY url"
    known = planned(db).known
    found = [(url, known[url].fields) for url in sorted(known)]
    assert found == imports.rows(db, query)
    assert found[1][1] - found[0][1] == 3
    assert [known[url].captured_at for url in sorted(known)] == [DAYS[1], DAYS[0]]


def test_a_budget_takes_the_pages_that_refresh_the_most(tmp_path: Path, read_here: None):
    db = loaded(tmp_path, "ab", "ac", "ad", "ef", at=(DAYS[3], DAYS[2], DAYS[1], DAYS[4]))
    for most, refreshed in ((1, 2), (2, 4), (3, 5), (4, 6), (9, 6)):
        plan = planned(db, most, now=datetime(2024, 2, 1, tzinfo=UTC))
        assert (len(urls(plan)), plan.refreshed, plan.cover.fewest) == (min(most, 4), refreshed, 4)
    assert urls(planned(db, 1)) == [page("a", "d").url], "the stalest"


def test_pages_that_are_gone_or_refuse_are_not_used(world: World):
    shown = {at(A, page(*pair)): as_html(page(*pair)) for pair in ("ab", "bc", "cd")}
    world.pages = {**shown, at(A, page(*"ef")): (404, {}, b""), f"{A}/robots.txt": b""}
    world.scrape(*shown, at(A, page(*"ef")))
    assert sorted(planned(world.db).known) == sorted(shown)
    world.pass_days(30)
    world.pages[at(A, page(*"ab"))] = (404, {}, b"")
    world.pages[at(A, page(*"cd"))] = (403, {}, b"")
    world.scrape(*shown)
    plan = planned(world.db)
    assert urls(plan) == [at(A, page(*"bc"))]
    assert [*plan.uncovered] == slugs("a", "d"), "never captured ones are no occupations"


def test_pages_that_robots_txt_refuses_are_not_used(world: World):
    shown = {at(A, page(*pair)): as_html(page(*pair)) for pair in ("ab", "cd")}
    world.pages = dict(shown)
    world.scrape(*shown)
    world.pass_days(2)
    refused = at(A, page(*"ab"))
    world.pages = {**shown, f"{A}/robots.txt": f"User-agent: *\nDisallow: {refused.removeprefix(A)}\n".encode()}
    world.scrape(at(A, page(*"cd")), refresh=True)
    plan = planned(world.db)
    assert (urls(plan), [*plan.uncovered]) == ([at(A, page(*"cd"))], slugs("a", "b"))


def test_pages_that_wait_are_known_by_their_address(world: World):
    names = [at(A, page(*pair)) for pair in ("ab", "cd", "bc")]
    world.pages = {url: as_html(page(*pair)) for url, pair in zip(names, ("ab", "cd", "bc"), strict=True)}
    world.scrape(*names, most_pages=1)
    plan = planned(world.db)
    assert (len(plan.known), plan.cover.occupations, len(urls(plan)), plan.uncovered) == (3, 4, 2, ())
    assert [plan.known[url].fields for url in names][1:] == [None, None]


def test_pages_of_other_hosts_are_told_of_and_left_out_of_a_run_that_may_not_ask_them(world: World):
    world.pages = {at(A, page(*"ab")): as_html(page(*"ab"))}
    world.scrape(at(A, page(*"ab")))
    assert planned(world.db).elsewhere == (at(A, page(*"ab")),)
    assert [*planned(world.db, hosts=Hosts()).uncovered] == slugs("a", "b")
    assert urls(planned(world.db, hosts=Hosts(("a.example",)))) == [at(A, page(*"ab"))]


# --- preference -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "fields", "failed", "points"),
    [
        (0, 0, False, 0), (0, MOST_FIELDS, False, 1000), (365, 0, False, 1000), (5000, MOST_FIELDS, False, 2000),
        (73, MOST_FIELDS // 2, False, 700), (-3, 0, False, 0), (None, None, False, 1500), (365, MOST_FIELDS, True, 0),
        (365, None, False, 1500),
    ],
)  # fmt: skip
def test_preference(days: int | None, fields: int | None, failed: bool, points: int):
    at = "" if days is None else (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert preference(Known("", at, fields, failed), NOW) == points


# --- runs -------------------------------------------------------------------------------------------------------------


def settings(world: World) -> Settings:
    return imports.settings(world.root)


def run(world: World, most: int | None = None, refresh: bool = False) -> tuple[str, ...]:
    """What a planned run asks for."""
    found = planning.addresses(settings(world), world.time.clock.now(), most, ("a.example",), refresh)
    world.scrape(*found, only_named=True, most_pages=most, refresh=refresh)
    assert {*world.asked} <= {*found}
    return tuple(world.asked)


def test_a_planned_run_leaves_what_waits_and_what_is_not_due(world: World):
    pairs = ("ab", "bc", "cd", "da", "ac")
    world.pages = {at(A, page(*pair)): as_html(page(*pair)) for pair in pairs}
    world.scrape(*world.pages, most_pages=1)
    assert run(world) == (at(A, page(*"cd")),), "the others were just seen"
    assert sorted(world.queue.values()) == ["done", "done", "queued", "queued", "queued"]
    assert (run(world), world.runs[-1]) == ((), (0, 0, 0, 0, 0, 0))
    assert len(planned(world.db).cover.chosen) == 2, "the plan as such is for all"
    world.pass_days(100)
    assert len(run(world)) == 2
    world.pass_days(100)
    assert len(run(world, 1)) == 1
    assert len(run(world, refresh=True)) == 2


def test_without_a_page_there_is_nothing_to_plan(world: World):
    with pytest.raises(UsageError, match="there is no database"):
        planning.addresses(settings(world), NOW, None, ())
    world.pages = {at(A, page(*"ab")): as_html(page(*"ab"))}
    world.scrape(at(A, page(*"ab")))
    with pytest.raises(UsageError, match="nothing to plan"):
        planning.addresses(settings(world), NOW, None, ())


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cover", "whole", "said"),
    [
        (Cover((), 9, 5, 5, True), True, []),
        (Cover((), 9, 5, 5, True), False, ["To refresh all takes 5 pages."]),
        (
            Cover((), 9, 5, 5, False), True,
            ["No plan has fewer pages (the gap is 0); others of the same size may have fuller or older ones."],
        ),
        (
            Cover((), 9, 5, 5, False), False,
            ["To refresh all takes 5 pages.", "No plan of so many pages refreshes more; others may have fuller or older pages."],
        ),
        (Cover((), 9, 5, 4, False), True, ["No plan for all has fewer than 4 pages: this one has at most 1 too many (25.0%)."]),
        (Cover((), 9, 5, 4, False), False, ["To refresh all takes 5 pages; no plan for all has fewer than 4 pages."]),
    ],
)  # fmt: skip
def test_how_good_a_plan_is(cover: Cover, whole: bool, said: list[str]):
    assert _quality(cover, whole) == said


@pytest.mark.slow
def test_the_command(tmp_path: Path):
    command = Command(tmp_path)
    assert "there is no database" in command("plan", exit_code=2).stderr
    assert "there is no database" in command("scrape", "--plan", exit_code=2).stderr
    import_pages(tmp_path, saved(page("a", "b"), DAYS[0]), saved(page("b", "c"), DAYS[1]), saved(page("c", "d"), DAYS[2]))
    said = command("plan").stdout
    assert "2 pages refresh all 4 occupations; fetching all known pages would take 3 requests: 1 saved." in said
    assert "no other page shows job-a" in said
    (found,) = command.json("plan", "--max-pages", "1")
    assert found == {
        "pages": [
            {"url": page("a", "b").url, "left": "job-a", "right": "job-b", "captured_at": DAYS[0],
             "fields": found["pages"][0]["fields"], "refreshes": ["job-a", "job-b"]}
        ],
        "occupations": 4, "refreshed": 2, "known_pages": 3, "saved": 2, "fewest": 2, "lower_bound": 2, "exact": True,
        "uncovered": [],
    }  # fmt: skip
    assert "2 of 4 occupations" in (short := command("plan", "--max-pages", "1").stdout)
    assert "To refresh all takes 2 pages." in short
    assert "--max-pages" in command("plan", "--max-pages", "0", exit_code=2).stderr
    assert "say who asks www.zippia.com" in command("scrape", "--plan", exit_code=78).stderr


@pytest.mark.slow
def test_the_command_of_a_database_without_pages(tmp_path: Path):
    command = Command(tmp_path)
    import_pages(tmp_path, imports.Saved("https://www.zippia.com/account-jobs/trends/", DAYS[0], b"Not a comparison.\n"))
    assert command("plan").stdout == "Nothing to plan: no comparison page is known that may be fetched.\n"
    (found,) = command.json("plan")
    assert (found["pages"], found["occupations"], found["exact"]) == ([], 0, True)
