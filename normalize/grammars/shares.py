"""Labels with per cents: one (`Bachelor's Degree, 58%`) or a list of them (`Male, 34.4% Female, 65.6%`)."""

import re
from decimal import Decimal

from normalize.errors import Refusal
from normalize.folding import plain
from normalize.grammars.numbers import percent

_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,4})? ?(?:%|percent|per cent)"
_TWO = re.compile(r"\b2 (?=or more\b)", re.IGNORECASE)
_LABEL = r"[^\W\d_](?:[^%\d$]{0,78}?(?:[^\W\d_]|[)']|(?<=[^\W\d_])\.(?=[:, ])))?"
_LABEL_FIRST = re.compile(
    rf" ?(?P<label>{_LABEL}) ?(?:(?P<open>\()|- |[:,] ?)?(?P<value>{_NUMBER})(?P<close>\))?(?: ?[,;.•·|/])?(?: |$|(?=[^\W\d_]))",
    re.IGNORECASE,
)
_VALUE_FIRST = re.compile(rf" ?(?P<value>{_NUMBER})[,:]? ?(?P<label>{_LABEL})(?: ?[,;.•·|/])?(?= ?[0-9]| ?$)", re.IGNORECASE)


def labelled_percents(text: str) -> tuple[tuple[str, Decimal], ...]:
    """The labels and per cents of a list, in order, label before or after its figure, on one line or many.

    The whole text must be such pairs. Raises Refusal `not_shares`, or `duplicate_label` where a label comes twice.
    """
    flat = _TWO.sub("two ", plain(text))
    pattern = _VALUE_FIRST if flat[:1].isdigit() else _LABEL_FIRST
    pairs: list[tuple[str, Decimal]] = []
    position = 0
    while position < len(flat):
        match = pattern.match(flat, position)
        if not match or bool(match.groupdict().get("open")) != bool(match.groupdict().get("close")):
            raise Refusal("not_shares", text)
        pairs.append((match["label"], percent(match["value"])))
        position = match.end()
    if not pairs:
        raise Refusal("not_shares", text)
    if len({label.lower() for label, _ in pairs}) < len(pairs):
        raise Refusal("duplicate_label", text)
    return tuple(pairs)


def label_and_percent(text: str) -> tuple[str, Decimal | None]:
    """A label with or without its per cent: `Bachelor's Degree, 58%`, `Bachelor's Degree`. Raises Refusal `not_shares`."""
    if "%" not in text and "percent" not in text.lower():
        if not plain(text) or re.search(r"[0-9$]", text):
            raise Refusal("not_shares", text)
        return plain(text), None
    pairs = labelled_percents(text)
    if len(pairs) != 1:
        raise Refusal("not_shares", text)
    return pairs[0]
