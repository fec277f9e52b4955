"""The public views of CONTRACT.md, generated from the field list where they unpivot fields."""

import hashlib

from sqlite_utils import Database

from normalize.fields import BY_NAME, FIELDS, GROUPS, SECTIONS, Field, in_section

_STATUS = "CASE {} WHEN 0 THEN 'ok' WHEN 1 THEN 'missing' WHEN 2 THEN 'suspect' WHEN 3 THEN 'unreadable' END"
_SIDE = "CASE {} WHEN 0 THEN 'left' WHEN 1 THEN 'right' END"
_OUTER = (
    "p.url, c.captured_at, " + _SIDE.format("s.side") + " AS side, j.slug AS occupation, f.name AS field, {item} AS item, "
    "{value} AS value, {number} AS value_number, {text} AS value_text, f.unit, " + _STATUS.format("{status}") + " AS status, "
    "{raw} AS raw, (SELECT name FROM page_section WHERE id = l.section_id) AS section, c.capture_id"
)
_FROM = (
    "FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.published_reading_id "
    "AND r.page_capture_id = c.id "
    "JOIN sighting s ON s.content_id = r.content_id JOIN job j ON j.id = s.job_id "
)
_CELL = "LEFT JOIN layout_cell l ON l.layout_id = s.layout_id AND l.field_id = f.id AND l.rank = {rank} "


def column_name(field: Field, item: str = "") -> str:
    """A field's column of `occupation_latest`: `salary_annual_mean_usd`, `demographics_gender_male_pct`."""
    if item:
        return f"{field.section}_{field.column.removesuffix('_pct')}_{item}_pct"
    return field.name.replace(".", "_")


def wide_columns() -> list[tuple[str, Field, str]]:
    """The columns of `occupation_latest` after `captures`: name, field and item."""
    scalars = [(column_name(f), f, "") for f in FIELDS if f.scalar]
    return scalars + [(column_name(f, item), f, item) for f in FIELDS for item in f.items]


def _scalar_branch(section: str) -> str:
    fields = in_section(section)

    def case(column: str) -> str:
        return "CASE f.id " + " ".join(f"WHEN {f.id} THEN x.{column.format(f.column)}" for f in fields) + " END"

    def of_kind(text: bool) -> str:
        chosen = [f for f in fields if (f.kind == "text") == text]
        return "CASE f.id " + " ".join(f"WHEN {f.id} THEN x.{f.column}" for f in chosen) + " END" if chosen else "NULL"

    columns = _OUTER.format(
        item="''", value=case("{}"), number=of_kind(False), text=of_kind(True), status=case("{}_status"), raw=case("{}_raw")
    )
    ids = ", ".join(str(f.id) for f in fields)
    return (
        f"SELECT {columns} {_FROM} JOIN {section} x ON x.id = s.{section}_id JOIN field f ON f.id IN ({ids}) "
        + _CELL.format(rank=0) + f"WHERE {case('{}_status')} IS NOT NULL"
    )  # fmt: skip


def _share_branch() -> str:
    gender, race = BY_NAME["demographics.gender_pct"].id, BY_NAME["demographics.race_pct"].id
    raw = f"CASE f.id WHEN {gender} THEN x.gender_pct_raw WHEN {race} THEN x.race_pct_raw END"
    value = "CASE WHEN h.pct IS NOT NULL THEN h.pct END"
    columns = _OUTER.format(item="h.item", value=value, number="h.pct", text="NULL", status="h.status", raw=raw)
    return (
        f"SELECT {columns} {_FROM} JOIN demographics x ON x.id = s.demographics_id "
        "JOIN share h ON h.demographics_id = x.id JOIN field f ON f.id = h.field_id " + _CELL.format(rank=0)
    )


def _skill_branch() -> str:
    name, pct = BY_NAME["skill.name"].id, BY_NAME["skill.pct"].id

    def case(column: str) -> str:
        return f"CASE f.id WHEN {name} THEN k.name{column} WHEN {pct} THEN k.pct{column} END"

    columns = _OUTER.format(
        item="CAST(k.rank AS TEXT)", value=case(""), number=f"CASE f.id WHEN {pct} THEN k.pct END",
        text=f"CASE f.id WHEN {name} THEN k.name END", status=case("_status"), raw=case("_raw"),
    )  # fmt: skip
    return (
        f"SELECT {columns} {_FROM} JOIN skill k ON k.skillset_id = s.skillset_id "
        f"JOIN field f ON f.id IN ({name}, {pct}) " + _CELL.format(rank="k.rank") + f"WHERE {case('_status')} IS NOT NULL"
    )


def _observation() -> str:
    scalars = [_scalar_branch(section) for section in SECTIONS if section != "skill"]
    return " UNION ALL ".join([*scalars, _share_branch(), _skill_branch()])


