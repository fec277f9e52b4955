"""Every folder of fixtures/pages is a case: a page, its capture.json, and what each stage makes of it, or why it refuses.

A new folder is a new test. `pytest tests/test_fixtures.py --write-expected` writes the expected files; read the diff.
"""

import json
from pathlib import Path

import pytest

from normalize import forms, reading
from normalize.errors import Rejected
from scraper import readers
from scraper.interpreter import interpret

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
CASES = sorted(path.parent for path in PAGES.glob("*/*/capture.json"))
MEDIA_TYPES = {".html": "text/html", ".txt": "text/plain"}


def stages(case: Path) -> dict[str, bytes]:
    """File name to content: document, claims and facts, or the document (if there is one) and the error."""
    url = json.loads((case / "capture.json").read_text())["url"]
    page = next(path for path in case.iterdir() if path.stem == "page")
    made: dict[str, bytes] = {}
    try:
        document = readers.read(page.read_bytes(), MEDIA_TYPES[page.suffix], "")
        made["document.json"] = forms.to_json(document, indent=1)
        claims = interpret(document, url)
        made["claims.json"] = forms.to_json(claims, indent=1)
        made["facts.json"] = forms.to_json(reading.read(claims), indent=1)
    except Rejected as error:
        made["error.json"] = json.dumps({"code": error.code, "detail": error.detail}, indent=1).encode()
    return {name: content + b"\n" for name, content in made.items()}


def test_there_are_cases():
    names = {case.name for case in CASES}
    assert {"seed-text", "seed-plain", "seed-modern"} <= names
    assert len([name for name in names if name.startswith("error-")]) >= 3


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_stage_gives_what_is_expected(case: Path, write_expected: bool):
    made = stages(case)
    if write_expected:
        for name in ("document.json", "claims.json", "facts.json", "error.json"):
            (case / name).unlink(missing_ok=True)
        for name, content in made.items():
            (case / name).write_bytes(content)
    expected = {path.name for path in case.glob("*.json")} - {"capture.json"}
    assert expected == made.keys()
    for name, content in made.items():
        assert json.loads(content) == json.loads((case / name).read_bytes()), name


@pytest.mark.parametrize("case", [c for c in CASES if (c / "facts.json").exists()], ids=lambda case: case.name)
def test_the_json_form_of_each_noun_is_the_input_of_the_next_stage(case: Path):
    from normalize.claims import Claims
    from normalize.facts import Reading
    from scraper.document import Document

    url = json.loads((case / "capture.json").read_text())["url"]
    document = forms.from_json(Document, (case / "document.json").read_bytes())
    claims = forms.from_json(Claims, (case / "claims.json").read_bytes())
    assert interpret(document, url) == claims
    assert reading.read(claims) == forms.from_json(Reading, (case / "facts.json").read_bytes())
