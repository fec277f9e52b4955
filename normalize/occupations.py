"""Titles of occupations to SOC 2018, by the official files that the user has loaded.

A title is looked up as it is, then in other spellings, then in parts, and at last with slips of the pen. What belongs to several
codes is ambiguous and never picked; what is not certain has candidates and no code. Why the tiers are as they are, and what they
are worth, was measured: docs/occupations.md.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, NamedTuple

from normalize import titles
from normalize.codes import Candidate, Coded
from normalize.folding import fold
from normalize.rules import NO_RULES, Rules

Source = Literal["official", "direct", "several", "reported", "few", "single"]
"""What a title is in its file: the name of a code, a direct match of one code, or else told by three sources and more, by
workers, by two sources, by one alone. An abbreviation that stands beside a title counts as the last."""

EXACT, NORMALISED, PARTS, FUZZY = 1.0, 0.95, 0.8, 0.8
"""Scores of the tiers; of the last one times the likeness. They rank, they are no probabilities."""

LIKE, LEAD = 85.0, 10.0
"""How alike a title must be spelled, and how far the title of any other code must lie behind; both of 100."""

_NAMED, _SEVERAL, _REPORTED, _FEW, _SINGLE = range(5)
_STRENGTH: Mapping[Source, int] = {
    "official": _NAMED, "direct": _NAMED, "several": _SEVERAL, "reported": _REPORTED, "few": _FEW, "single": _SINGLE,
}  # fmt: skip
_SOC = 7
_RESIDUAL = "9"
"""The last figure of a SOC code for all that have no code of their own."""

_MOST_CANDIDATES, _MOST_AMBIGUOUS, _MOST_CHARACTERS, _MOST_NEAR = 3, 10, 200, 30
_UNLIKE, _UNDECIDED = 40.0, 0.5
_NEAR, _SLIP = 70.0, 90.0
"""A title that is spelled so much alike is worth a look where it shares a word, or else shares nearly all letters."""

_SHORTEST_SLIP, _SHORTEST_WITNESS = 5, 4

Strengths = dict[str, int]
"""Codes of a title, O*NET-SOC or SOC, and how strongly a file says so: 0 is strongest."""

Near = dict[str, tuple[float, titles.Words]]
"""SOC codes by how alike one of their titles is spelled, the likeliest first: the likeness, of 100, and the title's words."""


class Title(NamedTuple):
    """A title in an official file, and the SOC or O*NET-SOC code at which it stands there."""

    title: str
    code: str
    source: Source


class _Hit(NamedTuple):
    codes: Strengths
    method: str
    score: float


