"""What was when: `history` and `change` are what CONTRACT.md says, in whatever order captures come and go."""

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from db import current, load, publish, queries
from db.connection import Database, open_to_read, open_to_write
from db.history import refresh
from normalize.claims import Side
from normalize.facts import Status, Value
from normalize.fields import BY_NAME
from tests.histories import PAIRS, Said, Shown, day, history, shuffled
from tests.imports import rows, sound

AGE, JOBS, CITY = "demographics.age_mean", "outlook.jobs", "salary.best_city"
GENDER, SKILL = "demographics.gender_pct", "skill.name"
STRETCH = "occupation, field, item, value, first_seen, last_seen, captures"
CHANGE = "occupation, field, item, old_value, old_status, new_value, new_status, changed_at, cause, url"
Key = tuple[str, str, str]
"""Occupation, field, item."""
State = tuple[Value | None, str]
"""A value where there is one, and ok, missing or removed."""


class Word(NamedTuple):
    """What one capture says of one fact; the newest is the greatest."""

    at: str
    url: str
    capture_id: str
    state: State


def told(db: Path) -> tuple[list[tuple], list[tuple]]:
    """The rows of `history` and of `change`."""
    return tuple(
        sorted(rows(db, f"SELECT {columns} FROM {view}"), key=repr)
        for columns, view in ((STRETCH, "history"), (CHANGE, "change"))
    )


# --- the contract's words, slowly ------------------------------------------------------------------------------------


def oracle(pages: Sequence[Shown]) -> tuple[list[tuple], list[tuple]]:
    published = sorted((page for page in pages if page.published), key=lambda page: (page.at, page.url, page.capture_id))
    keys = {(page.jobs[side], field, item) for page in published for side, field, item, *_ in page.facts}
    keys = {key for key in keys if key[2] or not listed(key[1])}
    stretches, changes = [], []
    for key in keys:
        words = sorted(
            word for url in {page.url for page in published} for word in words_of(key, [p for p in published if p.url == url])
        )
        stretches += [(*key, *stretch) for stretch in stretches_of(words)]
        changes += [(*key, *old, *new, at, "source", url) for old, new, at, url in changes_of(words)]
    return sorted(stretches, key=repr), sorted(changes, key=repr)


def listed(field: str) -> bool:
    """Whether a field is a list of items, which one row without item can stand for."""
    return bool(BY_NAME[field].items)


def words_of(key: Key, captures: Sequence[Shown]) -> list[Word]:
    """What the captures of one page say of a fact; one that says nothing is left out."""
    found: list[Word] = []
    for page in captures:
        state = state_of(key, page, found[-1].state if found else None)
        if state:
            found.append(Word(page.at, page.url, page.capture_id, state))
    return found


def state_of(key: Key, page: Shown, before: State | None) -> State | None:
    job, field, item = key
    of_field = {i: (value, status) for side, f, i, value, status in page.facts if page.jobs[side] == job and f == field}
    value, status = of_field.get(item, (None, "absent"))
    if status == "absent" and item and "" in of_field:
        status = of_field[""][1]
    if status == "absent" and any(s == "suspect" for _, s in of_field.values()):
        status = "suspect"
    if status in ("ok", "missing"):
        return value, status
    gone = status == "absent" and page.outcome == "complete" and "overview" in page.parts
    return (None, "removed") if gone and before and before[1] != "removed" else None


def changes_of(words: Sequence[Word]) -> list[tuple[State, State, str, str]]:
    """Old and new state, time and address; the same change on another page is left out until the value is another one."""
    found: list[tuple[State, State, str, str]] = []
    stood: dict[str, State] = {}
    since: list[tuple[State, State]] = []
    for word in words:
        old = stood.get(word.url)
        stood[word.url] = word.state
        if old is None or old == word.state:
            continue
        if since and since[0][1] != word.state:
            since = []
        if (old, word.state) not in since:
            since.append((old, word.state))
            found.append((old, word.state, word.at, word.url))
    return found


