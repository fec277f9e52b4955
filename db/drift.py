"""A run held against the database's own history, site by site: what moved out of its band.

The history of a site is the newest published capture of each page; what is held back is none of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlite_utils import Database

from db import sights
from db.sights import HISTORY_PAGES, Shown, SiteOf
from normalize.bands import Band, Share, is_out
from normalize.measures import Level, Move, Sample, levels

_OF_CONTENT = "('no_comparison', 'other_jobs')"
"""Findings of pages that are rejected for what they say; all others say something of the site, its walls or its speed."""


def moved(levels: Iterable[Level], acknowledged: Sequence[Move]) -> list[Move]:
    """What is out of its band, and was not acknowledged as it is; what moved furthest first."""
    out = [level.move for level in levels if level.out and not any(level.move.is_like(old) for old in acknowledged)]
    return sorted(out, key=lambda move: (-abs(move.found - move.usual), move.key))


def measured(db: Database, run_id: int, captures: Collection[int], site_of: SiteOf, band: Band) -> list[Level]:
    """All that can be measured of captures of a run, together with its rejected pages: the sites of which it has enough."""
    found: list[Level] = []
    by_site: dict[str, list[Shown]] = {}
    for one in sights.of_captures(db, captures, site_of) if captures else ():
        by_site.setdefault(one.site, []).append(one)
    for site, shown in sorted(by_site.items()):
        if len({one.page for one in shown}) >= band.min_pages:
            found += _site(db, site, shown, site_of, band)
    if "page" not in band.off:
        pages = {site: {one.page for one in shown} for site, shown in by_site.items()}
        found += _rejections(db, run_id, pages, site_of, band)
    return found


def _site(db: Database, site: str, shown: Sequence[Shown], site_of: SiteOf, band: Band) -> list[Level]:
    usual = sights.published(db, site, site_of)
    if len(usual) < band.min_history:
        return []
    return list(levels(Sample(site, sights.sights(db, shown), sights.sights(db, usual), band)))


def _rejections(db: Database, run_id: int, read: Mapping[str, Collection[int]], site_of: SiteOf, band: Band) -> list[Level]:
    """The pages that say something else than a comparison, of those of the run that were read or rejected for that."""
    rejected = _rejected(db, f"r.run_id = {run_id:d}", site_of)
    found = []
    for site, first in sorted({site: capture_id for _, site, capture_id in reversed(rejected)}.items()):
        bad = {page for page, where, _ in rejected if where == site}
        now = len({*bad, *read.get(site, ())})
        if now < band.min_pages or len(bad) < band.min_shift * now:
            continue
        usual = {one.page for one in sights.published(db, site, site_of)}
        usual_bad = {page for page, where, _ in _rejected(db, f"r.run_id != {run_id:d}", site_of) if where == site}
        if not (then := len(usual | usual_bad)):
            continue
        shares = Share(len(bad) / now, now), Share(len(usual_bad) / then, then)
        out = shares[0].part > shares[1].part and is_out(*shares, band)
        move = Move(site, "", "", "rejected", shares[1].part, shares[0].part, band.min_shift, now, then, first)
        found.append(Level(move, out))
    return found


def _rejected(db: Database, which: str, site_of: SiteOf) -> list[tuple[int, str, str]]:
    """The page, site and id of captures that were rejected for what they say, the newest of their pages."""
    query = (
        "SELECT c.page_id, p.url, c.capture_id FROM page_capture c JOIN page p ON p.id = c.page_id "
        f"JOIN reading r ON r.id = c.newest_reading_id WHERE r.outcome = 'rejected' AND {which} AND EXISTS (SELECT 1 "
        f"FROM page_finding g WHERE g.reading_id = r.id AND g.code IN {_OF_CONTENT}) "
        "ORDER BY c.captured_at DESC, c.id DESC LIMIT ?"
    )
    rows = db.execute(query, [HISTORY_PAGES]).fetchall()
    return [(page, site, capture_id) for page, url, capture_id in rows if (site := site_of(url))]
