"""What a terminal shows: nothing wider than it is, nothing lost, small charts that tell the truth; and a pipe nothing of them."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from db.sheet import Line
from normalize.fields import BY_NAME, FIELDS
from scraper import report, terminal, timeline
from scraper.terminal import Stretch, Trend, layout, marks
from scraper.terminal.marks import ASCII, BLOCKS, Range
from tests.command import CAREERSCAPE
from tests.histories import Shown, day, history

WIDTHS = (20, 40, 60, 80, 100, 200)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "evil\x1b[2J\x1b]0;x\x07\u202etitle\u200b\r\n[red]not red[/red]\x9b"
TITLES = (
    "Cook",
    "Account Resolution Analyst",
    "高级软件工程师兼项目经理与数据分析师",
    "Cafe\u0301 o\u0308wner " * 6,
    "👩‍💻 coder 🇫🇷 ❤️ 👍🏽",
    "Pneumonoultramicroscopicsilicovolcanoconiosisresearcher" * 3,
    HOSTILE,
    "",
)


class Tty(io.StringIO):
    """A terminal in memory."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


Seen = Callable[..., list[str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The lines that a function prints on a terminal of a width, without escape sequences unless they are wanted."""

    def call(width: int, print_: Callable[..., None], *values: object, coloured: bool = False, **more: object) -> list[str]:
        environment = {"TERM": "xterm-256color", "NO_COLOR": ""} | {k: v for k, v in more.items() if k.isupper()}
        tty = Tty()
        tty.encoding = str(environment.pop("ENCODING", "utf-8"))
        with monkeypatch.context() as patched:
            patched.setenv("COLUMNS", str(width))
            for name, value in environment.items():
                patched.setenv(name, str(value))
            patched.setattr(sys, "stdout", tty)
            print_(*values, **{k: v for k, v in more.items() if not k.isupper()})
        said = tty.getvalue()
        return (said if coloured else ESCAPES.sub("", said)).splitlines()

    return call


def fits(lines: Sequence[str], width: int) -> bool:
    return all(cell_len(line) <= width and line.isprintable() for line in lines)


def squeezed(text: str) -> str:
    return "".join(text.split())


# --- small charts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "doubt", "blocks", "ascii_"),
    [
        (0, False, "", ""),
        (0.01, False, "▏", "."),
        (1, False, "▏", "."),
        (5, False, "▌", "."),
        (11.25, False, "█▏", "#"),
        (34.4, False, "███▌", "###"),
        (100, False, "██████████", "##########"),
        (250, True, "░░░░░░░░░░", "----------"),
        (0.01, True, "░", "-"),
        (34.4, True, "░░░", "---"),
        (-3, True, "", ""),
    ],
)
def test_a_share_is_a_bar_of_its_part_of_a_hundred(percent: float, doubt: bool, blocks: str, ascii_: str):
    assert marks.share(percent, 10, BLOCKS, doubt) == blocks
    assert marks.share(percent, 10, ASCII, doubt) == ascii_


@pytest.mark.parametrize(
    ("shown", "ends", "blocks", "ascii_"),
    [
        (Range(0, 100, 50), (0, 100), "├────●────┤", "|----o----|"),
        (Range(0, 50, 20), (0, 100), "├─●──┤", "|-o--|"),
        (Range(50, 100, 60), (0, 100), "     ├●───┤", "     |o---|"),
        (Range(0, 100, None), (0, 100), "├─────────┤", "|---------|"),
        (Range(0, 100, 0), (0, 100), "●─────────┤", "o---------|"),
        (Range(20, 40, 100), (0, 100), "  ├─┤     ●", "  |-|     o"),
        (Range(0, 100, 50, True, False), (0, 100), "├╌╌╌╌●╌╌╌╌┤", "|....o....|"),
        (Range(0, 100, 50, False, True), (0, 100), "├────○────┤", "|----?----|"),
        (Range(7, 7, 7), (7, 7), "●", "o"),
    ],
)
def test_a_range_lies_on_its_scale(shown: Range, ends: tuple[float, float], blocks: str, ascii_: str):
    assert marks.span(shown, ends, 11, BLOCKS) == blocks
    assert marks.span(shown, ends, 11, ASCII) == ascii_


def test_the_scale_reaches_as_far_as_any_of_the_ranges():
    assert marks.scale([Range(31, 64, 45), Range(34, 54, None)]) == (31, 64)
    assert marks.scale([Range(31, 64, 70), Range(34, 54, 20)]) == (20, 70)


@pytest.mark.parametrize(
    ("stretches", "blocks", "ascii_"),
    [
        ([Stretch(1, 0, 0), Stretch(8, 100, 100)], "▁········█", "_        #"),
        ([Stretch(1, 0, 49), Stretch(8, 50, 100)], "▁▁▁▁▁█████", "_____#####"),
        ([Stretch(8, 0, 10), Stretch(1, 40, 50), Stretch(4.5, 90, 100)], "██··▁▁···▅", "##  __   ="),
        ([Stretch(8, 0, 2), Stretch(1, 3, 5), Stretch(2, 100, 100)], "▁········▂", "_        -"),
        ([Stretch(5, 0, 0), Stretch(5, 100, 100)], "▄········▄", "=        ="),
        ([Stretch(5, 7, 7), Stretch(9, 7, 7)], "█·········", "#         "),
    ],
)
def test_a_spark_shows_the_newest_value_of_each_part_of_the_time_and_no_value_in_a_gap(stretches, blocks: str, ascii_: str):
    assert marks.spark(stretches, 10, BLOCKS) == blocks
    assert marks.spark(stretches, 10, ASCII) == ascii_


@pytest.mark.parametrize(
    ("counts", "said"), [((), ""), ((0, 0), "▁▁"), ((0, 1, 700), "▁▂█"), ((3, 3), "██"), ((0, 50, 100), "▁▅█")]
)
def test_a_column_stands_for_nothing_only_where_there_is_nothing(counts: tuple[int, ...], said: str):
    assert marks.columns(counts, BLOCKS) == said


@given(st.lists(st.integers(0, 10**6), max_size=7), st.integers(20, 200))
def test_parts_fill_the_width_and_none_is_lost(counts: list[int], width: int):
    cells = marks.parts(counts, width)
    assert sum(cells) == (width if any(counts) else 0)
    assert [n > 0 for n in cells] == [n > 0 for n in counts]
    assert all(abs(n - width * count / sum(counts)) < 8 for n, count in zip(cells, counts, strict=True) if count)


def test_the_marks_of_parts_differ_and_are_enough_for_every_state():
    for drawn in (BLOCKS, ASCII):
        assert len(set(drawn.parts)) == 7 == len(report.STATES)
        assert all(cell_len(mark) == 1 for mark in drawn.all())


# --- folding ---------------------------------------------------------------------------------------------------------

LETTERS = st.text(st.sampled_from("ab  é\u0301界👍/-.\ufe0f❤"), max_size=60)


@given(LETTERS, st.integers(2, 30))
def test_folded_lines_are_no_wider_and_lose_no_letter(text: str, width: int):
    lines = [line.plain for line in layout.folded(Text(text), width)]
    assert max(map(cell_len, lines)) <= width
    assert squeezed("".join(lines)) == squeezed(text)
    assert not any(line.startswith(("\u0301", "\ufe0f")) for line in lines[1:])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("one  two    three", ["one  two", "three"]),
        ("http://example.org/a-b", ["http://", "example.", "org/a-b"]),
        ("abcdefghijk", ["abcdefgh", "ijk"]),
        ("界界界界界", ["界界界界", "界"]),
        ("a界界界界", ["a界界界", "界"]),
        ("", [""]),
    ],
)
def test_lines_are_cut_behind_words_if_that_can_be(text: str, lines: list[str]):
    assert [line.plain for line in layout.folded(Text(text), 8)] == lines


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), min_size=1, max_size=8), st.integers(0, 200))
def test_widths_fit_the_room_and_give_every_column_what_it_needs(columns: list[tuple[int, int]], room: int):
    wanted, needed = zip(*columns, strict=True)
    widths = layout.fitted(wanted, needed, room)
    least = [min(pair) for pair in columns]
    if widths is None:
        assert sum(least) > room
    else:
        assert sum(widths) <= room
        assert all(low <= width <= want for low, width, want in zip(least, widths, wanted, strict=True))
        assert widths == list(wanted) or sum(widths) == room


# --- a sheet ---------------------------------------------------------------------------------------------------------


def fact(value: object, status: str = "ok", raw: str = "") -> dict[str, object]:
    return {"value": value, "status": status, "raw": raw}


def line(name: str, *cells: dict[str, object] | None, item: str = "", disputed: Sequence[dict[str, int]] = ()) -> Line:
    return Line(BY_NAME[name], item, cells, tuple(disputed) or tuple({} for _ in cells), tuple(None for _ in cells))


def occupation(title: str, soc: str = "") -> dict[str, object]:
    return {
        "title": title,
        "slug": "a-slug",
        "soc_code": soc,
        "soc_title": soc and title,
        "as_of": "2024-01-02",
        "captures": 1200,
    }


def pay(low: object = 30000, mean: object = 45000, high: object = 60000, *, beside: Sequence[object] = ()) -> list[Line]:
    """The lines of a range and its mean; a value that is a text is a status without value."""
    names = ("salary.annual_mean_usd", "salary.annual_low_usd", "salary.annual_high_usd")

    def cell(value: object) -> dict[str, object] | None:
        return value if isinstance(value, dict) or value is None else fact(value) if isinstance(value, int) else fact(None, value)

    columns = [(mean, low, high), *([tuple(beside)] if beside else [])]
    return [line(name, *(cell(column[n]) for column in columns)) for n, name in enumerate(names)]


def every_kind(text: str) -> list[Line]:
    """A line for each field and item, of two occupations, with values of all kinds and statuses."""
    lines = []
    for number, field in enumerate(FIELDS[:22]):
        value = text if field.kind == "text" else 34.4 if field.kind == "real" else 1234567
        other = (fact(value), fact(None, "missing"), fact(value, "suspect"), fact(None, "unreadable", text), None)[number % 5]
        lines += [line(field.name, fact(value), other, item=item) for item in field.items or ("",)]
    said = ({text: 3, "b": 1}, {})
    lines.append(line("skill.name", fact("a"), fact(text), item="1", disputed=said))
    return [*lines, line("skill.name", fact(text), None, item="2"), line("skill.pct", fact(100.0), None, item="2")]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_sheet_fits_every_width_whatever_the_titles_are(seen: Seen, width: int, title: str):
    both = [occupation(title, "15-1252"), occupation("Baker")]
    for heads, lines in ((both, every_kind(title or "x")), (both[:1], pay())):
        shown = seen(width, terminal.print_sheet, heads, lines, Trend("", (Stretch(1, 0, 1), Stretch(2, 5, 9)), "$1", "$2"))
        assert fits(shown, width)
    assert "Salary" in shown
    if title == HOSTILE:
        assert "\\x1b[2J" in squeezed("".join(seen(200, terminal.print_sheet, both, pay(beside=(1, 1, 1)))))


def test_two_are_told_apart_in_words_and_on_one_scale(seen: Seen):
    heads = [occupation("Cook"), occupation("Baker")]
    shown = seen(100, terminal.print_sheet, heads, pay(beside=(60000, 45000, 90000)))
    assert shown[0].split() == ["Cook", "Baker", "The", "left", "one"]
    (mean,) = (words for words in shown if "Annual mean wage" in words)
    assert mean.endswith("$15,000 less")
    (scale,) = (n for n, words in enumerate(shown) if "Range and mean" in words)
    assert shown[scale].split()[-2:] == ["$30,000", "$90,000"]
    cook, baker = shown[scale + 1 : scale + 3]
    start, end = shown[scale].index("$30,000"), len(shown[scale]) - 1
    assert (cook.index("├"), cook.index("┤")) == (start, start + round((end - start) / 2))
    assert (baker.index("├"), baker.index("┤")) == (start + round((end - start) / 4), end)
    assert cook.index("●") == start + round((end - start) / 4)
    assert baker.index("●") == cook.index("┤")


def test_below_64_cells_values_stand_below_their_labels(seen: Seen):
    heads = [occupation("Cook"), occupation("Baker")]
    lines = [*pay(beside=(60000, 45000, 90000)), line("demographics.age_mean", fact(40.0), fact(40.0))]
    shown = seen(40, terminal.print_sheet, heads, lines)
    at = shown.index("  Annual mean wage")
    assert [words.split() for words in shown[at + 1 : at + 2]] == [["$45,000", "$60,000"]]
    assert shown[at + 2] == "    The left one: $15,000 less"
    assert shown[shown.index("  Average age") + 2] == "    the same"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (fact(None, "missing"), fact(8.0)),
        (fact(8.0, "suspect"), fact(9.0)),
        (fact(None, "unreadable", "8 or so"), fact(9.0)),
        (None, fact(8.0)),
    ],
)
def test_no_difference_from_a_value_that_does_not_stand(seen: Seen, left, right):
    heads = [occupation("Cook"), occupation("Baker")]
    for cells in ((left, right), (right, left)):
        for width in (40, 100):
            said = " ".join(seen(width, terminal.print_sheet, heads, [line("demographics.lgbt_pct", *cells)]))
            assert "point" not in said


@pytest.mark.parametrize(
    ("cell", "disputed", "bar"),
    [
        (fact(50.0), {}, "50%   " + "█" * 10),
        (fact(50.0, "suspect"), {}, "50% ? " + "░" * 10),
        (fact(None, "missing"), {}, "–"),
        (fact(None, "unreadable", "half"), {}, "unreadable: half"),
        (fact(50.0), {"50.0": 2, "51.0": 1}, "! 50% on 2 pages, 51% on 1"),
        (fact(0.0), {}, "0%"),
    ],
)
def test_only_a_value_draws_a_bar_and_one_in_doubt_a_hollow_one(seen: Seen, cell, disputed: dict[str, int], bar: str):
    other = line("demographics.gender_pct", fact(99.5, "suspect"), item="male")
    lines = [other, line("demographics.gender_pct", cell, item="female", disputed=[disputed])]
    (shown,) = (words for words in seen(100, terminal.print_sheet, [occupation("Cook")], lines) if "Female" in words)
    assert re.sub(" +", " ", shown.partition("Female")[2]).strip() == re.sub(" +", " ", bar)


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ((30000, 45000, 60000), "├─●─┤"),
        ((30000, "missing", 60000), "├───┤"),
        ((30000, fact(45000, "suspect"), 60000), "├─○─┤"),
        ((fact(30000, "suspect"), 45000, 60000), "├╌●╌┤"),
        (("missing", 45000, 60000), None),
        ((30000, 45000, None), None),
        ((30000, 45000, "unreadable"), None),
        ((fact(60001, "suspect"), 45000, fact(60000, "suspect")), None),
    ],
)
def test_a_range_is_drawn_if_both_ends_are_there(seen: Seen, values, drawn: str | None):
    shown = seen(80, terminal.print_sheet, [occupation("Cook")], pay(*values))
    found = [re.sub("([─╌])+", r"\1", words.strip()) for words in shown if "├" in words]
    assert found == ([] if drawn is None else [re.sub("([─╌])+", r"\1", drawn)])


def test_a_disputed_end_draws_no_range_and_the_other_says_so(seen: Seen):
    lines = pay(beside=(60000, 45000, 90000))
    lines[1] = line("salary.annual_low_usd", fact(30000), fact(45000), disputed=({"30000": 1, "31000": 1}, {}))
    shown = seen(100, terminal.print_sheet, [occupation("Cook"), occupation("Baker")], lines)
    assert [words.split() for words in shown if "no range" in words] == [["Cook", "no", "range"]]
    assert sum("├" in words for words in shown) == 1


def test_pay_over_time_unless_pages_disagree_on_it(seen: Seen):
    trend = Trend("", (Stretch(1, 0, 0), Stretch(2, 9, 9)), "$1 on 2023-01-01", "$2 on 2024-01-01")
    shown = seen(80, terminal.print_sheet, [occupation("Cook")], pay(), trend)
    (at,) = (n for n, words in enumerate(shown) if "Mean over time" in words)
    assert set(shown[at].split()[-1]) == set("▁·█")
    assert shown[at + 1].strip() == "$1 on 2023-01-01 to $2 on 2024-01-01"
    lines = [line("salary.annual_mean_usd", fact(1), disputed=[{"1": 1, "2": 1}])]
    assert not [words for words in seen(80, terminal.print_sheet, [occupation("Cook")], lines, trend) if "over time" in words]


# --- characters and colours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "koi8-r"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_terminal_of_few_characters_gets_them_escaped_before_they_are_measured(seen: Seen, encoding: str, width: int):
    title = "Chef 高级 – \u0144 and some more words"
    trend = Trend("", (Stretch(1, 0, 0), Stretch(2, 9, 9)), "$1", "$2")
    lines = [*every_kind(title), line("demographics.lgbt_pct", fact(None, "missing"), fact(50.0))]
    shown = seen(width, terminal.print_sheet, [occupation(title), occupation("Baker")], lines, trend, ENCODING=encoding)
    text = "\n".join(shown)
    assert text.encode(encoding).decode(encoding) == text
    assert fits(shown, width)
    assert not set(text) & set("█▏├●▁░")
    assert "\\u9ad8" in squeezed(text)
    assert "- the page shows that it has no value" in " ".join(text.split())
    assert "##" in text


def test_no_colour_where_none_is_wanted_and_no_escape_where_there_can_be_none(seen: Seen):
    heads = [occupation("Cook"), occupation("Baker")]
    coloured = "\n".join(seen(80, terminal.print_sheet, heads, every_kind("x"), coloured=True))
    plain = "\n".join(seen(80, terminal.print_sheet, heads, every_kind("x"), coloured=True, NO_COLOR="1"))
    dumb = "\n".join(seen(80, terminal.print_sheet, heads, every_kind("x"), coloured=True, TERM="dumb"))
    assert "\x1b[3" in coloured
    assert "\x1b[3" not in plain
    assert "\x1b" not in dumb
    assert ESCAPES.sub("", coloured) == ESCAPES.sub("", plain)
    assert not set(dumb) & set("█▏├●▁░")


# --- tables ----------------------------------------------------------------------------------------------------------

RUNS = [
    {"run_id": n, "command": "scrape", "started_at": f"2024-01-{n:02}T00:00:00Z", "finished_at": f"2024-01-{n:02}T01:02:03Z",
     "outcome": "failed", "exit_code": 74, "pages": 12000, "loaded": 11000, "unchanged": 0, "rejected": 900, "failed": 100}
    for n in range(10, 0, -1)
]  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_the_table_of_runs_fits_and_names_what_it_leaves_out(seen: Seen, width: int):
    cells = [report.run_cells(row) for row in RUNS]
    spare = report.spare_run_heads(RUNS)
    shown = seen(width, terminal.print_table, report.RUN_HEADS, cells, times=("started",), spare=spare)
    assert fits(shown, width)
    said = " ".join(shown)
    if width < 40:
        assert said.count("2024-01-") == len(RUNS), "each has its own lines"
        return
    left_out = set(said.partition("not shown at this width: ")[2].split(", ")) - {""}
    assert left_out <= {*spare}
    assert {"run", "started", "outcome", "pages", "failed"}.isdisjoint(left_out)
    assert set(report.RUN_HEADS) - left_out == set(said.partition(" 10 ")[0].split())
    assert (left_out == set()) == (width > 80)
    assert ("2024-01-10 00:00:00" in said) == (width > 100)


def test_a_spare_column_of_nothing_goes_first(seen: Seen):
    assert report.spare_run_heads(RUNS)[0] == "unchanged"
    rows = [("a" * 30, "", "b" * 30, "c" * 15)]
    heads = ("one", "two", "three", "four")
    assert seen(100, terminal.print_table, heads, rows, spare=("two",))[0].split() == ["one", "three", "four"]
    assert seen(100, terminal.print_table, heads, rows)[0].split() == [*heads]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cell", TITLES[:-1])
def test_a_table_fits_every_width_and_loses_nothing(seen: Seen, cell: str, width: int):
    heads = ("page", "refreshes", "why")
    shown = seen(width, terminal.print_table, heads, [(cell, "short", cell), ("x", cell, "")])
    assert fits(shown, width)
    letters = sorted(squeezed("".join(shown)))
    wanted = sorted(squeezed(terminal.safe(cell) * 3 + "shortx"))
    for letter in set(wanted):
        assert letters.count(letter) >= wanted.count(letter)


def test_rows_that_would_be_tall_become_labelled_lines(seen: Seen):
    address = "http://127.0.0.1:8647/front-end-clerk-jobs/front-end-clerk-vs-cashier-differences"
    heads = ("page", "refreshes", "last captured", "fields", "why")
    row = (address, "front-end-clerk, cashier", "2024-01-01", "33", "no other page shows front-end-clerk")
    as_lines = [
        f"  page            {address}",
        "  refreshes       front-end-clerk, cashier",
        "  last captured   2024-01-01",
        "  fields          33",
        "  why             no other page shows front-end-clerk",
    ]
    assert seen(100, terminal.print_table, heads, [row] * 2) == [*as_lines, "", *as_lines]
    assert len(seen(200, terminal.print_table, heads, [row] * 2)) == 3


@pytest.mark.parametrize("width", WIDTHS)
def test_other_lines_fit_too(seen: Seen, width: int):
    stretches = tuple(Stretch(n % 7, n * 10, n * 10 + 5) for n in range(50))
    for title in TITLES:
        pairs = [("value", title), ("", title), ("a long label of words", "http://example.org/" + "x" * 200)]
        assert fits(seen(width, terminal.print_pairs, title, pairs), width)
        assert fits(seen(width, terminal.print_lines, [title, "", "words " * 50]), width)
        trends = [Trend(title, stretches, "$1 on 2023-01-01", "$2 on 2024-01-01"), Trend("", stretches[:2], title, title)]
        for some in (trends, trends[:1], trends[1:]):
            assert fits(seen(width, terminal.print_trends, title, some), width)
    assert fits(seen(width, terminal.print_columns, "pages loaded", [*range(40)]), width)
    assert fits(seen(width, terminal.print_parts, [(state, 10**n) for n, state in enumerate(report.STATES)]), width)


def test_parts_are_named_by_their_marks(seen: Seen):
    shown = seen(80, terminal.print_parts, [("fresh", 3), ("stale", 0), ("blocked", 1)])
    assert shown == ["█" * 45 + "▒" * 15, "█ 3 fresh  ▒ 1 blocked"]
    assert seen(80, terminal.print_parts, [("fresh", 0)]) == []


def test_a_trend_stands_between_its_first_and_last_value(seen: Seen):
    rows = [
        {"field": "salary.annual_mean_usd", "item": "", "value": value, "first_seen": day(n), "last_seen": day(n)}
        for n, value in ((0, 40000), (30, 50000))
    ]
    text = [row | {"field": "salary.best_city", "value": "Tulsa"} for row in rows]
    shares = [row | {"field": "demographics.gender_pct", "item": item} for item in ("male", "female") for row in rows[:1]]
    trends = timeline.trends([*rows, *text, *shares])
    first, last = (f"${value:,} on {day(n)[:10]}" for n, value in ((0, 40000), (30, 50000)))
    assert [(trend.label, trend.first, trend.last) for trend in trends] == [("", first, last)]
    assert seen(60, terminal.print_trends, "Pay", trends) == ["Pay", f"{first}  ▁{'·' * 12}█  {last}", ""]
    assert seen(30, terminal.print_trends, "Pay", trends)[1][::29] == "▁█"


PIPED = """\
                          Cook                               Baker
                          a-slug                             a-slug
                          as of 2024-01-02, 1,200 captures   as of 2024-01-02, 1,200 captures

Salary
  Annual mean wage        $45,000                            $60,000
  Low end of the range    $30,000                            $45,000
  High end of the range   $60,000                            $90,000

Demographics
  LGBT                    8% ?

blank: the page that counts says nothing of it
? a check on the page contradicts the value
"""


def test_a_pipe_gets_none_of_it(capsys: pytest.CaptureFixture[str]):
    heads = [occupation("Cook"), occupation("Baker")]
    trend = Trend("", (Stretch(1, 0, 0), Stretch(2, 9, 9)), "$1", "$2")
    lines = [*pay(beside=(60000, 45000, 90000)), line("demographics.lgbt_pct", fact(8.0, "suspect"), None)]
    terminal.print_sheet(heads, lines, trend)
    assert capsys.readouterr().out == PIPED
    terminal.print_trends("Pay", [trend])
    terminal.print_parts([("fresh", 3)])
    terminal.print_columns("pages", [1, 2, 3])
    assert capsys.readouterr().out == ""
    terminal.print_lines(["words " * 50, ""])
    terminal.print_table(("a", "b"), [("x" * 300, "y")], times=("a",), spare=("b",))
    assert capsys.readouterr().out.splitlines() == ["words " * 50, "", f"a{' ' * 302}b", f"{'x' * 300}   y"]


# --- the command on a terminal ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three captures of a page about two jobs, of which one has a hostile and wide title."""
    there = tmp_path_factory.mktemp("terminal")

    def said(mean: int, male: float) -> tuple:
        left = (("salary.annual_mean_usd", mean), ("salary.annual_low_usd", mean - 9000), ("salary.annual_high_usd", mean + 9000))
        facts = [("left", name, "", value, "ok") for name, value in left]
        facts += [("right", name, "", value + 5000, "ok") for name, value in left]
        facts += [
            ("left", "demographics.gender_pct", "male", male, "ok"),
            ("left", "demographics.gender_pct", "female", 1.5, "ok"),
        ]
        return *facts, ("right", "salary.best_city", "", HOSTILE, "ok"), ("right", "demographics.age_mean", "", None, "missing")

    titles = (f"高级 {HOSTILE}", "Cook")
    pages = [Shown(day(100 * n), "baker", "cook", said(40000 + 3000 * n, 60.0 + n), titles=titles) for n in range(3)]
    history(there / "careerscape.db", pages)
    return there


def on_a_terminal(folder: Path, width: int, *arguments: str, **environment: str) -> str:
    """What the command prints on a terminal of a width that only the terminal itself knows."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    left_out = {"COLUMNS", "LINES", "NO_COLOR"}
    env = {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith("CAREERSCAPE_")}
    env |= {"TERM": "xterm-256color"} | environment
    with subprocess.Popen([CAREERSCAPE, *arguments], cwd=folder, stdin=child, stdout=child, stderr=child, env=env) as process:
        os.close(child)
        parts = []
        while part := _read(parent):
            parts.append(part)
    os.close(parent)
    assert process.returncode == 0, b"".join(parts).decode()
    return b"".join(parts).decode(environment.get("PYTHONIOENCODING", "utf-8")).replace("\r\n", "\n")


def _read(parent: int) -> bytes:
    try:
        return os.read(parent, 65536)
    except OSError:  # the end of a terminal
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 100])
@pytest.mark.parametrize(
    ("words", "mark"),
    [
        (("compare", "baker", "cook"), "●"),
        (("show", "baker"), "Mean over time"),
        (("history", "baker", "annual_mean_usd"), "$46,000 on 2024-07-19"),
        (("history", "baker"), "captures"),
        (("status",), "pages loaded"),
        (("changes",), "changed"),
    ],
)
def test_commands_fit_the_terminal_that_they_are_on(folder: Path, width: int, words: tuple[str, ...], mark: str):
    said = on_a_terminal(folder, width, *words)
    lines = ESCAPES.sub("", said).splitlines()
    assert fits(lines, width)
    assert mark in " ".join(" ".join(lines).split())


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1"}, {"COLUMNS": "50"}, {"TERM": "xterm", "COLUMNS": "0"}],
)
def test_the_command_minds_what_the_terminal_is_said_to_be(folder: Path, environment: dict[str, str]):
    said = on_a_terminal(folder, 70, "compare", "baker", "cook", **environment)
    lines = ESCAPES.sub("", said).splitlines()
    assert fits(lines, int(environment.get("COLUMNS", 0)) or 70)
    assert ("●" in said) == ("dumb" not in environment.values() and "ascii" not in environment.values())
    assert ("\x1b[36m" in said) == (not {"dumb", "1"} & {*environment.values()})


def test_a_newer_page_in_doubt_is_marked_and_the_mark_explained(capsys: pytest.CaptureFixture[str]):
    sure = {"status": "ok", "value": 46.0, "raw": "46"}
    for newer, mark in ((None, ""), (sure | {"status": "suspect", "value": 460.0}, " *")):
        head = {
            "title": "Baker",
            "slug": "baker",
            "soc_code": "",
            "soc_title": "",
            "as_of": "2024-01-01T00:00:00Z",
            "captures": 2,
        }
        terminal.print_sheet([head], [Line(BY_NAME["demographics.age_mean"], "", (sure,), ({},), (newer,))])
        said = capsys.readouterr().out
        assert f"46 years{mark}\n" in said
        assert ("another page, no older, shows something in doubt" in said) == bool(newer)
