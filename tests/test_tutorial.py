"""The commands of docs/tutorial.md, in their order, in an empty folder: they print what the page shows."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.command import CAREERSCAPE
from tests.test_docs import CHANGING, DOCS, block

TUTORIAL = DOCS / "tutorial.md"
STEP = re.compile(r"<!-- command -->\n```sh\n(.+?)```\n(?:<!-- output -->\n```\n(.*?)```\n)?", re.DOTALL)
STEPS = STEP.findall(TUTORIAL.read_text())
_MARK = "=== step"

pytestmark = pytest.mark.slow


def ours(script: str) -> str:
    return script.replace(".venv/bin/", f"{CAREERSCAPE.parent}/")


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CAREERSCAPE_")} | {"COLUMNS": "200"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes], int]:
    """The folder of the tutorial after its first command, what pages of the server said, and how it ended."""
    folder = tmp_path_factory.mktemp("tutorial")
    (command,) = re.findall(r"<!-- serve -->\n```sh\n(.+?)```", TUTORIAL.read_text(), re.DOTALL)
    words = [*ours(command).split(), "--port", "0"]
    with subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            root = re.search(r"http://127\.0\.0\.1:\d+(?=/\s)", "".join(until_served(process)))
            assert root
            pages = [
                read(root[0] + path) for path in ("/", "/compare/cashier/tool-builder", "/compare/cashier/tool-builder.json")
            ]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        finally:
            process.kill()
    return folder, pages, process.returncode


def until_served(process: subprocess.Popen[str]) -> Iterator[str]:
    """The lines of its output up to the address of a start page."""
    assert process.stdout
    for line in process.stdout:
        yield line
        if re.search(r"http://127\.0\.0\.1:\d+/\s", line):
            return


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        page: bytes = answer.read()
    return page


@pytest.fixture(scope="module")
def printed(served: tuple[Path, list[bytes], int]) -> list[str]:
    """What each step prints."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    script = "\n".join(f"{ours(command)}\nprintf '{_MARK}\\n'" for command, _ in STEPS).replace("8642", port)
    done = subprocess.run(
        ["bash", "-euc", f"trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{script}"],
        cwd=served[0], env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(f"{_MARK}\n")[:-1]


CHANGES = re.compile(
    r"\d\d/\w{3}/\d{4} [0-9:]+|[\d,]+ bytes( of the archive)?|[\d.]+ s apart \([\w-]+\)|(?<=\.csv) .+|(?<=\.json) .+"
)
"""Besides what the README leaves out: the times of a web server's log, pauses, and the sizes of files that hold such things."""


def lines(text: str) -> list[str]:
    """What is printed, line by line, without what is another at any time."""
    return [CHANGES.sub("", CHANGING.sub("", line)).rstrip() for line in text.splitlines()]


def test_the_installation_is_that_of_the_readme():
    (shown,) = re.findall(r"<!-- install -->\n```sh\n(.+?)```", TUTORIAL.read_text(), re.DOTALL)
    assert shown.splitlines() == block("command: try")[:3]


def test_the_demo_is_served_until_it_is_told_to_end(served: tuple[Path, list[bytes], int]):
    _, (start, compared, data), code = served
    assert b"careerscape" in start
    assert b"$44,285" in compared
    assert json.loads(data)
    assert code == 130


def test_outputs_are_written(printed: list[str], write_expected: bool):
    if write_expected:
        said = iter(printed)
        TUTORIAL.write_text(STEP.sub(lambda step: written(step, next(said)), TUTORIAL.read_text()))
    assert sum(bool(shown) for _, shown in STEP.findall(TUTORIAL.read_text())) >= 8


def written(step: re.Match[str], said: str) -> str:
    if step[2] is None:
        return step[0]
    text = "".join(f"{line.rstrip()}\n" for line in re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8642", said).splitlines())
    return f"<!-- command -->\n```sh\n{step[1]}```\n<!-- output -->\n```\n{text}```\n"


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_step_prints_what_is_shown(printed: list[str], number: int):
    _, shown = STEP.findall(TUTORIAL.read_text())[number]
    assert lines(printed[number]) == lines(shown)


def test_the_chart_is_a_picture_of_all_wages(served: tuple[Path, list[bytes], int], printed: list[str]):
    chart = ElementTree.parse(served[0] / "chart.svg").getroot()
    texts = [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
    bars = [float(bar.attrib["width"]) for bar in chart.iter("{http://www.w3.org/2000/svg}rect")]
    assert len(texts) == 2 * len(bars) > 60
    assert texts[:2] == ["Chief Executive Officer/Manager", "$140,165"]
    assert bars == sorted(bars, reverse=True)


def test_the_limits_and_questions_of_the_server_are_those_of_its_document():
    from db.browse.served import app, guard, live, questions, server

    text = (DOCS / "browse.md").read_text()
    told = app.SETTINGS
    limits = (
        told["sql_time_limit_ms"], told["facet_time_limit_ms"], told["max_returned_rows"], told["default_page_size"],
        app.MOST_BYTES, server.MOST_MEMORY, live._LIMITS[sqlite3.SQLITE_LIMIT_LENGTH], guard._LONGEST_PATH, guard._LONGEST_QUERY,
    )  # fmt: skip
    table = text.split("## Limits\n")[1].split("\n## ")[0]
    assert [number for number in limits if f"{number:,} " not in table] == []
    rows = re.findall(r"^\| ([^|]+) \| (`\w+`(?:, `\w+`)*) \|$", text.split("## Questions\n")[1].split("\n## ")[0], re.MULTILINE)
    assert rows == [(q.title, ", ".join(f"`{name}`" for name in q.hints)) for q in questions.QUESTIONS.values()]
