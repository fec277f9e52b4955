"""Names of companies without the words for their legal form: `Accenture plc` is `Accenture`."""

import csv
from functools import cache
from importlib.resources import files

from normalize.folding import fold, shown

_CLOSING = " ,;&-–—"


def words_of(name: str) -> list[str]:
    """The words of a name as suffixes are compared: folded, without full stops and commas."""
    return [word for word in fold(name).replace(".", "").replace(",", " ").split() if word.strip(_CLOSING)]


@cache
def _suffixes() -> tuple[frozenset[tuple[str, ...]], int]:
    text = (files("normalize") / "vocab" / "company_suffixes.csv").read_text(encoding="utf-8")
    found = frozenset(tuple(row["suffix"].split()) for row in csv.DictReader(text.splitlines()))
    return found, max(map(len, found))


def base_name(name: str) -> str:
    """The name as shown without its legal form at the end; the whole name where nothing else would be left of it."""
    suffixes, longest = _suffixes()
    parts = shown(name).split()
    kept = len(parts)
    while kept > 1:
        for size in range(min(longest, kept - 1), 0, -1):
            if tuple(words_of(" ".join(parts[kept - size : kept]))) in suffixes and words_of(" ".join(parts[: kept - size])):
                kept -= size
                break
        else:
            break
    return " ".join(parts[:kept]).rstrip(_CLOSING)