LATEST_CAPTURE = (
    "NOT EXISTS (SELECT 1 FROM page_capture n WHERE n.page_id = c.page_id AND n.published_reading_id IS NOT NULL "
    "AND (n.captured_at, n.capture_id) > (c.captured_at, c.capture_id))"
)
"""The condition that the capture `c` is the newest published one of its page."""

_PUBLISHED_JOBS = "FROM job j JOIN job_title i ON i.id = j.title_id"
"""The occupations that a published capture shows, with their title; `j` and `i`."""

_CODES = {
    "best_city_state": ("salary.best_city", "within"),
    "best_city_geonameid": ("salary.best_city", "code"),
    "best_state_usps": ("salary.best_state", "code"),
    "best_company_name": ("salary.best_company", "code"),
    "best_industry_naics": ("salary.best_industry", "code"),
    "major_cip": ("education.major", "code"),
    "degree_isced": ("education.degree", "code"),
}
"""The columns of `occupation_latest` that code another of its values: the field whose text is coded, and what of its code."""

CODE_COLUMNS = tuple(_CODES)


def undisputed(field: Field, item: str = "") -> str:
    """The condition that pages do not disagree on a fact of the occupation `j`."""
    return (
        "NOT EXISTS (SELECT 1 FROM disagreement d WHERE d.job_id = j.id "
        f"AND d.field_id = {field.id} AND d.item = '{item}' AND d.stands = 1)"
    )


def _wide_value(field: Field, item: str) -> str:
    where = f"k.job_id = j.id AND k.group_id = {GROUPS.index(field.group)} AND {undisputed(field, item)}"
    if item:
        return (
            "(SELECT h.pct FROM job_current k JOIN share h ON h.demographics_id = k.row_id "
            f"WHERE {where} AND h.field_id = {field.id} AND h.item = '{item}' AND h.status = 0)"
        )
    return (
        f"(SELECT x.{field.column} FROM job_current k JOIN {field.section} x ON x.id = k.row_id "
        f"WHERE {where} AND x.{field.column}_status = 0)"
    )


def _code(name: str, what: str) -> str:
    """The code of the latest value of a field, NULL where it has none."""
    field, kind = BY_NAME[name], name.rpartition(".")[2].removeprefix("best_")
    return f"(SELECT nullif(t.{what}, '') FROM coding t WHERE t.kind = '{kind}' AND t.text = {_wide_value(field, '')})"


def _occupation() -> str:
    codes = {
        "soc_code": "t.code", "soc_title": "nullif(t.title, '')", "soc_method": "nullif(t.method, '')", "soc_score": "t.score",
        "soc_reason": "nullif(t.reason, '')", "soc_candidates": "nullif(t.candidates, '[]')",
    }  # fmt: skip
    columns = ", ".join(f"{what} AS {name}" for name, what in codes.items())
    return f"SELECT j.slug, i.title, {columns} {_PUBLISHED_JOBS} LEFT JOIN coding t ON t.kind = 'occupation' AND t.text = i.title"


def _occupation_latest() -> str:
    values = ", ".join(f"{_wide_value(field, item)} AS {name}" for name, field, item in wide_columns())
    codes = ", ".join(f"{_code(*of)} AS {name}" for name, of in _CODES.items())
    return (
        "SELECT j.slug, i.title, (SELECT t.code FROM coding t WHERE t.kind = 'occupation' AND t.text = i.title) AS soc_code, "
        "(SELECT min(c.captured_at) FROM job_current k JOIN page_capture c ON c.id = k.page_capture_id "
        "WHERE k.job_id = j.id) AS as_of, "
        "(SELECT count(DISTINCT r.id) FROM sighting s JOIN reading r ON r.content_id = s.content_id "
        "JOIN page_capture c ON c.id = r.page_capture_id AND c.published_reading_id = r.id "
        f"WHERE s.job_id = j.id) AS captures, {values}, {codes} {_PUBLISHED_JOBS}"
    )


def _comparison() -> str:
    def of(side: int, what: str) -> str:
        join = "JOIN job j ON j.id = s.job_id" if what == "j.slug" else "JOIN job_title t ON t.id = s.title_id"
        return f"(SELECT {what} FROM sighting s {join} WHERE s.content_id = r.content_id AND s.side = {side})"

    return (
        f"SELECT p.url, c.captured_at, {of(0, 'j.slug')} AS left, {of(0, 't.title')} AS left_title, "
        f"{of(1, 'j.slug')} AS right, {of(1, 't.title')} AS right_title, r.outcome, "
        "c.published_reading_id IS NOT NULL AS published, "
        "(SELECT count(*) FROM page_finding g WHERE g.reading_id = r.id) + "
        "(SELECT count(*) FROM shared_finding g WHERE g.finding_set_id = r.finding_set_id) AS findings "
        "FROM page_capture c JOIN page p ON p.id = c.page_id LEFT JOIN reading r ON r.id = c.newest_reading_id"
    )


