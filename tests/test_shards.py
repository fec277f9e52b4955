"""Shards: what is read on many machines is what is read here, whatever dies, lies or is done twice."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from db import sweep
from db.connection import open_to_read
from db.places import Placed
from normalize import vocabulary
from normalize.claims import Job, Place
from normalize.errors import CorruptRecord, Rejected, StorageError, UsageError
from normalize.facts import Fact, Reading
from normalize.findings import Finding
from normalize.reading import rejected
from normalize.rules import Rule, Rules
from scraper import parsing, pool, run, version, wire
from scraper.keeping import arrears, reparse, rereading
from scraper.keeping.differences import Differences
from scraper.shards import cluster, gather, ledger, owners, parts, plan, store, work
from scraper.shards.parts import Read
from tests.drifting import figures
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, ReadHere, dump, import_pages, rows, saved, settings, sound
from tests.sharding import Inline, again, foretold, many, twin
from tests.world import without_syncing

VIEWS = ("observation", "occupation", "occupation_latest", "comparison", "capture", "finding", "conflict", "history", "change")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, read_here: None) -> None:
    """Pages are read by the test's own process, on the many machines, too."""
    monkeypatch.setattr(work, "pool_for", lambda words: pool.Pool(1))
    monkeypatch.setattr(run, "open_to_write", without_syncing)
    monkeypatch.setattr("os.fsync", lambda file: None)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven captures; two of them are confirmed by a revisit, one cannot be read."""
    there = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as within:
        for owner in (run, pool):
            within.setattr(owner, "Sandbox", ReadHere)
        import_pages(there, saved(SEED, DAYS[0]), saved(OVERVIEW, DAYS[0]), saved(SEED, DAYS[1]), saved(figures(1), DAYS[0]))
        more = saved(figures(2), DAYS[0]), saved(OVERVIEW, DAYS[2]), replace(saved(SEED, DAYS[3]), body=b"No page.\n")
        import_pages(there, *more)
    return there


@pytest.fixture
def root(tmp_path: Path, imported: Path, here: None, nothing_taught: None) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "one"))


EDITS = (("Bachelor's Degree, 51%", "Master's Degree, 51%"), ("Number of jobs", "Jobs out there"), ("$44,937", "$44,973"))


def both(root: Path, **how: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is said of reading again here, and on many machines."""
    here, there = again(root), again(twin_of(root), many=many(twin_of(root), **how))
    return here.differences.to_dict(), there.differences.to_dict()


def twin_of(root: Path) -> Path:
    return root.with_name(f"{root.name}-twin")


def test_many_machines_give_what_one_gives(root: Path, other_parser):
    twin(root)
    other_parser(*EDITS)
    here, there = both(root)
    assert there == here
    assert here["with_other_values"] > 3
    assert dump(settings(twin_of(root)).db, VIEWS) == dump(settings(root).db, VIEWS)
    assert sound(settings(twin_of(root)).db)
    assert not (twin_of(root) / "parts").exists()


def test_what_is_foretold_is_what_happens_and_no_row_is_written(root: Path, other_parser):
    other_parser(*EDITS)
    before = settings(root).db.read_bytes()
    said = foretold(root, many=many(root))
    assert settings(root).db.read_bytes() == before
    assert said.differences.to_dict() == again(root).differences.to_dict()
    assert not (root / "parts").exists()


def test_nobody_is_hired_where_nothing_is_to_do(root: Path):
    inline = Inline()
    assert again(root, many=many(root, inline=inline)).differences.captures == 0
    assert inline.told == []
    assert not (root / "parts").exists()


# --- the plan --------------------------------------------------------------------------------------------------------


def cut(root: Path, pages: int) -> tuple[plan.Plan, list[Placed]]:
    db = open_to_read(settings(root).db)
    try:
        made = plan.cut(db, pages)
        tasks = [plan.task(db, made, shard, "archive", root) for shard in made.shards]
        return made, [place for task in tasks for place in task.places]
    finally:
        db.close()


