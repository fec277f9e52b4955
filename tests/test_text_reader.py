"""Extracted text to Document: headings, lists, paragraphs and pipe tables with or without a separator line."""

import time

import pytest

from scraper import readers
from scraper.document import Block, Document, Heading, Items, Paragraph, Table


def read(text: str) -> Document:
    return readers.read(text.encode(), "text/plain", "")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("# A vs B\n\nSome text.\nMore text.", (Heading(1, "A vs B"), Paragraph("Some text."), Paragraph("More text."))),
        ("goes on in the middle\nof a sentence.", (Paragraph("goes on in the middle\nof a sentence."),)),
        ("- one\n- two\n\n1. three", (Items(("one", "two")), Items(("three",)))),
        ("| A | B | |\n| Mean | 1 | 2 |", (Table((("A", "B", ""), ("Mean", "1", "2"))),)),
        ("| | A | B |\n|---|:--|--:|\n| Mean | 1 | 2 |", (Table((("", "A", "B"), ("Mean", "1", "2"))),)),
        ("x | A | B\n--- | --- | ---\nMean | 1 | 2\n", (Table((("x", "A", "B"), ("Mean", "1", "2"))),)),
        ("| a \\| b | c<br>d |\n| e | - |", (Table((("a | b", "c\nd"), ("e", "-"))),)),
        (
            "| 6-12<sup>1</sup> | **Law** | [Art](/x) | Food &amp; Drink |\n| 1 | 2 | 3 | 4 |",
            (Table((("6-12¹", "Law", "Art", "Food & Drink"), ("1", "2", "3", "4"))),),
        ),
        ("not | a table", (Paragraph("not | a table"),)),
        ("A vs B\n=====\nPay\n---\ntext", (Heading(1, "A vs B"), Heading(2, "Pay"), Paragraph("text"))),
        ("A sentence.\n---", (Paragraph("A sentence."), Paragraph("---"))),
        ("# A #\n## C#", (Heading(1, "A"), Heading(2, "C#"))),
        (
            "| A | B |\n|---|---|\n| 1 | 2 |\n| C | D |\n|---|---|\n| 3 | 4 |",
            (Table((("A", "B"), ("1", "2"), ("C", "D"), ("3", "4"))),),
        ),
        ("| A | B |\n|---+---|\n| 1 | 2 |", (Table((("A", "B"), ("1", "2"))),)),
        (
            "| A | B |\n| 1 | 2 |\nIn Utah | see\n| 3 | 4 |",
            (Table((("A", "B"), ("1", "2"))), Paragraph("In Utah | see"), Table((("3", "4"),))),
        ),
        ("\u200b| A | B |\u2028\u200b| 1 | 2 |", (Table((("A", "B"), ("1", "2"))),)),
        ("| 2<sup>nd</sup> | C++<sup>1</sup> |\n| 1 | 2 |", (Table((("2nd", "C++¹"), ("1", "2"))),)),
        ("| A | B |\r\n| 1 | 2 |\r\n", (Table((("A", "B"), ("1", "2"))),)),
        ("", ()),
    ],
)
def test_blocks(text: str, blocks: tuple[Block, ...]):
    assert read(text or "\v").blocks == blocks


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("| A | B |\n| 1 | 2 |", False),
        ("| A | B |\n| 1 | 2", True),
        ("| A | B |\n| 1 |", False),
        ("| A | B |", True),
        ("A | B\n---|---\n1 | 2\n", False),
        ("A | B\n---|---\n1 | 2", True),
        ("Here are the differences:", True),
        ("The end.", False),
    ],
)
def test_a_text_that_ends_too_early_is_noticed(text: str, cut: bool):
    assert read(text).cut is cut


def test_a_text_can_name_its_address():
    assert read("Source: https://x.example/a-vs-b\n\ntext").canonical == "https://x.example/a-vs-b"


def test_bytes_that_are_no_text_are_counted():
    page = readers.read(b"a\0b \xff\n", "text/plain", "utf-8")
    assert page == Document("", (Paragraph("ab �"),), open_end=True, undecodable=2)


@pytest.mark.parametrize(
    "line", [f"# a{' ' * 3_000}b", f"# a{' #' * 2_000}b", "**a" * 9_000, "[a](" * 9_000, f"|1{' <b> ' * 8_000}"]
)
def test_no_line_takes_long(line: str):
    started = time.process_time()
    read(line)
    assert time.process_time() - started < 1
