"""The copy of an archived page that `explain --open` shows: the place of a value is marked, and nothing runs or loads."""

import os
import re
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from normalize.errors import UsageError
from normalize.facts import Fact
from scraper import inert, opened, parsing, readers
from scraper.inert import MARK, Copy, Spot
from scraper.parsing import PageBytes
from scraper.readers import placed
from scraper.sandbox import Sandbox
from tests.command import FIXTURES, Command
from tests.figures import OVERVIEW, SEED, Figures, as_html, as_text
from tests.markups import STRUCTURES, random_page
from tests.markups_held_out import HELD_OUT

HOSTILE = """<script>new Image().src='{root}/script'; document.title = 'ran'</script><base href="{root}/base/">
<link rel=stylesheet href="{root}/sheet"><link rel=preload as=image href="{root}/preload"><link rel=dns-prefetch href="{root}">
<meta http-equiv=refresh content="0;url={root}/refresh"><style>@import url({root}/import); body{{background:url({root}/css)}}
.banner, .mark {{ display: none !important }}</style>
<img src="{root}/img" srcset="{root}/srcset 2x" onerror="fetch('{root}/error')">
<iframe src="{root}/frame" srcdoc="<img src={root}/srcdoc>"></iframe>
<svg onload="fetch('{root}/svg')"><image href="{root}/image"/>
<script>fetch('{root}/svgscript')</script></svg><object data="{root}/object"></object><embed src="{root}/embed">
<video src="{root}/video" poster="{root}/poster"></video><audio src="{root}/audio" autoplay></audio><body background="{root}/body"
 onload="fetch('{root}/onload')"><form action="{root}/form"><input type=image src="{root}/input" autofocus
 onfocus="fetch('{root}/focus')"><button formaction="javascript:alert(1)">go</button></form>
<a href="javascript:alert(1)" ping="{root}/ping">x</a>
<div style="background:url({root}/style);position:fixed;inset:0;background-color:red">over</div>
<noscript><img src="{root}/noscript"></noscript>
<template><img src="{root}/template"></template><math><mtext><style><img src="{root}/math"></style></math>
<p id={mark} class=mark>fake</p>
<table background="{root}/table"><tr><td>&lt;script&gt;fetch('{root}/text')&lt;/script&gt;</td></tr></table>
<x-a onclick=1>y</x-a><plaintext>"""
CHROMIUM = os.environ.get("CAREERSCAPE_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def spot(fact: Fact) -> Spot:
    at = fact.place
    return Spot(at.block, at.row, at.column, at.start, fact.raw)


def page_of(figures: Figures, body: bytes, media_type: str = "text/html") -> PageBytes:
    return PageBytes(body, media_type, "", figures.url)


def facts(page: PageBytes) -> list[Fact]:
    return list({spot(fact): fact for fact in parsing.parse(*page).facts}.values())


def marked(copy: Copy) -> str:
    """The words of the first marked element, as they are written."""
    found = re.search(rf'<(\w+)[^<>]* id="{MARK}"[^<>]*>(.*?)</\1>', copy.html, re.DOTALL)
    assert found
    return re.sub(r"<[^<>]*>", "", found[2])


@pytest.mark.parametrize("page", [SEED, OVERVIEW], ids=["tables", "overview"])
@pytest.mark.parametrize(("as_bytes", "media_type"), [(as_html, "text/html"), (as_text, "text/plain")], ids=["html", "text"])
def test_every_value_is_marked_where_it_stands(page: Figures, as_bytes, media_type: str):
    given = page_of(page, as_bytes(page), media_type)
    for fact in facts(given):
        copy = inert.copy(given, spot(fact))
        assert copy.marked, fact
        words = marked(copy).replace("&amp;", "&").replace("&#x27;", "'")
        assert fact.raw in words if fact.section == "intro" else fact.raw == words.strip(), fact


@pytest.mark.slow
@pytest.mark.parametrize("structures", [STRUCTURES, HELD_OUT], ids=["known", "held out"])
def test_markups_are_read_alike_with_and_without_their_nodes(structures):
    found = total = 0
    for seed in range(2 * len(structures)):
        drawn = random_page(seed, structures)
        for boxes in (False, True):
            assert placed.read(drawn.body, "", boxes).blocks == readers.read(drawn.body, "text/html", "", boxes).blocks
        page = PageBytes(drawn.body, "text/html", "", drawn.url)
        for fact in facts(page)[::7]:
            total += 1
            found += inert.copy(page, spot(fact)).marked
    assert found > 0.97 * total > 100


def test_words_that_stand_twice_are_marked_in_their_own_place():
    page = page_of(SEED, as_html(SEED))
    shared = [f for f in facts(page) if f.field == "demographics.lgbt_pct" or f.raw == "0.5%"]
    rows = {(fact.place.block, fact.place.row, fact.place.column): inert.copy(page, spot(fact)).html for fact in shared}
    assert len(set(rows.values())) == len(rows) > 1


@pytest.mark.parametrize("change", [(0, 1, 0, 0, ""), (0, 0, 0, 0, "x"), (99, 0, 0, 0, ""), (0, 99, 0, 0, ""), (0, 0, 0, 5, "")])
@pytest.mark.parametrize(("as_bytes", "media_type"), [(as_html, "text/html"), (as_text, "text/plain")], ids=["html", "text"])
def test_a_place_that_says_something_else_is_not_marked(change, as_bytes, media_type: str):
    page = page_of(SEED, as_bytes(SEED), media_type)
    fact = next(f for f in facts(page) if f.field == "salary.annual_mean_usd")
    old = spot(fact)
    wrong = Spot(*(a + b for a, b in zip(old[:4], change[:4], strict=True)), old.raw + change[4])
    copy = inert.copy(page, wrong)
    assert (copy.marked, MARK in copy.html) == (False, False)
    assert "is not marked" in opened.page([], copy)


@pytest.mark.parametrize(
    ("cell", "raw", "said"),
    [
        ("<b>$45,000</b> <i>a year</i>", "$45,000 a year", "$45,000 a year"),
        ("<p>$45,000<p>a year", "$45,000\na year", "$45,000a year"),
        ("<span hidden>45000</span>$45,000", "$45,000", "45000$45,000"),
        ("", "", ""),
        ("<img alt='4 stars' src=x>", "4 stars", "[4 stars]"),
    ],
)
def test_cells_are_compared_as_the_reader_reads_them(cell: str, raw: str, said: str):
    body = f"<h1>x</h1><table><tr><td>a<td>b<tr><td>c<td>{cell}</table>".encode()
    rows = readers.read(body, "text/html").blocks[1].rows
    copy = inert.copy(PageBytes(body, "text/html", "", ""), Spot(1, 1, 1, 0, rows[1][1]))
    assert (rows[1][1], copy.marked, marked(copy)) == (raw, True, said)


def test_a_marked_place_that_the_page_hides_is_shown():
    body = b"<div style='display:none'><table><tr><td>a<td>b</table></div><p style='display:none'>gone</p>"
    copy = inert.copy(PageBytes(body, "text/html", "", ""), Spot(0, 0, 1, 0, "b"))
    assert 'class="unfolded"><table>' in copy.html
    assert "<p hidden>gone" in copy.html


def test_only_what_is_known_to_be_harmless_is_written():
    body = HOSTILE.format(root="http://evil.example", mark=MARK).encode() + as_html(OVERVIEW)
    html = inert.copy(PageBytes(body, "text/html", "", OVERVIEW.url), Spot(0, 0, 0, 0, "nothing")).html
    tags = set(re.findall(r"<(/?[a-z][^\s>]*)", html))
    harmful = {
        "script",
        "style",
        "iframe",
        "img",
        "form",
        "input",
        "base",
        "meta",
        "link",
        "a",
        "svg",
        "object",
        "embed",
        "template",
    }
    assert not {tag.strip("/") for tag in tags} & harmful
    assert {name for tag in re.findall(r"<[a-z][^>]*>", html) for name in re.findall(r'\s([a-z-]+)="', tag)} <= {
        "colspan", "rowspan", "dir", "role", "style", "class",
    }  # fmt: skip
    assert "evil.example" not in re.sub(r"&lt;.*?&gt;", "", html).replace("fetch(&#x27;http://evil.example/text&#x27;)", "")
    assert MARK not in html


def test_the_file_is_the_users_alone_and_the_banner_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opened.tempfile, "tempdir", str(tmp_path))
    text = opened.page([("page", "http://a.example/<script>"), ("", "\u202ex")], Copy("<p>b</p>", False))
    path, other = opened.write(text), opened.write(text)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent != other.parent
    written = path.read_text()
    assert written.index("<meta http-equiv") == written.index("<head>") + len("<head>")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in written
    assert "http://a.example/&lt;script&gt;" in written


