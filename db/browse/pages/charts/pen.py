"""Elements of a drawing. All text is escaped here, and here only."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2s
from itertools import pairwise, product
from math import isfinite

from markupsafe import Markup, escape

NARROW = 280
"""Pixels of a chart on the narrowest phone; what fits there fits everywhere, since places are per cents."""
TONES = 3
KINDS = 9
_LETTER = 7.4
_APART = 8
_LONGEST = 24
_MOST, _LEAST = 1e300, 1e-300
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ALL = ("middle", "start", "end")


def element(name: str, *content: str, **attributes: str | float) -> Markup:
    """An element; content that is no Markup is escaped, as all attributes are. `text_anchor` stands for text-anchor, `class_`
    for class. What no document can hold (control characters, half a surrogate pair) becomes �."""
    written = "".join([f' {_named(key)}="{_plain(value)}"' for key, value in attributes.items()])
    return Markup(f"<{name}{written}>{''.join(map(_text, content))}</{name}>")  # noqa: S704 -- the parts are escaped


@cache
def _named(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def joined(parts: Iterable[Markup]) -> Markup:
    """Several elements as one."""
    return Markup().join(parts)


def _text(words: str) -> str:
    """Escaped, if it is not yet; as a plain str, which is quicker to join."""
    return str.__str__(words) if isinstance(words, Markup) else str(escape(_UNSHOWABLE.sub("\ufffd", words)))


def _plain(value: str | float) -> str:
    return _text(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """At most two decimals: `12.5`."""
    words = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if words == "-0" else words


def percent(value: float) -> str:
    """A place along the width: `12.5%`."""
    return f"{number(value)}%"


def drawable(value: float) -> float:
    """The number itself. Raises ValueError for one that no scale can show: NaN, infinite, or beyond 1e300.
    What is nearer to zero than 1e-300 is zero."""
    try:
        known = float(value)
    except OverflowError:
        known = float("inf")
    if not isfinite(known) or abs(known) > _MOST:
        raise ValueError(f"cannot be drawn: {str(value)[:40]}")
    return known if abs(known) >= _LEAST else 0.0


def short(words: str, most: int = _LONGEST) -> str:
    """Words cut with an ellipsis where they are longer."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def said(value: float | None, words: str) -> str:
    """A value for those who listen; where there is none the reason, if there is one."""
    return words if value is not None else words.strip("– ") or "not known"


def wide(words: str) -> float:
    """About how many pixels words take."""
    return len(words) * _LETTER


def anchors(labels: Sequence[tuple[float, str]], width: float = NARROW) -> tuple[str, ...] | None:
    """For one or two labels (place in per cent, words; from left to right) the text anchors with which they neither meet nor
    leave the chart at any width; None where there are none."""
    for chosen in product(_ALL, repeat=len(labels)):
        spans = [span(at, words, anchor, width) for (at, words), anchor in zip(labels, chosen, strict=True)]
        meet = any(after[0] - before[1] < _APART for before, after in pairwise(spans))
        if not meet and spans[0][0] >= 0 and spans[-1][1] <= width:
            return chosen
    return None


def span(at: float, words: str, anchor: str, width: float = NARROW) -> tuple[float, float]:
    """Where words begin and end, in pixels of a chart of that width."""
    begin = at / 100 * width - {"start": 0, "middle": 0.5, "end": 1}[anchor] * wide(words)
    return begin, begin + wide(words)


def label(at: float, y: float, words: str, class_: str, anchor: str = "") -> Markup:
    """Words at a place, cut where they are too long, inside the chart at any width."""
    cut = short(words)
    anchor = anchor or (anchors([(at, cut)]) or ("middle",))[0]
    return element("text", cut, x=percent(at), y=y, text_anchor=anchor, unicode_bidi="isolate", class_=class_)


def key(*content: object) -> str:
    """What makes the ids of a chart its own: a digest of what it shows."""
    return "c" + blake2s(repr(content).encode(), digest_size=6).hexdigest()


def picture(id_: str, title: str, description: str, height: int, *content: Markup) -> Markup:
    """A drawing with a name and a description for those who do not see it."""
    return element(
        "svg",
        element("title", short(title, 200), id=f"{id_}-t"),
        element("desc", description, id=f"{id_}-d"),
        *content,
        role="img", aria_labelledby=f"{id_}-t {id_}-d", width="100%", height=height, overflow="visible", class_="chart-svg",
    )  # fmt: skip


def scenery(height: int, *content: Markup) -> Markup:
    """A drawing that says nothing beyond its neighbours: an axis."""
    return element("svg", *content, aria_hidden="true", width="100%", height=height, overflow="visible", class_="chart-svg")


def figure(kind: str, title: str, *content: Markup) -> Markup:
    """The whole of a chart."""
    return element("figure", element("figcaption", title), *content, class_=f"chart chart-{kind}")


def row(name: Markup | str, *content: Markup) -> Markup:
    """A name with what is drawn for it: beside it where there is room, above it on a phone. The drawing bears the same name, so
    that this one is not read out."""
    named = element("div", element("bdi", name), class_="chart-name", aria_hidden="true") if name else element("div")
    class_ = "chart-row" if name else "chart-row chart-axis"
    return element("div", named, element("div", *content, class_="chart-plot"), class_=class_)


def note(words: str) -> Markup:
    """A remark under a drawing; nothing if there are no words."""
    return element("p", words, class_="chart-note") if words else Markup()


def swatch(class_: str, *content: Markup) -> Markup:
    """A small square of a legend."""
    inside = content or (element("rect", width="100%", height="100%", rx=2, class_=class_),)
    return element("svg", *inside, width=14, height=14, viewBox="0 0 14 14", aria_hidden="true", class_="chart-swatch")
