"""The demo, over real HTTP, and the commands that it points at."""

import re
import shlex
from pathlib import Path

import pytest

from scraper.demo.bundle import bundled
from scraper.demo.server import serving
from tests.command import CAREERSCAPE, Command
from tests.imports import rows


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, str]:
    """A folder in which the demo has run, and what it printed."""
    run = Command(tmp_path_factory.mktemp("demo"))
    return run, run("demo").stdout


def test_sixteen_pages_are_bundled_one_an_address():
    pages = bundled()
    assert len(pages) == 16
    assert all(path.endswith("-differences") and body.lstrip().lower().startswith(b"<!doctype") for path, body in pages.items())


def test_all_pages_are_scraped_and_nothing_is_in_doubt(toured: tuple[Command, str]):
    run, printed = toured
    assert "16 pages: 16 loaded\n" in printed
    db = run.folder / "careerscape-demo" / "careerscape.db"
    assert rows(db, "SELECT origin, status, outcome, count(*) FROM capture GROUP BY 1, 2, 3") == [("live", 200, "complete", 16)]
    assert rows(db, "SELECT count(*) FROM finding WHERE severity != 'info'") == [(0,)]
    assert rows(db, "SELECT command, outcome, exit_code, pages, loaded FROM run") == [("scrape", "done", 0, 16, 16)]


def test_the_comparison_is_of_two_jobs_that_no_page_compares(toured: tuple[Command, str]):
    run, printed = toured
    assert re.search(r"Annual mean wage +\$28,144 +\$44,285\n", printed)
    db = run.folder / "careerscape-demo" / "careerscape.db"
    assert rows(db, "SELECT count(*) FROM comparison WHERE left || right IN ('cashiertool-builder', 'tool-buildercashier')") == [
        (0,)
    ]


def test_the_commands_that_it_names_work_from_there(toured: tuple[Command, str]):
    run, printed = toured
    lines = [line.strip() for line in printed.split("Where to look next:\n")[1].splitlines()]
    name, _, value = lines[0].split("#")[0].removeprefix("export ").strip().partition("=")
    ours = [shlex.split(line, comments=True) for line in lines[1:] if Path(shlex.split(line)[0]).name == "careerscape"]
    assert len(ours) == 4
    for words in ours:
        assert Path(words[0]) == CAREERSCAPE
        assert run(*words[1:], **{name: value}).stdout
    question = shlex.split(lines[-1])
    assert question[0] == str(CAREERSCAPE.with_name("sqlite-utils"))
    titles = rows(run.folder / question[2], question[3])
    assert titles[0] == ("Chief Executive Officer/Manager", 140165)


@pytest.mark.slow
def test_a_second_demo_finds_the_same_facts(tmp_path: Path):
    run = Command(tmp_path)
    first, second = run("demo").stdout, run("demo").stdout
    if first.splitlines()[0] == second.splitlines()[0]:  # the usual port was free both times
        assert "16 pages: 16 unchanged\n" in second
    assert re.findall(r"\$[0-9,.]+", first) == re.findall(r"\$[0-9,.]+", second) != []


@pytest.mark.slow
def test_with_db_it_works_there(tmp_path: Path):
    run = Command(tmp_path)
    printed = run("demo", "--db", "mine.db", "--archive", "kept").stdout
    assert rows(tmp_path / "mine.db", "SELECT count(*) FROM capture") == [(16,)]
    assert list((tmp_path / "kept").glob("*.warc.gz"))
    assert not (tmp_path / "careerscape-demo").exists()
    assert f"export CAREERSCAPE_DB={tmp_path / 'mine.db'} CAREERSCAPE_ARCHIVE={tmp_path / 'kept'}\n" in printed


@pytest.mark.slow
def test_the_settings_of_the_environment_are_not_those_of_the_demo(tmp_path: Path):
    Command(tmp_path)("demo", CAREERSCAPE_DB="precious.db")
    assert not (tmp_path / "precious.db").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "careerscape-demo").write_text("in the way")
    done = Command(tmp_path)("demo", exit_code=74)
    assert "the demo needs a place for its database" in done.stderr
    assert (tmp_path / "careerscape-demo").read_text() == "in the way"


def test_where_the_usual_port_is_taken_another_one_serves():
    with serving({"/a": b"a"}) as first, serving({"/b": b"b"}) as second:
        assert first != second
