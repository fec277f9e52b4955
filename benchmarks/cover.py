"""`python -m benchmarks.cover [--seed N]`: how long plans take, and how far they may be from the best, by the size of the graph.

Graphs of three kinds: pairs by chance, pairs that favour few occupations (hubs), and many small parts.
"""

import argparse
import random
import time

from normalize.cover import Cover, Pair, cover

SIZES = ((500, 200), (2_000, 900), (2_000, 1_900), (20_000, 5_000), (100_000, 20_000), (100_000, 90_000))


def pages(kind: str, count: int, occupations: int, seed: int) -> list[Pair]:
    """So many pages of so many occupations, or somewhat fewer."""
    dice = random.Random(seed)

    def pair() -> tuple[int, int]:
        one = dice.randrange(occupations)
        if kind == "parts":
            return one, one // 6 * 6 + dice.randrange(6)
        return one, int(occupations * dice.random() ** 4) if kind == "hubs" else dice.randrange(occupations)

    return [Pair(f"{n:06}", *(f"job-{job}" for job in pair()), dice.randint(0, 2_000)) for n in range(count)]


def timed(known: list[Pair], most: int | None = None) -> tuple[Cover, float]:
    """A plan, and the seconds that it took."""
    begun = time.perf_counter()
    return cover(known, most), time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cover", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of the graphs [1]")
    options = parser.parse_args()
    cover(pages("parts", 100, 50, 0))  # what is imported once
    print(f"{'kind':8}{'known':>9}{'jobs':>9}{'plan':>9}{'at least':>10}{'exact':>7}{'s':>8}{'s, half the budget':>20}")
    for kind in ("chance", "hubs", "parts"):
        for count, occupations in SIZES:
            known = pages(kind, count, occupations, options.seed)
            plan, seconds = timed(known)
            part, half = timed(known, max(1, plan.fewest // 2))
            print(
                f"{kind:8}{count:9,}{plan.occupations:9,}{plan.fewest:9,}{plan.lower_bound:10,}{'yes' if plan.exact else 'no':>7}"
                f"{seconds:8.2f}{half:14.2f} {'exact' if part.exact else 'close'}"
            )


if __name__ == "__main__":
    main()
