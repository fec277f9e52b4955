"""What Datasette's own pages need of us: cells that lead to our pages, search, a way back, and errors that say what is wrong."""

import sqlite3
import sys
import traceback
from collections.abc import Generator
from typing import Any

from datasette import hookimpl
from datasette.database import QueryInterrupted
from datasette.filters import FilterArguments
from datasette.utils.asgi import Base400, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup, escape

from db.browse.pages import render
from db.browse.pages.links import Served
from db.browse.served import describing
from db.browse.served.app import MATCHES, Application
from db.browse.served.guard import OURS
from db.columns import VIEWS
from normalize.errors import StorageError

_LINKS = Served()
_SLUGS = frozenset(("slug", "occupation", "left", "right"))
_SEARCHED = {"occupation": "slug", "occupation_latest": "slug", "observation_latest": "occupation", "observation": "occupation"}
"""The views with a search box, and their column of slugs."""
_FAULTS = (ValueError, KeyError, IndexError, OverflowError)
"""What Datasette raises for parts of an address that it cannot read."""


class Plugin:
    """Hooks that do nothing for an application that is not ours."""

    __name__ = "careerscape-browse"

    @hookimpl  # type: ignore[untyped-decorator]
    def render_cell(self, value: Any, column: str, datasette: Any) -> Markup | None:
        """An occupation leads to its page, an address of the web to the web, with no word of where the reader comes from."""
        if not isinstance(datasette, Application) or not isinstance(value, str) or not value:
            return None
        if column in _SLUGS:
            return Markup('<a href="{}">{}</a>').format(_LINKS.occupation(value), value)
        if value.startswith(("http://", "https://")) and not any(c.isspace() for c in value):
            return Markup('<a href="{}" rel="nofollow noopener noreferrer">{}</a>').format(value, value)
        text = value if len(value) <= datasette.setting("truncate_cells_html") else f"{value[:500]}\u2026"
        return escape(text)

    @hookimpl(trylast=True)  # type: ignore[untyped-decorator]
    def filters_from_request(self, request: Any, table: str, datasette: Any) -> Any:
        """`?_search=` of the views that name occupations, which Datasette itself does not search; and what their columns mean,
        folded."""
        if not isinstance(datasette, Application):
            return None
        shown: dict[str, Any] = {"metadata": _folded(datasette, table)} if table in VIEWS else {}
        column = _SEARCHED.get(table)
        if column is None:
            return FilterArguments([], extra_context=shown)
        text = request.args.get("_search") or ""
        shown |= {"supports_search": True, "search": text}
        if not text.strip():
            return FilterArguments([], extra_context=shown)
        return FilterArguments(
            [f"{MATCHES}({column}, :search)"], {"search": text}, [f"occupation matches \u201c{text}\u201d"], shown
        )

    @hookimpl  # type: ignore[untyped-decorator]
    def extra_css_urls(self, datasette: Any) -> list[str]:
        """Our look."""
        return [_LINKS.asset("data.css")] if isinstance(datasette, Application) else []

    @hookimpl  # type: ignore[untyped-decorator]
    def extra_template_vars(self, datasette: Any) -> dict[str, Any]:
        """What our templates need to know."""
        return {"seconds": datasette.sql_time_limit_ms / 1000} if isinstance(datasette, Application) else {}

    @hookimpl  # type: ignore[untyped-decorator]
    def menu_links(self, datasette: Any) -> list[dict[str, str]]:
        """The way back."""
        if not isinstance(datasette, Application):
            return []
        return [
            {"href": _LINKS.start(), "label": "Start page"},
            {"href": "/compare", "label": "Compare two occupations"},
            {"href": datasette.urls.database(datasette.live.name), "label": "All data and questions"},
        ]

    @hookimpl(wrapper=True)  # type: ignore[untyped-decorator]
    def handle_exception(self, datasette: Any, request: Any, exception: Exception) -> Generator[None, Any, Any]:
        """Every error as a page of ours, or as JSON; nothing but a fault of ours is told to the terminal."""
        answers = yield
        return [answer(request, exception)] if isinstance(datasette, Application) else answers


def _folded(app: Application, view: str) -> dict[str, Any]:
    """The metadata of a view for its page, without the list of columns that stands before all rows."""
    known = {
        key: value for key, value in app.table_metadata(app.live.name, view).items() if key not in ("columns", "description")
    }
    known |= {key: app.metadata(key) for key in ("source", "license")}
    return {**known, "description_html": describing.folded(view)}


def answer(request: Any, exception: Exception, ours: bool = False) -> Response:
    """The page of an error, or its JSON; what a page of `ours` raises unforeseen is a fault."""
    status, title, words = _told(exception, ours)
    headers = {"Content-Security-Policy": OURS, "Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
    if request.path.endswith(".json"):
        body = {"ok": False, "error": words, "status": status, "title": title}
        return Response.json(body, status=status, headers=headers)
    return Response.html(render.message(title, words, (), _LINKS), status=status, headers=headers)


def _told(exception: Exception, ours: bool) -> tuple[int, str, str]:
    """Status, title and words for an error."""
    if isinstance(exception, StorageError | FileNotFoundError):
        return 503, "The database cannot be asked", str(exception)
    if isinstance(exception, QueryInterrupted):
        return 400, "The query takes too long", "It was ended. Ask for less, or ask a copy of the database (careerscape backup)."
    if isinstance(exception, sqlite3.Error):
        return 400, "The query cannot be answered", str(exception)
    if isinstance(exception, DatasetteError):
        if exception.message_is_html:
            return exception.status, "The query takes too long", "It was ended. Ask for less, or ask a copy of the database."
        return (exception.status if exception.status != 500 else 400), exception.title or "That cannot be done", exception.message
    if isinstance(exception, Base400):
        words = str(exception.args[0]) if exception.args else ""
        if exception.status == 404:
            return 404, "There is no such page", "" if words in ("", "404") else words
        return exception.status, "That cannot be done", words
    if isinstance(exception, _FAULTS) and not ours:
        return 400, "The address cannot be understood", "A part of it, behind the question mark, is not what it should be."
    trace = "".join(traceback.format_exception(exception))
    sys.stderr.write("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in trace))
    return 500, "A fault of ours", f"{type(exception).__name__}: the page cannot be made."


PLUGIN = Plugin()
