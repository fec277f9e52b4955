"""Too little room on disk is said before a run, with folder and bytes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from normalize.errors import StorageError
from scraper import doctor
from scraper.operation import disk
from scraper.settings import Settings


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, int]], list[Path]]:
    """Set the free bytes of folders by the end of their path; the list is of those that were asked for."""

    def set_to(by_name: dict[str, int]) -> list[Path]:
        asked: list[Path] = []

        def usage(folder: Path) -> Usage:
            asked.append(folder)
            return Usage(10**12, 0, by_name[folder.name])

        monkeypatch.setattr(shutil, "disk_usage", usage)
        return asked

    return set_to


def at(tmp_path: Path, least: int = 200) -> Settings:
    (tmp_path / "data").mkdir()
    (tmp_path / "pages").mkdir()
    return Settings(tmp_path / "data" / "jobs.db", tmp_path / "pages" / "not" / "yet", min_free_mb=least)


@pytest.mark.parametrize(("name", "free_bytes"), [("data", 199_999_999), ("pages", 0)])
def test_the_full_folder_is_named_with_its_bytes(tmp_path: Path, free, name: str, free_bytes: int):
    free({"data": 10**10, "pages": 10**10} | {name: free_bytes})
    with pytest.raises(StorageError) as refused:
        disk.refuse_when_full(at(tmp_path))
    said = str(refused.value)
    assert said.startswith(f"{tmp_path / name}: ")
    assert f"({free_bytes:,} bytes)" in said
    assert "(200,000,000 bytes)" in said
    assert refused.value.exit_code == 74


def test_enough_is_enough_and_zero_asks_for_nothing(tmp_path: Path, free):
    asked = free({"data": 200_000_000, "pages": 200_000_000})
    settings = at(tmp_path)
    disk.refuse_when_full(settings)
    assert asked == [tmp_path / "data", tmp_path / "pages"]
    free({})
    disk.refuse_when_full(Settings(settings.db, settings.archive, min_free_mb=0))


def test_a_link_counts_where_it_leads(tmp_path: Path, free):
    settings = at(tmp_path)
    (tmp_path / "link").symlink_to(settings.db)
    asked = free({"data": 10**10})
    disk.refuse_when_full(Settings(tmp_path / "link", tmp_path / "data"))
    assert asked == [tmp_path / "data"]


def test_doctor_calls_it_a_problem(tmp_path: Path, free):
    free({"data": 10**10, "pages": 5_000_000})
    found = doctor.diagnose(at(tmp_path, 6), None)
    assert [f"{tmp_path / 'pages'}: only 5.0 MB" in words for words in found.problems] == [True]
    assert found.sections["disk"]["minimum"] == "6 MB"
    assert found.sections["configuration"]["healthcheck"] == "none"
    settings = Settings(tmp_path / "data" / "x.db", tmp_path / "data", healthcheck="https://h.example/secret", min_free_mb=0)
    found = doctor.diagnose(settings, None)
    assert found.problems == ()
    assert found.sections["configuration"]["healthcheck"] == "h.example"
