"""What a page says twice: words that were read in two ways are one statement, and what nobody is sure of stands back."""

from collections.abc import Sequence

from normalize.claims import Claim
from normalize.folding import is_blank, plain
from normalize.terms import TERMS
from scraper.comparison import Compared


def distinct(drawn: Sequence[Compared]) -> list[Compared]:
    """Of tables that may hold the same words (boxes inside of boxes, lists of labels) those that say more than the others, with
    what they add alone; the one with the most claims first. An empty box is no value beside another that holds one."""
    filled = {(claim.side, claim.term) for table in drawn for claim in table.claims if not is_blank(claim.raw)}
    heard: set[tuple[str, str, str, str]] = set()
    kept: list[Compared] = []
    for table in sorted(drawn, key=_weight):
        stated = (c for c in table.claims if not is_blank(c.raw) or (c.side, c.term) not in filled)
        new = [claim for claim in stated if _key(claim) not in heard]
        heard.update(map(_key, new))
        if new:
            table.claims = new
            kept.append(table)
    return kept


def _weight(table: Compared) -> tuple[int, int]:
    """Tables with the most claims without a doubt first, of equal ones that whose cells hold values alone."""
    return -sum(not claim.doubt for claim in table.claims), sum(bool(claim.said) for claim in table.claims)


def _key(claim: Claim) -> tuple[str, str, str, str]:
    return claim.side, claim.term, claim.item, plain(claim.said or claim.raw)


def sure(claims: Sequence[Claim]) -> list[Claim]:
    """Claims without those below words that nobody knows, where another place of the page says the same thing."""
    if not any(claim.doubt == "below_heading" for claim in claims):
        return list(claims)
    said = {_field(claim) for claim in claims if claim.doubt != "below_heading"}
    return [claim for claim in claims if claim.doubt != "below_heading" or _field(claim) not in said]


def _field(claim: Claim) -> tuple[str, str, str]:
    return claim.side, TERMS[claim.term].fields[0], claim.item
