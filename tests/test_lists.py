"""Loading official files: what it says of a file in the place of another, and which files it does not take."""

from pathlib import Path

import pytest

from normalize.errors import UsageError
from scraper import doctor, lists, taught
from tests.figures import SEED
from tests.imports import DAYS, NOW, load_pages, rows, saved, settings
from tests.test_teaching import ONET, SLUG, onet, teach

pytestmark = pytest.mark.usefixtures("read_here")

NAMES, ALSO = ONET
MORE = "".join(f"11-{1000 + n}.00\tThing Makers {n}\tThey make.\n" for n in range(9))


def load(root: Path, path: Path) -> lists.Loaded:
    return lists.load(settings(root), "onet", path, lambda: NOW)


def folder(root: Path, name: str, *files: tuple[str, str]) -> Path:
    made = root / name
    made.mkdir()
    for file, text in files:
        (made / file).write_text(text)
    return made


def test_a_file_without_titles_is_refused(tmp_path: Path):
    db = load_pages(tmp_path, saved(SEED, DAYS[0]))
    load(tmp_path, onet(tmp_path))
    empty = folder(tmp_path, "empty", ("Occupation Data.txt", NAMES.splitlines()[0] + "\n"))
    with pytest.raises(UsageError, match="empty: it has the columns of onet, but no occupation"):
        load(tmp_path, empty)
    assert rows(db, "SELECT soc_code FROM occupation WHERE slug = ?", SLUG) == [("43-9999",)]


def test_without_a_database_nothing_is_loaded(tmp_path: Path):
    with pytest.raises(UsageError, match="no database"):
        load(tmp_path, onet(tmp_path))
    assert not settings(tmp_path).db.exists()
    assert not settings(tmp_path).archive.exists()


def test_what_became_of_the_codes_is_told(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    first = load(tmp_path, onet(tmp_path))
    assert (first.replaces, first.gained, first.lost, first.changed, first.warnings) == ("", 1, 0, 0, ())
    assert load(tmp_path, tmp_path / "onet").replaces == "", "the same again replaces nothing"
    other = folder(tmp_path, "db_30_1_text", ("Occupation Data.txt", NAMES.replace("43-9999", "43-8888") + MORE))
    second = load(tmp_path, other)
    assert (second.replaces, second.gained, second.lost, second.changed) == ("onet", 0, 0, 1)
    assert second.warnings == ("no longer used, as the new files take the place of all: Alternate Titles.txt",)
    third = load(tmp_path, folder(tmp_path, "cut", ("Occupation Data.txt", NAMES.splitlines()[0] + "\n" + MORE.splitlines()[0])))
    assert (third.replaces, third.gained, third.lost, third.changed) == ("db_30_1_text 30.1", 0, 1, 0)
    assert third.warnings == ("cut has 1 row, db_30_1_text 30.1 before it had 10: is it whole?", "1 occupation lost its code")


# --- what doctor says of it ------------------------------------------------------------------------------------------


def diagnose(root: Path) -> doctor.Diagnosis:
    from contextlib import closing

    from db.connection import open_to_read

    with closing(open_to_read(settings(root).db)) as db:
        return doctor.diagnose(settings(root), db)


def test_the_doctor_looks_at_rules_and_official_files(tmp_path: Path):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    load(tmp_path, folder(tmp_path, "db_30_1_text", ("Occupation Data.txt", NAMES)))
    teach(tmp_path, "Business", "52", "major")
    found, rules = diagnose(tmp_path), taught.rules_file(settings(tmp_path).archive)
    assert found.problems == ()
    assert found.sections["vocabulary"] == {"rules": f"1 in {rules}", "official files": "onet 30.1", "waiting": "none"}
    assert "min_pages 10" in found.sections["configuration"]["drift"]
    rules.write_text("kind,value,code\nmajor,Business,52\nmajor,business,24\n")
    found = diagnose(tmp_path)
    assert found.sections["vocabulary"]["waiting"].startswith("1, ")
    assert [p for p in found.problems if "contradict" in p]


@pytest.mark.parametrize("harm", ["rules", "no rules", "copy", "no copy"])
def test_the_doctor_names_a_vocabulary_that_is_broken_or_lost(tmp_path: Path, harm: str):
    load_pages(tmp_path, saved(SEED, DAYS[0]))
    load(tmp_path, onet(tmp_path))
    teach(tmp_path, "Business", "52", "major")
    rules = taught.rules_file(settings(tmp_path).archive)
    (copy, *_) = settings(tmp_path).archive.rglob("*Occupation*")
    if harm == "rules":
        rules.write_text("kind,value,code\nmajor,Business,ninety\n")
    elif harm == "no rules":
        rules.unlink()
    elif harm == "copy":
        copy.write_text(NAMES.replace("Resolution", "Revolution"))
    else:
        (copy.parents[1] / "official.json").unlink()
    said = {
        "rules": "line 2: 'ninety'",
        "no rules": "it is gone",
        "copy": "not those that were loaded",
        "no copy": "vocab load onet",
    }
    assert [problem for problem in diagnose(tmp_path).problems if said[harm] in problem]
