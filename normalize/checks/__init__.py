"""The checks that one page can make on itself: pure functions from the values of a page to what they contradict."""

from normalize.checks.bounds import BOUNDS, ITEM_BOUNDS, out_of_range
from normalize.checks.contradiction import Contradiction, Number
from normalize.checks.pay import HOURS_A_YEAR, hourly_fits, pay
from normalize.checks.shares import shares_sum

__all__ = ["BOUNDS", "HOURS_A_YEAR", "ITEM_BOUNDS", "Contradiction", "Number", "hourly_fits", "out_of_range", "pay", "shares_sum"]
