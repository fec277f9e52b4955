"""search, status and doctor, as people and as scripts use them."""

from pathlib import Path

import pytest

from normalize.findings import finding
from scraper import report
from scraper.intake import PageReport
from tests.command import FIXTURES, Command
from tests.imports import rows

CASES = ("front-end-clerk-vs-cashier", "tool-builder-vs-die-mechanic", "certified-nurses-aide-vs-medication-aide", "error-trends")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Command:
    command = Command(tmp_path_factory.mktemp("reports"))
    command("import", *(FIXTURES / case for case in CASES), exit_code=3)
    return command


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("clerk", ["front-end-clerk"]),
        ("AIDE", ["certified-nurses-aide", "medication-aide"]),
        ("nurses' aide", ["certified-nurses-aide"]),
        ("aide medication", ["medication-aide"]),
        ("tool-builder", ["tool-builder"]),
        ("plumber", []),
        ("%", []),
        ("'; DROP TABLE job", []),
    ],
)
def test_search(run: Command, text: str, slugs: list[str]):
    found = run.json("search", "--", text) if text.startswith("-") else run.json("search", text)
    assert [row["slug"] for row in found] == slugs
    assert all(set(row) >= {"slug", "title", "soc_code", "soc_title", "soc_method", "soc_score"} for row in found)


def test_a_search_for_nothing_lists_all(run: Command):
    assert len(run.json("search")) == len(run.json("search", "")) == 6


def test_a_search_without_a_hit_says_so(run: Command):
    done = run("search", "plumber")
    assert (done.stdout, "'plumber'" in done.stderr) == ("", True)


def test_an_exact_title_comes_first(run: Command):
    assert run("search", "cashier").stdout.splitlines()[1].split() == ["Cashier", "cashier"]


def test_status_tells_coverage_in_a_line_and_the_runs(run: Command):
    lines = run("status").stdout.splitlines()
    assert lines[0] == "6 occupations on 4 pages: 0 fresh, 3 stale, 0 blocked, 0 failed, 0 removed, 1 rejected"
    assert lines[2].split() == [
        "run",
        "command",
        "started",
        "took",
        "outcome",
        "pages",
        "loaded",
        "unchanged",
        "rejected",
        "failed",
    ]
    assert lines[3].split()[:2] == ["1", "import"]
    assert lines[3].split()[-7:] == ["partial", "(3)", "4", "3", "0", "1", "0"]


def test_status_as_json(run: Command):
    (told,) = run.json("status")
    assert told["coverage"] == {"fresh": 0, "stale": 3, "blocked": 0, "failed": 0, "removed": 0, "rejected": 1, "queued": 0}
    assert (told["occupations"], told["pages"], told["published"]) == (6, 4, 3)
    assert told["runs"][0]["exit_code"] == 3


def test_status_and_search_without_a_database(tmp_path: Path):
    for words in (("status",), ("search", "clerk")):
        assert "there is no database at" in Command(tmp_path)(*words, exit_code=2).stderr


def test_doctor_finds_a_sound_installation(run: Command):
    printed = run("doctor").stdout
    assert printed.endswith("No problem found.\n")
    (told,) = run.json("doctor")
    assert told["problems"] == []
    assert told["database"]["state"] == "sound"
    assert told["archive"]["indexed"] == "1"
    assert {"careerscape", "parser", "python", "sqlite", "selectolax", "httpx"} <= told["versions"].keys()


def test_doctor_without_a_database_makes_none(tmp_path: Path):
    (told,) = Command(tmp_path).json("doctor")
    assert told["database"] == {"state": "there is none yet"}
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_an_archive_that_lost_bytes(tmp_path: Path):
    run = Command(tmp_path)
    run("import", FIXTURES / "front-end-clerk-vs-cashier")
    (warc,) = (tmp_path / "archive").glob("*.warc.gz")
    warc.write_bytes(warc.read_bytes()[:-1])
    assert "the index knows" in run("doctor", exit_code=74).stdout
    warc.unlink()
    assert "is missing" in run("doctor", exit_code=74).stdout


def test_doctor_names_a_page_whose_bytes_changed(tmp_path: Path):
    run = Command(tmp_path)
    run("import", FIXTURES / "front-end-clerk-vs-cashier")
    (warc,) = (tmp_path / "archive").glob("*.warc.gz")
    body = bytearray(warc.read_bytes())
    body[-40] ^= 0xFF
    warc.write_bytes(body)
    assert "front-end-clerk-vs-cashier-differences cannot be read" in run("doctor", exit_code=74).stdout


def test_doctor_names_a_damaged_database(tmp_path: Path):
    run = Command(tmp_path)
    run("import", FIXTURES / "front-end-clerk-vs-cashier")
    db = tmp_path / "careerscape.db"
    root = rows(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'page_capture_page'")[0][0]
    size = rows(db, "PRAGMA page_size")[0][0]
    with db.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xff" * 64)
    done = run("doctor", exit_code=74)
    assert "careerscape.db" in done.stdout + done.stderr


def test_doctor_reports_a_wrong_configuration(tmp_path: Path):
    (tmp_path / "careerscape.toml").write_text('contact = "nobody"\n')
    assert "is no contact" in Command(tmp_path)("doctor", exit_code=78).stderr


def test_of_a_bad_page_each_kind_of_finding_is_said_once():
    bad = [finding("unreadable_cell", f"cell {n}") for n in range(9)] + [finding("unknown_label", f"row {n}") for n in range(9)]
    told = report.Told(lambda: None)
    for name in ("a.html", "b.html"):
        told.add(PageReport(name, "partial", tuple(bad)))
    with pytest.MonkeyPatch.context() as heard:
        lines: list[str] = []
        heard.setattr(report.terminal, "say", lines.append)
        told.say()
    assert [line.split(": ")[0] for line in lines] == ["a.html", "b.html", "a.html", "b.html"]
    assert all(line.endswith("(and 8 more of these on the page)") for line in lines)


def test_of_many_pages_no_more_is_kept_than_there_is_to_say(monkeypatch: pytest.MonkeyPatch):
    lines: list[str] = []
    monkeypatch.setattr(report.terminal, "say", lines.append)
    told = report.Told(lambda: None, at_once=True)
    for number in range(100):
        told.add(PageReport(f"{number}.html", "rejected", (finding("empty", "0 bytes"), finding("unknown_label", "row 1"))))
    assert len(lines) == 100, "errors are said at once"
    told.say()
    assert lines[100:119] == [
        f"{number}.html: warning: unknown_label: {finding('unknown_label', 'row 1').message}" for number in range(19)
    ]
    assert lines[120:] == ["and 80 more like these, see the view finding"]
    assert (told.count, told._kept, len(told._lesser), told._errors) == (100, [], 20, [])
