"""The user's own rules: what may stand in the file, and that a map writes nothing which cannot be read again."""

import os
import signal
from pathlib import Path

import pytest

from normalize import rules
from normalize.errors import ConfigError, UsageError
from normalize.rules import Rule
from scraper import taught
from tests.command import Command
from tests.figures import SEED
from tests.imports import DAYS, load_pages, rows, saved, settings
from tests.test_teaching import ODD, SLUG, teach

pytestmark = pytest.mark.usefixtures("read_here")

RULE = Rule("major", "Law", "22", "2026-01-01T00:00:00Z")


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind,value,code,added_at\nmajor,Law,22,someday\n", "line 2: added_at is 'someday', not a date such as"),
        ("kind,value,code,added_at\nstate,Washington, DC,DC\n", r"line 2: added_at is .* \(a value with a comma"),
        ("kind,value,code\nstate,Washington, DC,DC\n", "line 2: it has more cells than the header"),
        ("kind,value,code\n\nmajor,Law,22\nmajor,\"Math,27\nmajor,Art,50\n", "line 4: a quote that opens here is not closed"),
        ("kind,value,code\noccupation,Cook,35\n", "line 2: '35' is no code of an occupation"),
        ("kind,value,code\nmajor,Law,99\n", "line 2: '99' is no code of a major"),
        ("kind,value,code\nindustry,Law,4312\n", "line 2: '4312' is no code of an industry"),
        ("value,code\nLaw,22\n", "line 1: the header has no kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_its_line(text: str, said: str):
    with pytest.raises(ConfigError, match=said):
        rules.parse(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "kind,value,code,added_at\nmajor,Law,22,2026-01-01T00:00:00Z\n"),
        (
            "code,note,kind,value\n23,why,major,LAW\n50,,major,Art\n",
            "code,note,kind,value,added_at\n50,,major,Art,\n22,why,major,Law,2026-01-01T00:00:00Z\n",
        ),
        (
            "\ufeffkind,value,code\n\nstate,\"Somewhere, VA\",VA\n",
            "kind,value,code,added_at\nstate,\"Somewhere, VA\",VA,\nmajor,Law,22,2026-01-01T00:00:00Z\n",
        ),
    ],
)  # fmt: skip
def test_a_file_keeps_what_the_user_wrote_beside_a_rule(before: str, after: str):
    assert rules.edited(before, RULE) == after
    assert rules.parse(after) == rules.with_rule(rules.parse(before), RULE)


@pytest.mark.parametrize("rule", [Rule("company", "a\rb", "Acme"), Rule("company", "a", " Acme"), Rule("company", "a", "")])
def test_a_rule_that_could_not_be_read_again_is_not_written(rule: Rule):
    with pytest.raises(ConfigError):
        rules.edited("", rule)


