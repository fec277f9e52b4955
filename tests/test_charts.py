"""Charts: what is drawn stands where its number says, nothing leaves the chart, nothing hostile gets through, and the colours can
be told apart by everybody."""

import random
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from itertools import combinations, pairwise
from math import atan2, cos, degrees, exp, hypot, inf, nan, radians, sin, sqrt
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from db.browse.pages import charts
from db.browse.pages.charts import Pair, Part, Point, Range, Series, Stack, bars, dates, lines, pen, ranges, scales, stacks

STATIC = Path(charts.__file__).parents[1] / "static"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "</title></svg><svg onload=alert(1)>",
    "--></style><b>",
    "]]>&amp;&#0;",
    "{{7*7}}",
    "\u202eevil\u2066",
    "nul\0 bell\x07 half\ud800 end\uffff",
    "W" * 5000,
    "",
    "多職業 👩🏽‍🔧",
]
Chart = Callable[[str], Markup]
EVERY: dict[str, Chart] = {
    "ranges": lambda words: ranges(
        [Range(words, 1, 2, 3, 0, words, words, words), Range("b", None, None, None, 1, "", "", words)], words
    ),
    "lines": lambda words: lines([Series(words, 0, (Point("2024-01-01", "2024-02-01", 3, words),))], words),
    "stacks": lambda words: stacks(
        [Stack(words, (Part(words, 40, words, 1), Part("rest", 60, "60%", 2)), words), Stack(words, (), words)], words
    ),
    "bars": lambda words: bars([Pair(words, (1, None), (words, words))], (words, "b"), words),
}


def tree(markup: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(markup).encode())


def parsed(text: str) -> list[str]:
    """The tags as a browser sees them."""
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append(tag)  # type: ignore[method-assign]
    parser.feed(text)
    return found


def shown(node: ElementTree.Element) -> str:
    return " ".join("".join(node.itertext()).split())


def marks(markup: Markup, class_: str) -> list[ElementTree.Element]:
    return [node for node in tree(markup).iter() if class_ in node.get("class", "").split()]


def places(nodes: Sequence[ElementTree.Element], name: str) -> list[float]:
    return [float(node.get(name, "").removesuffix("%")) for node in nodes]


def dollars(name: str, low: float | None, mean: float | None, high: float | None, tone: int = 0) -> Range:
    return Range(name, low, mean, high, tone, *("" if value is None else f"${value:,}" for value in (low, mean, high)))


def shares(*values: float) -> tuple[Part, ...]:
    return tuple(Part(f"part {kind}", value, f"{value:g}%", kind) for kind, value in enumerate(values))


def stretch(since: str, until: str, value: float) -> Point:
    return Point(since, until, value, f"${value:,}")


# Every chart


@pytest.mark.parametrize("chart", EVERY)
@pytest.mark.parametrize("words", HOSTILE)
def test_words_are_words_whatever_they_are(chart: str, words: str):
    drawn = EVERY[chart](words)
    root = tree(drawn)
    assert root.tag == "figure"
    assert [node.tag for node in root.iter()] == parsed(str(drawn))
    assert not {node.tag for node in root.iter()} & {"script", "style", "img", "a", "b"}
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on") or name in ("style", "href", "src")]
    seen = re.sub("[\0\x07\ud800\uffff]", "\ufffd", words)
    assert root.findtext("figcaption", "") == seen
    drawn.encode()


@pytest.mark.parametrize("chart", EVERY)
def test_drawings_have_a_name_a_description_and_ids_of_their_own(chart: str):
    drawn = EVERY[chart]("Tool Builder")
    assert drawn == EVERY[chart]("Tool Builder")
    assert drawn != EVERY[chart]("Tool Maker")
    root = tree(drawn)
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    pictures = [node for node in root.iter("svg") if node.get("role") == "img"]
    assert pictures
    for picture in pictures:
        title, description = picture[:2]
        assert picture.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert (title.tag, description.tag) == ("title", "desc")
        assert title.text
        assert (description.text or "").endswith(".")
    assert {found for node in root.iter() for found in re.findall(r"url\(#(.*?)\)", node.get("fill", ""))} <= set(ids)