class Index:
    """Official titles by their texts."""

    def __init__(self, rows: Iterable[Title]) -> None:
        self._known: dict[titles.Words, Strengths] = {}
        self._folded: set[str] = set()
        self._spellings: set[titles.Words] = set()
        self._names: dict[str, str] = {}
        for title, code, source in rows:
            strengths = self._known.setdefault(titles.words(title), {})
            strengths[code] = min(_STRENGTH[source], strengths.get(code, _SINGLE))
            self._folded.add(fold(title))
            self._spellings.add(titles.spelling(title))
            if source == "official":
                self._names.setdefault(code.removesuffix(".00"), title)
        self._known.pop((), None)

    def title_of(self, code: str) -> str | None:
        """The title of a SOC or O*NET-SOC code, None where no file has it."""
        return self._names.get(code.removesuffix(".00"))

    def knows(self, code: str) -> bool:
        """Whether a file has a SOC or O*NET-SOC code."""
        wanted = code.removesuffix(".00")
        codes = {known for strengths in self._known.values() for known in strengths}
        return any(wanted in (known[:_SOC], known) for known in codes)

    def code(self, title: str, rules: Rules = NO_RULES) -> Coded:
        """The SOC code of a title, or why it has none; the user's rules come first.

        Candidates of a code are the O*NET-SOC codes where they say more than the SOC code, else the codes that it may be.
        """
        taught = rules.codes("occupation", title) if rules else frozenset()
        if taught:
            return self._decided(_Hit(dict.fromkeys(taught, _NAMED), "rule", EXACT))
        if len(title) > _MOST_CHARACTERS:
            return Coded(None, reason="unknown")
        hit = self._whole(title) or self._by_parts(title)
        if hit:
            return self._decided(hit)
        near = self._near(title)
        hit = self._slip(title, near)
        return self._decided(hit) if hit else self._unknown(title, near)

    def suggestions(self, title: str, most: int = _MOST_CANDIDATES) -> tuple[Candidate, ...]:
        """SOC codes that a person might choose for a title, the likeliest first."""
        return self._unknown(title[:_MOST_CHARACTERS], self._near(title[:_MOST_CHARACTERS])).candidates[:most]

    def _whole(self, title: str) -> _Hit | None:
        """By the title itself, without words of rank and shift, or turned round."""
        found = titles.spelling(title)
        left = titles.bare(found)
        other = (" ".join(left) if left != found else "", titles.turned(title))
        if hit := self._same(title):
            return hit
        hit = next((hit for hit in map(self._same, filter(None, other)) if hit), None)
        return hit and hit._replace(method="normalised", score=NORMALISED)

    def _same(self, title: str) -> _Hit | None:
        """By a title that is written alike, or is the name of a code but for a plural: enough evidence to decide.

        The codes are those of all titles with the same words, so that what one spelling hides makes the other ambiguous.
        """
        words = titles.words(title)
        codes = self._codes(words)
        if not self._is_certain(words, codes):
            return None
        if fold(title) in self._folded:
            return _Hit(codes, "exact", EXACT)
        if _NAMED in codes.values() or titles.spelling(title) in self._spellings:
            return _Hit(codes, "normalised", NORMALISED)
        return None

    def _codes(self, words: titles.Words) -> Strengths:
        """The codes of a title: the one whose name it is, else all at which it stands."""
        known = self._known.get(words, {})
        named = {code: strength for code, strength in known.items() if strength == _NAMED}
        return named if len(_of_soc(named)) == 1 else known

    def _is_certain(self, words: titles.Words, codes: Strengths) -> bool:
        """Whether a title has its codes for certain: it is the name of one, belongs to several, or has witnesses enough.

        Three sources are enough; so are workers with the name of the code, if it has a word of the title, and two sources with
        the name, if it has the last word.
        """
        said = _of_soc(codes)
        strength = min(said.values(), default=_SINGLE)
        if len(said) > 1 or strength == _NAMED:
            return True
        if strength == _SINGLE or titles.names_no_work(words):
            return False
        if strength == _SEVERAL:
            return True
        named = {word for code in (*codes, *said) for word in titles.words(self.title_of(code) or "")}
        telling = {words[-1]}
        if strength == _REPORTED:
            telling |= {word for word in words if len(word) >= _SHORTEST_WITNESS and not titles.names_no_work((word,))}
        return not any(code.endswith(_RESIDUAL) for code in said) and not named.isdisjoint(telling)

    def _by_parts(self, title: str) -> _Hit | None:
        """By its parts, where each of them is a title."""
        found = titles.parts(title)
        hits = [self._whole(part) for part in found] if len(found) > 1 else []
        if not hits or None in hits:
            return None
        together: Strengths = {}
        for hit in filter(None, hits):
            together |= hit.codes
        return _Hit(together, "parts", PARTS)

    def _slip(self, title: str, near: Near) -> _Hit | None:
        """By a title from which it differs by slips of the pen in words that no title has, or by the order of a name's words."""
        likenesses = [likeness for likeness, _ in near.values()] + [0.0, 0.0]
        if likenesses[0] < LIKE or likenesses[0] - likenesses[1] < LEAD:
            return None
        _, words = next(iter(near.values()))
        codes = self._codes(words)
        written = Counter(_comparable(title))
        strange, expected = [*(written - Counter(words)).elements()], [*(Counter(words) - written).elements()]
        if not self._is_certain(words, codes) or not self._vocabulary.isdisjoint(strange) or not _pairs(strange, expected):
            return None
        if not strange and _NAMED not in codes.values():
            return None
        return _Hit(codes, "fuzzy", FUZZY * likenesses[0] / 100)

    def _near(self, title: str) -> Near:
        """SOC codes of the titles that are spelled most alike."""
        from rapidfuzz import fuzz, process

        wanted = _sorted(_comparable(title))
        if not wanted:
            return {}
        found = process.extract(wanted, self._in_order, scorer=fuzz.ratio, score_cutoff=_UNLIKE, limit=_MOST_NEAR)
        best: dict[str, tuple[float, titles.Words]] = {}
        for _, likeness, number in found:
            words = self._all_words[number]
            for code in _of_soc(self._codes(words)):
                if code not in best or best[code][0] < likeness:
                    best[code] = likeness, words
        return dict(sorted(best.items(), key=lambda item: (-item[1][0], item[0])))

    @cached_property
    def _all_words(self) -> list[titles.Words]:
        return list(self._known)

    @cached_property
    def _in_order(self) -> list[str]:
        return [_sorted(words) for words in self._all_words]

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for words in self._known for word in words)

    def _decided(self, hit: _Hit) -> Coded:
        codes = _of_soc(hit.codes)
        if len(codes) > 1:
            ranked = sorted(codes.items(), key=lambda item: (item[1], item[0]))[:_MOST_AMBIGUOUS]
            return Coded(None, reason="ambiguous", candidates=tuple(self._candidate(code, _UNDECIDED) for code, _ in ranked))
        score = round(hit.score, 3)
        finer = sorted(code for code in hit.codes if len(code) > _SOC)
        told = tuple(self._candidate(code, score) for code in finer) if any(not c.endswith(".00") for c in finer) else ()
        (code,) = codes
        return Coded(code, self.title_of(code) or "", "", hit.method, score, "", told)

    def _unknown(self, title: str, near: Near) -> Coded:
        likely = dict.fromkeys(_of_soc(self._codes(titles.words(title))), _UNDECIDED)
        asked = set(_comparable(title))
        for code, (likeness, words) in near.items():
            if code not in likely and likeness >= (_NEAR if asked.intersection(words) else _SLIP):
                likely[code] = round(likeness / 100, 2)
        best = list(likely.items())[:_MOST_CANDIDATES]
        return Coded(None, reason="unknown", candidates=tuple(self._candidate(code, score) for code, score in best))

    def _candidate(self, code: str, score: float) -> Candidate:
        return Candidate(code, self.title_of(code) or "", score)


def _of_soc(codes: Strengths) -> Strengths:
    """SOC codes of O*NET-SOC codes, each as strong as its strongest."""
    found: Strengths = defaultdict(lambda: _SINGLE)
    for code, strength in codes.items():
        found[code[:_SOC]] = min(found[code[:_SOC]], strength)
    return dict(found)


def _comparable(title: str) -> titles.Words:
    found = titles.spelling(title)
    return titles.words(" ".join(titles.bare(found) or found))


def _sorted(words: titles.Words) -> str:
    return " ".join(sorted(words))


def _pairs(slips: list[str], expected: list[str]) -> bool:
    """Whether each word is one of those expected but for a letter that is wrong, missing, too many, or changed places."""
    from rapidfuzz.distance import OSA

    if len(slips) != len(expected):
        return False
    left = list(expected)
    for slip in slips:
        meant = next(
            (word for word in left if min(len(slip), len(word)) >= _SHORTEST_SLIP and OSA.distance(slip, word) == 1), None
        )
        if meant is None:
            return False
        left.remove(meant)
    return True
