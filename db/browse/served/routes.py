"""Our pages by their addresses. Each is HTML, and JSON under the same address with `.json` behind it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache, wraps
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from datasette.utils.asgi import Response

from db import queries
from db.browse import figures
from db.browse.pages import render
from db.browse.pages.links import Served, anchor
from db.browse.served.app import Application
from db.browse.served.guard import COPY, OURS
from db.browse.served.sources import Withheld
from db.queries import Row
from normalize.errors import Busy, CareerscapeError, ConfigError, StorageError, UnknownField, UnknownOccupation, UsageError
from normalize.wording import item_words

View = Callable[[Application, Any], Awaitable[Response]]

_LINKS = Served()
_SUGGESTED, _LISTED, _MEANT = 10, 100, 12
_STATIC = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def _told(view: View) -> View:
    """The view, with errors of ours as pages that say what is wrong and who may be meant."""

    @wraps(view)
    async def telling(datasette: Application, request: Any) -> Response:
        try:
            return await view(datasette, request)
        except CareerscapeError as error:
            return _refusal(datasette, request, error)

    return telling


def _refusal(app: Application, request: Any, error: CareerscapeError) -> Response:
    status, title = _kind(error)
    slugs = error.suggestions if isinstance(error, UnknownOccupation) else ()
    meant = [hit for slug in slugs if (hit := app.finder.known(slug))]
    words = _words(error)
    if _wants_json(request):
        suggestions = list(error.suggestions) if isinstance(error, UnknownOccupation | UnknownField) else []
        return _json({"ok": False, "status": status, "error": words, "suggestions": suggestions}, status)
    return _html(render.message(title, words, [hit.to_dict() for hit in meant], _LINKS), status)


def _kind(error: CareerscapeError) -> tuple[int, str]:
    match error:
        case UnknownOccupation():
            return 404, "No such occupation"
        case UnknownField():
            return 404, "No such fact"
        case Withheld():
            return 403, "No copy is shown"
        case UsageError():
            return 400, "That cannot be done"
        case StorageError() | ConfigError() | Busy():
            return 503, "It cannot be read at the moment"
    return 500, "A fault of ours"


def _words(error: CareerscapeError) -> str:
    """Without the hints that are for the command line."""
    if not isinstance(error, UnknownOccupation):
        return str(error)
    return str(error).partition("; did you mean")[0].removesuffix(" (`careerscape search` lists all)") + "."


@_told
async def start(datasette: Application, request: Any) -> Response:
    """The start page."""
    shown = await datasette.readers.ask(lambda db: figures.start(db, datetime.now(UTC)))
    return _json(shown.to_dict()) if _wants_json(request) else _html(render.start(shown, _LINKS))


@_told
async def occupation(datasette: Application, request: Any) -> Response:
    """One occupation, by its slug; a title leads to it."""
    name, as_json = _name(datasette, request.url_vars["name"])
    slug = await _slug(datasette, name)
    if slug != name:
        return _away(_LINKS.occupation(slug), as_json)
    shown = await datasette.readers.ask(lambda db: figures.occupation(db, slug))
    return _json(shown.to_dict()) if as_json else _html(render.occupation(shown, _LINKS))


@_told
async def comparison(datasette: Application, request: Any) -> Response:
    """Two occupations, by their slugs; titles lead to it."""
    left = unquote(request.url_vars["left"])
    right, as_json = _name(datasette, request.url_vars["right"])
    slugs = [await _slug(datasette, name) for name in (left, right)]
    if slugs != [left, right]:
        return _away(_LINKS.compare(*slugs), as_json)
    shown = await datasette.readers.ask(lambda db: figures.comparison(db, *slugs))
    return _json(shown.to_dict()) if as_json else _html(render.comparison(shown, _LINKS))


@_told
async def chooser(datasette: Application, request: Any) -> Response:
    """Two boxes; what is typed leads to a comparison where it names two occupations."""
    left, right = [await _choice(datasette, request.args.get(side) or "") for side in ("left", "right")]
    if left.slug and right.slug:
        if left.slug == right.slug:
            raise UsageError(f"{left.slug} is one occupation: name two to compare")
        return Response.redirect(_LINKS.compare(left.slug, right.slug))
    return _html(render.chooser(left, right, _LINKS))


async def _choice(app: Application, text: str) -> render.Choice:
    text = text.strip()[:200]
    if not text:
        return render.Choice()
    try:
        slug = await _slug(app, text)
    except UnknownOccupation as error:
        named = [hit for one in error.suggestions if (hit := app.finder.known(one))]
        hits = {hit.slug: hit for hit in [*app.finder.find(text, _MEANT), *named]}
        return render.Choice(text, "", [hit.to_dict() for hit in hits.values()])
    hit = app.finder.known(slug)
    return render.Choice(hit.title if hit else text, slug)


@_told
async def search(datasette: Application, request: Any) -> Response:
    """The occupations that a text finds: a page, or a list of `slug`, `title` and `soc_code`."""
    text = (request.args.get("q") or "").strip()
    if _wants_json(request):
        return _json([hit.to_dict() for hit in datasette.finder.find(text, _SUGGESTED)])
    found = [hit.to_dict() for hit in datasette.finder.find(text, _LISTED)]
    return _html(render.results(text[:200], found, _LINKS))


@_told
async def explanation(datasette: Application, request: Any) -> Response:
    """Where a value comes from."""
    slug, field, item, as_json, canonical = await _value(datasette, request)
    if canonical:
        return _away(canonical, as_json)
    if datasette.sources is None:
        raise StorageError("this server was started without an archive, so that nothing can be explained")
    told = await datasette.explained(lambda sources: sources.explain(slug, field, item))
    here = _LINKS.source(slug, field.name, item)
    if as_json:
        return _json(told.objects)
    hit = datasette.finder.known(slug)
    about = f", {item_words(field, item)}" if item else ""
    heading = f"{field.label}{about}: {hit.title if hit else slug}"
    copy = f"{here}/page#{told.anchor}" if told.has_copy else ""
    return _html(render.explanation(heading, told.sections, told.objects, _LINKS, slug, copy, f"{here}.json", told.gist))


@_told
async def copy(datasette: Application, request: Any) -> Response:
    """The archived page behind a value: nothing in it runs, and it is not of our origin."""
    slug, field, item, _, canonical = await _value(datasette, request)
    if canonical:
        return _away(f"{canonical}/page", False)
    if datasette.sources is None:
        raise StorageError("this server was started without an archive, so that no page can be shown")
    page = await datasette.explained(lambda sources: sources.page(slug, field, item))
    text = page.encode("utf-8", "replace").decode()
    return Response.html(text, headers={"Content-Security-Policy": COPY, "Cache-Control": "no-store"})


async def _value(app: Application, request: Any) -> tuple[str, Any, str, bool, str]:
    """Slug, field, item and whether JSON is asked for; and the address by which the value should have been asked for, empty where
    it was."""
    name, text = unquote(request.url_vars["name"]), unquote(request.url_vars["field"])
    as_json = text.endswith(".json")
    text = text.removesuffix(".json")
    field, item = queries.field_and_item(text)
    slug = await _slug(app, name)
    is_canonical = (slug, anchor(field.name, item)) == (name, text)
    return slug, field, item, as_json, "" if is_canonical else _LINKS.source(slug, field.name, item)


async def static(datasette: Application, request: Any) -> Response:  # noqa: ARG001 - as all views
    """A style sheet or script; asked for again only when it is another one."""
    found = _assets().get(unquote(request.url_vars["name"]))
    if found is None:
        return _html(render.message("There is no such page", "", (), _LINKS), 404)
    body, kind, tag = found
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": OURS}
    if tag in (request.headers.get("if-none-match") or ""):
        return Response("", status=304, headers=headers, content_type=kind)
    return Response(body, headers=headers, content_type=kind)


@cache
def _assets() -> Mapping[str, tuple[bytes, str, str]]:
    found = {}
    for path in (files("db.browse.pages") / "static").iterdir():
        kind = _STATIC.get(path.name[path.name.rfind(".") :])
        if kind and path.is_file():
            body = path.read_bytes()
            found[path.name] = (body, kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"')
    return found


def _name(app: Application, part: str) -> tuple[str, bool]:
    """The name that a part of a path gives, and whether JSON is asked for; a slug may end like that itself."""
    name = unquote(part)
    if name.endswith(".json") and app.finder.known(name) is None:
        return name.removesuffix(".json"), True
    return name, False


async def _slug(app: Application, name: str) -> str:
    """The slug of a slug or title. Raises UnknownOccupation."""
    if app.finder.known(name):
        return name
    return await app.readers.ask(lambda db: queries.occupation(db, name))


def _wants_json(request: Any) -> bool:
    return bool(request.path.endswith(".json"))


def _away(path: str, as_json: bool) -> Response:
    return Response.redirect(f"{path}.json" if as_json else path)


def _html(body: str, status: int = 200) -> Response:
    return Response.html(body, status, _headers(status))


def _json(value: Row | list[Any] | Any, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    return Response(body, status, _headers(status), "application/json; charset=utf-8")


def _headers(status: int) -> dict[str, str]:
    headers = {"Content-Security-Policy": OURS, "Cache-Control": "no-cache" if status == 200 else "no-store"}
    return headers | ({"Retry-After": "5"} if status == 503 else {})


_PART = "[^/]+"
ROUTES: tuple[tuple[str, Any], ...] = (
    (r"/(?:\.json)?$", start),
    (rf"/occupation/(?P<name>{_PART})$", occupation),
    (r"/compare$", chooser),
    (rf"/compare/(?P<left>{_PART})/(?P<right>{_PART})$", comparison),
    (r"/search(?:\.json)?$", search),
    (rf"/explain/(?P<name>{_PART})/(?P<field>{_PART})$", explanation),
    (rf"/explain/(?P<name>{_PART})/(?P<field>{_PART})/page$", copy),
    (rf"/static-careerscape/(?P<name>{_PART})$", static),
)
"""Patterns of raw paths, and their views."""