def test_two_rows_that_are_alike_have_ids_of_their_own():
    row, pair = dollars("a", 1, 2, 3), Pair("a", (1,), ("1",))
    for drawn in (ranges([row, row], "t"), bars([pair, pair], ("n",), "t"), stacks([Stack("a", shares(5, 6), "")] * 2, "t")):
        ids = [node.get("id") for node in tree(drawn).iter() if node.get("id")]
        assert len(ids) == len(set(ids)) >= 4


@pytest.mark.parametrize(
    "drawn", [ranges([], "t"), lines([], "t"), lines([Series("a", 0, ())], "t"), stacks([], "t"), bars([], ("a",), "t")]
)
def test_nothing_to_draw_is_said(drawn: Markup):
    assert shown(tree(drawn)).endswith("No figures to draw.")
    assert not list(tree(drawn).iter("svg"))


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e301, 10**400])
def test_what_no_scale_can_show_is_refused(value: float):
    for draw in (
        lambda: ranges([Range("a", value, 1, 2, 0, "", "", "")], "t"),
        lambda: lines([Series("a", 0, (Point("2024-01-01", "2024-01-01", value, ""),))], "t"),
        lambda: stacks([Stack("a", (Part("b", value, "", 0),), "")], "t"),
        lambda: bars([Pair("a", (value,), ("",))], ("n",), "t"),
    ):
        with pytest.raises(ValueError, match="cannot be drawn"):
            draw()


@pytest.mark.parametrize("seed", range(40))
def test_nothing_leaves_the_chart(seed: int):
    """Numbers of all sizes and signs: all places are within 0 and 100 per cent, and a bar ends where its value stands."""
    chance = random.Random(seed)
    size = 10.0 ** chance.randint(-9, 290)
    values = [chance.choice([0.0, 1.0, chance.uniform(-1, 1), chance.uniform(0, 1), 1e-7]) * size for _ in range(12)]
    points = tuple(Point(f"20{index:02}-01-01", f"20{index:02}-06-01", value, "") for index, value in enumerate(values))
    for drawn in (
        ranges([Range("a", *values[index : index + 3], 0, "w", "w", "w") for index in range(9)], "t"),
        lines([Series("a", 1, points)], "t"),
        bars([Pair("a", (value,), ("w",)) for value in values], ("n",), "t"),
        stacks([Stack("a", tuple(Part("p", value, "w", 3) for value in values), "")], "t"),
    ):
        for node in tree(drawn).iter():
            for name in ("x", "x1", "x2", "width"):
                if (text := node.get(name, "")).endswith("%"):
                    assert 0 <= float(text[:-1]) <= 100
            if node.tag == "rect" and node.get("x", "").endswith("%"):
                assert float(node.get("x", "")[:-1]) + float(node.get("width", "")[:-1]) <= 100.41


# Ranges


def test_ranges_stand_on_one_scale_that_begins_at_zero():
    drawn = ranges([dollars("Analyst", 30000, 42599, 61000), dollars("Specialist", 33000, 44285, 59000, 1)], "Salary")
    assert [shown(node) for node in marks(drawn, "chart-tick")] == ["$0", "$20k", "$40k", "$60k", "$80k"]
    found = marks(drawn, "chart-range")
    assert places(found, "x") == [37.5, 41.25]
    assert places(found, "width") == [38.75, 32.5]
    assert places(marks(drawn, "chart-mean"), "x1") == [53.25, 55.36]
    assert [node.get("class", "").split()[-1] for node in found] == ["tone-0", "tone-1"]
    assert [shown(node) for node in marks(drawn, "chart-strong")] == ["$42,599", "$44,285"]
    assert [shown(node) for node in marks(drawn, "chart-number")] == ["$30,000", "$61,000", "$33,000", "$59,000"]
    assert [node.text for node in tree(drawn).iter("desc")] == [
        "Analyst: low $30,000, mean $42,599, high $61,000.",
        "Specialist: low $33,000, mean $44,285, high $59,000.",
    ]


