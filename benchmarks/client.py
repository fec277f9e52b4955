"""`python -m benchmarks.client [--pages N] [--rounds N] [--json FILE]`: the page rate of our client beside that of bare httpx.

Ours checks addresses, keeps a deadline over all waits, counts what comes, and decodes with a cap. Bare httpx streams the same
pages and decodes them, once as it comes (connections are kept) and once with a connection for each page. All three ask the
same server on this machine, which is a process of its own and sends pages that are ready in memory, in turns: the ratio is
that of two rates within one round, and its median counts.
"""

import argparse
import gzip
import json
import multiprocessing
import selectors
import socket
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks import pages
from scraper.addresses import Public
from scraper.http import Client

OURS, KEPT, CLOSED = "careerscape", "httpx", "httpx, a connection a page"
FORMS = ("gzip", "plain")
SIZES = (30_000, 45_000, 60_000)
Get = Callable[[str], int]


def main() -> None:
    """Measure and print."""
    options = _options()
    made = _bodies()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, made), daemon=True)
        server.start()
        try:
            rates = _measure(listener.getsockname()[1], options.pages, options.rounds)
        finally:
            server.kill()
            server.join()
    sizes = {form: [len(made[f"/{form}/{n}"]) for n in range(len(SIZES))] for form in FORMS}
    _print(rates, sizes)
    if options.json:
        options.json.write_text(json.dumps({"pages": options.pages, "sizes": sizes, "rates": rates}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=150, help="pages of each kind a round [150]")
    parser.add_argument("--rounds", type=int, default=30, help="rounds, in each of which all kinds take turns [30]")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    return parser.parse_args()


def _bodies() -> dict[str, bytes]:
    """Path to whole answer: pages of comparison, cut to the sizes that pages have."""
    (page,) = pages.pages(1)
    made = {}
    for number, size in enumerate(SIZES):
        plain = page.body[:size]
        for form, body, said in (("plain", plain, b""), ("gzip", gzip.compress(plain, 6), b"Content-Encoding: gzip\r\n")):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n%s\r\n" % (
                len(body),
                said,
            )
            made[f"/{form}/{number}"] = head + body
    return made


def _serve(listener: socket.socket, answers: dict[str, bytes]) -> None:
    """Answer for ever, one small request at a time; a connection is kept unless the client wants it closed."""
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            if sock is listener:
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting.register(accepted, selectors.EVENT_READ)
                continue
            head = sock.recv(1 << 16)
            if head:
                sock.sendall(answers[head.split(b" ", 2)[1].decode()])
            if not head or b"onnection: close" in head:
                waiting.unregister(sock)
                sock.close()


def _measure(port: int, count: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Form to kind to pages a second in each round."""
    with ExitStack() as opened:
        ours = opened.enter_context(Client("careerscape/benchmark", Public(["127.0.0.1"])))
        kept = opened.enter_context(httpx.Client(trust_env=False))
        closed = opened.enter_context(
            httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0), headers={"Connection": "close"})
        )
        kinds: dict[str, Get] = {
            OURS: lambda url: len(ours.get(url).body),
            KEPT: lambda url: _streamed(kept, url),
            CLOSED: lambda url: _streamed(closed, url),
        }
        names = list(kinds)
        rates: dict[str, dict[str, list[float]]] = {form: {name: [] for name in names} for form in FORMS}
        for number in range(-1, rounds):  # the first one warms up
            for form in FORMS:
                for turn in range(len(names)):
                    name = names[(number + turn) % len(names)]
                    rate = _rate(kinds[name], f"http://127.0.0.1:{port}/{form}/", count)
                    if number >= 0:
                        rates[form][name].append(rate)
    return rates


def _streamed(client: httpx.Client, url: str) -> int:
    with client.stream("GET", url) as response:
        return len(b"".join(response.iter_bytes()))


def _rate(get: Get, root: str, count: int) -> float:
    start = time.perf_counter()
    for number in range(count):
        kind = number % len(SIZES)
        assert get(f"{root}{kind}") == SIZES[kind]
    return count / (time.perf_counter() - start)


def _print(rates: dict[str, dict[str, list[float]]], sizes: dict[str, list[int]]) -> None:
    for form, kinds in rates.items():
        sent = ", ".join(f"{size:,}" for size in sizes[form])
        print(f"{form} ({sent} bytes sent for pages of {', '.join(f'{size:,}' for size in SIZES)})")
        for name, found in kinds.items():
            ratios = [ours / other for ours, other in zip(kinds[OURS], found, strict=True)]
            low, _, high = statistics.quantiles(ratios, n=4)
            said = "" if name == OURS else f"   ours is {statistics.median(ratios):.2f} of it ({low:.2f} to {high:.2f})"
            print(f"  {name:28} {statistics.median(found):7,.0f} pages/s{said}")


if __name__ == "__main__":
    main()
