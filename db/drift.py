"""A run held against the database's own history, site by site: what moved out of its band.

The history of a site is the newest published capture of each page; what is held back is none of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlite_utils import Database

from db import alerts, sights
from db.sights import HISTORY_PAGES, Shown, SiteOf
from normalize.bands import Band, Share, is_out
from normalize.fields import BY_NAME
from normalize.measures import Level, Measure, Move, Sample, levels

_OF_CONTENT = "('no_comparison', 'other_jobs')"
"""Findings of pages that are rejected for what they say; all others say something of the site, its walls or its speed."""


ANCHOR_RUNS, _SURER = 10, 10
"""What moves slowly is held against the history of so many runs ago, and has to be so many times as unlikely."""

_OF_VALUES: tuple[Measure, ...] = ("changed", "low", "high", "same")
"""What says that values are others, not which: that it was acknowledged once does not tell that it is the same again."""

_SLOW: tuple[Measure, ...] = ("filled", "missing", "doubted", "absent", "low", "high", "changed")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a run: its levels, how many pages are too few to compare, or have too few before them, and how many
    other pages were measured with it to be enough."""

    levels: tuple[Level, ...] = ()
    unjudged: int = 0
    together: int = 0


def moved(levels: Iterable[Level], acknowledged: Sequence[Move]) -> list[Move]:
    """What is out of its band, and was not acknowledged as it is; what moved furthest first."""
    known = [move for move in acknowledged if move.measure not in _OF_VALUES]
    out = [level.move for level in levels if level.out and not any(level.move.is_like(old) for old in known)]
    return sorted(out, key=lambda move: (-abs(move.found - move.usual), move.key))


def measured(
    db: Database, run_id: int, captures: Collection[int], site_of: SiteOf, band: Band, others: Collection[int] = ()
) -> Measured:  # fmt: skip
    """All that can be measured of captures of a run, together with its rejected pages. `others` are more captures of the run,
    that are evidence as well; where that is not enough, so are the last ones of small runs before it."""
    levels: list[Level] = []
    unjudged = together = 0
    by_site, more = (_by_site(db, rows, site_of) for rows in (captures, others))
    for site, shown in sorted(by_site.items()):
        run = _Run(site, shown, *_pooled(db, run_id, site, [*shown, *more.get(site, ())], site_of, band))
        usual = sights.published(db, site, site_of, run.through)
        if not run.is_enough(usual, band):
            unjudged += len({one.page for one in shown})
            continue
        together += run.pages - len({one.page for one in shown})
        found = _compared(db, run, usual, band)
        levels += _with_slow(found, _slow(db, run_id, run, site_of, band))
    if "page" not in band.off:
        pages = {site: {one.page for one in shown} for site, shown in by_site.items()}
        levels += _rejections(db, run_id, pages, site_of, band)
    return Measured(tuple(levels), unjudged, together)


def unjudged(db: Database, run_id: int, site_of: SiteOf, band: Band) -> int:
    """How many pages of a run were too few to compare, or had too few before them."""
    query = (
        "SELECT c.id FROM reading r JOIN page_capture c ON c.id = r.page_capture_id AND c.newest_reading_id = r.id "
        "WHERE r.run_id = ? "
        "AND r.outcome != 'rejected' AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.page_capture_id = c.id)"
    )
    count = 0
    rows = [row[0] for row in db.execute(query, [run_id]).fetchall()]
    for site, shown in _by_site(db, rows, site_of).items():
        run = _Run(site, shown, *_pooled(db, run_id, site, shown, site_of, band))
        usual = sights.published(db, site, site_of, min(run_id - 1, run.through or run_id))
        if not run.is_enough(usual, band):
            count += len({one.page for one in shown})
    return count


