"""Pages with the same figures in many markups, drawn at random, and how well they are read.

`python -m tests.markups --report` prints for each markup the pages, the wrong values and the recall.
"""

import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from html import escape
from random import Random

from scraper import parsing
from tests import markup_cards as cards
from tests import markup_grids as grids
from tests import markup_noise as noise
from tests.figures import HEADINGS, OVERVIEW, SEED, Expected, Figures, expected, found, real_pages
from tests.markup_figures import made_up
from tests.markup_pen import TRAITS, Pen

Structure = Callable[[Figures, Pen], str]
KEPT = ("ok", "missing")


def _sections(draw: grids.Draw) -> Structure:
    return lambda page, pen: draw(pen, *grids.section_rows(pen, page, draw is not grids.list_rows))


def _jobs(draw: grids.Draw) -> Structure:
    def structure(page: Figures, pen: Pen) -> str:
        block = draw is not grids.list_rows
        if pen.rng.random() < 0.5:
            return draw(pen, *grids.jobs_as_rows(pen, page, grids.rows_of(page), block))
        return "".join(
            grids.heading(pen, page, s) + draw(pen, *grids.jobs_as_rows(pen, page, r, block)) for s, r in page.tables.items()
        )

    return structure


def _captions(page: Figures, pen: Pen) -> str:
    order = grids.columns(pen)
    return "".join(
        grids.table(pen, [grids.top(pen, page, order)], grids.body(pen, order, rows), pen.text(HEADINGS[section]))
        for section, rows in page.tables.items()
    )


def _twice(page: Figures, pen: Pen) -> str:
    """A copy for wide screens and one for narrow screens."""
    wide = pen.rng.choice(("table for each section", "one table with section rows", "aria grid for each section"))
    narrow = pen.rng.choice(("cards with tables", "cards with definition lists", "cards with lists", "cards with divs"))
    return pen.el("div", STRUCTURES[wide](page, pen), class_="hidden md:block") + pen.el(
        "div", STRUCTURES[narrow](page, pen), class_="md:hidden"
    )


STRUCTURES: dict[str, Structure] = {
    "table for each section": grids.each_section(grids.table),
    "table with captions": _captions,
    "one table with section rows": _sections(grids.table),
    "one table with a body for each section": lambda p, pen: grids.table(pen, *grids.section_rows(pen, p), groups=True),
    "one table with a section column": lambda p, pen: grids.table(pen, *grids.section_column(pen, p)),
    "table with two header rows": lambda p, pen: grids.table(pen, *grids.two_headers(pen, p)),
    "table with extra columns": lambda p, pen: grids.table(pen, *grids.extra_columns(pen, p)),
    "table of jobs as rows": _jobs(grids.table),
    "table in long form": lambda p, pen: grids.table(pen, *grids.long_form(pen, p)),
    "aria grid for each section": grids.each_section(grids.aria),
    "aria grid with section rows": _sections(grids.aria),
    "aria grid with extra columns": lambda p, pen: grids.aria(pen, *grids.extra_columns(pen, p)),
    "aria grid of jobs as rows": _jobs(grids.aria),
    "aria grid in long form": lambda p, pen: grids.aria(pen, *grids.long_form(pen, p, spans=False)),
    "rows of divs": grids.each_section(grids.div_rows),
    "rows of divs with section rows": _sections(grids.div_rows),
    "rows of divs with extra columns": lambda p, pen: grids.div_rows(pen, *grids.extra_columns(pen, p)),
    "rows of divs with jobs as rows": _jobs(grids.div_rows),
    "rows of divs in long form": lambda p, pen: grids.div_rows(pen, *grids.long_form(pen, p, spans=False)),
    "flat css grid": grids.each_section(grids.flat),
    "flat css grid with section rows": _sections(grids.flat),
    "list of rows of spans": grids.each_section(grids.list_rows, block=False),
    "list of rows with section rows": _sections(grids.list_rows),
    "cards with tables": cards.cards(cards.as_table),
    "cards with definition lists": cards.cards(cards.as_definitions),
    "cards with lists": cards.cards(cards.as_list),
    "cards with lists of spans": cards.cards(cards.as_span_list),
    "cards with divs": cards.cards(cards.as_divs),
    "cards with paragraphs": cards.cards(cards.as_paragraphs),
    "cards with lines": cards.cards(cards.as_lines),
    "cards by section with tables": cards.cards_by_section(cards.as_table),
    "cards by section with definition lists": cards.cards_by_section(cards.as_definitions),
    "cards by section with divs": cards.cards_by_section(cards.as_divs),
    "cards in a layout table": cards.layout_of_cards,
    "table for each job": cards.captioned,
    "definition list of labels": cards.label_definitions,
    "tiles of labels": cards.label_tiles,
    "copies for wide and narrow screens": _twice,
}

