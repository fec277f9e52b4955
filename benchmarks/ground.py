"""The ground of a measurement: archives of made-up pages, databases of them, and the pages as files; each is made once."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import hatch_build
from benchmarks import pages, work
from benchmarks.processes import CAREERSCAPE, CORES, run
from scraper import version

STALE, READ = "stale", "read"
"""A database whose readings another parser made, and one that is read by today's."""


class Ground:
    """A folder with all that the measurements need. What is there from an earlier run with the same code is used again."""

    def __init__(self, folder: Path, size: int = pages.SIZE) -> None:
        self.folder, self.size = folder, size
        self._kind = f"{size}-{hashlib.sha256(Path(pages.__file__).read_bytes()).hexdigest()[:8]}"

    def index(self, count: int) -> Path:
        """The file that lists the records of an archive of `count` pages, beside the folder `archive` itself."""
        folder = self.folder / f"pages-{count}-{self._kind}"
        file = folder / "index.json"
        if not file.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            file.write_text(json.dumps(work.archive(pages.pages(count, size=self.size), folder)))
        return file

    def archive(self, count: int) -> Path:
        """The archive of `count` pages."""
        return self.index(count).parent / "archive"

    def counted(self, count: int) -> Path:
        """As `index`, with the number of observations of each page beside it."""
        file = self.index(count)
        work.count_rows(file.parent, json.loads(file.read_text()))
        return file

    def files(self, count: int) -> Path:
        """A folder with the pages as files, named by number."""
        folder = self.folder / f"files-{self._kind}"
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages.pages(count, size=self.size)):
            (folder / f"{number}.html").write_bytes(page.body)
        return folder

    def database(self, count: int, state: str, out: Path) -> Path:
        """A copy, at `out`, of a database of all pages of an archive, STALE or READ."""
        made = self.archive(count).with_name(f"{state}-{version.parser()}.db")
        if not made.exists():
            part = self.free("part.db")
            run(self.rebuilding(count, part, "--workers", str(len(CORES))))
            if state == STALE:
                with closing(sqlite3.connect(part)) as db, db:
                    db.execute("UPDATE parser_version SET parser = '0.0.0+000000000000'")
            part.rename(made)
        shutil.copy(made, out)
        return out

    def rebuilding(self, count: int, out: Path, *options: str) -> list[str | Path]:
        """The command that makes a database of an archive."""
        return [*CAREERSCAPE, "--archive", self.archive(count), "rebuild", out, *options]

    def reparsing(self, count: int, db: Path, *options: str) -> list[str | Path]:
        """The command that reads an archive again where it is stale."""
        return [*CAREERSCAPE, "--archive", self.archive(count), "--db", db, "reparse", *options]

    def compiled(self) -> Path:
        """A folder with the packages of careerscape, what reads pages compiled."""
        folder = self.folder / f"compiled-{version.parser()}"
        if not folder.exists():
            part = self.folder / "compiling"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            list(hatch_build.compile_copy(Path(__file__).parents[1], part))
            part.rename(folder)
        return folder

    def free(self, name: str) -> Path:
        """A path in the folder at which nothing lies, nor beside it."""
        for old in self.folder.glob(f"{name}*"):
            old.unlink()
        return self.folder / name