@pytest.mark.parametrize(("pages", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (1000, [7])])
def test_shards_hold_each_capture_once_in_the_order_of_the_archive(root: Path, other_parser, pages: int, sizes: list[int]):
    other_parser()
    made, places = cut(root, pages)
    assert [shard.stop - shard.start for shard in made.shards] == sizes
    found = [(one.warc_file, one.warc_offset, one.capture_id) for one in places]
    assert found == sorted(found)
    assert {one.capture_id for one in places} == {row[0] for row in rows(settings(root).db, "SELECT capture_id FROM capture")}
    assert len({shard.key for shard in made.shards}) == len(sizes)


def test_a_key_follows_from_records_code_lists_and_rules_alone(root: Path, other_parser):
    other_parser()
    first = cut(root, 3)[0].key
    assert cut(root, 3)[0].key == first
    assert cut(twin(root), 3)[0].key == first
    vocabulary.use(Rules((Rule("degree", "Wizardry", "bachelor", ""),)))
    assert cut(root, 3)[0].key != first
    vocabulary.use(Rules(()))
    other_parser(name="yet another")
    assert cut(root, 3)[0].key != first


def test_what_is_read_by_today_s_code_is_in_no_shard(root: Path):
    assert cut(root, 3)[0].shards == ()


# --- parts -----------------------------------------------------------------------------------------------------------

PLACE = Placed("c" * 32, "2024-01-01T00:00:00Z", "a.warc.gz", 2**40, 17, "ab" * 32, "text/html", "", "https://www.zippia.com/")
VALUES = (
    0,
    -1,
    2**63 - 1,
    -(2**63),
    12,
    12.0,
    -0.0,
    0.1,
    1e308,
    5e-324,
    "",
    "12",
    "NULL",
    "\0",
    "a\nb\t\r",
    "é😀\u202e",
    "x" * 99_999,
)
JOBS = Job("a-b", 'A, B & "C"'), Job("c", "")


def fact(value: object, status: str = "ok", side: str = "left") -> Fact:
    return Fact(side, "salary.best_city", "ü\0", value, status, "raw \u202e\n", "intro", Place(1, 2, 3, 2**33))  # type: ignore[arg-type]


READINGS = (
    Reading("complete", *JOBS, tuple(fact(value) for value in VALUES), ("pay", "skills"), ()),
    Reading("partial", *JOBS, (fact(None, "missing", "right"), fact(None, "unreadable")), (), (
        Finding("bad_value", "error", "it’s \0", "left", "salary.best_city"), Finding("cut", "info", "", None, None))),  # type: ignore[arg-type]
    Reading("rejected", None, None, (), (), (Finding("no_comparison", "error", "x"),)),  # type: ignore[arg-type]
)  # fmt: skip


def through(path: Path, *read: Read) -> list[Read]:
    parts.write(path, read, "parser", "words")
    return [*parts.read(path)]


def test_a_part_gives_back_exactly_what_it_got(tmp_path: Path):
    told = [
        *(Read(PLACE, reading) for reading in READINGS),
        Read(PLACE._replace(url="https://x/\0é"), None, "the file is missing"),
    ]
    back = through(tmp_path / "a.parquet", *(told * 40))
    assert back == told * 40
    values = [one.value for one in back[0].reading.facts]  # type: ignore[union-attr]
    assert [(type(value), repr(value)) for value in values] == [(type(value), repr(value)) for value in VALUES]


def test_facts_that_a_worker_sent_keep_their_digests(tmp_path: Path):
    (sent,) = wire.unpack(wire.pack([parsing.parse(saved(SEED, DAYS[0]).body, "text/plain", "utf-8", SEED.url)]))
    ((_, back, _),) = through(tmp_path / "a.parquet", Read(PLACE, sent))
    assert back == sent
    digests = [[(side.count, side.content, side.layout) for side in reading.facts.sides] for reading in (sent, back)]
    assert digests[0] == digests[1]
    assert digests[0][0][0] > 10


