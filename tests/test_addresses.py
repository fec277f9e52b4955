"""The guard: whatever an address looks like, wherever it comes from, nothing behind it that is not public sees a connection."""

import ipaddress
import random
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from scraper import sockets
from scraper.addresses import SPECIAL, Anywhere, Public, ambiguous, is_loopback, special
from scraper.http import Client
from scraper.sockets import Failed
from tests.web import redirect, serving, tls_of_clients

SPELLINGS = (
    # loopback, as it is
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "loop.example", "loop6.example", "LOOP.example", "loop.example.",
    # as a number, in hex, in octal, with parts left out
    "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "0177.1",
    "127.0.0.01", "0127.0.0.1", "127.0x0.0.1", "127.0.0.1.", "127.1.", "2130706433.", "00000177.0.0.1", "4294967297", "0",
    "0x0", "1.1.1.1.1", "127.0.0.256", "383.0.0.1",
    # in the clothes of IPv6
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]", "[fe80::1]", "[fe80::1%25lo]",
    "[::1%25lo]", "[fc00::1]", "[ff02::1]",
    # digits and dots that look like others
    "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "١٢٧.0.0.1", "loc\u00adalhost", "ｌｏｃａｌｈｏｓｔ", "[::１]",
    # where programs disagree about where the host ends
    "example.org@127.0.0.1", "127.0.0.1@example.org", "127.0.0.1\\@example.org", "example.org\\@127.0.0.1", "127.0.0.1\t",
    "\t127.0.0.1", "127.0.0.1%00", "127.0.0.1%2e", "%31%32%37.0.0.1", "127.0.0.1 .example.org", "127.0.0.1#@example.org",
    "example.org#@127.0.0.1",
)  # fmt: skip
NAMES = {"localhost": ["127.0.0.1", "::1"], "a.localhost": ["127.0.0.1"], "loop.example": ["127.0.0.1"], "loop6.example": ["::1"]}


class Resolver:
    """Answers for names, in turns, the last one for ever; and for numbers as the C library understands them."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *given: Any, **named: Any) -> list[Any]:
        self.asked.append(host)
        try:
            return self.real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except (socket.gaierror, UnicodeError):
            found = self.answers.get(host.lower().rstrip("."))
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answer = found.pop(0) if len(found) > 1 else found[0]
        return [entry for address in answer for entry in self.real(address, port, type=socket.SOCK_STREAM)]


def resolver(patch: pytest.MonkeyPatch, **answers: list[list[str]]) -> Resolver:
    made = Resolver(
        {name: [found] for name, found in NAMES.items()} | {f"{name}.example": turns for name, turns in answers.items()}
    )
    patch.setattr(socket, "getaddrinfo", made)
    return made


@pytest.fixture(autouse=True, scope="module")
def one_context() -> Iterator[None]:
    with tls_of_clients():
        yield


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    """Listens at all addresses of this machine, and answers nobody."""
    dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual else socket.AF_INET
    with socket.create_server(("", 0), family=family, dualstack_ipv6=dual) as listener:
        listener.setblocking(False)
        yield listener


def connections(canary: socket.socket) -> int:
    seen = 0
    while True:
        try:
            canary.accept()[0].close()
        except BlockingIOError:
            return seen
        seen += 1


def test_the_canary_sees_who_comes(canary: socket.socket):
    with Client("x", Anywhere()) as client:
        port = canary.getsockname()[1]
        for host in ("127.0.0.1", "127.0.0.2", "localhost"):
            assert client.get(f"http://{host}:{port}/", 0.05).outcome == "timeout"
    assert connections(canary) == 3


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_leads_to_this_machine(canary: socket.socket, monkeypatch: pytest.MonkeyPatch, spelling: str):
    port = canary.getsockname()[1]
    resolver(monkeypatch)
    with Client("x", Public()) as client:
        for url in (
            f"http://{spelling}:{port}/",
            f"https://{spelling}:{port}/",
            f"http://{spelling}",
            f"http:{spelling}:{port}/",
        ):
            response = client.get(url, 2)
            assert response.outcome in ("refused_address", "dns_error"), url
            assert response.outcome == "refused_address" or "example.org" in spelling
            assert response.address == ""
            assert response.detail
    assert connections(canary) == 0


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s.isascii() and not set("\t") & set(s)])
def test_no_redirect_leads_to_this_machine(canary: socket.socket, monkeypatch: pytest.MonkeyPatch, spelling: str):
    port = canary.getsockname()[1]
    pages = {f"/{n}": redirect(to) for n, to in enumerate((f"http://{spelling}:{port}/", f"//{spelling}:{port}/"))}
    resolver(monkeypatch)
    with serving({**pages}) as web, Client("x", Public([web.host])) as client:
        for path in pages:
            response = client.get(web.root + path)
            assert response.outcome == "redirected"
            target = urljoin(response.url, response.header("location"))
            if spelling in ("127.0.0.1", "127.0.0.1#@example.org"):
                continue  # which is the host that was named
            assert client.get(target, 2).outcome in ("refused_address", "dns_error")
    assert connections(canary) == 0


def edges() -> list[str]:
    """The first and the last address of every special block."""
    networks = [ipaddress.ip_network(block) for block, _ in SPECIAL]
    return [str(network[at]) for network in networks for at in (0, -1)] + ["4000::1", "1fff::1", "5f00::1", "fec0::1"]


PUBLIC = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
    "192.0.1.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1", "2606:4700::1111",
    "2620:fe::fe", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "3fff:1000::1", "3ffe::1",
)  # fmt: skip


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would have been connected to; none is."""
    seen: list[str] = []

    def connect(address: str, *_: Any) -> socket.socket:
        seen.append(address)
        raise Failed("connection_error", address)

    monkeypatch.setattr(sockets, "_connected", connect)
    return seen