# --- pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A page as bytes, what it must give, and how it was drawn."""

    url: str
    body: bytes
    truth: Expected
    structure: str
    traits: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"{self.structure} [{', '.join(self.traits)}] {self.url.rsplit('/', 1)[1]}"


@cache
def known() -> tuple[Figures, ...]:
    return (SEED, OVERVIEW, *real_pages())


def draw(page: Figures, structure: Structure, pen: Pen) -> bytes:
    """The whole page: the comparison, its sentences, and what stands around them."""
    content, words = structure(page, pen), noise.said(pen, page)
    if pen.likes("doubled"):
        content += pen.el("div", structure(page, pen))
    title = f"{page.left} vs {page.right}"
    parts = [pen.el("h1", pen.text(title)) if pen.rng.random() < 0.8 else ""]
    parts += [content, words] if pen.likes("sentences last") else [words, content]
    around = []
    if pen.likes("third jobs"):
        around += [f(pen, page) for f in pen.rng.sample(OTHER_JOBS, pen.rng.choice((1, 2)))]
    if pen.likes("by state"):
        around.append(noise.by_state(pen, page))
    before = [part for part in around if pen.rng.random() < 0.3]
    if before:
        before.append(pen.el("h2", pen.text(title)))
    inside = "".join([*before, *parts, *(part for part in around if part not in before)])
    if pen.likes("own elements"):
        inside = f"<app-root ng-version=13><app-comparison _nghost-abc>{inside}</app-comparison></app-root>"
    if pen.likes("layout table"):
        inside = pen.el("table", pen.el("tr", pen.all("td", ["<a href='/'>Home</a><br>Salaries", inside, "<p>Ad</p>"])))
    over, under = noise.menus(pen) if pen.likes("menus") else ("", "")
    charset = "windows-1252" if pen.likes("western bytes") else "utf-8"
    html = (
        f"<!doctype html><html lang=en><head><meta charset={charset}><title>{escape(title)}</title></head>"
        f"<body>{over}{pen.el('main', inside)}{under}</body></html>"
    )
    return html.encode("cp1252" if charset == "windows-1252" else "utf-8", "xmlcharrefreplace")


OTHER_JOBS = (noise.other_rows, noise.other_comparison, noise.shared_comparison, noise.other_cards, noise.other_words)


def random_page(seed: int, structures: dict[str, Structure] = STRUCTURES) -> Drawn:
    """A page whose figures, structure and habits follow from the seed; each structure comes as often as the others."""
    rng = Random(f"markup {seed}")
    page = rng.choice(known()) if rng.random() < 0.6 else made_up(rng)
    name = list(structures)[seed % len(structures)]
    share = rng.choice((0.0, 0.1, 0.2, 0.4))
    traits = tuple(t for t in TRAITS if rng.random() < share)
    body = draw(page, structures[name], Pen(rng, frozenset(traits)))
    return Drawn(page.url, body, expected(page), name, traits)


# --- how well it is read ---------------------------------------------------------------------------------------------