def test_an_empty_part_is_a_part(tmp_path: Path):
    assert through(tmp_path / "a.parquet") == []


@pytest.mark.parametrize("value", ["\ud800", 2**63])
def test_what_no_part_can_hold_is_said(tmp_path: Path, value: object):
    with pytest.raises(StorageError, match="cannot hold"):
        through(tmp_path / "a.parquet", Read(PLACE, replace(READINGS[0], facts=(fact(value),))))


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no part"])
def test_a_damaged_part_is_said(tmp_path: Path, damage: bytes):
    (tmp_path / "a.parquet").write_bytes(damage)
    with pytest.raises(StorageError, match="cannot be read"):
        [*parts.read(tmp_path / "a.parquet")]


def test_duckdb_reads_the_parts_as_the_database_has_them(root: Path, other_parser):
    other_parser()
    again(root, many=many(root, keep=True))
    query = (
        "SELECT p.url, p.captured_at, f.side, f.field, f.item, coalesce(f.value_integer, f.value_real), f.value_text, f.status "
        f"FROM '{root}/parts/*.parquet' p, unnest(p.facts) AS _(f) ORDER BY ALL"
    )
    found = duckdb.connect().execute(query).fetchall()
    stored = rows(
        settings(root).db, "SELECT url, captured_at, side, field, item, value_number, value_text, status FROM observation"
    )
    assert len(found) > 200
    assert sorted(found, key=repr) == sorted(((*row[:5], row[5], row[6], row[7]) for row in stored), key=repr)


# --- what dies, and what lies ----------------------------------------------------------------------------------------


def dying_at(number: int) -> Any:
    def do(task: plan.Task) -> ledger.Row:
        if task.name.startswith(f"shard-{number:06}"):
            raise KeyboardInterrupt
        return work.work(task)

    return do


@pytest.mark.parametrize("number", [1, 3])
def test_a_run_that_dies_is_gone_on_with(root: Path, other_parser, number: int):
    twin(root)
    other_parser(*EDITS)
    with pytest.raises(KeyboardInterrupt):
        again(root, many=many(root, dying_at(number)))
    inline = Inline()
    done = again(root, many=many(root, inline=inline))
    assert [int(name[6:12]) for name in inline.told] == [*range(number, 5)]
    assert done.differences.to_dict() == again(twin_of(root)).differences.to_dict()
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)
    assert not (root / "parts").exists()


def test_a_run_that_dies_while_it_merges_is_gone_on_with(root: Path, other_parser, monkeypatch):
    twin(root)
    other_parser(*EDITS)
    monkeypatch.setattr(rereading, "_CAPTURES_TOGETHER", 1)
    put, calls = rereading._stage, iter(range(100))

    def dying(*given: Any) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        put(*given)

    with monkeypatch.context() as within:
        within.setattr(rereading, "_stage", dying)
        with pytest.raises(KeyboardInterrupt):
            again(root, many=many(root))
    assert rows(settings(root).db, "SELECT count(*) FROM staged") == [(3,)]
    assert again(root, many=many(root)).differences.to_dict() == again(twin_of(root)).differences.to_dict()
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)


def lie(folder: Path, what: str) -> None:
    part, row = sorted(folder.glob("shard-000002-*"))[::-1]
    if what == "part":
        part.write_bytes(part.read_bytes()[:-9] + b"\0" * 9)
    elif what == "no part":
        part.unlink()
    elif what == "torn row":
        row.write_text("{")
    elif what == "other part":
        part.write_bytes(next(folder.glob("shard-000001-*.parquet")).read_bytes())
    else:
        row.write_text(json.dumps(json.loads(row.read_text()) | {"key": "0" * 64}))


