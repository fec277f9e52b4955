"""Questions that the command line asks."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from db import doubtful, views
from normalize.errors import UnknownField, UnknownOccupation
from normalize.fields import BY_NAME, FIELDS, GROUPS, Field
from normalize.folding import fold, letters

Row = dict[str, Any]
_SUGGESTIONS = 5
_LONGEST_NAME = 200
_NEWEST_FIRST = "ORDER BY x.changed_at DESC, occupation, field, x.item, x.old_value, x.new_value LIMIT ?"


def rows(db: Database, query: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
    """The rows of a query as dicts."""
    cursor = db.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def occupation(db: Database, name: str) -> str:
    """The slug of the occupation that a slug or title names. Raises UnknownOccupation with suggestions."""
    if db.execute("SELECT 1 FROM occupation WHERE slug = ?", [name]).fetchone():
        return name
    known = db.execute("SELECT slug, title FROM occupation").fetchall()
    for same in (fold, letters):
        found = sorted({slug for slug, title in known if same(name) and same(name) in (same(title), same(slug))})
        if len(found) == 1:
            return str(found[0])
        if found:
            raise UnknownOccupation(name, tuple(found), ambiguous=True)
    raise UnknownOccupation(name, _similar(fold(name), known))


def _similar(name: str, known: list[tuple[str, str]]) -> tuple[str, ...]:
    if len(name) > _LONGEST_NAME:
        return ()
    by_title = {fold(title): slug for slug, title in known}
    close = [by_title[title] for title in difflib.get_close_matches(name, by_title, _SUGGESTIONS, 0.6)]
    within = [slug for title, slug in sorted(by_title.items()) if len(name) > 2 and name in title]
    return tuple(dict.fromkeys([*close, *within]))[:_SUGGESTIONS]


def search(db: Database, text: str) -> list[Row]:
    """The rows of `occupation` whose title or slug has all words of a text, all for none; those that begin with it first."""
    wanted = fold(text)
    words = wanted.split()

    def fits(row: Row) -> bool:
        title, slug = fold(row["title"]), letters(row["slug"])
        return all(word in title or (letters(word) and letters(word) in slug) for word in words)

    def place(row: Row) -> tuple[bool, bool, str]:
        title = fold(row["title"])
        return title != wanted, not title.startswith(wanted), title

    return sorted(filter(fits, rows(db, "SELECT * FROM occupation")), key=place)


def newest_runs(db: Database, most: int) -> list[Row]:
    """The newest rows of `run`, the newest first."""
    return rows(db, "SELECT * FROM run ORDER BY run_id DESC LIMIT ?", [most])


def counts(db: Database) -> Row:
    """How many occupations, pages, captures and published captures there are, and how many pages wait to be fetched."""
    return rows(
        db,
        "SELECT (SELECT count(*) FROM occupation) AS occupations, (SELECT count(*) FROM page) AS pages, "
        "(SELECT count(*) FROM page_capture) AS captures, "
        "(SELECT count(*) FROM page_capture WHERE published_reading_id IS NOT NULL) AS published, "
        "(SELECT count(*) FROM visit WHERE state IN ('queued', 'claimed')) AS waiting",
    )[0]


def latest(db: Database, slug: str) -> Row:
    """The row of `occupation_latest`."""
    return rows(db, "SELECT * FROM occupation_latest WHERE slug = ?", [slug])[0]


def facts(db: Database, slug: str) -> list[Row]:
    """The rows of `observation` that an occupation's latest values come from, in the order of the fields.

    Fields printed together come from one capture; where every page leaves a group in doubt, the newest rows in doubt are given
    (and no others of a list of shares, which stands or falls as a whole).
    """
    current = _current(db, slug)
    found = _observed(db, {group: [(capture_id, side)] for group, (capture_id, side, _) in current.items()})
    doubts = {group: doubtful.newest(db, slug, group)[:1] for group in GROUPS if group not in current}
    return _in_order([*found, *filter(_is_doubtful, _observed(db, doubts))])


def newer_doubts(db: Database, slug: str) -> list[Row]:
    """The suspect and unreadable rows of `observation` of other pages that are no older than those from which the latest
    values of their group come: the newest one of a field and item."""
    doubts = {group: doubtful.newest(db, slug, group, place) for group, place in _current(db, slug).items()}
    found: dict[tuple[str, str], Row] = {}
    for row in filter(_is_doubtful, _observed(db, doubts)):
        key = row["field"], row["item"]
        if key not in found or found[key]["captured_at"] < row["captured_at"]:
            found[key] = row
    return _in_order(found.values())


def _is_doubtful(row: Row) -> bool:
    return row["status"] in ("suspect", "unreadable")


def _current(db: Database, slug: str) -> dict[str, tuple[str, str, str]]:
    """The capture, side and time that the latest values of each group of fields come from."""
    found = db.execute(
        "SELECT k.group_id, c.capture_id, CASE k.side WHEN 0 THEN 'left' ELSE 'right' END, c.captured_at FROM job_current k "
        "JOIN job j ON j.id = k.job_id JOIN page_capture c ON c.id = k.page_capture_id WHERE j.slug = ?",
        [slug],
    ).fetchall()
    return {GROUPS[group]: (capture_id, side, at) for group, capture_id, side, at in found}


def _observed(db: Database, places: Mapping[str, Sequence[tuple[str, str]]]) -> list[Row]:
    """The rows of `observation` of groups of fields, each from its captures and sides."""
    return [
        row
        for place in dict.fromkeys(place for several in places.values() for place in several)
        for row in rows(db, "SELECT * FROM observation WHERE capture_id = ? AND side = ?", place)
        if place in places.get(BY_NAME[row["field"]].group, ())
    ]


def _in_order(found: Iterable[Row]) -> list[Row]:
    return sorted(found, key=lambda row: order(BY_NAME[row["field"]], row["item"]))


def conflicts(db: Database, slug: str) -> list[Row]:
    """The rows of `conflict` that stand: facts of which an occupation has no latest value, whatever row `facts` has."""
    found = rows(db, "SELECT * FROM conflict WHERE occupation = ? AND stands = 1", [slug])
    return sorted(found, key=lambda row: order(BY_NAME[row["field"]], row["item"]))


def unpacked(row: Row) -> Row:
    """A row of `conflict` with its JSON columns as what they say."""
    return row | {name: json.loads(row[name]) for name in ("support", "example_urls")}


def soc(db: Database, slug: str) -> tuple[str, str]:
    """The SOC code of an occupation and its title, empty for none."""
    row = rows(db, "SELECT soc_code, soc_title FROM occupation WHERE slug = ?", [slug])[0]
    return row["soc_code"] or "", row["soc_title"] or ""


def history(db: Database, slug: str, field: Field | None = None, item: str = "") -> list[Row]:
    """The rows of `history` of an occupation, of one field or item if one is named: facts in their order, the oldest first."""
    query = "SELECT * FROM history WHERE occupation = ?"
    found = rows(db, f"{query} AND field = ?", [slug, field.name]) if field else rows(db, query, [slug])
    listed = [row for row in found if item in ("", row["item"])]
    return sorted(listed, key=lambda row: (order(BY_NAME[row["field"]], row["item"]), row["first_seen"]))


def ends(db: Database, slug: str, field: Field) -> list[str]:
    """The times at which a page stopped to show a value of a field of an occupation."""
    query = f"{views.SOURCE_CHANGES} WHERE j.slug = ? AND x.field_id = ? AND x.new_status != 0"
    return [row["changed_at"] for row in rows(db, query, [slug, field.id])]


def changes(db: Database, since: str, most: int, codes: bool = True) -> list[Row]:
    """The newest rows of `change` that are not older than a time, the newest first; of the same time by occupation and field,
    so that the order of loading tells nothing. Without `codes` only those of what pages say."""
    of_codes = "1" if codes else f"x.field NOT IN ({', '.join(map(repr, (*views.CODE_COLUMNS, 'soc_code')))})"
    found = [
        row
        for select, said in ((views.SOURCE_CHANGES, "1"), (views.APPLIED_CHANGES, of_codes))
        for row in rows(db, f"{select} WHERE x.changed_at >= ? AND {said} {_NEWEST_FIRST}", [since, most])
    ]
    return sorted(found, key=lambda row: row["changed_at"], reverse=True)[:most]


def changes_of(db: Database, slug: str, most: int) -> list[Row]:
    """The newest rows of `change` of an occupation, the newest first."""
    found = [
        row
        for select in (views.SOURCE_CHANGES, views.APPLIED_CHANGES)
        for row in rows(db, f"{select} WHERE j.slug = ? {_NEWEST_FIRST}", [slug, most])
    ]
    return sorted(found, key=lambda row: row["changed_at"], reverse=True)[:most]


def pages_of(db: Database, slug: str) -> list[Row]:
    """The pages that show an occupation: `url`, the slug and title of the `other` one on it, the time of its newest published
    capture, and the number of published `captures`; the newest first."""
    return rows(
        db,
        "SELECT p.url, max(c.captured_at) AS captured_at, count(DISTINCT c.id) AS captures, oj.slug AS other, "
        "t.title AS other_title FROM job j JOIN sighting s ON s.job_id = j.id "
        "JOIN sighting o ON o.content_id = s.content_id AND o.side != s.side JOIN job oj ON oj.id = o.job_id "
        "LEFT JOIN job_title t ON t.id = oj.title_id JOIN reading r ON r.content_id = s.content_id "
        "JOIN page_capture c ON c.id = r.page_capture_id AND c.published_reading_id = r.id JOIN page p ON p.id = c.page_id "
        "WHERE j.slug = ? GROUP BY p.id, oj.id ORDER BY captured_at DESC, p.url",
        [slug],
    )


def best_paid(db: Database, most: int) -> list[Row]:
    """The occupations with the highest annual mean wage (`value`) of today: `slug`, `title`."""
    pay = BY_NAME["salary.annual_mean_usd"]
    return rows(
        db,
        "SELECT j.slug, i.title, x.annual_mean_usd AS value FROM job_current k JOIN job j ON j.id = k.job_id "
        "JOIN job_title i ON i.id = j.title_id JOIN salary x ON x.id = k.row_id "
        f"WHERE k.group_id = ? AND x.annual_mean_usd_status = 0 AND {views.undisputed(pay)} "
        "ORDER BY value DESC, j.slug LIMIT ?",
        [GROUPS.index(pay.group), most],
    )


def order(field: Field, item: str) -> tuple[int, int, int]:
    """The place of a field and item in a list of facts; a skill's name and per cent stand together."""
    if field.ranked:
        return min(f.id for f in FIELDS if f.ranked), int(item), field.id
    return field.id, field.items.index(item) if item else -1, 0


