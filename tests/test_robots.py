"""robots.txt: what it allows, and what its absence does."""

import time
from collections.abc import Sequence

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper import robots
from scraper.addresses import Anywhere
from scraper.fetcher import Fetcher
from scraper.hosts import Hosts
from scraper.http import Client, Outcome, Response
from scraper.visits import Visit
from tests.web import FakeTime, Net
from tests.world import SEED_BODY, A, B, World, at


def rules(text: str | bytes) -> robots.Rules:
    body = text if isinstance(text, bytes) else text.encode()
    return robots.rules(Response(f"{A}/robots.txt", "ok", 200, body=body))


def allowed(text: str | bytes, path: str = "/page") -> bool:
    return rules(text).denial(A + path) is None


def visits(pages: dict, urls: Sequence[str], allow: Sequence[str] = ("a.example", "b.example")) -> tuple[list[Visit], Net]:
    """The visits of pages, and what was asked for them."""
    time = FakeTime()
    net = Net(time, pages)
    with Client("careerscape/test", Anywhere(), net) as client:
        fetcher = Fetcher(client, Hosts(allow, 0), time.clock)
        return [fetcher.fetch(url) for url in urls], net


# --- what a file says -------------------------------------------------------------------------------------------------

SAID = {
    "User-agent: *\nDisallow: /": False,
    "User-agent: *\nDisallow:": True,
    "User-agent: *\nDisallow: /page": False,
    "User-agent: *\nDisallow: /pa*e$": False,
    "User-agent: *\nDisallow: /pa*x": True,
    "User-agent: *\nDisallow: /\nAllow: /page": True,
    "User-agent: *\nAllow: /\nDisallow: /page": False,
    "User-agent: *\nDisallow: /page\nAllow: /page": True,
    "Disallow: /": True,
    "": True,
    "<!doctype html><p>no such page": True,
    # whose group it is
    "User-agent: *\nDisallow: /\n\nUser-agent: careerscape\nDisallow: /other": True,
    "User-agent: careerscape\nDisallow: /\n\nUser-agent: *\nDisallow:": False,
    "User-agent: CareerScape/2.0 # us\nDisallow: /": False,
    "User-agent: a\nUser-agent: careerscape\nDisallow: /page": False,
    "User-agent: careerscape\nDisallow: /x\n\nUser-agent: careerscape\nDisallow: /page": False,
    "User-agent: career\nDisallow: /": True,
    "User-agent: careers\nAllow: /\n\nUser-agent: *\nDisallow: /": False,
    "User-agent: careerscapes\nDisallow: /": True,
    "User-agent: somebody-else\nDisallow: /": True,
    "user-agent : *\ndisallow : /page": False,
    "useragent *\ndisallow /page": False,
    # how it is written
    "\ufeffUser-agent: *\r\nDisallow: /page\r\n": False,
    "User-agent: *\rDisallow: /page\r": False,
    "User-agent: *\nDis\0allow: /pa\0ge\n": False,
    "User-agent: *  # all\n  Disallow: /page  # this\n": False,
}


@pytest.mark.parametrize(("text", "expected"), SAID.items())
def test_a_file_allows_what_it_says(text: str, expected: bool):
    assert allowed(text) is expected


def test_bytes_that_are_no_text_harm_no_other_line():
    assert not allowed(b"# caf\xe9 \xff\xfe\nUser-agent: *\nDisallow: /caf\xe9\nDisallow: /page")
    assert not allowed("User-agent: *\nDisallow: /page".encode("utf-16"))


def test_escapes_are_compared_as_what_they_stand_for():
    assert not allowed("User-agent: *\nDisallow: /b%C3%BCcher", "/b\u00fccher/x")
    assert not allowed("User-agent: *\nDisallow: /b\u00fccher", "/b%c3%bccher/x")


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("5", 5), ("0.5", 0.5), ("1e3", 1000), ("99999999999", 99_999_999_999), ("", None), ("-5", None), ("nan", None),
     ("inf", None), ("soon", None)],
)  # fmt: skip
def test_a_crawl_delay_is_a_number_of_seconds_or_none(line: str, seconds: float | None):
    assert rules(f"User-agent: *\nCrawl-delay: {line}\n").crawl_delay_s == seconds


def test_the_crawl_delay_of_our_own_group_counts():
    text = "User-agent: *\nCrawl-delay: 9\n\nUser-agent: careerscape\nCrawl-delay: 2\n"
    assert rules(text).crawl_delay_s == 2


