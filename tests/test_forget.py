"""A page that is forgotten leaves no row, no record and no byte, all else stays as if it had never been there, and it does not
come back."""

import errno
import gzip
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from db import captures, runs, tombstones
from db import forget as forget_rows
from db.connection import open_to_read, open_to_write
from normalize.errors import CorruptRecord, StorageError, UsageError
from scraper import cli
from scraper.archive import Archive, Location
from scraper.keeping import burying, clearing, forgetting, rebuild, rewriting, verify
from scraper.urls import canonical
from scraper.warcs.members import pieces
from tests import dying, rebuilding
from tests.figures import SEED, as_html
from tests.imports import DAYS, DUMPED, NOW, Saved, dump, import_pages, rows, saved, settings, sound
from tests.world import A, World, at

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

SHY = replace(SEED, left="Zebra Groomer", right="Yak Herder").with_cell("Best paying company", "Zanzibar Zoo", "Yonder Yaks")
BESIDE = replace(SEED, left="Yak Herder")
URL = canonical(SHY.url)
TWIN = URL.replace("www.zippia.com", "mirror.example")
"""The same page on another host: another page, with the same bytes."""

OTHERS = (saved(SEED, DAYS[0]), saved(BESIDE, DAYS[1]), saved(SEED.with_cell("Average age", "47"), DAYS[3]))
SHY_ONES = (saved(SHY, DAYS[0]), saved(SHY.with_cell("Average age", "51"), DAYS[2]), saved(SHY, DAYS[4]))
TWINS = tuple(replace(page, url=TWIN, at=at) for page, at in zip(SHY_ONES, DAYS[1:4], strict=True))
TIMED = ("history", "change", "conflict")


def forget(root: Path, url: str = SHY.url, reason: str = "") -> forgetting.Forgotten:
    return forgetting.forgotten(settings(root), url, reason, lambda: NOW)


