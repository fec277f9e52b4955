"""Lists, pairs and links become canonical addresses; what cannot is named with its line, or left out."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize.errors import ConfigError, Rejected, UsageError
from normalize.folding import letters, name_keys
from scraper import discovery, parsing, sites
from scraper.discovery import Judged
from scraper.sandbox import Sandbox
from tests.figures import REAL_PAGES, SEED

ROOT = "http://127.0.0.1:8000"


@pytest.fixture
def usual_csv() -> Iterator[None]:
    """The limit of csv as Python has it: libraries of other tests change it."""
    found = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(found)


def page(left: str, right: str, root: str = ROOT) -> str:
    return f"{root}/{left}-jobs/{left}-vs-{right}-differences"


HERE, A, B = page("x", "y"), page("a", "z"), page("b", "z")
SITE = "https://www.zippia.com"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "list.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_addresses_are_judged_by_their_shape():
    urls = [f"{A}/", f"{ROOT}/about", B + "?x=1", A, "http://zippia.com/a-jobs/a-vs-z-differences", f"{ROOT}/about#us"]
    assert discovery.judge(urls) == Judged((A, B, page("a", "z", SITE)), (f"{ROOT}/about",))
    assert discovery.judge(["/a-jobs/a-vs-z-differences", B], f"{ROOT}/jobs/") == Judged((A, B), ())
    for url in ("/a", "", "http://[", "mailto:x@y.example"):
        with pytest.raises(UsageError):
            discovery.judge([A, url])


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n{B}\n",
        f"\ufeff{A}\r\n{B}",
        f"\ufeff{A}\r\n{B}".encode("utf-16-le"),
        f"# what to read\n\n  {A}/  # the first\n\t\n#{A}\n{B}#part\n{A}?again=1\n",
        f"{A}\r{B}\r",
    ],
)
def test_a_list_of_addresses(tmp_path: Path, text: str | bytes, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path, text)
    assert discovery.read_urls(path) == (A, B)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert discovery.read_urls(Path("-")) == (A, B)


@pytest.mark.parametrize("text", ["", "\n", "# nothing", "\ufeff"])
def test_a_list_may_be_empty(tmp_path: Path, text: str):
    assert discovery.read_urls(write(tmp_path, text)) == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{A}\n/a\n", "list.txt, line 2: '/a' is no http"),
        (f"{A}\r\n\r\n{B} {A}\r\n", "list.txt, line 3: "),
        ("ftp://x.example/", "list.txt, line 1: "),
        (f"{A}\x0b{B}", "list.txt, line 1: "),
        (f"{A}\0", "list.txt, line 1: "),
        ("left,right\na,b", "list.txt, line 1: "),
        (b"http://x.example/\xff", "list.txt is no text in UTF-8"),
    ],
)
def test_a_line_that_is_no_address_is_named(tmp_path: Path, text: str | bytes, place: str):
    with pytest.raises(UsageError, match=re.escape(place)):
        discovery.read_urls(write(tmp_path, text))


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_list_that_cannot_be_opened_is_named(tmp_path: Path, name: str):
    for read in (discovery.read_urls, lambda path: discovery.read_pairs(path, None, unknown)):
        with pytest.raises(UsageError, match=re.escape(f"{tmp_path / name}: ")):
            read(tmp_path / name)


# --- pairs ------------------------------------------------------------------------------------------------------------


def unknown(title: str) -> str | None:
    return None


def known(title: str) -> str | None:
    return {"Nurse": "registered-nurse"}.get(title)


@pytest.mark.parametrize(
    "text",
    [
        "left,right\nchef,line-cook\nNurse,Chef\n",
        "\ufeffLeft, RIGHT \r\nChef,Line Cook\r\nNurse,Chef\r\n",
        'n,right,note,left\n1,"Line Cook",x,"Chef"\n\n2,Chef,,Nurse',
        'left,right\n" Chef ","Line\nCook"\nNurse,chef\nCHEF,line  cook',
    ],
)
def test_pairs_of_titles_and_slugs(tmp_path: Path, text: str):
    pairs = (("chef", "line-cook"), ("registered-nurse", "chef"))
    path = write(tmp_path, text)
    assert discovery.read_pairs(path, None, known) == tuple(page(*pair, SITE) for pair in pairs)
    assert discovery.read_pairs(path, ROOT + "/", known) == tuple(page(*pair) for pair in pairs)
    assert discovery.read_pairs(path, "http://zippia.com", known) == tuple(page(*pair, SITE) for pair in pairs)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1: the first line has to be a header"),
        ("chef,cook\n", "line 1: the first line has to be a header"),
        ("left;right\nchef;cook", "line 1: the first line has to be a header"),
        ("left,right,left\na,b,c", "line 1: the first line has to be a header"),
        ("left,right\nchef,\n", "line 2: a cell is empty"),
        ("left,right\nchef,cook\n , cook\n", "line 3: a cell is empty"),
        ("left,right\nchef\n", "line 2: a cell is empty"),
        ("left,right\nchef,\u200b\n", "line 2: a cell is empty"),
        ("left,right\nChef,chef\n", "line 2: 'chef' is compared with itself"),
        ("left,right\nNurse,Registered Nurse\n", "line 2: 'registered-nurse' is compared with itself"),
        ("left,right\nchef,911\n", "line 2: '911' is no title: it has no letter"),
        ("left,right\nchef,-\n", "line 2: '-' is no title"),
        ("left,right\nchef,Повар\n", "line 2: 'Повар' has the letter"),
        ('left,right\nchef,"cook\n', "line 2: unexpected end of data"),
        ("left,right\nchef," + "x" * 3000, "is too long"),
        ("left,right\nchef," + "x" * 200_000, "line 2: field larger than field limit"),
    ],
)
@pytest.mark.usefixtures("usual_csv")
def test_a_pair_that_is_none_is_named(tmp_path: Path, text: str, place: str):
    with pytest.raises(UsageError, match=re.escape(place)) as refused:
        discovery.read_pairs(write(tmp_path, text), ROOT, known)
    assert "list.txt, line " in str(refused.value)


@pytest.mark.parametrize("slug", ["Chef", "a/b", "{right}", "é"])
def test_a_slug_that_no_address_takes_is_refused(tmp_path: Path, slug: str):
    path = write(tmp_path, "left,right\nchef,the odd one\n")
    with pytest.raises(UsageError, match="line 2: zippia has no address"):
        discovery.read_pairs(path, ROOT, lambda title: slug if "odd" in title else None)


@pytest.mark.parametrize("base", ["", "127.0.0.1:8000", "ftp://x.example", f"{ROOT}/jobs", f"{ROOT}/?x=1"])
def test_a_base_that_is_no_root_is_refused(tmp_path: Path, base: str):
    with pytest.raises(UsageError):
        discovery.read_pairs(write(tmp_path, "left,right\na,b\n"), base, unknown)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Certified Nurses' Aide", "certified-nurses-aide"),
        ("Certified Nurses’ Aide", "certified-nurses-aide"),
        ("Line Cook, Prep Cook", "line-cook-prep-cook"),
        ("Housekeeping/Laundry", "housekeeping-laundry"),
        ("2nd Grade Teacher", "2nd-grade-teacher"),
        ("Food & Beverage Manager", "food-and-beverage-manager"),
        ("R&D Engineer", "r-and-d-engineer"),
        ("C++ Developer", "c-plus-plus-developer"),
        ("C# Developer", "c-sharp-developer"),
        (".Net Developer", "net-developer"),
        ("Sr. Director", "sr-director"),
        ("Maître d'Hôtel", "maitre-dhotel"),
        ("Pâtissier – Café", "patissier-cafe"),
        ("Nurse (RN)", "nurse-rn"),
        ("Straße", "strasse"),
        ("  vice  president ", "vice-president"),
    ],
)
def test_a_title_becomes_a_slug(title: str, slug: str):
    assert discovery.slug(title) == slug
    assert letters(slug) in name_keys(title)


def test_wide_letters_are_letters():
    assert discovery.slug("ＣＨＥＦ ＆ Cook") == "chef-and-cook"


def test_the_slugs_of_real_titles():
    if not REAL_PAGES.exists():
        pytest.skip("the real pages are not here")
    jobs = [page[side] for page in map(json.loads, REAL_PAGES.read_text().splitlines()) for side in ("left", "right")]
    pairs = {job["title"]: job["slug"] for job in jobs} | {SEED.left: SEED.url.split("/")[3].removesuffix("-jobs")}
    assert len(pairs) > 25
    assert {title: discovery.slug(title) for title in pairs} == pairs


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(st.sampled_from("aBé9 '&+#/.,-–’ßİ"), max_size=20)))
def test_a_slug_is_its_own_slug_and_has_an_address(title: str):
    try:
        slug = discovery.slug(title)
    except UsageError:
        return
    assert discovery.slug(slug) == slug
    site = sites.load()[0]
    assert site.pair(site.path(slug, "other-job")) == (slug, "other-job")
    assert site.pair(site.path("other-job", slug)) == ("other-job", slug)


@pytest.mark.parametrize(
    "template",
    ["", "/", "/{left}-vs-{right}", "/{left}-jobs/{left}-vs-{left}-differences", "/{right}-jobs/{right}-vs-{left}-differences"],
)
def test_a_template_that_gives_another_page_is_refused(template: str):
    text = (Path(sites.__file__).parent / "zippia.toml").read_text()
    changed = re.sub(r"^page = .*", f'page = "{template}"', text, flags=re.MULTILINE)
    assert sites.parse("site.toml", text).pair("/a-jobs/a-vs-b-differences") == ("a", "b")
    with pytest.raises(ConfigError, match=r"site\.toml: no shape of `paths` takes"):
        sites.parse("site.toml", changed)


# --- links ------------------------------------------------------------------------------------------------------------


def a(href: str, more: str = "") -> str:
    return f'<a href="{href}"{more}>x</a>'


def links(text: str | bytes, media_type: str = "text/html", url: str = HERE, charset: str = "") -> tuple[str, ...]:
    return parsing.links(text.encode() if isinstance(text, str) else text, media_type, charset, url)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (a(B) + a(A) + a(B + "#top") + a(B + "/?x=1"), (B, A)),
        (a("/a-jobs/a-vs-z-differences") + a("../b-jobs/b-vs-z-differences"), (A, B)),
        (a("x-vs-z-differences") + a("//127.0.0.1:8000/a-jobs/a-vs-z-differences"), (page("x", "z"), A)),
        (f'<map><area href="{A}"></map><p>' + a(f" {B}\n") + f'<A HREF={page("c", "z")}>', (A, B, page("c", "z"))),
        (a(HERE) + a("#x") + a("") + a("?x") + a("x-vs-y-differences") + "<a href>", ()),
        (a("/about") + a("/a-jobs/") + a("mailto:x@y.example") + a("javascript:x") + a(A), (A,)),
        (a("http://[") + a("http://h:x/") + a("http://h/a b") + a(B), (B,)),
        (a(A.replace("8000", "8001")) + a(A.replace(":8000", "")) + a(page("a", "z", SITE)), ()),
        (a(A.replace("127.0.0.1", "localhost")), ()),
        (f'<base href="{ROOT}/b-jobs/">' + a("b-vs-z-differences"), (B,)),
        ('<base target=x><base href="/b-jobs/"><base href="/a-jobs/">' + a("b-vs-z-differences") + a("a-vs-z-differences"), (B,)),
        ('<base href="http://other.example/">' + a("/b-jobs/b-vs-z-differences") + a(A), (A,)),
        ('<base href="data:text/html,x">' + a("x-vs-z-differences"), (page("x", "z"),)),
        (a(A, " rel=nofollow") + a(B, ' rel="noopener NoFollow"') + a(page("c", "z"), ' rel="next"'), (page("c", "z"),)),
        (a(A, " rel=nofollow") + a(A), (A,)),
        ('<meta name=robots content="noindex">' + a(A), (A,)),
        ('<meta name=" ROBOTS " content="noindex,NOFOLLOW">' + a(A), ()),
        ('<meta name=robots content="none">' + a(A), ()),
        (a(A) + '<meta name=robots content="index, nofollow">', ()),
        ("<meta name=robots><meta content=none><!-- <meta name=robots content=none> -->" + a(A), (A,)),
        (f"<!-- {a(A)} --><script>'{a(A)}'</script><template>{a(A)}</template><p>{A}</p>" + a(B), (B,)),
        ("<p>" * 3000 + a(A), (A,)),
        (a(A) + f'<a href="{B}', (A,)),
        ("<?xml version='1.0'?><title/>" + a(A), (A,)),
        (a(A).replace("127", "&#49;27"), (A,)),
        ("".join(a(page(f"j{n}", "z")) for n in range(1500)), tuple(page(f"j{n}", "z") for n in range(1000))),
    ],
)  # fmt: skip
def test_the_links_of_a_page(text: str, found: tuple[str, ...]):
    assert links(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"See [b]({B}), [a](/a-jobs/a-vs-z-differences 'title') and [c](<{page('c', 'z')}>).", (B, A, page("c", "z"))),
        (f"{B}\nand <{A}>, ({page('c', 'z')}). *{page('d', 'z')}*", (B, A, page("c", "z"), page("d", "z"))),
        (f"| x | {A}|\n[{B}]({B}): {HERE}", (A, B)),
        ("[x](/about) http:// https://other.example/a-jobs/a-vs-z-differences ](", ()),
        (a(A), (A,)),
    ],
)
def test_the_links_of_a_text(text: str, found: tuple[str, ...]):
    assert links(text, "text/plain") == found


def test_the_links_of_a_site_on_its_other_host():
    url = "http://zippia.com/x-jobs/x-vs-y-differences/"
    text = a("/a-jobs/a-vs-z-differences") + a(page("x", "y", SITE)) + a("../b-vs-z-differences") + a(B)
    assert links(text, url=url) == (page("a", "z", SITE),)
    assert links(a(page("c", "z", "http://h.example")), url=page("x", "y", "https://h.example")) == ()


def test_the_charset_counts():
    assert links(a(A).encode("utf-16"), charset="utf-16") == (A,)
    assert links(("é" + a(A)).encode("latin-1")) == (A,)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [(b"", "text/html"), (b"%PDF-1.4", "text/html"), (b"\0" * 99, "text/html"), (b"x" * 99, "application/json"),
     (b"x" * (10 * 1024 * 1024 + 1), "text/html")],
)  # fmt: skip
def test_a_page_that_cannot_be_read_has_no_links(body: bytes, media_type: str):
    with Sandbox() as box:
        assert box.links(body, media_type, "", HERE) == ()
        assert box.links(a(A).encode(), "text/html", "", HERE) == (A,)


def test_a_fault_of_ours_is_not_taken_for_a_page_without_links():
    with Sandbox() as box, pytest.raises(Rejected, match="reader_fault"):
        box.links(a(A).encode(), "text/html", "", "http://[broken")


HOSTILE = {
    "links": b"<a href=/a>x</a>" * 600_000,
    "links that differ": b"".join(b"<a href=/%x>" % n for n in range(300_000)),
    "escapes": b"".join(b"<a href='/%%7e/../%x?b=1&a=%x'></a>" % (n, n) for n in range(250_000)),
    "rel": b"<a href=/a rel='" + b"x " * 4_000_000 + b"'>",
    "metas": b"<meta name=robots content=all>" * 300_000,
    "a base": b"<base href='" + b"/x" * 4_000_000 + b"'>" + b"<a href=x>" * 1000,
    "depth": b"<div>" * 1_900_000,
    "brackets": b"](" * 5_000_000,
    "addresses": b"http://x " * 1_100_000,
    "one address": b"http://" + b"x" * 10_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("media_type", ["text/html", "text/plain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_in_time(name: str, media_type: str):
    with Sandbox() as box:
        assert box.links(HOSTILE[name], media_type, "", HERE) == ()
        assert box.links(a(A).encode(), "text/html", "", HERE) == (A,)
