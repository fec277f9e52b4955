"""Folders that are there whole or not at all, whatever happens to the process."""

import ctypes
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_END = ".new"


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """An empty folder beside a target, gone at the end; those that dead processes left are removed. Raises OSError."""
    begin = f".{target.name}."
    for left in target.parent.iterdir():
        if left.name.startswith(begin) and left.name.endswith(_END):
            _remove_unused(left)
    made = target.with_name(f"{begin}{secrets.token_hex(8)}{_END}")
    made.mkdir(mode=0o700)
    descriptor = os.open(made, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def _remove_unused(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(descriptor)


def put(new: Path, target: Path) -> None:
    """Give a folder the name `target`; a folder of that name is gone then, or is at `new`. Raises OSError.

    Both change names at once where the system can do that; elsewhere a kill between two renames leaves the older one beside the
    target, as `.target.….old`.
    """
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):
        old = target.with_name(f".{target.name}.{secrets.token_hex(8)}.old")
        target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            old.rename(target)
            raise
        shutil.rmtree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names; False where the system cannot."""
    call = getattr(ctypes.CDLL(None), "renameat2", None)
    return call is not None and not call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
