"""What one cell, item or line of a page is: a title, a row label, a value, or a value with its label or title before it."""

from collections.abc import Mapping
from typing import NamedTuple

from normalize.claims import Side
from normalize.folding import is_blank, shown
from scraper.sites import Site
from scraper.titles import Pair

_LONGEST = 600
_MOST = 2
_BETWEEN = frozenset(("of", "for", "as", "in", "a", "an", "the"))


class Said(NamedTuple):
    """A cell taken apart: the job that it names, its row label with the sections that know it, and at which offset the rest
    begins; `rest` is empty for a title or label alone. `mixed` tells that the rest names another."""

    side: Side | None = None
    title: str = ""
    label: str = ""
    known: Mapping[str, str] = {}
    rest: str = ""
    start: int = 0
    mixed: bool = False

    @property
    def is_value(self) -> bool:
        """Neither title nor label: a value, or words that nobody knows."""
        return not self.side and not self.known

    @property
    def is_bare(self) -> bool:
        """A title or a label, without more."""
        return not self.rest and not self.is_value


def take_apart(text: str, pair: Pair, site: Site) -> Said:
    """What a text is. Before a value a label or title ends with a colon or with its line."""
    if len(text) > _LONGEST or is_blank(text):
        return Said(rest=text)
    if side := pair.side(text):
        return Said(side, pair.title(text))
    if known := site.where(text):
        return Said(label=shown(text), known=known)
    if (rest := text.lstrip(" :")) != text and text.lstrip().startswith(":") and rest:
        return Said(rest=rest, start=len(text) - len(rest))
    said, start = Said(), 0
    for _ in range(_MOST):
        found = _prefix(text, start, said, pair, site)
        if found is None:
            break
        said, start = found
        rest = text[start:]
        if not said.side and (side := pair.side(rest)):
            return said._replace(side=side, title=pair.title(rest), rest="")
        if not said.known and (known := site.where(rest)):
            return said._replace(label=shown(rest), known=known, rest="")
    rest = text[start:]
    mixed = not said.is_value and any(_names(line, pair, site) for line in rest.split("\n"))
    return said._replace(rest=rest, start=start, mixed=mixed)


def _prefix(text: str, start: int, said: Said, pair: Pair, site: Site) -> tuple[Said, int] | None:
    """The next title or label of a text, and where the rest begins."""
    line, colon = text.find("\n", start), text.find(":", start)
    for end in sorted((at for at in (line, colon) if at > start), reverse=True):
        head = text[start:end]
        rest = text[end + 1 :]
        if is_blank(rest):
            continue
        after = end + 1 + len(rest) - len(rest.lstrip())
        if not said.side and (side := pair.side(head)):
            return said._replace(side=side, title=pair.title(head)), after
        if not said.known and (known := site.where(head)):
            return said._replace(label=shown(head), known=known), after
        if said.is_value and (both := _label_of_title(head, pair, site)):
            return both, after
    return None


def _label_of_title(head: str, pair: Pair, site: Site) -> Said | None:
    """A label and a title in one: `Average salary of a cook`, `Cook average salary`."""
    mentioned = pair.mentioned(head)
    if len(mentioned.titles) != 1:
        return None
    words = list(mentioned.rest)
    while words and words[-1].lower() in _BETWEEN:
        words.pop()
    label = " ".join(words)
    known = site.where(label)
    ((side, title),) = mentioned.titles.items()
    return Said(side, title, shown(label), known) if known else None


def _names(line: str, pair: Pair, site: Site) -> bool:
    head = line.partition(":")[0]
    return bool(pair.side(head) or site.where(head) or site.label_pattern.match(line.lower()))
