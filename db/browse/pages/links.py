"""Where the pages lead: paths of the server, or files of the static site."""

import hashlib
import re
from typing import Protocol
from urllib.parse import quote, urlencode

_PLAIN = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])")
_STEM_BYTES = 120


class Links(Protocol):
    """The addresses of pages, as an attribute of a link takes them; `served` is whether a server answers them."""

    served: bool

    def start(self) -> str:
        """The start page."""

    def occupation(self, slug: str) -> str:
        """The page of an occupation."""

    def compare(self, left: str, right: str) -> str:
        """The page of two occupations."""

    def source(self, slug: str, field: str, item: str) -> str:
        """Where a value comes from."""

    def asset(self, name: str) -> str:
        """A style sheet or script."""


class Served:
    """Paths of the server."""

    served = True

    def start(self) -> str:
        """The start page."""
        return "/"

    def occupation(self, slug: str) -> str:
        """The page of an occupation."""
        return f"/occupation/{_part(slug)}"

    def compare(self, left: str, right: str) -> str:
        """The page of two occupations; the first stands on the left."""
        return f"/compare/{_part(left)}/{_part(right)}"

    def source(self, slug: str, field: str, item: str) -> str:
        """The chain behind a value."""
        return f"/explain/{_part(slug)}/{_part(anchor(field, item))}"

    def asset(self, name: str) -> str:
        """A style sheet or script."""
        return f"/static-careerscape/{_part(name)}"


class Filed:
    """Paths from a file of the static site that lies so many folders below its root."""

    served = False

    def __init__(self, depth: int = 0) -> None:
        self._up = "../" * depth

    def start(self) -> str:
        """The start page."""
        return f"{self._up}index.html"

    def occupation(self, slug: str) -> str:
        """The file of an occupation."""
        return f"{self._up}{occupation_file(slug)}"

    def compare(self, left: str, right: str) -> str:
        """The file of two occupations, in whatever order they are named."""
        return f"{self._up}{pair_file(left, right)}"

    def source(self, slug: str, field: str, item: str) -> str:
        """The row of the occupation's page that says where a value comes from."""
        return f"{self.occupation(slug)}#{_part(anchor(field, item))}"

    def asset(self, name: str) -> str:
        """A style sheet or script."""
        return f"{self._up}assets/{_part(name)}"


def anchor(field: str, item: str) -> str:
    """The name of a value in an address: `salary.annual_mean_usd`, `demographics.gender_pct.male`."""
    return f"{field}.{item}" if item else field


def choice(left: str, right: str) -> str:
    """The server's page that finds two occupations by what was typed."""
    return f"/compare?{urlencode({'left': left, 'right': right}, errors='replace')}"


def rows(view: str, **values: str) -> str:
    """The server's rows of a view that have these values."""
    return f"/careerscape/{view}?{urlencode({f'{name}__exact': value for name, value in values.items()}, errors='replace')}"


def occupation_file(slug: str) -> str:
    """The file of an occupation, from the root of the static site."""
    return f"occupation/{file_name(slug)}.html"


def pair_file(left: str, right: str) -> str:
    """The file of two occupations, the same for both orders."""
    first, second = sorted((left, right))
    return f"compare/{file_name(first)}/{file_name(second)}.html"


def file_name(slug: str) -> str:
    """A name that any file system takes and that no other slug has, letter case aside.

    A plain slug stays as it is; any other is shortened to plain letters and gets `_` and a digest, and no plain slug has a `_`.
    """
    if _PLAIN.fullmatch(slug) and not _DEVICES.fullmatch(slug) and len(slug) <= _STEM_BYTES:
        return slug
    stem = re.sub(r"[^a-z0-9]+", "-", slug.lower())[:_STEM_BYTES].strip("-")
    return f"{stem}_{hashlib.sha256(slug.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")