def test_the_sandbox_makes_the_copy():
    page = page_of(SEED, as_html(SEED))
    fact = facts(page)[0]
    with Sandbox() as sandbox:
        assert sandbox.copy(page, spot(fact)) == inert.copy(page, spot(fact))


@pytest.mark.slow
def test_open_writes_a_copy_and_says_where(tmp_path: Path):
    run = Command(tmp_path)
    run("import", FIXTURES / "foreign-service-officer-vs-service-manager")
    (said,) = run.json("explain", "service-manager", "annual_mean_usd", "--open")
    page = Path(said["copy"]).read_text()
    assert said["marked"]
    assert f'id="{MARK}">$74,009</td>' in page
    for words in (said["url"], said["captured_at"], said["sha256"]):
        assert words in page
    shown = run("explain", "service-manager", "annual_mean_usd", "--open", DISPLAY="", WAYLAND_DISPLAY="")
    assert "no browser was opened" in shown.stderr
    assert "page.html" in shown.stdout


@pytest.mark.slow
def test_a_page_that_asks_for_no_copy_is_not_shown(tmp_path: Path):
    run = Command(tmp_path)
    (tmp_path / "a.html").write_bytes(as_html(SEED).replace(b"<head>", b"<head><meta name=robots content=noarchive>"))
    assert b"noarchive" in (tmp_path / "a.html").read_bytes()
    run("import", "a.html", "--url", SEED.url)
    refused = run("explain", "account-resolution-analyst", "annual_mean_usd", "--open", exit_code=UsageError.exit_code)
    assert "noarchive" in refused.stderr
    run("explain", "account-resolution-analyst", "annual_mean_usd")


