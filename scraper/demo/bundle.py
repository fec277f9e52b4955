"""The bundled pages: in an installed package they lie beside this file, in a checkout among the fixtures."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit

_NO_PAGES_OF_THE_DEMO = ("error-", "partial-", "made-up-")


def bundled() -> dict[str, bytes]:
    """Path of the address to the bytes of each page, in the order of the paths; one page an address."""
    found: dict[str, bytes] = {}
    for case in sorted(_folder().iterdir(), key=lambda entry: entry.name):
        page = case / "page.html"
        if page.is_file() and not case.name.startswith(_NO_PAGES_OF_THE_DEMO):
            path = urlsplit(json.loads((case / "capture.json").read_text(encoding="utf-8"))["url"]).path
            found.setdefault(path, page.read_bytes())
    return dict(sorted(found.items()))


def _folder() -> Traversable:
    packaged = files("scraper.demo") / "pages"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "fixtures" / "pages" / "zippia"
