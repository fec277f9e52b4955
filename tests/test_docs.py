"""What the documents say is what the code does."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from db.connection import Database, open_to_write
from normalize.errors import CareerscapeError
from normalize.findings import CODES
from normalize.terms import TERMS
from scraper import cli, parsing, sites
from scraper.urls import canonical
from tests import diagrams
from tests.command import CAREERSCAPE, Command
from tests.hostile import BEHAVIOURS, documented

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BAR = r"\|"
README = (ROOT / "README.md").read_text()


def between(text: str, start: str, end: str) -> str:
    assert text.count(start) == 1, start
    return text.split(start, 1)[1].split(end, 1)[0]


def block(mark: str) -> list[str]:
    return between(README, f"<!-- {mark} -->\n```", "```").splitlines()[1:]


def marked(name: str, mark: str) -> str:
    """The code block below a mark of a document."""
    return between((DOCS / name).read_text(), f"<!-- {mark} -->\n```", "\n```\n").partition("\n")[2]


def columns(*rows: Iterable[str]) -> str:
    """A Markdown table, its first row the header."""
    head, *rest = ["|" + "|".join(f" {cell.replace('|', BAR)} ".replace("  ", " ") for cell in row) + "|" for row in rows]
    return "\n".join([head, re.sub(r"[^|]+", "---", head), *rest, ""])


def hold(name: str, generated: str, write: bool) -> None:
    """Write the generated part of a document, and compare it with what stands there."""
    path = DOCS / name
    start, end = "--write-expected` -->\n", "<!-- end -->"
    if write:
        before, _, rest = path.read_text().partition(start)
        path.write_text(before + start + generated + end + rest.partition(end)[2])
    assert between(path.read_text(), start, end) == generated, "if it is meant: pytest tests/test_docs.py --write-expected"


def test_all_codes_of_findings_are_listed(write_expected: bool):
    rows = [(f"`{code}`", severity, sentence) for code, (severity, sentence) in CODES.items()]
    hold("findings.md", columns(("code", "severity", "meaning"), *rows), write_expected)


def test_all_behaviours_of_the_hostile_server_are_listed(write_expected: bool):
    assert len(BEHAVIOURS) >= 50
    hold("fetching.md", documented(), write_expected)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_to_write(tmp_path / "new.db")) as db:
        yield db


def described(db: Database) -> dict[str, dict[str, tuple[str, str | None, str]]]:
    """View to column to description, unit and source, as the database has them."""
    found: dict[str, dict[str, tuple[str, str | None, str]]] = {}
    for view, column, *words in db.execute('SELECT "view", "column", description, unit, source FROM data_dictionary'):
        found.setdefault(view, {})[column] = tuple(words)
    return found


def view_columns(db: Database) -> dict[str, list[str]]:
    """View to columns, both in the order of the database."""
    views = db.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid").fetchall()
    return {view: [row[1] for row in db.execute(f"PRAGMA table_info({view})")] for (view,) in views}


def test_every_column_of_every_view_is_described(db: Database):
    words, views = described(db), view_columns(db)
    assert {view: sorted(known) for view, known in words.items()} == {view: sorted(known) for view, known in views.items()}
    assert all(text.strip() and source for known in words.values() for text, _, source in known.values())


def wrapped(statement: str) -> str:
    """A CREATE TABLE with a line for each column and constraint; any other statement as it is."""
    if not statement.startswith("CREATE TABLE"):
        return f"{statement};"
    head, _, rest = statement.partition(" (")
    body, _, tail = rest.rpartition(")")
    lines, depth = [""], 0
    for character in body:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            lines.append("")
        else:
            lines[-1] += character
    return f"{head} (\n" + ",\n".join(f"  {line.strip()}" for line in lines) + f"\n){tail};"


def test_the_schema_is_documented(db: Database, write_expected: bool):
    words, views = described(db), view_columns(db)
    parts = [f"\n## How the views are joined\n\n```mermaid\n{diagrams.views_drawn()}\n```\n"]
    for view, names in views.items():
        rows = [(f"`{name}`", text, unit or "", source) for name in names for text, unit, source in [words[view][name]]]
        parts.append(f"\n## {view}\n\n" + columns(("column", "description", "unit", "source"), *rows))
    tables = db.execute(
        "SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL "
        "AND tbl_name NOT LIKE '\\_sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    ).fetchall()
    sql = "\n\n".join(wrapped(statement) for (statement,) in tables)
    drawn = "".join(
        f"\n### {title}\n\n```mermaid\n{diagrams.tables_drawn(db, names)}\n```\n" for title, names in diagrams.GROUPS.items()
    )
    parts.append(f"\n## The tables behind the views\n{drawn}\n### As they are made\n\n```sql\n{sql}\n```\n")
    hold("schema.md", "".join(parts), write_expected)


def test_every_table_is_drawn_once(db: Database):
    tables = db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_sqlite\\_%' ESCAPE '\\' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    assert sorted(name for names in diagrams.GROUPS.values() for name in names) == sorted(name for (name,) in tables)
    linked = {view for link in diagrams.links() for view in (link.view, link.parent)}
    assert linked == view_columns(db).keys() - {"every_finding"}


def test_a_statement_is_only_wrapped():
    statement = "CREATE TABLE a (b TEXT CHECK (b IN ('x', 'y')), c TEXT, UNIQUE (b, c)) WITHOUT ROWID, STRICT"
    assert wrapped(statement).splitlines() == [
        "CREATE TABLE a (",
        "  b TEXT CHECK (b IN ('x', 'y')),",
        "  c TEXT,",
        "  UNIQUE (b, c)",
        ") WITHOUT ROWID, STRICT;",
    ]


@pytest.mark.parametrize("number", range(3))
def test_the_queries_of_the_schema_run(db: Database, number: int):
    queries = re.findall(r"```sql\n(SELECT .*?)```", (DOCS / "schema.md").read_text(), re.DOTALL)
    assert len(queries) == 3
    assert db.execute(queries[number]).fetchall() == []


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command of the app, in the order of its help."""
    commands = getattr(command, "commands", None)
    if commands is None:
        yield path
        return
    for name, inner in commands.items():
        yield from leaves(inner, (*path, name))