def unpacked(root: Path) -> list[bytes]:
    """All records of the archive."""
    found = []
    for path in sorted(settings(root).archive.glob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found += [b"".join(piece.chunks()) for piece in pieces(file, gzipped=True)]
    return found


def holds(root: Path, *words: str) -> list[str]:
    """Where a word stands: in the files of the database as they are, or in records of the archive."""
    raw = [(path.name, path.read_bytes()) for path in root.glob("careerscape.db*")]
    raw += [(f"record {number}", record) for number, record in enumerate(unpacked(root))]
    return [f"{word} in {name}" for name, content in raw for word in words if word.encode() in content]


def all_readable(root: Path) -> bool:
    """Whether each capture's body lies where the index says."""
    with closing(open_to_read(settings(root).db)) as db:
        archive = Archive(settings(root).archive, {}, NOW)
        for (name,) in db.execute("SELECT capture_id FROM capture").fetchall():
            record = captures.location(db, name)
            archive.read(Location(record.warc_file, record.warc_offset, record.warc_length), record.sha256)
            own = db.execute("SELECT warc_file, warc_offset, warc_length FROM capture WHERE capture_id = ?", [name]).fetchone()
            with (settings(root).archive / own[0]).open("rb") as file:
                file.seek(own[1])
                assert gzip.decompress(file.read(own[2])).startswith(b"WARC/1.1")
    return True


def as_if_never_there(root: Path, others: tuple[Saved, ...] = OTHERS) -> None:
    """The database says what one says that never saw the page, and so does one that is built from the archive."""
    never = root / "never"
    never.mkdir(exist_ok=True)
    if not settings(never).db.exists():
        import_pages(never, *others)
    wanted = dump(settings(never).db, (*DUMPED, *TIMED))
    found = dump(settings(root).db, (*DUMPED, *TIMED))
    found["finding"] = [row for row in found["finding"] if row[5] not in ("forgotten", "torn_record")]
    assert found == wanted
    assert sound(settings(root).db)
    assert all_readable(root)
    (root / "again.db").unlink(missing_ok=True)
    assert rebuild.rebuild(settings(root), root / "again.db", lambda: NOW).exit_code == 0
    assert dump(root / "again.db", (*DUMPED, *TIMED)) == wanted
    with closing(open_to_read(settings(root).db)) as db:
        assert burying.remains(db, Archive(settings(root).archive, {}, NOW), URL) == []


def test_a_page_goes_with_all_that_only_it_said(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    before = holds(tmp_path, URL, "zebra-groomer", "Zanzibar Zoo")
    done = forget(tmp_path, reason="asked by its owner")
    assert len(before) > 6
    assert (done.gone.captures, done.gone.occupations, done.exit_code) == (3, ("zebra-groomer",), 0)
    assert holds(tmp_path, URL, "zebra-groomer", "Zebra Groomer", "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)
    assert rows(settings(tmp_path).db, "SELECT hex(url_sha256), reason FROM tombstone") == [
        (tombstones.digest(URL).upper(), "asked by its owner")
    ]
    assert rows(settings(tmp_path).db, "SELECT command, exit_code FROM run ORDER BY run_id DESC LIMIT 1") == [("forget", 0)]


@pytest.mark.parametrize("order", [(SHY_ONES, TWINS), (TWINS, SHY_ONES)])
def test_a_body_that_another_page_needs_moves_there(tmp_path: Path, order: tuple[tuple[Saved, ...], ...]):
    import_pages(tmp_path, *order[0], *order[1], *OTHERS)
    forget(tmp_path)
    assert holds(tmp_path, URL) == []
    as_if_never_there(tmp_path, (*TWINS, *OTHERS))


def test_bodies_cross_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scraper.archive.MAX_FILE_BYTES", 1500)
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    assert len(Archive(settings(tmp_path).archive, {}, NOW).files()) > 3
    done = forget(tmp_path)
    assert len(done.rewritten) > 1
    assert holds(tmp_path, URL) == []
    as_if_never_there(tmp_path, (*OTHERS, *TWINS))


def test_it_does_not_come_back_by_import_and_is_said_once(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    report = import_pages(tmp_path, *SHY_ONES)
    assert [f.code for f in report.counts.lost] == ["forgotten"]
    assert (report.counts.pages, report.exit_code) == (0, 0)
    assert holds(tmp_path, URL, "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)


def test_an_unknown_page_is_kept_out(tmp_path: Path):
    import_pages(tmp_path, *OTHERS)
    done = forget(tmp_path)
    assert (done.known, done.exit_code, done.rewritten) == (False, 0, ())
    import_pages(tmp_path, *SHY_ONES)
    as_if_never_there(tmp_path)


def test_an_address_that_is_nearly_one_that_is_known_is_told(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES)
    done = forget(tmp_path, SHY.url.replace("-vs-", "-ws-"))
    assert (done.known, done.similar) == (False, SHY.url)
    assert f"careerscape forget {SHY.url}" in done.in_lines()[1]


def test_verify_looks_for_what_was_forgotten(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    assert verify.verify(settings(tmp_path), lambda: NOW).problems == []
    with closing(open_to_write(settings(tmp_path).db)) as db, db.atomic():
        db.conn.execute("INSERT INTO page (url) VALUES (?)", [URL])
    problems = verify.verify(settings(tmp_path), lambda: NOW).problems
    assert problems
    assert not any(URL in problem for problem in problems), "what is forgotten is not named"


def test_twice_is_once(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    again = forget(tmp_path)
    assert (again.known, again.before) == (False, True)
    assert "forgotten before" in again.in_lines()[0]
    as_if_never_there(tmp_path)


def test_two_pages_one_after_the_other(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    forget(tmp_path)
    forget(tmp_path, TWIN)
    assert holds(tmp_path, URL, TWIN, "zebra-groomer", "Zanzibar Zoo") == []
    as_if_never_there(tmp_path)


@pytest.mark.parametrize(("url", "reason"), [("ftp://x.example/", ""), ("no address", ""), (SHY.url, f"see {SHY.url}")])
def test_what_cannot_be_is_refused(tmp_path: Path, url: str, reason: str):
    import_pages(tmp_path, *SHY_ONES)
    with pytest.raises(UsageError):
        forget(tmp_path, url, reason)
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM tombstone") == [(0,)]
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM run") == [(1,)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (URL, True),
        (f"fetch_failed: timeout: {URL}", True),
        (URL.replace("https://www.zippia.com", "http://zippia.com"), True),
        (f"https://web.archive.org/web/20200101000000id_/{URL}", True),
        ("https://index.example/q?url=www.zippia.com%2Fzebra-groomer-jobs%2Fzebra-groomer-vs-yak-herder-differences&x=1", True),
        ("com,zippia)/zebra-groomer-jobs/zebra-groomer-vs-yak-herder-differences 20200101", True),
        (f"{URL}/", True),
        (f"{URL}?page=2", True),
        (f"{URL}-of-old", False),
        (f"{URL}/more", False),
        (TWIN, False),
        ("https://www.zippia.com/zebra-groomer-jobs/", False),
    ],
)
def test_what_names_a_page(text: str, named: bool):
    assert burying.naming(URL)(text) is named


def test_pages_that_disagree_with_it_do_no_more(tmp_path: Path):
    mirror = replace(SHY, left=SHY.right, right=SHY.left)
    others = (*OTHERS, saved(mirror, DAYS[5]))
    import_pages(tmp_path, *SHY_ONES, *others)
    assert rows(settings(tmp_path).db, "SELECT count(*) > 0 FROM finding WHERE code = 'mirror_differs'") == [(1,)]
    assert rows(settings(tmp_path).db, "SELECT count(*) > 0 FROM conflict WHERE example_urls LIKE ?", f"%{URL}%") == [(1,)]
    forget(tmp_path)
    assert holds(tmp_path, URL) == []
    as_if_never_there(tmp_path, others)


def test_what_is_held_back_goes_too(tmp_path: Path):
    rebuilding.drift(tmp_path)
    held = (
        "SELECT c.url, c.capture_id FROM capture c JOIN page_capture p USING (capture_id) JOIN hold h ON h.page_capture_id = p.id"
    )
    url, name = rows(settings(tmp_path).db, f"{held} LIMIT 1")[0]
    left = rows(settings(tmp_path).db, f"{held} WHERE c.url != ? ORDER BY 2", url)
    forget(tmp_path, url)
    assert holds(tmp_path, url, name) == []
    assert rows(settings(tmp_path).db, f"{held} ORDER BY 2") == left
    assert rebuilding.again(tmp_path).exit_code == 0
    assert rebuilding.differences(tmp_path) == []


# --- an archive that is not in order ---------------------------------------------------------------------------------


def damage(root: Path, url: str) -> None:
    """Spoil the first record of a page in the archive."""
    query = "SELECT warc_file, warc_offset, warc_length FROM capture WHERE url = ? ORDER BY warc_offset LIMIT 1"
    ((name, offset, length),) = rows(settings(root).db, query, url)
    path = settings(root).archive / name
    content = bytearray(path.read_bytes())
    content[offset + length // 2 : offset + length // 2 + 20] = bytes(20)
    path.write_bytes(content)


def test_a_damaged_record_of_the_page_goes_too(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    damage(tmp_path, URL)
    done = forget(tmp_path)
    assert (done.damaged, done.exit_code) == ((), 0)
    as_if_never_there(tmp_path)


def test_a_damaged_record_of_another_page_is_named_and_stays(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    damage(tmp_path, canonical(BESIDE.url))
    done = forget(tmp_path)
    assert (len(done.damaged), done.exit_code) == (1, 3)
    assert holds(tmp_path, URL, "Zanzibar Zoo") == []
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM capture") == [(3,)]
    assert sound(settings(tmp_path).db)


def test_a_body_that_is_lost_stays_lost(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    damage(tmp_path, URL)
    assert forget(tmp_path).exit_code == 0
    assert holds(tmp_path, URL) == []
    assert rows(settings(tmp_path).db, "SELECT count(*) FROM capture WHERE url = ?", TWIN) == [(3,)]
    assert sound(settings(tmp_path).db)
    with pytest.raises(CorruptRecord):
        all_readable(tmp_path)
    import_pages(tmp_path, *TWINS)
    as_if_never_there(tmp_path, (*OTHERS, *TWINS))


def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    before = {path.name for path in settings(tmp_path).archive.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "_copy", full)
        with pytest.raises(StorageError):
            forget(tmp_path)
    assert {path.name for path in settings(tmp_path).archive.iterdir()} == before
    forget(tmp_path)
    as_if_never_there(tmp_path)


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# --- what is fetched ------------------------------------------------------------------------------------------------


OLD = f"{A}/old-address"


def moved(to: str):
    """An answer that sends elsewhere."""
    return (302, {"location": to}, b"")


def scraped(world: World) -> str:
    """A page that is fetched by its address and by an old one, beside another page that links to it."""
    shy = at(A, SHY)
    world.pages = {shy: as_html(SHY), OLD: moved(shy), at(A): as_html(SEED) + f'<a href="{shy}">more</a>'.encode()}
    world.scrape(at(A), OLD)
    return shy


def test_requests_and_addresses_that_only_lead_to_it_go(world: World):
    shy = scraped(world)
    assert holds(world.root, shy, OLD)
    done = forget(world.root, shy)
    assert done.gone.requests > 0
    assert holds(world.root, "Zanzibar Zoo", OLD) == []
    assert [name for name in holds(world.root, shy) if "record" not in name] == []  # a link of another page stays in its record
    assert world.says("SELECT url FROM visit") == [(at(A),)]
    assert world.says("SELECT DISTINCT page FROM request WHERE page IS NOT NULL") == [(at(A),)]


def test_it_is_not_asked_for_again(world: World):
    shy = scraped(world)
    forget(world.root, shy)
    report = world.scrape(shy, OLD, at(A), refresh=True, follow=2)
    assert shy not in world.asked
    assert OLD in world.asked
    assert world.codes == ["forgotten"]
    assert (report.counts.failed, report.exit_code) == (0, 0)
    assert [name for name in holds(world.root, shy, "Zanzibar Zoo") if "record" not in name] == []
    assert world.says("SELECT count(*) FROM page") == [(1,)]


def test_nothing_but_a_forgotten_page_is_no_failure(world: World):
    shy = scraped(world)
    forget(world.root, shy)
    report = world.scrape(shy)
    assert (world.asked, report.exit_code, world.codes) == ([], 0, ["forgotten"])


def test_an_address_that_led_to_a_page_is_forgotten_alone(world: World):
    shy = scraped(world)
    done = forget(world.root, OLD)
    assert done.led_to == shy
    assert holds(world.root, OLD) == []
    assert world.says("SELECT count(*) FROM capture WHERE url = ?", shy) == [(1,)]
    assert all_readable(world.root)


# --- another database of the same archive ----------------------------------------------------------------------------


def test_another_database_of_the_archive_follows(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    other = tmp_path / "other"
    other.mkdir()
    (other / "archive").symlink_to(settings(tmp_path).archive)
    import_pages(other, OTHERS[0])
    assert rows(settings(other).db, "SELECT count(*) FROM capture WHERE url = ?", URL) == [(3,)]
    forget(tmp_path)
    import_pages(other, OTHERS[0])
    found, wanted = (dump(settings(root).db, (*DUMPED[:-1], *TIMED)) for root in (other, tmp_path))
    assert found == wanted
    assert all_readable(other)
    assert [name for name in holds(other, URL) if "record" not in name] == []
    as_if_never_there(tmp_path, (*OTHERS, *TWINS))


def test_a_database_that_begins_after_it_does_not_take_it_in(tmp_path: Path):
    import_pages(tmp_path, *SHY_ONES, *OTHERS)
    forget(tmp_path)
    settings(tmp_path).db.unlink()
    import_pages(tmp_path, *SHY_ONES, OTHERS[0])
    as_if_never_there(tmp_path)


# --- killed ---------------------------------------------------------------------------------------------------------


BEFORE, AFTER = True, False
POINTS = {
    "begun": (runs, "begin", AFTER, 1),
    "tombstone written": (Archive, "sync", AFTER, 2),
    "tombstone noted": (tombstones, "bury", AFTER, 1),
    "tombstone committed": (forget_rows, "note_unclean", BEFORE, 1),
    "planned": (clearing, "plan", AFTER, 1),
    "one file written": (rewriting, "_write", AFTER, 1),
    "all files written": (Path, "rename", BEFORE, 1),
    "one file named": (Path, "rename", AFTER, 1),
    "all files named": (rewriting, "captures_in", BEFORE, 1),
    "index follows": (forget_rows, "relocate", AFTER, 1),
    "rows gone": (forget_rows, "remove", AFTER, 1),
    "old files left": (rewriting, "drop", BEFORE, 1),
    "one old file left": (Path, "unlink", AFTER, 1),
    "old files gone": (rewriting, "drop", AFTER, 1),
    "bytes left": (forget_rows, "clean", BEFORE, 1),
    "clean": (forget_rows, "clean", AFTER, 1),
    "finished": (runs, "finish", AFTER, 1),
}
"""Where the command is killed: before or after which call of what."""


def die_at(point: str, *arguments: str) -> None:
    """In a process of its own: the command, killed at a point."""
    owner, name, before, calls = POINTS[point]
    setattr(owner, name, dying._dying(getattr(owner, name), calls, before, dying._die))
    sys.argv = ["careerscape", *arguments]
    cli.main()


def killed(root: Path, point: str) -> None:
    there = settings(root)
    words = [point, "--db", str(there.db), "--archive", str(there.archive), "forget", SHY.url]
    code = f"from tests.test_forget import die_at; die_at(*{words!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.fixture
def many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of an archive of several files."""
    with monkeypatch.context() as patch:
        patch.setattr("scraper.archive.MAX_FILE_BYTES", 1500)
        import_pages(tmp_path, *SHY_ONES, *OTHERS, *TWINS)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_run_again(many_files: Path, point: str):
    killed(many_files, point)
    assert sound(settings(many_files).db)
    forget(many_files)
    assert holds(many_files, URL) == []
    as_if_never_there(many_files, (*OTHERS, *TWINS))


@pytest.mark.slow
@pytest.mark.parametrize("point", [point for point in POINTS if point != "begun"])
def test_another_run_ends_what_a_killed_one_began(many_files: Path, point: str):
    killed(many_files, point)
    import_pages(many_files, OTHERS[0])
    assert holds(many_files, URL) == []
    as_if_never_there(many_files, (*OTHERS, *TWINS))


@pytest.mark.slow
def test_killed_at_each_point_in_turn(many_files: Path):
    for point in POINTS:
        if point not in ("one file written", "one file named", "one old file left"):
            killed(many_files, point)
    forget(many_files)
    assert holds(many_files, URL) == []
    as_if_never_there(many_files, (*OTHERS, *TWINS))
