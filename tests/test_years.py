"""Three dates, another parser, another vocabulary: the past is told as it was, and the archive alone gives it again."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import comparing
from db.connection import open_to_read
from scraper import teaching
from scraper.keeping import rebuild, reparse, verify
from tests.figures import OVERVIEW, SEED, Figures
from tests.imports import import_pages, rows, saved, settings

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

DATES = ("2022-03-01T08:00:00Z", "2023-03-01T08:00:00Z", "2024-03-01T08:00:00Z")
LATER = datetime(2026, 2, 1, tzinfo=UTC)
ODD = "Certified Sorcery, 32%"


def clock() -> datetime:
    return LATER


def years(root: Path) -> None:
    """Two pages at three dates; the newest capture comes first, the oldest last."""
    for date, age, jobs in reversed([*zip(DATES, ("40", "41", "43"), ("17,245", "18,000", "-"), strict=True)]):
        overview = OVERVIEW.with_cell("Average age", left=age).with_cell("Number of jobs", left=jobs)
        import_pages(root, saved(SEED.with_cell("Average age", left=age), date), saved(_odd(overview), date))


def _odd(page: Figures) -> Figures:
    return page.with_cell("Most common degree", left=ODD)


def digest(path: Path) -> str:
    with closing(open_to_read(path)) as db:
        return comparing.digest(db)


def test_the_past_stays_as_it_was(tmp_path: Path, other_parser: Callable[..., None]):
    years(tmp_path)
    db = settings(tmp_path).db
    history = "SELECT value, first_seen, last_seen, captures FROM history WHERE occupation = ? AND field = ? ORDER BY first_seen"
    for job in ("account-resolution-analyst", "electrician"):
        stretches = [(age, date, date, 1) for age, date in zip((40, 41, 43), DATES, strict=True)]
        assert rows(db, history, job, "demographics.age_mean") == stretches
    assert rows(db, history, "electrician", "outlook.jobs") == [(17245, DATES[0], DATES[0], 1), (18000, DATES[1], DATES[1], 1)]
    changes = "SELECT field, old_value, new_value, new_status, changed_at FROM change WHERE occupation = ? AND cause = ? "
    changes += "ORDER BY field, changed_at"
    at_source = [
        ("demographics.age_mean", 40, 41, "ok", DATES[1]),
        ("demographics.age_mean", 41, 43, "ok", DATES[2]),
        ("outlook.jobs", 17245, 18000, "ok", DATES[1]),
        ("outlook.jobs", 18000, None, "missing", DATES[2]),
    ]
    assert rows(db, changes, "electrician", "source") == at_source

    other_parser(("Associate Degree, 31%", "Bachelor's Degree, 31%"))
    said = reparse.predict(settings(tmp_path), clock)
    done = reparse.reparse(settings(tmp_path), clock)
    assert done.differences.to_dict() == said.differences.to_dict()
    assert {name: field.changed for name, field in done.differences.fields.items()} == {"education.degree": 3}
    teaching.teach(settings(tmp_path), "Certified Sorcery", "license", "degree", clock)

    assert rows(db, changes, "electrician", "source") == at_source, "what the pages said did not change"
    assert rows(db, changes, "journeyman", "parser") == [
        ("education.degree", "associate", "bachelor", "ok", "2026-02-01T00:00:00Z")
    ]
    taught = rows(db, changes, "electrician", "vocabulary")
    assert ("education.degree", None, "license", "ok", "2026-02-01T00:00:00Z") in taught
    assert {row[0] for row in taught} <= {"education.degree", "education.degree_pct", "degree_isced"}
    assert rows(db, "SELECT count(*) FROM change WHERE cause NOT IN ('source', 'parser', 'vocabulary')") == [(0,)]

    again = tmp_path / "again.db"
    assert rebuild.rebuild(settings(tmp_path), again, clock).exit_code == 0
    assert digest(again) == digest(db)
    assert verify.verify(settings(tmp_path), clock).exit_code == 0
    (warc,) = settings(tmp_path).archive.glob("*.warc.gz")
    body = bytearray(warc.read_bytes())
    body[len(body) // 2] ^= 1
    warc.write_bytes(body)
    found = verify.verify(settings(tmp_path), clock)
    assert found.exit_code == 74
    assert any(warc.name in problem for problem in found.problems)
