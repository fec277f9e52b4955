"""Names as shown: places, companies, industries, majors, colleges, skills."""

import re
import unicodedata

from normalize import vocabulary
from normalize.errors import Refusal
from normalize.folding import shown

_FIGURE = re.compile(r"[$€£%]|^[\W\d_]*$")
_MARKUP = re.compile(r"[\[\]<>{}`|~^\\]|^[!*_]|[*_†‡§]$|\([0-9]{1,2}\)$")
_SIGNS = re.compile(r"[\W_]*")
_CONTROLS = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
LONGEST = 200


def name(text: str) -> str:
    """A name on one line, otherwise as shown. Raises Refusal `looks_like_a_figure`, `several_lines`, `markup`, `placeholder`,
    `too_long` or `control_character`."""
    return _checked(text, figure=True)


def skill(text: str) -> str:
    """The name of a skill: as `name`, but signs and figures may be part of it (`C++`, `G&A`, `401(k)`)."""
    return _checked(text, figure=False)


def _checked(text: str, figure: bool) -> str:
    flat = shown(text)
    if any(not line.rstrip().endswith(",") for line in text.strip().split("\n")[:-1]):
        raise Refusal("several_lines", text)
    if len(flat) > LONGEST:
        raise Refusal("too_long", text)
    if "\ufffd" in flat or (not flat.isprintable() and any(unicodedata.category(c) in _CONTROLS for c in flat)):
        raise Refusal("control_character", text)
    if _MARKUP.search(flat):
        raise Refusal("markup", text)
    if _SIGNS.fullmatch(flat) or (figure and _FIGURE.search(flat)):
        raise Refusal("looks_like_a_figure", text)
    if vocabulary.is_placeholder(flat):
        raise Refusal("placeholder", text)
    return flat
