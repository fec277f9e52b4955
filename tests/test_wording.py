"""Counts in words."""

import pytest

from normalize.wording import counted


@pytest.mark.parametrize(
    ("count", "noun", "ending", "words"),
    [
        (0, "page", "s", "0 pages"),
        (1, "page", "s", "1 page"),
        (2, "page", "s", "2 pages"),
        (1200, "page", "s", "1,200 pages"),
        (1, "other address", "es", "1 other address"),
        (3, "other address", "es", "3 other addresses"),
    ],
)
def test_one_is_told_from_many(count: int, noun: str, ending: str, words: str):
    assert counted(count, noun, ending) == words
