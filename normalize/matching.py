"""Matchings of a graph: as many edges as can be without a common end, exactly by weight or quickly by number.

Edges are triples (u, v, weight) of vertices 0 to n - 1 and an integer; no loops, each pair once. A matching is a list that has
each vertex's partner, or -1.
"""

from collections import deque
from collections.abc import Sequence

Edges = Sequence[tuple[int, int, int]]
EFFORT = 12_000_000
"""So many looks along an edge are taken in the search for a largest matching: a few seconds."""


def heaviest(n: int, edges: Edges, perfect: bool = False) -> list[int]:
    """A matching of the greatest weight; with `perfect`, one that is the heaviest of the largest ones. Exact: weights are
    integers throughout. Time grows with the cube of n at worst: 4 s for 2,000 edges."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from(edges)
    mate = [-1] * n
    for u, v in nx.max_weight_matching(graph, maxcardinality=perfect):
        mate[u], mate[v] = v, u
    return mate


def largest(n: int, edges: Edges, effort: int) -> tuple[list[int], int]:
    """A matching of many edges, heavy ones first, and how many edges no matching has more than it.

    0 means that none is larger. Edmonds' search, begun from a greedy matching; a search that fails proves that its start stays
    alone in some largest matching. It ends early after `effort` looks along an edge.
    """
    mate = _greedy(n, edges)
    search = _Search(n, edges, mate, effort)
    alone = [v for v in range(n) if mate[v] < 0]
    tried = 0
    for tried, root in enumerate(alone, start=1):
        if search.effort <= 0:
            tried -= 1
            break
        if mate[root] < 0:
            search.augment(root)
    open_ends = sum(mate[v] < 0 for v in alone[tried:]) + search.broken_off
    return mate, open_ends // 2


def _greedy(n: int, edges: Edges) -> list[int]:
    """First the edges that are the last of an end, then the heaviest."""
    near: list[dict[int, int]] = [{} for _ in range(n)]
    for u, v, weight in edges:
        near[u][v] = near[v][u] = weight
    mate = [-1] * n
    single = [v for v in range(n) if len(near[v]) == 1]
    for u, v, _ in [*sorted(edges, key=lambda edge: -edge[2]), (-1, -1, 0)]:
        while single:
            if len(near[end := single.pop()]) == 1:
                _match(end, next(iter(near[end])), mate, near, single)
        if u >= 0 and v in near[u]:
            _match(u, v, mate, near, single)
    return mate


def _match(u: int, v: int, mate: list[int], near: list[dict[int, int]], single: list[int]) -> None:
    mate[u], mate[v] = v, u
    for end in (u, v):
        for other in near[end]:
            if other not in (u, v):
                del near[other][end]
                if len(near[other]) == 1:
                    single.append(other)
    near[u], near[v] = {}, {}


def improve(n: int, edges: Edges, mate: list[int]) -> None:
    """Make a matching heavier, of as many edges, by changing one or two of its edges at a time, until that helps no more."""
    near: list[dict[int, int]] = [{} for _ in range(n)]
    for u, v, weight in edges:
        near[u][v] = near[v][u] = weight
    ahead = deque(range(n))
    while ahead:
        u = ahead.popleft()
        if (found := _better(u, near, mate)) is None:
            continue
        x, v, y = found, mate[u], mate[found]
        mate[u], mate[x] = x, u
        if v >= 0 and y >= 0:
            mate[v], mate[y] = y, v
        elif y >= 0:
            mate[y] = -1
        ahead.extend(end for end in (u, x, v, y) if end >= 0)


def _better(u: int, near: list[dict[int, int]], mate: list[int]) -> int | None:
    """A partner for `u` with whom the whole is heavier, where theirs go together or `u` had none."""
    v = mate[u]
    for x, weight in near[u].items():
        if x == v or (y := mate[x]) < 0:
            continue
        if v < 0:
            if weight > near[x][y]:
                return x
        elif y in near[v] and weight + near[v][y] > near[u][v] + near[x][y]:
            return x
    return None


_NEW, _EVEN, _ODD = 0, 1, 2


class _Search:
    """Paths that make a matching larger by one: trees of alternating edges, odd circles shrunk to one vertex.

    A tree whose search failed is left out of all later ones.
    """

    def __init__(self, n: int, edges: Edges, mate: list[int], effort: int) -> None:
        self.mate, self.effort, self.broken_off = mate, effort, 0
        self._near: list[list[int]] = [[] for _ in range(n)]
        for u, v, _ in edges:
            self._near[u].append(v)
            self._near[v].append(u)
        self._label, self._before, self._base = [_NEW] * n, [-1] * n, list(range(n))
        self._seen, self._round = [0] * n, 0
        self._queue: list[int] = []
        self._touched: list[int] = []

    def augment(self, root: int) -> None:
        """Give `root` a partner where that makes the matching larger."""
        self._queue, self._touched = [root], [root]
        self._label[root] = _EVEN
        for u in self._queue:
            self.effort -= len(self._near[u])
            if self._grow(u):
                self._forget()
                return
            if self.effort <= 0 and u != self._queue[-1]:
                self.broken_off += 1
                self._forget()
                return

    def _grow(self, u: int) -> bool:
        label, mate = self._label, self.mate
        for v in self._near[u]:
            if label[v] == _NEW:
                label[v], self._before[v] = _ODD, u
                self._touched.append(v)
                if mate[v] < 0:
                    self._flip(v)
                    return True
                label[mate[v]] = _EVEN
                self._touched.append(mate[v])
                self._queue.append(mate[v])
            elif label[v] == _EVEN and (a := self._of(u)) != (b := self._of(v)):
                base = self._meeting(a, b)
                self._shrink(u, v, base)
                self._shrink(v, u, base)
        return False

    def _flip(self, v: int) -> None:
        while v >= 0:
            u = self._before[v]
            following = self.mate[u]
            self.mate[u], self.mate[v] = v, u
            v = following

    def _forget(self) -> None:
        for v in self._touched:
            self._label[v], self._before[v], self._base[v] = _NEW, -1, v

    def _of(self, v: int) -> int:
        base = self._base
        while base[v] != v:
            base[v] = base[base[v]]
            v = base[v]
        return v

    def _meeting(self, a: int, b: int) -> int:
        """Where two paths to the root meet."""
        self._round += 1
        while True:
            if a >= 0:
                if self._seen[a] == self._round:
                    return a
                self._seen[a] = self._round
                a = self._of(self._before[self.mate[a]]) if self.mate[a] >= 0 else -1
            a, b = b, a

    def _shrink(self, x: int, y: int, base: int) -> None:
        while self._of(x) != base:
            self._before[x] = y
            y = self.mate[x]
            if self._label[y] == _ODD:
                self._label[y] = _EVEN
                self._queue.append(y)
            for v in (x, y):
                if self._base[v] == v:
                    self._base[v] = base
            x = self._before[y]
