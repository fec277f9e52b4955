"""Every query of docs/cookbook.md gives the answer that stands below it, in the database that the page makes; so do the commands
of docs/is-this-number-right.md and the queries of docs/export.md."""

import contextlib
import os
import re
import subprocess
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from sqlite_utils.cli import cli

from db.connection import open_to_read
from tests import diagrams
from tests.command import CAREERSCAPE
from tests.test_docs import CHANGING, DOCS

COOKBOOK = DOCS / "cookbook.md"
WALK = DOCS / "is-this-number-right.md"
EXPORT = DOCS / "export.md"
TEXT = COOKBOOK.read_text()
RECIPE = re.compile(r"^### ([^\n]+)\n\n```sql\n(.+?)\n```\n```text\n(.*?)```$", re.DOTALL | re.MULTILINE)
RECIPES = RECIPE.findall(TEXT)
STEP = re.compile(r"<!-- question -->\n```sh\n(.+?)```\n```\n(.*?)```", re.DOTALL)
STEPS = STEP.findall(WALK.read_text())
FILED = re.compile(r"<!-- duckdb -->\n```sql\n(.+?)\n```\n```\n(.*?)```", re.DOTALL)
FILED_QUERIES = FILED.findall(EXPORT.read_text())
OF_THE_PAGES = ("2024-03-01", "2025-03-01", "2026-03-01", "2026-03-02")
"""The days of the made-up pages; all others are those of the run."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the section "Get ready"."""
    folder = tmp_path_factory.mktemp("cookbook")
    (script,) = re.findall(r"<!-- command: ready -->\n```sh\n(.+?)```", TEXT, re.DOTALL)
    subprocess.run(
        ["bash", "-euc", script.replace(".venv/bin/", f"{CAREERSCAPE.parent}/")],
        cwd=folder, env=os.environ, capture_output=True, check=True, timeout=100,
    )  # fmt: skip
    return folder / "careerscape-demo" / "careerscape.db"


def answer(db: Path, query: str) -> str:
    """What the command of the page prints."""
    result = CliRunner().invoke(cli, ["query", str(db), "--table", query], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.output.splitlines())


def unchanging(text: str) -> str:
    """The text without the days of the run, and without the port of the demo's server."""
    days = re.sub(r"(\d{4}-\d\d-\d\d)(T[0-9:]+Z)?", lambda found: found[0] if found[1] in OF_THE_PAGES else "", text)
    return re.sub(r"127\.0\.0\.1:\d+", "", days)


def test_no_recipe_is_passed_over():
    assert len(RECIPES) == TEXT.count("\n### ") == TEXT.count("```sql\n") >= 25
    assert sum(title.startswith("Trap: ") for title, _, _ in RECIPES) == 7


def test_every_recipe_has_an_answer(db: Path, write_expected: bool):
    if write_expected:
        shown = RECIPE.sub(lambda r: f"### {r[1]}\n\n```sql\n{r[2]}\n```\n```text\n{answer(db, r[2])}```", COOKBOOK.read_text())
        COOKBOOK.write_text(shown)
    assert [title for title, _, shown in RECIPE.findall(COOKBOOK.read_text()) if len(shown.splitlines()) < 3] == []


@pytest.mark.parametrize("number", range(len(RECIPES)), ids=[title for title, _, _ in RECIPES])
def test_a_recipe_gives_what_it_shows(db: Path, number: int):
    _, query, shown = RECIPE.findall(COOKBOOK.read_text())[number]
    assert unchanging(answer(db, query)) == unchanging(shown)


def said(db: Path, command: str) -> str:
    """What a command of the walk prints, in the folder of the cookbook."""
    done = subprocess.run(
        ["bash", "-euc", command.replace(".venv/bin/", f"{CAREERSCAPE.parent}/")],
        cwd=db.parents[1], env=os.environ | {"CAREERSCAPE_CONFIG": "careerscape-demo/careerscape.toml"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def constant(text: str) -> str:
    """What is printed, without times, places and versions."""
    return re.sub(r"[\d,]+ bytes of the archive", "", CHANGING.sub("", text))


def test_the_walk_has_its_steps(db: Path, write_expected: bool):
    if write_expected:
        text = WALK.read_text()
        WALK.write_text(STEP.sub(lambda s: f"<!-- question -->\n```sh\n{s[1]}```\n```\n{said(db, s[1])}```", text))
    assert len(STEPS) >= 7
    assert all(shown.strip() for _, shown in STEP.findall(WALK.read_text()))


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_step_of_the_walk_prints_what_it_shows(db: Path, number: int):
    command, shown = STEP.findall(WALK.read_text())[number]
    assert constant(said(db, command)) == constant(shown)


@pytest.fixture(scope="module")
def exported(db: Path) -> Path:
    """The folder in which the commands of docs/export.md have run."""
    for script in re.findall(r"<!-- command: \w+ -->\n```sh\n(.+?)```", EXPORT.read_text(), re.DOTALL):
        said(db, script)
    return db.parents[1]


def of_files(folder: Path, query: str) -> str:
    """What DuckDB shows for a query of files."""
    with contextlib.chdir(folder), duckdb.connect() as connection:
        return f"{str(connection.sql(query)).strip()}\n"


def test_the_queries_of_files_have_answers(exported: Path, write_expected: bool):
    if write_expected:
        text = EXPORT.read_text()
        shown = FILED.sub(lambda q: f"<!-- duckdb -->\n```sql\n{q[1]}\n```\n```\n{of_files(exported, q[1])}```", text)
        EXPORT.write_text(shown)
    assert len(FILED_QUERIES) == 3
    assert all(shown.strip() for _, shown in FILED.findall(EXPORT.read_text()))


@pytest.mark.parametrize("number", range(len(FILED_QUERIES)))
def test_a_query_of_files_gives_what_it_shows(exported: Path, number: int):
    query, shown = FILED.findall(EXPORT.read_text())[number]
    assert of_files(exported, query) == shown


def test_recipes_ask_public_views_alone(db: Path):
    with closing(open_to_read(db)) as reader:
        views = {name for (name,) in reader.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall()}
    for title, query, _ in RECIPES:
        own = {*re.findall(r"WITH (\w+)", query), "json_each"}
        asked = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", query)) - own
        assert asked, title
        assert asked <= views - {"every_finding"}, title


@pytest.mark.parametrize("link", tuple(diagrams.links()), ids=lambda link: f"{link.view}.{link.by[0]}")
def test_the_views_are_joined_as_they_are_drawn(db: Path, link: diagrams.Link):
    same = " AND ".join(f'c."{column}" = p."{name}"' for column, name in zip(link.by, link.key, strict=True))
    with closing(open_to_read(db)) as reader:
        ((found, alone, nulls),) = reader.execute(
            f'SELECT count(c."{link.by[0]}"), sum(c."{link.by[0]}" IS NOT NULL AND p."{link.key[0]}" IS NULL), '
            f'sum(c."{link.by[0]}" IS NULL) FROM {link.view} c LEFT JOIN {link.parent} p ON {same}'
        ).fetchall()
    assert alone == 0
    assert link.optional or (found and not nulls)
