"""The application in this process: addresses, what is shown, where values come from, and others beside it."""

import asyncio
import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from db.browse import figures
from db.connection import open_to_read
from normalize.errors import Rejected
from normalize.folding import letters
from scraper.settings import Settings
from tests.browsing import (
    ANALYST,
    BAKER,
    DATASETTES,
    ELECTRICIAN,
    JOURNEYMAN,
    MEAN,
    OTHER,
    OURS,
    PAIR,
    SPECIALIST,
    Browser,
    Sources,
    browsing,
    import_html,
)
from tests.figures import SEED, as_html
from tests.imports import DAYS, Saved, settings

# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "build"),
    [
        (f"/occupation/{ANALYST}.json", lambda db: figures.occupation(db, ANALYST)),
        (f"{PAIR}.json", lambda db: figures.comparison(db, ANALYST, SPECIALIST)),
        (f"/compare/{JOURNEYMAN}/{BAKER}.json", lambda db: figures.comparison(db, JOURNEYMAN, BAKER)),
    ],
)
def test_json_of_a_page_is_what_the_page_shows(browser: Browser, browsed: Path, path: str, build: Any):
    with closing(open_to_read(browsed)) as opened:
        assert browser.json(path) == json.loads(json.dumps(build(opened).to_dict()))


@pytest.mark.parametrize("path", OURS)
def test_a_page_names_who_it_is_about(browser: Browser, path: str):
    page = browser(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/occupation/Account%20Resolution%20Analyst", f"/occupation/{ANALYST}"),
        ("/occupation/Account%20Resolution%20Analyst.json", f"/occupation/{ANALYST}.json"),
        ("/compare/Electrician/journeyman", f"/compare/{ELECTRICIAN}/{JOURNEYMAN}"),
        ("/compare/Electrician/Journeyman.json", f"/compare/{ELECTRICIAN}/{JOURNEYMAN}.json"),
        ("/compare?left=Electrician&right=Journeyman", f"/compare/{ELECTRICIAN}/{JOURNEYMAN}"),
        ("/explain/Electrician/growth_pct", f"/explain/{ELECTRICIAN}/outlook.growth_pct"),
        ("/explain/electrician/growth_pct.json", f"/explain/{ELECTRICIAN}/outlook.growth_pct.json"),
        ("/explain/Electrician/growth_pct/page", f"/explain/{ELECTRICIAN}/outlook.growth_pct/page"),
    ],
)
def test_titles_and_short_names_lead_to_the_address(browser: Browser, path: str, to: str):
    assert browser(path, 302).headers["location"] == to


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/occupation/astronaut", 404),
        ("/compare/electrician/astronaut", 404),
        ("/compare/electrician/electrician", 400),
        ("/compare?left=electrician&right=Electrician", 400),
        ("/explain/astronaut/outlook.jobs", 404),
        ("/explain/electrician/shoe_size", 404),
        ("/explain/electrician/education.major", 404),
        ("/static-careerscape/secret.css", 404),
        ("/static-careerscape/..%2Fcontent.py", 404),
        ("/nothing", 404),
        ("/careerscape/nothing", 404),
        ("/other/occupation", 404),
        ("/careerscape/occupation?_size=many", 400),
        ("/careerscape/occupation?_next=soon", 400),
        ("/careerscape/occupation?_sort=nothing", 400),
        ("/careerscape/occupation?_through={", 400),
        ("/careerscape?sql=select+x", 400),
        ("/careerscape?sql=drop+table+job", 400),
        ("/careerscape?sql=attach+'x'+as+y", 400),
        ("/careerscape?sql=with+x+as+(select+1)+delete+from+job", 400),
        ("/careerscape?sql=select+load_extension('x')", 400),
        ("/careerscape.db", 403),
        ("/-/databases.json", 404),
        ("/-/permissions", 404),
        ("/-/threads", 404),
        ("/_internal", 404),
        ("/_memory", 404),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(
    browser: Browser, capfd: pytest.CaptureFixture[str], path: str, status: int
):
    assert browser(path, status).text.strip()
    assert capfd.readouterr().err == ""


