"""Archives with everything in them that a rebuild has to bring back, and what two databases say of the same archive."""

import gzip
import hashlib
import json
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from db import comparing
from db.connection import open_to_read
from normalize.errors import Rejected
from normalize.reading import rejected
from scraper import importing, lists, sources, teaching
from scraper.keeping import forgetting, rebuild
from scraper.warcs.members import pieces
from tests.command import FIXTURES
from tests.drifting import publish, usual, without_age
from tests.figures import OVERVIEW, SEED, as_html
from tests.imports import DAYS, NOW, ReadHere, dump, import_pages, rows, saved, settings
from tests.test_official import put
from tests.world import A, World, at

ARCHIVES = Path(__file__).parents[1] / "fixtures" / "archives"
PLACES = ("warc_file", "warc_offset", "warc_length")
DATES = ("2024-01-05T00:00:00Z", "2024-02-05T00:00:00Z", "2024-03-05T00:00:00Z")
ODD = ("Bachelor's Degree, 58%", "Bachelor of Things, 58%")
ONET = "O*NET-SOC Code\tTitle\tDescription\n43-9999.00\tAccount Resolution Analysts\tThey resolve.\n"
TITLES = "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n43-9999.00\tResolver of Accounts\tn/a\t01,08\n"


# --- what runs leave -------------------------------------------------------------------------------------------------


def fixtures(root: Path) -> None:
    """All fixture pages at three dates, with other figures at each."""
    for day, date in enumerate(DATES):
        folder = root / f"fixtures{day}"
        for case in sorted(FIXTURES.iterdir()):
            for page in case.glob("page.*"):
                there = folder / case.name
                there.mkdir(parents=True)
                (there / page.name).write_bytes(page.read_bytes().replace(b"3%", b"%d%%" % (3 + day)))
                about = json.loads((case / "capture.json").read_text()) | {"captured_at": date}
                (there / "capture.json").write_text(json.dumps(about))
        importing.import_pages(settings(root), sources.find([folder], ""), lambda: NOW, lambda report: None)


def drift(root: Path) -> None:
    """A run that is held, one that follows it, a forced release, and another that is held for good."""
    import_pages(root, *usual())
    import_pages(root, *without_age())
    import_pages(root, *without_age(day=2, count=3))
    publish(root, "it is so", None)
    import_pages(root, *usual(day=3))
    import_pages(root, *without_age(day=4))


def hold(root: Path) -> None:
    """A run that is held, and captures that follow held ones."""
    import_pages(root, *usual())
    import_pages(root, *without_age())
    import_pages(root, *without_age(day=2, count=3))
    import_pages(root, *without_age())


def forget(root: Path) -> None:
    """A page that is forgotten, in a run that is held."""
    hold(root)
    ((url,),) = rows(settings(root).db, "SELECT url FROM capture ORDER BY url LIMIT 1")
    forgetting.forgotten(settings(root), url, "they asked", lambda: NOW)
    import_pages(root, *usual(day=5, count=2))


def hostile(root: Path, patch: Any) -> None:
    """A page that was too much for its reader, by its verdict alone."""

    def refuse(self: ReadHere, pages: Any) -> Any:
        return [rejected(Rejected("too_hostile", "more than 5 s of CPU")) for _ in pages]

    with patch.context() as within:
        within.setattr(ReadHere, "parse_many", refuse)
        import_pages(root, saved(OVERVIEW, DAYS[0]))
    import_pages(root, saved(SEED, DAYS[0]), saved(OVERVIEW, DAYS[1]))


def rules(root: Path) -> None:
    """A rule that changes readings, one that gives a code, and official files."""
    import_pages(root, saved(SEED, DAYS[0], ODD, ("Virginia Beach, VA", "Nowhere Falls, VA")), saved(OVERVIEW, DAYS[0]))
    load_official(root)
    teaching.teach(settings(root), "Bachelor of Things", "bachelor", None, lambda: NOW)
    teaching.teach(settings(root), "Nowhere Falls, VA", "4791259", "city", lambda: NOW)
    import_pages(root, saved(SEED, DAYS[1], ODD))


def load_official(root: Path) -> None:
    folder = put(root / "onet", {"Occupation Data.txt": ONET, "Alternate Titles.txt": TITLES})
    lists.load(settings(root), "onet", folder, lambda: NOW)


