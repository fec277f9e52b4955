"""Pages of 40 KB that are made to take long or to grow: each ends within five seconds, and the run goes on."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper import importing, sources
from scraper.sandbox import Sandbox
from tests.imports import NOW, rows, settings

URL = "https://www.zippia.com/cook-jobs/cook-vs-baker-differences"
SIZE = 40_000
WITHIN_S = 5.0
GOOD = b"<table><tr><td></td><td>Cook</td><td>Baker</td></tr><tr><td>Average age</td><td>40</td><td>41</td></tr></table>"
HEAD = b"<table><tr><td></td><td>Cook</td><td>Baker</td></tr>"


def fill(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + piece * ((SIZE - len(before) - len(after)) // len(piece)) + after


def numbered(piece: str) -> bytes:
    return "".join(piece % n for n in range(SIZE // len(piece)))[:SIZE].encode()


BOMBS = {
    "nested div": fill(b"<div>"),
    "nested b": fill(b"<b>"),
    "b and p": fill(b"<b><p>"),
    "formatting before each p": fill(b"<b><i><u>" * 50 + b"<p>"),
    "links with other addresses": numbered("<a href=%d><p>"),
    "fonts of other sizes": numbered("<font size=%d><p>"),
    "adopted again and again": fill(b"<b>" * 20 + b"<p></b>" * 20),
    "adopted by others": b"<i><b>" * 60 + fill(b"<p></i></b>")[:39_000],
    "tables in tables": fill(b"<table>"),
    "tables in cells": fill(b"<table><tr><td>"),
    "links and tables": fill(b"<table>", b"<a>" * 6_000),
    "cells that span all": fill(b"<tr><td colspan=1000 rowspan=65534>x", b"<table>"),
    "boxes that span all": fill(b"<p style='grid-column: span 999'>x</p>", b"<div>"),
    "terms in terms": fill(b"<dl><dt>a<dd>"),
    "lists in lists": fill(b"<ul><li>a"),
    "roles in roles": fill(b"<div role=table><div role=row><div role=cell>"),
    "boxes in boxes": fill(b"<div><span>Average age</span>"),
    "rows of boxes": fill(b"<div><span>Average age</span><span>4</span></div>"),
    "panels of a tab": fill(b"<p role=tabpanel aria-labelledby=x>a</p>", b"<b role=tab id=x>Cook</b>"),
    "tabs of the same name": fill(b"<b role=tab id=x>Cook</b>", b"<p role=tabpanel aria-labelledby=x>a</p>"),
    "entities": fill(b"&nbsp;"),
    "one tag of attributes": b"<p " + numbered("a%d=1 ")[:39_000] + b">",
    "templates": fill(b"<template>"),
    "drawings": fill(b"<svg>"),
    "formulas": fill(b"<math><mi>"),
    "bars": fill(b"| a | b |\n"),
    "one line of bars": fill(b"|"),
    "a list of shares": fill(b"White, 1% ", HEAD + b"<tr><td>Race ratio</td><td>", b"</td></tr></table>"),
    "a list of skills": fill(b"<li>Skill, 2%", b"<h2>Cook skills</h2><ul>"),
    "marks of footnotes": fill(b"\n1[1]*", HEAD + b"<tr><td>Average age", b"<td>3<td>4</table>"),
    "figures above the line": fill(b"<sup>1</sup>", HEAD + b"<tr><td>Average age<td>4", b"<td>4</table>"),
    "colons": fill(b"Cook: ", HEAD + b"<tr><td>Average age<td>", b"<td>4</table>"),
    "labels in a cell": fill(b"Average age\n", HEAD + b"<tr><td>Average age<td>", b"<td>4</table>"),
    "labels and values in turns": fill(b"<p>Average age</p><p>4</p>", b"<h3>Cook</h3>"),
    "headings": fill(b"<h2>In Texas</h2><h3>Cook</h3>"),
    "sentences": fill(b"A cook has an average salary of $9. ", b"<p>"),
    "a sentence without an end": fill(b"it takes 2 to ", b"<p>It typically takes "),
    "rows of titles": fill(b"<tr><td>Cook<td>Baker", HEAD),
    "columns of titles": fill(b"<td>Cook<td>Baker", HEAD + b"<tr>"),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as box:
        box.parse(b"<p>warm</p>", "text/html", "", URL)
        yield box


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_in_time(sandbox: Sandbox, bomb: str, kind: str):
    body = BOMBS[bomb]
    assert 38_000 <= len(body) <= 40_960
    began = time.monotonic()
    page = sandbox.parse(body, kind, "", URL)
    assert time.monotonic() - began < WITHIN_S
    assert page.outcome == "rejected" or page.findings
    assert not [fact for fact in page.facts if fact.status == "ok" and fact.field != "demographics.age_mean"]


@pytest.mark.slow
def test_a_run_goes_on_behind_bombs(tmp_path: Path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, body in enumerate((BOMBS["fonts of other sizes"], BOMBS["cells that span all"], GOOD, BOMBS["nested div"])):
        (folder / f"{number}.html").write_bytes(body)
        (folder / f"{number}.json").write_text(json.dumps({"url": URL, "captured_at": f"2025-01-0{number + 1}T00:00:00Z"}))
    run = importing.import_pages(settings(tmp_path), sources.find([folder], ""), lambda: NOW, lambda _: None)
    assert run.exit_code == 3
    query = (
        "select c.captured_at, r.outcome from page_capture c join reading r on r.page_capture_id = c.id order by c.captured_at"
    )
    assert rows(settings(tmp_path).db, query) == [
        ("2025-01-01T00:00:00Z", "rejected"),
        ("2025-01-02T00:00:00Z", "rejected"),
        ("2025-01-03T00:00:00Z", "complete"),
        ("2025-01-04T00:00:00Z", "rejected"),
    ]