@dataclass(frozen=True, slots=True)
class _Run:
    """The captures of a site in a run, `own` ones and those that are measured with them; `through` is the last run of the
    history, None for all of it."""

    site: str
    own: Sequence[Shown]
    all: Sequence[Shown]
    through: int | None

    @property
    def pages(self) -> int:
        return len({one.page for one in self.all})

    def is_enough(self, usual: Sequence[Shown], band: Band) -> bool:
        """Whether there are pages to compare, and to compare with."""
        return self.pages >= band.min_pages and len(usual) >= band.min_history


def _by_site(db: Database, captures: Collection[int], site_of: SiteOf) -> dict[str, list[Shown]]:
    found: dict[str, list[Shown]] = {}
    for one in sights.of_captures(db, captures, site_of) if captures else ():
        found.setdefault(one.site, []).append(one)
    return found


def _pooled(
    db: Database, run_id: int, site: str, shown: Sequence[Shown], site_of: SiteOf, band: Band
) -> tuple[list[Shown], int | None]:
    """Captures with those of the runs before them that were too small themselves, until they are enough; and the last run of
    the history of these."""
    pages = {one.page for one in shown}
    rows: list[int] = []
    through = None
    for run, found in sights.earlier(db, run_id, site, site_of) if len(pages) < band.min_pages else ():
        if len({page for _, page in found}) >= band.min_pages:
            break
        for row, page in found:
            if page not in pages:
                pages.add(page)
                rows.append(row)
        through = run - 1
        if len(pages) >= band.min_pages:
            break
    return [*shown, *(sights.of_captures(db, rows, site_of) if rows else ())], through


def _compared(db: Database, run: _Run, usual: Sequence[Shown], band: Band) -> list[Level]:
    """The levels of a run; of one that is measured with others, what is out is out only where its own pages are so too."""
    before = sights.sights(db, usual)
    found = list(levels(Sample(run.site, sights.sights(db, run.all), before, band)))
    if len(run.all) == len(run.own) or not any(level.out for level in found):
        return found
    alone = levels(Sample(run.site, sights.sights(db, run.own), before, replace(band, min_pages=1)))
    own = {level.move.key: level.move.found for level in alone}
    return [replace(level, out=level.out and _has_part(level.move, own.get(level.move.key), band)) for level in found]


def _has_part(move: Move, own: float | None, band: Band) -> bool:
    return own is not None and (own - move.usual) * (1 if move.found > move.usual else -1) >= band.min_shift


def _slow(db: Database, run_id: int, run: _Run, site_of: SiteOf, band: Band) -> list[Level]:
    """What is out against the history of some runs ago, in fields of which nobody decided since."""
    runs = [number for number, _ in islice(sights.earlier(db, run_id, run.site, site_of), ANCHOR_RUNS)]
    if len(runs) < 2:
        return []
    anchor = runs[-1]
    usual = sights.published(db, run.site, site_of, anchor)
    if len(usual) < band.min_history:
        return []
    then = {one.page: one.reading for one in usual}
    moved = replace(run, own=[replace(one, before=then.get(one.page)) for one in run.own],
                    all=[replace(one, before=then.get(one.page)) for one in run.all])  # fmt: skip
    decided = alerts.decided_since(db, anchor)
    found = _compared(db, moved, usual, replace(band, p_value=band.p_value / _SURER))
    return [level for level in found if level.out and _is_slow(level.move) and (run.site, level.move.field) not in decided]


def _is_slow(move: Move) -> bool:
    return move.measure in _SLOW and bool(move.field) and not (move.measure == "changed" and BY_NAME[move.field].kind == "text")


def _with_slow(found: Sequence[Level], slow: Sequence[Level]) -> list[Level]:
    out = {level.move.key: level for level in slow}
    return [level if level.out else out.get(level.move.key, level) for level in found]


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
        f"FROM every_finding g WHERE g.reading_id = r.id AND g.code IN {_OF_CONTENT}) "
        "ORDER BY c.captured_at DESC, c.id DESC LIMIT ?"
    )
    rows = db.execute(query, [HISTORY_PAGES]).fetchall()
    return [(page, site, capture_id) for page, url, capture_id in rows if (site := site_of(url))]
