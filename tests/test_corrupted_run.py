"""A run of corrupted copies over good pages: it is held back, the last good data stands, and each corruption is named."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from db import standing
from db.connection import open_to_read
from scraper import importing, sources
from tests.corruptions import Copy, corrupted_copies
from tests.figures import REAL_PAGES
from tests.imports import NOW, PUBLISHED, dump, rows, settings

GOOD = Path(__file__).parents[1] / "fixtures" / "pages" / "zippia"
HARMLESS = {"a salary rounded to thousands", "a row lost"}
"""Corruptions that other cells of the page make good: the value that is read is the true one."""


def take(root: Path, folder: Path) -> int:
    return importing.import_pages(settings(root), sources.find([folder], ""), lambda: NOW, lambda _: None).exit_code


def save(folder: Path, count: int) -> list[tuple[Copy, str]]:
    folder.mkdir()
    copies = []
    for number, copy in enumerate(corrupted_copies(count)):
        at = f"2025-{1 + number // 25:02}-{1 + number % 25:02}T00:00:00Z"
        (folder / f"{copy.name}.html").write_bytes(copy.body)
        (folder / f"{copy.name}.json").write_text(json.dumps({"url": copy.url, "captured_at": at}))
        copies.append((copy, at))
    return copies


@pytest.mark.slow
@pytest.mark.skipif(not REAL_PAGES.exists(), reason="without the real pages the copies are of too few pages for a judgement")
def test_corrupted_copies_are_named_and_held_back(tmp_path: Path):
    assert take(tmp_path, GOOD) == 3
    before = dump(settings(tmp_path).db, PUBLISHED)
    copies = save(tmp_path / "copies", 300)
    assert take(tmp_path, tmp_path / "copies") == 4
    assert dump(settings(tmp_path).db, PUBLISHED) == before
    with closing(open_to_read(settings(tmp_path).db)) as db:
        found = standing.findings(db)
    named: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in found:
        named.setdefault((row["url"], row["captured_at"]), set()).add((row["side"] or "", row["field"] or ""))
    silent = [copy for copy, at in copies if copy.detectable and (copy.url, at) not in named]
    assert {copy.corruption for copy in silent} <= HARMLESS
    assert sum(copy.detectable for copy, _ in copies) > 200
    assert rows(settings(tmp_path).db, "SELECT outcome, exit_code FROM run ORDER BY run_id DESC LIMIT 1") == [("held", 4)]
