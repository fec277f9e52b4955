"""What stands behind one value: its row, its code, what other pages say, its run and request, and when it was seen."""

import json
from dataclasses import dataclass

from sqlite_utils import Database

from db.coding import KINDS
from db.queries import Row, order, rows
from normalize.codes import Kind
from normalize.facts import Value
from normalize.fields import BY_NAME, FIELDS, GROUPS, Field

MOST_PAGES = 20
"""So many other pages are named; all are counted."""

SYSTEMS: dict[Kind, str] = {
    "city": "GeoNames", "state": "USPS", "company": "company name", "industry": "NAICS", "major": "CIP", "degree": "ISCED",
    "occupation": "SOC",
}  # fmt: skip
"""What the codes of a kind are codes of."""

_KIND_OF = {f"{table}.{column}": kind for kind, (table, column) in KINDS.items() if kind != "occupation"}
_REQUEST = "request_id, run_id, url, requested_at, outcome, http_status, bytes, elapsed_ms, robots_rule, delay_s, delay_reason"
_LONGEST_VISIT = "-10 minutes"
"""A capture is complete so soon after its request at the latest."""


@dataclass(frozen=True, slots=True)
class OtherPages:
    """What the other pages say that show the same field and item of an occupation, each with its newest published value: how
    many there are, how many have the same value (where it is ok), how many another; the newest of those that are told of come
    first, and those that disagree before all."""

    count: int
    agreeing: int
    disagreeing: int
    pages: tuple[Row, ...]

    def to_dict(self) -> Row:
        """Counts and pages (`url`, `captured_at`, `value`, `status`, `raw`, `agrees`)."""
        return {"count": self.count, "agreeing": self.agreeing, "disagreeing": self.disagreeing, "pages": list(self.pages)}


def facts(db: Database, slug: str, field: Field, item: str) -> list[Row]:
    """The rows of `observation` that the latest value of a field comes from, as `db.queries.facts` gives them: one, or one for
    each item where none is named; none where no page has the field."""
    group = [f.name for f in FIELDS if f.group == field.group]
    here = rows(
        db,
        "SELECT c.capture_id, CASE k.side WHEN 0 THEN 'left' ELSE 'right' END AS side FROM job j "
        "JOIN job_current k ON k.job_id = j.id JOIN page_capture c ON c.id = k.page_capture_id "
        "WHERE j.slug = ? AND k.group_id = ?",
        [slug, GROUPS.index(field.group)],
    )
    if not here:
        here = rows(
            db,
            f"SELECT capture_id, side FROM observation WHERE occupation = ? AND field IN ({', '.join('?' * len(group))}) "
            "ORDER BY captured_at DESC, url, side LIMIT 1",
            [slug, *group],
        )
    if not here:
        return []
    query = "SELECT * FROM observation WHERE capture_id = ? AND side = ? AND field = ?"
    found = [row for row in rows(db, query, [here[0]["capture_id"], here[0]["side"], field.name]) if item in ("", row["item"])]
    return sorted(found, key=lambda row: order(BY_NAME[row["field"]], row["item"]))


def code(db: Database, row: Row) -> Row | None:
    """The code of an observed value, None for a field that has no codes or a value that was not coded yet: `system`, `code`
    (None where there is none), `title`, `within`, `method`, `score`, `reason` (why there is none) and `candidates`."""
    kind = _KIND_OF.get(row["field"])
    return _coded(db, kind, row["value"]) if kind and row["value"] is not None else None


def occupation_code(db: Database, slug: str) -> Row | None:
    """The SOC code of an occupation, as `code` gives others; None where no official file was loaded."""
    title = rows(db, "SELECT title FROM occupation WHERE slug = ?", [slug])
    return _coded(db, "occupation", title[0]["title"]) if title else None


def _coded(db: Database, kind: Kind, text: Value) -> Row | None:
    query = "SELECT code, title, within, method, score, reason, candidates FROM coding WHERE kind = ? AND text = ?"
    found = rows(db, query, [kind, text])
    return {"system": SYSTEMS[kind], **found[0], "candidates": json.loads(found[0]["candidates"])} if found else None


def other_pages(db: Database, row: Row) -> OtherPages:
    """What other pages say of the fact of an observation. A value that is missing, or in doubt, neither agrees nor disagrees."""
    query = (
        "SELECT url, captured_at, value, status, raw, capture_id FROM observation_latest "
        "WHERE occupation = ? AND field = ? AND item = ? AND url != ? ORDER BY captured_at DESC, url, side"
    )
    found = rows(db, query, [row["occupation"], row["field"], row["item"], row["url"]])
    pages = list({page["url"]: page for page in reversed(found)}.values())[::-1]
    for page in pages:
        both = page["status"] == row["status"] == "ok"
        page["agrees"] = page["value"] == row["value"] if both else None
    told = sorted(pages, key=lambda page: page["agrees"] is not False)
    verdicts = [page["agrees"] for page in pages]
    return OtherPages(len(pages), verdicts.count(True), verdicts.count(False), tuple(told[:MOST_PAGES]))


def run(db: Database, run_id: int) -> Row | None:
    """The row of `run`; None where the record of it is gone."""
    found = rows(db, "SELECT * FROM run WHERE run_id = ?", [run_id])
    return found[0] if found else None


def request(db: Database, url: str, fetched_at: str) -> Row | None:
    """The request that brought a live capture: the last one on the way to the page up to the time of the capture. None where the
    log does not have it: it was pruned, or the database was made anew."""
    query = (
        f"SELECT {_REQUEST} FROM request WHERE page IN (SELECT url FROM visit WHERE url = :url UNION "
        "SELECT v.url FROM page p JOIN visit v ON v.page_id = p.id WHERE p.url = :url) AND outcome IN ('ok', 'not_modified') "
        "AND requested_at <= :at AND requested_at >= strftime('%Y-%m-%dT%H:%M:%SZ', :at, :longest) "
        "ORDER BY requested_at DESC, request_id DESC LIMIT 1"
    )
    found = rows(db, query, {"url": url, "at": fetched_at, "longest": _LONGEST_VISIT})
    return found[0] if found else None


def seen(db: Database, row: Row) -> Row | None:
    """When the value of an observation was seen without a break: `first_seen`, `last_seen` and the number of captures. None where
    the history does not have it: it is in doubt or missing, or the database is older than histories are."""
    if row["status"] != "ok" or not rows(db, "SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = 'history'"):
        return None
    query = (
        "SELECT first_seen, last_seen, captures FROM history WHERE occupation = ? AND field = ? AND item = ? AND value = ? "
        "AND first_seen <= ? AND last_seen >= ? ORDER BY first_seen DESC LIMIT 1"
    )
    known = [row[name] for name in ("occupation", "field", "item", "value", "captured_at", "captured_at")]
    found = rows(db, query, known)
    return found[0] if found else None


def capture(db: Database, capture_id: str) -> Row:
    """The row of `capture`."""
    return rows(db, "SELECT * FROM capture WHERE capture_id = ?", [capture_id])[0]
