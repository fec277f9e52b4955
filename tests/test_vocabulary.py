"""The closed lists: exact after folding, nothing guessed, every code of the contract reachable, nothing is not zero."""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalize import codes, vocabulary
from normalize.errors import Refusal
from normalize.fields import BY_NAME, GENDERS, RACES
from normalize.folding import fold
from normalize.wording import item_words, value_words

FOLDER = Path(vocabulary.__file__).parent / "vocab"
DEGREES = [
    *("none", "high_school", "some_college", "certificate", "diploma", "license"),
    *("associate", "bachelor", "master", "doctorate", "other"),
]
CODES = {
    "degrees": DEGREES,
    "gender": ["male", "female", "other", "unknown"],
    "race": ["white", "black", "hispanic", "asian", "aian", "nhpi", "multiracial", "mena", "unknown"],
}
LOOK_UP = {"degrees": vocabulary.degree, "gender": vocabulary.gender, "race": vocabulary.race}
REASON = {"degrees": "unknown_degree", "gender": "unknown_label", "race": "unknown_label"}
DASHES = "-‐‑‒–—―−﹘﹣－"
modest = settings(max_examples=80, deadline=None)


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


ALIASES = [(name, row["alias"], row["code"]) for name in CODES for row in rows(name)]


def clothes(alias: str) -> set[str]:
    """The same label as pages may write it."""
    worn = {alias, alias.upper(), alias.title(), f"\n {alias}\u00a0", f"{alias}:", f"{alias}.", alias.replace(" ", " \u202f")}
    worn |= {alias.replace("'", quote) for quote in "’‘′`"} | {alias.replace("-", dash) for dash in DASHES}
    return worn | {alias[:1] + "\u200b" + alias[1:] + "\ufeff"}


@pytest.mark.parametrize(("name", "alias", "code"), ALIASES)
def test_every_alias_gives_its_code_however_it_is_dressed(name: str, alias: str, code: str):
    assert {LOOK_UP[name](text) for text in clothes(alias)} == {code}


@pytest.mark.parametrize("name", CODES)
def test_the_codes_are_those_of_the_contract(name: str):
    assert {row["code"] for row in rows(name)} == set(CODES[name])


def test_fields_list_the_same_codes():
    assert list(GENDERS) == CODES["gender"]
    assert list(RACES) == CODES["race"]


def test_every_code_has_words():
    degree = BY_NAME["education.degree"]
    assert [code for code in DEGREES if value_words(degree, code) == code] == []
    for field in (BY_NAME["demographics.gender_pct"], BY_NAME["demographics.race_pct"]):
        assert [item for item in field.items if item_words(field, item) == item] == []


@pytest.mark.parametrize(("name", "column"), [*((name, "alias") for name in CODES), ("missing", "token")])
def test_no_line_stands_twice_or_says_nothing(name: str, column: str):
    folded = Counter(fold(row[column]) for row in rows(name))
    assert [line for line, times in folded.items() if times > 1] == []
    assert "" not in folded


NEAR_MISSES = {
    "degrees": "bachelor of|not a bachelor's degree|bachelor's or master's|bachelors'|master degrees|mastor's degree|high|school|"
    "some high school|college|doctor|phd degree|no|none of these|degree|associate, 5|bachelor's degree or higher|licensed|0|-||"
    "bachelor's degree, -|bachelor's-degree|ｂachelor|bachelοr",
    "gender": "males|femal|fe male|male female|male/female|mal|men and women|w|-||0|mаle|male, -",
    "race": "Caucasian-Asian|Asian-White|caucasian asian|caucasoid|asia|asians|non-white|not white|white only|black or white|-|0|"
    "african|american|american indian|indian|latin|hispanic black|hawaiian|mixed|white (non-hispanic)|asian, 3.8%|unknown race|"
    "two races|middle eastern|asian asian|асian",
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NEAR_MISSES.items() for text in texts.split("|")])
def test_near_misses_are_refused(name: str, text: str):
    with pytest.raises(Refusal) as refusal:
        LOOK_UP[name](text)
    assert (refusal.value.reason, refusal.value.text) == (REASON[name], text)


@pytest.mark.parametrize("name", CODES)
@modest
@given(data=st.data())
def test_only_what_the_list_names_is_taken(name: str, data: st.DataObject):
    listed = {alias: code for listed_in, alias, code in ALIASES if listed_in == name}
    alias = data.draw(st.sampled_from(sorted(listed)))
    at = data.draw(st.integers(0, len(alias)))
    text = (
        alias[:at]
        + data.draw(st.sampled_from(["", " ", "x", "s", "-", "non-", "/asian", "é"]))
        + alias[at + data.draw(st.booleans()) :]
    )
    if fold(text) in listed:
        assert LOOK_UP[name](text) == listed[fold(text)]
    else:
        with pytest.raises(Refusal, match=REASON[name]):
            LOOK_UP[name](text)


@pytest.mark.parametrize("name", CODES)
@modest
@given(text=st.text())
def test_any_other_text_is_refused(name: str, text: str):
    listed = {fold(alias) for listed_in, alias, _ in ALIASES if listed_in == name}
    if fold(text) not in listed:
        with pytest.raises(Refusal, match=REASON[name]):
            LOOK_UP[name](text)


# --- nothing there ---------------------------------------------------------------------------------------------------


NOTHING = ["", " ", "\n\t", "\u00a0", "\u200b", "\u202f\ufeff", "\u200b-\u200b", "–—", "⸺", "⸻"]
NOTHING += ["n/a", "N/A", "N/A.", "n.a.", "N.A.", "NA", "Not Available", "No data"]
NOTHING += [row["token"] for row in rows("missing")]
NOTHING += [form.format(dash) for dash in DASHES for form in ("{}", "{0}{0}", "{0}{0}{0}", "\u00a0{}\n")]
SOMETHING = "0|00|0%|0.0|$0|-0|−0%|zero|0 years|-8%|–2%|-1|- 8%|1-2|x|n|a|no|North America|no degree|N/A-2|-,|$|%|male, -|☐|٠|０"
LOADING = [".", ":", "...", ". . ."]  # what stands there until a page has loaded does not say that there is no value


@pytest.mark.parametrize("text", NOTHING)
def test_missing(text: str):
    assert vocabulary.is_missing(text)


@pytest.mark.parametrize("text", [*SOMETHING.split("|"), *LOADING])
def test_not_missing(text: str):
    assert not vocabulary.is_missing(text)


@modest
@given(number=st.integers(0, 10**6), form=st.sampled_from(["{}", "-{}", "−{}%", "${}", "{}%", "{}-", "- {}", "{} years", "({})"]))
def test_a_text_with_a_digit_is_never_missing(number: int, form: str):
    assert not vocabulary.is_missing(form.format(number))


# --- the version -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["degrees.csv", "gender.csv", "missing.csv", "race.csv"])
def test_the_version_changes_with_every_list(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert re.fullmatch("[0-9a-f]{12}", vocabulary.version())
    copy = tmp_path / "vocab"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(vocabulary, "_FOLDER", copy)
    assert vocabulary._lists.__wrapped__() == vocabulary.version()
    (copy / name).write_text((copy / name).read_text() + "another line,other\n")
    assert vocabulary._lists.__wrapped__() != vocabulary.version()


def test_the_version_covers_every_list():
    others = {"title_words.csv"}  # of the titles of occupations
    assert {path.name for path in FOLDER.glob("*.csv")} - others == {*vocabulary._FILES, *codes.FILES}
    assert not {*vocabulary._FILES} & {*codes.FILES}
