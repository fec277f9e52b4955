"""What can go wrong with the rows and columns of a table: lost, exchanged, copied, of another job."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.cell_corruptions import ELSEWHERE, HISTORY, NOTHING
from tests.corruptions import (
    FIELDS,
    MEANS,
    SIDES,
    Corruption,
    Touched,
    cells,
    differing,
    exchanged,
    in_page,
    of_table,
    others,
    pages,
    text_of,
    touched,
    with_column,
    with_text,
)
from tests.figures import Figures

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


def rows() -> Iterator[Corruption]:
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


def columns() -> Iterator[Corruption]:
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
