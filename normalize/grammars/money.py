"""US dollar amounts and ranges of them, with the period that the text itself names."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from normalize.errors import Refusal
from normalize.folding import plain
from normalize.grammars.numbers import DIGITS

_PERIODS = {
    "hour": r"(?:/|an |a |per )? ?(?:hours?|hr)|hourly",
    "month": r"(?:/|a |per )? ?(?:months?|mo)|monthly",
    "week": r"(?:/|a |per )? ?(?:weeks?|wk)|weekly",
    "year": r"(?:/|a |per )? ?(?:years?|yr|annum)|yearly|annually|p\.a\.",
}
_PERIOD = "|".join(f"(?P<{name}>{form})" for name, form in _PERIODS.items())
_AMOUNT = re.compile(
    rf"(?P<sign>\$|US ?\$|USD ?\$?)? ?(?P<digits>{DIGITS})(?P<cents>\.[0-9]{{1,2}})? ?(?P<scale>[km]?)"
    rf"(?P<usd> ?USD)? ?(?:{_PERIOD})?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?:between (?P<b1>\S.*?) and (?P<b2>\S.*)|(?:from )?(?P<f1>(?:\$|US).*?)(?: ?- ?| to )(?P<f2>\S.*))", re.IGNORECASE
)
_SCALES = {"": 1, "k": 1_000, "m": 1_000_000}
_FOREIGN = re.compile(r"[€£¥₹₩]|\b(?:EUR|GBP|CAD|AUD|JPY|INR|CHF|C\$|A\$)\b|[CA]\$")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in US dollars; `period` is hour, week, month, year or empty where the text names none, `scale` k, m or empty.

    `half` is half a unit of the last digit where the amount is scaled, and so rounded (`$45k`: 500), else 0.
    """

    amount: Decimal
    period: str = ""
    scale: str = field(default="", compare=False)
    half: Decimal = field(default=Decimal(0), compare=False)


def money(text: str) -> Money:
    """One amount: `$44,937`, `$20.79 per hour`, `$45k`, `USD 44,937`, `44,937 USD`.

    Raises Refusal `other_currency`, `no_currency` (a bare number), else `not_money`. Signs and brackets are refused.
    """
    return _amount(text, currency=False)


def _amount(text: str, currency: bool) -> Money:
    """`currency` tells that the text before it names the dollar already."""
    flat = plain(text)
    if (match := _AMOUNT.fullmatch(flat)) and (currency or match["sign"] or match["usd"]):
        scale = match["scale"].lower()
        figure = Decimal(match["digits"].replace(",", "") + (match["cents"] or ""))
        half = Decimal((0, (5,), -len(match["cents"] or "."))) * _SCALES[scale] if scale else Decimal(0)
        return Money(figure * _SCALES[scale], next((name for name in _PERIODS if match[name]), ""), scale, half)
    if _FOREIGN.search(flat):
        raise Refusal("other_currency", text)
    raise Refusal("no_currency" if match else "not_money", text)


def dollars_a_year(text: str) -> int:
    """Whole US dollars a year. Raises as `money`, and Refusal `wrong_period` or `not_whole_dollars`."""
    return rounded_a_year(text)[0]


def rounded_a_year(text: str) -> tuple[int, Decimal]:
    """As `dollars_a_year`, with how far the figure may lie from what was rounded to it."""
    read = money(text)
    return _whole_year(read, text), read.half


def dollars_an_hour(text: str) -> Decimal:
    """US dollars an hour, to the cent. Raises as `money`, and Refusal `wrong_period`."""
    read = money(text)
    if read.period not in ("", "hour"):
        raise Refusal("wrong_period", text)
    return read.amount


def dollar_range(text: str) -> tuple[int, int]:
    """Both ends of a range in whole US dollars a year, in the order shown: `Between $31,000 And $64,000`, `$31k - 64k`.

    Raises Refusal `not_a_range`, `unclear_scale` (`$31 - $64k`), or what either end raises.
    """
    return rounded_range(text)[0]


def rounded_range(text: str) -> tuple[tuple[int, int], Decimal]:
    """As `dollar_range`, with how far an end may lie from what was rounded to it."""
    match = _RANGE.fullmatch(plain(text))
    if not match:
        raise Refusal("not_a_range", text)
    try:
        low, high = money(match["b1"] or match["f1"]), _amount(match["b2"] or match["f2"], currency=True)
    except Refusal as refusal:
        raise Refusal(refusal.reason, text) from refusal
    if low.scale != high.scale:
        raise Refusal("unclear_scale", text)
    return (_whole_year(low, text), _whole_year(high, text)), max(low.half, high.half)


def _whole_year(read: Money, text: str) -> int:
    if read.period not in ("", "year"):
        raise Refusal("wrong_period", text)
    if read.amount != read.amount.to_integral_value():
        raise Refusal("not_whole_dollars", text)
    return int(read.amount)