@pytest.mark.parametrize(
    ("row", "full", "hollow", "ends", "means", "note"),
    [
        (dollars("a", 10, 20, 30), 1, 0, 0, 1, ""),
        (dollars("a", 20, 20, 20), 1, 0, 0, 1, ""),
        (dollars("a", 0, 0, 0), 1, 0, 0, 1, ""),
        (dollars("a", 30, 20, 10), 0, 1, 0, 1, "The low end is above the high end."),
        (dollars("a", 10, 40, 30), 1, 0, 0, 1, "The mean lies outside of the range."),
        (dollars("a", 10, 5, None), 0, 0, 1, 1, "High: not known. The mean lies outside of the range."),
        (dollars("a", None, 20, None), 0, 0, 0, 1, "Low: not known. High: not known."),
        (dollars("a", 10, None, 30), 1, 0, 0, 0, "Mean: not known."),
        (Range("a", 10, None, 30, 0, "$10", "suspect", "$30"), 1, 0, 0, 0, "Mean: suspect."),
        (Range("a", 10, None, 30, 0, "$10", "–", "$30"), 1, 0, 0, 0, "Mean: not known."),
        (dollars("a", None, None, None), 0, 0, 0, 0, "No figures."),
    ],
)
def test_a_range_is_drawn_as_far_as_it_is_known(row: Range, full: int, hollow: int, ends: int, means: int, note: str):
    drawn = ranges([row, dollars("b", 1, 2, 3)], "t")
    other = ranges([dollars("b", 1, 2, 3)], "t")
    counts = [
        len(marks(drawn, class_)) - len(marks(other, class_))
        for class_ in ("chart-range", "chart-hollow", "chart-end", "chart-mean")
    ]
    assert counts == [full, hollow, ends, means]
    assert [shown(node) for node in marks(drawn, "chart-note")] == ([note] if note else [])


@pytest.mark.parametrize("seed", range(60))
def test_labels_neither_meet_nor_leave_the_chart_at_any_width(seed: int):
    chance = random.Random(seed)
    labels = sorted((chance.uniform(0, 100), "0" * chance.randint(1, 24)) for _ in range(chance.randint(1, 2)))
    chosen = pen.anchors(labels)
    if len(labels) == 1:
        assert chosen
    if chosen:
        for width in (pen.NARROW, 400, 1200):
            spans = [pen.span(at, words, anchor, width) for (at, words), anchor in zip(labels, chosen, strict=True)]
            assert spans[0][0] >= 0
            assert spans[-1][1] <= width
            assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_ends_that_would_meet_are_one_text():
    drawn = ranges([dollars("a", 50000, 50100, 50200)], "t")
    assert [shown(node) for node in marks(drawn, "chart-number")] == ["$50,000 to $50,200"]


# Scales


