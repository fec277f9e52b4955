"""Pages that come with status 200 instead of a comparison, and pages that only look a little like them."""

import re
import time
from itertools import cycle, product

import pytest

from normalize.claims import Note
from normalize.facts import Reading
from normalize.findings import CODES
from scraper import parsing, readers, walls, wire
from scraper.document import Document, Heading, Items, Paragraph, Table
from tests.figures import MARKUPS, OVERVIEW, SEED, Figures, as_html, found, real_pages
from tests.walls import BANNER, CAPTCHA, FOOT, HONEST, LOGIN, NAV, URL, WALLS, Page, page

IN_HEAD = (
    '<script src="https://js.datadome.co/tags.js"></script><script>window._pxAppId="PX1";window.__cmp={}</script>'
    '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
    "<script>window._cf_chl_opt={};window.gokuProps={}</script>",
    '<meta http-equiv="refresh" content="300"><meta name="robots" content="noindex">',
)
AT_THE_TOP = (
    NAV,
    BANNER,
    LOGIN,
    "<p>The site is closed for planned maintenance on Sunday. We will be back soon.</p>",
    "<h1>Checking your browser</h1><p>Please verify that you are human.</p>",
    '<div role="alert">Access denied? You have been blocked? Write to us.</div><noscript>Please enable JavaScript.</noscript>',
)
AT_THE_END = (
    FOOT,
    CAPTCHA,
    "<footer><p>Page not found? This page does not exist any more? Tell us.</p></footer>",
    '<div class="gate"><h2>Sign up to keep reading</h2><p>Create a free account to see the full comparison.</p></div>',
    '<div id="px-captcha"></div><iframe src="/_Incapsula_Resource?CWUDNSAI=18"></iframe>',
)
TITLES = ("", "Just a moment...", "404 Not Found", "Before you continue", "Sign in", "503 Service Unavailable", "Access Denied")
SALTS = list(product(IN_HEAD, AT_THE_TOP, AT_THE_END))


def salted(body: bytes, head: str, top: str, end: str, title: str) -> bytes:
    text = body.decode()
    assert text.count("<body>") == text.count("</body>") == 1
    text = text.replace("<body>", f"<body>{top}").replace("</body>", f"{end}</body>").replace("</head>", f"{head}</head>")
    return (re.sub("<title>.*</title>", f"<title>{title}</title>", text) if title else text).encode()


def parse(said: Page) -> Reading:
    return parsing.parse(said.body, said.media_type, "", URL)


def name_of(said: Page) -> str:
    return f"{said.code}: {said.name}"


@pytest.mark.parametrize("wall", WALLS, ids=name_of)
def test_a_wall_is_recognised(wall: Page):
    reading = parse(wall)
    assert (reading.outcome, [f.code for f in reading.findings]) == ("rejected", [wall.code])
    assert len(reading.findings[0].message) > len(CODES[wall.code][1]) + 2


@pytest.mark.parametrize("wall", [wall for wall in WALLS if wall.media_type == "text/html"], ids=name_of)
def test_a_wall_is_recognised_within_the_frame_of_the_site(wall: Page):
    framed = salted(wall.body, "", NAV, CAPTCHA + FOOT, "")
    assert [f.code for f in parsing.parse(framed, "text/html", "", URL).findings] == [wall.code]


@pytest.mark.parametrize("honest", HONEST, ids=name_of)
def test_another_page_is_no_wall(honest: Page):
    assert [f.code for f in parse(honest).findings] == ["no_comparison"]


def test_there_are_enough_pages():
    assert len(WALLS) >= 40
    assert {wall.code for wall in WALLS} == set(walls.CODES)
    assert len(HONEST) >= 30


JOBS = (
    "Security Guard", "Site Maintenance Technician", "Maintenance Worker", "Firewall Engineer", "Lost and Found Clerk",
    "Automated Teller Machine Technician", "Error Analyst", "Technical Problem Solver", "Registration Clerk", "Cookie Decorator",
    "Login Support Agent", "Security Checkpoint Officer", "Access Control Specialist", "Verification Engineer", "Server",
    "Crew Member", "Membership Coordinator", "Subscription Manager", "Deployment Engineer", "Robot Technician", "Queue Manager",
    "Consent Coordinator", "Privacy Officer", "Bot Developer", "Human Resources Manager", "Page Designer", "Closed Captioner",
    "Warning Coordination Meteorologist", "Network Engineer", "Gateway Operator", "Sign Painter", "Content Moderator",
)  # fmt: skip


