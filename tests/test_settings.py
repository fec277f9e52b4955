"""Where each setting comes from, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from normalize.errors import ConfigError
from scraper.settings import Settings, apart_from_file, resolve

FILE = """\
db = "data/jobs.db"
archive = "/srv/pages"
contact = "file@example.org"
metrics = "careerscape.prom"
healthcheck = "https://health.example.org/abc/"
min_free_mb = 0
full_fetch_days = 14
revisit_min_days = 0.5
revisit_max_days = 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder without a configuration file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_without_a_word_the_defaults_hold():
    assert resolve({}, {}) == Settings(Path("careerscape.db"), Path("archive"))


def test_a_file_says_it_all_and_its_paths_start_at_its_folder(file: Path):
    assert resolve({"config": str(file)}, {}) == Settings(
        file.parent / "data/jobs.db", Path("/srv/pages"), "file@example.org", file.parent / "careerscape.prom",
        "https://health.example.org/abc", 0, 14, 0.5, 7.0, file,
    )  # fmt: skip


def test_the_file_of_the_current_folder_is_found_and_empty_text_says_nothing(elsewhere: Path):
    (elsewhere / "careerscape.toml").write_text('db = ""\ncontact = ""\nmetrics = ""\nhealthcheck = ""\nmin_free_mb = 5\n')
    found = resolve({}, {})
    assert found == Settings(Path("careerscape.db"), Path("archive"), min_free_mb=5, config=Path("careerscape.toml"))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("db", "x.db", Path("x.db")), ("archive", "a b", Path("a b")), ("contact", "me@example.org", "me@example.org"),
        ("metrics", "m.prom", Path("m.prom")), ("healthcheck", "http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("min_free_mb", "0", 0), ("min_free_mb", "5000", 5000), ("full_fetch_days", "1", 1), ("revisit_min_days", "0.25", 0.25),
        ("revisit_max_days", "90", 90.0), ("keep_requests_days", "0", 0), ("keep_requests_days", "7", 7),
    ],
)  # fmt: skip
def test_the_environment_goes_before_the_file_and_a_flag_before_both(file: Path, key: str, text: str, value: object):
    environment = {"CAREERSCAPE_CONFIG": str(file), f"CAREERSCAPE_{key.upper()}": text}
    assert getattr(resolve({}, environment), key) == value
    assert getattr(resolve({key: text}, {"CAREERSCAPE_CONFIG": str(file)}), key) == value
    assert resolve({key: ""}, {f"CAREERSCAPE_{key.upper()}": ""}) == resolve({}, {})


NOT_WHOLE = ["true", "1.0", "-1", "nan", "inf", '"5"', "[5]", "1979-05-27", "1000000001", "9" * 400, "9" * 5000]
NO_DAYS = ["true", "0", "0.0", "-1", "nan", "inf", "-inf", '"5"', "{}", "36501", "1e300", "9" * 400]
NO_ADDRESS = ['"ftp://a.example/x"', '"https://"', '"a.example/x"', '"https://a.example/x?y=1"', '"https://a.example/x#y"', "5",
              '"https://me:word@a.example/x"', '"https://a.example:99999/"', '"https://a.example/a b"', '"https://ä.example/"',
              '"https://a.example/\\n"']  # fmt: skip


@pytest.mark.parametrize(
    ("key", "toml"),
    [
        *(("min_free_mb", toml) for toml in NOT_WHOLE),
        *(("full_fetch_days", toml) for toml in (*NOT_WHOLE, "0", "36501")),
        *(("keep_requests_days", toml) for toml in (*NOT_WHOLE, "36501")),
        *(("revisit_min_days", toml) for toml in NO_DAYS),
        *(("revisit_max_days", toml) for toml in NO_DAYS),
        *(("healthcheck", toml) for toml in NO_ADDRESS),
        *(("metrics", toml) for toml in ("5", "true", '"a\\u0000b"')),
        *(("contact", toml) for toml in ('"nobody"', '"a b@c"', "5")),
        ("db", "5"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_file_and_key(tmp_path: Path, key: str, toml: str):
    path = tmp_path / "wrong.toml"
    path.write_text(f"{key} = {toml}\n")
    with pytest.raises(ConfigError) as refused:
        resolve({"config": str(path)}, {})
    said = str(refused.value)
    assert str(path) in said
    assert key in said or len(toml) == 5000, "a number that long is refused by the reader of the file, before its key is known"
    assert len(said) < 400


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("min_free_mb", "1_000"), ("min_free_mb", "1.5"), ("min_free_mb", "+5"), ("min_free_mb", " 5"), ("min_free_mb", "٥"),
        ("min_free_mb", "9" * 5000), ("full_fetch_days", "0"), ("full_fetch_days", "30 "), ("revisit_min_days", "nan"),
        ("revisit_min_days", "1e3"), ("revisit_min_days", "1_0"), ("revisit_max_days", "inf"), ("revisit_max_days", "-3"),
        ("healthcheck", "health.example.org"), ("contact", "me\x1b@example.org"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_variable_or_option(key: str, text: str):
    with pytest.raises(ConfigError, match=f"CAREERSCAPE_{key.upper()} "):
        resolve({}, {f"CAREERSCAPE_{key.upper()}": text})
    with pytest.raises(ConfigError, match=f"--{key.replace('_', '-')} "):
        resolve({key: text}, {})


def test_a_cap_below_its_floor_names_both_places(file: Path):
    with pytest.raises(ConfigError, match=r"CAREERSCAPE_REVISIT_MIN_DAYS is 8 days, more than .*mine\.toml: revisit_max_days"):
        resolve({"config": str(file)}, {"CAREERSCAPE_REVISIT_MIN_DAYS": "8"})
    with pytest.raises(ConfigError, match=r"revisit_min_days as it is by default is 1 days, more than CAREERSCAPE_REVISIT_MAX"):
        resolve({}, {"CAREERSCAPE_REVISIT_MAX_DAYS": "0.5"})
    assert resolve({}, {"CAREERSCAPE_REVISIT_MIN_DAYS": "60"}).revisit_min_days == 60


@pytest.mark.parametrize("text", ["db = ", "db = '\x00'", "x = 1", "a = " + "[" * 5000, "\udcff"])
def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path, text: str):
    path = tmp_path / "wrong.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"wrong\.toml: "):
        resolve({"config": str(path)}, {})
    with pytest.raises(ConfigError, match="No such file"):
        resolve({"config": str(tmp_path / "none.toml")}, {})


def test_what_the_file_does_not_say_is_carried_by_the_environment(file: Path):
    told = {"CAREERSCAPE_REVISIT_MIN_DAYS": "0.000001", "CAREERSCAPE_CONTACT": "me@example.org", "CAREERSCAPE_MIN_FREE_MB": "0"}
    settings = resolve({"config": str(file)}, told | {"CAREERSCAPE_METRICS": "m.prom"})
    carried = apart_from_file(settings)
    assert carried == {
        "CAREERSCAPE_CONTACT": "me@example.org", "CAREERSCAPE_METRICS": str(Path("m.prom").absolute()),
        "CAREERSCAPE_REVISIT_MIN_DAYS": "0.000001",
    }  # fmt: skip
    again = resolve({"config": str(file)}, carried)
    assert again == replace(settings, metrics=Path("m.prom").absolute())
    assert apart_from_file(resolve({}, {})) == {}