@pytest.mark.parametrize(
    ("values", "words", "expected"),
    [
        ([61000], ["$61,000"], ["$0", "$20k", "$40k", "$60k", "$80k"]),
        ([9.5], ["$9.50"], ["$0", "$5", "$10"]),
        ([34.4, 9], ["34.4%", "9%"], ["0%", "10%", "20%", "30%", "40%"]),
        ([-4, 12.5], ["-4%", "12.5%"], ["−5%", "0%", "5%", "10%", "15%"]),
        ([-20000], ["-$20,000"], ["−$20k", "−$15k", "−$10k", "−$5k", "$0"]),
        ([0, 0], ["0%"], ["0.0%", "0.5%", "1.0%"]),
        ([3_400_000], ["3,400,000"], ["0", "1M", "2M", "3M", "4M"]),
        ([7.5e11], ["1 job", "2 jobs"], ["0", "200B", "400B", "600B", "800B"]),
        ([3e20], [""], ["0", "1e+20", "2e+20", "3e+20"]),
        ([0.00004], [""], ["0", "1e-05", "2e-05", "3e-05", "4e-05"]),
        ([46], ["46 years"], ["0", "20", "40", "60"]),
    ],
)
def test_ticks_are_round_and_hold_zero_and_all_values(values: list[float], words: list[str], expected: list[str]):
    scale = scales.from_zero(values, words)
    assert [scale.words(tick) for tick in scale.ticks] == expected
    assert scale.low <= min(0, *values, 0)
    assert scale.high >= max(0, *values, 0)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([44937], (42000, 48000)),
        ([40100, 44285], (38000, 46000)),
        ([0], (0, 1)),
        ([1, 100], (0, 150)),
        ([-5, -4], (-5.5, -3.5)),
        ([1e15, 1e15 + 0.125], None),
        ([1e300, -1e300], None),
    ],
)
def test_a_scale_about_values_leaves_room(values: list[float], ends: tuple[float, float] | None):
    scale = scales.around(values)
    assert scale.low <= min(values)
    assert scale.high >= max(values)
    assert 2 <= len(scale.ticks) <= 8
    assert len(set(scale.ticks)) == len(scale.ticks)
    if ends:
        assert (scale.low, scale.high) == ends


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2021-03-04T10:00:00Z", "2025-11-11", ["2022", "2023", "2024", "2025"]),
        ("2018-01-01", "2025-11-11", ["2018", "2020", "2022", "2024"]),
        ("2025-01-20", "2025-05-02", ["Feb 2025", "Mar 2025", "Apr 2025", "May 2025"]),
        ("2025-01-30", "2025-02-02", ["30 Jan 2025", "31 Jan 2025", "1 Feb 2025", "2 Feb 2025"]),
        ("2025-01-30T04:00:00Z", "2025-01-30T05:00:00Z", ["30 Jan 2025"]),
        ("2025-01-30T22:00:00Z", "2025-01-31T05:00:00+02:00", ["30 Jan 2025", "31 Jan 2025"]),
        ("2025-01-30", "2025-01-30", ["30 Jan 2025"]),
        ("0001-01-01", "9999-12-31", ["2000", "4000", "6000", "8000"]),
    ],
)
def test_dates_are_round(begin: str, end: str, expected: list[str]):
    ticks = dates.Span(dates.read(begin), dates.read(end)).ticks()
    assert [words for _, words in ticks] == expected
    assert all(0 <= at <= 100 for at, _ in ticks)


@pytest.mark.parametrize("days", [1, 2, 3, 9, 20, 45, 60, 100, 250, 400, 900, 2000, 9000, 90000])
def test_any_span_has_two_to_four_dates(days: int):
    begin = dates.read("1999-12-17T13:00:00Z")
    ticks = dates.Span(begin, begin + days * (dates.read("2000-01-02") - dates.read("2000-01-01"))).ticks()
    assert 2 <= len(ticks) <= 4
    assert ticks == sorted(ticks)


# Lines


