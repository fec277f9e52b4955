"""`careerscape serve` and `demo --serve` as real processes."""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from db.browse.served import server
from normalize.errors import UsageError
from tests.browsing import ANALYST, HOUR, PAIR, made
from tests.command import CAREERSCAPE


class Server:
    """The command in a process of its own, at the address that it printed."""

    def __init__(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        self.process = process
        self.lines = lines
        self.host = urlsplit(next(line for line in lines if line.startswith("http"))).netloc

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Status and text of an address."""
        with closing(http.client.HTTPConnection(self.host, timeout=30)) as connection:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def end(self, by: signal.Signals) -> tuple[int, str]:
        """Exit code and standard error, once it has ended."""
        self.process.send_signal(by)
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said


@contextmanager
def serving(folder: Path, *arguments: str, lines: int = 1, **environment: str) -> Iterator[Server]:
    """A server that has printed so many lines with an address."""
    process = subprocess.Popen(
        [CAREERSCAPE, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
        env={k: v for k, v in os.environ.items() if not k.startswith("CAREERSCAPE_")} | environment,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    try:
        printed: list[str] = []
        while sum(line.startswith("http") for line in printed) < lines:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            printed.append(line.strip())
        yield Server(process, printed)
    finally:
        too_late.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.slow
def test_it_says_where_it_listens_answers_and_ends_in_order(tmp_path: Path):
    made(tmp_path)
    with serving(tmp_path, "serve", "--port", "0", PYTHONPATH=str(_intruder(tmp_path / "plugins"))) as served:
        assert served.lines == [f"http://{served.host}/"]
        status, page = served.get(PAIR)
        assert status == 200
        assert "Loss Mitigation Specialist" in page
        assert served.get(PAIR, Host="evil.example")[0] == 403
        status, explained = served.get(f"/explain/{ANALYST}/salary.annual_mean_usd.json")
        assert json.loads(explained)[0]["found_again"] is True
        assert "careerscape-mark" in served.get(f"/explain/{ANALYST}/salary.annual_mean_usd/page")[1]
        assert served.get("/careerscape")[0] == 200
        assert "intruder" not in served.get("/-/plugins.json?all=1")[1]
        assert served.end(signal.SIGINT) == (130, "")


def _intruder(folder: Path) -> Path:
    """A folder with a plugin of Datasette that ends whoever loads it."""
    about = folder / "datasette_intruder-1.dist-info"
    about.mkdir(parents=True)
    (folder / "datasette_intruder.py").write_text("raise SystemExit('loaded')\n")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: datasette-intruder\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[datasette]\nintruder = datasette_intruder\n")
    return folder


WRITER = """\
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
conn.execute("PRAGMA cache_size = 2")
conn.execute("BEGIN IMMEDIATE")
conn.execute("UPDATE data_dictionary SET description = description || '.'")
conn.execute("UPDATE job_title SET title = 'torn ' || id")
print("writing", flush=True)
sys.stdin.read(1)
"""


@pytest.mark.slow
def test_pages_stand_while_writers_are_killed_and_queries_would_run_for_an_hour(tmp_path: Path):
    db = made(tmp_path)
    with serving(tmp_path, "serve", "--port", "0", "--host", "0.0.0.0") as served:
        served.host = f"127.0.0.1:{served.host.rpartition(':')[2]}"
        assert served.get("/compare", Host="192.168.1.7")[0] == 200
        assert served.get("/compare", Host="evil.example")[0] == 403
        for _ in range(3):
            _kill_a_writer(db)
            for path in (PAIR, "/careerscape/occupation", "/search?q=analyst"):
                status, page = served.get(path)
                assert status == 200
                assert "torn" not in page
        hours = [http.client.HTTPConnection(served.host, timeout=30) for _ in range(10)]
        for connection in hours:
            connection.request("GET", f"/careerscape.json?sql={quote(HOUR)}")
        assert served.get(PAIR)[0] == 200
        assert hours[0].getresponse().status == 400
        assert served.get(PAIR)[0] == 200
        code, said = served.end(signal.SIGTERM)
        for connection in hours:
            connection.close()
    assert code == 143
    assert said.count("\n") == 1
    assert "all who can reach it" in said
    with closing(sqlite3.connect(db)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _kill_a_writer(db: Path) -> None:
    """In the middle of a transaction of which a part is in the file."""
    with subprocess.Popen([sys.executable, "-c", WRITER, db], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"writing\n"
        writer.kill()
    assert Path(f"{db}-journal").exists()


@pytest.mark.slow
def test_the_demo_ends_in_the_browser(tmp_path: Path):
    with serving(tmp_path, "demo", "--serve", "--port", "0", lines=2) as served:
        start, pair = (urlsplit(line).path for line in served.lines if line.startswith("http"))
        assert start == "/"
        status, page = served.get(pair)
        assert status == 200
        assert "16,141" in page
        shown = json.loads(served.get(f"{pair}.json")[1])["facts"][0]["left"]
        with urllib.request.urlopen(shown["url"], timeout=10) as answer:  # the site of the demo is still there
            assert shown["raw"].encode() in answer.read()
        assert served.end(signal.SIGTERM)[0] == 143


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("box", False),
    ],
)
def test_which_hosts_are_this_machine_alone(host: str, alone: bool):
    assert server.is_loopback(host) is alone
    assert ("*" in server.names(host)) is (host in ("0.0.0.0", "::"))


def test_a_host_that_is_none_is_refused():
    with pytest.raises(UsageError, match="--host"):
        server.listening("no such host", 0)
    with pytest.raises(UsageError):
        server.listening("203.0.113.7", 0)


def test_a_port_that_is_taken_is_said_to_be():
    with closing(server.listening("127.0.0.1", 0)) as taken, pytest.raises(UsageError, match="--port 0 takes a free one"):
        server.listening("127.0.0.1", taken.getsockname()[1])


def test_help_does_not_load_the_browser():
    program = (
        "import sys\nsys.argv = ['careerscape', '--help']\nfrom scraper.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('datasette', 'jinja2', 'uvicorn', 'sqlite_utils') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"
    assert "serve" in done.stdout
