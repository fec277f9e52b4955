"""Folders that are there whole or not at all, whatever happens to the process."""

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}
_LOCK = "careerscape.lock"
"""The file by which a folder is known as made here, locked as long as its process lives."""
_OLD = ".old"
_ATTEMPTS = 10


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A folder beside a target, gone at the end; those that dead processes left are removed. Raises OSError."""
    try:
        _clean(target)
        made, lock = _locked(target)
    except OSError as error:
        raise OSError(error.errno, f"in the folder {target.parent}: {error.strerror}") from error
    try:
        yield made
    finally:
        _remove(made, lock)


def _locked(target: Path) -> tuple[Path, int]:
    """A new folder, and the descriptor of its lock; one that another's cleaning took before it was locked is made again."""
    for _ in range(_ATTEMPTS):
        made = target.with_name(f".{target.name}.{secrets.token_hex(8)}.new")
        made.mkdir(mode=0o700)
        try:
            lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (made / _LOCK).exists():
            return made, lock
        os.close(lock)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def _clean(target: Path) -> None:
    """Remove what dead processes left, and give a target back that one had taken from its place."""
    ours = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{16}}\.new").fullmatch
    for left in target.parent.iterdir():
        if not ours(left.name) or left.is_symlink() or not left.is_dir():
            continue
        try:
            lock = os.open(left / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            with suppress(OSError):
                left.rmdir()
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        _give_back(left, target)
        _remove(left, lock)


def _give_back(left: Path, target: Path) -> None:
    for old in left.glob(f"*{_OLD}"):
        if not os.path.lexists(target):
            old.rename(target)


def _remove(folder: Path, lock: int) -> None:
    """Remove a folder, its lock last: what cannot be removed now is known by it later."""
    try:
        with suppress(OSError):
            for inner in folder.iterdir():
                if inner.name != _LOCK:
                    _remove_inner(inner)
            (folder / _LOCK).unlink()
    finally:
        os.close(lock)
    with suppress(OSError):
        folder.rmdir()


def _remove_inner(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink()
        return
    for place, _, _ in os.walk(path):
        with suppress(OSError):
            os.chmod(place, 0o700)
    shutil.rmtree(path)


def put(new: Path, target: Path) -> None:
    """Give a folder the name `target`; a folder of that name is at `new` then. Raises OSError, and both are where they were.

    Both change names at once where the system can do that; elsewhere the older one is beside `new` for a moment, and the next
    `beside` gives it back if the process is killed then.
    """
    if not os.path.lexists(target):
        new.rename(target)
    elif not _exchange(new, target):
        old = new.with_name(f"{new.name}{_OLD}")
        target.rename(old)
        try:
            new.rename(target)
        except BaseException:
            old.rename(target)
            raise
        old.rename(new)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names; False where the system cannot. Raises OSError where it must not."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if not call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        return True
    code = ctypes.get_errno()
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))
