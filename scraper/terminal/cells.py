"""The facts of a sheet in words: labels, values with their status, what the marks mean; the same in a pipe and on a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.queries import Row
from db.sheet import Line
from normalize.fields import BY_NAME, Field
from normalize.wording import NOT_SHOWN, SECTION_WORDS, counted, disputed_words, item_words, value_words

if TYPE_CHECKING:
    from rich.text import Text

Words = Callable[[str], str]
_SKILL_PCT = BY_NAME["skill.pct"]
_MARKS = {"suspect": " ?", "disputed": " !", "unreadable": "unreadable"}
_NEWER = " *"
_STYLES = {"ok": "", "missing": "dim", "suspect": "yellow", "unreadable": "red", "disputed": "yellow"}
_LEGEND = {
    "": ("blank:", "the page that counts says nothing of it"),
    "missing": (NOT_SHOWN, "the page shows that it has no value"),
    "suspect": ("?", "a check on the page contradicts the value"),
    "unreadable": ("unreadable:", "the page shows something that is no such value"),
    "disputed": ("!", "pages disagree, there is no latest value: what they say, and how many of them"),
    "newer": ("*", "another page, no older, shows something in doubt: careerscape explain tells what"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a sheet; `section` and `above` are the headings that stand before it, empty for none."""

    section: str
    above: str
    label: str
    indent: int
    line: Line
    cells: "tuple[Text, ...]"


def entries(lines: Sequence[Line], words: Words) -> "Iterator[Entry]":
    """The lines of a sheet in words; the share of a skill stands beside its name."""
    shares = {line.item: line for line in lines if line.field is _SKILL_PCT}
    section, field = "", ""
    for line in lines:
        if line.field is _SKILL_PCT:
            continue
        label, indent = line.field.label, 2
        if line.field.items or line.item:
            label, indent = item_words(line.field, line.item) if line.item else "The list as a whole", 4
        cells = tuple(_cell(line.field, *cell, words) for cell in zip(line.cells, line.disputed, line.newer, strict=True))
        if line.field.ranked and line.item in shares:
            share = shares[line.item]
            pairs = zip(cells, share.cells, share.disputed, share.newer, strict=True)
            cells = tuple(_with_share(*pair, words) for pair in pairs)
        begins = line.field.section != section
        above = line.field.label if line.field.items and line.field.name != field else ""
        yield Entry(SECTION_WORDS[line.field.section] if begins else "", above, label, indent, line, cells)
        section, field = line.field.section, line.field.name


def _cell(field: Field, row: Row | None, disputed: Mapping[str, int], newer: Row | None, words: Words) -> "Text":
    from rich.text import Text

    if disputed:
        return Text(f"! {words(disputed_words(field, disputed))}", style=_STYLES["disputed"])
    later = _NEWER if newer else ""
    if row is None:
        return Text(later.strip())
    status = row["status"]
    if status == "unreadable":
        return Text(f"unreadable: {words(row['raw'])}{later}", style=_STYLES[status])
    return Text(words(value_words(field, row["value"])) + _MARKS.get(status, "") + later, style=_STYLES[status])


def _with_share(name: "Text", share: Row | None, disputed: Mapping[str, int], newer: Row | None, words: Words) -> "Text":
    """A skill and its share on one line."""
    if name.plain.startswith("! ") or share is None or share["status"] in ("missing", "unreadable"):
        return name
    return name.append(", ").append_text(_cell(_SKILL_PCT, share, disputed, newer, words))


def heads(occupations: Sequence[Row], words: Words) -> "Iterator[list[Text]]":
    """Of each occupation the title; its slug; its SOC code, if any has one; the age of the data."""
    from rich.text import Text

    yield [Text(words(o["title"]), style="bold") for o in occupations]
    yield [Text(words(o["slug"]), style="dim") for o in occupations]
    if any(o["soc_code"] for o in occupations):
        yield [Text(words(_soc(o)), style="dim") for o in occupations]
    yield [Text(_age(o), style="dim") for o in occupations]


def _soc(occupation: Row) -> str:
    code = occupation["soc_code"]
    return " ".join(filter(None, (f"SOC {code}", occupation["soc_title"]))) if code else "no SOC code"


def _age(occupation: Row) -> str:
    age = f"as of {occupation['as_of'][:10]}" if occupation["as_of"] else "no value counts"
    return f"{age}, {counted(occupation['captures'], 'capture')}"


def legend(lines: Sequence[Line], words: Words) -> list[str]:
    """What the marks in a sheet mean, of those that it has."""
    seen = {row["status"] if row else "" for line in lines for row in line.cells}
    seen |= {"disputed" for line in lines if any(line.disputed)}
    seen |= {"newer" for line in lines if any(line.newer)}
    return [f"{words(mark)} {meaning}" for status, (mark, meaning) in _LEGEND.items() if status in seen]