TOPICS = ("", " trends", " salary", " skills", " jobs", ": outlook", " - demographics")
FRAMES = ("{page}", "{nav}{banner}{page}{foot}", "{login}{page}{captcha}")


@pytest.mark.parametrize("job", JOBS)
def test_the_name_of_a_job_makes_no_wall(job: str):
    for topic, frame in product(TOPICS, FRAMES):
        said = f"<h1>{job}{topic}</h1><p>Here is what we know about the work of a {job.lower()}.</p>"
        body = page(f"{job}{topic} | zippia", frame.replace("{page}", said))
        assert walls.recognise(readers.read(body, "text/html")) is None, (topic, frame)


def good_pages() -> list[tuple[str, Figures, str]]:
    figures = [SEED, OVERVIEW, *real_pages()[:40]]
    return [(markup, one, f"{number} in {markup}") for markup in MARKUPS for number, one in enumerate(figures)]


def test_a_comparison_is_never_taken_for_a_wall():
    """More than 200 comparisons with what walls say and hold beside their tables: each is read as the page without it."""
    salts, titles, seen = cycle(SALTS), cycle(TITLES), 0
    html = [(markup, one, name) for markup, one, name in good_pages() if MARKUPS[markup][0] == "text/html"]
    for markup, one, name in html * (1 + 240 // len(html)):
        body = MARKUPS[markup][1](one)
        plain = parsing.parse(body, "text/html", "", one.url)
        mixed = parsing.parse(salted(body, *next(salts), next(titles)), "text/html", "", one.url)
        assert mixed.outcome == plain.outcome != "rejected", name
        assert (found(mixed), mixed.parts) == (found(plain), plain.parts), name
        assert [f.code for f in mixed.findings] == [f.code for f in plain.findings], name
        seen += 1
    assert seen > 200


@pytest.mark.parametrize("markup", ["text", "markdown"])
def test_a_comparison_in_extracted_text_is_never_taken_for_a_wall(markup: str):
    for one in (SEED, OVERVIEW):
        body = MARKUPS[markup][1](one)
        plain = parsing.parse(body, "text/plain", "", one.url)
        for wall in WALLS:
            if wall.media_type == "text/plain":
                mixed = parsing.parse(wall.body + b"\n" + body + b"\n\n" + wall.body, "text/plain", "", one.url)
                assert (mixed.outcome, found(mixed)) == (plain.outcome, found(plain)), wall.name


def test_a_comparison_of_other_jobs_stays_one_whatever_it_says():
    body = salted(as_html(SEED), IN_HEAD[1], AT_THE_TOP[4], AT_THE_END[3], "Access Denied")
    assert [f.code for f in parsing.parse(body, "text/html", "", OVERVIEW.url).findings] == ["other_jobs"]


def test_an_address_of_another_shape_decides():
    body = page("Access Denied", "<h1>Access Denied</h1>")
    assert parsing.parse(body, "text/html", "", "https://www.zippia.com/about").findings[0].code == "unknown_url_shape"


def test_the_message_tells_what_was_seen():
    (finding,) = parsing.parse(page("Page not found", ""), "text/html", "", URL).findings
    assert (finding.severity, finding.message) == ("error", f"{CODES['soft_404'][1]}: Page not found")
    (finding,) = parsing.parse(page("", '<iframe src="/_sec/cp_challenge/a.htm"></iframe>'), "text/html", "", URL).findings
    assert finding.message == f"{CODES['challenge'][1]}: in its markup: /_sec/cp_challenge"
    cut = parsing.parse(page("Page not found", "<p>There is")[:-20], "text/html", "", URL).findings[0].message
    assert cut.endswith("; it ends before it is complete")


# --- the markup ------------------------------------------------------------------------------------------------------


def test_marks_are_looked_for_where_there_is_little_text():
    challenge = '<script src="https://ct.captcha-delivery.com/c.js"></script>'
    assert readers.read(page("x", challenge), "text/html").marks == ("captcha", "captcha-delivery.com")
    bread = "<p>Bread needs flour, water, salt, time and an oven.</p>" * 300
    assert readers.read(page("x", challenge + bread), "text/html").marks == ()
    assert readers.read(b"captcha-delivery.com", "text/plain").marks == ()


@pytest.mark.parametrize("filler", ["<p>{}</p>", "<table><tr><td>{}</td></tr></table>"])
def test_marks_in_the_markup_of_a_page_with_content_mean_nothing(filler: str):
    body = filler.format("The day begins at two in the morning, when the ovens are lit. " * 40)
    assert walls.recognise(readers.read(page("A day", "<script>_cf_chl_opt={}</script>" + body), "text/html")) is None


@pytest.mark.parametrize("code", walls.CODES)
def test_a_form_takes_bounded_time(code: str):
    """Every gap of a form is bounded, it takes no empty text, and it asks for no capital; marks are compared with lower case."""
    for key, forms in walls._data()[code].items():
        for form in forms:
            if key in ("marks", "widgets"):
                assert form == form.lower()
                assert len(form) > 3
            else:
                assert not re.search(r"(?<!\\)[.\]][*+]|\{\d+,\}", form), form
                assert not re.compile(form).fullmatch(""), form
                assert form == form.casefold(), form


HUGE = {
    "a menu": Document("", (Items(("Baker jobs", "Butcher jobs") * 200_000),)),
    "lines": Document("", tuple(Paragraph("the page you are not. ") for _ in range(100_000))),
    "headings": Document("", tuple(Heading(2, "page is not the page " * 60) for _ in range(50_000))),
    "a table": Document("", (Table((("", "it is"),) * 90_000),)),
    "one paragraph": Document("page is " * 100_000, (Paragraph("it seems your request " * 100_000),)),
    "a text that almost speaks": Document("it " * 4000, tuple(Paragraph("we and our 12 your page " * 60) for _ in range(5))),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_page_is_judged_in_no_time(name: str):
    walls.recognise(Document("", ()))
    start = time.process_time()
    walls.recognise(HUGE[name])
    assert time.process_time() - start < 1


# --- noarchive -------------------------------------------------------------------------------------------------------

META = '<meta name="{}" content="{}">'
COMPARISON = as_html(OVERVIEW).decode()


@pytest.mark.parametrize(
    ("name", "content", "asked"),
    [
        ("robots", "noarchive", True),
        ("ROBOTS", "NoIndex, NOARCHIVE", True),
        ("careerscape", "noarchive", True),
        (" robots ", "max-snippet:-1,noarchive,nofollow", True),
        ("robots", "noindex noarchive", True),
        ("robots", "none", False),
        ("robots", "noindex, nofollow", False),
        ("robots", "noarchives", False),
        ("otherbot", "noarchive", False),
        ("description", "noarchive", False),
        ("robots", "", False),
    ],
)
def test_a_page_that_wants_no_copy_shown_says_so(name: str, content: str, asked: bool):
    meta = META.format(name, content)
    for body in (COMPARISON.replace("<title>", meta + "<title>"), COMPARISON.replace("<h2>", meta + "<h2>", 1)):
        reading = parsing.parse(body.encode(), "text/html", "", OVERVIEW.url)
        assert reading.outcome == "complete"
        assert [(f.code, f.severity) for f in reading.findings if f.code != "converted"] == [("noarchive", "info")] * asked
        assert wire.unpack(wire.pack([reading])) == [reading]


@pytest.mark.parametrize(("url", "code"), [(URL, "soft_404"), ("https://www.zippia.com/about", "unknown_url_shape")])
def test_a_rejected_page_may_ask_too(url: str, code: str):
    body = page("Page not found", "", META.format("robots", "noarchive"))
    reading = parsing.parse(body, "text/html", "", url)
    assert [f.code for f in reading.findings] == [code, "noarchive"]
    assert wire.unpack(wire.pack([reading])) == [reading]


def test_the_wish_is_told_once():
    metas = META.format("robots", "noarchive") + META.format("careerscape", "noarchive")
    body = COMPARISON.replace("<title>", metas + "<title>").replace("<h2>", f"<h2>{metas}")
    trace = parsing.trace(body.encode(), "text/html", "", OVERVIEW.url)
    assert trace.claims.notes == (Note("noarchive", ""),)


def test_a_meta_element_in_a_cell_is_read_as_before():
    """Its content is drawn by nothing; the seam that it leaves keeps what stands around it apart."""
    body = b"<table><tr><td>a</td><td>4<meta itemprop=x content=y>2</td><td><meta hidden>5</td></tr></table>"
    (table,) = readers.read(body, "text/html").blocks
    assert isinstance(table, Table)
    assert table.rows == (("a", "4\n2", "5"),)
