"""The commands of stage 1 as people and scripts use them: output, JSON, exit codes, start-up."""

import gzip
import json
import os
import pty
import resource
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db import captures, queries
from db.connection import open_to_read
from normalize.fields import BY_NAME
from scraper import parsing
from scraper.archive import Archive
from scraper.explain import explain
from tests.command import CAREERSCAPE, FIXTURES, Command
from tests.figures import OVERVIEW, SEED, as_html, as_text
from tests.imports import rows

ANALYST, SPECIALIST = "account-resolution-analyst", "loss-mitigation-specialist"


@pytest.fixture
def run(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Command:
    command = Command(tmp_path_factory.mktemp("seeded"))
    command("import", FIXTURES / "seed-text")
    return command


def save(folder: Path, name: str, body: bytes, url: str = "", captured_at: str = "2024-05-01T00:00:00Z") -> Path:
    path = folder / name
    path.write_bytes(body)
    if url:
        path.with_suffix(".json").write_text(json.dumps({"url": url, "captured_at": captured_at}))
    return path


def test_compare_shows_the_two_columns_of_the_seed(seeded: Command):
    lines = seeded("compare", "account resolution analyst", "Loss Mitigation Specialist").stdout.splitlines()
    shown = {tuple(cell for cell in line.split("   ") if cell.strip()) for line in lines}
    shown = {tuple(cell.strip() for cell in row) for row in shown}
    assert ("Account Resolution Analyst", "Loss Mitigation Specialist") in shown
    assert ("Annual mean wage", "$44,937", "$43,251") in shown
    assert ("Low end of the range", "$31,000", "$34,000") in shown
    assert ("Best paying city", "–", "Virginia Beach, VA") in shown
    assert ("Most common degree", "Bachelor's degree", "Bachelor's degree") in shown
    assert ("American Indian and Alaska Native", "0.5%", "0.5%") in shown
    assert ("Time to become, at most", "12 months", "12 months") in shown
    assert ("#3", "customer accounts", "foreclosure process") in shown
    assert all(line == line.rstrip() for line in lines)


def test_compare_as_json_has_both_sides(seeded: Command):
    (pair,) = seeded.json("compare", ANALYST, SPECIALIST)
    assert {side: pair[side]["salary_annual_mean_usd"] for side in pair} == {"left": 44937, "right": 43251}
    assert [len(pair[side]["facts"]) for side in ("left", "right")] == [26, 26]


def test_any_two_occupations_compare_though_no_page_does(run: Command):
    run("import", FIXTURES / "seed-text", FIXTURES / "chef-vs-line-cook-prep-cook")
    shown = run("compare", "chef", ANALYST).stdout
    assert "$46,824" in shown
    assert "$44,937" in shown


def test_show_has_the_columns_of_the_view_and_the_facts(seeded: Command):
    (row,) = seeded.json("show", ANALYST)
    facts = row.pop("facts")
    assert row.pop("conflicts") == []
    db = sqlite3.connect(seeded.folder / "careerscape.db")
    columns = [column[0] for column in db.execute("SELECT * FROM occupation_latest LIMIT 0").description]
    assert list(row) == columns
    assert [column[0] for column in db.execute("SELECT * FROM observation LIMIT 0").description] == list(facts[0])
    db.close()
    assert row["title"] == "Account Resolution Analyst"
    assert row["as_of"] == "2024-02-11T07:42:19Z"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("occupation", "field", "place"),
    [
        (ANALYST, "salary.annual_mean_usd", (44937, "$44,937", 1, "Average salary", "salary")),
        (SPECIALIST, "best_city", ("Virginia Beach, VA", "Virginia Beach, VA", 1, "Highest paying City", "salary")),
        (ANALYST, "education_degree", ("bachelor", "Bachelor's Degree, 58%", 2, "Most common degree", "education")),
        (SPECIALIST, "lgbt_pct", (8, "8%", 3, "LGBT Percentage", "demographics")),
        (ANALYST, "time_to_become_max_months", (12, "6-12 months", None, "time to become", "intro")),
        (SPECIALIST, "skill.name.2", ("loan modifications", "loan modifications", None, "top three skills", "intro")),
    ],
)
def test_explain_names_cell_and_record(seeded: Command, occupation: str, field: str, place: tuple):
    (chain,) = seeded.json("explain", occupation, field)
    names = ("value", "raw", "table", "row_label", "section")
    assert tuple(chain[name] for name in names) == place
    assert chain["column_title"] == {ANALYST: SEED.left, SPECIALIST: SEED.right}[occupation]
    assert chain["found_again"]
    archived = seeded.folder / "archive" / chain["warc_file"]
    member = archived.read_bytes()[chain["warc_offset"] : chain["warc_offset"] + chain["warc_length"]]
    assert chain["raw"].encode() in gzip.decompress(member)
    words = seeded("explain", occupation, field).stdout
    for part in (
        chain["warc_file"],
        f"offset {chain['warc_offset']}",
        chain["sha256"],
        chain["row_label"],
        chain["column_title"],
    ):
        assert part in words


