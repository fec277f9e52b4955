"""The option that writes the expected files of the fixtures anew, to be read as a diff before it is committed; and a world
for scrape runs."""

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
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "World":
    from scraper import run
    from tests.imports import ReadHere
    from tests.world import World, without_syncing

    monkeypatch.setattr(run, "Sandbox", ReadHere)
    monkeypatch.setattr(run, "open_to_write", without_syncing)
    return World(tmp_path, monkeypatch)