def test_an_unknown_occupation_is_answered_with_those_that_are_like_it(browser: Browser):
    assert f'href="/occupation/{ELECTRICIAN}"' in browser("/occupation/electricain", 404).text
    said = browser.json("/occupation/electricain.json", 404)
    assert said["suggestions"] == [ELECTRICIAN]
    assert said["ok"] is False
    assert browser.json(f"/explain/{ELECTRICIAN}/growth.json", 404)["suggestions"][0] == "outlook.growth_pct"


def test_a_half_typed_pair_is_answered_with_a_choice(browser: Browser):
    page = browser("/compare?left=electrician&right=journ").text
    assert "Journeyman" in page
    assert "/compare?left=electrician&amp;right=journeyman" in page


def test_assets_are_sent_once(browser: Browser):
    first = browser("/static-careerscape/style.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = browser("/static-careerscape/style.css", 304, if_none_match=first.headers["etag"])
    assert again.content == b""


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_the_public_views_come_first_and_tables_are_hidden(browser: Browser):
    page = browser("/careerscape").text
    assert "every_finding" not in page
    assert '<a href="/careerscape/data_dictionary">' in page
    assert "page_capture" not in page
    assert (
        page.index("/careerscape/occupation_latest") < page.index("/careerscape/observation") < page.index("/careerscape/request")
    )


def test_data_pages_lead_back(browser: Browser):
    for path in DATASETTES:
        assert 'href="/"' in browser(path).text
        assert 'href="/compare"' in browser(path).text


def test_addresses_are_links_and_numbers_stay_numbers(browser: Browser):
    page = browser("/careerscape/observation_latest?_size=100").text
    assert 'rel="nofollow noopener noreferrer">https://www.zippia.com/' in page
    assert ">44937</td>" in page


HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{1234*5678}}", "javascript:alert(1)", "\u202egnp.exe")


def test_no_scraped_text_becomes_markup(tmp_path: Path):
    pages = [
        Saved(page.url, DAYS[0], as_html(page.with_cell("Highest paying state", text, text)))
        for n, text in enumerate(HOSTILE)
        for page in (replace(SEED, left=text, right=f"B{n}", slugs=(letters(text), f"b{n}")),)
    ]
    with browsing(import_html(tmp_path, *pages)) as browser:
        paths = [
            "/careerscape/occupation",
            "/careerscape/occupation_latest",
            "/careerscape/observation?_size=max",
            "/",
            "/search?q=b",
        ]
        paths += ["/careerscape/what_a_state_pays_best", "/careerscape/occupation?_search=<script>alert(1)</script>"]
        named = quote('select title as "<script>alert(1)</script>" from occupation')
        paths += [f"/careerscape?sql={named}"]
        for path in paths:
            page = browser(path).text.lower()
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert 'href="javascript:' not in page
            assert "49" not in page or "{{1234*5678}}" in page


# --- where values come from ------------------------------------------------------------------------------------------


def test_a_value_is_explained_down_to_its_cell(browser: Browser):
    words = browser.words(MEAN)
    for said in ("Account Resolution Analyst", "$44,937", SEED.url, "Average salary", "archive/careerscape-"):
        assert said in words
    (told,) = browser.json(f"{MEAN}.json")
    assert (told["value"], told["status"], told["found_again"]) == (44937, "ok", True)
    assert f'href="{MEAN}/page#careerscape-mark"' in browser(MEAN).text


def test_the_gist_of_a_value_stands_before_its_chain(browser: Browser):
    words = " ".join(browser.words(MEAN).split())
    (told,) = browser.json(f"{MEAN}.json")
    said = words.split("A page of ")[1]
    assert said.startswith(told["captured_at"][:10])
    assert f"says \u201c{told['raw']}\u201d in the row \u201c{told['row_label']}\u201d" in said
    assert f"{told['agreeing']} places of that page agree" in said
    assert "A page of" not in browser.words(f"/explain/{ANALYST}/demographics.gender_pct")


