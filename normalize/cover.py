"""The fewest pages that show every occupation: a minimum edge cover, of the pages that are preferred.

Occupations are vertices, pages edges. A smallest cover is a largest matching and, for every occupation that it leaves alone, one
page more (Gallai), so that its size is known with the size of a largest matching.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from normalize import matching
from normalize.matching import Edges

EXACT_PAGES = 2_000
"""So many pages are planned exactly, in one component or in several."""

_EXACT_BUDGET = 12_000
"""So many edges the graph of an exact plan with a budget may have."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A page, `key`, that shows two occupations; of two pages that serve as well the one of the higher `preference` (0 or more)
    is taken, then the one whose key comes first."""

    key: str
    left: str
    right: str
    preference: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A page of a plan and which occupations are planned to be refreshed by it; `only` are those that no other page shows."""

    pair: Pair
    refreshes: tuple[str, ...]
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """A plan: its pages, how many `occupations` there are, how many pages a plan without budget has (`fewest`), and how many
    any such plan has at least.

    `exact` says that none is better: no smaller one, and none of the same size that is preferred; with a budget, none that
    shows more occupations either.
    """

    chosen: tuple[Chosen, ...]
    occupations: int
    fewest: int
    lower_bound: int
    exact: bool


@dataclass(slots=True)
class _Graph:
    """Occupations by number; of the pages of a pair the best one (`pages`), and the best page of each occupation (`best`)."""

    names: list[str]
    pages: dict[tuple[int, int], Pair]
    best: list[Pair]

    def edges(self) -> list[tuple[int, int, int]]:
        """The pairs, weighted by what a page for both is preferred over one for each."""
        return [
            (u, v, page.preference - self.best[u].preference - self.best[v].preference) for (u, v), page in self.pages.items()
        ]

    def page(self, u: int, v: int) -> Pair:
        """The best page of a pair."""
        return self.pages[min(u, v), max(u, v)]


def cover(pairs: Iterable[Pair], most: int | None = None) -> Cover:
    """The fewest pages that show every occupation of `pairs`, or the `most` pages that show the most of them.

    Exact for EXACT_PAGES pages and fewer, with a budget for some hundred; larger components are planned well, and
    `lower_bound` tells how well.
    """
    known = sorted(set(pairs), key=lambda pair: (-pair.preference, pair.key, pair.left, pair.right))
    graph = _graph(known)
    mate, spare, exact = _matched(graph)
    n, matched = len(graph.names), sum(other >= 0 for other in mate) // 2
    fewest = n - matched
    picks = [(v, mate[v]) for v in range(n) if mate[v] < 0 or v < mate[v]]
    if most is not None and most < fewest:
        picks, sure = _within(graph, picks, most, matched)
        exact = sure and spare == 0
    return Cover(_chosen(graph, known, picks), n, fewest, fewest - spare, exact)


def _graph(known: Sequence[Pair]) -> _Graph:
    """Of pages in order of preference."""
    names = sorted({name for pair in known for name in (pair.left, pair.right)})
    number = {name: at for at, name in enumerate(names)}
    pages: dict[tuple[int, int], Pair] = {}
    best: dict[int, Pair] = {}
    for pair in known:
        u, v = sorted((number[pair.left], number[pair.right]))
        best.setdefault(u, pair)
        best.setdefault(v, pair)
        if u != v:
            pages.setdefault((u, v), pair)
    return _Graph(names, dict(sorted(pages.items())), [best[v] for v in range(len(names))])


def _matched(graph: _Graph) -> tuple[list[int], int, bool]:
    """A largest matching, component by component, as far as that can be had: how many edges more there could be, and whether
    it is the preferred one of the largest."""
    mate, spare, exact = [-1] * len(graph.names), 0, True
    effort = EXACT_PAGES**2
    share = matching.EFFORT // max(len(graph.pages), 1)
    for vertices, edges in sorted(_components(len(graph.names), graph.edges()), key=lambda part: (len(part[1]), part[0])):
        effort -= len(edges) ** 2
        place = {v: at for at, v in enumerate(vertices)}
        local = [(place[u], place[v], weight) for u, v, weight in edges]
        if len(edges) == 1:
            found = [1, 0]
        elif effort >= 0:
            found = matching.heaviest(len(vertices), local, perfect=True)
        else:
            exact = False
            found, more = matching.largest(len(vertices), local, share * len(edges))
            matching.improve(len(vertices), local, found)
            spare += more
        for at, other in enumerate(found):
            if other >= 0:
                mate[vertices[at]] = vertices[other]
    return mate, spare, exact


def _components(n: int, edges: Edges) -> list[tuple[list[int], list[tuple[int, int, int]]]]:
    """The parts of a graph that hang together, those of two vertices and more."""
    root = list(range(n))

    def of(v: int) -> int:
        while root[v] != v:
            root[v] = root[root[v]]
            v = root[v]
        return v

    for u, v, _ in edges:
        root[of(u)] = of(v)
    vertices: dict[int, list[int]] = {}
    inside: dict[int, list[tuple[int, int, int]]] = {}
    for v in range(n):
        vertices.setdefault(of(v), []).append(v)
    for edge in edges:
        inside.setdefault(of(edge[0]), []).append(edge)
    return [(vertices[part], found) for part, found in inside.items()]


def _within(graph: _Graph, picks: list[tuple[int, int]], most: int, matched: int) -> tuple[list[tuple[int, int]], bool]:
    """So many pages that show the most occupations, as pairs of vertices (-1: the page is for one alone), and whether no others
    that show as many are preferred.

    Pages for two come first; where all of these fit, each page more shows one. The plan is taken from that without a budget
    where the graph is large.
    """
    n, both = len(graph.names), min(most, matched)
    single, idle = most - both, n - 2 * both - (most - both)
    if n * (single + idle) + len(graph.pages) > _EXACT_BUDGET:

        def worth(pick: tuple[int, int]) -> tuple[bool, int, int]:
            page = graph.best[pick[0]] if pick[1] < 0 else graph.page(*pick)
            return pick[1] < 0, -page.preference, pick[0]

        return sorted(picks, key=worth)[:most], False
    edges = [(u, v, page.preference) for (u, v), page in graph.pages.items()]
    edges += [(v, n + k, graph.best[v].preference) for v in range(n) for k in range(single)]
    edges += [(v, n + single + k, 0) for v in range(n) for k in range(idle)]
    mate = matching.heaviest(n + single + idle, edges, perfect=True)
    found = [(v, mate[v] if mate[v] < n else -1) for v in range(n) if v < mate[v] < n + single]
    return found, True


def _chosen(graph: _Graph, known: Sequence[Pair], picks: Iterable[tuple[int, int]]) -> tuple[Chosen, ...]:
    """The pages of a plan: those that refresh the most first, then as they are preferred."""
    shown: dict[str, int] = {}
    for pair in known:
        for name in {pair.left, pair.right}:
            shown[name] = shown.get(name, 0) + 1
    found = []
    for u, v in picks:
        pair = graph.best[u] if v < 0 else graph.page(u, v)
        names = {graph.names[u]} if v < 0 else {pair.left, pair.right}
        refreshes = tuple(name for name in dict.fromkeys((pair.left, pair.right)) if name in names)
        found.append(Chosen(pair, refreshes, tuple(name for name in refreshes if shown[name] == 1)))
    return tuple(sorted(found, key=lambda page: (-len(page.refreshes), -page.pair.preference, page.pair.key)))