_REMOVED = "('gone', 'not_found')"
_BLOCKED = "('blocked', 'challenge', 'rate_limited', 'robots_denied')"
_REJECTED = "('soft_404', 'empty', 'wrong_type')"
_NEWEST = (
    "(SELECT max(c.captured_at) FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id "
    "WHERE c.page_id = p.id AND r.outcome != 'rejected')"
)


_LAST = (
    "(SELECT r.outcome FROM page_capture c JOIN reading r ON r.id = c.newest_reading_id WHERE c.page_id = p.id "
    "ORDER BY c.captured_at DESC, c.id DESC LIMIT 1)"
)


def _page_status() -> str:
    """Every page once, under its own address: by how the last attempt at it ended, else by its captures.

    A page that was only ever reached through other addresses (redirects) is judged by the best of these, and they are not
    listed; an address that leads to no comparison is listed itself, and not the page that it leads to.
    """
    columns = "v.outcome, v.detail, v.attempted_at, v.due_at, v.state = 'parked' AS parked, v.gave_rows"
    page = f"SELECT p.url, {_NEWEST} AS captured_at, {_LAST} AS last"
    own = f"{page}, v.page_id != p.id AS elsewhere, {columns} FROM page p JOIN visit v ON v.url = p.url"
    no_own = "NOT EXISTS (SELECT 1 FROM visit o WHERE o.url = p.url)"
    best = (
        "(SELECT id FROM visit a WHERE a.page_id = p.id "
        "ORDER BY coalesce(a.outcome IN ('ok', 'not_modified') AND a.gave_rows, 0) DESC, a.attempted_at DESC LIMIT 1)"
    )
    reached = f"{page}, 0, {columns} FROM page p JOIN visit v ON v.id = {best} WHERE {no_own} AND {_NEWEST} IS NOT NULL"
    imported = (
        f"{page}, 0, NULL, NULL, NULL, NULL, 0, NULL FROM page p WHERE {no_own} "
        "AND NOT EXISTS (SELECT 1 FROM visit a WHERE a.page_id = p.id)"
    )
    others = (
        f"SELECT v.url, NULL, NULL, 0, {columns} FROM visit v WHERE v.url NOT IN (SELECT url FROM page) "
        "AND (v.page_id IS NULL OR v.gave_rows = 0)"
    )
    state = (
        f"CASE WHEN outcome IN {_REMOVED} THEN 'removed' WHEN outcome IN {_BLOCKED} THEN 'blocked' "
        f"WHEN outcome IN {_REJECTED} OR (outcome IN ('ok', 'not_modified') AND gave_rows = 0) THEN 'rejected' "
        "WHEN outcome NOT IN ('ok', 'not_modified', 'refused_address') THEN CASE WHEN parked THEN 'parked' ELSE 'failed' END "
        "WHEN elsewhere AND outcome IN ('ok', 'not_modified') THEN 'moved' "
        "WHEN captured_at IS NOT NULL THEN 'captured' WHEN last = 'rejected' THEN 'rejected' ELSE 'queued' END"
    )
    parts = " UNION ALL ".join((own, reached, imported, others))
    return f"SELECT url, {state} AS state, outcome, detail, attempted_at, due_at, captured_at FROM ({parts})"


EVERY_FINDING = (
    "SELECT r.id AS reading_id, r.run_id, s.number, s.side, s.field_id, s.code, s.severity, s.message FROM reading r "
    "JOIN shared_finding s ON s.finding_set_id = r.finding_set_id UNION ALL "
    "SELECT reading_id, run_id, 1000000 + id, side, field_id, code, severity, message FROM page_finding"
)
"""All findings, those of runs too: `number` is their order within a reading. Queries of ours ask this view."""


def _finding() -> str:
    about = (
        _SIDE.format("g.side")
        + " AS side, (SELECT name FROM field WHERE id = g.field_id) AS field, g.code, g.severity, g.message"
    )
    capture = "c.capture_id, p.url, c.captured_at"
    of_capture = "FROM page_capture c JOIN page p ON p.id = c.page_id JOIN reading r ON r.id = c.newest_reading_id "
    return (
        f"SELECT g.run_id, NULL AS capture_id, NULL AS url, NULL AS captured_at, {about} FROM page_finding g "
        f"WHERE g.reading_id IS NULL UNION ALL SELECT r.run_id, {capture}, {about} {of_capture} "
        f"JOIN shared_finding g ON g.finding_set_id = r.finding_set_id UNION ALL SELECT g.run_id, {capture}, {about} "
        f"{of_capture} JOIN page_finding g ON g.reading_id = r.id"
    )


