"""`python -m benchmarks.browse DB [--rounds N]`: how long pages take at the server, warm, and beside ten queries without an end.

The application is asked in this process, through all of it but the socket; each figure is the median of so many rounds, of
other occupations each time.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from db.browse.served.app import Application, application
from db.browse.served.describing import NAME, ORDER
from db.browse.served.questions import QUESTIONS
from db.connection import open_to_read

HOUR = quote("with recursive c(x) as (select 1 union all select x+1 from c) select count(*) from c")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("db", type=Path, help="a database, of 1,000,000 observations for figures to compare")
    parser.add_argument("--rounds", type=int, default=30, help="rounds a page [30]")
    options = parser.parse_args()
    db = open_to_read(options.db)
    slugs = [slug for (slug,) in db.execute("SELECT slug FROM occupation ORDER BY slug").fetchall()]
    observations = db.execute("SELECT count(*) FROM observation").fetchone()[0]
    db.close()
    print(
        f"{options.db}: {len(slugs):,} occupations, {observations:,} observations; ms, median of {options.rounds} (and worst)\n"
    )
    app = application(options.db)
    try:
        asyncio.run(_measure(app, slugs, options.rounds))
    finally:
        app.close()


async def _measure(app: Application, slugs: list[str], rounds: int) -> None:
    chosen = random.Random(7)

    def pair() -> str:
        return "/compare/" + "/".join(chosen.sample(slugs, 2))

    pages: dict[str, Callable[[], str]] = {
        "start page": lambda: "/",
        "comparison": pair,
        "comparison as JSON": lambda: f"{pair()}.json",
        "occupation": lambda: f"/occupation/{chosen.choice(slugs)}",
        "suggestions": lambda: f"/search.json?q={chosen.choice(slugs)[:3]}",
    }
    for name, path in pages.items():
        _print(name, await _times(app, path, rounds))
    for name, question in QUESTIONS.items():
        _print(f"question: {question.title}", await _times(app, lambda name=name: f"/{NAME}/{name}", 3))
    for view in ORDER:
        _print(f"view: {view}", await _times(app, lambda view=view: f"/{NAME}/{view}", 3))
    endless = [asyncio.create_task(_ask(app, f"/{NAME}.json?sql={HOUR}", 400)) for _ in range(10)]
    _print("comparison beside ten endless queries", await _times(app, pair, rounds))
    await asyncio.gather(*endless)


async def _times(app: Application, path: Callable[[], str], rounds: int) -> list[float]:
    await _ask(app, path())
    return [await _ask(app, path()) for _ in range(rounds)]


async def _ask(app: Application, path: str, status: int = 200) -> float:
    began = time.perf_counter()
    answer = await app.client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return (time.perf_counter() - began) * 1000


def _print(name: str, times: list[float]) -> None:
    print(f"{name:<48}{statistics.median(times):8.1f} ({max(times):.1f})")


if __name__ == "__main__":
    main()
