"""The real command against a web archive on this machine, over real HTTP: plan, captures, a kill, and parts of files."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import imports
from tests.archive_web import COUNTS, HEAD, key, memento, opened, row, with_age
from tests.command import Command
from tests.figures import SEED
from tests.imports import rows
from tests.test_backfill_formats import LINE, member
from tests.web import Answer, Exchange, Web, answer, flooding, serving, text

T1, T2 = "20210304050607", "20220304050607"
A46, A47 = with_age(46), with_age(47)


def played(time: str, body: bytes) -> tuple[str, bytes]:
    _, headers, _ = memento(body, time)
    fields = {name.replace("-", "_"): value for name, value in headers.items()}
    return f"/web/{time}id_/{SEED.url}", answer(body, **fields)


def index(exchange: Exchange) -> None:
    """Two parts, one capture each; anything else is not there."""
    if not exchange.path.startswith("/cdx/search/cdx?"):
        exchange.send(answer(b"Not in archive", "404 Not Found"))
    elif key(exchange.path):
        exchange.send(answer(json.dumps([HEAD, row(T2, A47)]).encode(), content_type="application/json"))
    else:
        exchange.send(answer(json.dumps([HEAD, row(T1, A46), [], ["com,zippia)/ 2022!"]]).encode()))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    opened(tmp_path / "careerscape.db").close()
    return Command(tmp_path)


@pytest.fixture
def web() -> Iterator[Web]:
    pages: dict[str, Answer | list[Answer]] = {"/robots.txt": text(b"User-agent: *\nDisallow:\n"), "*": index}
    with serving(pages | dict([played(T1, A46), played(T2, A47)])) as web:
        yield web


def configured(command: Command, web: Web) -> tuple[str, ...]:
    ends = "\n".join(f'{name} = "{web.root}"' for name in ("wayback_url", "commoncrawl_index", "commoncrawl_data"))
    (command.folder / "careerscape.toml").write_text(f"[backfill]\n{ends}\n")
    return "www.zippia.com/*", "--allow-host", "127.0.0.1", "--delay", "0"


@pytest.mark.slow
def test_plan_and_captures(command: Command, web: Web):
    arguments = configured(command, web)
    (told,) = command.json("backfill", "wayback", *arguments, "--dry-run")
    assert (told["plan"]["found"], told["plan"]["to_fetch"], told["left"], told["pages"]) == (2, 2, 2, 0)
    assert [path.partition("?")[0] for path in web.paths] == ["/robots.txt", "/cdx/search/cdx", "/cdx/search/cdx"]
    done = command("backfill", "wayback", *arguments)
    assert "wayback, www.zippia.com/*: 2 captures of comparison pages" in done.stderr
    assert "to fetch: 2 captures with 2 requests" in done.stderr
    assert done.stdout == "2 pages: 2 loaded\n"
    assert [path[:5] for path in web.paths[3:]] == ["/web/", "/web/"]
    (told,) = command.json("backfill", "wayback", *arguments, "--from", "2021")
    assert [path.partition("?")[0] for path in web.paths[5:]] == ["/cdx/search/cdx"] * 2, "another span is another index"
    assert (told["plan"]["known"], told["plan"]["to_fetch"]) == (2, 0)
    db = command.folder / "careerscape.db"
    assert rows(db, "SELECT captured_at, origin, published FROM capture ORDER BY 1") == [
        ("2021-03-04T05:06:07Z", "wayback", 1), ("2022-03-04T05:06:07Z", "wayback", 1),
    ]  # fmt: skip
    assert imports.sound(db)


@pytest.mark.slow
def test_what_is_refused_before_it_begins(command: Command, web: Web):
    pattern, *_ = configured(command, web)
    assert "--allow-host" in command("backfill", "wayback", pattern, exit_code=2).stderr
    assert "no pattern" in command("backfill", "wayback", "zippia", exit_code=2).stderr
    assert "no date" in command("backfill", "wayback", pattern, "--from", "soon", exit_code=2).stderr
    (command.folder / "careerscape.toml").unlink()
    assert "say who asks web.archive.org" in command("backfill", "wayback", pattern, exit_code=78).stderr
    (command.folder / "careerscape.toml").write_text('[backfill]\nwayback_url = "web.archive.org"\n')
    assert "no http(s) address of a web archive" in command("backfill", "wayback", pattern, exit_code=78).stderr
    assert web.asked == []
    assert rows(command.folder / "careerscape.db", "SELECT count(*) FROM run") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize(("by", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("where", ["the index", "the second capture"])
def test_a_command_that_is_stopped_goes_on(command: Command, web: Web, where: str, by: signal.Signals, code: int):
    asked, over = threading.Event(), threading.Event()
    arguments = configured(command, web)
    path, whole = played(T2, A47)

    def held(send: Callable[[Exchange], None], here: Callable[[Exchange], bool]) -> Callable[[Exchange], None]:
        def hold(exchange: Exchange) -> None:
            if here(exchange) and not over.is_set():
                asked.set()
                over.wait(30)
            else:
                send(exchange)

        return hold

    if where == "the index":
        web.pages["*"] = held(index, lambda exchange: bool(key(exchange.path)))
    else:
        web.pages[path] = held(lambda exchange: exchange.send(whole), lambda exchange: True)
    line = imports.command(
        command.folder, "backfill", "wayback", *arguments, "--config", str(command.folder / "careerscape.toml")
    )
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        assert asked.wait(60)
        running.send_signal(by)
        said = running.communicate(timeout=30)[1].decode()
    over.set()
    assert (running.returncode, "Traceback" in said) == (code, False), said
    before = len(web.asked)
    command("backfill", "wayback", *arguments)
    again = [("key" if key(p) else "first") if "/cdx/" in p else p for p in web.paths[before:] if p != "/robots.txt"]
    assert again == (["key", played(T1, A46)[0], path] if where == "the index" else [path])
    db = command.folder / "careerscape.db"
    assert rows(db, f"SELECT outcome, {COUNTS} FROM run ORDER BY run_id")[-1][0] == "done"
    assert rows(db, "SELECT captured_at, published FROM capture ORDER BY 1") == [
        ("2021-03-04T05:06:07Z", 1), ("2022-03-04T05:06:07Z", 1),
    ]  # fmt: skip
    assert imports.sound(db)


@pytest.mark.slow
def test_a_record_of_a_crawl_and_a_server_that_sends_the_whole_file(command: Command, web: Web):
    arguments = configured(command, web)
    data, name = member(), f"/{LINE['filename']}"
    other = name.replace("00001", "00002")
    lines = [LINE, LINE | {"timestamp": "20220304050607", "filename": other.removeprefix("/")}]
    listed = "".join(json.dumps(line | {"offset": "100", "length": str(len(data))}) + "\n" for line in lines)

    def crawl(exchange: Exchange) -> None:
        exchange.send(answer(b'{"pages": 1}') if "showNumPages" in exchange.path else answer(listed.encode()))

    crawls = [{"id": "CC-MAIN-2026-21", "cdx-api": f"{web.root}/CC-MAIN-2026-21-index"}]
    web.pages |= {
        "/collinfo.json": answer(json.dumps(crawls).encode()),
        "*": crawl,
        name: answer(data, "206 Partial Content", content_range=f"bytes 100-{99 + len(data)}/999999"),
        other: flooding(answer(b"", content_length=str(10 << 30)), bytes(1 << 16)),
    }  # fmt: skip
    (told,) = command.json("backfill", "commoncrawl", *arguments, exit_code=3)
    assert (told["loaded"], told["failed"], told["left"]) == (1, 1, 1)
    ranged = [exchange.header("range") for exchange in web.asked if exchange.path in (name, other)]
    assert ranged == [f"bytes=100-{99 + len(data)}"] * 2
    refused = "SELECT DISTINCT outcome, http_status, bytes, detail FROM request WHERE url LIKE ?"
    assert rows(command.folder / "careerscape.db", refused, f"%{other}") == [
        ("protocol_error", 200, 0, "HTTP 200: the whole file is sent, where a part of it was asked for")
    ]
