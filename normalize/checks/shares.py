"""What the shares of one list say of each other."""

from decimal import Decimal

from normalize.checks.contradiction import Contradiction


def shares_sum(field: str, shares: tuple[Decimal, ...]) -> Contradiction | None:
    """The shares of a list sum to 100, give or take half a unit of the last digit for each; a list of one has lost the rest."""
    if not shares:
        return None
    half_a_unit = Decimal((0, (5,), max(-1, min(_exponent(pct) for pct in shares)) - 1))
    total = sum(shares, Decimal(0))
    if abs(total - 100) > half_a_unit * len(shares):
        return Contradiction("shares_sum", f"{total}", (field,))
    if len(shares) == 1:
        return Contradiction("lone_share", f"{total}", (field,))
    return None


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
