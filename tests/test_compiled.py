"""The compiled code reads as the modules do that it is made of: run with `pytest -m long`, for the compiler takes minutes."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from benchmarks.pages import pages
from hatch_build import compile_copy
from scraper import parsing
from tests.markups import random_page
from tests.markups_held_out import HELD_OUT

ROOT = Path(__file__).parents[1]
CHILD = """
import base64, hashlib, json, sys
from scraper import interpreter, parsing

print(interpreter.__file__)
for line in sys.stdin:
    url, body = json.loads(line)
    print(hashlib.sha256(repr(parsing.parse(base64.b64decode(body), "text/html", "", url)).encode()).hexdigest())
"""

pytestmark = pytest.mark.long


def every_kind_of_page() -> Iterator[tuple[str, bytes]]:
    yield from ((page.url, page.body) for page in pages(20))
    yield from ((drawn.url, drawn.body) for drawn in map(random_page, range(600)))
    yield from ((drawn.url, drawn.body) for drawn in (random_page(seed, HELD_OUT) for seed in range(200)))
    yield from ((drawn.url, damaged(Random(seed), drawn.body)) for seed, drawn in enumerate(map(random_page, range(600, 800))))


def damaged(dice: Random, body: bytes) -> bytes:
    """A page with bytes cut out and put in elsewhere."""
    for _ in range(dice.randrange(1, 9)):
        start, at = dice.randrange(len(body)), dice.randrange(len(body))
        part = body[start : start + dice.randrange(60)]
        body = body[:at] + part + body[at + dice.choice((0, 0, 5, 30)) :]
    return body


def test_compiled_code_reads_what_the_modules_read(tmp_path: Path):
    made = list(compile_copy(ROOT, tmp_path))
    assert len(made) > 50
    asked = list(every_kind_of_page())
    lines = "\n".join(json.dumps([url, base64.b64encode(body).decode()]) for url, body in asked)
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHILD], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}, input=lines,
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    module, *digests = done.stdout.split("\n")[:-1]
    assert module.endswith(".so")
    assert digests == [
        hashlib.sha256(repr(parsing.parse(body, "text/html", "", url)).encode()).hexdigest() for url, body in asked
    ]
