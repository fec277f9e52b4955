"""An item of a skills list: a name with or without its per cent, in either order, on one line or two."""

import re
from dataclasses import dataclass
from decimal import Decimal

from normalize import vocabulary
from normalize.errors import Refusal
from normalize.folding import shown
from normalize.grammars import names
from normalize.grammars.numbers import percent

_DASH = "[-‐‑‒–—―−]"
_VALUE = r"(?P<value>[0-9]{1,6}(?:\.[0-9]{1,4})? ?(?:%|per ?cent))"
_BEHIND = re.compile(
    rf"(?P<seam>\s?[,:;|•·]\s?|\s{_DASH}\s|^{_DASH}\s|\s?(?P<open>\()|\s|^){_VALUE}(?P<close>\))?$", re.IGNORECASE
)
_AHEAD = re.compile(rf"{_VALUE}(?:\s?[,:;|•·]\s?|\s{_DASH}\s|\s)(?!of\b)", re.IGNORECASE)
_NO_VALUE = re.compile(rf"(?:\s?[,:;|]\s?|\s{_DASH}\s|\s?(?P<open>\()|\n)(?:{_DASH}{{1,4}}|n/a)(?P<close>\))?$", re.IGNORECASE)
_SAYS_PER_CENT = re.compile(r"[%％٪]|[0-9] ?per ?cent|\bper ?cents?$", re.IGNORECASE)
_DANGLING = re.compile(r"(?:[,:;|•·]|\s[-–—−]|\() ?[0-9]{0,3}(?:\.[0-9]{0,4})?$|[,:;|•·/=<>~≈±(‐‑‒–—―−…]$|\s-$|\.\.$|\s\.$")
_LONGEST = 2 * names.LONGEST


@dataclass(frozen=True, slots=True)
class Skill:
    """What an item says: None for a name or per cent that it shows to be missing; `shares` tells that it has a place for a
    per cent at all."""

    name: str | None
    pct: Decimal | None
    shares: bool


def says_per_cent(text: str) -> bool:
    """Whether a text shows a per cent, or what may be meant as one."""
    return bool(_SAYS_PER_CENT.search(text))


def only_name(text: str) -> str:
    """The name of a skill on its own. Raises as `names.skill`, and Refusal `no_percent_sign` or `dangling_sign` where
    something seems to be lost behind it (`Customer Service, 21`)."""
    if len(text) > _LONGEST:
        raise Refusal("too_long", text)
    flat = shown(text)
    if says_per_cent(flat):
        raise Refusal("not_a_skill", text)
    if _DANGLING.search(flat):
        raise Refusal("no_percent_sign" if flat[-1].isdigit() else "dangling_sign", text)
    try:
        return names.skill(text)
    except Refusal as refusal:
        raise Refusal(refusal.reason, text) from refusal


def skill_and_percent(text: str) -> Skill:
    """`Customer Service, 21%`, `Customer Service (21%)`, `21% Customer Service`, `Customer Service`; an empty name or a
    dash beside a per cent (`, 21%`), or a dash in the place of a per cent (`Customer Service, -`), is missing.

    Raises Refusal `not_a_skill` where the per cent cannot be told from the name, else as `only_name`.
    """
    if len(text) > _LONGEST:
        raise Refusal("too_long", text)
    flat = "\n".join(line for line in map(shown, text.split("\n")) if line)
    if not says_per_cent(flat):
        if (match := _NO_VALUE.search(flat)) and match.start() and bool(match["open"]) == bool(match["close"]):
            return Skill(only_name(flat[: match.start()]), None, shares=True)
        return Skill(only_name(text), None, shares=False)
    name, value = _parted(flat, text)
    if vocabulary.is_missing(name):
        return Skill(None, percent(value), shares=True)
    return Skill(only_name(name), percent(value), shares=True)


def _parted(flat: str, text: str) -> tuple[str, str]:
    """The name and the per cent, if there is one way to part them."""
    behind, ahead = _BEHIND.search(flat), _AHEAD.match(flat)
    if behind and (not ahead or behind.start("value") == 0):
        name, value = flat[: behind.start()], behind["value"]
        whole = bool(behind["open"]) == bool(behind["close"])
        in_number = name[-1:].isdigit() and behind["seam"] == ","
    elif ahead and not behind:
        name, value, whole, in_number = flat[ahead.end() :], ahead["value"], True, False
    else:
        raise Refusal("not_a_skill", text)
    if not whole or in_number or says_per_cent(name):
        raise Refusal("not_a_skill", text)
    return name, value
