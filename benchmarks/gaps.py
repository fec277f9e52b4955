"""`python -m benchmarks.gaps [--requests N] [--delay S] [--mixed]`: the pauses of a scrape run, measured at the server.

The server is a process of its own that writes down when each connection came and when the last bytes of each answer were about
to go out, both on the clock that all processes of this machine share. Between the two no pause may be shorter than the delay
that was in force, which stands in the row of each request. With `--mixed` the site is slow at times, moves pages, has none for
some addresses, is in trouble once, and asks for a pause itself.
"""

import argparse
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from db.connection import open_to_read
from scraper import scrape
from scraper.politeness import Clock
from scraper.settings import Settings
from scraper.wishes import Wish
from tests.changing import Site
from tests.figures import as_html
from tests.web import Exchange, answer, text

SLOW_S = 0.06
ROUNDED_S = 0.0005
"""What a delay may have lost in its row, which has three decimals."""

Times = list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Gap:
    """The pause before a request, measured and in force, in seconds, and who asked for it."""

    path: str
    seconds: float
    delay_s: float
    reason: str

    @property
    def short(self) -> bool:
        """Whether the promise was broken."""
        return self.seconds < self.delay_s - ROUNDED_S


def measure(requests: int, delay_s: float, mixed: bool, folder: Path) -> list[Gap]:
    """The pauses of one run of so many requests, robots.txt included."""
    site = Site(requests - 1)
    with _served(site, mixed) as (port, asked):
        root = f"http://127.0.0.1:{port}"
        urls = tuple(site.named(root)) if mixed else tuple(root + path for path in site.paths)
        settings = Settings(folder / "gaps.db", folder / "archive")
        scrape.pages(settings, Wish(urls, ("127.0.0.1",), delay_s, follow=int(mixed)), Clock())
        asked.send("ended")
        times: Times = asked.recv()
    with closing(open_to_read(settings.db)) as db:
        query = "SELECT url, delay_s, delay_reason FROM request_log WHERE elapsed_ms IS NOT NULL ORDER BY id"
        rows = db.execute(query).fetchall()
    if [root + path for path, _, _ in times] != [url for url, _, _ in rows]:
        raise AssertionError("the server was asked for something else than the rows say")
    return [
        Gap(path, came - answered, delay, reason)
        for ((_, _, answered), (path, came, _)), (_, delay, reason) in zip(pairwise(times), rows[1:], strict=True)
    ]


@contextmanager
def _served(site: Site, mixed: bool) -> Iterator[tuple[int, Connection]]:
    """A server in a process; it tells what it saw when it hears that the run has ended."""
    here, there = multiprocessing.Pipe()
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, there, site, mixed), daemon=True)
        process.start()
        try:
            yield listener.getsockname()[1], here
        finally:
            process.kill()
            process.join()


def _serve(listener: socket.socket, run: Connection, site: Site, mixed: bool) -> None:
    times: Times = []
    listener.settimeout(0.2)
    while not run.poll():
        try:
            sock, _ = listener.accept()
        except TimeoutError:
            continue
        came = time.monotonic()
        with sock:
            times.append(_answer(sock, came, site, mixed))
    run.send(times)


def _answer(sock: socket.socket, came: float, site: Site, mixed: bool) -> tuple[str, float, float]:
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(1 << 16)
    said = head.decode("latin-1")
    exchange = Exchange(said.split(" ")[1], said, sock, came)
    if exchange.path == "/robots.txt":
        exchange.send(text(b"User-agent: *\nCrawl-delay: 0.03\n" if mixed else b""))
    elif mixed:
        time.sleep(SLOW_S if sum(exchange.path.encode()) % 5 == 0 else 0)
        site.answer(exchange)
    else:
        exchange.send(answer(as_html(site.figures(exchange.path))))
    return exchange.path, came, exchange.answered


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gaps", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000, help="how many, at least [2000]")
    parser.add_argument("--delay", type=float, default=0.02, help="seconds between two requests [0.02]")
    parser.add_argument("--mixed", action="store_true", help="a site that asks for pauses of all kinds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        gaps = measure(options.requests, options.delay, options.mixed, Path(folder))
    _print(gaps)


def _print(gaps: list[Gap]) -> None:
    print(f"{len(gaps) + 1:,} requests, {sum(gap.short for gap in gaps)} pauses too short\n")
    print(
        f"{'asked for by':14}{'pauses':>8}{'in force':>18}{'measured: min':>16}{'median':>9}{'max':>9}{'least to spare':>16}   (ms)"
    )
    for reason, count in Counter(gap.reason for gap in gaps).most_common():
        found = [gap for gap in gaps if gap.reason == reason]
        seconds, delays = [gap.seconds for gap in found], [gap.delay_s for gap in found]
        force = f"{min(delays) * 1000:.0f} to {max(delays) * 1000:.0f}"
        spare = min(gap.seconds - gap.delay_s for gap in found)
        print(
            f"{reason:14}{count:8,}{force:>18}{min(seconds) * 1000:16.2f}{statistics.median(seconds) * 1000:9.2f}"
            f"{max(seconds) * 1000:9.2f}{spare * 1000:16.2f}"
        )


if __name__ == "__main__":
    main()