def field_and_item(name: str) -> tuple[Field, str]:
    """The field, and the item if one is named, of `salary.annual_mean_usd`, `annual_mean_usd`, `salary_annual_mean_usd`,
    `demographics.gender_pct.male`, `demographics_gender_male_pct`, `skill.name.1`. Raises UnknownField."""
    spelled: dict[str, tuple[Field, str]] = {}
    for field in FIELDS:
        spelled |= dict.fromkeys((field.name, field.name.replace(".", "_"), field.label.lower()), (field, ""))
        for item in (*field.items, *(map(str, range(1, 101)) if field.ranked else ())):
            column = f"{field.section}_{field.column.removesuffix('_pct')}_{item}_pct"
            spelled |= dict.fromkeys((f"{field.name}.{item}", f"{field.name}:{item}", column), (field, item))
    wanted = name.strip().lower()
    if wanted in spelled:
        return spelled[wanted]
    short = {s: f for s, f in spelled.items() if s.partition(".")[2] == wanted or s.partition("_")[2] == wanted}
    if len(set(short.values())) == 1:
        return next(iter(short.values()))
    names = [field.name for field in FIELDS]
    within = [n for n in (*names, *spelled) if wanted and wanted in n]
    close = difflib.get_close_matches(wanted, [*names, *spelled], 3, 0.6) or within[:3]
    raise UnknownField(name, tuple(sorted({f.name for f, _ in short.values()}) or close))