@pytest.mark.parametrize("what", ["part", "no part", "torn row", "other part", "other key"])
def test_a_shard_of_which_the_ledger_lies_is_done_again(root: Path, other_parser, what: str):
    other_parser(*EDITS)
    with pytest.raises(KeyboardInterrupt):
        again(root, many=many(root, dying_at(4)))
    lie(root / "parts", what)
    inline = Inline()
    twin_db = twin(root)
    again(root, many=many(root, inline=inline))
    assert [int(name[6:12]) for name in inline.told] == [2, 4]
    again(twin_db)
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_db).db, VIEWS)


def test_a_part_that_changes_behind_its_worker_s_back_is_noticed(root: Path, other_parser):
    other_parser(*EDITS)

    def do(task: plan.Task) -> ledger.Row:
        row = work.work(task)
        part = ledger.part_of(Path(task.folder), task.name)
        part.write_bytes(part.read_bytes() + b"\0")
        return row

    with pytest.raises(StorageError, match="is not the part that its worker"):
        again(root, many=many(root, do))
    assert again(root, many=many(root)).exit_code == 3


def test_a_shard_that_fails_for_good_is_named_and_what_was_done_stays(root: Path, other_parser):
    other_parser()

    def do(task: plan.Task) -> ledger.Row:
        if task.name.startswith("shard-000003"):
            raise OSError("disk on fire")
        return work.work(task)

    with pytest.raises(
        StorageError, match=r"shard 3 \(from careerscape-.* at \d+, 2 captures\) was not done: OSError: disk on fire"
    ):
        again(root, many=many(root, do))
    assert len([*(root / "parts").glob("shard-*.parquet")]) == 2
    assert rows(settings(root).db, "SELECT outcome FROM run ORDER BY run_id DESC LIMIT 1") == [("failed",)]


def test_a_worker_of_other_code_is_refused(root: Path, other_parser, monkeypatch):
    other_parser()

    def do(task: plan.Task) -> ledger.Row:
        with monkeypatch.context() as within:
            within.setattr(version, "parser", lambda: "0.0.7+old")
            return work.work(task)

    with pytest.raises(UsageError, match=r"has parser 0\.0\.7\+old, this program 0\.2\.0\+another"):
        again(root, many=many(root, do))
    assert not [*(root / "parts").glob("shard-*")]


def test_a_worker_that_does_not_share_the_folder_is_told(root: Path, other_parser, tmp_path: Path):
    other_parser()
    (tmp_path / "elsewhere").mkdir()

    def do(task: plan.Task) -> ledger.Row:
        return work.work(replace(task, folder=str(tmp_path / "elsewhere")))

    with pytest.raises(StorageError, match="a folder that all machines share"):
        again(root, many=many(root, do))


def test_a_worker_without_the_archive_is_told(root: Path, other_parser, tmp_path: Path):
    other_parser()
    with pytest.raises(StorageError, match="there is no archive at"):
        again(root, many=replace(many(root), archive=str(tmp_path / "nowhere")))


def test_records_that_are_lost_are_told_and_read_once_they_are_back(root: Path, other_parser):
    first, *_ = sorted(settings(root).archive.glob("*.warc.gz"))
    whole = first.read_bytes()
    first.write_bytes(whole[:2000] + bytes(50) + whole[2050:])
    other_parser(*EDITS)
    twin(root)
    told = again(root, many=many(root))
    assert told.exit_code == 3
    assert list(told.differences.unread.values()) == list(again(twin_of(root)).differences.unread.values())
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)
    first.write_bytes(whole)
    assert again(root, many=many(root)).differences.unread == {}


def test_a_page_that_is_too_hostile_has_its_verdict_in_the_archive(root: Path, other_parser, monkeypatch):
    twin(root)
    other_parser()
    read = ReadHere.parse
    hostile = rejected(Rejected("too_hostile", "more than 5 s of CPU"))
    monkeypatch.setattr(ReadHere, "parse", staticmethod(lambda *page: hostile if page[3] == OVERVIEW.url else read(*page)))
    here, there = both(root)
    assert here == there
    sizes = [sum(path.stat().st_size for path in settings(one).archive.glob("*.gz")) for one in (root, twin_of(root))]
    assert sizes[0] == sizes[1]
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)