def test_an_item_is_explained_by_its_name(browser: Browser):
    (told,) = browser.json(f"/explain/{ANALYST}/demographics.gender_pct.male.json")
    assert (told["item"], told["value"]) == ("male", 34.4)
    (told,) = browser.json(f"/explain/{ELECTRICIAN}/skill.name.3.json")
    assert told["value"] == "C++"
    assert len(browser.json(f"/explain/{ANALYST}/demographics.gender_pct.json")) == 2


def test_the_archived_page_is_shown_in_a_sandbox(browser: Browser):
    page = browser(f"{MEAN}/page")
    assert 'id="careerscape-mark"' in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "script" not in policy
    assert "allow" not in policy


def test_a_page_that_asks_for_no_copy_is_not_shown_but_explained(tmp_path: Path):
    body = as_html(SEED).replace(b"<head>", b'<head><meta name="robots" content="noarchive">')
    import_html(tmp_path, Saved(SEED.url, DAYS[0], body))
    there = settings(tmp_path)
    with browsing(there.db, Sources(there)) as browser:
        assert f"{MEAN}/page" not in browser(MEAN).text
        assert "noarchive" in browser.words(f"{MEAN}/page", 403)


def test_without_its_archive_a_value_is_explained_as_far_as_the_database_goes(browsed_copy: Path):
    with browsing(browsed_copy, Sources(Settings(browsed_copy, browsed_copy.parent / "nowhere"))) as browser:
        words = browser.words(MEAN)
        assert "The archived page cannot be read" in words
        assert "$44,937 (ok)" in words
        assert OTHER.url in words
        assert browser.json(f"{MEAN}.json")[0]["value"] == 44937
        assert "nowhere" in browser.words(f"{MEAN}/page", 503)
    with browsing(browsed_copy) as browser:
        assert "without an archive" in browser.words(MEAN, 503)


def test_a_page_that_cannot_be_read_again_is_explained_as_far_as_the_database_goes(browsed: Path):
    def refuse(*_: object) -> None:
        raise Rejected("too_hostile", "5 s of CPU")

    archive = Sources(settings(browsed.parent))
    archive._sandbox.trace = refuse  # type: ignore[assignment]
    with browsing(browsed, archive) as browser:
        words = browser.words(MEAN)
        assert "too_hostile" in words
        assert "$44,937 (ok)" in words
        assert "cannot be read again" in browser.words(f"{MEAN}/page", 400)


# --- beside others ---------------------------------------------------------------------------------------------------


def test_an_ordinary_datasette_beside_it_is_what_it_was(browser: Browser, browsed: Path):

    plain = Datasette([str(browsed)])
    asyncio.run(plain.invoke_startup())
    page = asyncio.run(plain.client.get("/careerscape/occupation"))
    assert page.status_code == 200
    assert "/occupation/" not in page.text.replace("/careerscape/occupation", "")
    assert "content-security-policy" not in page.headers
    assert asyncio.run(plain.client.get("/compare")).status_code == 404
    browser("/compare")
    plain.executor.shutdown()
    with suppress(sqlite3.Error):
        plain.databases["careerscape"].close()


def test_a_fault_of_ours_is_said_to_be_one(browsed: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    def break_down(*_: object) -> None:
        raise ValueError("\x1b[31mred")

    with browsing(browsed) as browser:
        monkeypatch.setattr(figures, "start", break_down)
        assert "A fault of ours" in browser.words("/", 500)
        assert "red" not in browser.words("/", 500)
    said = capfd.readouterr().err
    assert "break_down" in said
    assert "\x1b" not in said


def test_every_table_and_a_row_of_it_can_be_looked_at(browser: Browser, browsed: Path):
    with closing(open_to_read(browsed)) as opened:
        kinds = opened.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
        names = [name for (name,) in kinds.fetchall()]
    assert {"share", "sighting", "observation"} <= set(names)
    for name in names:
        for path in (f"/careerscape/{name}", f"/careerscape/{name}.json?_labels=on"):
            assert browser(path).status_code == 200, path
    for row in ("job/1", "page/1", "job_title/1", "reading/1", "page_capture/1"):
        assert browser(f"/careerscape/{row}").status_code == 200, row
