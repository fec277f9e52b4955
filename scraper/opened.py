"""The archived page behind a value, in the browser: a copy in which nothing runs, with a banner of ours and the place marked."""

import os
import tempfile
import webbrowser
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from scraper.inert import MARK, Copy

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = """
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; font: 16px/1.45 sans-serif; color: #1a1a1a; background: #fff; }
.banner { flex: none; max-height: 45%; overflow: auto; padding: 10px 18px; background: #1b2a3a; color: #fff; }
.banner strong { font-size: 17px; }
.banner dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 14px; margin: 6px 0 0; font-size: 14px; }
.banner dt { color: #a9bdd0; }
.banner dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.banner a { color: #ffd54a; }
.page { flex: 1; min-height: 0; padding: 12px 18px 30vh; overflow: auto; isolation: isolate; contain: paint; }
.page { overflow-wrap: anywhere; }
.page table, .page [role=table], .page [role=grid] { border-collapse: collapse; margin: 8px 0; }
.page td, .page th { border: 1px solid #c4ccd4; padding: 4px 9px; text-align: left; white-space: pre-line; }
.page [role=table], .page [role=grid] { display: table; }
.page [role=row] { display: table-row; }
.page [role=rowgroup] { display: table-row-group; }
.page [role$=cell], .page [role$=header] { display: table-cell; border: 1px solid #c4ccd4; padding: 4px 9px; }
.page pre { white-space: pre-wrap; }
.page [hidden] { display: none !important; }
.page .drawn { color: #5a6672; font-style: italic; }
.page .unfolded { outline: 1px dashed #8a97a3; }
.page .mark { background: #ffe45c !important; color: #000 !important; outline: 3px solid #d9480f; scroll-margin: 20vh; }
"""


def shows_windows(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser has somewhere to open."""
    return platform in ("darwin", "win32") or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def page(about: Sequence[tuple[str, str]], copy: Copy) -> str:
    """The whole file; `about` are labelled lines for the banner, of which the label of a continued line is empty."""
    lines = "".join(f"<dt>{escape(label)}</dt><dd><bdi>{escape(words)}</bdi></dd>" for label, words in about)
    there = f'<a href="#{MARK}">The place is marked.</a>' if copy.marked else (
        "The place is not marked: this version of the program does not find these words there."
    )  # fmt: skip
    return (
        f'<!doctype html>\n<html><head><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta charset="utf-8">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f"<title>Archived copy</title><style>{_STYLE}</style></head><body>"
        f'<div class="banner"><strong>Archived copy</strong> Nothing in it runs, loads or leads anywhere. {there}'
        f'<dl>{lines}</dl></div><div class="page">{copy.html}</div></body></html>\n'
    )


def write(text: str) -> Path:
    """A new file that only the user can read, in a folder of its own of which nobody knows the name before. It is left there."""
    folder = Path(tempfile.mkdtemp(prefix="careerscape-"))  # 0700
    path = folder / "page.html"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path


def show(path: Path) -> bool:
    """Open a file at the marked place in the browser; False where there is none."""
    return webbrowser.open(f"{path.as_uri()}#{MARK}")