# --- the folder of parts ---------------------------------------------------------------------------------------------


def test_parts_are_kept_where_that_is_asked_for(root: Path, other_parser):
    other_parser()
    again(root, many=many(root, keep=True))
    names = sorted(path.name for path in (root / "parts").iterdir())
    assert len(names) == 9
    assert json.loads((root / "parts" / "plan.json").read_text())["kept"] is True
    other_parser(name="a third")
    with pytest.raises(UsageError, match="parts that were kept"):
        again(root, many=many(root))
    assert sorted(path.name for path in (root / "parts").iterdir()) == names


def test_parts_of_an_unfinished_plan_give_way_and_other_files_stay(root: Path, other_parser):
    other_parser()
    with pytest.raises(KeyboardInterrupt):
        again(root, many=many(root, dying_at(3)))
    (root / "parts" / "notes.txt").write_text("mine")
    (root / "parts" / f".shard-000003-{'0' * 12}.parquet.{'0' * 32}.new").write_text("torn")
    other_parser(name="a third")
    inline = Inline()
    again(root, many=many(root, inline=inline, keep=True))
    assert len(inline.told) == 4
    assert len([*(root / "parts").iterdir()]) == 10
    again(root, many=many(root))
    assert (root / "parts" / "notes.txt").read_text() == "mine"


def test_a_folder_of_another_database_is_left_alone(root: Path, other_parser):
    twin(root)
    other_parser()
    with pytest.raises(KeyboardInterrupt):
        again(root, many=many(root, dying_at(3)))
    with pytest.raises(UsageError, match="holds the parts of"):
        again(twin_of(root), many=many(root))


KEPT = {"format": 1, "key": "k", "database": "/another.db", "kept": True, "shards": []}
FOREIGN = [
    "",
    "{",
    "[]",
    "[" * 100_000,
    "{}",
    '{"name": "mine"}',
    json.dumps(KEPT | {"shards": [1]}),
    json.dumps(KEPT | {"key": 1}),
]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("command", [again, foretold])
@pytest.mark.parametrize("said", [None, json.dumps(KEPT), json.dumps(KEPT | {"kept": False}), "[]"])
def test_where_nothing_is_to_do_no_folder_is_touched(root: Path, command: Any, said: str | None, keep: bool):
    (root / "parts").mkdir()
    (root / "parts" / f"shard-000001-{'0' * 12}.parquet").write_text("mine")
    if said is not None:
        (root / "parts" / "plan.json").write_text(said)
    before = content(root / "parts")
    assert command(root, many=many(root, keep=keep)).exit_code == 0
    assert content(root / "parts") == before


@pytest.mark.parametrize("said", FOREIGN)
def test_a_plan_that_is_none_of_ours_is_not_replaced(root: Path, other_parser, said: str):
    other_parser()
    (root / "parts").mkdir()
    (root / "parts" / "plan.json").write_text(said)
    with pytest.raises(UsageError, match=r"parts holds a plan\.json that is none"):
        again(root, many=many(root))
    assert content(root / "parts") == {"plan.json": said.encode()}


def test_parts_without_a_plan_are_not_replaced(root: Path, other_parser):
    other_parser()
    (root / "parts").mkdir()
    (root / "parts" / f"shard-000001-{'0' * 12}.parquet").write_text("mine")
    with pytest.raises(UsageError, match="holds parts without their"):
        again(root, many=many(root))
    assert len(content(root / "parts")) == 1


def test_what_was_kept_stays_kept(root: Path, other_parser):
    other_parser()
    foretold(root, many=many(root, keep=True))
    before = content(root / "parts")
    inline = Inline()
    foretold(root, many=many(root, inline=inline))
    assert content(root / "parts") == before
    again(root, many=many(root, inline=inline))
    assert content(root / "parts") == before
    again(root, many=many(root))
    foretold(root, many=many(root))
    assert content(root / "parts") == before
    assert inline.told == []


