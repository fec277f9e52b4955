"""Pauses, hosts and redirects: when a request goes out, and whether it does."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize.errors import UsageError
from scraper import sites
from scraper.addresses import Anywhere, is_loopback
from scraper.fetcher import Fetcher
from scraper.hosts import Hosts
from scraper.http import Client
from scraper.politeness import LONGEST_HOLD_S, LONGEST_LATENCY_S, LONGEST_PENALTY_S, UNSAID_WAIT_S, Clock, Pace, retry_after_s
from scraper.visits import Visit
from tests.web import Exchange, FakeTime, Net, answer, redirect, serving, text

A, B = "http://a.example", "http://b.example"
SITE = "https://www.zippia.com"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = b"<p>page"


def visits(
    pages: dict, urls: Iterable[str], hosts: Hosts | None = None, takes_s: float = 0, deadline_s: float = 30
) -> tuple[list[Visit], Net]:
    """The visits of pages, and what was asked for them when."""
    time = FakeTime()
    net = Net(time, pages, takes_s)
    with Client("careerscape/test", Anywhere(), net) as client:
        fetcher = Fetcher(client, hosts or Hosts(("a.example", "b.example"), 2), time.clock, deadline_s=deadline_s)
        return [fetcher.fetch(url) for url in urls], net


def three(root: str) -> dict:
    return {f"{root}/{n}": PAGE for n in range(3)}


# --- pauses -----------------------------------------------------------------------------------------------------------


def test_a_pause_lasts_from_the_end_of_an_answer_to_the_next_request():
    found, net = visits(three(A), three(A), takes_s=1.5)
    assert [visit.outcome for visit in found] == ["ok"] * 3
    assert net.urls == [f"{A}/robots.txt", *three(A)]
    assert net.gaps == [2, 2, 2]


def test_each_host_has_its_own_pause():
    _, net = visits(three(A) | three(B), [f"{A}/0", f"{B}/0", f"{A}/1", f"{B}/1"])
    assert [at for _, at in net.asked] == [0, 2, 2, 4, 4, 6]


def test_a_redirect_waits_for_its_pause_as_well():
    pages = {f"{A}/0": (302, {"location": "https://a.example/1"}), "https://a.example/1": PAGE}
    (visit,), net = visits(pages, [f"{A}/0"])
    assert (visit.url, visit.requested) == ("https://a.example/1", f"{A}/0")
    assert [(hop.url, hop.outcome) for hop in visit.hops] == [
        (f"{A}/robots.txt", "not_found"),
        (f"{A}/0", "redirected"),
        ("https://a.example/robots.txt", "not_found"),
        ("https://a.example/1", "ok"),
    ]
    assert [at for _, at in net.asked] == [0, 2, 4, 6], "a host is one under both schemes"


DELAYS = [
    # --delay, Crawl-delay, pause at a host of a site file, at one that is only permitted
    (None, None, 5, 1),
    (0, None, 5, 0),
    (0.25, None, 5, 0.25),
    (9, None, 9, 9),
    (0, 3, 5, 3),
    (0, 8, 8, 8),
    (9, 8, 9, 9),
    (None, 600, 600, 600),
]


@pytest.mark.parametrize(("delay", "crawl_delay", "site", "other"), DELAYS)
def test_the_largest_of_all_that_ask_for_a_pause_counts(delay, crawl_delay, site, other):
    assert sites.load()[0].delay_s == 5
    said = b"" if crawl_delay is None else b"User-agent: *\nCrawl-delay: %d\n" % crawl_delay
    for root, pause in ((SITE, site), (A, other)):
        hosts = Hosts(("a.example", "www.zippia.com"), delay)
        _, net = visits(three(root) | {f"{root}/robots.txt": said}, three(root), hosts, takes_s=0.25)
        assert net.gaps == [max(pause, 0.25)] * 3


WHY: dict[str, tuple[str, dict, float | None, float, tuple[float, str]]] = {
    # root, answers, --delay, how long an answer takes, the pause before the last request and who asks for it
    "default": (A, {}, None, 0, (1, "default")),
    "flag": (A, {}, 3, 0, (3, "--delay")),
    "site": (SITE, {}, 0, 0, (5, "sites/zippia.toml")),
    "flag above the site": (SITE, {}, 6, 0, (6, "--delay")),
    "another port of the site": (f"{SITE}:8443", {}, 0, 0, (5, "sites/zippia.toml")),
    "crawl delay": (SITE, {"robots.txt": b"User-agent: *\nCrawl-delay: 7"}, 6, 0, (7, "Crawl-delay")),
    "request rate": (A, {"robots.txt": b"User-agent: *\nRequest-rate: 2/30s"}, 6, 0, (15, "Crawl-delay")),
    "the longer of both": (A, {"robots.txt": b"User-agent: *\nCrawl-delay: 2\nRequest-rate: 1/9"}, 1, 0, (9, "Crawl-delay")),
    "latency": (A, {"robots.txt": b"User-agent: *\nCrawl-delay: 3"}, 2, 7, (7, "latency")),
    "errors": (A, {"0": (500, {}), "1": (502, {})}, 1.5, 0, (2, "errors")),
    "a pause above errors": (A, {"0": (500, {}), "1": (502, {})}, 2.5, 0, (2.5, "--delay")),
    "retry after": (A, {"1": (429, {"retry-after": "50"})}, 2, 0, (50, "Retry-After")),
    "a pause above retry after": (A, {"1": (503, {"retry-after": "3"})}, 9, 0, (9, "--delay")),
}


@pytest.mark.parametrize("case", WHY)
def test_each_request_says_which_pause_was_in_force_and_why(case: str):
    root, answers, delay, takes_s, expected = WHY[case]
    pages = three(root) | {f"{root}/{name}": said for name, said in answers.items()}
    hosts = Hosts(("a.example", "www.zippia.com"), delay)
    found, net = visits(pages, three(root), hosts, takes_s)
    hop = found[-1].hops[-1]
    assert (hop.url, hop.delay_s, hop.delay_reason) == (f"{root}/2", *expected)
    assert net.gaps[-1] >= expected[0]


def test_the_pause_follows_the_time_that_a_host_takes():
    time = FakeTime()
    pace = Pace(time.clock)
    told = []
    for took in (0.4, 0.8, 0.8, 200.0, 200.0, 0.0, 0.0):
        pace.answered("a", took, well=True)
        told.append(pace.delay("a")[0])
    assert told == pytest.approx([0.4, 0.6, 0.7, LONGEST_LATENCY_S, LONGEST_LATENCY_S, 15, 7.5])
    assert pace.delay("b") == (0, "")


def test_trouble_doubles_the_pause_and_each_answer_halves_it():
    pace = Pace(FakeTime().clock)
    pace.floor("a", 1.5, "--delay")
    told = []
    for well in (False,) * 8 + (True,) * 7:
        pace.answered("a", 0, well)
        told.append(pace.delay("a"))
    assert [seconds for seconds, _ in told[:8]] == [1.5, 2, 4, 8, 16, 32, LONGEST_PENALTY_S, LONGEST_PENALTY_S]
    assert told[8:] == [(30, "errors"), (15, "errors"), (7.5, "errors"), (3.75, "errors"), (1.875, "errors"),
                        (1.5, "--delay"), (1.5, "--delay")]  # fmt: skip


@pytest.mark.parametrize("asked", ["601", "86400", "1e300"])
def test_a_crawl_delay_that_no_run_can_keep_leaves_the_host_alone(asked: str):
    found, net = visits({f"{A}/robots.txt": f"User-agent: *\nCrawl-delay: {asked}".encode()}, [f"{A}/0", f"{A}/1"])
    assert [(visit.outcome, visit.wait_s) for visit in found] == [("rate_limited", min(float(asked), LONGEST_HOLD_S))] * 2
    assert net.urls == [f"{A}/robots.txt"]
    assert net.time.seconds == 0


@pytest.mark.alone
def test_pauses_are_kept_to_the_eye_of_the_server():
    def slow(exchange: Exchange) -> None:
        exchange.send(answer(b"", content_length="7"))
        time.sleep(0.15)
        exchange.send(PAGE)

    pages = {"/robots.txt": text(b"User-agent: *\nCrawl-delay: 0.15"), "/0": redirect("/1"), "/1": slow, "/2": slow}
    with serving(pages) as web, Client("careerscape/test", Anywhere()) as client:
        fetcher = Fetcher(client, Hosts((web.host,), 0), Clock())
        found = [fetcher.fetch(web.root + path) for path in ("/0", "/2")]
    assert [visit.outcome for visit in found] == ["ok", "ok"]
    assert web.paths == ["/robots.txt", "/0", "/1", "/2"]
    assert all(0.15 <= gap < 0.45 for gap in web.gaps), web.gaps


# --- a host that asks to wait -----------------------------------------------------------------------------------------

WAITS = [
    ("120", 120), (" 7 ", 7), ("0", 0), ("99999999999999999999", LONGEST_HOLD_S), ("Thu, 01 Jan 2026 00:01:30 GMT", 90),
    ("Thursday, 01-Jan-26 00:01:30 GMT", 90), ("Thu, 01 Jan 2026 02:01:30 +0200", 90), ("Wed, 31 Dec 2025 23:59:59 GMT", 0),
    ("Fri, 01 Jan 9999 00:00:00 GMT", LONGEST_HOLD_S), ("", UNSAID_WAIT_S), ("soon", UNSAID_WAIT_S), ("-5", UNSAID_WAIT_S),
    ("1.5", 2), ("+90", 90), ("120, 90", 120), ("1.5.2", UNSAID_WAIT_S), ("-5", UNSAID_WAIT_S),
    ("\u0661\u0662", UNSAID_WAIT_S), ("Thu, 41 Jan 2026 00:00:00 GMT", UNSAID_WAIT_S),
    ("21 Oct 99999999999 07:28:00", UNSAID_WAIT_S),
]  # fmt: skip


@pytest.mark.parametrize(("value", "seconds"), WAITS)
def test_retry_after_in_seconds_or_as_a_date(value: str, seconds: float):
    assert retry_after_s(value, NOW) == seconds


@settings(max_examples=50)
@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,12} \d+:\d+:\d+ [+-]?\w{1,9}"))
def test_no_retry_after_is_too_odd(value: str):
    assert 0 <= retry_after_s(value, NOW) <= LONGEST_HOLD_S


def test_a_host_is_asked_again_when_its_time_has_come_and_not_before():
    pages = {f"{A}/0": [(429, {"retry-after": "50"}), PAGE]}
    found, net = visits(pages, [f"{A}/0", f"{A}/0"])
    assert [(visit.outcome, visit.wait_s) for visit in found] == [("rate_limited", 50), ("ok", None)]
    assert net.gaps == [2, 50]


def test_a_host_that_asks_for_longer_is_asked_nothing_more_not_even_by_a_redirect():
    pages = {f"{B}/0": (503, {"retry-after": "3600"}), f"{A}/0": (302, {"location": f"{B}/1"}), f"{A}/1": PAGE}
    found, net = visits(pages, [f"{B}/0", f"{A}/0", f"{A}/1", f"{B}/2"])
    assert [visit.outcome for visit in found] == ["rate_limited", "rate_limited", "ok", "rate_limited"]
    assert [visit.wait_s and visit.wait_s > 3500 for visit in found] == [True, True, None, True]
    assert net.urls.count(f"{B}/0") == sum(url.startswith(f"{B}/") for url in net.urls) - 1
    assert net.time.seconds < 60


# --- redirects --------------------------------------------------------------------------------------------------------

REFUSED = [
    "http://c.example/", "https://c.example/", "//c.example/", "file:///etc/passwd", "ftp://a.example/", "data:text/html,x",
    "javascript:alert(1)", "http://", "http://[::1/", "http://a.example:99999/", "http://a.example@c.example/", "",
    "/0", "#top", "http://A.EXAMPLE/0", "http://x:y@a.example:80/0#x",
]  # fmt: skip


@pytest.mark.parametrize("location", REFUSED)
def test_a_redirect_is_refused(location: str):
    (visit,), net = visits({f"{A}/0": (302, {"location": location})}, [f"{A}/0"])
    assert visit.outcome == "refused_redirect"
    assert net.urls == [f"{A}/robots.txt", f"{A}/0"]


FOLLOWED = {
    "1": f"{A}/1",
    "/1?a=b&c=%20#x": f"{A}/1?a=b&c=%20",
    "?q": f"{A}/0?q",
    "../../1": f"{A}/1",
    "http:///1": f"{A}/1",
    "/a b": f"{A}/a%20b",
    "/b\u00c3\u00bc": f"{A}/b%C3%BC",  # the bytes of UTF-8, as headers are read
    "//b.example/1": f"{B}/1",
    "http://user:secret@b.example:80/1": f"{B}/1",
    "https://a.example/0": "https://a.example/0",
}


@pytest.mark.parametrize(("location", "target"), FOLLOWED.items())
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(location: str, target: str, status: int):
    (visit,), net = visits({f"{A}/0": (status, {"location": location}), target: PAGE}, [f"{A}/0"])
    assert (visit.outcome, visit.url, visit.requested) == ("ok", target, f"{A}/0")
    assert net.urls[-1] == target


def test_no_redirect_leads_from_https_to_http():
    hosts = Hosts(("a.example",), 0)
    pages = {"https://a.example/0": (301, {"location": f"{A}/0"})}
    (visit,), _ = visits(pages, ["https://a.example/0"], hosts)
    assert visit.outcome == "refused_redirect"


def test_a_page_whose_canonical_address_leads_to_another_spelling_is_had():
    page = f"{SITE}/a-jobs/a-vs-b-differences"
    (visit,), net = visits({page: (301, {"location": page + "/"}), page + "/": PAGE}, [page])
    assert (visit.outcome, visit.url) == ("ok", page + "/")
    assert len(net.asked) == 3


@pytest.mark.parametrize(("hops", "outcome"), [(10, "ok"), (11, "refused_redirect")])
def test_ten_redirects_are_followed(hops: int, outcome: str):
    chain = {f"{A}/{n}": (302, {"location": f"/{n + 1}"}) for n in range(hops)}
    (visit,), net = visits(chain | {f"{A}/{hops}": PAGE}, [f"{A}/0"])
    assert visit.outcome == outcome
    assert len(net.asked) == 12


def test_all_hops_share_one_deadline():
    chain = {f"{A}/{n}": (302, {"location": f"/{n + 1}"}) for n in range(20)}
    (visit,), net = visits(chain, [f"{A}/0"], takes_s=8)
    assert visit.outcome == "timeout"
    assert net.urls[1:] == [f"{A}/{n}" for n in range(4)]


@pytest.mark.alone
def test_all_hops_share_one_deadline_of_the_wall_clock():
    def slow(exchange: Exchange) -> None:
        time.sleep(0.2)
        exchange.send(redirect(f"{exchange.path}x"))

    with serving({"/" + "x" * n: slow for n in range(9)}) as web, Client("careerscape/test", Anywhere()) as client:
        fetcher = Fetcher(client, Hosts((web.host,), 0), Clock(), deadline_s=0.5)
        fetcher.fetch(f"{web.root}/robots.txt")
        start = time.monotonic()
        assert fetcher.fetch(f"{web.root}/").outcome == "timeout"
        assert 0.45 < time.monotonic() - start < 0.9
    assert web.paths[-3:] == ["/", "/x", "/xx"]


# --- hosts ------------------------------------------------------------------------------------------------------------


def unexpected(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request.url)


FORBIDDEN = [
    "http://c.example/",
    "http://a.example.c.example/",
    "http://127.0.0.1/",
    f"{SITE}:8443/x",
    "http://zippia.com.c.example/",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_a_host_on_no_list_is_asked_nothing(url: str):
    with Client("x", Anywhere(), httpx.MockTransport(unexpected)) as client:
        visit = Fetcher(client, Hosts(("a.example", "127.0.0.1:8080")), FakeTime().clock).fetch(url)
    assert [(hop.url, hop.outcome, hop.status, hop.delay_s) for hop in visit.hops] == [(url, "refused_address", None, None)]
    assert visit.outcome == "refused_address"
    assert "--allow-host" in visit.detail


PERMITTED = {
    "a.example": ["http://a.example/", "https://a.example/", "http://a.example:81/", "http://a.example:443/"],
    "A.Example:81": ["http://a.example:81/"],
    "a.example:443": ["https://a.example/", "http://a.example:443/"],
    "a.example:80": ["http://a.example/"],
    "::1": ["http://[::1]/", "http://[::1]:81/"],
    "[::1]:81": ["http://[::1]:81/"],
    "b\u00fccher.example": ["http://xn--bcher-kva.example/"],
    " 127.0.0.1 ": ["http://127.0.0.1:9/"],
}
EVERYWHERE = sorted({url for urls in PERMITTED.values() for url in urls})


@pytest.mark.parametrize("host", PERMITTED)
def test_a_permitted_host_has_any_port_unless_one_is_given(host: str):
    hosts = Hosts((host,))
    assert [url for url in EVERYWHERE if hosts.permits(url)] == sorted(PERMITTED[host])


def test_the_hosts_of_site_files_are_permitted_unless_only_this_machine_is():
    assert all(Hosts().permits(url) for url in (f"{SITE}/x", "http://zippia.com/x"))
    near = Hosts(("a.example", "localhost"), only_near=True)
    assert [near.permits(url) for url in (f"{SITE}/x", "http://a.example/", "http://localhost:1/")] == [False, False, True]


@pytest.mark.parametrize(
    "host", ["", "http://a.example", "a.example/x", "a.example:x", "a.example:99999", "u@a.example", "a b", "[::1"]
)
def test_what_is_no_host_is_said(host: str):
    with pytest.raises(UsageError, match="is no host"):
        Hosts((host,))


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), -1.0])
def test_what_is_no_pause_is_said(delay: float):
    with pytest.raises(UsageError, match="pause"):
        Hosts((), delay)


def test_this_machine_itself():
    near = ["http://127.0.0.1/", "http://127.9.9.9:1/", "http://[::1]/", "http://localhost/", "http://a.localhost/"]
    far = [
        "http://10.0.0.1/",
        "http://localhost.example/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://a.example/",
        "http:///",
    ]
    assert [is_loopback(url) for url in near + far] == [True] * 5 + [False] * 6