COMMANDS = tuple(leaves(typer.main.get_command(cli.app)))


def test_the_help_of_every_command_is_documented(tmp_path: Path, write_expected: bool):
    run = Command(tmp_path)
    shown = [
        f"\n## {' '.join(words) or 'careerscape'}\n\n```text\n"
        + run(*words, "--help", COLUMNS="100", NO_COLOR="1", TERM="dumb", LC_ALL="C.UTF-8").stdout.strip()
        + "\n```\n"
        for words in ((), *COMMANDS)
    ]
    hold("cli.md", "".join(shown), write_expected)


def test_every_exit_code_is_documented():
    def codes(error: type[CareerscapeError]) -> set[int]:
        return {error.exit_code}.union(*map(codes, error.__subclasses__()))

    listed = re.findall(r"^\| ([0-9]+)(?: / ([0-9]+))? \|", (DOCS / "cli.md").read_text(), re.MULTILINE)
    assert {0, 3, 130, 143} | codes(CareerscapeError) <= {int(code) for row in listed for code in row if code}


def test_the_terms_keys_and_slots_of_a_site_are_documented(write_expected: bool):
    rows = [(f"`{name}`", ", ".join(f"`{field}`" for field in term.fields)) for name, term in TERMS.items()]
    hold("adding-a-site.md", columns(("term", "fields"), *rows), write_expected)
    text = (DOCS / "adding-a-site.md").read_text()
    models = [sites.Site, sites.Sentence, sites.Skills, sites.Layout]
    assert [key for model in models for key in model.model_fields if f"| `{key}` |" not in text] == []
    assert [slot for slot in sites._SLOTS if f"`{slot}`" not in text] == []


def test_the_site_of_the_document_reads_its_page(monkeypatch: pytest.MonkeyPatch):
    name = "adding-a-site.md"
    site = sites.parse("jobscale.toml", marked(name, "site"))
    monkeypatch.setattr(sites, "load", lambda: (site,))
    url = json.loads(marked(name, "capture"))["url"]
    assert canonical(url.replace("https://www.", "http://")) == url
    reading = parsing.parse(marked(name, "page").encode(), "text/html", "", url)

    def shown(value: float | str | None) -> str:
        return "" if value is None else value if isinstance(value, str) else f"{value:.10g}"

    rows = [
        tuple(map(str.strip, row.split("|")[1:-1]))
        for row in re.findall(r"^\| (?:left|right) .*", (DOCS / name).read_text(), re.MULTILINE)
    ]
    assert sorted(rows) == sorted((f.side, f.field, f.item, shown(f.value), f.status) for f in reading.facts)
    found = {f.code: f.message for f in reading.findings}
    assert found.keys() == {"unknown_label", "ignored_item"}
    assert "Days off" in found["unknown_label"]
    assert (reading.outcome, reading.left.slug, reading.right.slug) == ("complete", "baker", "butcher")


def test_what_the_architecture_names_exists():
    text = (DOCS / "architecture.md").read_text()
    named = set(re.findall(r"`((?:scraper|normalize|db|fixtures|tests|docs)/[\w./-]*)`", text))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_contracts_of_imports_are_listed(write_expected: bool):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    hold("architecture.md", "".join(f"- {contract['name']}\n" for contract in contracts), write_expected)


