"""Signals, in processes of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import django_socio_grpc

SOURCE = Path(django_socio_grpc.__file__).parent.parent
PROGRAM = """
import os, signal, sys, time
from django_socio_grpc.server.stopping import stop_signals

def send(number=signal.SIGTERM):
    os.kill(os.getpid(), number)

"""


def run(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + code],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )


def test_the_first_signal_asks_for_a_stop() -> None:
    done = run("with stop_signals(lambda number: print('stop', number), 5): send()\nprint('over')")
    assert (done.stdout, done.returncode) == ("stop 15\nover\n", 0)


def test_the_second_signal_ends_the_process_whichever_it_is() -> None:
    done = run(
        "with stop_signals(lambda number: None, 5): send(); send(signal.SIGINT); print('over')"
    )
    assert (done.stdout, done.returncode) == ("", 130)


def test_a_worker_leaves_the_second_signal_to_its_parent() -> None:
    done = run(
        "with stop_signals(print, 5, again=False): send(); send(signal.SIGINT); print('over')"
    )
    assert (done.stdout, done.returncode) == ("15\nover\n", 0)


def test_what_does_not_end_is_ended_and_shown() -> None:
    began = time.monotonic()
    done = run(
        "def stuck(): time.sleep(600)\n"
        "with stop_signals(lambda number: None, 0.2): send(); stuck()"
    )
    assert time.monotonic() - began < 100
    assert done.returncode == 1
    assert "in stuck" in done.stderr


def test_what_comes_after_the_block_is_not_limited() -> None:
    done = run(
        "with stop_signals(lambda number: None, 0.2): send()\ntime.sleep(0.5)\nprint('over')"
    )
    assert (done.stdout, done.returncode) == ("over\n", 0)


def test_after_the_block_signals_do_what_they_did_before() -> None:
    done = run("with stop_signals(lambda number: None, 5): pass\nsend()\nprint('over')")
    assert (done.stdout, done.returncode) == ("", -15)


def test_a_hangup_asks_for_a_stop_unless_it_is_ignored() -> None:
    block = "with stop_signals(lambda number: print(number), 5): send(signal.SIGHUP)"
    assert run(block).stdout == "1\n"
    assert run(f"signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{block}").stdout == ""
