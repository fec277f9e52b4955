"""`python -m benchmarks.kills [--kills N] [--pages N] [--seed N] [--steps] [--plant FAULT]`: what scrape runs leave that are killed.

With `--steps` they are killed once at each named step instead of at random points. With `--plant` the program has a fault that
must be found.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.dying import FAULTS
from tests.kills import campaign


def main() -> None:
    """Kill, and print how often and where."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="how many [200]")
    parser.add_argument("--pages", type=int, default=200, help="pages of the site [200]")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16), help="of the points of time [any]")
    parser.add_argument("--steps", action="store_true", help="once at each named step instead")
    parser.add_argument("--plant", choices=FAULTS, default="", help="a fault of ours that has to be found")
    options = parser.parse_args()
    started, lives = time.monotonic(), 0
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as folder, campaign(Path(folder), options.pages, options.seed, options.plant) as made:
        print(f"left alone: {made.seconds[1]:.1f} s and {made.seconds[2]:.1f} s for the two visits of {options.pages} pages")
        if options.steps:
            made.steps()
        while not options.steps and made.kills < options.kills:
            made.life(options.kills - made.kills)
            lives += 1
            print(f"{made.kills} kills, {lives} databases, {time.monotonic() - started:.0f} s", flush=True)
    print(f"{made.kills} kills, nothing lost, nothing twice; {time.monotonic() - started:.0f} s")
    for phase, count in made.phases.most_common():
        print(f"  {phase:32} {count:5}")


if __name__ == "__main__":
    main()