@pytest.mark.parametrize("address", edges())
def test_no_name_leads_into_a_network_that_is_not_public(monkeypatch: pytest.MonkeyPatch, connected: list[str], address: str):
    looked_up = resolver(
        monkeypatch, name=[[address]], mixed=[["1.1.1.1", address, "2606:4700::1111"]], second=[["8.8.8.8"], [address]]
    )
    with Client("x", Public(["name.example", "10.9.9.9"])) as client:
        for host in ("name.example", "mixed.example", f"[{address}]" if ":" in address else address):
            response = client.get(f"http://{host}/", 2)
            assert response.outcome == "refused_address"
            assert str(ipaddress.ip_address(address)) in response.detail
        assert connected == []
        assert client.get("http://second.example/", 2).outcome == "connection_error"
        assert client.get("http://second.example/", 2).outcome == "refused_address"
    assert connected == ["8.8.8.8"]
    assert looked_up.asked == ["name.example", "mixed.example", "second.example", "second.example"]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_permitted_and_looked_up_once(monkeypatch: pytest.MonkeyPatch, connected: list[str], address: str):
    looked_up = resolver(monkeypatch, name=[[address, "1.1.1.1"], ["127.0.0.1"]])
    with Client("x", Public()) as client:
        assert client.get("https://name.example/", 2).outcome == "connection_error"
    assert connected == list(dict.fromkeys([address, "1.1.1.1"]))
    assert looked_up.asked == ["name.example"]


def test_nothing_is_permitted_that_is_not_global():
    dice = random.Random(4)
    for _ in range(5000):
        address = dice.choice(
            (ipaddress.IPv4Address(dice.getrandbits(32)), ipaddress.IPv6Address(dice.getrandbits(125) | 1 << 125))
        )
        assert special(address) or address.is_global


NAMED: tuple[tuple[tuple[str, ...], str, str, bool], ...] = (
    (("127.0.0.1",), "127.0.0.1", "127.0.0.1", True),
    (("127.0.0.1:8080",), "127.0.0.1", "127.0.0.1", True),
    (("127.0.0.1",), "127.0.0.2", "127.0.0.2", False),
    (("127.0.0.1",), "rebind.example", "127.0.0.1", False),
    (("127.0.0.1",), "localhost", "127.0.0.1", False),
    (("127.0.0.1",), "::ffff:127.0.0.1", "::ffff:127.0.0.1", False),
    (("::1",), "::1", "::1", True),
    (("[::1]:8080",), "::1", "::1", True),
    (("[0:0::1]",), "::1", "::1", True),
    (("10.0.0.5", "wiki.example"), "wiki.example", "10.0.0.5", True),
    (("10.0.0.5", "wiki.example"), "wiki.example", "10.0.0.6", False),
    (("10.0.0.5", "wiki.example"), "other.example", "10.0.0.5", False),
    (("wiki.example",), "wiki.example", "10.0.0.5", False),
    (("wiki.example",), "wiki.example", "127.0.0.1", False),
    (("wiki.example",), "wiki.example", "1.1.1.1", True),
    (("localhost",), "localhost", "127.0.0.1", True),
    (("LOCALHOST.",), "localhost", "::1", True),
    (("localhost",), "localhost", "10.0.0.1", False),
    (("localhost",), "127.0.0.1", "127.0.0.1", False),
    (("localhost",), "a.localhost", "127.0.0.1", False),
    (("a.localhost:80",), "a.localhost", "127.0.0.1", True),
    (("localhost.example",), "localhost.example", "127.0.0.1", False),
    ((), "www.example", "93.184.216.34", True),
)


@pytest.mark.parametrize(("named", "host", "address", "permitted"), NAMED)
def test_what_the_user_named(named: tuple[str, ...], host: str, address: str, permitted: bool):
    assert (Public(named).check(host, address) is None) == permitted


@pytest.mark.parametrize("address", ["", "name", "fe80::1%lo", "1.2.3", "1.2.3.4.5", "127.0.0.01", "[::1]"])
def test_an_address_that_is_none_is_refused(address: str):
    assert "no address" in (Public().check("www.example", address) or "")
    assert Anywhere().check("www.example", address) is None


def test_a_host_that_can_be_understood_in_two_ways():
    odd = (
        "1",
        "a%00.example",
        "127.0.0.1%2e",
        "fe80::1%lo",
        "a b.example",
        "",
        "0x7f.1",
        "127.1",
        "a.1",
        "127.0.0.1.",
        "0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.1.1.1",
        "x.0xAF",
    )
    assert [host for host in odd if not ambiguous(host)] == []
    plain = ("1.1.1.1", "::1", "www.example", "1.example", "0xyz", "a.b1", "3com.com.", "localhost")
    assert [host for host in plain if ambiguous(host)] == []


def test_which_addresses_are_this_machine():
    near = ("http://127.0.0.1/", "https://127.8.8.8:1/a", "http://[::1]/", "http://localhost/", "http://a.LOCALHOST:80/")
    assert [url for url in near if not is_loopback(url)] == []
    far = ("http://www.example/", "http://10.0.0.1/", "http://localhost.example/", "http://[::]/", "/path")
    assert [url for url in far if is_loopback(url)] == []
