"""The pen that writes a page: how a tag, a label, a title and a value look in its source, with the habits of front ends.

None of the habits changes what a person sees and understands. A habit is a name in `TRAITS`; a pen has those that it was given
and draws from its own random numbers where and how each one shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from random import Random

TRAITS = (
    "entities", "hard spaces", "invisible characters", "comments", "break chances", "line breaks", "curly apostrophes",
    "label case", "colons", "icons", "footnotes", "dashes", "other ranges", "lists in cells", "wrapped values", "linked titles",
    "capital titles", "hidden extras", "unclosed tags", "capital tags", "bare attributes", "class names", "indented",
    "merged cells", "adverts", "extra rows", "third jobs", "by state", "menus", "layout table", "sentences last", "own elements",
    "western bytes", "doubled",
)  # fmt: skip

OPTIONAL_ENDS = {"li", "td", "th", "tr", "p", "dt", "dd", "thead", "tbody", "tfoot", "option", "colgroup"}
NAMED = {"$": "dollar", ",": "comma", "%": "percnt", "'": "apos", "-": "hyphen", "/": "sol", ".": "period", "+": "plus",
         ":": "colon", "&": "amp", "(": "lpar", ")": "rpar", "’": "rsquo", "–": "ndash", "—": "mdash", "−": "minus"}  # fmt: skip
HARD_SPACES = ("&nbsp;", "\u00a0", "&#160;", "&#xA0;", "\u202f", "&NonBreakingSpace;", "\u2009")
INVISIBLE = (
    "\u200b",
    "&#8203;",
    "&ZeroWidthSpace;",
    "&shy;",
    "\u00ad",
    "&zwnj;",
    "\u200d",
    "\u2060",
    "\ufeff",
    "&lrm;",
    "\u200e",
)
COMMENTS = ("<!-- -->", "<!---->", "<!--[-->", "<!-- v-if -->", "<!--?lit$1?-->", "<!-- 46 -->")
MISSING = ("-", "–", "—", "−", "‐", "‑", "―", "--", "&ndash;", "&mdash;", "&#8211;", "&minus;", "N/A", "n/a")
MINUS = ("-", "−", "–", "&minus;", "&#x2212;", "‑")
CLASSES = (
    "css-1q2w3e", "hidden md:block", "left", "right", "salary", "row", "col-4", "d-none d-md-table", "jss42", "nav", "value",
    "table__cell--odd", "ad-slot", "sidebar", "text-sm font-bold text-gray-900", "_3xKz9", "sc-bdVaJa kQhRzd", "label",
)  # fmt: skip
INLINE = (
    "<span>{}</span>", "<b>{}</b>", "<strong>{}</strong>", "<em>{}</em>", "<span><span>{}</span></span>", "<a href='/x'>{}</a>",
    "<font color=red>{}</font>", "<span style='color:#111'>{}</span>", "<data value='1'>{}</data>", "<mark><i>{}</i></mark>",
)  # fmt: skip
BLOCK = (
    "<div>{}</div>", "<p>{}</p>", "<div><div><p>{}</p></div></div>", "<center>{}</center>", "<div><span>{}</span></div>",
    "<ul><li>{}</li></ul>", "<section><p><span>{}</span></p></section>",
)  # fmt: skip
ICONS = (
    "<svg width=16 height=16 viewBox='0 0 24 24'><path d='M12 2L2 7'/></svg>",
    "<svg role=img aria-label=icon><title>Average age 99</title><circle cx=1 cy=2 r=3></circle></svg>",
    "<img src=/i.svg alt=''>",
    "<img src='/i.png' alt='icon'>",
    "<span aria-hidden=true>💰</span>",
    "<i class='fa fa-usd'></i>",
    "📈 ",
)
NOTES = ("<sup>1</sup>", "<sup>[2]</sup>", "<sup>*</sup>", "<sup><a href='#note'>1</a></sup>", "<sup>†</sup>")
EXTRAS = (
    "<span hidden>Average salary $1</span>",
    "<span style='display:none'>$99,999</span>",
    "<template><b>12%</b></template>",
    "<script>var v = 'Average age 99'</script>",
    "<style>.a{color:red}</style>",
    '<div style="display: none;"><p>Based on 12 reports</p></div>',
)


def boxed(html: str) -> bool:
    """Whether a block element stands in it, so that a person's browser would break a wrapper apart."""
    return any(f"<{tag}" in html.lower() for tag in ("ul", "div", "p>", "p ", "center", "section"))


