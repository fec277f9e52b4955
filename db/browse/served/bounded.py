"""Functions of SQLite that can keep one step of a query busy for minutes, replaced by ones that refuse what is excessive."""

import re
import sqlite3
from collections.abc import Callable

Value = str | bytes | int | float | None

_FORM = re.compile(r"%[-+ 0,#!]*(\*|\d+)?(?:\.(\*|\d+))?")
_MOST = 10_000
_MOST_STEPS = 1_000_000
"""What two texts may have together, one length times the other, where a function holds each place of one against the other."""


def replace_functions(conn: sqlite3.Connection) -> None:
    """Let `printf`, `format`, the trims of given characters, and what holds one text against another refuse widths, sets and
    lengths that nobody needs: they answer with what SQLite itself refuses, a text longer than the connection takes."""
    most = conn.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)
    plain = sqlite3.connect(":memory:", check_same_thread=False)
    plain.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)
    too_large = "x" * (most + 1)
    for name in ("printf", "format"):
        conn.create_function(name, -1, _formatting(plain, too_large), deterministic=True)
    for name in ("trim", "ltrim", "rtrim"):
        conn.create_function(name, 2, _trimming(plain, too_large, name), deterministic=True)
    for name, count in (("instr", 2), ("replace", 3), ("json_patch", 2)):
        conn.create_function(name, count, _holding(plain, too_large, name, count), deterministic=True)


def _holding(plain: sqlite3.Connection, too_large: str, name: str, count: int) -> Callable[..., Value]:
    query = f"SELECT {name}({', '.join('?' * count)})"

    def held(*texts: Value) -> Value:
        one, other = (len(text) if isinstance(text, str | bytes) else 1 for text in texts[:2])
        return too_large if one * other > _MOST_STEPS else _answer(plain, query, texts)

    return held


def _formatting(plain: sqlite3.Connection, too_large: str) -> Callable[..., Value]:
    def formatted(*arguments: Value) -> Value:
        if not arguments or arguments[0] is None:
            return None
        numbers = [number for form in _FORM.finditer(str(arguments[0])) for number in form.groups() if number]
        given = [argument for argument in arguments[1:] if isinstance(argument, int | float)] if "*" in numbers else []
        if any(abs(number) > _MOST for number in (*given, *(int(n[:9]) for n in numbers if n != "*"))):
            return too_large
        return _answer(plain, f"SELECT printf({', '.join('?' * len(arguments))})", arguments)

    return formatted


def _trimming(plain: sqlite3.Connection, too_large: str, name: str) -> Callable[..., Value]:
    def trimmed(text: Value, characters: Value) -> Value:
        if isinstance(characters, str | bytes) and len(characters) > 1_000:
            return too_large
        return _answer(plain, f"SELECT {name}(?, ?)", (text, characters))

    return trimmed


def _answer(plain: sqlite3.Connection, query: str, values: tuple[Value, ...]) -> Value:
    found: Value = plain.execute(query, values).fetchone()[0]
    return found