# --- size -------------------------------------------------------------------------------------------------------------

RULE = b"User-agent: *\nDisallow: /page\n"


@pytest.mark.parametrize(("before", "expected"), [(511_000, False), (512_000 - len(RULE), False), (512_000, True)])
def test_500_kib_are_read_and_no_more(before: int, expected: bool):
    body = b"#" * (before - 1) + b"\n" + RULE + b"#" * 10_000_000
    (visit,), net = visits({f"{A}/robots.txt": body, f"{A}/page": b"<p>"}, [f"{A}/page"])
    assert visit.outcome == ("ok" if expected else "robots_denied")
    assert len(net.asked) == 1 + expected


def test_a_line_that_is_cut_says_nothing():
    head = b"User-agent: *\nAllow: /p\n"
    for last in (b"Disallow: /page", b"Disallow: /page-of-others"):
        body = head + b"#" * (512_000 - len(head) - len(b"Disallow: /page") - 1) + b"\n" + last
        assert allowed(body[: robots.MAX_BYTES + 1]) is (last != b"Disallow: /page")


def test_a_file_of_many_groups_and_rules_is_soon_read():
    groups = b"".join(b"User-agent: a%d\n" % n for n in range(14_000))
    text = groups + b"".join(b"Disallow: /*x%d\n" % n for n in range(12_000)) + RULE
    start = time.process_time()
    found = rules(text)
    assert [found.denial(f"{A}/{'x' * 1900}{n}") for n in range(3)] == [None] * 3
    assert found.denial(f"{A}/page") == "robots_denied"
    assert time.process_time() - start < 3


# --- the file that is not there ---------------------------------------------------------------------------------------

ABSENT: dict[str, tuple[object, Outcome]] = {
    **{str(code): ((code, {}), "ok") for code in (400, 401, 403, 404, 410, 418, 451)},
    **{str(code): ((code, {}), "robots_unreadable") for code in (202, 304, 500, 502, 503)},
    "429": ((429, {}), "rate_limited"),
    "503 later": ((503, {"retry-after": "90"}), "rate_limited"),
    "challenge": ((403, {"cf-mitigated": "challenge"}), "robots_unreadable"),
    "timeout": (httpx.ReadTimeout("slow"), "robots_unreadable"),
    "reset": (httpx.ReadError("reset"), "robots_unreadable"),
    "refused": (httpx.ConnectError("refused"), "robots_unreadable"),
    "no http": (httpx.RemoteProtocolError("what"), "robots_unreadable"),
    "loop": ((302, {"location": "/robots.txt"}), "robots_unreadable"),
    "elsewhere": ((302, {"location": "http://c.example/robots.txt"}), "robots_unreadable"),
    "encoding": ((200, {"content-encoding": "br"}), "robots_unreadable"),
    "empty": (b"", "ok"),
}


@pytest.mark.parametrize("case", ABSENT)
def test_a_file_that_cannot_be_had_denies_all_and_one_that_does_not_exist_nothing(case: str):
    answer, outcome = ABSENT[case]
    found, net = visits({f"{A}/robots.txt": answer, f"{A}/page": b"<p>", f"{A}/more": b"<p>"}, [f"{A}/page", f"{A}/more"])
    assert [visit.outcome for visit in found] == [outcome] * 2
    pages = [url for url in net.urls if not url.endswith("/robots.txt")]
    assert pages == ([f"{A}/page", f"{A}/more"] if outcome == "ok" else [])
    assert all(visit.detail for visit in found)
    if outcome != "rate_limited":
        assert net.urls.count(f"{A}/robots.txt") == 1, "once a host a run"


@pytest.mark.parametrize(("hops", "outcome"), [(5, "robots_denied"), (6, "robots_unreadable")])
def test_five_redirects_are_followed_to_other_hosts_as_well(hops: int, outcome: str):
    chain = {f"{B}/{n}": (301, {"location": f"/{n + 1}"}) for n in range(1, hops)}
    pages = {f"{A}/robots.txt": (301, {"location": f"{B}/1"}), **chain, f"{B}/{hops}": RULE}
    (visit,), net = visits(pages, [f"{A}/page"])
    assert visit.outcome == outcome
    assert len(net.asked) == 6


