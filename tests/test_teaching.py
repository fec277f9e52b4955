"""Teaching the vocabulary: what depends on a rule or an official file is normalized again, and nothing else."""

from contextlib import closing
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from shutil import copytree

import pytest

from db import unknown
from db.connection import open_to_read
from normalize import vocabulary
from normalize.errors import ConfigError, StorageError, UsageError
from normalize.rules import NO_RULES, Rule
from scraper import lists, taught, teaching
from tests.figures import OVERVIEW, SEED
from tests.imports import DAYS, NOW, ReadHere, dump, import_pages, load_pages, rows, saved, settings, sound

pytestmark = pytest.mark.usefixtures("read_here", "nothing_taught")

SLUG = "account-resolution-analyst"
ODD = ("Bachelor's Degree, 58%", "Bachelor of Things, 58%")
ONET = (
    "O*NET-SOC Code\tTitle\tDescription\n43-9999.00\tAccount Resolution Analysts\tThey resolve.\n",
    "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n43-9999.00\tResolver of Accounts\tn/a\t01,08\n",
)


def teach(root: Path, value: str, code: str, kind=None) -> teaching.Lesson:
    return teaching.teach(settings(root), value, code, kind, lambda: NOW)


def inbox(root: Path) -> list[tuple[str, str, int]]:
    with closing(open_to_read(settings(root).db)) as db, taught.in_use(settings(root).archive):
        return [(entry.kind, entry.value, entry.count) for entry in unknown.inbox(db)]


def reports(root: Path) -> list[str]:
    with closing(open_to_read(settings(root).db)) as db, taught.in_use(settings(root).archive) as rules:
        return list(teaching.reports(db, rules))


def onet(root: Path) -> Path:
    folder = root / "onet"
    folder.mkdir()
    for name, text in zip(("Occupation Data.txt", "Alternate Titles.txt"), ONET, strict=True):
        (folder / name).write_text(text)
    return folder


def test_a_degree_that_no_list_knows_is_taught(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD), saved(OVERVIEW, DAYS[0]))
    assert inbox(tmp_path) == [("degree", "Bachelor of Things", 1)]
    before = rows(db, "SELECT id FROM reading")
    done = teach(tmp_path, "bachelor of  THINGS", "bachelor")
    assert (done.kind, done.captures) == ("degree", 1)
    changed = {(c.occupation, c.field, c.old_value, c.new_value) for c in done.changes}
    assert changed == {(SLUG, "education.degree", None, "bachelor"), (SLUG, "education.degree_pct", None, 58.0)}
    assert inbox(tmp_path) == []
    assert len(rows(db, "SELECT id FROM reading")) == len(before) + 1, "only the page that shows the word is read again"
    causes = rows(db, "SELECT field, cause, run_id FROM applied_change ORDER BY field")
    assert [row[:2] for row in causes] == [("education.degree", "vocabulary"), ("education.degree_pct", "vocabulary")]
    assert rows(db, "SELECT command, outcome, exit_code, loaded FROM run ORDER BY run_id DESC LIMIT 1") == [("map", "done", 0, 1)]
    assert sound(db)


def test_a_page_that_comes_later_is_read_by_the_rule(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    teach(tmp_path, "Bachelor of Things", "bachelor")
    vocabulary.use(NO_RULES)
    import_pages(tmp_path, saved(SEED, DAYS[1], ODD))
    query = "SELECT value, status FROM observation WHERE field = 'education.degree' AND side = 'left' ORDER BY captured_at"
    assert rows(settings(tmp_path).db, query) == [("bachelor", "ok")] * 2
    assert vocabulary.in_use() == NO_RULES, "a run puts back what it changed"


def test_a_code_is_taught_without_reading_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ("Virginia Beach, VA", "Nowhere Falls, VA")))
    assert inbox(tmp_path) == [("city", "Nowhere Falls, VA", 1)]
    monkeypatch.setattr(ReadHere, "parse", None)
    done = teach(tmp_path, "Nowhere Falls, VA", "4791259")
    assert [(c.field, c.old_value, c.new_value) for c in done.changes] == [("best_city_geonameid", None, "4791259")]
    assert rows(db, "SELECT best_city_geonameid, best_city_state FROM occupation_latest WHERE best_city_geonameid NOT NULL") == [
        ("4791259", "VA")
    ]
    assert inbox(tmp_path) == []