@pytest.mark.parametrize(
    ("owner", "name", "captures", "keep"),
    [(rereading, "apply", 7, False), (rereading, "apply", 7, True), (sweep, "unused_alone", 0, False)],
)
def test_a_run_that_dies_at_its_very_end_leaves_what_the_next_one_ends(
    root: Path, other_parser, monkeypatch, owner: Any, name: str, captures: int, keep: bool
):
    other_parser()

    def dying(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as within:
        within.setattr(owner, name, dying)
        with pytest.raises(KeyboardInterrupt):
            again(root, many=many(root))
    assert (root / "parts").exists()
    assert again(root, many=many(root, keep=keep)).differences.captures == captures
    assert (root / "parts").exists() is keep
    assert not keep or json.loads((root / "parts" / "plan.json").read_text())["kept"]


def test_parts_are_removed_after_everything_else(root: Path, other_parser, monkeypatch):
    other_parser()
    there = []
    monkeypatch.setattr(arrears, "catch_up", lambda *given: there.append((root / "parts").exists()) or [])
    again(root, many=many(root))
    assert there == [True]
    assert not (root / "parts").exists()


@pytest.mark.parametrize("command", [again, foretold])
@pytest.mark.parametrize("error", [UsageError, StorageError])
def test_a_run_that_is_refused_leaves_no_folder(root: Path, other_parser, command: Any, error: type[Exception]):
    other_parser()

    def hire(rules: str, ours: tuple[str, str]) -> Any:
        raise error("nobody comes")

    with pytest.raises(error, match="nobody comes"):
        command(root, many=replace(many(root), hire=hire))
    assert not (root / "parts").exists()


def forge(folder: Path, how: str) -> None:
    """Let ledger and part of shard 2 agree about what is not shard 2."""
    (row,) = folder.glob("shard-000002-*.json")
    part = row.with_suffix(".parquet")
    told = [*parts.read(part)]
    ((parser, words),) = {one[1:] for one in parts.captures(part)}
    if how == "of another shard":
        told = [*parts.read(next(folder.glob("shard-000001-*.parquet")))]
    elif how == "one less":
        del told[1:]
    elif how == "one twice":
        told = [told[0], told[0]]
    elif how == "by other code":
        parser = "0.0.7+old"
    parts.write(part, told, parser, words)
    if how == "no part":
        part.write_bytes(b"PAR1")
    said = json.loads(row.read_text()) | {"size": part.stat().st_size, "sha256": ledger.digest(part)}
    row.write_text(json.dumps(said | ({"pages": 3} if how == "other number" else {})))


HOW = ["of another shard", "one less", "one twice", "by other code", "no part", "other number"]


@pytest.mark.parametrize("how", HOW)
def test_a_part_of_something_else_is_done_again(root: Path, other_parser, how: str):
    twin(root)
    other_parser(*EDITS)
    with pytest.raises(KeyboardInterrupt):
        again(root, many=many(root, dying_at(4)))
    forge(root / "parts", how)
    inline = Inline()
    again(root, many=many(root, inline=inline))
    assert [int(name[6:12]) for name in inline.told] == [2, 4]
    again(twin_of(root))
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)


def test_a_worker_that_gives_a_part_of_something_else_is_noticed(root: Path, other_parser):
    twin(root)
    other_parser(*EDITS)

    def do(task: plan.Task) -> ledger.Row:
        row = work.work(task)
        if not task.name.startswith("shard-000002"):
            return row
        forge(Path(task.folder), "of another shard")
        found = ledger.found(Path(task.folder), task.name, task.key)
        assert found
        return found

    with pytest.raises(StorageError, match="holds other pages than those of its shard; the next run does this shard again"):
        again(root, many=many(root, do))
    again(root, many=many(root))
    again(twin_of(root))
    assert dump(settings(root).db, VIEWS) == dump(settings(twin_of(root)).db, VIEWS)


@pytest.mark.parametrize("said", ["[" * 100_000, "[]", "{}", "1"])
def test_a_row_that_is_none_is_none(tmp_path: Path, said: str):
    (tmp_path / "a.json").write_text(said)
    assert ledger.found(tmp_path, "a", "k") is None


