"""The option that writes the expected files of the fixtures anew, to be read as a diff before it is committed; and worlds
for runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-expected", action="store_true", help="write what the fixtures give beside them")


@pytest.fixture
def write_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--write-expected"))


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read by the test's own process."""
    from scraper import arrears, run
    from tests.imports import ReadHere

    monkeypatch.setattr(run, "Sandbox", ReadHere)
    monkeypatch.setattr(arrears, "Sandbox", ReadHere)


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
