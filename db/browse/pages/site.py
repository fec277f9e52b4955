"""The static site: a page for each occupation and for each pair that a published page compares, which opens from disk."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from db.browse import figures
from db.browse.pages import render
from db.browse.pages.links import Filed, occupation_file, pair_file
from db.queries import Row, rows

_ASSETS = ("style.css", "charts.css", "search.js")
_STATIC = Path(__file__).with_name("static")
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""What is fresh depends on the clock, and no page of the site shows it."""


def write(db: Database, folder: Path, advance: Callable[[], None]) -> int:
    """Write the site into an empty folder, one page after the other; `advance` is called for each. The number of files.

    The same data gives the same bytes. Nothing of an archived page is copied but the words of the cells that facts stand in.
    """
    occupations = _occupations(db)
    pairs = _pairs(db)
    count = _assets(folder, occupations)
    for name, text in _pages(db, occupations, pairs):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        count += 1
        advance()
    return count


def pages(db: Database) -> int:
    """How many pages there are to write."""
    return 1 + len(_occupations(db)) + len(_pairs(db))


def _pages(db: Database, occupations: list[Row], pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The name and text of each page."""
    shown = figures.start(db, _NO_TIME)
    there = set(pairs)
    begin = tuple(pair for pair in shown.pairs if tuple(sorted((pair["left"], pair["right"]))) in there)
    yield "index.html", render.index(replace(shown, pairs=begin), occupations, Filed())
    for one in occupations:
        yield occupation_file(one["slug"]), render.occupation(figures.occupation(db, one["slug"]), Filed(1))
    for left, right in pairs:
        yield pair_file(left, right), render.comparison(figures.comparison(db, left, right), Filed(2))


def _occupations(db: Database) -> list[Row]:
    return rows(db, "SELECT slug, title, soc_code FROM occupation ORDER BY lower(title), slug")


def _pairs(db: Database) -> list[tuple[str, str]]:
    """The slugs of each pair that a published capture compares, once, in their order."""
    query = (
        "SELECT DISTINCT min(j.slug, k.slug), max(j.slug, k.slug) FROM page_capture c "
        "JOIN reading r ON r.id = c.published_reading_id JOIN sighting s ON s.content_id = r.content_id AND s.side = 0 "
        "JOIN sighting o ON o.content_id = r.content_id AND o.side = 1 JOIN job j ON j.id = s.job_id "
        "JOIN job k ON k.id = o.job_id WHERE j.id != k.id ORDER BY 1, 2"
    )
    return [(left, right) for left, right in db.execute(query).fetchall()]


def _assets(folder: Path, occupations: Iterable[Row]) -> int:
    """Style sheets, the script, and what it searches."""
    there = folder / "assets"
    there.mkdir(parents=True)
    for name in _ASSETS:
        shutil.copyfile(_STATIC / name, there / name)
    links = Filed()
    with (there / "occupations.js").open("w", encoding="utf-8", newline="\n") as file:
        file.write("window.careerscapeOccupations = [\n")
        for one in occupations:
            entry = {"title": one["title"], "soc_code": one["soc_code"] or "", "href": links.occupation(one["slug"])}
            file.write(f"{json.dumps(entry)},\n")
        file.write("];\n")
    return len(_ASSETS) + 1