def test_the_file_of_every_host_on_the_way_is_asked():
    pages = {
        f"{A}/page": (302, {"location": f"{B}/page"}),
        f"{A}/free": (302, {"location": f"{B}/free"}),
        f"{B}/robots.txt": RULE,
        f"{B}/free": b"<p>",
    }
    found, net = visits(pages, [f"{A}/page", f"{A}/free", f"{B}/page"])
    assert [visit.outcome for visit in found] == ["robots_denied", "ok", "robots_denied"]
    assert net.urls == [f"{A}/robots.txt", f"{A}/page", f"{B}/robots.txt", f"{A}/free", f"{B}/free"]


def test_http_and_https_have_a_file_each():
    pages = {f"{A}/robots.txt": RULE, "https://a.example/page": b"<p>"}
    found, _ = visits(pages, [f"{A}/page", "https://a.example/page"])
    assert [visit.outcome for visit in found] == ["robots_denied", "ok"]


def test_a_host_that_asks_for_a_pause_instead_is_asked_once_more():
    pages = {f"{A}/robots.txt": [(429, {"retry-after": "5"}), RULE]}
    found, net = visits(pages, [f"{A}/page", f"{A}/page"])
    assert [(visit.outcome, visit.wait_s) for visit in found] == [("rate_limited", 5), ("robots_denied", None)]
    assert net.asked == [(f"{A}/robots.txt", 0), (f"{A}/robots.txt", 5)]


# --- how long a file is kept ------------------------------------------------------------------------------------------


def asked_after(answers: list[object], waits: Sequence[float]) -> tuple[list[Outcome], list[int]]:
    """The outcomes of a page that is fetched at once and after each wait, and how often robots.txt was asked for by then."""
    time = FakeTime()
    net = Net(time, {f"{A}/robots.txt": answers, f"{A}/page": b"<p>"})
    outcomes, counts = [], []
    with Client("careerscape/test", Anywhere(), net) as client:
        fetcher = Fetcher(client, Hosts(("a.example",), 0), time.clock)
        for wait in (0.0, *waits):
            time.seconds += wait
            outcomes.append(fetcher.fetch(f"{A}/page").outcome)
            counts.append(net.urls.count(f"{A}/robots.txt"))
    return outcomes, counts


def test_a_file_is_kept_for_24_hours_of_a_run_and_no_longer():
    found = asked_after([b"", RULE, (404, {})], [86_399, 1, 86_399, 1])
    assert found == (["ok", "ok", "robots_denied", "robots_denied", "ok"], [1, 1, 2, 2, 3])


@pytest.mark.parametrize("answer", [(500, {}), httpx.ReadTimeout("slow"), (302, {"location": "/robots.txt"})])
def test_a_file_that_could_not_be_had_is_asked_for_again_after_ten_minutes(answer: object):
    found = asked_after([answer, b""], [599, 2])
    assert found == (["robots_unreadable", "robots_unreadable", "ok"], [1, 1, 2])


def test_a_file_that_cannot_be_had_any_more_denies_although_it_allowed_before():
    assert asked_after([b"", (503, {}), b""], [86_401, 601])[0] == ["ok", "robots_unreadable", "ok"]


KEPT = {
    # the first answer, the days until the next run, whether robots.txt is asked for again
    "a file": (b"", 0.9, False),
    "a file of yesterday": (b"", 1.1, True),
    "no file": ((404, {}), 0.9, False),
    "no file yesterday": ((404, {}), 1.1, True),
    "one that could not be had": ((500, {}), 0.01, True),
    "a host that asks to wait": ((429, {"retry-after": "300"}), 0.01, True),
}


@pytest.mark.parametrize("case", KEPT)
def test_a_file_is_kept_from_run_to_run(world: World, case: str):
    answer, days, again = KEPT[case]
    world.pages = {f"{A}/robots.txt": [answer, (404, {})], at(A): SEED_BODY}
    world.scrape(at(A))
    world.pages[f"{A}/robots.txt"] = (404, {})
    world.pass_days(days)
    assert world.scrape(at(A), refresh=True).exit_code == 0
    assert (f"{A}/robots.txt" in world.net.urls) == again


