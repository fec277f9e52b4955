"""Captures are packed ahead by other threads: in their order, a bounded number, and nothing goes on behind a run that ends."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from scraper import archive, packing
from scraper.capture import Capture
from tests.imports import NOW

COUNT = 200


def captures(count: int = COUNT) -> list[Capture]:
    return [
        Capture("https://a.example/", NOW + timedelta(n), NOW, "file", "sidecar", "text/html", "", b"%d " % n * 250)
        for n in range(count)
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_all_come_in_their_order_and_packed_as_the_archive_packs_them(threads: int):
    given = captures()
    found = [*packing.ahead(given, lambda one: one if one.captured_at.day % 3 else None, threads)]
    assert [one for one, _ in found] == given
    for one, packed in found:
        assert (packed.result() if packed else b"") == (archive.pack(one) if one.captured_at.day % 3 else b"")


@pytest.mark.parametrize(("limit", "most"), [(packing._BYTES_AHEAD, 66), (5_000, 12)])
def test_no_more_than_some_are_asked_for_ahead(limit: int, most: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packing, "_BYTES_AHEAD", limit)
    asked = 0

    def coming() -> Iterator[Capture]:
        nonlocal asked
        for one in captures():
            asked += 1
            yield one

    for number, _ in enumerate(packing.ahead(coming(), lambda one: one, 2)):
        assert number < asked <= number + most


def test_who_stops_early_leaves_no_thread_behind():
    before = {*threading.enumerate()}
    some = packing.ahead(captures(), lambda one: one, 2)
    next(some)
    assert {*threading.enumerate()} - before
    some.close()
    assert not {*threading.enumerate()} - before


def test_what_fails_in_a_thread_comes_out_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    def fail(capture: Capture) -> bytes:
        raise ValueError("it cannot be packed")

    monkeypatch.setattr(archive, "pack", fail)
    ((_, packed),) = packing.ahead(captures(1), lambda one: one, 1)
    assert packed
    with pytest.raises(ValueError, match="it cannot be packed"):
        packed.result()


def test_what_the_captures_come_from_may_fail():
    def failing() -> Iterator[Capture]:
        yield from captures(70)
        raise OSError("the disk is gone")

    before = {*threading.enumerate()}
    with pytest.raises(OSError, match="the disk is gone"):
        list(packing.ahead(failing(), lambda one: one, 2))
    assert not {*threading.enumerate()} - before
