"""What says that figures are of a part of the people alone: a row of theirs, and words over them."""

from collections.abc import Iterable

from normalize.claims import Note, Side
from normalize.folding import fold
from normalize.terms import TERMS
from scraper.headings import Reader


def of_row(label: str, texts: Iterable[str], reader: Reader) -> str:
    """What a row without a label of ours says of whom the figures are (`Year | 2019`, `Measure | Women`); empty for nothing."""
    layout = reader.site.layout
    if fold(label) not in layout.dimension_set | layout.corner_set:
        return ""
    return next((text for text in texts if reader.limits(label, text)), "")


def doubted(said: str, words: str, side: Side, term: str) -> Note:
    """That a value stands below words which may limit it."""
    return Note("unknown_heading", f"{said} below {words[:80]!r}", side, TERMS[term].fields[0])
