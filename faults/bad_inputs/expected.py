"""How an answer is judged."""

import re
from urllib.parse import unquote

from faults.case import Seen
from faults.wire import Answer, frame

CALLS = "/faulty.CallController"
SAMPLES = "/faulty.SampleController"
ECHO = f"{CALLS}/Echo"
UPLOAD = f"{CALLS}/Upload"
TICKS = f"{CALLS}/Ticks"
HELLO = frame(b"\n\x05hello")
"""A request of Echo's as it should be: the text "hello"."""

LEAK = re.compile(r"hunter2|Traceback|<class|File \"|\.py\b|\w+(Error|Exception)\b")


def seen(what: str, answer: Answer, *allowed: str) -> Seen:
    """Whether ``answer`` ended as one of ``allowed``, and tells nothing of what is inside."""
    text = unquote(answer.message)
    leaks = LEAK.search(text) is not None
    outcome = f"{answer.outcome}: {text:.80}" if leaks else answer.outcome
    return Seen(what=what, outcome=outcome, ok=answer.outcome in allowed and not leaks)


def echoed(what: str, answer: Answer) -> Seen:
    """Whether the call was answered as if nothing were wrong with it."""
    right = answer.outcome == "OK" and answer.data == HELLO
    outcome = "OK" if right else f"{answer.outcome} with {answer.data[:40]!r}"
    return Seen(what=what, outcome=outcome, ok=right)
