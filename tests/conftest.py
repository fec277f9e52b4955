"""The option that writes the expected files of the fixtures anew, to be read as a diff before it is committed; tests side by
side; and worlds for runs."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.browsing import Browser
    from tests.world import World

# Hundreds of commands are started, and each would compile all of the program again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-expected", action="store_true", help="write what the fixtures give beside them")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Gzip writes the time into its bytes; the names of tests have to be the same in every process."""
    return f"{argname}-gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None (a process for each core) where all tests run; 0 where files are named or written."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return 0 if named or config.getoption("--write-expected") else None


@pytest.fixture
def write_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-expected"))


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing runs beside a test that is marked `alone`. Whoever waits for a turn lets nobody pass, so that no test waits for
    more than the one that runs."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    folder = tmp_path_factory.getbasetemp().parent
    alone = request.node.get_closest_marker("alone") is not None
    with (folder / "queue").open("a") as queue, (folder / "room").open("a") as room:
        flock(queue, LOCK_EX)
        flock(room, LOCK_EX if alone else LOCK_SH)
        flock(queue, LOCK_UN)
        yield
        flock(room, LOCK_UN)


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read by the test's own process."""
    from scraper import pool, run
    from scraper.keeping import arrears
    from tests.imports import ReadHere

    monkeypatch.setattr(run, "Sandbox", ReadHere)
    monkeypatch.setattr(arrears, "Sandbox", ReadHere)
    monkeypatch.setattr(pool, "Sandbox", ReadHere)


@pytest.fixture
def other_parser(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let another parser read pages: what words are changed to before it reads them."""

    def change(*edits: tuple[str, str], name: str = "0.2.0+another") -> None:
        from scraper import parsing, version

        read = parsing.parse

        def parse(body: bytes, media_type: str, charset: str, url: str) -> Any:
            text = body.decode()
            for old, new in edits:
                text = text.replace(old, new)
            return read(text.encode(), media_type, charset, url)

        monkeypatch.setattr("tests.imports.ReadHere.parse", staticmethod(parse))
        monkeypatch.setattr(version, "parser", lambda: name)

    return change


@pytest.fixture
def nothing_taught() -> Iterator[None]:
    """No rules are in use, before a test and behind it."""
    from normalize import vocabulary
    from normalize.rules import NO_RULES

    vocabulary.use(NO_RULES)
    yield
    vocabulary.use(NO_RULES)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_here: None) -> "World":
    from scraper import run
    from tests.world import World, without_syncing

    monkeypatch.setattr(run, "open_to_write", without_syncing)
    return World(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of `tests.browsing`, which no test changes."""
    from tests.browsing import made

    return made(tmp_path_factory.mktemp("browsed"))


@pytest.fixture(scope="session")
def browser(browsed: Path) -> "Iterator[Browser]":
    """The application that shows it, asked in this process."""
    from tests.browsing import Sources, browsing
    from tests.imports import settings

    with browsing(browsed, Sources(settings(browsed.parent))) as found:
        yield found


@pytest.fixture
def browsed_copy(browsed: Path, tmp_path: Path) -> Path:
    """A copy to do harm to."""
    return Path(shutil.copy(browsed, tmp_path / "careerscape.db"))