# --- what map refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "kind", "said"),
    [
        ("a\rb", "52", "major", "characters that are no text"),
        ("a\x00b", "52", "major", "characters that are no text"),
        ("a\nb", "52", "major", "characters that are no text"),
        ("a\x1b[31mb", "52", "major", "characters that are no text"),
        ("a\udcffb", "52", "major", "characters that are no text"),
        ("Acme", "A\udcff", "company", "characters that are no text"),
        ("Acme", " ", "company", "' ' is no code"),
        ("Acme", "", "company", "'' is no code"),
        (" ", "52", "major", "no value to map"),
        ("Cook", "35", "occupation", "no code of an occupation"),
        ("Law", "99.01", "major", "no code of a major"),
        ("Law", "9999", "industry", "no code of an industry"),
        ("High School Diploma", "bachelor", "degree", r"known as the degree high_school \(.*\)"),
        ("Male", "female", "gender", "known as the gender male"),
        ("White", "black", "race", "known as the race white"),
        ("Virginia", "MD", "state", r"known as the state VA \(Virginia\)"),
        ("Business", "52", None, "it is the major 52"),
        ("High School Diploma", "bachelor", None, "it is the degree high_school"),
        ("Nowhere", "52", None, "does not list 'Nowhere'"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(tmp_path: Path, value: str, code: str, kind: rules.Kind | None, said: str):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    with pytest.raises(UsageError, match=said):
        teach(tmp_path, value, code, kind)
    assert not taught.rules_file(settings(tmp_path).archive).exists()
    assert rows(db, "SELECT count(*) FROM run WHERE command = 'map'") == [(0,)]


def test_a_link_to_the_rules_stays_a_link(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    path, mine = taught.rules_file(settings(tmp_path).archive), tmp_path / "mine.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("kind,value,code,note\nmajor,Art,50,mine\n")
    path.symlink_to(mine)
    teach(tmp_path, "  Business ", "52", "major")
    assert path.is_symlink()
    assert mine.read_text().splitlines()[1:] == ["major,Art,50,mine,", "major,Business,52,,2026-01-01T00:00:00Z"]


def test_pages_that_are_partial_all_the_same_are_named(tmp_path: Path):
    page = saved(SEED, DAYS[0], ODD, ("White, 64.4%", "Whitish, 64.4%"))
    db = load_pages(tmp_path, page)
    done = teach(tmp_path, "Bachelor of Things", "bachelor")
    assert (done.exit_code, done.partial) == (3, (page.url,))
    assert rows(db, "SELECT outcome, exit_code FROM run WHERE command = 'map'") == [("partial", 3)]
    done = teach(tmp_path, "Whitish", "white")
    assert (done.exit_code, done.partial) == (0, ())


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_say_what_waits_and_what_was_applied(tmp_path: Path):
    careerscape = Command(tmp_path)
    (tmp_path / "page.txt").write_bytes(saved(SEED, DAYS[0], ODD).body)
    careerscape("import", "page.txt", "--url", saved(SEED, DAYS[0]).url, exit_code=3)
    path = taught.rules_file(tmp_path / "archive")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("kind,value,code\ndegree,Bachelor of Things,bachelor\n")
    waits = "a rule waits for the next run that writes: a degree 'bachelor of things' is bachelor"
    for command in ("check", "unknown"):
        assert waits in careerscape(command).stderr
    assert waits in careerscape("doctor").stdout
    applied = "degree 'bachelor of things': 1 page, 2 values changed"
    assert applied in careerscape("map", "Business", "11.10", "--as", "major").stderr
    assert waits not in careerscape("check").stderr
    path.write_text("kind,value,code\nmajor,Business,11.10\n")
    assert applied in careerscape("import", "page.txt", "--url", saved(SEED, DAYS[0]).url, exit_code=3).stderr
    refused = careerscape("map", b"\xff".decode(errors="surrogateescape"), "52", "--as", "major", exit_code=2)
    assert "characters that are no text" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_map_that_is_killed_leaves_one_set_of_rules_for_all_pages(tmp_path: Path, by: signal.Signals):
    """Stopped where the file is written and nothing is read again."""
    careerscape = Command(tmp_path)
    (tmp_path / "page.txt").write_bytes(saved(SEED, DAYS[0], ODD).body)
    careerscape("import", "page.txt", "--url", saved(SEED, DAYS[0]).url, exit_code=3)
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import os, sys, time\nif 'map' in sys.argv:\n    from scraper.keeping import arrears\n"
        f"    arrears.reread = lambda *a: (os.kill(os.getpid(), {by:d}), time.sleep(60))\n"
    )
    there = {"PYTHONPATH": os.pathsep.join((str(hook), str(Path(__file__).parents[1])))}
    careerscape("map", "Bachelor of Things", "bachelor", exit_code=143 if by == signal.SIGTERM else -by, **there)
    path = taught.rules_file(tmp_path / "archive")
    assert path.exists() == (by == signal.SIGKILL)
    careerscape("import", "page.txt", "--url", saved(SEED, DAYS[0]).url, exit_code=3 if by == signal.SIGTERM else 0)
    degree = "SELECT education_degree FROM occupation_latest WHERE slug = ?"
    assert rows(tmp_path / "careerscape.db", degree, SLUG) == [(None if by == signal.SIGTERM else "bachelor",)]
