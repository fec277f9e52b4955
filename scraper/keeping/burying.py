"""Carrying out what tombstones say: records, rows and bytes of pages that are forgotten go."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from db import captures, forget, sweep, tombstones
from db.connection import Database
from db.forget import Gone, Names
from normalize.findings import Finding, finding
from scraper import sites
from scraper.archive import Archive
from scraper.keeping import clearing, rewriting

if TYPE_CHECKING:
    from scraper.intake import Intake

SHOWN = 12
"""So many digits of the digest tell which page it was."""


@dataclass(slots=True)
class Buried:
    """What went: rows of each page, records of the archive, the files that were written anew, and places of which nobody can tell
    what they hold."""

    gone: list[Gone] = field(default_factory=list)
    records: int = 0
    files: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


def told(url: str) -> Finding:
    """That a page is skipped, without naming it."""
    return finding("forgotten", tombstones.digest(url)[:SHOWN])


def naming(url: str) -> Names:
    """Tells whether a text names a canonical address, in any spelling: with another scheme, on another host of its site, escaped,
    inside a longer address, or as the indexes of web archives sort it."""
    parts = urlsplit(url)
    host, path = parts.netloc, parts.path.rstrip("/")
    found = sites.of(path)
    hosts = {host, *(found[0].hosts if found and parts.hostname in found[0].hosts else ())}
    sorted_hosts = {",".join(reversed(name.removeprefix("www.").split("."))) + ")" for name in hosts}
    places = "|".join(re.escape(name) for name in sorted(hosts | sorted_hosts))
    query = re.escape(f"?{parts.query}") if parts.query else ""
    ends = r"(?![\w%/~-]|\.\w)" if found or query else r"(?![\w%/?~-]|\.\w)"
    pattern = re.compile(
        rf"(?<![\w-])(?:{places})(?::80|:443)?{re.escape(unquote(path))}/?{unquote(query) if query else ''}{ends}", re.I
    )

    def names(text: str) -> bool:
        return bool(pattern.search(text) or ("%" in text and pattern.search(unquote(text))))

    return names


def carry_out(db: Database, archive: Archive, clock: Callable[[], datetime], forgotten: Mapping[str, str]) -> Buried:
    """Take pages out of archive and database: `forgotten` are their addresses by digest. What is done already is passed over.

    Files of the archive are written anew first; in one transaction the index follows and all rows go; then the old files go, and
    the bytes that the file of the database still holds. Raises StorageError.
    """
    archive.sync()
    archive.close()
    with db.atomic():
        forget.note_unclean(db)
    known = {place for url in forgotten.values() for place in forget.places(db, url)}
    plan = clearing.plan(archive, forgotten, known)
    files = rewriting.write(archive, plan, clock())
    olds = [one.old for one in files]
    sizes = captures.known_files(db)
    with db.atomic():
        forget.relocate(db, [moved for one in files for moved in one.moved])
        whole = [one for one in files if sizes.get(one.old) == one.old_size and forget.knows_all(db, one.moved)]
        captures.note_files(db, {one.new: one.new_size for one in whole})
        gone = [forget.remove(db, url, naming(url)) for url in forgotten.values()]
        sweep.drop_files(db, olds)
    for one in files:
        archive.replaced(one.old, one.new, one.new_size if one in whole else 0)
    rewriting.drop(archive.folder, olds)
    forget.clean(db)
    return Buried(gone, plan.dropped, tuple(one.new for one in files), tuple(plan.damaged))


def resume(intake: "Intake") -> None:
    """Carry out what tombstones say that the database only now heard of, or that a dead run did not finish."""
    db = intake.db
    if (left := forget.addresses(db)) or forget.is_unclean(db):
        buried = carry_out(db, intake.archive, intake.clock, left)
        for url in left.values():
            intake.note(told(url))
        for place in buried.damaged:
            intake.note(finding("bad_record", place))


def remains(db: Database, archive: Archive, url: str = "") -> list[str]:
    """Where archive and database still hold something of pages that are forgotten, in words; nothing where all is gone. Without
    their address, which nobody keeps, rows are looked at only for addresses, with it (`url`) also for texts that name it."""
    gone = dict.fromkeys(tombstones.buried(db), "") | ({tombstones.digest(url): url} if url else {})
    if not gone:
        return []
    changes = clearing.plan(archive, gone).changes
    held = [f"{name}, offset {offset}" for name in sorted(changes) for offset in sorted(changes[name])]
    rows = [f"the address of {name[:SHOWN]}" for name in forget.addresses(db)]
    bytes_left = ["the file of the database was not written anew"] if forget.is_unclean(db) else []
    return [*held, *rows, *bytes_left, *(forget.remains(db, naming(url)) if url else ())]
