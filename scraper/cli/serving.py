"""The command that shows the database in the browser."""

from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli.base import app, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scraper.settings import Settings

Port = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes a free one.")]


@app.command()
def serve(
    context: typer.Context,
    port: Port = 8001,
    host: Annotated[str, typer.Option(help="Where to listen; others can reach any but the default.")] = "127.0.0.1",
    in_browser: Annotated[bool, typer.Option("--open", help="Open the start page in the browser.")] = False,
) -> None:
    """Show the database in the browser.

    Pages for any occupation and any two, with charts, history and the source of every number, and Datasette for questions. It
    only reads; Ctrl-C ends it.
    """
    pages(settings_of(context), host, port, ("/",), in_browser)


def pages(settings: "Settings", host: str, port: int, paths: "Sequence[str]", in_browser: bool = False) -> None:
    """Serve the pages of a database until a signal comes, and say the addresses of some as soon as they answer."""
    import os
    import sys
    import webbrowser

    from db.browse.served import server
    from db.browse.served.app import application
    from scraper import opened, terminal
    from scraper.process import raise_when_terminated
    from scraper.served import Served

    raise_when_terminated()
    browsing = application(settings.db, Served(settings), server.names(host))
    bound = server.listening(host, port)
    if not server.is_loopback(host):
        terminal.say(f"careerscape: {host} is no address of this machine alone: all who can reach it can read the database")

    def ready(root: str) -> None:
        for path in paths:
            terminal.tell(f"{root}{path}")
        if in_browser and not (opened.shows_windows(os.environ, sys.platform) and webbrowser.open(f"{root}/")):
            terminal.say("no browser was opened: there is no display, or no browser for it")

    server.serve(browsing, bound, host, ready)