def stretches_of(words: Sequence[Word]) -> list[tuple[Value, str, str, int]]:
    """Value, first and last time seen, number of captures."""
    found: list[tuple[Value, str, str, int]] = []
    open_now = False
    for t in sorted({word.at for word in words}):
        since = datetime.fromisoformat(t) - timedelta(days=7)
        week = [word for word in words if word.at <= t and datetime.fromisoformat(word.at) >= since]
        shown = [word for word in week if word.state[1] != "removed"]
        standing = values(week)
        if len(standing) > 1 or (any(word.at == t for word in shown) and len(values(shown)) > 1):
            continue
        if not standing:
            open_now = False
            continue
        (value,) = standing
        if open_now and found[-1][0] != value:
            open_now = False
        seen = sum(word.at == t and word.state == (value, "ok") for word in week)
        if seen and open_now:
            found[-1] = (value, found[-1][1], t, found[-1][3] + seen)
        elif seen:
            found.append((value, t, t, seen))
            open_now = True
    return found


def values(week: Sequence[Word]) -> set[Value | None]:
    """The ok values among the newest words of each page."""
    newest = [max((w for w in week if w.url == url), key=lambda w: w[:3]) for url in {w.url for w in week}]
    return {word.state[0] for word in newest if word.state[1] == "ok"}


# --- at random -------------------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[Value, ...]] = {
    AGE: (40.0, 41.5, 42.0),
    JOBS: (5, 6),
    CITY: ("Tulsa, OK", "tulsa, OK"),
    "education.degree": ("bachelor", "master"),
}
STATUSES: tuple[Status, ...] = ("ok", "ok", "ok", "ok", "ok", "missing", "suspect", "unreadable")
TIMES = (0, 0, 1, 2, 6.5, 7, 7 + 1 / 86_400, 8, 9, 14, 15, 16, 22, 30, 40, 50)


def random_history(seed: int, most: int = 24) -> list[Shown]:
    """Captures of a few pages about three jobs: close together or far apart, with and without rows and tables."""
    chance = random.Random(seed)
    variety = chance.choice((1, 2, 3))
    pages = [_random_page(chance, variety) for _ in range(chance.randint(2, most))]
    return list({(page.url, page.at, page.sha256): page for page in pages}.values())


def _random_page(chance: random.Random, variety: int) -> Shown:
    left, right = chance.choice(PAIRS[: chance.choice((1, 3, 5))])
    facts = tuple(said for side in ("left", "right") for said in _random_facts(chance, side, variety))
    parts = ("overview",) if chance.random() < 0.7 else ()
    outcome = "complete" if chance.random() < 0.8 else "partial"
    host = chance.choice(("a.example", "a.example", "b.example"))
    return Shown(day(chance.choice(TIMES)), left, right, facts, outcome, chance.random() < 0.9, parts, host)


def _random_facts(chance: random.Random, side: Side, variety: int) -> list[Said]:
    found: list[Said] = []
    for field, choice in VALUES.items():
        status = chance.choice(STATUSES)
        found.append((side, field, "", chance.choice(choice[:variety]) if status in ("ok", "suspect") else None, status))
    status = chance.choice(STATUSES)
    male = chance.choice((30.0, 40.0)[:variety])
    shares = {"male": male, "female": 100 - male}
    if status in ("missing", "unreadable"):
        found.append((side, GENDER, "", None, status))
    if status not in ("missing", "unreadable") or chance.random() < 0.1:
        found += [(side, GENDER, item, share, "ok" if status == "ok" else "suspect") for item, share in shares.items()]
    found += [(side, SKILL, str(n), name, "ok") for n, name in enumerate(("Welding", "C++", "Law")[: chance.randint(1, 3)], 1)]
    left_out = {field for field in (*VALUES, GENDER, SKILL) if chance.random() < 0.2}
    cut = {"male"} if chance.random() < 0.2 else set()
    return [said for said in found if said[1] not in left_out and said[2] not in cut]


@pytest.mark.parametrize("seed", range(30))
def test_history_and_changes_are_those_that_the_contract_describes(tmp_path, seed):
    pages = random_history(seed)
    first, second = (history(tmp_path / f"{n}.db", *shuffled(pages, seed * 2 + n)) for n in range(2))
    assert told(first) == oracle(pages)
    assert told(second) == oracle(pages)
    assert sound(first)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 400))