def test_a_line_is_solid_where_the_value_is_known_and_dotted_in_between():
    points = (
        stretch("2023-01-01", "2024-01-01", 43000),
        stretch("2021-01-01", "2022-01-01", 41000),
        stretch("2025-01-01", "2025-01-01", 45000),
    )
    drawn = lines([Series("Analyst", 0, points)], "Wage")
    known, unknown = (
        next(node.get("d", "") for node in marks(drawn, class_) if node.tag == "path")
        for class_ in ("chart-line", "chart-unsure")
    )
    assert re.sub(r"[\d.]+", "n", known) == "Mn nHnMn nHn"
    assert re.findall(r"[MH]([\d.]+)", known) == ["0", "249.83", "499.66", "749.49"]
    assert re.sub(r"[\d.]+", "n", unknown) == "Mn nLn nMn nLn n"
    found = marks(drawn, "chart-point")
    assert [node.findtext("title") for node in found if node.findtext("title")] == [
        "$41,000, from 1 Jan 2021 to 1 Jan 2022",
        "$43,000, from 1 Jan 2023 to 1 Jan 2024",
        "$45,000, on 1 Jan 2025",
    ]
    assert shown(marks(drawn, "chart-note")[0]) == "The scale begins at $40k. Dotted where no page shows a value."
    assert [shown(row) for row in tree(drawn).iter("tr")][1:] == [
        "Analyst1 Jan 20211 Jan 2022$41,000",
        "Analyst1 Jan 20231 Jan 2024$43,000",
        "Analyst1 Jan 20251 Jan 2025$45,000",
    ]


def test_one_point_stands_in_the_middle():
    drawn = lines([Series("a", 1, (stretch("2024-01-01", "2024-01-01", 44937),))], "t")
    (point,) = [node for node in tree(drawn).iter("svg") if node.get("x", "").endswith("%")]
    assert point.get("x") == "50%"
    assert not [node for node in marks(drawn, "chart-line") if node.tag == "path"]
    assert [shown(node) for node in marks(drawn, "chart-tick")][-1] == "1 Jan 2024"


def test_of_many_stretches_the_description_tells_the_most_important():
    values = [40000 + 37 * index % 5000 for index in range(400)]
    points = tuple(
        stretch(f"{2000 + index // 12}-{index % 12 + 1:02}-01", f"{2000 + index // 12}-{index % 12 + 1:02}-20", value)
        for index, value in enumerate(values)
    )
    drawn = lines([Series("a", 0, points), Series("b", 2, points[:2])], "t")
    first, second = re.split(r"(?<=\.) (?=b:)", tree(drawn).findtext(".//desc", ""))
    top = values.index(max(values))
    assert re.findall(r"(first|lowest|highest|last) \$([\d,]+) from 1 (\w+ \d+)", first) == [
        ("first", "40,000", "Jan 2000"),
        ("lowest", "40,000", "Jan 2000"),
        ("highest", f"{max(values):,}", f"{dates.read(points[top].since):%b %Y}"),
        ("last", f"{values[-1]:,}", "Apr 2033"),
    ]
    assert first.startswith("a: 400 stretches, first")
    assert second == "b: $40,000 from 1 Jan 2000 to 20 Jan 2000, $40,037 from 1 Feb 2000 to 20 Feb 2000."
    assert len(marks(drawn, "chart-dot")) == 400
    assert len(list(tree(drawn).iter("tr"))) == 403


@pytest.mark.parametrize(
    ("since", "until"),
    [("2024-01-02", "2024-01-01"), ("yesterday", "2024-01-01"), ("", ""), ("0001-01-01T00:00:00+05:00", "2024-01-01")],
)
def test_a_time_that_cannot_be_is_refused(since: str, until: str):
    with pytest.raises(ValueError, match=r"ends before it begins|[Ii]nvalid isoformat|not a time"):
        lines([Series("a", 0, (Point(since, until, 1, "1"),))], "t")


# Stacks


