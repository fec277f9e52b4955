"""Any bytes end in a reading that keeps its promises: some thousands here, many more with `python -m benchmarks.fuzz`."""

import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.fuzz import SEEDS, URL, WORDS, page
from tests import promises


def mixed(dice: random.Random) -> bytes:
    """A seed with pieces of others, words of the fuzzer and stray bytes put in, cut out and doubled."""
    body = bytearray(dice.choice(SEEDS).encode())
    for _ in range(dice.randint(1, 12)):
        at, to = sorted((dice.randrange(1, len(body) + 1), dice.randrange(1, len(body) + 1)))
        choice = dice.randrange(6)
        if choice == 0:
            body[at:at] = dice.choice(WORDS).encode("utf-8", "surrogatepass")
        elif choice == 1:
            del body[at : min(to, at + 40)]
        elif choice == 2:
            body[at:at] = body[at : min(to, at + 200)]
        elif choice == 3:
            other = dice.choice(SEEDS).encode()
            cut = dice.randrange(len(other))
            body[at:at] = other[cut : cut + 300]
        elif choice == 4:
            body[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 4)))
        elif at < len(body):
            body[at] = dice.choice(b"0123456789$%,.-<>|& ")
        body = body[:6000] or bytearray(b"0")
    return bytes(body)


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_every_seed_of_the_fuzzer_gives_rows(seed: str):
    media_type, body = page(seed.encode())
    assert len(promises.read(body, media_type, URL).facts) >= 2


@pytest.mark.parametrize("seed", range(4))
def test_mixed_bytes_keep_the_promises(seed: int):
    dice = random.Random(seed)
    rows = 0
    for _ in range(500):
        media_type, body = page(mixed(dice))
        rows += bool(promises.read(body, media_type, URL).facts)
    assert rows > 50


def test_a_broken_promise_is_found(monkeypatch: pytest.MonkeyPatch):
    from normalize import checks

    monkeypatch.setitem(checks.BOUNDS, "salary.annual_mean_usd", (1, 2))
    monkeypatch.setattr(checks, "out_of_range", lambda *_: None)
    with pytest.raises(AssertionError):
        promises.read(*reversed(page(SEEDS[0].encode())), URL)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="the extra `fuzz` is not installed")
def test_a_short_campaign_finds_nothing():
    command = [sys.executable, "-m", "benchmarks.fuzz", "--inputs", "6000", "--seed", "7"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 6000 runs" in done.stderr
