"""Every corruption: those of one cell, of rows and columns, and here those of sentences and whole pages."""

from dataclasses import replace
from random import Random

from tests.cell_corruptions import CELLS, ELSEWHERE, HISTORY, NOTHING, PLAIN_FIGURE, digits_exchanged
from tests.corruptions import (
    FIELDS,
    MEANS,
    SIDES,
    TIMES,
    Corrupted,
    Corruption,
    Touched,
    cells,
    in_page,
    pages,
    render,
    text_of,
    touched,
    with_text,
)
from tests.figures import Figures, as_html, sentences
from tests.table_corruptions import OTHER_JOB, WRONG_SIDE, Changed, columns, everything, rows

WHOLE_PAGE: Touched = frozenset()


# --- sentences -------------------------------------------------------------------------------------------------------------


def pay_of_the_sentence(page: Figures, random: Random) -> Changed:
    if not page.pay:
        return None
    side = random.choice((0, 1))
    text = digits_exchanged(page.pay[side], random)
    known = any(cell[2] == side for cell in cells(page, *MEANS, "Hourly rate"))
    pay = (text, page.pay[1]) if side == 0 else (page.pay[0], text)
    return (replace(page, pay=pay), frozenset({(SIDES[side], FIELDS[MEANS[0]][0])}), known) if text else None


def pay_exchanged(page: Figures, random: Random) -> Changed:
    if not page.pay or page.pay[0] == page.pay[1]:
        return None
    return replace(page, pay=page.pay[::-1]), frozenset((s, FIELDS[MEANS[0]][0]) for s in SIDES), bool(cells(page, *MEANS))


def time_with(what: str) -> Corruption:
    """Another time to become, on both sides the same change."""

    def change(page: Figures, random: Random) -> Changed:
        if not page.times or any(time.startswith("More") for time in page.times):
            return None
        new = tuple(_time(time, what) for time in page.times)
        known = what == "end" and all(any(c[2] == side for c in cells(page, "Years of experience")) for side in (0, 1))
        both = frozenset((side, field) for side in SIDES for field in (*TIMES, *FIELDS["Years of experience"]))
        return replace(page, times=(new[0], new[1])), both, known

    return in_page(f"another {what} of the time to become", change, PLAIN_FIGURE, ELSEWHERE)


def _time(text: str, what: str) -> str:
    span, unit = text.split()
    low, high = map(int, span.split("-"))
    if what == "unit":
        return f"{low}-{high} {'years' if unit == 'months' else 'months'}"
    return f"{low}-{high + 1} {unit}" if what == "end" else f"{max(low - 1, 0)}-{high} {unit}"


def time_turned(page: Figures, random: Random) -> Changed:
    if not page.times or any(time.startswith("More") for time in page.times):
        return None
    turned = [f"{'-'.join(reversed(time.split()[0].split('-')))} {time.split()[1]}" for time in page.times]
    return replace(page, times=(turned[0], turned[1])), frozenset((side, field) for side in SIDES for field in TIMES), True


def skill_with(name: str, text: str, blind: str = "") -> Corruption:
    """Another text in the place of a skill."""

    def change(page: Figures, random: Random) -> Changed:
        if not page.skills:
            return None
        skills = [list(side) for side in page.skills]
        skills[0][1] = text.format(*skills[0])
        return replace(page, skills=(tuple(skills[0]), tuple(skills[1]))), frozenset({("left", "skill.name")}), not blind

    return in_page(name, change, blind, ELSEWHERE if blind else "")


# --- whole pages -----------------------------------------------------------------------------------------------------------


def html(body: str) -> bytes:
    return f"<!doctype html><html><body>{body}</body></html>".encode()


def cut(page: Figures, random: Random) -> Corrupted:
    body = render(page, random)
    start, end = body.index(b"<table"), body.rindex(b"</table>")
    return Corrupted(body[: random.randrange(start + 20, end)], page.url, WHOLE_PAGE)


def other_address(page: Figures, random: Random) -> Corrupted:
    other = random.choice([other for other in pages() if not {page.left, page.right} & {other.left, other.right}])
    return Corrupted(render(page, random), other.url, WHOLE_PAGE)


def other_title(page: Figures, random: Random) -> Corrupted:
    return Corrupted(render(replace(page, right="Deep Sea Welder"), random), page.url, WHOLE_PAGE)


def challenge(page: Figures, random: Random) -> Corrupted:
    words = "<h1>Checking your browser</h1><p>Please verify that you are a human to continue.</p>"
    return Corrupted(html(words), page.url, WHOLE_PAGE)


def only_prose(page: Figures, random: Random) -> Corrupted:
    return Corrupted(html("".join(f"<p>{said}</p>" for said in sentences(page))), page.url, WHOLE_PAGE)


def stale_copy(page: Figures, random: Random) -> Corrupted | None:
    """A second copy of a table, with another figure in one cell."""
    found = cells(page, "Growth rate", "Number of jobs", "Average age", "LGBT Percentage", "Salary range")
    if not found:
        return None
    cell = random.choice(found)
    changed = digits_exchanged(text_of(page, cell), random)
    if not changed:
        return None
    other = as_html(with_text(page, cell, changed))
    tables = other[other.index(b"<h2") : other.index(b"</body>")]
    return Corrupted(as_html(page).replace(b"</body>", tables + b"</body>"), page.url, touched(cell))


def labels_of_another_language(page: Figures, random: Random) -> Changed:
    section, label, _ = random.choice(cells(page))
    rows = tuple((f"Etiqueta {len(row[0])}", *row[1:]) if row[0] == label else row for row in page.tables[section])
    return replace(page, tables=page.tables | {section: rows}), WHOLE_PAGE, True


def all_empty(page: Figures, random: Random) -> Changed:
    tables = {section: tuple((row[0], "-", "-") for row in rows) for section, rows in page.tables.items()}
    return replace(page, tables=tables), everything(page), False


def figures_of_another_page(page: Figures, random: Random) -> Changed:
    other = random.choice([other for other in pages() if other.url != page.url])
    new = replace(other, left=page.left, right=page.right, slugs=page.slugs, prose=page.prose)
    both = frozenset((side, field) for side in SIDES for fields in FIELDS.values() for field in (*fields, *TIMES, "skill.name"))
    return new, both, False


CORRUPTIONS: tuple[Corruption, ...] = (
    *CELLS,
    *rows(),
    *columns(),
    in_page("two digits exchanged in the sentence about pay", pay_of_the_sentence, PLAIN_FIGURE, ELSEWHERE),
    in_page("the sentence about pay gives each job the other's", pay_exchanged, WRONG_SIDE, ELSEWHERE),
    time_with("start"),
    time_with("end"),
    time_with("unit"),
    in_page("a time to become turned round", time_turned),
    skill_with("another skill", "deep sea welding", "a name that was cut, or is another name"),
    skill_with("a skill with an ellipsis", "customer…"),
    skill_with("a skill twice", "{0}"),
    skill_with("a figure for a skill", "{1} 21%"),
    Corruption("a page cut short", cut),
    Corruption("a page of other jobs", other_address),
    Corruption("a column of other jobs by its title", other_title),
    Corruption("a check for robots in the place of the page", challenge),
    Corruption("a page without its tables", only_prose),
    Corruption("a table that stands twice, once with an old figure", stale_copy),
    in_page("a label in another language", labels_of_another_language),
    in_page("all cells empty", all_empty, NOTHING, HISTORY),
    in_page("the figures of another page", figures_of_another_page, OTHER_JOB, ELSEWHERE),
)
