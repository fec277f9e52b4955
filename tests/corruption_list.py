"""Every corruption: those of one cell, and those of rows, columns, sentences and whole pages."""

from collections.abc import Iterator
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
    differing,
    exchanged,
    in_page,
    of_table,
    others,
    pages,
    render,
    text_of,
    touched,
    with_column,
    with_text,
)
from tests.figures import Figures, as_html, sentences

Changed = tuple[Figures, Touched, bool] | None
OTHER_JOB = "figures of another job below the title of this one"
COPIED = "a figure of the one job, shown for the other too"
WRONG_SIDE = "figures of the two jobs exchanged"
WHOLE_PAGE: Touched = frozenset()


def everything(page: Figures) -> Touched:
    """All sides and fields of the tables."""
    return frozenset(key for section in page.tables for key in of_table(page, section))


# --- rows ------------------------------------------------------------------------------------------------------------------


def row_exchanged(*labels: str) -> Corruption:
    """Left and right exchanged in one row."""

    def change(page: Figures, random: Random) -> Changed:
        found = [(s, r) for s, rows in page.tables.items() for r in rows if r[0] in labels and r[1] != r[2]]
        if not found:
            return None
        section, (label, left, right) = random.choice(found)
        both = [(section, label, side) for side, text in enumerate((left, right)) if text != "-"]
        missing = tuple((section, label, side) for side in (0, 1))
        known = all(others(page, cell) for cell in both) and (label not in MEANS or bool(others(page, both[0])))
        return exchanged(page, section, label), touched(*missing), known

    return in_page(f"left and right exchanged in the row {labels[0]!r}", change, WRONG_SIDE, ELSEWHERE)


def rows_exchanged(one: str, other: str, blind: str = "") -> Corruption:
    """The values of two rows exchanged."""

    def change(page: Figures, random: Random) -> Changed:
        for section, rows in page.tables.items():
            texts = {label: cells for label, *cells in rows}
            if one in texts and other in texts and texts[one] != texts[other]:
                turned = {one: texts[other], other: texts[one]}
                new = tuple((label, *turned.get(label, cells)) for label, *cells in rows)
                both = touched(*((section, label, side) for label in (one, other) for side in (0, 1)))
                return replace(page, tables=page.tables | {section: new}), both, not blind
        return None

    return in_page(f"the rows {one!r} and {other!r} exchanged", change, blind, ELSEWHERE if blind else "")


def cells_of(page: Figures, section: str, *labels: str) -> Touched:
    return touched(*(cell for cell in cells(page, *labels) if cell[0] == section))


def row_lost(page: Figures, random: Random) -> Changed:
    section, label, _ = random.choice(cells(page))
    rows = tuple(row for row in page.tables[section] if row[0] != label)
    both = cells_of(page, section, label)
    known = all(others(page, cell, by_sum=False) for cell in cells(page, label) if cell[0] == section)
    return (replace(page, tables=page.tables | {section: rows}), both, known) if rows else None


# --- columns ---------------------------------------------------------------------------------------------------------------


def table_exchanged(section: str) -> Corruption:
    """The two columns of a table exchanged."""

    def change(page: Figures, random: Random) -> Changed:
        if section not in page.tables:
            return None
        both = frozenset((side, field) for side in SIDES for row in page.tables[section] for field in FIELDS[row[0]])
        return exchanged(page, section), both, bool(differing(page, section))

    return in_page(f"the columns of the {section} table exchanged", change, WRONG_SIDE, ELSEWHERE)


def all_exchanged(page: Figures, random: Random) -> Changed:
    turned = page
    for section in page.tables:
        turned = exchanged(turned, section)
    pay = any(label in MEANS for rows in page.tables.values() for label, *_ in rows)
    both = frozenset((side, field) for _, field in everything(page) for side in SIDES)
    return turned, both, bool(page.pay and pay)


def column_copied(section: str) -> Corruption:
    """One column of a table shown for both jobs."""

    def change(page: Figures, random: Random) -> Changed:
        if section not in page.tables:
            return None
        side = random.choice((0, 1))
        new = with_column(page, section, side, [row[2 - side] for row in page.tables[section]])
        wrong = touched(*((section, row[0], side) for row in page.tables[section] if row[1] != row[2]))
        return new, wrong, section != "education" or bool(differing(page, section))

    words = (COPIED, ELSEWHERE) if section == "education" else ("", "")
    return in_page(f"one column of the {section} table shown twice", change, *words)