def crawls(root: Path) -> None:
    """WARC and WACZ files of other programs."""
    importing.import_pages(settings(root), sources.find([ARCHIVES], ""), lambda: NOW, lambda report: None)


def old_files(root: Path) -> None:
    """Pages whose time is that of their file, one of them no comparison; and a run without any page."""
    from tests.imports import Saved

    import_pages(root, Saved(SEED.url, "", b"No page of such jobs.\n", modified=1_700_000_000), saved(OVERVIEW, DAYS[0]))
    import_pages(root, Saved("", DAYS[1], b"No address.\n"))
    import_pages(root, saved(OVERVIEW, DAYS[1]), saved(OVERVIEW.with_cell("Average age", "50", "51"), DAYS[2]))


def scraped(world: World) -> None:
    """Conditional requests, redirects, private pages, pages that changed and pages that are gone."""
    html = {"content-type": "text/html"}
    private = html | {"x-robots-tag": "noarchive"}
    pages = [replace(SEED, left=f"Analyst {n}") for n in range(4)]
    one, two, three, four = (at(A, page) for page in pages)
    a, b, c, d = map(as_html, pages)
    other = as_html(pages[0].with_cell("Average age", "50", "51"))
    answers = {
        one: [tagged("1", html, a), tagged("1", html, a), (200, html, other), (200, html, a), (200, html, a)],
        two: [tagged("2", private, b), *[tagged("2", html, b)] * 2, (200, html, b), (404, {})],
        three: [tagged("3", html, c), tagged("3", private, c), *[tagged("3", html, c)] * 3],
        at(A): [(301, {"location": four})] * 5,
        four: [tagged("4", html, d)] * 5,
    }
    for day in range(5):
        world.pages = {url: given[day] for url, given in answers.items()}
        world.scrape(*(url for url in answers if url != four), refresh=True)
        world.pass_days(1)


def tagged(etag: str, headers: dict[str, str], body: bytes) -> Callable[[httpx.Request], Any]:
    """A page that is confirmed to who has it."""
    headers = headers | {"etag": f'"{etag}"'}

    def answer(request: httpx.Request) -> Any:
        confirmed = request.headers.get("if-none-match") == headers["etag"]
        return (304, headers) if confirmed else (200, headers, body)

    return answer


# --- what they have in common ----------------------------------------------------------------------------------------


def again(root: Path, name: str = "again.db", workers: int = 1) -> rebuild.Rebuilt:
    """A database of the archive of `root` alone."""
    return rebuild.rebuild(settings(root), root / name, lambda: datetime(2027, 1, 1, tzinfo=UTC), workers)


def digest(db: Path) -> str:
    """The digest of the logical dump of a database."""
    with closing(open_to_read(db)) as opened:
        return comparing.digest(opened)


def differences(root: Path, name: str = "again.db") -> list[comparing.Difference]:
    """What a database that was built anew says otherwise."""
    with closing(open_to_read(settings(root).db)) as opened:
        return comparing.differences(opened, root / name)


def said(db: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The logical dump without the places of records."""
    found = dump(db, comparing.DUMPED, PLACES)
    found["finding"] = [row for row in found["finding"] if row[0] is not None]
    return found


def bytes_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of each file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}


def members(root: Path) -> list[bytes]:
    """All records of an archive, as gzip members."""
    found = []
    for path in sorted(settings(root).archive.glob("*.warc.gz")):
        content = path.read_bytes()
        with path.open("rb") as file:
            found += [content[piece.offset : piece.offset + piece.length] for piece in pieces(file, gzipped=True)]
    assert all(gzip.decompress(member).startswith(b"WARC/1.1") for member in found)
    return found


def scattered(root: Path, to: Path, seed: int) -> Path:
    """The same records in another order, over one to three files."""
    chance = random.Random(seed)
    archive = settings(to).archive
    archive.mkdir(parents=True)
    if (vocab := settings(root).archive / "vocab").exists():
        shutil.copytree(vocab, archive / "vocab")
    records = members(root)
    chance.shuffle(records)
    cuts = sorted(chance.randint(0, len(records)) for _ in range(chance.randint(0, 2)))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(records)], strict=True), 1):
        (archive / f"careerscape-20260101T000000Z-{number:05}.warc.gz").write_bytes(b"".join(records[start:end]))
    return to