def test_history_and_changes_are_those_that_the_contract_describes_at_length(tmp_path, seed):
    test_history_and_changes_are_those_that_the_contract_describes(tmp_path, seed)


# --- after captures cease to count -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(400, 412))
def test_what_is_withdrawn_or_released_is_as_if_it_had_always_been_so(tmp_path, seed):
    pages = random_history(seed)
    chance = random.Random(seed)
    path = history(tmp_path / "a.db", *shuffled(pages, seed))
    published = [page for page in pages if page.published]
    for withdrawn in (chance.sample(published, len(published) // 2), published):
        point(path, publish.withdraw, withdrawn)
        assert told(path) == silenced(pages, withdrawn)
    assert told(path) == ([], [])
    for released in (chance.sample(published, len(published) // 2), published):
        point(path, publish.publish_captures, released)
        assert told(path) == silenced(pages, [page for page in published if page not in released])


def point(path: Path, change: Callable[[Database, list[int]], None], pages: Sequence[Shown]) -> None:
    """Withdraw or publish captures."""
    named = {page.capture_id for page in pages}
    db = open_to_write(path)
    ids = [row for row, capture_id in db.execute("SELECT id, capture_id FROM page_capture") if capture_id in named]
    with db.atomic():
        change(db, ids)
    db.close()


def silenced(pages: Sequence[Shown], withdrawn: Sequence[Shown]) -> tuple[list[tuple], list[tuple]]:
    """The oracle's words without some captures, whose digests stay."""
    return oracle([page for page in pages if page not in withdrawn])


# --- case by case ----------------------------------------------------------------------------------------------------

Age = tuple[float, str, float | str]
"""Day, the other job of the page, and the age that the page says of the baker; or a status, `gone` (the table is there without
the row), `no table`, `cut` (a partial capture without the row), `held: 43`."""


def ages(*told_ages: Age) -> list[Shown]:
    return [aged(day(at), other, said) for at, other, said in told_ages]


def aged(at: str, other: str, said: float | str) -> Shown:
    page = Shown(at, "baker", other, (), parts=("overview",))
    if isinstance(said, str) and said.startswith("held: "):
        return replace(aged(at, other, float(said.removeprefix("held: "))), published=False)
    match said:
        case "gone":
            return page
        case "no table":
            return replace(page, parts=("time",))
        case "cut":
            return replace(page, outcome="partial")
        case "missing" | "unreadable":
            return replace(page, facts=(("left", AGE, "", None, said),))
        case "suspect":
            return replace(page, facts=(("left", AGE, "", 99.0, said),))
    return replace(page, facts=(("left", AGE, "", float(said), "ok"),))


Stretches = list[tuple[float, float, float, int]]
"""Value, first and last day, captures."""
Changes = list[tuple[float | str, float | str, float, str]]
"""Old, new, day, and the other job of the page."""
CASES: dict[str, tuple[list[Age], Stretches, Changes]] = {
    "seen once": ([(0, "cook", 42)], [(42, 0, 0, 1)], []),
    "the same again": ([(0, "cook", 42), (30, "cook", 42)], [(42, 0, 30, 2)], []),
    "the same on two pages": ([(0, "cook", 42), (0, "driver", 42), (30, "cook", 42)], [(42, 0, 30, 3)], []),
    "three values": (
        [(0, "cook", 42), (30, "cook", 43), (60, "cook", 44)],
        [(42, 0, 0, 1), (43, 30, 30, 1), (44, 60, 60, 1)],
        [(42, 43, 30, "cook"), (43, 44, 60, "cook")],
    ),
    "there and back": (
        [(0, "cook", 42), (30, "cook", 43), (60, "cook", 42)],
        [(42, 0, 0, 1), (43, 30, 30, 1), (42, 60, 60, 1)],
        [(42, 43, 30, "cook"), (43, 42, 60, "cook")],
    ),
    "doubt between": (
        [(0, "cook", 42), (9, "cook", "suspect"), (18, "cook", "unreadable"), (27, "cook", 42)],
        [(42, 0, 27, 2)],
        [],
    ),
    "doubt, then another": ([(0, "cook", 42), (9, "cook", "suspect"), (18, "cook", 43)], [(42, 0, 0, 1), (43, 18, 18, 1)],
                            [(42, 43, 18, "cook")]),
    "doubt first": ([(0, "cook", "suspect"), (9, "cook", 42)], [(42, 9, 9, 1)], []),
    "held between": ([(0, "cook", 42), (9, "cook", "held: 43"), (18, "cook", 42)], [(42, 0, 18, 2)], []),
    "no table between": ([(0, "cook", 42), (9, "cook", "no table"), (18, "cook", 42)], [(42, 0, 18, 2)], []),
    "cut between": ([(0, "cook", 42), (9, "cook", "cut"), (18, "cook", 42)], [(42, 0, 18, 2)], []),
    "missing": (
        [(0, "cook", 42), (9, "cook", "missing"), (18, "cook", "missing"), (27, "cook", 42)],
        [(42, 0, 0, 1), (42, 27, 27, 1)],
        [(42, "missing", 9, "cook"), ("missing", 42, 27, "cook")],
    ),
    "removed": (
        [(0, "cook", 42), (9, "cook", "gone"), (18, "cook", "gone"), (27, "cook", 42)],
        [(42, 0, 0, 1), (42, 27, 27, 1)],
        [(42, "removed", 9, "cook"), ("removed", 42, 27, "cook")],
    ),
    "removed once the table is back": (
        [(0, "cook", 42), (9, "cook", "no table"), (18, "cook", "gone")],
        [(42, 0, 0, 1)],
        [(42, "removed", 18, "cook")],
    ),
    "removed after doubt": ([(0, "cook", 42), (9, "cook", "suspect"), (18, "cook", "gone")], [(42, 0, 0, 1)],
                            [(42, "removed", 18, "cook")]),
    "missing, then removed": ([(0, "cook", "missing"), (9, "cook", "gone")], [], [("missing", "removed", 9, "cook")]),
    "never there": ([(0, "cook", "gone"), (9, "cook", 42)], [(42, 9, 9, 1)], []),
    "in doubt, then gone": ([(0, "cook", "suspect"), (9, "cook", "gone")], [], []),
    "two pages change alike": (
        [(0, "cook", 42), (0, "driver", 42), (30, "driver", 43), (31, "cook", 43)],
        [(42, 0, 0, 2), (43, 30, 31, 2)],
        [(42, 43, 30, "driver")],
    ),
    "alike in one second": (
        [(0, "cook", 42), (0, "driver", 42), (30, "driver", 43), (30, "cook", 43)],
        [(42, 0, 0, 2), (43, 30, 30, 2)],
        [(42, 43, 30, "cook")],
    ),
    "alike, and again": (
        [(0, "cook", 42), (0, "driver", 42), (30, "cook", 43), (30, "driver", 43), (60, "cook", 42), (60, "driver", 42),
         (90, "driver", 43), (90, "cook", 43)],
        [(42, 0, 0, 2), (43, 30, 30, 2), (42, 60, 60, 2), (43, 90, 90, 2)],
        [(42, 43, 30, "cook"), (43, 42, 60, "cook"), (42, 43, 90, "cook")],
    ),
    "one page is late by two values": (
        [(0, "cook", 42), (0, "driver", 42), (10, "cook", 43), (20, "cook", 44), (30, "driver", 43), (40, "driver", 44)],
        [(42, 0, 0, 2), (43, 10, 10, 1), (44, 20, 20, 1), (43, 30, 30, 1), (44, 40, 40, 1)],
        [(42, 43, 10, "cook"), (43, 44, 20, "cook"), (42, 43, 30, "driver"), (43, 44, 40, "driver")],
    ),
    "to one value from two": (
        [(0, "cook", 42), (9, "driver", 43), (30, "cook", 44), (31, "driver", 44)],
        [(42, 0, 0, 1), (43, 9, 9, 1), (44, 30, 31, 2)],
        [(42, 44, 30, "cook"), (43, 44, 31, "driver")],
    ),
    "another page says another, a week and more later": (
        [(0, "cook", 42), (7.001, "driver", 43)],
        [(42, 0, 0, 1), (43, 7.001, 7.001, 1)],
        [],
    ),
    "conflict only": ([(0, "cook", 42), (0, "driver", 43)], [], []),
    "conflict between": (
        [(0, "cook", 42), (9, "cook", 42), (10, "driver", 43), (17, "cook", 42)],
        [(42, 0, 9, 2)],
        [],
    ),
    "conflict over": (
        [(0, "cook", 42), (10, "cook", 42), (10, "driver", 43), (20, "cook", 42)],
        [(42, 0, 20, 2)],
        [],
    ),
    "one of two in conflict falls silent": (
        [(0, "cook", 42), (10, "cook", 42), (10, "driver", 43), (11, "cook", "missing"), (30, "cook", 42)],
        [(42, 0, 0, 1), (42, 30, 30, 1)],
        [(42, "missing", 11, "cook"), ("missing", 42, 30, "cook")],
    ),
    "a removal while others conflict": (
        [(0, "cook", 42), (0, "smith", 42), (8, "driver", 43), (8, "welder", 44), (9, "smith", "gone"), (30, "cook", 42)],
        [(42, 0, 30, 3)],
        [(42, "removed", 9, "smith")],
    ),
    "the last of two in conflict is removed": (
        [(0, "cook", 42), (2, "cook", "gone"), (2, "driver", 43), (3, "driver", "gone"), (30, "cook", 42)],
        [(42, 0, 0, 1), (42, 30, 30, 1)],
        [(42, "removed", 2, "cook"), (43, "removed", 3, "driver"), ("removed", 42, 30, "cook")],
    ),
    "missing beside ok": (
        [(0, "cook", 42), (1, "driver", "missing"), (6, "cook", 42)],
        [(42, 0, 6, 2)],
        [],
    ),
    "missing on another page, later": (
        [(0, "cook", 42), (9, "driver", "missing"), (18, "cook", 42)],
        [(42, 0, 0, 1), (42, 18, 18, 1)],
        [],
    ),
    "removed on one page, said by another": (
        [(0, "cook", 42), (1, "driver", 42), (2, "cook", "gone"), (20, "driver", 42)],
        [(42, 0, 20, 3)],
        [(42, "removed", 2, "cook")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("order", [1, -1])
def test_stretches_and_changes(tmp_path, name, order):
    given, stretches, changes = CASES[name]
    pages = ages(*given)
    path = history(tmp_path / "a.db", *[[page] for page in pages][::order])
    found = rows(
        path, "SELECT value, first_seen, last_seen, captures FROM history WHERE occupation = 'baker' ORDER BY first_seen"
    )
    assert found == [(value, day(first), day(last), count) for value, first, last, count in stretches]
    found = rows(path, "SELECT old_value, old_status, new_value, new_status, changed_at, url FROM change ORDER BY changed_at")
    assert found == [
        (*state(old), *state(new), day(at), f"https://a.example/baker-vs-{other}") for old, new, at, other in changes
    ]
    assert told(path) == oracle(pages)


def state(said: float | str) -> State:
    return (None, said) if isinstance(said, str) else (said, "ok")


Shares = dict[str, float] | str
LISTS: dict[str, tuple[list[Shares], list[tuple[str, State, State, int]]]] = {
    "an item no more": (
        [{"male": 40, "female": 60}, {"male": 40}],
        [("female", (60, "ok"), (None, "removed"), 1)],
    ),
    "a dash": (
        [{"male": 40, "female": 60}, "missing"],
        [("female", (60, "ok"), (None, "missing"), 1), ("male", (40, "ok"), (None, "missing"), 1)],
    ),
    "after a dash": (
        ["missing", {"male": 40, "female": 60}],
        [("female", (None, "missing"), (60, "ok"), 1), ("male", (None, "missing"), (40, "ok"), 1)],
    ),
    "a dash, then no row": (
        [{"male": 100}, "missing", {}],
        [("male", (100, "ok"), (None, "missing"), 1), ("male", (None, "missing"), (None, "removed"), 2)],
    ),
    "no row": ([{"male": 100}, {}], [("male", (100, "ok"), (None, "removed"), 1)]),
    "only ever a dash": (["missing", {}, "missing"], []),
    "unreadable": ([{"male": 40, "female": 60}, "unreadable", {"male": 40, "female": 60}], []),
    "in doubt with an item less": ([{"male": 40, "female": 60}, {"suspect": 80}, {"male": 40, "female": 60}], []),
    "unlisted label": ([{"male": 40, "female": 60}, {"male": 40, "": 0}], []),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_changes_of_a_share_list(tmp_path, name):
    given, expected = LISTS[name]
    pages = [
        Shown(day(9 * n), "baker", "cook", tuple(shares(said)), parts=("overview",)) for n, said in enumerate(given)
    ]  # fmt: skip
    path = history(tmp_path / "a.db", pages)
    found = rows(
        path, "SELECT item, old_value, old_status, new_value, new_status, changed_at FROM change ORDER BY changed_at, item"
    )
    assert found == [(item, *old, *new, day(9 * at)) for item, old, new, at in expected]
    assert told(path) == oracle(pages)


def shares(said: Shares) -> list[Said]:
    if isinstance(said, str):
        return [("left", GENDER, "", None, said)]
    items = {"suspect": ("male", "suspect"), "": ("", "unreadable")}
    named = {name: items.get(name, (name, "ok")) for name in said}
    return [("left", GENDER, item, said[name] if item else None, status) for name, (item, status) in named.items()]


def test_captures_that_two_parsers_read_are_not_compared(tmp_path):
    path = history(tmp_path / "a.db", ages((0, "cook", 42), (30, "cook", 43), (60, "cook", 44)))
    db = open_to_write(path)
    for first, expected in ((day(30), [(43, 44, day(60))]), (day(0), [(42, 43, day(30)), (43, 44, day(60))])):
        with db.atomic():
            newer = load.version(db, "newer", "test")
            of = "SELECT published_reading_id FROM page_capture WHERE captured_at >= ?"
            db.conn.execute(f"UPDATE reading SET version_id = ? WHERE id IN ({of})", [newer, first])
            (job_id,) = db.execute("SELECT id FROM job WHERE slug = 'baker'").fetchone()
            seen = current.seen(db, job_id)
            refresh(db, job_id, seen, current.shown(db, seen))
        assert rows(path, "SELECT old_value, new_value, changed_at FROM change ORDER BY changed_at") == expected
        assert len(told(path)[0]) == 3
    db.close()


# --- cost ------------------------------------------------------------------------------------------------------------


def test_questions_read_no_more_than_they_answer(tmp_path):
    path = history(tmp_path / "a.db", ages((0, "cook", 42), (30, "cook", 43), (60, "cook", 44)))
    asked: list[str] = []
    db = open_to_read(path)
    db.conn.set_trace_callback(asked.append)
    assert len(queries.history(db, "baker")) == 3
    assert len(queries.history(db, "baker", BY_NAME[AGE])) == 3
    assert [row["new_value"] for row in queries.changes(db, day(31), 1)] == [44]
    db.conn.set_trace_callback(None)
    assert len(asked) == 4
    steps = [row[-1] for query in asked for row in db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()]
    db.close()
    ties = re.compile(r"USE TEMP B-TREE FOR (RIGHT PART|LAST \d+ TERMS) OF ORDER BY")  # only rows of one time are sorted
    assert [step for step in steps if not step.startswith("SEARCH ") and not ties.fullmatch(step)] == []


@pytest.mark.slow
def test_an_occupation_of_many_pages_is_made_anew_at_once(tmp_path):
    chance = random.Random(0)
    facts = [tuple(said for side in ("left", "right") for said in _random_facts(chance, side, 3)) for _ in range(200)]
    pages = [Shown(day(n), "baker", f"job-{n % 40}", facts[n], parts=("overview",)) for n in range(200)]
    db = open_to_write(history(tmp_path / "a.db", pages))
    (job_id,) = db.execute("SELECT id FROM job WHERE slug = 'baker'").fetchone()
    seen = current.seen(db, job_id)
    took: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        with db.atomic():
            refresh(db, job_id, seen, current.shown(db, seen))
        took.append(time.perf_counter() - began)
    db.close()
    assert min(took) < 0.5