def test_what_a_kept_file_denies_is_denied_in_the_next_run(world: World):
    private, hosts = at(A), [f"{A}/robots.txt"]
    world.pages = {f"{A}/robots.txt": f"User-agent: *\nCrawl-delay: 9\nDisallow: {private[len(A) :]}".encode()}
    world.pages |= {private: SEED_BODY, f"{A}/x": b"<p>x"}
    assert (world.scrape(private).exit_code, world.net.urls) == (69, hosts)
    assert (world.scrape(private).exit_code, world.net.urls) == (69, [])
    world.scrape(f"{A}/x")
    assert world.says("SELECT delay_s, delay_reason FROM request WHERE url = ?", f"{A}/x") == [(9, "Crawl-delay")]
    assert world.says("SELECT DISTINCT robots_rule FROM request WHERE url = ?", private) == [(f"Disallow: {private[len(A) :]}",)]


def test_a_clock_that_was_set_back_keeps_no_file_longer(world: World):
    world.pages = {at(A): SEED_BODY}
    world.pass_days(400)
    world.scrape(at(A))
    world.pass_days(-300)
    world.scrape(at(A), refresh=True)
    assert f"{A}/robots.txt" in world.net.urls
    world.pass_days(0.1)
    world.scrape(at(A), refresh=True)
    assert f"{A}/robots.txt" not in world.net.urls


# --- which line decides -----------------------------------------------------------------------------------------------

DECIDING = {
    "User-agent: *\nDisallow: /p\nAllow: /page": "Allow: /page",
    "User-agent: *\nDisallow: /page\nAllow: /p": "Disallow: /page",
    "User-agent: *\nDisallow: /page\nAllow: /page": "Allow: /page",
    "User-agent: *\nDisallow: /\nDisallow: /pa\nDisallow: /page/x": "Disallow: /pa",
    "User-agent: *\nDisallow: /*e$\nAllow: /pa": "Disallow: /*e$",
    "User-agent: *\nDisallow: /page # not this one\n# Allow: /page": "Disallow: /page",
    "user-AGENT: *\n  DISALLOW :  /page  ": "Disallow: /page",
    "User-agent: *\nDisallow: /p%61ge": "Disallow: /p%61ge",
    "User-agent: *\nDisallow: /page\n\nUser-agent: careerscape\nAllow: /pag": "Allow: /pag",
    "User-agent: careerscape\nDisallow: /p\n\nUser-agent: *\nDisallow: /page": "Disallow: /p",
    "User-agent: other\nUser-agent: careerscape\nDisallow: /pag\n\nUser-agent: *\nDisallow: /page": "Disallow: /pag",
    "User-agent: careerscape\nDisallow: /p\n\nUser-agent: a\nDisallow: /page\n\nUser-agent: careerscape/2\nDisallow: /pa":
        "Disallow: /pa",
    "User-agent: *\nCrawl-delay: 3\nDisallow: /page": "Disallow: /page",
    "User-agent: other\nDisallow: /page": "no rule",
    "User-agent: *\nDisallow:\nAllow: /other": "no rule",
    "User-agent: *\nDisallow: /other": "no rule",
    "": "no rule",
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), DECIDING.items())
def test_the_line_that_decides_is_named(text: str, line: str):
    found = rules(text)
    assert found.rule(f"{A}/page") == line
    assert (found.denial(f"{A}/page") is not None) == line.startswith("Disallow")


PATTERNS = st.lists(
    st.tuples(st.sampled_from(["Allow", "Disallow"]), st.text("abc/*$", min_size=1, max_size=5).map(lambda t: f"/{t}")),
    max_size=6,
)


@given(lines=PATTERNS, path=st.text("abc/", max_size=5))
def test_the_line_that_is_named_exists_and_decides_as_the_file_does(lines: list[tuple[str, str]], path: str):
    written = [f"{kind}: {pattern}" for kind, pattern in lines]
    found = rules("\n".join(["User-agent: *", *written]))
    url = f"{A}/{path}"
    line = found.rule(url)
    assert line in (*written, "no rule")
    assert (found.denial(url) is not None) == line.startswith("Disallow")


ELSEWHERE = {
    "no robots.txt (HTTP 404)": (404, {}),
    "robots.txt: server_error, HTTP 500": (500, {}),
    "robots.txt: HTTP 429": (429, {}),
}


@pytest.mark.parametrize(("said", "answer"), ELSEWHERE.items())
def test_where_there_is_no_line_it_is_said_where_the_decision_comes_from(said: str, answer: object):
    (visit,), _ = visits({f"{A}/robots.txt": answer, f"{A}/page": b"<p>"}, [f"{A}/page"])
    assert [(hop.url, hop.robots_rule) for hop in visit.hops] == [(f"{A}/robots.txt", ""), (f"{A}/page", said)]
