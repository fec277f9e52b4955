"""The version of the code that reads pages: the release, and a digest of every file that can change a reading."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec

from normalize import vocabulary

_READING = (
    "captions.py", "cards.py", "cells.py", "comparison.py", "copies.py", "document.py", "grids.py", "headings.py",
    "interpreter.py", "labels.py", "limits.py", "parsing.py", "readers", "rows.py", "sections.py", "sentences.py", "sites",
    "skills.py", "tables.py", "texts.py", "titles.py", "walls.py", "walls.toml",
)  # fmt: skip


def release() -> str:
    """The release of this program: `0.1.0`."""
    return version("careerscape")


@cache
def parser() -> str:
    """`0.1.0+1f2e3d4c5b6a`: readings made with the same parser and vocabulary version are the same."""
    digest = hashlib.sha256()
    for root in (*(files("scraper") / name for name in _READING), files("normalize")):
        for path, entry in sorted(_walk(root)):
            digest.update(path.encode() + entry.read_bytes())
    return f"{release()}+{digest.hexdigest()[:12]}"


def is_compiled() -> bool:
    """Whether the code that reads pages runs compiled, which changes no reading."""
    spec = find_spec("scraper.interpreter")
    return spec is not None and str(spec.origin).endswith(".so")


def reader() -> str:
    """The code and the lists of the package by which pages are read, whatever the user's rules are."""
    return f"{parser()} {vocabulary.version().partition('+')[0]}"


def _walk(root: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    path = f"{prefix}/{root.name}"
    if root.is_dir():
        return [found for entry in root.iterdir() for found in _walk(entry, path)]
    return [(path, root)] if root.name.endswith((".py", ".toml")) else []
