"""The closed lists of `normalize/vocab`: exact match after folding, or a refusal."""

import csv
import hashlib
import re
from functools import cache
from importlib.resources import files

from normalize.errors import Refusal
from normalize.folding import fold

_TEMPLATE = re.compile(r"\{\{.*\}\}|<%|\$\{")
_FOLDER = files("normalize") / "vocab"
_FILES = ("degrees.csv", "gender.csv", "missing.csv", "placeholder.csv", "race.csv")


@cache
def _codes(name: str) -> dict[str, str]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return {fold(row["alias"]): row["code"] for row in csv.DictReader(text.splitlines())}


@cache
def _tokens(name: str) -> frozenset[str]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    return frozenset(fold(row["token"]) for row in csv.DictReader(text.splitlines()))


def is_missing(text: str) -> bool:
    """Whether the whole text says that there is no value: a dash, N/A, nothing."""
    folded = fold(text)
    return not folded or folded in _tokens("missing") or _bare(folded) in _tokens("missing")


def is_placeholder(text: str) -> bool:
    """Whether the whole text stands where a value failed to appear: `undefined`, `Loading...`."""
    return _bare(fold(text)) in _tokens("placeholder") or bool(_TEMPLATE.search(text))


def _bare(folded: str) -> str:
    """Without the brackets around it or the star behind it; what is nothing else stays."""
    return (folded[1:-1] if folded[:1] == "(" and folded[-1:] == ")" else folded.removesuffix("*")).strip() or folded


def degree(label: str) -> str:
    """The code of a degree. Raises Refusal `unknown_degree`."""
    return _look_up("degrees", label, "unknown_degree")


def gender(label: str) -> str:
    """The code of a gender label. Raises Refusal `unknown_label`."""
    return _look_up("gender", label, "unknown_label")


def race(label: str) -> str:
    """The code of a race or ethnicity label. Raises Refusal `unknown_label`."""
    return _look_up("race", label, "unknown_label")


def _look_up(name: str, label: str, reason: str) -> str:
    try:
        return _codes(name)[fold(label)]
    except KeyError:
        raise Refusal(reason, label) from None


@cache
def version() -> str:
    """A digest of all lists: facts read with the same version and code are the same."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((_FOLDER / name).read_bytes())
    return digest.hexdigest()[:12]
