"""Texts made comparable: what folding forgets, what it keeps, and where each folded character came from."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from normalize.folding import fold, fold_with_offsets, letters, name_keys, plain, shown, without_mark, without_note

DASHES = "‐‑‒–—―−﹘﹣－⸺⸻"
QUOTES = "’‘‛′`´ʼ"
UNSEEN = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2061\u2064\u2066\u2067\u2068\u2069\ufe0f\ufeff"
)
SPACES = " \t\n\r\v\f\u0085\u00a0\u1680\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
texts = st.text(st.sampled_from("aB9İΣß.:,$%&+#" + DASHES[:4] + QUOTES[:2] + UNSEEN[:6] + SPACES[:9]) | st.characters())
slugs = st.lists(st.from_regex("[a-z0-9]{1,6}", fullmatch=True), min_size=1, max_size=4)
modest = settings(max_examples=80, deadline=None)


@pytest.mark.parametrize("change", [plain, shown, fold])
@modest
@given(text=texts)
@example(text=". :")
@example(text="degree. :")
@example(text="ŉ")
def test_folding_twice_is_folding_once(change, text: str):
    once = change(text)
    assert change(once) == once


@pytest.mark.parametrize("change", [plain, shown, fold])
@modest
@given(text=texts)
def test_one_line_without_margins_or_double_blanks(change, text: str):
    line = change(text)
    assert not re.search(r"[^\S ]|  |^ | $", line)
    assert not set(line) & set(UNSEEN[:6])


@pytest.mark.parametrize("change", [plain, shown, fold])
@modest
@given(words=st.lists(st.text("abcXYZ019$%&+", min_size=1), max_size=5), data=st.data())
def test_spaces_and_unseen_characters_make_no_difference(change, words: list[str], data: st.DataObject):
    gap = st.text(st.sampled_from(SPACES), min_size=1, max_size=3)
    unseen = st.sampled_from(("", *UNSEEN))
    text = "".join(data.draw(gap) + word[:1] + data.draw(unseen) + word[1:] for word in words) + data.draw(unseen)
    assert change(text) == change(" ".join(words))


@pytest.mark.parametrize(("signs", "sign"), [(DASHES, "-"), (QUOTES, "'"), ("“”„″", '"')])
def test_plain_knows_every_kind_and_shown_keeps_it(signs: str, sign: str):
    assert {plain(f"a{c}b") for c in signs} == {f"a{sign}b"}
    assert [shown(f"a{c}b") for c in signs] == [f"a{c}b" for c in signs]


@pytest.mark.parametrize("character", UNSEEN)
def test_unseen_characters_are_gone(character: str):
    assert plain(f"4{character}5") == shown(f"4{character}5") == "45"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Average  Age:", "average age"),
        ("Ph.D.", "ph.d"),
        ("Salary : ", "salary"),
        ("LGBT\u00a0Percentage", "lgbt percentage"),
        ("Bachelor’s — Degree", "bachelor's - degree"),
        ("C++", "c++"),
        (":a", ":a"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str):
    assert fold(text) == folded


@modest
@given(text=texts)
def test_plain_and_shown_keep_what_is_no_space_dash_or_quote(text: str):
    kept = [c for c in text if c.isalnum() and c not in QUOTES]
    assert [c for c in plain(text) if c.isalnum()] == kept
    assert [c for c in shown(text) if c.isalnum() and c not in QUOTES] == kept


# --- offsets ---------------------------------------------------------------------------------------------------------


@modest
@given(text=texts)
@example(text="İstanbul  X")
@example(text=" \u200b a\u200b \n b")
def test_each_folded_character_knows_where_it_came_from(text: str):
    folded, offsets = fold_with_offsets(text)
    assert len(offsets) == len(folded) + 1
    assert list(offsets) == sorted(offsets)
    assert offsets[-1] == len(text)
    for character, offset in zip(folded, offsets[:-1], strict=True):
        source = text[offset]
        assert character in (" " if source.isspace() else plain(source).casefold())


@modest
@given(text=texts)
@example(text="ΑΣ")
def test_an_unseen_character_changes_no_folded_text(text: str):
    assert fold_with_offsets(text + "\u200b")[0] == fold_with_offsets(text)[0]


@modest
@given(text=texts.filter(lambda text: "Σ" not in text))
def test_it_is_plain_in_lower_case_but_for_the_margins(text: str):
    assert fold_with_offsets(text)[0].strip(" ") == plain(text).casefold()


@modest
@given(before=texts, words=st.lists(st.from_regex("[a-z0-9$%]{1,5}", fullmatch=True), min_size=1), after=texts)
def test_a_folded_match_is_found_again_in_the_text(before: str, words: list[str], after: str):
    text = "|".join((before, "\u00a0\u200b ".join(words).upper(), after))
    folded, offsets = fold_with_offsets(text)
    start, end = re.search(re.escape(" ".join(words)), folded).span()
    assert plain(text[offsets[start] : offsets[end - 1] + 1]).casefold() == " ".join(words)


# --- names -----------------------------------------------------------------------------------------------------------


@modest
@given(words=slugs, data=st.data())
def test_a_title_and_its_slug_have_the_same_letters(words: list[str], data: st.DataObject):
    joint = st.sampled_from([" ", "-", " / ", ", ", " – ", "\u00a0", ". "])
    title = "".join(data.draw(joint) + word.title() for word in words)[1:]
    assert letters(title) == letters("-".join(words)) == "".join(words)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Nurses' Aide", "nurses-aide"),
        ("Nurses’ Aide", "nurses-aide"),
        ("Chef", "chef"),
        ("Line Cook/Prep Cook", "line-cook-prep-cook"),
        ("Research & Development Engineer", "research-and-development-engineer"),
        ("Research & Development Engineer", "research-development-engineer"),
        ("Certified Nursing Assistant, CNA", "certified-nursing-assistant-cna"),
        ("Health and Safety Officer", "health-safety-officer"),
        ("C++ Developer", "c-developer"),
        ("C++ Developer", "c-plus-plus-developer"),
        ("C# Developer", "c-sharp-developer"),
        ("Front-End Clerk", "front-end-clerk"),
        ("  Café   Manager ", "café-manager"),
    ],
)
def test_a_title_and_its_slug_share_a_key(title: str, slug: str):
    assert name_keys(title) & name_keys(slug.replace("-", " "))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Manager", "Branch Manager"),
        ("Branch Manager", "Branch Managers"),
        ("Android Developer", "Roid Developer"),
        ("Brand Manager", "Br Manager"),
        ("C++ Developer", "C# Developer Plus"),
        ("Clerk 1", "Clerk 2"),
        ("Analyst II", "Analyst I"),
        ("Sales Manager", "Manager, Sales"),
    ],
)
def test_other_titles_share_none(one: str, other: str):
    assert not name_keys(one) & name_keys(other)


@modest
@given(text=texts)
def test_keys_are_letters_and_digits_only(text: str):
    for key in name_keys(text):
        assert key
        assert letters(key) == key
        assert key.isalnum() or any(unicodedata.combining(c) for c in key)


@pytest.mark.parametrize("text", ["", " ", "-", "—", "...", "\u200b", "_"])
def test_what_has_no_letters_has_no_key(text: str):
    assert letters(text) == ""
    assert name_keys(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$44,937¹", "$44,937"),
        ("8%\n*", "8%"),
        ("8%\n[1]", "8%"),
        ("8%[1]", "8%"),
        ("8%*", "8%"),
        ("$4**", "$4**"),
        ("$23⁴⁹", "$23⁴⁹"),
        ("46\n1", "46\n1"),
        ("¹", "¹"),
        ("12%¹²", "12%"),
    ],
)
def test_a_value_loses_the_mark_of_a_footnote(text: str, value: str):
    assert without_note(text) == value


@pytest.mark.parametrize("mark", ["¹", "*", "[1]", "\n1", " ¹", "\n*", "\n[1]"])
def test_a_thousand_marks_cost_nothing(mark: str):
    started = time.process_time()
    for text in (mark * 1_000 + "x", "x" + mark * 1_000):
        without_mark(text)
        without_note(text)
    assert time.process_time() - started < 0.5
