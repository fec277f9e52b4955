"""The statements that make the tables, in the order of the schema versions: `db.schema` runs each group once."""

REFERENCE = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE status (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE page_section (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE field (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, section TEXT NOT NULL, unit TEXT) STRICT",
    'CREATE TABLE data_dictionary ("view" TEXT NOT NULL, "column" TEXT NOT NULL, description TEXT NOT NULL, unit TEXT, '
    'source TEXT NOT NULL, PRIMARY KEY ("view", "column")) WITHOUT ROWID, STRICT',
    "CREATE TABLE parser_version (id INTEGER PRIMARY KEY, parser TEXT NOT NULL, vocabulary TEXT NOT NULL, "
    "UNIQUE (parser, vocabulary)) STRICT",
    "CREATE TABLE archive_file (name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID, STRICT",
)

OCCUPATIONS = (
    "CREATE TABLE job (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE job_title (id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job, title TEXT NOT NULL, "
    "UNIQUE (job_id, title)) STRICT",
)

FACTS = (
    "CREATE TABLE share (demographics_id INTEGER NOT NULL REFERENCES demographics, field_id INTEGER NOT NULL REFERENCES field, "
    "item TEXT NOT NULL, pct REAL, status INTEGER NOT NULL REFERENCES status, "
    "CHECK ((pct IS NOT NULL) = (status IN (0, 2))), PRIMARY KEY (demographics_id, field_id, item)) WITHOUT ROWID, STRICT",
    "CREATE TABLE skillset (id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES job, digest INTEGER NOT NULL, "
    "UNIQUE (job_id, digest)) STRICT",
    "CREATE TABLE skill (skillset_id INTEGER NOT NULL REFERENCES skillset, rank INTEGER NOT NULL, "
    "name TEXT, name_status INTEGER REFERENCES status, name_raw TEXT, "
    "pct REAL, pct_status INTEGER REFERENCES status, pct_raw TEXT, "
    "CHECK ((name IS NOT NULL) = coalesce(name_status IN (0, 2), 0)), "
    "CHECK ((pct IS NOT NULL) = coalesce(pct_status IN (0, 2), 0)), "
    "PRIMARY KEY (skillset_id, rank)) WITHOUT ROWID, STRICT",
    "CREATE TABLE layout (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE) STRICT",
    "CREATE TABLE layout_cell (layout_id INTEGER NOT NULL REFERENCES layout, field_id INTEGER NOT NULL REFERENCES field, "
    "rank INTEGER NOT NULL, section_id INTEGER NOT NULL REFERENCES page_section, block INTEGER NOT NULL, row INTEGER NOT NULL, "
    "cell INTEGER NOT NULL, PRIMARY KEY (layout_id, field_id, rank)) WITHOUT ROWID, STRICT",
)

RECORD = (
    "CREATE TABLE page (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE run_log (id INTEGER PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, "
    "outcome TEXT CHECK (outcome IN ('done', 'partial', 'held', 'interrupted', 'failed')), exit_code INTEGER, "
    "pages INTEGER NOT NULL DEFAULT 0, loaded INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0, "
    "rejected INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE page_capture (id INTEGER PRIMARY KEY, capture_id TEXT NOT NULL UNIQUE, "
    "page_id INTEGER NOT NULL REFERENCES page, "
    "captured_at TEXT NOT NULL, fetched_at TEXT NOT NULL, "
    "origin TEXT NOT NULL CHECK (origin IN ('live', 'file', 'warc', 'wayback', 'commoncrawl')), "
    "time_source TEXT NOT NULL CHECK (time_source IN ('sidecar', 'file', 'warc', 'http')), media_type TEXT NOT NULL, "
    "charset TEXT NOT NULL, http_status INTEGER, sha256 BLOB NOT NULL CHECK (length(sha256) = 32), warc_file TEXT NOT NULL, "
    "warc_offset INTEGER NOT NULL, warc_length INTEGER NOT NULL, body_capture_id INTEGER REFERENCES page_capture, "
    "newest_reading_id INTEGER REFERENCES reading DEFERRABLE INITIALLY DEFERRED, "
    "published_reading_id INTEGER UNIQUE REFERENCES reading DEFERRABLE INITIALLY DEFERRED, "
    "UNIQUE (page_id, captured_at, sha256)) STRICT",
    "CREATE INDEX page_capture_body ON page_capture (sha256) WHERE body_capture_id IS NULL",
    "CREATE INDEX page_capture_at ON page_capture (captured_at)",
    "CREATE TABLE reading (id INTEGER PRIMARY KEY, page_capture_id INTEGER NOT NULL REFERENCES page_capture, "
    "run_id INTEGER NOT NULL REFERENCES run_log, version_id INTEGER NOT NULL REFERENCES parser_version, "
    "outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'partial', 'rejected')), parts TEXT NOT NULL) STRICT",
    "CREATE INDEX reading_capture ON reading (page_capture_id)",
    "CREATE INDEX reading_run ON reading (run_id)",
    "CREATE TABLE sighting (reading_id INTEGER NOT NULL REFERENCES reading, side INTEGER NOT NULL CHECK (side IN (0, 1)), "
    "job_id INTEGER NOT NULL REFERENCES job, title_id INTEGER NOT NULL REFERENCES job_title, "
    "salary_id INTEGER REFERENCES salary, education_id INTEGER REFERENCES education, "
    "demographics_id INTEGER REFERENCES demographics, outlook_id INTEGER REFERENCES outlook, "
    "skillset_id INTEGER REFERENCES skillset, layout_id INTEGER NOT NULL REFERENCES layout, "
    "PRIMARY KEY (reading_id, side)) WITHOUT ROWID, STRICT",
    "CREATE INDEX sighting_job ON sighting (job_id)",
    "CREATE TABLE page_finding (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run_log, "
    "reading_id INTEGER REFERENCES reading, side INTEGER CHECK (side IN (0, 1)), field_id INTEGER REFERENCES field, "
    "code TEXT NOT NULL, severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')), message TEXT NOT NULL) STRICT",
    "CREATE INDEX page_finding_reading ON page_finding (reading_id)",
    "CREATE TABLE job_current (job_id INTEGER NOT NULL REFERENCES job, group_id INTEGER NOT NULL, row_id INTEGER NOT NULL, "
    "page_capture_id INTEGER NOT NULL REFERENCES page_capture, side INTEGER NOT NULL, "
    "PRIMARY KEY (job_id, group_id)) WITHOUT ROWID, STRICT",
)

QUEUE = (
    "CREATE TABLE visit (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, host TEXT NOT NULL, "
    "state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'done')), queued_at TEXT NOT NULL, not_before TEXT, "
    "attempts INTEGER NOT NULL DEFAULT 0, attempted_at TEXT, outcome TEXT, detail TEXT, "
    "run_id INTEGER REFERENCES run_log, page_id INTEGER REFERENCES page) STRICT",
    "CREATE INDEX visit_waiting ON visit (state, id) WHERE state != 'done'",
    "CREATE INDEX visit_page ON visit (page_id)",
)

UNATTENDED = (
    "CREATE TABLE page_visit (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, host TEXT NOT NULL, "
    "state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'done', 'parked')), queued_at TEXT NOT NULL, "
    "due_at TEXT NOT NULL, depth INTEGER NOT NULL DEFAULT 0, followed INTEGER NOT NULL DEFAULT 0, "
    "attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, attempted_at TEXT, outcome TEXT, detail TEXT, "
    "gave_rows INTEGER CHECK (gave_rows IN (0, 1)), "
    "run_id INTEGER REFERENCES run_log, page_id INTEGER REFERENCES page) STRICT",
    "INSERT INTO page_visit (id, url, host, state, queued_at, due_at, attempts, attempted_at, outcome, detail, run_id, page_id) "
    "SELECT id, url, host, CASE state WHEN 'claimed' THEN 'queued' ELSE state END, queued_at, "
    "CASE state WHEN 'done' THEN strftime('%Y-%m-%dT%H:%M:%SZ', attempted_at, '+7 days') ELSE queued_at END, "
    "attempts, attempted_at, CASE outcome WHEN 'redirect' THEN 'redirected' ELSE outcome END, detail, run_id, page_id FROM visit",
    "CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, answered_at TEXT, held_until TEXT, "
    "held_because TEXT) STRICT",
    "INSERT INTO host (name, held_until, held_because) SELECT host, max(not_before), 'Retry-After' FROM visit "
    "WHERE not_before IS NOT NULL GROUP BY host",
    "DROP TABLE visit",
    "ALTER TABLE page_visit RENAME TO visit",
    "CREATE INDEX visit_due ON visit (state, due_at)",
    "CREATE INDEX visit_page ON visit (page_id)",
    "CREATE TABLE robots_txt (origin TEXT PRIMARY KEY, fetched_at TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, "
    "http_status INTEGER, body BLOB NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE request_log (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run_log, "
    "visit_id INTEGER REFERENCES visit, url TEXT NOT NULL, requested_at TEXT NOT NULL, outcome TEXT NOT NULL, "
    "http_status INTEGER, bytes INTEGER NOT NULL, elapsed_ms INTEGER, address TEXT, delay_s REAL, delay_reason TEXT, "
    "robots_rule TEXT, detail TEXT NOT NULL) STRICT",
    "CREATE INDEX request_run ON request_log (run_id)",
    "CREATE INDEX request_visit ON request_log (visit_id)",
    "ALTER TABLE page_capture ADD COLUMN etag TEXT",
    "ALTER TABLE page_capture ADD COLUMN last_modified TEXT",
    "CREATE INDEX page_capture_sha256 ON page_capture (sha256)",
)

TRUTH = (
    "ALTER TABLE job ADD COLUMN title_id INTEGER REFERENCES job_title",
    "UPDATE job SET title_id = (SELECT s.title_id FROM sighting s JOIN page_capture c ON c.published_reading_id = s.reading_id "
    "JOIN page p ON p.id = c.page_id WHERE s.job_id = job.id "
    "ORDER BY c.captured_at DESC, p.url, s.side, c.capture_id DESC LIMIT 1)",
    "CREATE TABLE coding (kind TEXT NOT NULL, text TEXT NOT NULL, code TEXT, title TEXT NOT NULL, within TEXT NOT NULL, "
    "method TEXT NOT NULL, score REAL, reason TEXT NOT NULL CHECK (reason IN ('', 'ambiguous', 'unknown')), "
    "candidates TEXT NOT NULL, CHECK (code IS NULL OR reason = ''), "
    "PRIMARY KEY (kind, text)) WITHOUT ROWID, STRICT",
    "CREATE TABLE vocabulary_file (id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('onet', 'oews', 'dmtf')), "
    "name TEXT NOT NULL, release TEXT NOT NULL, sha256 TEXT NOT NULL, rows INTEGER NOT NULL, loaded_at TEXT NOT NULL, "
    "UNIQUE (kind, name)) STRICT",
    "CREATE TABLE applied_change (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run_log, "
    "job_id INTEGER NOT NULL REFERENCES job, field TEXT NOT NULL, item TEXT NOT NULL, old_value ANY, old_status TEXT, "
    "new_value ANY, new_status TEXT, cause TEXT NOT NULL CHECK (cause IN ('parser', 'vocabulary')), "
    "changed_at TEXT NOT NULL) STRICT",
    "CREATE INDEX applied_change_job ON applied_change (job_id)",
    "CREATE TABLE disagreement (job_id INTEGER NOT NULL REFERENCES job, field_id INTEGER NOT NULL REFERENCES field, "
    "item TEXT NOT NULL, captured_at TEXT NOT NULL, value_count INTEGER NOT NULL, support TEXT NOT NULL, "
    "example_urls TEXT NOT NULL, stands INTEGER NOT NULL CHECK (stands IN (0, 1)), "
    "PRIMARY KEY (job_id, field_id, item, captured_at)) WITHOUT ROWID, STRICT",
    "CREATE INDEX disagreement_stands ON disagreement (job_id, field_id, item) WHERE stands = 1",
    "CREATE INDEX page_finding_mirror ON page_finding (reading_id) WHERE code = 'mirror_differs'",
    "CREATE TABLE hold (page_capture_id INTEGER PRIMARY KEY REFERENCES page_capture, run_id INTEGER NOT NULL REFERENCES run_log, "
    "held_at TEXT NOT NULL, reason TEXT NOT NULL, released_at TEXT, released_by TEXT, release_reason TEXT) STRICT",
    "CREATE INDEX hold_run ON hold (run_id)",
    "CREATE TABLE alert (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run_log, site TEXT NOT NULL, "
    "field_id INTEGER REFERENCES field, item TEXT NOT NULL, measure TEXT NOT NULL, usual REAL NOT NULL, found REAL NOT NULL, "
    "band REAL NOT NULL, evidence INTEGER NOT NULL, history INTEGER NOT NULL, first_capture_id INTEGER REFERENCES page_capture, "
    "state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'withdrawn')), decided_at TEXT, decided_by TEXT, "
    "why TEXT) STRICT",
    "CREATE INDEX alert_run ON alert (run_id)",
)

CONTENT = (
    "ALTER TABLE sighting RENAME TO sighting_of_reading",
    "CREATE TABLE content (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE, parts TEXT NOT NULL) STRICT",
    "CREATE TABLE sighting (content_id INTEGER NOT NULL REFERENCES content, side INTEGER NOT NULL CHECK (side IN (0, 1)), "
    "job_id INTEGER NOT NULL REFERENCES job, title_id INTEGER NOT NULL REFERENCES job_title, "
    "salary_id INTEGER REFERENCES salary, education_id INTEGER REFERENCES education, "
    "demographics_id INTEGER REFERENCES demographics, outlook_id INTEGER REFERENCES outlook, "
    "skillset_id INTEGER REFERENCES skillset, layout_id INTEGER NOT NULL REFERENCES layout, "
    "PRIMARY KEY (content_id, side)) WITHOUT ROWID, STRICT",
    "ALTER TABLE reading ADD COLUMN content_id INTEGER REFERENCES content",
)

TIME = (
    "DROP TABLE sighting_of_reading",
    "CREATE INDEX sighting_job ON sighting (job_id)",
    "ALTER TABLE reading DROP COLUMN parts",
    "CREATE INDEX reading_content ON reading (content_id)",
    "DROP INDEX reading_capture",
    "CREATE TABLE finding_set (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE) STRICT",
    "CREATE TABLE shared_finding (finding_set_id INTEGER NOT NULL REFERENCES finding_set, number INTEGER NOT NULL, "
    "side INTEGER CHECK (side IN (0, 1)), field_id INTEGER REFERENCES field, code TEXT NOT NULL, "
    "severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')), message TEXT NOT NULL, "
    "PRIMARY KEY (finding_set_id, number)) WITHOUT ROWID, STRICT",
    "ALTER TABLE reading ADD COLUMN finding_set_id INTEGER REFERENCES finding_set",
    "CREATE TABLE file_of_archive (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL) STRICT",
    "INSERT INTO file_of_archive (name, size) SELECT name, size FROM archive_file UNION "
    "SELECT warc_file, 0 FROM page_capture WHERE warc_file NOT IN (SELECT name FROM archive_file) ORDER BY name",
    "DROP TABLE archive_file",
    "ALTER TABLE file_of_archive RENAME TO archive_file",
    "CREATE TABLE capture_form (id INTEGER PRIMARY KEY, "
    "origin TEXT NOT NULL CHECK (origin IN ('live', 'file', 'warc', 'wayback', 'commoncrawl')), "
    "time_source TEXT NOT NULL CHECK (time_source IN ('sidecar', 'file', 'warc', 'http')), media_type TEXT NOT NULL, "
    "charset TEXT NOT NULL, http_status INTEGER) STRICT",
    "CREATE UNIQUE INDEX capture_form_whole ON capture_form (origin, time_source, media_type, charset, ifnull(http_status, -1))",
    "INSERT INTO capture_form (origin, time_source, media_type, charset, http_status) "
    "SELECT DISTINCT origin, time_source, media_type, charset, http_status FROM page_capture ORDER BY 1, 2, 3, 4, 5",
    "CREATE TABLE captured_page (id INTEGER PRIMARY KEY, capture_id TEXT NOT NULL UNIQUE, "
    "page_id INTEGER NOT NULL REFERENCES page, captured_at TEXT NOT NULL, fetched_at TEXT, "
    "form_id INTEGER NOT NULL REFERENCES capture_form, sha256 BLOB NOT NULL CHECK (length(sha256) = 32), "
    "warc_file_id INTEGER NOT NULL REFERENCES archive_file, warc_offset INTEGER NOT NULL, warc_length INTEGER NOT NULL, "
    "body_capture_id INTEGER REFERENCES page_capture, "
    "newest_reading_id INTEGER REFERENCES reading DEFERRABLE INITIALLY DEFERRED, "
    "published_reading_id INTEGER REFERENCES reading DEFERRABLE INITIALLY DEFERRED) STRICT",
    "INSERT INTO captured_page SELECT c.id, c.capture_id, c.page_id, c.captured_at, nullif(c.fetched_at, c.captured_at), k.id, "
    "c.sha256, w.id, c.warc_offset, c.warc_length, c.body_capture_id, c.newest_reading_id, c.published_reading_id "
    "FROM page_capture c JOIN archive_file w ON w.name = c.warc_file JOIN capture_form k ON k.origin = c.origin "
    "AND k.time_source = c.time_source AND k.media_type = c.media_type AND k.charset = c.charset "
    "AND k.http_status IS c.http_status",
    "CREATE TABLE validator (page_capture_id INTEGER PRIMARY KEY REFERENCES page_capture, etag TEXT, last_modified TEXT) STRICT",
    "INSERT INTO validator SELECT id, etag, last_modified FROM page_capture WHERE coalesce(etag, last_modified) IS NOT NULL",
    "DROP TABLE page_capture",
    "ALTER TABLE captured_page RENAME TO page_capture",
    "CREATE INDEX page_capture_page ON page_capture (page_id, captured_at)",
    "CREATE INDEX page_capture_body ON page_capture (substr(sha256, 1, 8)) WHERE body_capture_id IS NULL",
    "CREATE INDEX page_capture_copy ON page_capture (body_capture_id) WHERE body_capture_id IS NOT NULL",
    "CREATE TABLE span (job_id INTEGER NOT NULL REFERENCES job, field_id INTEGER NOT NULL REFERENCES field, item TEXT NOT NULL, "
    "number INTEGER NOT NULL, value ANY NOT NULL, first_capture_id INTEGER NOT NULL REFERENCES page_capture, "
    "last_capture_id INTEGER NOT NULL REFERENCES page_capture, captures INTEGER NOT NULL, "
    "PRIMARY KEY (job_id, field_id, item, number)) WITHOUT ROWID, STRICT",
    "CREATE TABLE source_change (job_id INTEGER NOT NULL REFERENCES job, field_id INTEGER NOT NULL REFERENCES field, "
    "item TEXT NOT NULL, number INTEGER NOT NULL, old_value ANY, old_status INTEGER NOT NULL, new_value ANY, "
    "new_status INTEGER NOT NULL, page_capture_id INTEGER NOT NULL REFERENCES page_capture, changed_at TEXT NOT NULL, "
    "PRIMARY KEY (job_id, field_id, item, number)) WITHOUT ROWID, STRICT",
    "CREATE INDEX source_change_at ON source_change (changed_at)",
    "ALTER TABLE applied_change ADD COLUMN page_capture_id INTEGER REFERENCES page_capture",
    "CREATE INDEX applied_change_at ON applied_change (changed_at)",
    "CREATE TABLE staged (page_capture_id INTEGER PRIMARY KEY REFERENCES page_capture, "
    "version_id INTEGER NOT NULL REFERENCES parser_version, run_id INTEGER NOT NULL REFERENCES run_log, "
    "outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'partial', 'rejected')), content_id INTEGER REFERENCES content, "
    "finding_set_id INTEGER REFERENCES finding_set) STRICT",
    "CREATE TABLE tombstone (url_sha256 BLOB PRIMARY KEY CHECK (length(url_sha256) = 32), forgotten_at TEXT NOT NULL, "
    "reason TEXT NOT NULL) WITHOUT ROWID, STRICT",
)
