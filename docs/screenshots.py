"""Pictures of the pages for the documents: `python docs/screenshots.py [NAME...]` writes docs/images/NAME.png.

They show the bundled pages in four years, the earlier ones with wages that are made up. It needs chromium and the packages for
the tests.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import MONOKAI  # noqa: E402
from rich.text import Text  # noqa: E402

from tests import bundled  # noqa: E402
from tests.browser import browsing, served, visiting  # noqa: E402
from tests.command import Command  # noqa: E402
from tests.imports import command  # noqa: E402

IMAGES = ROOT / "docs" / "images"
YEARS = (2021, 2022, 2023, 2024)
COLUMNS = 100
LEFT, RIGHT = "loss-mitigation-specialist", "tool-builder"
"""They stand on pages with all tables, and no page compares them."""


class Picture(NamedTuple):
    """A page of the site at a width, as far down as `height`."""

    path: str
    width: int = 1200
    height: int = 1500
    scheme: str = "light"


PICTURES = {
    "start": Picture("/"),
    "compare": Picture(f"/compare/{LEFT}/{RIGHT}"),
    "compare-dark": Picture(f"/compare/{LEFT}/{RIGHT}", scheme="dark"),
    "compare-phone": Picture(f"/compare/{LEFT}/{RIGHT}", width=375, height=1600),
    "occupation": Picture(f"/occupation/{LEFT}"),
    "explain": Picture(f"/explain/{LEFT}/salary.annual_mean_usd"),
}


def database(folder: Path) -> None:
    """A database and its archive in a folder, as `careerscape import` makes them."""
    Command(folder)("import", bundled.save(folder / "pages", YEARS))


def take(browser: Browser, home: str, picture: Picture, path: Path) -> None:
    """One picture as a file; no longer than the page is."""
    size: Any = {"width": picture.width, "height": picture.height}
    with visiting(browser, home, viewport=size, color_scheme=picture.scheme) as visit:
        page = visit.go(picture.path)
        length = page.evaluate("Math.ceil(document.body.getBoundingClientRect().bottom)")
        page.set_viewport_size(size | {"height": min(picture.height, max(length, 200))})
        page.screenshot(path=path)


def on_a_terminal(columns: int, words: list[str]) -> str:
    """What a command writes on a terminal so wide, with its colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(words, stdout=its, stderr=its, env=os.environ | {"TERM": "xterm-256color"})  # noqa: S603
    os.close(its)
    written = b""
    with suppress(OSError):  # the terminal is gone when the command is
        while part := os.read(ours, 1 << 16):
            written += part
    os.close(ours)
    if process.wait():
        raise SystemExit(written.decode())
    return written.decode().replace("\r\n", "\n").rstrip()


def take_terminal(browser: Browser, folder: Path, path: Path) -> None:
    """`careerscape compare` as a picture."""
    console = Console(file=StringIO(), record=True, width=COLUMNS)
    console.print(Text("$ careerscape compare 'loss mitigation specialist' 'tool builder'", "bold"))
    console.print(Text.from_ansi(on_a_terminal(COLUMNS, command(folder, "compare", LEFT, RIGHT))))
    page = browser.new_page(viewport={"width": 900, "height": 100})
    page.set_content(console.export_html(theme=MONOKAI))
    page.add_style_tag(content="body { margin: 16px } code, pre { font: 14px/1.25 'DejaVu Sans Mono', monospace !important }")
    page.screenshot(path=path, full_page=True)
    page.close()


def main(names: list[str]) -> None:
    """Take the pictures that are named, or all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database(Path(folder))
        with served(Path(folder)) as home, browsing() as browser:
            for name in names or (*PICTURES, "terminal"):
                path = IMAGES / f"{name}.png"
                if name == "terminal":
                    take_terminal(browser, Path(folder), path)
                else:
                    take(browser, home, PICTURES[name], path)
                sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
