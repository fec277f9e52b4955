"""`datapackage.json`: what the files of an export are, as Data Package v2 (https://datapackage.org) has it.

It holds no time of its own and no name of a machine: the same data gives the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from db.connection import Database
from db.dictionary import VIEWS, Column
from db.export.rows import Batch, Table

NAME = "datapackage.json"
GENERATOR = "careerscape export"
"""The value of `generator`, by which an earlier export is known."""


@dataclass(frozen=True, slots=True)
class Form:
    """A format of files: how it writes a table (the number of rows), what it says of a column, and what its readers have to know.

    Programs that check data packages read tables of CSV (`checked`). Files of another format they compare with size and digest
    alone: these are declared as files that have a schema, and `name` is not one by which such a program would pick a reader.
    """

    name: str
    suffix: str
    media_type: str
    write: Callable[[Path, Table, Iterable[Batch]], int]
    field: Callable[[Column], dict[str, Any]]
    rule: str = ""
    text: bool = True
    checked: bool = False


_TYPES = {"text": "string", "json": "string", "flag": "integer", "moment": "datetime", "mixed": "any"}


def described(column: Column, missing: Sequence[str] = (), **others: str) -> dict[str, Any]:
    """What is said of a column: its type as the standard names it, with `others` where a format has another, and what stands for
    NULL: nothing but null itself, or the texts of `missing`."""
    types = _TYPES | others
    return {"type": types.get(column.type, column.type), "missingValues": [*missing]}


_ABOUT = (
    "The public views of a database of careerscape. Per cents are numbers as shown (34.4), times are UTC, missing is never 0."
)
_PROFILES = "https://datapackage.org/profiles/2.0/"
_LICENSES = (
    {
        "name": "notspecified",
        "title": "Figures and words of the pages: no licence is known; see the terms of the sites in `sources`",
    },
    {
        "name": "CC-BY-4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
        "title": "Creative Commons Attribution 4.0: ids of GeoNames (best_city_geonameid), titles of O*NET (soc_title)",
    },
)
_CODES = (
    {"title": "GeoNames: places of the United States (best_city_geonameid)", "path": "https://www.geonames.org/"},
    {"title": "NAICS 2022, US Census Bureau (best_industry_naics)", "path": "https://www.census.gov/naics/"},
    {"title": "CIP 2020, National Center for Education Statistics (major_cip)", "path": "https://nces.ed.gov/ipeds/cipcode/"},
)
_OFFICIAL = {
    "onet": ("O*NET", "https://www.onetcenter.org/database.html"),
    "oews": ("OEWS, Bureau of Labor Statistics", "https://www.bls.gov/oes/"),
    "dmtf": ("Direct Match Title File, Bureau of Labor Statistics", "https://www.bls.gov/soc/"),
}


def descriptor(db: Database, resources: Sequence[dict[str, Any]], form: Form) -> dict[str, Any]:
    """The package of these resources; `form` is that of their files."""
    newest = db.execute("SELECT max(captured_at) FROM capture").fetchone()[0]
    words = [_ABOUT]
    words += [f"The newest page was captured at {newest}."] * bool(newest) + [form.rule] * bool(form.rule)
    return {
        "$schema": f"{_PROFILES}datapackage.json",
        "name": "careerscape",
        "title": "Careers compared: pay, education, people and outlook of occupations, as pages show them",
        "description": " ".join(words),
        "generator": GENERATOR,
        "keywords": ["careers", "occupations", "salaries", "education", "demographics"],
        "licenses": [*_LICENSES],
        "sources": [*_sources(db)],
        "resources": [*resources],
    }


def _sources(db: Database) -> Iterator[dict[str, str]]:
    """The sites of the pages, the user's official files, the lists that codes are from."""
    pages = db.execute("SELECT DISTINCT url FROM capture")
    roots = {f"{at.scheme}://{at.netloc}/" for (url,) in pages for at in (urlsplit(url),)}
    yield from ({"title": f"Comparison pages of {urlsplit(root).netloc}", "path": root} for root in sorted(roots))
    files = db.execute("SELECT DISTINCT kind, release FROM vocabulary_file ORDER BY kind, release").fetchall()
    yield from ({"title": f"{_OFFICIAL[kind][0]} {release}".strip(), "path": _OFFICIAL[kind][1]} for kind, release in files)
    yield from _CODES


def resource(table: Table, path: str, form: Form, size: int, sha256: str) -> dict[str, Any]:
    """One file of a table."""
    fields = [_field(column, form.field(column)) for column in table.columns]
    schema: dict[str, Any] = {"$schema": f"{_PROFILES}tableschema.json", "fields": fields}
    if key := [column.name for column in table.columns if column.key]:
        schema["primaryKey"] = key
    if references := [*_references(table)]:
        schema["foreignKeys"] = references
    return {
        "$schema": f"{_PROFILES}dataresource.json",
        "name": table.name,
        **({"type": "table"} if form.checked else {}),
        "path": path,
        "description": VIEWS[table.name],
        "format": form.name,
        "mediatype": form.media_type,
        **({"encoding": "utf-8"} if form.text else {}),
        "bytes": size,
        "hash": f"sha256:{sha256}",
        "schema": schema,
    }


def _field(column: Column, written: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"name": column.name, "description": column.description, **written, "source": column.source}
    if column.unit:
        said["unit"] = column.unit
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.type == "flag":
        constraints["enum"] = [0, 1]
    return said | ({"constraints": constraints} if constraints else {})


def _references(table: Table) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        if column.refers:
            view, _, other = column.refers.partition(".")
            yield {"fields": [column.name], "reference": {"resource": view, "fields": [other]}}