def test_every_figure_of_the_seed_can_be_explained(seeded: Command):
    db = open_to_read(seeded.folder / "careerscape.db")
    archive = Archive(seeded.folder / "archive", captures.known_files(db), datetime.now(UTC))
    for occupation in (ANALYST, SPECIALIST):
        fields = {row["field"] for row in queries.facts(db, occupation)}
        chains = [e for name in fields for e in explain(db, archive, parsing.trace, occupation, BY_NAME[name], "")]
        assert len(chains) == 26
        assert all(e.found_again and e.row_label and e.column_title for e in chains)
    db.close()


def test_witnesses_are_named(seeded: Command):
    (chain,) = seeded.json("explain", ANALYST, "annual_mean_usd")
    assert chain["witnesses"] == [{"section": "intro", "label": "average salary", "raw": "$44,937"}]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "nobody"), "no known occupation"),
        (("show", "account resolution analist"), f"did you mean {ANALYST}?"),
        (("explain", ANALYST, "salery"), "no known field"),
        (("explain", ANALYST, "growth_pct"), "is on no page"),
        (("explain", ANALYST, "pct"), "no known field"),
        (("import", "nowhere.html"), "no such file"),
        (("import", "--url", "ftp://x", FIXTURES / "seed-text"), "no http"),
        (("import", "--url", OVERVIEW.url, FIXTURES), "goes with one file"),
        (("compare", ANALYST), "Missing argument"),
        (("frobnicate",), "No such command"),
        (("--db", "none.db", "show", "x"), "there is no database"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(seeded: Command, arguments: tuple, words: str):
    done = seeded(*arguments, exit_code=2)
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_a_title_of_several_occupations_is_ambiguous(run: Command):
    pages = [
        save(
            run.folder,
            f"{slug}.html",
            page.replace(b"Electrician", b"<i>Line</i> Cook").replace(b"electrician", b"line cook"),
            url,
        )
        for slug, page, url in ((s, as_html(OVERVIEW), OVERVIEW.url.replace("electrician", s)) for s in ("linecook", "line-cook"))
    ]
    run("import", *pages)
    assert "line-cook, linecook" in run("show", "Line Cook", exit_code=2).stderr
    assert run.json("show", "linecook")[0]["slug"] == "linecook"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "body", "code", "outcome"),
    [
        ("a.pdf", b"%PDF-1.7\n%\xe2\xe3\n", "wrong_type", "rejected"),
        ("empty.html", b"", "empty", "rejected"),
        ("divs.html", b"<div>" * (50_000_000 // 5), "too_large", "rejected"),
        ("deep.html", b"<table><tr>" + b"<td colspan=1000 rowspan=9999>x" * 3 + b"<tr><td>y" * 300, "too_hostile", "rejected"),
        ("cut.html", as_html(OVERVIEW)[:-300], "cut_off", "partial"),
        ("other.html", as_html(SEED), "other_jobs", "rejected"),
        ("zeros.html", b"\0" * 5000, "empty", "rejected"),
        ("binary.txt", bytes(range(256)) * 20, "wrong_type", "rejected"),
    ],
)
def test_any_file_is_survived_and_what_was_loaded_stays(
    seeded: Command, run: Command, name: str, body: bytes, code: str, outcome: str
):
    shutil.copytree(seeded.folder, run.folder, dirs_exist_ok=True)
    before = latest(run.folder, ANALYST)
    path = save(run.folder, name, body)
    done = run("import", path, "--url", OVERVIEW.url, exit_code=3)
    assert name in done.stderr
    assert code in done.stderr
    assert latest(run.folder, ANALYST) == before
    db = sqlite3.connect(run.folder / "careerscape.db")
    assert code in {row[0] for row in db.execute("SELECT code FROM finding WHERE severity = 'error'")}
    loaded, rejected = db.execute("SELECT loaded, rejected FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    db.close()
    assert (loaded, rejected) == (int(outcome == "partial"), int(outcome == "rejected"))


def latest(folder: Path, slug: str) -> tuple:
    db = sqlite3.connect(folder / "careerscape.db")
    (row,) = db.execute("SELECT * FROM occupation_latest WHERE slug = ?", [slug]).fetchall()
    db.close()
    return row


def test_a_page_without_an_address_is_named(run: Command):
    path = save(run.folder, "lost.html", as_html(SEED))
    assert "lost.html: rejected: no_url" in run("import", path, exit_code=3).stderr


def test_importing_again_changes_no_row_of_facts(run: Command):
    tables = (
        "salary",
        "education",
        "demographics",
        "share",
        "outlook",
        "skillset",
        "skill",
        "sighting",
        "layout",
        "page_capture",
    )

    def facts() -> dict[str, list]:
        db = sqlite3.connect(run.folder / "careerscape.db")
        found = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        db.close()
        return found

    path = save(run.folder, "seed.txt", as_text(SEED))
    assert run("import", path, "--url", SEED.url).stdout == "1 page: 1 loaded\n"
    before = facts()
    assert run("import", path, "--url", SEED.url).stdout == "1 page: 1 unchanged\n"
    os.utime(path, (1, 1))
    assert run("import", path, "--url", SEED.url).stdout == "1 page: 1 unchanged\n"
    assert facts() == before
    archived = list((run.folder / "archive").iterdir())
    assert len(archived) == 1


def test_warnings_are_said_and_counted(run: Command):
    page = as_html(SEED).replace(b"Male, 34.4%", b"Male, 24.4%").replace(b"Most common major", b"Most loved major")
    save(run.folder, "a.html", page, SEED.url)
    done = run("import", run.folder / "a.html")
    assert done.stdout == "1 page: 1 loaded; 2 warnings\n"
    *lines, last = done.stderr.splitlines()
    assert [line.split(": ")[1:3] for line in lines] == [
        ["warning", "unknown_label"],
        ["warning", "shares_sum (left demographics.gender_pct)"],
    ]
    assert last == "1 page not judged: too few to compare, or too few before them"


def test_a_time_that_is_the_files_own_is_said(run: Command):
    path = save(run.folder, "seed.txt", as_text(SEED))
    assert "info: time_from_file" in run("import", path, "--url", SEED.url).stderr


@pytest.mark.parametrize("key", ["captured", "capturedAt", "captured-at", "URL"])
def test_a_misspelt_key_of_a_sidecar_is_refused(run: Command, key: str):
    path = save(run.folder, "a.html", as_html(SEED))
    path.with_suffix(".json").write_text(json.dumps({"url": SEED.url, key: "2024-01-01T00:00:00Z", "title": "x"}))
    assert f"{key!r} is not known; is" in run("import", path, exit_code=3).stderr


def test_the_options_of_every_command_may_stand_behind_it(run: Command):
    run("import", FIXTURES / "seed-text", "--db", "other.db", "--archive=kept")
    assert (run.folder / "kept").is_dir()
    assert run.json("show", ANALYST, "--db", "other.db")[0]["slug"] == ANALYST


def test_import_as_json_is_the_run_and_its_findings(run: Command):
    save(run.folder, "a.html", as_html(SEED).replace(b">46<", b">460<", 1), SEED.url)
    (report,) = run.json("import", run.folder / "a.html")
    assert {k: report[k] for k in ("command", "outcome", "exit_code", "pages", "loaded", "rejected")} == {
        "command": "import", "outcome": "done", "exit_code": 0, "pages": 1, "loaded": 1, "rejected": 0,
    }  # fmt: skip
    assert [(f["code"], f["side"], f["field"]) for f in report["findings"]] == [("out_of_range", "left", "demographics.age_mean")]
    assert "460 years ?" in run("show", ANALYST).stdout


@pytest.mark.slow
def test_flag_then_environment_then_file_then_default(run: Command):
    run("import", FIXTURES / "seed-text")
    (run.folder / "careerscape.toml").write_text('db = "file.db"\narchive = "kept"\n')
    run("import", FIXTURES / "seed-text")
    run("import", FIXTURES / "seed-text", CAREERSCAPE_DB="environment.db")
    run("--db", "flag.db", "import", FIXTURES / "seed-text", CAREERSCAPE_DB="environment.db")
    names = {path.name for path in run.folder.iterdir() if path.suffix == ".db" or path.is_dir()}
    assert names == {"careerscape.db", "file.db", "environment.db", "flag.db", "archive", "kept"}


@pytest.mark.slow
@pytest.mark.parametrize("text", ["db = 3", "dbs = 'x'", "db = ", "\xff"])
def test_a_wrong_configuration_ends_with_78(run: Command, text: str):
    (run.folder / "careerscape.toml").write_text(text, encoding="latin-1")
    assert "careerscape.toml" in run("show", "x", exit_code=78).stderr
    run("--config", "missing.toml", "show", "x", exit_code=78)


@pytest.mark.parametrize("content", [b"no database at all, only text", None])
def test_a_foreign_file_is_refused_and_left_alone(run: Command, content: bytes | None):
    path = run.folder / "careerscape.db"
    if content is None:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE mine (x)")
        db.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    run("import", FIXTURES / "seed-text", exit_code=74)
    run("show", ANALYST, exit_code=74)
    assert path.read_bytes() == before
    assert not (run.folder / "archive").exists()


def test_a_newer_database_is_refused(run: Command):
    run("import", FIXTURES / "seed-text")
    db = sqlite3.connect(run.folder / "careerscape.db")
    db.execute("PRAGMA user_version = 999")
    db.close()
    assert "newer careerscape" in run("show", ANALYST, exit_code=74).stderr


def test_explain_notices_an_archive_that_does_not_hold_the_page(run: Command):
    run("import", FIXTURES / "seed-text")
    (archived,) = (run.folder / "archive").iterdir()
    body = bytearray(archived.read_bytes())
    body[len(body) // 2] ^= 1
    archived.write_bytes(body)
    assert archived.name in run("explain", ANALYST, "age_mean", exit_code=74).stderr
    shutil.rmtree(run.folder / "archive")
    assert "missing" in run("explain", ANALYST, "age_mean", exit_code=74).stderr


HOSTILE = "\x1b]0;owned\x07\x1b[31mRed\x9b0m \u202egnp.exe"


@pytest.mark.slow
@pytest.mark.parametrize("later", [False, True], ids=["the same capture", "a later capture"])
@pytest.mark.parametrize("loss", ["folder", "bytes"])
def test_a_page_that_the_archive_lost_is_kept_again_when_it_comes_again(run: Command, later: bool, loss: str):
    body = (FIXTURES / "seed-text" / "page.txt").read_bytes()
    path = save(run.folder, "a.txt", body, SEED.url)
    run("import", path)
    (warc,) = (run.folder / "archive").glob("*.warc.gz")
    if loss == "folder":
        shutil.rmtree(run.folder / "archive")
        assert "holds none of the pages" in run("import", path, exit_code=74).stderr
        warc.parent.mkdir(exist_ok=True)
        warc.touch()
    else:
        warc.write_bytes(warc.read_bytes()[:-40] + bytes(40))
    run("explain", "loss-mitigation-specialist", "annual_mean_usd", exit_code=74)
    if later:
        save(run.folder, "a.txt", body, SEED.url, "2024-06-01T00:00:00Z")
    assert run("import", path).stdout == "1 page: 1 unchanged\n"
    (explained,) = run.json("explain", "loss-mitigation-specialist", "annual_mean_usd")
    assert explained["found_again"]
    assert run("doctor").stdout.endswith("No problem found.\n")
    kept = rows(run.folder / "careerscape.db", "SELECT DISTINCT coalesce(body_capture_id, id) FROM page_capture")
    assert len(kept) == 1


def test_an_empty_file_is_no_database_and_stays_one(run: Command):
    (run.folder / "careerscape.db").touch()
    assert "there is no database at" in run("show", "cashier", exit_code=2).stderr
    assert (run.folder / "careerscape.db").stat().st_size == 0


@pytest.mark.slow
def test_no_control_byte_of_a_page_reaches_the_terminal(run: Command):
    page = as_html(OVERVIEW).replace(b"Journeyman</th>", f"Journeyman{HOSTILE}</th>".encode())
    page = page.replace(b"17,245", HOSTILE.encode())
    save(run.folder, "hostile.html", page, OVERVIEW.url)
    outputs = [run("import", run.folder / "hostile.html", exit_code=3)]
    other = as_html(SEED).replace(b"Accenture", HOSTILE.encode()).replace(b"Professional", "Pro\u202efess\x9b".encode())
    save(run.folder, "other.html", other, SEED.url)
    outputs.append(run("import", run.folder / "other.html", exit_code=3))
    for more in ((), ("--json",)):
        outputs += [run("show", SPECIALIST, *more), run("explain", SPECIALIST, "best_company", *more)]
        outputs += [run("explain", SPECIALIST, "best_industry", *more)]
    for done in outputs:
        seen = done.stdout + done.stderr
        assert not [c for c in seen if c != "\n" and (not c.isprintable() or c in "\u202e\x9b")], ascii(seen)
    assert "\\x1b" in outputs[-5].stdout + outputs[1].stderr


def on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """What the command prints where standard output is a terminal of 80 columns."""
    parent, child = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment
    with subprocess.Popen([CAREERSCAPE, *arguments], cwd=folder, stdout=child, stderr=child, stdin=child, env=env) as process:
        os.close(child)
        parts = []
        while True:
            try:
                part = os.read(parent, 4096)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
    os.close(parent)
    assert process.returncode == 0
    return b"".join(parts).decode()


def test_colour_on_a_terminal_unless_it_is_not_wanted(seeded: Command):
    assert "\x1b[" in on_a_terminal(seeded.folder, "show", ANALYST)
    plain = on_a_terminal(seeded.folder, "show", ANALYST, NO_COLOR="1")
    assert "\x1b[3" not in plain
    assert max(len(line) for line in plain.splitlines()) <= 80
    assert "\x1b" not in seeded("show", ANALYST).stdout


def test_a_reader_that_goes_away_is_no_fault(seeded: Command):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"'{CAREERSCAPE}' show {ANALYST} --json | head -c 1 >/dev/null"],
        cwd=seeded.folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirection", "exit_code", "words"),
    [
        ("", 0, ""),
        ("| true", 0, ""),
        (">&-", 0, ""),
        (">/dev/full", 74, "the output cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written(seeded: Command, redirection: str, exit_code: int, words: str):
    shell = f"set -o pipefail; '{CAREERSCAPE}' show {ANALYST} {redirection}"
    done = subprocess.run(["bash", "-c", shell], cwd=seeded.folder, capture_output=True, text=True)
    assert done.returncode == exit_code
    assert words in done.stderr
    assert done.stderr.count("\n") == bool(words)


def test_a_terminal_of_few_characters_gets_escapes(seeded: Command):
    assert "\\u2013" in seeded("show", ANALYST, PYTHONIOENCODING="ascii").stdout


def test_a_file_name_that_is_no_text_harms_no_other_page(run: Command):
    folder = run.folder / "odd"
    shutil.copytree(FIXTURES / "chef-vs-line-cook-prep-cook", folder)
    (Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff\n\x1b[2J.html"))).write_bytes(as_html(SEED))
    (folder / "page.json").write_bytes((folder / "capture.json").read_bytes())
    done = run("import", folder, exit_code=3)
    assert "1 loaded, 1 rejected" in done.stdout
    assert "\x1b" not in done.stderr
    assert run.json("show", "chef")[0]["salary_annual_mean_usd"] == 46824


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "loop", "x" * 300, "no/such/folder/x.db", "closed/x.db"])
def test_a_database_that_cannot_be_ends_with_one_line(run: Command, path: str):
    (run.folder / "loop").symlink_to("loop")
    for arguments in (("import", FIXTURES / "seed-text"), ("show", "x")):
        done = subprocess.run([CAREERSCAPE, "--db", path, *arguments], cwd=run.folder, capture_output=True, text=True)
        assert done.returncode in (2, 74)
        assert done.stderr.startswith("careerscape: ")
        assert done.stderr.count("\n") == 1


def test_help_starts_fast():
    def cpu() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([CAREERSCAPE, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu() for _ in range(5)) < 0.2


def test_help_imports_nothing_heavy():
    heavy = ("pydantic", "sqlite_utils", "selectolax", "httpx", "rich", "fastwarc", "asyncio", "sqlite3")
    code = "import sys, scraper.cli as c\ntry: c.app(['--help'])\nexcept SystemExit: pass\n"
    code += f"print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["import", "show", "compare", "explain"])
def test_every_command_has_help(run: Command, command: str):
    assert f"careerscape {command}" in run(command, "--help").stdout