@pytest.mark.parametrize(
    ("values", "widths", "track", "note"),
    [
        ((34.4, 65.6), [34.4, 65.6], False, ""),
        ((33.3, 66.6), [33.3, 66.6], False, ""),
        ((33.4, 66.7), [33.37, 66.63], False, ""),
        ((58,), [58], True, ""),
        ((120, 120), [40, 40], False, "The shares add up to 240%."),
        ((0, 100), [100], False, ""),
        ((0,), [], False, ""),
        ((-3, 50), [50], True, "A share below zero is not drawn."),
        ((11.1,) * 9, [11.1] * 9, False, ""),
        ((), [], False, "No figures."),
    ],
)
def test_shares_are_as_long_as_they_are(values: tuple[float, ...], widths: list[float], track: bool, note: str):
    drawn = stacks([Stack("a", shares(*values), "")], "t")
    segments = [node for node in tree(drawn).iter("svg") if node.get("x", "").endswith("%")]
    assert places(segments, "width") == widths
    assert bool(marks(drawn, "chart-track")) == track
    assert [shown(node) for node in marks(drawn, "chart-note")] == ([note] if note else [])
    cells = [(shown(row[0]), shown(row[1])) for row in tree(drawn).iter("tr")][1:]
    assert cells == [(f"part {kind}", f"{value:g}%") for kind, value in enumerate(values)]


def test_the_table_lines_up_the_shares_of_all_rows():
    left = Stack("left", (Part("Male", 40, "40%", 0), Part("Female", 60, "60%", 1), Part("Female", 0, "0%", 1)), "")
    right = Stack("right", (Part("Unknown", 5, "5%", 3), Part("Female", 95, "95%", 1)), "")
    drawn = stacks([left, Stack("none", (), "No page says."), right], "Gender")
    assert [[shown(cell) for cell in row] for row in tree(drawn).iter("tr")] == [
        ["Share", "left", "right"],
        ["Male", "40%", ""],
        ["Female", "60%", "95%"],
        ["Female", "0%", ""],
        ["Unknown", "", "5%"],
    ]
    assert [shown(node) for node in marks(drawn, "chart-note")] == ["No page says."]
    assert [node.text for node in tree(drawn).iter("desc")] == [
        "left: Male 40%, Female 60%, Female 0%.",
        "right: Unknown 5%, Female 95%.",
    ]


def test_words_stand_in_a_segment_only_where_they_fit():
    drawn = stacks([Stack("a", shares(80, 13.5, 5, 1.5), "")], "t")
    assert [(shown(node), "chart-wide" in node.get("class", "")) for node in marks(drawn, "chart-inner")] == [
        ("80%", False),
        ("13.5%", True),
    ]


# Bars


def test_bars_of_a_pair_begin_at_zero_and_a_missing_value_has_none():
    drawn = bars(
        [Pair("Data entry", (9, None), ("9%", "–")), Pair("Growth", (-4, 16), ("-4%", "16%"))], ("left", "right"), "Skills"
    )
    found = marks(drawn, "chart-bar")
    assert list(zip(places(found, "x"), places(found, "width"), strict=True)) == [(20, 36), (4, 16), (20, 64)]
    assert [node.get("class", "").split()[-1] for node in found] == ["tone-0", "tone-0", "tone-1"]
    assert [shown(node) for node in marks(drawn, "chart-quiet")] == ["–"]
    assert [node.text for node in tree(drawn).iter("desc")] == [
        "Data entry: left 9%, right not known.",
        "Growth: left -4%, right 16%.",
    ]


def test_a_row_needs_a_value_and_words_for_each_name():
    for row in (Pair("a", (1,), ("1",)), Pair("a", (1, 2), ("1",)), Pair("a", (1, 2, 3), ("1", "2", "3"))):
        with pytest.raises(ValueError, match=r"zip\(\) argument"):
            bars([row], ("left", "right"), "t")


# Colours: contrast by WCAG 2.2, distance by CIEDE2000, colour vision by the matrices of Machado, Oliveira and Fernandes (2009)

VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
Three = tuple[float, float, float]


def palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", (STATIC / "charts.css").read_text(encoding="utf-8"), re.DOTALL)
    return {name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text)) for name, text in (("light", light), ("dark", dark))}


def linear(colour: str) -> Three:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in (red, green, blue))  # type: ignore


def times(matrix: Sequence[Sequence[float]], three: Sequence[float]) -> Three:
    return tuple(sum(a * b for a, b in zip(row, three, strict=True)) for row in matrix)  # type: ignore


