"""requests, BeautifulSoup and pandas: `python -m benchmarks.peers.soup PAGES DB COUNT`.

PAGES is a folder of pages named by number, fetched with requests through its adapter for files; tables by `pandas.read_html`, the
rest by BeautifulSoup with lxml, and into SQLite by `DataFrame.to_sql`.
"""

import sqlite3
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pandas as pd
import requests
from bs4 import BeautifulSoup
from requests_file import FileAdapter

from benchmarks.peers import figures

SIDES = ("left", "right")


def page(html: str) -> list[figures.Row]:
    """The rows of one page."""
    soup = BeautifulSoup(html, "lxml")
    url = str(soup.find("link", rel="canonical")["href"])
    titles = soup.h1.get_text().split(" vs ")
    sentence = next((p.get_text() for p in soup.main.find_all("p", recursive=False) if "years to become" in p.get_text()), "")
    return figures.rows(url, titles, _cells(html), _skills(soup), sentence)


def _cells(html: str) -> Iterator[tuple[str, str, str]]:
    for table in pd.read_html(StringIO(html), converters=dict.fromkeys(range(3), str)):
        for label, *texts in table.itertuples(index=False):
            for side, text in zip(SIDES, texts, strict=True):
                yield side, label, text


def _skills(soup: BeautifulSoup) -> Iterator[tuple[str, int, str]]:
    for side, skills in zip(SIDES, soup.find_all("div", class_="skills"), strict=True):
        for rank, line in enumerate(skills.find_all("li"), start=1):
            yield side, rank, line.get_text()


def main() -> None:
    """Read the pages of the command line."""
    folder, path, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    db = sqlite3.connect(path)
    db.execute(figures.CREATE)
    db.execute(figures.INDEX)
    with requests.Session() as session:
        session.mount("file://", FileAdapter())
        for number in range(count):
            answer = session.get((folder / f"{number}.html").as_uri(), timeout=30)
            answer.raise_for_status()
            answer.encoding = "utf-8"
            frame = pd.DataFrame(page(answer.text), columns=list(figures.COLUMNS))
            frame.to_sql("fact", db, if_exists="append", index=False)
    db.close()


if __name__ == "__main__":
    main()
