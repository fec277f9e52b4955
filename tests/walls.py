"""Pages that come instead of the one that was asked for, honest pages of another kind, and what may stand on any page beside
its content: the made-up pages of `walls.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

URL = "https://www.zippia.com/baker-jobs/baker-vs-butcher-differences"

NAV = (
    '<header><a href="/">zippia</a><nav><ul><li><a href="/jobs/">Jobs</a></li><li><a href="/careers/">Careers</a></li>'
    '<li><a href="/salaries/">Salaries</a></li><li><a href="/login/">Sign in</a></li></ul></nav></header>'
)
FOOT = (
    '<footer><p><a href="/about/">About</a> <a href="/privacy/">Privacy</a> <a href="/sitemap/">All pages</a></p>'
    "<p><small>&copy; 2024. All rights reserved.</small></p></footer>"
)
BANNER = (
    '<div id="onetrust-banner-sdk" role="dialog"><p>We use cookies to count visits and to remember your choices. You can '
    "change your mind at any time.</p><button>Accept all cookies</button><button>Reject all</button>"
    "<button>Manage options</button></div>"
)
LOGIN = (
    '<div class="modal" hidden><h4>Sign in</h4><form action="/login"><input type="email"><input type="password">'
    "<button>Sign in</button></form><p>Forgot your password? No account? Create one.</p></div>"
)
CAPTCHA = (
    '<script src="https://www.google.com/recaptcha/api.js" async></script><form action="/contact"><textarea></textarea>'
    '<div class="g-recaptcha" data-sitekey="6Lc"></div><button>Send</button></form>'
)
_PARTS = {"{nav}": NAV, "{foot}": FOOT, "{banner}": BANNER, "{login}": LOGIN, "{captcha}": CAPTCHA}


@dataclass(frozen=True)
class Page:
    """A page and the code of the finding that it must get."""

    code: str
    name: str
    body: bytes
    media_type: str


def page(title: str, body: str, head: str = "", lang: str = "en") -> bytes:
    for mark, part in _PARTS.items():
        body = body.replace(mark, part)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>\n'
        f"<body>{body}</body></html>\n"
    ).encode()


def _page(code: str, name: str, text: str = "", **parts: str) -> Page:
    body = text.encode() if text else page(**parts)
    return Page(code, name, body, "text/plain" if text else "text/html")


PAGES = tuple(_page(**row) for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["page"])
WALLS = tuple(page for page in PAGES if page.code != "no_comparison")
HONEST = tuple(page for page in PAGES if page.code == "no_comparison")
