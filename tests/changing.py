"""A site of made-up pages of every kind, that is another one at its second visit."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from tests.figures import OVERVIEW, SEED, Figures, as_html
from tests.web import MISSING, Exchange, answer, redirect

_LETTERS = "abcdefghijklmnopqrst"
_KIND_OF = {3: "missing", 5: "moved", 7: "busy at first", 9: "other jobs", 11: "no page", 13: "copy"}
_LINKED = {2, 6, 8, 16, 18}
_OF_EVERY = 20
"""Of so many pages one is of each such kind, all others are comparisons; those of _LINKED are found by the page before them."""


@dataclass
class Site:
    """Pages 0 to `count` - 1; `visit` is 1 or 2."""

    count: int
    visit: int = 1
    busy: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.paths = [urlsplit(_figures(number, 1).url).path for number in range(self.count)]
        self._numbers = {path: number for number, path in enumerate(self.paths)}

    def begin(self, visit: int) -> None:
        """Be as at a visit; who is busy at first will be so once more."""
        self.visit = visit
        self.busy = set()

    def named(self, root: str) -> list[str]:
        """The addresses of the pages that no other page links to."""
        return [root + path for number, path in enumerate(self.paths) if number % _OF_EVERY not in _LINKED]

    def figures(self, path: str) -> Figures:
        """What a page says at the first visit."""
        return _figures(self._numbers[path], 1)

    def answer(self, exchange: Exchange) -> None:
        """Send what stands there."""
        path, moved, _ = exchange.path.partition("?moved")
        number = self._numbers.get(path)
        exchange.send(MISSING if number is None else self._page(number, path, exchange.header, bool(moved)))

    def _page(self, number: int, path: str, header: Callable[[str], str], moved: bool) -> bytes:
        kind = _KIND_OF.get(number % _OF_EVERY, "")
        if kind == "missing" or (number % _OF_EVERY == 19 and self.visit == 2):
            return answer(b"gone", "410 Gone" if self.visit == 2 else "404 Not Found")
        if kind == "moved" and not moved:
            return redirect(f"{path}?moved")
        if kind == "busy at first" and number < _OF_EVERY and path not in self.busy:
            self.busy.add(path)
            return answer(b"busy", "500 Internal Server Error")
        etag = f'"{number}"' if number % 5 == 1 else ""
        if etag and header("if-none-match") == etag:
            return answer(b"", "304 Not Modified", etag=etag, content_length="", content_type="")
        return answer(self._body(number, kind), etag=etag)

    def _body(self, number: int, kind: str) -> bytes:
        if kind == "no page":
            return b"<!doctype html><title>x</title><p>Welcome!"
        shown = number - 1 if kind == "copy" else number + 2 if kind == "other jobs" else number
        changes = self.visit == 2 and number % 3 == 0 and number % 5 != 1
        body = as_html(_figures(shown, self.visit if changes else 1))
        noise = random.Random(shown).randbytes(20_000).hex() if number % 7 == 2 else ""
        follows = (number + 1) % _OF_EVERY in _LINKED and number + 1 < self.count
        link = f'<p><a href="{self.paths[number + 1]}">next</a>' if follows else ""
        return body.replace(b"</body>", f"<script>{noise}</script>{link}</body>".encode())


def _figures(number: int, visit: int) -> Figures:
    """Two jobs that no other page shows, as what is newest depends on the order of pages; other figures at another visit."""
    page = (SEED, OVERVIEW)[number % 2]
    letters = "".join(_LETTERS[number // place % 20] for place in (400, 20, 1))
    titles = [f"{word} {letters}" for word in ("Welder", "Clerk")]
    made = replace(page, left=titles[0], right=titles[1])
    return made.with_cell("Average age", left=str(20 + number % 40 + visit), right=str(30 + number % 7))
