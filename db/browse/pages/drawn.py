"""The charts of a page, from what it shows; a chart of which nothing is known is left out."""

from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from db.browse import words
from db.browse.content import Cell, Comparison, Fact, Occupation, Section, Shared, Stretch
from db.browse.pages import charts
from db.browse.pages.charts import Pair, Part, Point, Range, Series, Stack
from normalize.fields import BY_NAME
from normalize.wording import item_words, value_words

_DEGREE, _DEGREE_PCT = "education.degree", "education.degree_pct"
_LOW, _MEAN, _HIGH = (f"salary.annual_{what}_usd" for what in ("low", "mean", "high"))
_SHARES = ("demographics.gender_pct", "demographics.race_pct")
_OTHERS = 8
"""The kind of the rest of the workers, in a chart of degrees."""

Drawn = dict[str, Markup]


def of_comparison(figures: Comparison) -> Drawn:
    """`pay`, `history`, `degree`, `gender`, `race`, `skills`."""
    names = tuple(head.title for head in figures.heads)
    drawn = _of_sections(figures.sections, names)
    if history := _history(names, figures.pay):
        drawn["history"] = history
    if skills := _skills(names, figures.skills.common):
        drawn["skills"] = skills
    return drawn


def of_occupation(figures: Occupation) -> Drawn:
    """`pay`, `history`, `degree`, `gender`, `race`."""
    names = (figures.head.title,)
    drawn = _of_sections(figures.sections, names)
    if history := _history(names, (figures.pay,)):
        drawn["history"] = history
    return drawn


def _of_sections(sections: Sequence[Section], names: Sequence[str]) -> Drawn:
    facts = {(fact.field.name, fact.item): fact for section in sections for fact in section.facts}
    makers: dict[str, Callable[[dict[tuple[str, str], Fact], Sequence[str]], Markup | None]] = {
        "pay": _pay,
        "degree": _degree,
        "gender": lambda facts, names: _shares(facts, names, _SHARES[0]),
        "race": lambda facts, names: _shares(facts, names, _SHARES[1]),
    }
    return {name: chart for name, maker in makers.items() if (chart := maker(facts, names))}


def _pay(facts: dict[tuple[str, str], Fact], names: Sequence[str]) -> Markup | None:
    rows = []
    for tone, name in enumerate(names):
        cells = [_cell(facts, field, "", tone) for field in (_LOW, _MEAN, _HIGH)]
        low, mean, high = (_number(cell) for cell in cells)
        told = [_told(cell) for cell in cells]
        rows.append(Range(name, low, mean, high, tone, *told))
    known = any(value is not None for row in rows for value in (row.low, row.mean, row.high))
    return charts.ranges(rows, "Pay a year") if known else None


def _told(cell: Cell | None) -> str:
    """A number in words, or why there is none; what no page says is left out."""
    if cell is None or cell.status == "absent":
        return ""
    return cell.words if _number(cell) is not None else words.why(cell)


def _history(names: Sequence[str], pay: Sequence[Sequence[Stretch]]) -> Markup | None:
    """Lines, once one occupation was seen on two days."""
    if not any(len({at[:10] for one in found for at in (one.first_seen, one.last_seen)}) > 1 for found in pay):
        return None
    series = [
        Series(name, tone, tuple(Point(one.first_seen, one.last_seen, float(one.value), one.words) for one in found))
        for tone, (name, found) in enumerate(zip(names, pay, strict=True))
    ]
    return charts.lines(series, "Annual mean wage over time")


def _degree(facts: dict[tuple[str, str], Fact], names: Sequence[str]) -> Markup | None:
    """The share of workers that have the most common degree, and the rest."""
    codes = [
        cell.value if (cell := _cell(facts, _DEGREE, "", side)) and cell.status == "ok" else None for side in range(len(names))
    ]
    kinds = {code: kind for kind, code in enumerate(dict.fromkeys(code for code in codes if code is not None))}
    stacks = []
    for side, (name, code) in enumerate(zip(names, codes, strict=True)):
        share = _cell(facts, _DEGREE_PCT, "", side)
        value = _number(share)
        if code is None or share is None or value is None or not 0 <= value <= 100:
            stacks.append(Stack(name, (), _no_bar(share or _cell(facts, _DEGREE, "", side))))
            continue
        rest = round(100 - value, 4)
        parts = [Part(value_words(BY_NAME[_DEGREE], code), value, share.words, kinds[code])]
        parts += [Part("Any other, or none", rest, f"{rest:g}%", _OTHERS)] if rest else []
        stacks.append(Stack(name, tuple(parts), ""))
    return charts.stacks(stacks, "Most common degree") if any(stack.parts for stack in stacks) else None


def _shares(facts: dict[tuple[str, str], Fact], names: Sequence[str], field: str) -> Markup | None:
    stacks = [_stack(name, list(_share_cells(facts, field, side)), field) for side, name in enumerate(names)]
    return charts.stacks(stacks, BY_NAME[field].label) if any(stack.parts for stack in stacks) else None


def _share_cells(facts: dict[tuple[str, str], Fact], field: str, side: int) -> Iterator[tuple[int, str, Cell]]:
    """The shares that an occupation has; that of the list as a whole has the number -1."""
    for number, item in enumerate(("", *BY_NAME[field].items), -1):
        cell = _cell(facts, field, item, side)
        if cell and cell.status != "absent":
            yield number, item, cell


def _stack(name: str, cells: Sequence[tuple[int, str, Cell]], field: str) -> Stack:
    """A bar where all shares are read without doubt; otherwise why there is none."""
    if not cells:
        return Stack(name, (), "not given")
    doubt = next((cell for _, _, cell in cells if cell.status not in ("ok", "missing")), None)
    read = [(number, item, cell.words, value) for number, item, cell in cells if (value := _number(cell)) is not None]
    if doubt or not read:
        return Stack(name, (), _no_bar(doubt or cells[0][2]))
    return Stack(
        name, tuple(Part(item_words(BY_NAME[field], item), value, told, number) for number, item, told, value in read), ""
    )


def _skills(names: tuple[str, ...], common: Sequence[Shared]) -> Markup | None:
    """The skills that both have, where their shares are known."""
    rows = [
        Pair(
            shared.name, tuple(_number(skill.share) for skill in shared.skills),
            tuple(skill.share.words if skill.share else "" for skill in shared.skills),
        )
        for shared in common
    ]  # fmt: skip
    known = [row for row in rows if any(value is not None for value in row.values)]
    return charts.bars(known, names, "Share of workers with a skill that both have") if known else None


def _cell(facts: dict[tuple[str, str], Fact], field: str, item: str, side: int) -> Cell | None:
    fact = facts.get((field, item))
    return fact.cells[side] if fact else None


def _number(cell: Cell | None) -> float | None:
    """An undoubted number; one in doubt is not drawn."""
    return float(cell.value) if cell and cell.status == "ok" and isinstance(cell.value, int | float) else None


def _no_bar(cell: Cell | None) -> str:
    if cell is None or cell.status == "absent":
        return "not given"
    return f"{words.why(cell)}: {cell.note}" if cell.note else words.why(cell)