def provenance(db: Database, row: Row) -> Row:
    """Where an observation stands in its page (`block`, `row`, `column` of its cell), which code and vocabulary read it,
    in which run, and the record of its capture."""
    field = BY_NAME[row["field"]]
    return rows(
        db,
        "SELECT l.block, l.row, l.cell AS column, v.parser, v.vocabulary, r.run_id, w.name AS warc_file, c.warc_offset, "
        "c.warc_length, lower(hex(c.sha256)) AS sha256, coalesce(c.fetched_at, c.captured_at) AS fetched_at, k.origin, "
        "k.time_source FROM page_capture c JOIN capture_form k ON k.id = c.form_id JOIN archive_file w ON w.id = c.warc_file_id "
        "JOIN reading r ON r.id = c.published_reading_id JOIN parser_version v ON v.id = r.version_id "
        "JOIN sighting s ON s.content_id = r.content_id "
        "LEFT JOIN layout_cell l ON l.layout_id = s.layout_id AND l.field_id = ? AND l.rank = ? "
        "WHERE c.capture_id = ? AND s.side = ?",
        [field.id, int(row["item"]) if field.ranked else 0, row["capture_id"], 0 if row["side"] == "left" else 1],
    )[0]


def run(db: Database, run_id: int) -> Row:
    """The row of `run`."""
    return rows(db, "SELECT * FROM run WHERE run_id = ?", [run_id])[0]


def findings(db: Database, run_id: int) -> list[Row]:
    """The rows of `finding` that a run wrote."""
    return rows(db, "SELECT * FROM finding WHERE run_id = ?", [run_id])


def findings_of(db: Database, capture_id: str) -> list[Row]:
    """The rows of `finding` about one capture."""
    return rows(db, "SELECT * FROM finding WHERE capture_id = ?", [capture_id])