def test_what_is_written_by_hand_has_short_lines():
    for path in DOCS.glob("*.md"):
        by_hand = re.sub(r"--write(?:-expected)?` -->\n.*?<!-- end -->", "", path.read_text(), flags=re.DOTALL)
        assert [line for line in by_hand.splitlines() if len(line) > 130] == [], path


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_the_links_of_a_document_lead_somewhere(path: Path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


CHANGING = re.compile(
    r"careerscape-\d{8}T\d{6}Z|offset \d+, length \d+|\+[0-9a-f]{12}|vocabulary [0-9a-f]{12}|\d{4}-\d\d-\d\d(T[0-9:]+Z)?|"
    r"127\.0\.0\.1:\d+|sha256 +[0-9a-f]{64}"
)
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
QUESTIONS = re.findall(r"<!-- question -->\n```sh\n(.+?)```\n```\n(.+?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, str]:
    """A folder in which the README's first command has run, and what it printed."""
    run = Command(tmp_path_factory.mktemp("readme"))
    (line,) = block("command: try")[3:]
    return run, run(*shlex.split(line.removeprefix(".venv/bin/careerscape "))).stdout


def unchanging(text: str) -> list[str]:
    return [CHANGING.sub("", line).rstrip() for line in text.splitlines()]


def test_the_demo_of_the_readme(toured: tuple[Command, str]):
    shown = block("output: demo")
    assert shown[-1] == "..."
    assert unchanging(toured[1])[1 : len(shown)] == unchanging("\n".join(shown[:-1]))


def test_the_status_of_the_readme(toured: tuple[Command, str]):
    shown = block("output: status")
    assert shown[-1] == "..."
    said = toured[0]("status", CAREERSCAPE_CONFIG="careerscape-demo/careerscape.toml").stdout
    assert re.sub(TIME, "", said).splitlines()[: len(shown) - 1] == re.sub(TIME, "", "\n".join(shown[:-1])).splitlines()


@pytest.mark.parametrize(("question", "answer"), QUESTIONS)
def test_the_answers_of_the_readme(toured: tuple[Command, str], question: str, answer: str):
    run, _ = toured
    program, *words = shlex.split(question)
    done = subprocess.run(
        [CAREERSCAPE.with_name(Path(program).name), *words],
        cwd=run.folder, env=os.environ | {"CAREERSCAPE_CONFIG": "careerscape-demo/careerscape.toml"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert unchanging(done.stdout) == unchanging(answer)


def test_a_page_of_ones_own(toured: tuple[Command, str]):
    run, _ = toured
    script = "\n".join(block("command: own page")).replace(".venv/bin/", f"{CAREERSCAPE.parent}/")
    environment = os.environ | {"CAREERSCAPE_CONFIG": "careerscape-demo/careerscape.toml"}
    done = subprocess.run(
        ["bash", "-euc", script], cwd=run.folder, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("1 page: 1 loaded\n")
    assert re.search(r"Annual mean wage +\$36,500 +\$28,144\n", done.stdout)
    assert re.search(r"Female +29% +72\.9%\n", done.stdout)
    assert "warning" not in done.stderr


def test_the_readme_asks_five_questions_where_a_number_came_from_and_since_when():
    assert [Path(shlex.split(question)[0]).name for question, _ in QUESTIONS] == ["sqlite-utils"] * 5 + ["careerscape"] * 2


def test_every_command_stands_in_the_readme():
    assert COMMANDS
    names = [" ".join(words) for words in COMMANDS]
    assert [name for name in names if not re.search(rf"`?careerscape {name}|`{name}`", README)] == []


def test_version_and_changelog_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version


def test_every_dependency_is_pinned_with_hashes_and_no_address_of_a_registry():
    run, develop = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    lock = run + develop
    assert "://" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    pinned = {
        entry.split("==")[0] for entry in entries if re.match(r"[a-z0-9-]+==\S+( ; .*)? \\\n +--hash=sha256:[0-9a-f]{64}", entry)
    }
    assert len(pinned) == len(entries)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = (
        project["project"]["dependencies"]
        + project["project"]["optional-dependencies"]["dev"]
        + project["build-system"]["requires"]
    )
    assert {re.match(r"[A-Za-z0-9-]+", name)[0].lower() for name in wanted} <= pinned
    assert {re.match(r"[A-Za-z0-9-]+", name)[0].lower() for name in project["project"]["dependencies"]} <= set(
        re.findall(r"^(\S+)==", run, re.MULTILINE)
    )


@pytest.mark.parametrize("mark", ["command: try", "command: test", "command: check"])
def test_ci_runs_the_commands_of_the_readme(mark: str):
    assert mark.split()[1] in (ROOT / ".ci" / "run").read_text()
    assert block(mark)
