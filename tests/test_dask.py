"""Reading again on a cluster of Dask, with real processes: the same database, whatever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from db import comparing
from db.connection import open_to_read
from normalize.errors import StorageError, UsageError
from scraper import importing, sources
from scraper.shards import cluster
from tests.command import CAREERSCAPE, FIXTURES, Command
from tests.imports import NOW, settings
from tests.markups import random_page
from tests.sharding import of_another_parser, twin

pytest.importorskip("distributed")
import psutil

PAGES = 120
TOO_LONG_S = 90


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo pages and pages in many markups, read by another parser."""
    root = tmp_path_factory.mktemp("imported")
    folder = root / "pages"
    folder.mkdir()
    for seed in range(PAGES):
        page = random_page(seed)
        (folder / f"{seed:04}.html").write_bytes(page.body)
        about = {"url": page.url, "captured_at": f"2024-01-{1 + seed % 28:02}T00:00:00Z"}
        (folder / f"{seed:04}.json").write_text(json.dumps(about))
    importing.import_pages(settings(root), sources.find([folder, FIXTURES], ""), lambda: NOW, lambda report: None)
    of_another_parser(root)
    return root


@pytest.fixture(scope="module")
def expected(imported: Path) -> str:
    """What one worker gives."""
    there = twin(imported)
    Command(there)("reparse", exit_code=3)
    return digest(there)


@pytest.fixture
def root(tmp_path: Path, imported: Path) -> Path:
    there = tmp_path / "one"
    there.mkdir()
    shutil.copy(settings(imported).db, there)
    shutil.copytree(settings(imported).archive, settings(there).archive)
    return there


def digest(root: Path) -> str:
    with closing(open_to_read(settings(root).db)) as db:
        return comparing.digest(db)


@contextmanager
def reading_again(root: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command on two processes, once its first shard is done."""
    process = subprocess.Popen(
        [CAREERSCAPE, "reparse", "--dask", "local", "--workers", "2", "--shard-pages", "10", *options],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(process, lambda: [*(root / "careerscape.db.parts").glob("shard-*.json")])
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str], found: Callable[[], list]) -> list:
    until = time.monotonic() + TOO_LONG_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(process.communicate())
        if there := found():
            return there
        time.sleep(0.01)
    raise AssertionError("it takes too long")


def sandboxes(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that read pages."""
    return [one for one in psutil.Process(process.pid).children(recursive=True) if "scraper.worker" in command_of(one)]


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has ended
        return []


def end(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=TOO_LONG_S)
    assert process.returncode == 3, out + err


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [("--workers", "2"), ("--workers", "4"), ("--dask", "local", "--workers", "2", "--shard-pages", "50")]
)
def test_any_number_of_workers_gives_one_dump(root: Path, expected: str, options: tuple[str, ...]):
    Command(root)("reparse", *options, exit_code=3)
    assert digest(root) == expected
    assert not (root / "careerscape.db.parts").exists()
    assert Command(root).json("reparse", *options)[0]["captures"] == 0


@pytest.mark.slow
def test_a_killed_worker_of_dask_and_a_killed_sandbox_change_nothing(root: Path, expected: str):
    with reading_again(root) as process:
        sandbox = wait_for(process, lambda: sandboxes(process))[0]
        sandbox.kill()
        worker = wait_for(process, lambda: [one.parent() for one in sandboxes(process) if one.pid != sandbox.pid])[-1]
        worker.kill()
        end(process)
    assert digest(root) == expected


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_stopped_is_gone_on_with_and_leaves_no_process(root: Path, expected: str, number: int):
    with reading_again(root) as process:
        others = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, number)
        process.communicate(timeout=TOO_LONG_S)
        _, alive = psutil.wait_procs(others, timeout=TOO_LONG_S)
    assert [command_of(one) for one in alive] == []
    done = {path.stem: path.stat().st_mtime_ns for path in (root / "careerscape.db.parts").glob("shard-*.json")}
    assert done
    Command(root)("reparse", "--dask", "local", "--shard-pages", "10", "--keep-parts", exit_code=3)
    assert digest(root) == expected
    again = {path.stem: path.stat().st_mtime_ns for path in (root / "careerscape.db.parts").glob("shard-*.json")}
    assert done.items() <= again.items()


@pytest.mark.slow
def test_nobody_answers_at_an_address(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "_WAIT_S", 1)
    with (
        pytest.raises(StorageError, match="no scheduler with workers answers"),
        cluster.crew("tcp://127.0.0.1:9", None, "", ("", "")),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "why"), [("tls://127.0.0.1:9", "tls needs certificates"), ("tcp://[::1:9", "invalid address")]
)
def test_an_address_that_dask_cannot_ask_is_said(address: str, why: str):
    with (
        pytest.raises(UsageError, match=f"cannot connect as it is configured .*{why}"),
        cluster.crew(address, None, "", ("", "")),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--parts", "x"), "--parts is for --dask"), (("--keep-parts",), "--keep-parts is for --dask"),
        (("--dask", "tcp://127.0.0.1:9", "--workers", "2"), "--workers is for this machine"),
        (("--dask", ""), "is no scheduler"), (("--dask", "http://a:80"), "is no scheduler"),
        (("--dask", "tcp://host"), "is no scheduler"), (("--dask", "local"), "there is no database"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(tmp_path: Path, options: tuple[str, ...], said: str):
    assert said in Command(tmp_path)("reparse", *options, exit_code=2).stderr


def test_nothing_but_many_machines_needs_dask():
    code = (
        "import sys\nfrom scraper.keeping import reparse\nfrom scraper.shards import cluster, plan, reading, work\n"
        "print([name for name in ('distributed', 'dask', 'fsspec', 'pyarrow') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout == "[]\n"
