"""Scrapy with parsel and a SQLite item pipeline: `python -m benchmarks.peers.scrapy_spider PAGES DB COUNT [FORM]`.

PAGES is a folder of pages named by number. FORM is `page`, one item and one transaction a page, or `figure`, one item a figure, as
tutorials write it, and one transaction in all. The settings are Scrapy's own but for what only costs: no log below warnings, no
telnet console.
"""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from benchmarks.peers import figures

SIDES = ("left", "right")


class ComparisonSpider(scrapy.Spider):
    """Reads comparison pages; an item has the rows of a page, or one of them."""

    name = "comparison"
    form = "page"

    def parse(self, response: Response) -> Iterator[dict[str, Any]]:
        """The items of one page."""
        url = response.css("link[rel=canonical]::attr(href)").get()
        titles = response.css("h1::text").get().split(" vs ")
        sentence = next((text for text in response.css("main > p::text").getall() if "years to become" in text), "")
        rows = figures.rows(url, titles, self._cells(response), self._skills(response), sentence)
        if self.form == "page":
            yield {"rows": rows}
        else:
            yield from (dict(zip(figures.COLUMNS, row, strict=True)) for row in rows)

    def _cells(self, response: Response) -> Iterator[tuple[str, str, str]]:
        for row in response.css("table tbody tr"):
            label = row.css("th ::text").get()
            for side, cell in zip(SIDES, row.css("td"), strict=True):
                yield side, label, " ".join(cell.css("::text").getall())

    def _skills(self, response: Response) -> Iterator[tuple[str, int, str]]:
        for side, skills in zip(SIDES, response.css("div.skills"), strict=True):
            for rank, line in enumerate(skills.css("li"), start=1):
                yield side, rank, " ".join(line.css("::text").getall())


class SqlitePipeline:
    """Writes the rows of items into a table."""

    def __init__(self, path: str) -> None:
        self._path = path

    @classmethod
    def from_crawler(cls, crawler: Any) -> "SqlitePipeline":
        """As Scrapy makes it."""
        return cls(crawler.settings["SQLITE_PATH"])

    def open_spider(self) -> None:
        """Make the table."""
        self._db = sqlite3.connect(self._path)
        self._db.execute(figures.CREATE)
        self._db.execute(figures.INDEX)

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write what an item has."""
        if rows := item.get("rows"):
            self._db.executemany(figures.INSERT, rows)
            self._db.commit()
        else:
            self._db.execute(figures.INSERT, list(item.values()))
        return item

    def close_spider(self) -> None:
        """Keep what was written."""
        self._db.commit()
        self._db.close()


def main() -> None:
    """Crawl the pages of the command line."""
    folder, db, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    form = sys.argv[4] if len(sys.argv) > 4 else "page"
    settings = {
        "ITEM_PIPELINES": {SqlitePipeline: 300}, "SQLITE_PATH": db, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False,
    }  # fmt: skip
    process = CrawlerProcess(settings)
    process.crawl(ComparisonSpider, form=form, start_urls=[(folder / f"{number}.html").as_uri() for number in range(count)])
    process.start()


if __name__ == "__main__":
    main()
