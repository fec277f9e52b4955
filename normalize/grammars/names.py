"""Names as shown: places, companies, industries, majors, colleges, skills."""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files

from normalize import vocabulary
from normalize.errors import Refusal
from normalize.folding import fold, shown

_FIGURE = re.compile(r"[$€£%]|^[\W\d_]*$")
_MARKUP = re.compile(r"[\[\]<>{}`|~^\\]|^[!*_]|[*_†‡§]$|\([0-9]{1,2}\)$")
_SIGNS = re.compile(r"[\W_]*")
_RANK = re.compile(r"#\s?[0-9]{1,3}\s|[0-9]{1,2}[.)]\s")
_SEVERAL = re.compile(r"\s[·|/>»→]\s|[•‣▪●▲▼△▽★☆⭐✓✔➔➜]")
_BESIDE = re.compile(
    r":\s|\((?:(?:19|20)[0-9]{2}|(?:formerly|previously|was|now)\b[^)]*)\)|(?:\+|&|\band) ?(?:[0-9]+ )?(?:more|others?)$",
    re.IGNORECASE,
)
_CUT = re.compile(r"…|\.\.\.?$")
_COUNTED = re.compile(
    r"[0-9](?:,?[0-9])* (?:open )?(?:jobs?|openings?|positions?|salar(?:y|ies)|reviews?|ratings?)\b|\s[0-5]\.[0-9]$",
    re.IGNORECASE,
)
_CONTROLS = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
LONGEST = 200


def name(text: str) -> str:
    """A name on one line, otherwise as shown. Raises Refusal `looks_like_a_figure`, `several_lines`, `markup`, `placeholder`,
    `too_long`, `control_character`, `cut_short` (`Southern New Hampshire Univ…`), or `more_than_a_name` where a rank, a badge,
    a year, another name or the words of a link stand beside it (`1. Accenture`, `Accenture See jobs`; see
    `vocab/name_traps.csv`)."""
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
    if figure and _CUT.search(flat):
        raise Refusal("cut_short", text)
    beside = (_SEVERAL, _COUNTED, _BESIDE)
    if figure and (_RANK.match(flat) or any(form.search(flat) for form in beside) or _traps().search(fold(flat))):
        raise Refusal("more_than_a_name", text)
    return flat


@cache
def _traps() -> re.Pattern[str]:
    """The words of buttons and badges, where they stand before or behind something else."""
    text = (files("normalize") / "vocab" / "name_traps.csv").read_text(encoding="utf-8")
    places: dict[str, list[str]] = {"start": [], "end": []}
    for row in csv.DictReader(text.splitlines()):
        places[row["where"]].append(re.escape(row["words"]))
    return re.compile(rf"^(?:{'|'.join(places['start'])})\s|\s(?:{'|'.join(places['end'])})$")
