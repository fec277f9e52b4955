"""Texts that are looked at in one go, and titles that are tried only where they may begin: the same as each for itself."""

from itertools import product
from random import Random

import pytest

from scraper import parsing, sites
from scraper.document import Document, Heading, Items, Paragraph, Table
from scraper.texts import Texts
from scraper.titles import Pair

PATH = "/accountant-jobs/accountant-vs-line-cook-differences"
URL = f"https://www.zippia.com{PATH}"
TABLE = (
    "<table><tr><th></th><th>Accountant</th><th>Line Cook</th></tr>"
    "<tr><td>Yearly salary</td><td>$60,000</td><td>$30,000</td></tr></table>"
)


def made_up(dice: Random) -> Document:
    words = ("Salary", "of a cook", "skills", "x" * 9, "two\nlines", "naïve", "a  b", "", "Ünter|skills", "|")
    text = lambda: " ".join(dice.choices(words, k=dice.randrange(4)))  # noqa: E731
    kinds = (
        lambda: Heading(2, text()), lambda: Paragraph(text()), lambda: Items(tuple(text() for _ in range(dice.randrange(1, 4)))),
        lambda: Table(((text(),),)),
    )  # fmt: skip
    return Document("", tuple(dice.choice(kinds)() for _ in range(dice.randrange(12))))


@pytest.mark.parametrize("seed", range(200))
def test_blocks_that_say_something_are_found_as_one_by_one(seed: int):
    document, longest = made_up(Random(seed)), 12
    texts = Texts(document, longest)
    said = {
        n: "\n".join(b.items) if isinstance(b, Items) else b.text
        for n, b in enumerate(document.blocks)
        if not isinstance(b, Table)
    }
    assert texts.tables == [n for n, block in enumerate(document.blocks) if isinstance(block, Table)]
    for word in ("salary", "skills", "of a cook", "xx"):
        having = {n for n, text in said.items() if word in text.lower() or not text.isascii()}
        assert having <= set(texts.saying([word]))
        short = {n for n in having if not isinstance(document.blocks[n], Items) and (len(said[n]) <= longest or "\n" in said[n])}
        assert set(texts.captions.having([word])) >= short
    assert {n for n, text in said.items() if "\n" in text and not isinstance(document.blocks[n], Items)} <= set(texts.of_lines)


def test_what_follows_a_list_below_a_heading_is_read_once():
    sentences = ("The average salary of accountants is $60,000 a year.", "Accountants earn an average salary of $60,000.")
    skills = "<h3>Accountant skills</h3><ul><li>Python, 40%</li><li>Excel, 30%</li></ul>"
    page = f"{TABLE}{skills}<p>{sentences[0]}</p><p>{sentences[1]}</p>"
    claims = parsing.trace(page.encode(), "text/html", "utf-8", URL).claims
    assert all(claim.place.block >= 0 for claim in claims.claims)
    (unread,) = [note for note in claims.notes if note.code == "unread_sentence"]
    assert sentences[0][4:] in unread.detail


@pytest.mark.parametrize(
    ("before", "title", "behind"),
    list(
        product(
            ("", "Pay of a ", "The "),
            ("Accountant", "accountants", "Accountant's", "ACCOUNTANT"),
            ("", " [1]:", " *:", ":", " salary", " & more"),
        )
    ),
)
def test_a_title_among_words_is_heard(before: str, title: str, behind: str):
    site, slugs = sites.of(PATH)
    assert set(Pair(*slugs, site).mentioned(f"{before}{title}{behind}").titles) == {"left"}