# --- in a real browser -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server, and what was asked of it."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def browse(tmp_path: Path, *arguments: str) -> str:
    assert CHROMIUM
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    switches = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", profile)
    done = subprocess.run([CHROMIUM, *switches, *arguments], capture_output=True, text=True, timeout=90, check=True)
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="there is no chromium")
def test_a_browser_asks_for_nothing_and_runs_nothing(tmp_path: Path, asked: tuple[str, list[str]]):
    root, paths = asked
    hostile = HOSTILE.format(root=root, mark=MARK)
    control = tmp_path / "control.html"
    control.write_text(hostile)
    browse(tmp_path, "--dump-dom", control.as_uri())
    assert {"/script", "/img", "/css"} <= set(paths)  # the page as it is does ask
    paths.clear()
    body = hostile.removesuffix("<plaintext>").encode() + as_html(SEED)
    page = PageBytes(body, "text/html", "", SEED.url)
    fact = next(f for f in facts(page) if f.field == "salary.annual_mean_usd")
    copy = inert.copy(page, spot(fact))
    path = tmp_path / "copy.html"
    path.write_text(opened.page([("page", SEED.url)], copy))
    dom = browse(tmp_path, "--dump-dom", path.as_uri())
    assert copy.marked
    assert f'id="{MARK}">{fact.raw}</td>' in dom
    assert dom.count(f'id="{MARK}"') == 1
    assert "<title>Archived copy</title>" in dom
    assert paths == []
    policy = tmp_path / "policy.html"  # what the copy leaves out, its policy forbids, but for a refresh
    policy.write_text(opened.page([], Copy(hostile.replace("http-equiv=refresh", ""), False)))
    browse(tmp_path, "--dump-dom", policy.as_uri())
    assert paths == []


@pytest.mark.parametrize("tag", ["xmp", "listing", "applet"])
def test_what_the_reader_reads_is_shown(tag: str):
    page = page_of(SEED, as_html(SEED).replace(b">46<", f"><{tag}>46</{tag}><".encode(), 1))
    (age,) = [fact for fact in facts(page) if fact.field == "demographics.age_mean" and fact.side == "left"]
    copy = inert.copy(page, spot(age))
    assert (copy.marked, marked(copy)) == (True, "46")


def test_no_address_stands_in_a_style():
    styles = "display:grid;grid-template-columns:url(//x.example/y)", "grid-column:1/*x*/", "display:grid;grid-column:1 / 3"
    page = as_html(SEED).replace(b"</body>", "".join(f'<div style="{style}">a</div>' for style in styles).encode() + b"</body>")
    found = re.findall(r' style="([^"]*)"', inert.copy(page_of(SEED, page), Spot(0, 0, 0, 0, "")).html)
    assert found[-2:] == ["display:grid", "display:grid;grid-column:1 / 3"]
