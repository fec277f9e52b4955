"""Words that a page may show to break the pages that show them again; each would set `window.__hit` if it ran."""

import re
from dataclasses import replace
from html import escape

from tests.figures import SEED, Figures, as_html

HIT = "window.__hit=1"
WORDS: tuple[str, ...] = (
    f"<script>{HIT}</script>",
    f"</script><script>{HIT}</script>",
    f"</title><script>{HIT}</script>",
    f"</style><script>{HIT}</script>",
    f"</textarea><script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f'"><img src=x onerror="{HIT}">',
    f"'><img src=x onerror='{HIT}'>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><animate onbegin={HIT} attributeName=x dur=1s>",
    f"</svg></figure><img src=x onerror={HIT}>",
    f'" onmouseover="{HIT}" autofocus onfocus="{HIT}" x="',
    f"' onfocus='{HIT}' autofocus tabindex=1 x='",
    f"` onmouseover={HIT} x=`",
    f"<body onload={HIT}>",
    f"<details open ontoggle={HIT}>job",
    f"<video><source onerror={HIT}></video>",
    '<iframe srcdoc="<script>parent.__hit=1</script>">job',
    '<iframe src="//a.example/frame">job',
    '<form action="//a.example/"><input autofocus name=q>job',
    '<base href="//a.example/">job',
    '<meta http-equiv="refresh" content="0;url=//a.example/">job',
    '<link rel="stylesheet" href="//a.example/sheet.css">job',
    "<style>*{display:none!important}@import '//a.example/css';</style>",
    "x;background:url(//a.example/x);display:none",
    f'<a href="javascript:{HIT}">job</a>',
    f"javascript:{HIT}//job",
    f"data:text/html,<script>parent.{HIT}</script>",
    "<!-- job",
    "--!> <!--> job <![CDATA[",
    "<plaintext>job",
    f'<noscript><p title="</noscript><img src=x onerror={HIT}>">',
    f"<math><mtext><table><mglyph><style><img src=x onerror={HIT}>",
    f"&lt;script&gt;{HIT}&lt;/script&gt; &amp;lt;",
    "{{7*7}} ${7*7} {% raw %} #{7*7} <%= 7*7 %> job",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "job'; DROP TABLE occupation; -- \" OR 1=1",
    "../../../../etc/passwd%00.html job",
    "job\u202egnp.exe\u2066 \u2067x\u2069",
    "job\u2028second\u2029third\x85 line",
    "\U0001f469\u200d\U0001f692\U0001f1eb\U0001f1ee job z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324",
    "%0d%0aSet-Cookie:%20job=1 %3Cscript%3E",
    '=HYPERLINK("http://a.example";"job")',
    "null undefined NaN None job",
    "W" * 170,
)
LABELS = (
    "Highest paying City", "Highest paying state", "Best paying company", "Best paying industry", "Most common major",
    "Most common college",
)  # fmt: skip
LONG = "Unbroken" * 625
"""A word of 5,000 characters: too long for a title, not for a cell."""


def slug(title: str) -> str:
    """A slug of which the parser says that it is that of a title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def titled(number: int) -> str:
    """A title with these words that no other occupation has."""
    return f"{WORDS[number]} {number}"


def bodies() -> list[tuple[str, bytes]]:
    """Addresses and bytes of all pages."""
    plain = [(page.url, as_html(page)) for page in pages()]
    return [(url, body.replace(b"<head>", b"<head><meta charset=utf-8>")) for url, body in [*plain, _hub()]]


def _hub() -> tuple[str, bytes]:
    """A page with all words as skills of one job."""
    page = replace(SEED, left="Hub", right="Rim", times=None, pay=None, skills=None).with_cell("Most common college", left=LONG)
    items = "".join(f"<li>{escape(word)}, 2%</li>" for word in WORDS)
    return page.url, as_html(page).replace(b"</body>", f"<h2>Skills</h2><h3>Hub</h3><ol>{items}</ol></body>".encode())


def pages() -> list[Figures]:
    """A page for each two words; both stand in the title and in each cell of text of their job."""
    return [_page(number, number + 1) for number in range(0, len(WORDS), 2)]


def _page(left: int, right: int) -> Figures:
    slugs = (slug(titled(left)), slug(titled(right)))
    page = replace(SEED, left=titled(left), right=titled(right), slugs=slugs, times=None, pay=None, skills=None)
    for label in LABELS:
        page = page.with_cell(label, WORDS[left], WORDS[right])
    return page
