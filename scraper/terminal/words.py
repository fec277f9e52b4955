"""Words on their way out. What a page says is made harmless before it reaches a terminal."""

import json
import os
import re
import sys
from typing import TextIO

from normalize.errors import StorageError

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """The text on one line; control, invisible and direction characters as `\\x1b` or `\\u202e`, lines joined by ` ⏎ `."""
    return _UNSAFE.sub(_escape, " ⏎ ".join(text.split("\n"))).replace("\t", " ")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def emit(text: str, stream: TextIO) -> None:
    """Write a line. A reader that goes away is no fault; a full disk is. Raises StorageError."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise StorageError(f"the output cannot be written: {error.strerror}") from error


def print_json(value: object) -> None:
    """One line of JSON on standard output; characters that a terminal could act on are escaped."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    emit(_UNSAFE.sub(lambda m: json.dumps(m[0])[1:-1], line), sys.stdout)


def say(text: str) -> None:
    """A message for people, on standard error."""
    emit("\n".join(safe(line) for line in text.split("\n")), sys.stderr)


def tell(text: str) -> None:
    """Lines of the answer, on standard output."""
    emit("\n".join(safe(line) for line in text.split("\n")), sys.stdout)
