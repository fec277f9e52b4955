"""The data dictionary: every column of every public view, described."""

from sqlite_utils import Database

from db.views import wide_columns

_URL = "Address of the page: canonical and, after redirects, final"
_AT = "When the page was captured, UTC; capture.time_source says how that is known"
_ID = "Digest of address, time and body: the same in any database"
_PAGE, _OURS = "the page", "careerscape"

_OBSERVATION = [
    ("url", _URL, None, _PAGE),
    ("captured_at", _AT, "ISO 8601", _PAGE),
    ("side", "left is the job named first in the address, right the other", None, _PAGE),
    ("occupation", "Slug of the occupation, as in the address", None, _PAGE),
    ("field", "section.name of the field", None, _OURS),
    ("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE),
    ("value", "The value as integer, real or text; NULL when missing or unreadable", "see unit", _PAGE),
    ("value_number", "The value where it is a number", "see unit", _PAGE),
    ("value_text", "The value where it is text", None, _PAGE),
    ("unit", "Unit of the value", None, _OURS),
    ("status", "ok, missing, suspect or unreadable", None, _OURS),
    ("raw", "The whole cell, or the words of the sentence, verbatim", None, _PAGE),
    ("section", "Where it stands: overview, salary, education, demographics, skills or intro", None, _PAGE),
    ("capture_id", _ID, None, _OURS),
]

_VIEWS: dict[str, list[tuple[str, str, str | None, str]]] = {
    "observation": _OBSERVATION,
    "observation_latest": _OBSERVATION,
    "occupation": [
        ("slug", "Slug of the occupation, as in the page's address", None, _PAGE),
        ("title", "Title in the header of the newest page's tables", None, _PAGE),
        ("soc_code", "SOC 2018 code", "SOC 2018", _OURS),
        ("soc_title", "Title of the SOC code", None, _OURS),
        ("soc_method", "How the code was found", None, _OURS),
        ("soc_score", "How sure the code is, 0 to 1", None, _OURS),
        ("soc_reason", "Why there is no code: ambiguous (several fit) or unknown; NULL where there is one", None, _OURS),
        ("soc_candidates", "The best codes that were not taken, as JSON: a list of code, title and score", None, _OURS),
    ],
    "occupation_latest": [
        ("slug", "Slug of the occupation, as in the page's address", None, _PAGE),
        ("title", "Title in the header of the newest page's tables", None, _PAGE),
        ("soc_code", "SOC 2018 code", "SOC 2018", _OURS),
        ("as_of", "Time of the oldest capture that a value of this row comes from, UTC", "ISO 8601", _PAGE),
        ("captures", "Number of published captures that show the occupation", "count", _OURS),
        *(
            (name, f"{field.description}: {item}" if item else field.description, field.unit, _PAGE)
            for name, field, item in wide_columns()
        ),
        ("best_city_state", "State of the best paying city, where it is known", "USPS", _OURS),
        ("best_city_geonameid", "GeoNames id of the best paying city; NULL where it is unknown or ambiguous", "GeoNames", _OURS),
        ("best_state_usps", "Code of the best paying state", "USPS", _OURS),
        ("best_company_name", "Name of the best paying company without its legal form", None, _OURS),
        ("best_industry_naics", "Sector of the best paying industry; NULL where it is unknown or ambiguous", "NAICS 2022", _OURS),
        ("major_cip", "Code of the major, as broad as its word; NULL where it is unknown or ambiguous", "CIP 2020", _OURS),
        ("degree_isced", "Level of the degree; NULL where it has none", "ISCED 2011", _OURS),
    ],
    "comparison": [
        ("url", _URL, None, _PAGE),
        ("captured_at", _AT, "ISO 8601", _PAGE),
        ("left", "Slug of the job named first in the address; NULL when rejected", None, _PAGE),
        ("left_title", "Its title in the table header", None, _PAGE),
        ("right", "Slug of the other job; NULL when rejected", None, _PAGE),
        ("right_title", "Its title in the table header", None, _PAGE),
        ("outcome", "complete, partial (rows and an error) or rejected (no rows)", None, _OURS),
        ("published", "1 when its rows count in the views of published data", None, _OURS),
        ("findings", "Number of findings of the newest parse", "count", _OURS),
    ],
    "finding": [
        ("run_id", "The run that made the finding", None, _OURS),
        ("capture_id", f"{_ID}; NULL when the page never became a capture", None, _OURS),
        ("url", f"{_URL}; NULL without a capture", None, _PAGE),
        ("captured_at", f"{_AT}; NULL without a capture", "ISO 8601", _PAGE),
        ("side", "left or right, NULL when the whole page is meant", None, _OURS),
        ("field", "The field concerned, if it is one", None, _OURS),
        ("code", "Code of the finding, see docs/findings.md", None, _OURS),
        ("severity", "info, warning or error; only an error makes a page partial", None, _OURS),
        ("message", "What was found, in words", None, _OURS),
    ],
    "every_finding": [
        ("reading_id", "The reading that found it; NULL for what concerns a run", None, _OURS),
        ("run_id", "The run of the reading", None, _OURS),
        ("number", "Order of the findings of a reading", None, _OURS),
        ("side", "0 for left, 1 for right, NULL when the whole page is meant", None, _OURS),
        ("field_id", "The field concerned, if it is one", None, _OURS),
        ("code", "Code of the finding, see docs/findings.md", None, _OURS),
        ("severity", "info, warning or error", None, _OURS),
        ("message", "What was found, in words; `finding` is the view for questions", None, _OURS),
    ],
    "capture": [
        ("capture_id", _ID, None, _OURS),
        ("url", _URL, None, _PAGE),
        ("captured_at", _AT, "ISO 8601", _PAGE),
        ("fetched_at", "When the bytes came to the archive, UTC", "ISO 8601", _OURS),
        ("origin", "live, file, warc, wayback or commoncrawl", None, _OURS),
        ("status", "HTTP status, NULL without HTTP", None, _PAGE),
        ("sha256", "Digest of the decoded body", "hexadecimal", _OURS),
        ("outcome", "Outcome of the newest parse", None, _OURS),
        ("published", "1 when its rows count in the views of published data", None, _OURS),
        ("warc_file", "File of the archive folder that holds the record", None, _OURS),
        ("warc_offset", "Where the record begins in it", "bytes", _OURS),
        ("warc_length", "Length of the record, compressed", "bytes", _OURS),
        ("time_source", "How captured_at was found: sidecar, file (the file's own time), warc or http", None, _OURS),
        ("noarchive", "1 when the site asks that no copy is shown: the bytes are never served or exported", None, _PAGE),
    ],
    "run": [
        ("run_id", "Number of the run", None, _OURS),
        ("command", "The command that was run", None, _OURS),
        ("started_at", "When it began, UTC", "ISO 8601", _OURS),
        ("finished_at", "When it ended, UTC; NULL while it works", "ISO 8601", _OURS),
        ("outcome", "done, partial, held, interrupted or failed", None, _OURS),
        ("exit_code", "What the command line ended with", None, _OURS),
        ("pages", "Pages in all: loaded + unchanged + rejected + failed", "count", _OURS),
        ("loaded", "Pages with new facts", "count", _OURS),
        ("unchanged", "Pages with the same facts as their previous capture", "count", _OURS),
        ("rejected", "Pages that gave no rows", "count", _OURS),
        ("failed", "Pages that could not be had", "count", _OURS),
    ],
    "conflict": [
        ("occupation", "Slug of the occupation on which pages disagree", None, _PAGE),
        ("field", "The fact on which they disagree: section.name of the field", None, _OURS),
        ("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE),
        ("captured_at", "From when on they disagree in this way, UTC", "ISO 8601", _PAGE),
        ("value_count", "How many different values there are", "count", _OURS),
        ("support", "JSON object: each value with the number of pages that say it", None, _OURS),
        ("example_urls", "JSON array: for each value the first address that says it", None, _PAGE),
        ("stands", "1 while it is the newest that is known of the fact: then occupation_latest has no value", None, _OURS),
    ],
    "history": [
        ("occupation", "Slug of the occupation", None, _PAGE),
        ("field", "section.name of the field", None, _OURS),
        ("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE),
        ("value", "A value that pages showed without a break, as integer, real or text", "see unit", _PAGE),
        ("first_seen", "When the first capture of the stretch was made, UTC", "ISO 8601", _PAGE),
        ("last_seen", "When the last one was made, UTC", "ISO 8601", _PAGE),
        ("captures", "Number of published captures of the stretch that show the value", "count", _OURS),
        ("unit", "Unit of the value", None, _OURS),
    ],
    "change": [
        ("occupation", "Slug of the occupation", None, _PAGE),
        ("field", "section.name of the field, or name of a code (best_industry_naics, soc_code)", None, _OURS),
        ("item", "Item of a share list, or rank of a skill; empty where the field has one value", None, _PAGE),
        ("old_value", "What it was before; NULL where there was none", "see unit", _PAGE),
        ("old_status", "ok, missing, or removed: it was not given", None, _OURS),
        ("new_value", "What it is from then on; NULL where there is none", "see unit", _PAGE),
        ("new_status", "ok, missing, or removed: it is not given any more", None, _OURS),
        (
            "changed_at",
            "Time of the capture that shows it first, or when another parser or vocabulary was applied, UTC",
            "ISO 8601",
            _OURS,
        ),
        ("cause", "source (the page says it), parser (we read it better), vocabulary (we code it otherwise)", None, _OURS),
        ("url", "The first page that shows it; NULL for a code", None, _PAGE),
        ("run_id", "The run that applied it; NULL for a change at the source", None, _OURS),
    ],
    "page_status": [
        ("url", "Canonical address of the page", None, _PAGE),
        (
            "state",
            "captured, removed, moved (it leads to another page), blocked, failed, parked, rejected (gave no rows), queued",
            None,
            _OURS,
        ),
        ("outcome", "How the last attempt at it ended, from the closed list of docs/fetching.md; NULL for none", None, _OURS),
        ("detail", "What is known of that ending, in words", None, _OURS),
        ("attempted_at", "When that was, UTC", "ISO 8601", _OURS),
        ("due_at", "When it is due again, UTC; NULL where it was only imported", "ISO 8601", _OURS),
        ("captured_at", "Time of its newest capture that gave rows, UTC", "ISO 8601", _PAGE),
    ],
    "request": [
        ("url", "Address that was asked for, as it was sent; robots.txt and sitemaps included", None, _OURS),
        ("requested_at", "When, UTC", "ISO 8601", _OURS),
        ("outcome", "How it ended, from the closed list of docs/fetching.md", None, _OURS),
        ("http_status", "HTTP status; NULL where no answer came, or none was asked for", None, _PAGE),
        ("bytes", "Bytes of the body as they came", "bytes", _PAGE),
        (
            "delay_s",
            "The pause in force before it, from the end of the last response; NULL where nothing was asked for",
            "s",
            _OURS,
        ),
        (
            "delay_reason",
            "Who asks for the pause: a site file, --delay, Crawl-delay, Retry-After, latency, errors or default",
            None,
            _OURS,
        ),
        ("robots_rule", "What robots.txt says of the address: the line that decides, or why there is none", None, _PAGE),
        ("run_id", "The run that asked", None, _OURS),
        ("page", "Address of the page in the queue for which it was asked; NULL for a sitemap", None, _OURS),
        ("elapsed_ms", "From the start of the connection to the end of the body", "ms", _OURS),
        ("address", "IP address that was connected to; empty where none was", None, _OURS),
        ("detail", "What is known of the ending, in words", None, _OURS),
        ("request_id", "Number of the request, in the order in which they were written down", None, _OURS),
    ],
}


def fill(db: Database) -> None:
    """Write the dictionary anew."""
    db.conn.execute("DELETE FROM data_dictionary")
    db.conn.executemany(
        'INSERT INTO data_dictionary ("view", "column", description, unit, source) VALUES (?, ?, ?, ?, ?)',
        [(view, *row) for view, rows in _VIEWS.items() for row in rows],
    )
