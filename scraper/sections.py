"""The section of a page in which a row label stands."""

from collections import Counter
from collections.abc import Iterable, Mapping

from normalize.folding import fold
from scraper.sites import Site


def vote(known: Iterable[Mapping[str, str]], hint: str, site: Site) -> str:
    """The section that most row labels of a table may stand in; of several the one that the words before the table name."""
    votes = Counter(section for sections in known for section in sections)
    best = max(votes.values(), default=0)
    tied = [section for section in site.labels if votes[section] == best]
    said = fold(hint)
    words = set(said.replace(":", " ").replace(",", " ").split())
    hinted = [s for s in tied if not words.isdisjoint(site.hints.get(s, ())) or said in site.hints.get(s, ())]
    return (hinted or tied or ["overview"])[0]


def stand(section: str, known: Mapping[str, str]) -> tuple[str, str]:
    """The term of a row label, and the section of its claim: that of its table, else the one that knows the label. What only
    the overview knows stands where it stands."""
    home = section if section in known else next((s for s in known if s != "overview"), "overview")
    return known[home], section if home == "overview" else home