def contrast(one: str, other: str) -> float:
    low, high = sorted(times(TO_XYZ, linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, vision: str) -> Three:
    seen = [min(1, max(0, part)) for part in times(VISION[vision], linear(colour))]
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (value / white for value, white in zip(times(TO_XYZ, seen), (0.95047, 1, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Three, other: Three) -> float:
    """CIEDE2000."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * sqrt(mean**7 / (mean**7 + 25**7))
    c1, c2 = hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)
    h1, h2 = degrees(atan2(b1, a1 * stretch)) % 360, degrees(atan2(b2, a2 * stretch)) % 360
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6)) - 0.2 * cos(radians(4 * hue - 63))
    )  # fmt: skip
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * sqrt(c1 * c2) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * t)
    rotation = -2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.0, 2.0), (50, 0, 0), 2.3669),
        ((50, 2.5, 0), (61, -5, 29), 22.8977),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_distances_are_those_that_are_published(one: Three, other: Three, expected: float):
    """The pairs of Sharma, Wu and Dalal (2005)."""
    assert distance(one, other) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_stand_out_from_the_ground_and_words_from_both(mode: str):
    colours = palettes()[mode]
    ground = colours["chart-ground"]
    least = {f"tone-{tone}": 3.0 for tone in range(pen.TONES)} | {f"kind-{kind}": 3.0 for kind in range(pen.KINDS)}
    least |= {"chart-ink": 7.0, "chart-quiet": 4.5, "chart-zero": 3.0}
    assert {
        name: round(contrast(colours[name], ground), 2) for name in least if contrast(colours[name], ground) < least[name]
    } == {}
    inks = {
        name: round(contrast(colours[name], colours[f"{name}-ink"]), 2)
        for name in colours
        if f"{name}-ink" in colours
        if name != "chart"
    }
    assert len(inks) == pen.TONES + pen.KINDS
    assert {name: value for name, value in inks.items() if value < 4.5} == {}
    assert contrast(colours["chart-ink"], colours["chart-ground"]) > 7


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_are_told_apart_by_everybody(mode: str, vision: str):
    colours = palettes()[mode]
    kinds = [lab(colours[f"kind-{kind}"], vision) for kind in range(pen.KINDS)]
    tones = [lab(colours[f"tone-{tone}"], vision) for tone in range(pen.TONES)]
    assert min(distance(*pair) for pair in pairwise(kinds)) >= 15
    assert min(distance(*pair) for pair in combinations(kinds, 2)) >= 10
    assert distance(tones[0], tones[1]) >= 30
    assert min(distance(*pair) for pair in combinations(tones, 2)) >= 10


def test_the_charts_share_ground_and_tones_with_the_pages():
    page = re.findall(r":root \{(.*?)\}", (STATIC / "style.css").read_text(encoding="utf-8"), re.DOTALL)
    for found, colours in zip(page, palettes().values(), strict=False):
        own = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", found))
        names = {"paper": "chart-ground", "left": "tone-0", "right": "tone-1"}
        assert {name: own[name] for name in names} == {name: colours[other] for name, other in names.items()}


def test_every_class_has_a_rule_and_nothing_comes_from_elsewhere():
    css = (STATIC / "charts.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|//", css)
    told = set(re.findall(r"\.([a-z][\w-]*)", css))
    drawn = [EVERY[name]("x") for name in EVERY]
    drawn += [
        stacks([Stack("a", shares(*[11.1] * 9), "")], "t"),
        lines([Series("a", tone, (stretch("2024-01-01", "2024-02-01", 3),)) for tone in (0, 1, 2)], "t"),
    ]
    used = {class_ for markup in drawn for node in tree(markup).iter() for class_ in node.get("class", "").split()}
    plain = {"chart-ranges", "chart-lines", "chart-stacks", "chart-bars", "chart-number", "chart-strong"}
    assert used - told <= plain
