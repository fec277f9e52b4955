"""What the documents say is what the code does."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from normalize.findings import CODES
from scraper import cli
from tests.command import Command

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def between(text: str, start: str, end: str) -> str:
    assert text.count(start) == 1, start
    return text.split(start, 1)[1].split(end, 1)[0]


def block(mark: str) -> list[str]:
    return between(README, f"<!-- {mark} -->\n```", "```").splitlines()[1:]


def test_all_codes_of_findings_are_listed(write_expected: bool):
    path = ROOT / "docs" / "findings.md"
    start, end = "--write-expected` -->\n", "<!-- end -->"
    rows = [f"| `{code}` | {severity} | {sentence} |" for code, (severity, sentence) in CODES.items()]
    table = "\n".join(["| code | severity | meaning |", "|---|---|---|", *rows, ""])
    if write_expected:
        before, _, rest = path.read_text().partition(start)
        path.write_text(before + start + table + end + rest.partition(end)[2])
    assert between(path.read_text(), start, end) == table


def test_the_commands_of_the_readme_print_what_it_shows(tmp_path: Path):
    run = Command(tmp_path)
    printed = []
    for line in block("command: try")[3:]:
        words = shlex.split(line.removeprefix(".venv/bin/careerscape "))
        printed += run(*(ROOT / w if w.startswith("fixtures/") else w for w in words)).stdout.splitlines()
    shown = block("output: compare")
    assert shown[-1] == "..."
    assert printed[: len(shown) - 1] == shown[:-1]


def test_the_explanation_of_the_readme(tmp_path: Path):
    run = Command(tmp_path)
    run("import", ROOT / "fixtures" / "pages" / "zippia" / "seed-text")
    printed = run("explain", "loss-mitigation-specialist", "annual_mean_usd").stdout.splitlines()
    changing = re.compile(r"careerscape-\d{8}T\d{6}Z|offset \d+, length \d+|\+[0-9a-f]{12}|vocabulary [0-9a-f]{12}")
    assert [changing.sub("", line) for line in block("output: explain")] == [changing.sub("", line) for line in printed]


def test_every_command_stands_in_the_readme():
    names = [command.name or command.callback.__name__ for command in cli.app.registered_commands]
    assert names == ["import", "show", "compare", "explain"]
    assert all(re.search(rf"`?careerscape {name}|`{name}`", README) for name in names)


def test_version_and_changelog_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version


def test_every_dependency_is_pinned_with_hashes_and_no_address_of_a_registry():
    lock = (ROOT / "requirements.lock").read_text()
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


@pytest.mark.parametrize("mark", ["command: try", "command: test", "command: check"])
def test_ci_runs_the_commands_of_the_readme(mark: str):
    assert mark.split()[1] in (ROOT / ".ci" / "run").read_text()
    assert block(mark)
