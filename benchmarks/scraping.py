"""`python -m benchmarks.scraping [--pages N] [--rounds N] [--profile]`: the page rate of whole scrape runs with politeness off.

Beside it stands that of the client alone, which asks the same server for the same pages in turns with the runs, and of the same
runs without the pause that a host gets for as long as it took to answer. A run claims, fetches, archives, reads and loads each
page before the next, with two transactions for it that are made durable. The server is a process of its own.
"""

import argparse
import cProfile
import gzip
import multiprocessing
import pstats
import socket
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import pages
from benchmarks.client import _serve
from scraper import scrape
from scraper.addresses import Public
from scraper.http import Client
from scraper.politeness import Clock
from scraper.settings import Settings
from scraper.wishes import Wish

RUN, HASTY, CLIENT = "scrape --delay 0", "without any pause", "the client alone"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
TOP = 15


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scraping", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=300, help="pages of 180 KB a run [300]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind, in turns [3]")
    parser.add_argument("--profile", action="store_true", help=f"print the {TOP} functions that take most of a run as well")
    options = parser.parse_args()
    made = list(pages.pages(options.pages))
    answers = {urlsplit(page.url).path: _answer(page.body) for page in made} | {"/robots.txt": MISSING}
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, answers), daemon=True)
        server.start()
        try:
            root = f"http://127.0.0.1:{listener.getsockname()[1]}"
            urls = tuple(root + urlsplit(page.url).path for page in made)
            rates: dict[str, list[float]] = {RUN: [], HASTY: [], CLIENT: []}
            for _ in range(options.rounds):
                rates[CLIENT].append(_client(urls))
                rates[RUN].append(_run(urls, Clock()))
                rates[HASTY].append(_run(urls, _hasty()))
            _print(rates, len(urls))
            if options.profile:
                _profile(urls)
        finally:
            server.kill()
            server.join()


def _answer(body: bytes) -> bytes:
    packed = gzip.compress(body, 6)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}"
    return head.encode() + b"\r\n\r\n" + packed


def _hasty() -> Clock:
    """The time of a run that sleeps through each pause in no time."""
    slept = [0.0]

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    return Clock(monotonic=lambda: time.monotonic() + slept[0], sleep=sleep)


def _client(urls: tuple[str, ...]) -> float:
    with Client("careerscape/benchmark", Public(["127.0.0.1"])) as client:
        started = time.perf_counter()
        for url in urls:
            assert client.get(url).outcome == "ok"
        return len(urls) / (time.perf_counter() - started)


def _run(urls: tuple[str, ...], clock: Clock, profile: cProfile.Profile | None = None) -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "careerscape.db", Path(folder) / "archive")
        wish = Wish(urls, ("127.0.0.1",), 0.0)
        started = time.perf_counter()
        report = profile.runcall(scrape.pages, settings, wish, clock) if profile else scrape.pages(settings, wish, clock)
        assert report.counts.loaded == len(urls)
        return len(urls) / (time.perf_counter() - started)


def _print(rates: dict[str, list[float]], count: int) -> None:
    print(f"{count} pages, {len(rates[RUN])} rounds, pages/s: median (min to max)")
    for name, found in rates.items():
        print(f"  {name:20}{statistics.median(found):8.1f} ({min(found):.1f} to {max(found):.1f})")


def _profile(urls: tuple[str, ...]) -> None:
    profile = cProfile.Profile()
    _run(urls, _hasty(), profile)
    pstats.Stats(profile).sort_stats("tottime").print_stats(TOP)


if __name__ == "__main__":
    main()