# --- the archive elsewhere -------------------------------------------------------------------------------------------


def test_an_archive_at_an_address_is_read_record_by_record(root: Path):
    import fsspec

    _, places = cut_all(root)
    files = fsspec.filesystem("memory")
    files.put(str(settings(root).archive), "/shared/archive", recursive=True)
    here, there = store.opened(str(settings(root).archive)), store.opened("memory://shared/archive")
    asked = []
    real = there._files.cat_file  # type: ignore[attr-defined]
    there._files = SimpleNamespace(cat_file=lambda *file, **range: asked.append(range) or real(*file, **range))  # type: ignore[attr-defined]
    assert [there.body(place) for place in places] == [here.body(place) for place in places]
    assert len(asked) == len({place.warc_file for place in places})
    with pytest.raises(CorruptRecord, match="the file is missing at memory"):
        there.body(places[0]._replace(warc_file="no.warc.gz"))
    with pytest.raises(CorruptRecord, match="is not the one with sha256"):
        there.body(places[0]._replace(sha256="00" * 32))
    with pytest.raises(CorruptRecord, match="no readable record"):
        there.body(places[0]._replace(warc_offset=places[0].warc_offset + 1))
    with pytest.raises(StorageError, match="cannot be opened"):
        store.opened("nothing-known://x/y")


def cut_all(root: Path) -> tuple[plan.Plan, list[Placed]]:
    """As if nothing had been read by today's code."""
    with pytest.MonkeyPatch.context() as within:
        within.setattr(version, "parser", lambda: "other")
        return cut(root, 3)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ((), "nothing was changed: without --dry-run 7 captures would count as read by today's code"),
        (EDITS, "nothing was changed: without --dry-run it would be"),
    ],
)
def test_what_a_dry_run_says_at_its_end(root: Path, other_parser, edits: tuple[tuple[str, str], ...], said: str):
    other_parser(*edits)
    assert [*foretold(root, many=many(root)).in_lines()][-1] == said


def test_what_a_dry_run_says_of_pages_that_cannot_be_read():
    found = reparse.Reparsed(None, Differences(unread={"a page": "the file is missing"}), (), 3)
    assert [*found.in_lines()][-1] == "nothing was changed: what cannot be read stays as it is"


# --- options, owners -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "check"), [("distributed", lambda: cluster.available("local")), ("pyarrow", parts.available)])
def test_what_is_not_installed_is_named(monkeypatch, module: str, check: Any):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"pip install 'careerscape\[dask\]'"):
        check()


def test_versions_are_held_against_each_other():
    gather.refuse_other(("a", "b"), ("a", "b"), "w")
    with pytest.raises(UsageError, match="worker w has vocabulary c, this program b"):
        gather.refuse_other(("a", "c"), ("a", "b"), "w")


HOSTS = [f"https://{name}{number}.example.org/x" for number in range(40) for name in ("a", "www.b", "C")]


@pytest.mark.parametrize("machines", [1, 2, 7])
def test_a_host_has_one_owner(machines: int):
    urls = [*HOSTS, *(f"{url}/{page}?q=1" for page in range(3) for url in HOSTS), SEED.url, SEED.url.replace("www.", "")]
    shares = owners.plan(urls, machines)
    assert sorted(url for share in shares for url in share) == sorted(urls)
    assert all(shares)
    assert owners.plan(urls[::-1], machines) == [share[::-1] for share in shares]
    assert owners.owner("http://WWW.B3.example.org:80/y", machines) == owners.owner("https://b3.example.org/", machines)


def test_two_owners_are_noticed():
    with pytest.raises(AssertionError, match=r"a\.org has two owners: 0 and 1"):
        owners.check({0: ["https://a.org/1"], 1: ["https://b.org/", "https://a.org/2"]})
    with pytest.raises(UsageError, match="at least one"):
        owners.plan([], 0)