_SAID = "CASE {} WHEN 0 THEN 'ok' WHEN 1 THEN 'missing' WHEN 4 THEN 'removed' END"
SOURCE_CHANGES = (
    "SELECT j.slug AS occupation, f.name AS field, x.item, x.old_value, " + _SAID.format("x.old_status") + " AS old_status, "
    "x.new_value, " + _SAID.format("x.new_status") + " AS new_status, x.changed_at, 'source' AS cause, p.url, "
    "NULL AS run_id FROM source_change x "
    "JOIN job j ON j.id = x.job_id JOIN field f ON f.id = x.field_id JOIN page_capture c ON c.id = x.page_capture_id "
    "JOIN page p ON p.id = c.page_id"
)
"""The changes at the source; `x` is their table."""

APPLIED_CHANGES = (
    "SELECT j.slug AS occupation, x.field, x.item, x.old_value, x.old_status, x.new_value, x.new_status, x.changed_at, x.cause, "
    "p.url, x.run_id FROM applied_change x JOIN job j ON j.id = x.job_id LEFT JOIN page_capture c ON c.id = x.page_capture_id "
    "LEFT JOIN page p ON p.id = c.page_id"
)
"""The changes by another parser or vocabulary; `x` is their table."""


def definitions() -> dict[str, str]:
    """The SELECT of each public view, by name, in the order in which they have to be made."""
    observation = _observation()
    newest = _FROM.replace("FROM page_capture c", f"FROM (SELECT c.* FROM page_capture c WHERE {LATEST_CAPTURE}) c")
    return {
        "observation": observation,
        "observation_latest": observation.replace(_FROM, newest),
        "occupation": _occupation(),
        "occupation_latest": _occupation_latest(),
        "comparison": _comparison(),
        "every_finding": EVERY_FINDING,
        "finding": _finding(),
        "capture": "SELECT c.capture_id, p.url, c.captured_at, coalesce(c.fetched_at, c.captured_at) AS fetched_at, k.origin, "
        "k.http_status AS status, "
        "lower(hex(c.sha256)) AS sha256, r.outcome, c.published_reading_id IS NOT NULL AS published, w.name AS warc_file, "
        "c.warc_offset, c.warc_length, k.time_source, EXISTS (SELECT 1 FROM every_finding g "
        "WHERE g.reading_id = c.newest_reading_id "
        "AND g.code = 'noarchive') AS noarchive FROM page_capture c JOIN page p ON p.id = c.page_id "
        "JOIN capture_form k ON k.id = c.form_id JOIN archive_file w ON w.id = c.warc_file_id "
        "LEFT JOIN reading r ON r.id = c.newest_reading_id",
        "run": "SELECT id AS run_id, command, started_at, finished_at, outcome, exit_code, pages, loaded, unchanged, rejected, "
        "failed FROM run_log",
        "request": "SELECT q.url, q.requested_at, q.outcome, q.http_status, q.bytes, q.delay_s, q.delay_reason, q.robots_rule, "
        "q.run_id, v.url AS page, q.elapsed_ms, q.address, q.detail, q.id AS request_id FROM request_log q "
        "LEFT JOIN visit v ON v.id = q.visit_id",
        "page_status": _page_status(),
        "conflict": "SELECT j.slug AS occupation, f.name AS field, d.item, d.captured_at, d.value_count, d.support, "
        "d.example_urls, d.stands FROM disagreement d JOIN job j ON j.id = d.job_id JOIN field f ON f.id = d.field_id",
        "history": "SELECT j.slug AS occupation, f.name AS field, x.item, x.value, a.captured_at AS first_seen, "
        "b.captured_at AS last_seen, x.captures, f.unit FROM span x JOIN job j ON j.id = x.job_id "
        "JOIN field f ON f.id = x.field_id JOIN page_capture a ON a.id = x.first_capture_id "
        "JOIN page_capture b ON b.id = x.last_capture_id",
        "change": f"{SOURCE_CHANGES} UNION ALL {APPLIED_CHANGES}",
    }  # fmt: skip


def digest() -> str:
    """Changes with any view's definition."""
    return hashlib.sha256("\n".join(f"{n} {q}" for n, q in definitions().items()).encode()).hexdigest()[:16]


def drop(db: Database) -> None:
    """Drop all views."""
    for name in db.view_names():
        db.conn.execute(f'DROP VIEW "{name}"')


def create(db: Database) -> None:
    """Make all views, of which none is there."""
    for name, query in definitions().items():
        db.conn.execute(f'CREATE VIEW "{name}" AS {query}')