def test_a_rule_gives_way_to_a_later_one_about_the_same_value(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    teach(tmp_path, "Business", "52.02", "major")
    done = teach(tmp_path, "business", "52", "major")
    assert {(c.old_value, c.new_value) for c in done.changes} == {("52.02", "52")}
    assert len(taught.rules_of(settings(tmp_path).archive).rules) == 1
    assert teach(tmp_path, "business", "52", "major").changes == ()
    assert teach(tmp_path, "business", "52", "major").told == ()
    assert teach(tmp_path, "Cyber Studies", "11.10", "major").told == ("no page shows this value yet",)
    assert rows(db, "SELECT count(*) FROM run WHERE command = 'map'") == [(5,)]


def test_what_is_asked_for_has_to_be_clear(tmp_path: Path):
    with pytest.raises(UsageError, match="no database"):
        teach(tmp_path, "Business", "52", "major")
    db = load_pages(tmp_path, saved(SEED, DAYS[0], ODD))
    before = dump(db)
    with pytest.raises(UsageError, match="does not list 'Something'"):
        teach(tmp_path, "Something", "52")
    with pytest.raises(UsageError, match="did you mean 'Bachelor of Things'"):
        teach(tmp_path, "of things", "bachelor")
    with pytest.raises(UsageError, match="no code of a degree"):
        teach(tmp_path, "Bachelor of Things", "bachelors")
    assert dump(db) == before
    assert not taught.rules_file(settings(tmp_path).archive).exists()
    assert rows(db, "SELECT count(*) FROM run WHERE command = 'map'") == [(0,)]


def test_rules_that_never_matched_or_contradict_each_other_are_reported(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    path = taught.rules_file(settings(tmp_path).archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("kind,value,code\nmajor,Nobody's,52\nmajor,Business,52\nmajor,business,24\n")
    assert reports(tmp_path) == [
        "rules contradict each other, none applies: major 'Business' is 52 (line 3), 24 (line 4)",
        "a rule waits for the next run that writes: a major 'business' is 24 or 52",
        'a rule waits for the next run that writes: a major "nobody\'s" is 52',
        'a rule never matched (line 2): major "Nobody\'s" is 52',
    ]
    import_pages(tmp_path, saved(SEED, DAYS[1]))
    assert rows(settings(tmp_path).db, "SELECT DISTINCT major_cip FROM occupation_latest") == [(None,)]
    assert not [line for line in reports(tmp_path) if "waits" in line]
    assert inbox(tmp_path) == [], "what contradicts itself is ambiguous, not unknown"


def test_a_broken_file_of_rules_stops_a_run_before_it_begins(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    path = taught.rules_file(settings(tmp_path).archive)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("kind,value,code\nmajor,Business,fifty\n")
    with pytest.raises(ConfigError, match=r"rules\.csv: line 2: 'fifty' is no code of a major"):
        import_pages(tmp_path, saved(SEED, DAYS[1]))
    assert rows(db, "SELECT count(*) FROM capture") == [(1,)]


def test_an_official_file_codes_the_titles(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    assert inbox(tmp_path) == []
    done = lists.load(settings(tmp_path), "onet", onet(tmp_path), lambda: NOW)
    assert (done.kind, done.rows, done.occupations, done.coded) == ("onet", 2, 2, 1)
    assert rows(db, "SELECT soc_code, soc_title, soc_method, soc_score FROM occupation WHERE slug = ?", SLUG) == [
        ("43-9999", "Account Resolution Analysts", "normalised", 0.95)
    ]
    assert inbox(tmp_path) == [("occupation", "Loss Mitigation Specialist", 1)]
    assert {(c.field, c.old_value, c.new_value) for c in done.changes} == {("soc_code", None, "43-9999")}
    with pytest.raises(UsageError, match="no code of the occupations of onet"):
        teach(tmp_path, "Loss Mitigation Specialist", "13-2072")
    taught_one = teach(tmp_path, "Loss Mitigation Specialist", "43-9999")
    assert (taught_one.kind, [c.new_value for c in taught_one.changes]) == ("occupation", ["43-9999"])


def test_a_copy_of_an_official_file_serves_another_database(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    lists.load(settings(tmp_path), "onet", onet(tmp_path), lambda: NOW)
    settings(tmp_path).db.rename(tmp_path / "old.db")
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    assert rows(db, "SELECT soc_code FROM occupation WHERE slug = ?", SLUG) == [("43-9999",)]
    assert rows(db, "SELECT kind FROM vocabulary_file") == [("onet",)]


def test_a_copy_that_was_changed_is_refused(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    lists.load(settings(tmp_path), "onet", onet(tmp_path), lambda: NOW)
    (copy,) = settings(tmp_path).archive.rglob("*Alternate*")
    copy.write_text(ONET[1].replace("Resolver", "Solver"))
    with pytest.raises(StorageError, match="not those that were loaded"):
        import_pages(tmp_path, saved(OVERVIEW, DAYS[0]))


def test_the_digest_of_a_coder_changes_with_rules_files_and_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = settings(tmp_path).archive
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    digests = [taught.Coder(archive).digests]
    assert taught.Coder(archive).digests == digests[0]
    with taught.keeping(archive, Rule("major", "Law", "22")):
        pass
    digests.append(taught.Coder(archive).digests)
    lists.load(settings(tmp_path), "onet", onet(tmp_path), lambda: NOW)
    digests.append(taught.Coder(archive).digests)
    with (copytree(str(files("normalize")), tmp_path / "normalize") / "codes.py").open("a") as file:
        file.write("# another\n")
    monkeypatch.setattr(taught, "files", lambda package: tmp_path / package)
    digests.append(taught.Coder(archive).digests)
    others = [{kind for kind in a if a[kind] != b[kind]} for a, b in pairwise(digests)]
    assert others == [{"major"}, {"occupation"}, set(digests[0])]


def test_another_file_is_no_official_one(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    (tmp_path / "other.txt").write_text("a\tb\n1\t2\n")
    for kind, path in (("onet", tmp_path / "other.txt"), ("dmtf", onet(tmp_path)), ("oews", tmp_path / "nowhere")):
        with pytest.raises(UsageError):
            lists.load(settings(tmp_path), kind, path, lambda: NOW)
    assert rows(db, "SELECT count(*) FROM vocabulary_file") == [(0,)]


def test_a_rule_about_an_occupation_says_that_it_waits_for_an_official_file(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    (told,) = teach(tmp_path, SEED.left, "43-3011", "occupation").told
    assert "vocab load" in told
    assert rows(db, "SELECT DISTINCT soc_code FROM occupation") == [(None,)]
    lists.load(settings(tmp_path), "onet", onet(tmp_path), lambda: NOW)
    assert teach(tmp_path, SEED.left, "43-9999", "occupation").told == ()
    assert rows(db, "SELECT soc_code FROM occupation WHERE slug = ?", SLUG) == [("43-9999",)]
