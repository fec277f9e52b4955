"""Signals that ask a run to end: when they are obeyed, measured in real processes."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scraper.process import Stop, Terminated

ROOT = Path(__file__).parents[1]
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
PROGRAM = """\
import sys, time
from scraper.process import Stop, Terminated

def busy(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass

def commit(seconds):
    print("commit", flush=True)
    busy(seconds)
    print("committed", flush=True)

try:
    with Stop(grace_s={grace}) as stop:
        print("begun", flush=True)
        try:
{body}
        except BaseException:
            busy({cleanup})
            raise
        finally:
            print("in order", flush=True)
    print("whole", flush=True)
except Terminated:
    sys.exit(143)
except KeyboardInterrupt:
    sys.exit(130)
"""


class Running:
    """A program of its own that has begun."""

    def __init__(self, body: str, grace: float = 5.0, cleanup: float = 0.0) -> None:
        program = PROGRAM.format(body=textwrap.indent(textwrap.dedent(body), " " * 12), grace=grace, cleanup=cleanup)
        self.process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.until("begun")

    def until(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def send(self, number: int) -> float:
        """The time at which the signal was sent."""
        self.process.send_signal(number)
        return time.monotonic()

    def end(self) -> tuple[int, list[str], float]:
        """Exit code, what was said since, and the time of the end."""
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said.splitlines(), time.monotonic()


@contextmanager
def running(*arguments: object) -> Iterator[Running]:
    run = Running(*arguments)  # type: ignore[arg-type]
    try:
        yield run
    finally:
        run.process.kill()
        run.process.communicate()


@pytest.mark.parametrize("number", CODES)
def test_a_pause_ends_at_once(number: signal.Signals):
    with running("stop.sleep(60)") as run:
        time.sleep(0.05)
        sent = run.send(number)
        code, said, ended = run.end()
    assert (code, said) == (CODES[number], ["in order"])
    assert ended - sent < 2


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES)
def test_what_is_in_flight_may_end_and_then_the_check_ends_the_run(number: signal.Signals):
    with running('busy(1); print("page", flush=True); stop.check(); busy(60)') as run:
        run.send(number)
        code, said, _ = run.end()
    assert (code, said) == (CODES[number], ["page", "in order"])


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("work", ["busy(60)", "time.sleep(60)", "import threading; threading.Event().wait(60)"])
def test_what_takes_longer_than_the_grace_is_given_up(number: signal.Signals, work: str):
    with running(work, 1.0) as run:
        sent = run.send(number)
        code, said, ended = run.end()
    assert (code, said) == (CODES[number], ["in order"])
    assert 0.95 < ended - sent < 3


@pytest.mark.slow
@pytest.mark.parametrize(("first", "second"), [(signal.SIGINT, signal.SIGINT), (signal.SIGINT, signal.SIGTERM),
                                               (signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)])  # fmt: skip
def test_a_second_signal_does_not_wait_and_the_first_gives_the_code(first: signal.Signals, second: signal.Signals):
    with running("busy(60)") as run:
        run.send(first)
        time.sleep(0.3)
        sent = run.send(second)
        code, said, ended = run.end()
    assert (code, said) == (CODES[first], ["in order"])
    assert ended - sent < 2


@pytest.mark.slow
def test_a_commit_is_whole_however_many_signals_come():
    with running("with stop.shielded():\n    commit(1.5)\nbusy(60)", 0.5) as run:
        run.until("commit")
        for _ in range(4):
            run.send(signal.SIGTERM)
            time.sleep(0.1)
        code, said, _ = run.end()
    assert (code, said) == (143, ["committed", "in order"])


@pytest.mark.slow
def test_a_commit_within_the_grace_does_not_end_the_page():
    with running("with stop.shielded():\n    commit(0.5)\nprint('page', flush=True)\nstop.check()") as run:
        run.until("commit")
        run.send(signal.SIGTERM)
        assert run.end()[:2] == (143, ["committed", "page", "in order"])


@pytest.mark.slow
def test_what_is_put_in_order_is_left_alone_but_not_for_ever():
    with running("stop.sleep(60)", 1.0, 0.8) as run:
        for _ in range(4):
            run.send(signal.SIGINT)
            time.sleep(0.1)
        assert run.end()[:2] == (130, ["in order"])
    with running("stop.sleep(60)", 1.0, 60) as run:
        run.send(signal.SIGINT)
        time.sleep(1.3)
        sent = run.send(signal.SIGINT)
        code, said, ended = run.end()
    assert (code, said) == (130, ["in order"])
    assert ended - sent < 2


@pytest.mark.slow
def test_fifty_random_moments():
    """A page is a pause, some work and a commit, none of which is half done; the run ends within the grace and a moment."""
    body = """
        while True:
            stop.check()
            stop.sleep(0.003)
            busy(0.003)
            with stop.shielded():
                commit(0.003)
    """
    chance = random.Random(4)
    for number in 25 * list(CODES):
        with running(body, 1.0) as run:
            time.sleep(chance.uniform(0, 0.05))
            sent = run.send(number)
            code, said, ended = run.end()
        assert (code, said[-1]) == (CODES[number], "in order")
        assert said[:-1] == ["commit", "committed"] * ((len(said) - 1) // 2)
        assert ended - sent < 0.9, "the next pause or check is nearer than the grace"


# --- within this process ----------------------------------------------------------------------------------------------


@contextmanager
def signalled(after_s: float, number: int = signal.SIGTERM) -> Iterator[None]:
    """The signal comes from elsewhere, in a while."""
    timer = threading.Timer(after_s, os.kill, (os.getpid(), number))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_handlers_and_wake_up_are_as_before():
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    with Stop() as stop:
        assert [signal.getsignal(number) for number in numbers] != before
        stop.check()
    assert [signal.getsignal(number) for number in numbers] == before
    bell = signal.set_wakeup_fd(-1)
    assert bell == -1
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_signal_that_nothing_was_left_to_obey_is_no_fault():
    with Stop():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_signal_that_came_before_a_pause_ends_it_before_it_begins():
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        started = time.monotonic()
        with pytest.raises(Terminated):
            stop.sleep(30)
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-10, 0.0005, 0.02])
def test_a_pause_is_never_shorter_and_other_signals_do_not_end_it(seconds: float):
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with Stop() as stop:
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGUSR1)
                started = time.monotonic()
                stop.sleep(seconds)
                assert time.monotonic() - started >= seconds
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_no_signal_is_missed_between_the_look_and_the_pause():
    """The signal comes at every point of the way into a pause; one that is missed would cost 20 s."""
    started = time.monotonic()
    for step in range(200):
        with Stop() as stop, signalled(step * 5e-6), pytest.raises(Terminated):
            stop.sleep(20)
    assert time.monotonic() - started < 15


def test_what_fails_in_a_shield_is_not_hidden_by_a_signal():
    def fail() -> None:
        with stop.shielded():
            signal_twice()
            raise OSError("the disk is full")

    with Stop() as stop, pytest.raises(OSError, match="full"):
        fail()


def test_shields_stand_in_each_other():
    done: list[str] = []

    def commit() -> None:
        with stop.shielded():
            with stop.shielded():
                signal_twice()
            done.append("between")
        done.append("after")

    with Stop() as stop, pytest.raises(Terminated):
        commit()
    assert done == ["between"]


def signal_twice() -> None:
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_swallows_the_end_meets_it_again():
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        for ask in (stop.check, stop.check, lambda: stop.sleep(30)):
            with pytest.raises(KeyboardInterrupt):
                ask()


def test_elsewhere_than_in_the_main_thread_it_says_so():
    refused: list[ValueError] = []

    def enter() -> None:
        try:
            with Stop():
                pass
        except ValueError as error:
            refused.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert "main thread" in str(refused[0])
