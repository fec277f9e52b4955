"""A hostile server: each behaviour ends in its one outcome, in time, in little memory, and with nothing left open."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest

from scraper.addresses import Public
from scraper.http import Client, Outcome, Response
from tests.hostile import BEHAVIOURS, PAGE, Behaviour, documented
from tests.web import serving, tls_of_clients

DEADLINE_S = 1.0
ALONE = [behaviour for behaviour in BEHAVIOURS if not behaviour.whole]
PATHS = {behaviour.name: f"/{number}" for number, behaviour in enumerate(BEHAVIOURS)}


@pytest.fixture(scope="module")
def roots() -> Iterator[dict[str, str]]:
    """Where behaviours are served: kind of TLS to the beginning of an address."""
    pages = {PATHS[behaviour.name]: behaviour.answer for behaviour in BEHAVIOURS}
    with serving(dict(pages)) as web, serving(dict(pages), tls=True) as secure, tls_of_clients():
        yield {"": web.root, "unknown": f"https://{secure.host}", "trusted": f"https://{secure.host}"}


def asked(roots: dict[str, str], behaviour: Behaviour) -> tuple[Response, float]:
    with Client("careerscape/test", Public(["127.0.0.1"])) as client:
        start = time.monotonic()
        response = client.get(roots[behaviour.tls] + PATHS[behaviour.name], DEADLINE_S)
        return response, time.monotonic() - start


def check(behaviour: Behaviour, response: Response, took_s: float) -> None:
    assert response.outcome == behaviour.outcome, (behaviour.name, response.detail)
    assert took_s < DEADLINE_S + 0.5, behaviour.name
    assert not behaviour.slow or took_s > DEADLINE_S - 0.05, behaviour.name
    assert response.body == b"" or (response.outcome == "ok" and PAGE in response.body), behaviour.name
    assert (response.outcome == "ok") == bool(response.body), behaviour.name
    assert response.detail, behaviour.name
    assert response.address == "127.0.0.1", behaviour.name


def test_the_table_is_a_table():
    assert len(PATHS) == len(BEHAVIOURS) >= 60
    assert {behaviour.outcome for behaviour in BEHAVIOURS} == set(get_args(Outcome)) - {
        "refused_address", "dns_error", "redirected", "not_modified",
    }  # fmt: skip
    lines = documented().splitlines()
    assert len(lines) == len(BEHAVIOURS) + 2
    assert {line.count("|") for line in lines} == {4}


@pytest.mark.parametrize("behaviour", [b for b in ALONE if not b.slow], ids=lambda behaviour: behaviour.name)
def test_a_behaviour_has_its_outcome(roots: dict[str, str], behaviour: Behaviour):
    check(behaviour, *asked(roots, behaviour))


@pytest.mark.alone
def test_the_deadline_ends_what_has_no_end(roots: dict[str, str]):
    slow = [behaviour for behaviour in ALONE if behaviour.slow]
    with ThreadPoolExecutor(len(slow)) as threads:
        for behaviour, found in zip(slow, threads.map(lambda behaviour: asked(roots, behaviour), slow), strict=True):
            check(behaviour, *found)


ASK = """
import json, os, sys
from pathlib import Path
from scraper.addresses import Public
from scraper.http import Client

def kib(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

def files():
    return len(os.listdir("/proc/self/fd"))

found = {}
good, *urls = json.load(sys.stdin)
with Client("careerscape/test", Public(["127.0.0.1"])) as client:
    assert client.get(good).outcome == "ok"
    before, base = files(), kib("VmRSS")
    for url, deadline_s in urls:
        Path("/proc/self/clear_refs").write_text("5")
        outcome = client.get(url, deadline_s).outcome
        found[url] = outcome, kib("VmHWM") - base, files() - before
print(json.dumps(found))
"""


def test_no_behaviour_takes_much_memory_or_leaves_a_file_open(roots: dict[str, str]):
    """The client in a process of its own; the peak of its memory starts anew with each behaviour."""
    urls = [(roots[b.tls] + PATHS[b.name], 0.1 if b.slow else 5.0) for b in BEHAVIOURS]
    good = roots[""] + PATHS["early hints"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASK],
        input=json.dumps([good, *urls]), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert len(found) == len(BEHAVIOURS)
    grown = {behaviour.name: found[url] for behaviour, (url, _) in zip(BEHAVIOURS, urls, strict=True)}
    assert {name: kib for name, (_, kib, _) in grown.items() if kib > 64 << 10} == {}
    assert {name: files for name, (_, _, files) in grown.items() if files} == {}
    assert {outcome for outcome, _, _ in grown.values()} <= set(get_args(Outcome))