@dataclass
class Score:
    """Counts over pages: values to find, found, wrong with status ok, and lost without a word."""

    pages: int = 0
    asked: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        return self.right / self.asked if self.asked else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.pages + other.pages,
            self.asked + other.asked,
            self.right + other.right,
            self.wrong + other.wrong,
            self.silent + other.silent,
            self.lost + other.lost,
        )


def score(seed: int, drawn: Drawn) -> Score:
    """One page, read. Wrong is a value with status ok that the page does not say; silent is one that the page says, that is
    not there, and of which no finding speaks."""
    reading = parsing.parse(drawn.body, "text/html", "", drawn.url)
    got = found(reading)
    name = f"seed {seed}, {drawn.description}"
    asked = {key: fact for key, fact in drawn.truth.items() if fact[1] in KEPT}
    lost = {key: got.get(key) for key, fact in asked.items() if got.get(key) != fact}
    wrong = [f"{name}: {key} is {fact}, not {drawn.truth.get(key)}" for key, fact in got.items()
             if fact[1] == "ok" and fact != drawn.truth.get(key)]  # fmt: skip
    gone = [key for key, fact in lost.items() if fact is None]
    quiet = gone and reading.outcome == "complete" and not any(f.severity != "info" for f in reading.findings)
    silent = [f"{name}: {key}" for key in gone] if quiet else []
    return Score(1, len(asked), len(asked) - len(lost), wrong, silent, Counter({name: len(lost)} if lost else {}))


def scores(seeds: Iterable[int], structures: dict[str, Structure] = STRUCTURES) -> dict[str, Score]:
    """The score of each structure."""
    total: dict[str, Score] = defaultdict(Score)
    for seed in seeds:
        drawn = random_page(seed, structures)
        total[drawn.structure] += score(seed, drawn)
    return total


def trait_scores(seeds: Iterable[int], structures: dict[str, Structure] = STRUCTURES) -> dict[str, Score]:
    """The score of the pages with each habit."""
    total: dict[str, Score] = defaultdict(Score)
    for seed in seeds:
        drawn = random_page(seed, structures)
        result = score(seed, drawn)
        for trait in drawn.traits or ("(none)",):
            total[trait] += result
    return total


def report(by_name: dict[str, Score]) -> str:
    lines = [f"{'markup':42} {'pages':>6} {'wrong ok':>9} {'silent':>7} {'recall':>8}"]
    rows = [*sorted(by_name.items(), key=lambda item: item[1].recall), ("all", sum(by_name.values(), Score()))]
    lines += [f"{n:42} {s.pages:6} {len(s.wrong):9} {len(s.silent):7} {s.recall:8.4f}" for n, s in rows]
    return "\n".join(lines)


def main() -> None:
    options = ArgumentParser(description="How well the pages of each markup are read.")
    options.add_argument("--report", action="store_true", help="for each structure: pages, wrong values, recall")
    options.add_argument("--traits", action="store_true", help="the same for each habit")
    options.add_argument("--held-out", action="store_true", help="the structures that no test uses")
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--show", type=int, help="print the bytes of the page of a seed")
    options.add_argument("--failing", type=int, default=0, help="name so many failing pages")
    asked = options.parse_args()
    structures = STRUCTURES
    if asked.held_out:
        from tests.markups_held_out import HELD_OUT

        structures = HELD_OUT
    if asked.show is not None:
        sys.stdout.buffer.write(random_page(asked.show, structures).body + b"\n")
        return
    read = trait_scores if asked.traits else scores
    by_name = read(range(asked.first, asked.first + asked.pages), structures)
    total = sum(by_name.values(), Score())
    named = [*total.wrong, *total.silent, *(f"{name}: {n} values lost" for name, n in total.lost.items())][: asked.failing]
    sys.stdout.write("\n".join([report(by_name), *named]) + "\n")


if __name__ == "__main__":
    main()