def column_of_another(section: str) -> Corruption:
    """A column of a table from the page of another job."""

    def change(page: Figures, random: Random) -> Changed:
        side = random.choice((0, 1))
        if section not in page.tables:
            return None
        labels = [row[0] for row in page.tables[section]]
        elsewhere = [o for o in pages() if o.url != page.url and set(labels) <= {row[0] for row in o.tables.get(section, ())}]
        if not elsewhere:
            return None
        theirs = {row[0]: row[side + 1] for row in random.choice(elsewhere).tables[section]}
        rows = page.tables[section]
        new = with_column(page, section, side, [theirs.get(row[0], row[side + 1]) for row in rows])
        wrong = touched(*((section, row[0], side) for row in rows if theirs.get(row[0], row[side + 1]) != row[side + 1]))
        return new, wrong, _is_at_odds(page, new, section, side)

    return in_page(f"a column of the {section} table of another job", change, OTHER_JOB, ELSEWHERE)


def _is_at_odds(page: Figures, new: Figures, section: str, side: int) -> bool:
    """Whether more cells of a column contradict other parts of the page than agree with them."""
    wrong = right = 0
    for cell in cells(new):
        if cell[0] == section and cell[2] == side:
            same = MEANS if cell[1] in MEANS else (cell[1],)
            elsewhere = [text_of(page, c) for c in cells(page, *same) if c[0] != section and c[2] == side]
            if page.pay and cell[1] in MEANS:
                elsewhere.append(page.pay[side])
            wrong += any(text != text_of(new, cell) for text in elsewhere)
            right += any(text == text_of(new, cell) for text in elsewhere)
    return wrong > right


def column_shifted(section: str) -> Corruption:
    """A column that stands one row too low."""

    def change(page: Figures, random: Random) -> Changed:
        if section not in page.tables:
            return None
        side = random.choice((0, 1))
        texts = [row[side + 1] for row in page.tables[section]]
        if texts.count("-") > 2:
            return None
        return with_column(page, section, side, ["-", *texts[:-1]]), of_table(page, section, side), True

    return in_page(f"a column of the {section} table one row too low", change)


def cell_copied(*labels: str, blind: bool) -> Corruption:
    """The value of one job shown for the other too."""

    def change(page: Figures, random: Random) -> Changed:
        found = [c for c in cells(page, *labels) if text_of(page, (c[0], c[1], 1 - c[2])) not in ("-", text_of(page, c))]
        if not found:
            return None
        section, label, side = cell = random.choice(found)
        new = with_text(page, cell, text_of(page, (section, label, 1 - side)))
        return new, touched(cell), not blind or bool(others(page, cell))

    words = (COPIED, ELSEWHERE) if blind else ("", "")
    return in_page(f"the cell {labels[0]!r} of the other job", change, *words)


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


def _rows() -> Iterator[Corruption]:
    yield from map(row_exchanged, ("Growth rate", "Number of jobs", "Gender ratio", "Race ratio", "Salary range"))
    yield row_exchanged(*MEANS)
    yield rows_exchanged("Growth rate", "Number of jobs")
    yield rows_exchanged("Yearly salary", "Hourly rate")
    yield rows_exchanged("Average salary", "Salary range")
    yield rows_exchanged("Highest paying City", "Highest paying state")
    yield rows_exchanged("Best paying company", "Best paying industry")
    yield rows_exchanged("Most common major", "Most common college")
    yield rows_exchanged("Average age", "Years of experience")
    yield rows_exchanged("Job satisfaction", "Years of experience", "a figure that fits the row beside its own as well")
    yield rows_exchanged("Gender ratio", "Race ratio")
    yield in_page("a row lost", row_lost, NOTHING, HISTORY)


def _columns() -> Iterator[Corruption]:
    for section in ("overview", "salary", "education", "demographics"):
        yield table_exchanged(section)
        yield column_copied(section)
        yield column_of_another(section)
        yield column_shifted(section)
    yield in_page("the columns of all tables exchanged", all_exchanged, WRONG_SIDE, ELSEWHERE)
    yield cell_copied("Number of jobs", blind=False)
    yield cell_copied("Race ratio", blind=False)
    yield cell_copied(*MEANS, blind=True)
    yield cell_copied("Growth rate", blind=True)
    yield cell_copied("Gender ratio", blind=True)
    yield cell_copied("Salary range", blind=True)


CORRUPTIONS: tuple[Corruption, ...] = (
    *CELLS,
    *_rows(),
    *_columns(),
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