@dataclass(frozen=True)
class Pen:
    """Random numbers and habits of one page; the same pen draws all of it."""

    rng: Random
    traits: frozenset[str] = field(default_factory=frozenset)

    def likes(self, trait: str, chance: float = 1.0) -> bool:
        return trait in self.traits and self.rng.random() < chance

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def el(self, tag: str, inner: str = "", **attributes: str) -> str:
        """An element; an attribute's name may end in `_` and has `-` for `_`."""
        if self.likes("class names", 0.8):
            attributes.setdefault("class_", self.rng.choice(CLASSES))
            attributes.setdefault(f"data-v-{self.rng.randrange(16**6):x}", "")
        said = "".join(self._attribute(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
        name = tag.upper() if self.likes("capital tags", 0.7) else tag
        end = "" if tag in OPTIONAL_ENDS and self.likes("unclosed tags", 0.8) else f"</{name}>"
        gap = "\n  " if self.likes("indented") and tag not in ("span", "a", "b", "strong") else ""
        return f"{gap}<{name}{said}>{inner}{end}{gap}"

    def _attribute(self, name: str, value: str) -> str:
        if not value:
            return f" {name}"
        if self.likes("bare attributes") and value.replace("-", "").isalnum():
            return f" {name}={value}"
        return f' {name}="{escape(value)}"'

    def all(self, tag: str, inners: Iterable[str], **attributes: str) -> str:
        return "".join(self.el(tag, inner, **attributes) for inner in inners)

    # --- text ---------------------------------------------------------------------------------------------------------

    def text(self, words: str) -> str:
        """Words as a person sees them, in one of the ways to write them down."""
        if self.likes("curly apostrophes", 0.7):
            words = words.replace("'", "’")
        return "".join(self._before(char, at) + self._char(char) for at, char in enumerate(words))

    def _before(self, char: str, at: int) -> str:
        if at and self.likes("invisible characters", 0.06):
            return self.rng.choice(INVISIBLE)
        if at and self.likes("comments", 0.08):
            return self.rng.choice(COMMENTS)
        if at and not char.isalpha() and self.likes("break chances", 0.2):
            return "<wbr>"
        return ""

    def _char(self, char: str) -> str:
        if char == " ":
            if self.likes("hard spaces", 0.4):
                return self.rng.choice(HARD_SPACES)
            return self.rng.choice(("\n        ", "  ", "\t")) if self.likes("line breaks", 0.2) else " "
        if self.likes("entities", 0.25):
            forms = [f"&#{ord(char)};", f"&#x{ord(char):X};", f"&#{ord(char):05d};"]
            return self.rng.choice([*forms, *([f"&{NAMED[char]};"] if char in NAMED and char != "-" else [])])
        return escape(char, quote=False)

    # --- the parts of a comparison ------------------------------------------------------------------------------------

    def label(self, words: str, colon: str = "") -> str:
        if self.likes("label case", 0.7):
            words = self.rng.choice((words.upper(), words.lower(), words.title(), words.capitalize()))
        if not colon and self.likes("colons", 0.8):
            colon = self.rng.choice((":", " :", "\u00a0:"))
        html = self.text(words)
        if self.likes("footnotes", 0.4):
            html += self.rng.choice(NOTES)
        html += colon
        if self.likes("icons", 0.6):
            html = self.rng.choice(ICONS) + self.pick("", " ") + html
        return self.inline(html) if self.likes("wrapped values", 0.5) else html

    def title(self, words: str, pictures: bool = True) -> str:
        """A job's title; without pictures where a figure stands beside it, since a picture there could be the figure's sign."""
        if self.likes("capital titles"):
            words = words.upper()
        html = self.text(words)
        if self.likes("linked titles", 0.7):
            if not pictures:
                return self.pick("<a href='/jobs/'>{}</a>", "<a href='#'><strong>{}</strong></a>").format(html)
            html = self.rng.choice(
                (
                    "<a href='/jobs/'>{}</a>",
                    "<img src=/p.jpg alt='A person at work'>{}",
                    "<a href='#'><strong>{}</strong></a>",
                    "<span><a href='/j' title='See all jobs'>{}<svg><path d='M0 0'/></svg></a></span>",
                )
            ).format(html)
        return html

    def value(self, words: str, block: bool = True, empty: bool = True) -> str:
        """A cell's inside. `block` allows block elements in it, `empty` an empty cell for a missing value."""
        if words == "-":
            html = self._missing(empty)
        elif "% " in words:
            html = self._shares(words, block)
        else:
            html = self._figure(words)
        if words != "-" and self.likes("footnotes", 0.15):
            html += self.rng.choice(NOTES)
        if self.likes("wrapped values", 0.6) and html:
            html = (
                self.rng.choice(BLOCK).format(html)
                if block and self.rng.random() < 0.5 and not boxed(html)
                else self.inline(html)
            )
        if self.likes("hidden extras", 0.2):
            html += self.rng.choice(EXTRAS if block else EXTRAS[:5])
        return html

    def inline(self, html: str) -> str:
        return html if boxed(html) or "<a " in html.lower() else self.rng.choice(INLINE).format(html)

    def _missing(self, empty: bool) -> str:
        if not self.likes("dashes"):
            return "-"
        return self.rng.choice((*MISSING, "", "&nbsp;") if empty else MISSING)

    def _figure(self, words: str) -> str:
        if words.startswith("-") and self.likes("dashes"):
            return self.rng.choice(MINUS) + self.text(words[1:])
        if words.startswith("Between ") and self.likes("other ranges"):
            low, high = words.removeprefix("Between ").split(" And ")
            words = low + self.rng.choice((" - ", "–", " – ", "-", " to ", " — ")) + high
        if self.likes("line breaks", 0.6):
            for cut in (" And ", ", "):
                first, found, rest = words.rpartition(cut)
                if found and rest:
                    return self.text(first + found.rstrip()) + self.rng.choice(("<br>", "<br/>", "<br />\n")) + self.text(rest)
        return self.text(words)

    def _shares(self, words: str, block: bool) -> str:
        parts = [self.text(part) for part in words.replace("% ", "%\n").split("\n")]
        if not self.likes("lists in cells"):
            return self.text(words)
        forms = [" ".join, "<br>".join, lambda p: " ".join(f"<span>{x}</span>" for x in p), ", ".join, "; ".join]
        if block:
            forms += [lambda p: self.el("ul", self.all("li", p)), lambda p: self.all("div", p), lambda p: self.all("p", p)]
        return self.rng.choice(forms)(parts)
