"""What the demo clients share: command line, channel, deadline, and text for a person to read."""

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, cast

import grpc
from google.protobuf import text_format
from google.protobuf.message import Message

DEADLINE = 10.0
"""Seconds that each call may take. A call without a deadline can wait for ever."""


class DemoError(Exception):
    """The demo cannot go on; the text says why, and what to do."""


class Failure(Protocol):
    """What a failed call tells, with either kind of stub."""

    def code(self) -> grpc.StatusCode: ...
    def details(self) -> str | None: ...


NO_CONNECTION = ("failed to connect", "connection refused", "dns resolution failed")
"""What grpc's own UNAVAILABLE says, in lower case; a server that answers gives other details."""


def run(
    description: str | None,
    demo: Callable[[grpc.Channel], None],
    aio_demo: Callable[[grpc.aio.Channel], Awaitable[None]],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run one of the two demos against ``--target``, and return the exit code of the process."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--target", default="localhost:50051", help="HOST:PORT (%(default)s)")
    parser.add_argument("--stub", choices=["sync", "aio"], default="aio", help="%(default)s")
    options = parser.parse_args(arguments)
    try:
        if options.stub == "sync":
            with grpc.insecure_channel(options.target) as channel:
                demo(channel)
        else:
            asyncio.run(_run_aio(aio_demo, options.target))
    except grpc.RpcError as error:
        print(_explained(error, options.target), file=sys.stderr)
        return 1
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _run_aio(aio_demo: Callable[[grpc.aio.Channel], Awaitable[None]], target: str) -> None:
    async with grpc.aio.insecure_channel(target) as channel:
        await aio_demo(channel)


def _explained(error: grpc.RpcError, target: str) -> str:
    failure = cast(Failure, error)
    details = (failure.details() or "").lower()
    if failure.code() is grpc.StatusCode.UNAVAILABLE and any(
        text in details for text in NO_CONNECTION
    ):
        return (
            f"No server answers at {target}. Start one with `make run-aio` or `make run-sync`, "
            f"or name another: `make clients TARGET=HOST:PORT`, or --target HOST:PORT."
        )
    return f"The call to {target} failed with {status(error)}"


def status(error: grpc.RpcError) -> str:
    """The status of a failed call on one line: its name, and its details or its field errors."""
    failure = cast(Failure, error)
    details = failure.details() or ""
    try:
        fields = json.loads(details)
    except ValueError:
        return f"{failure.code().name}: {details}"
    return f"{failure.code().name}: {_flat(fields)}"


def _flat(errors: object) -> str:
    """Errors as the server sends them, ``{"field": [{"message", "code"}]}``, as one line."""
    if isinstance(errors, list):
        return ", ".join(map(_flat, errors))
    if isinstance(errors, dict):
        if "message" in errors and "code" in errors:
            return str(errors["message"])
        return "; ".join(f"{name}: {_flat(value)}" for name, value in errors.items())
    return str(errors)


def show(rpc: str, request: Message, outcome: Message | str) -> None:
    """Print a call, and what came back."""
    print(f"{rpc}({text(request)})")
    print(f"    {outcome if isinstance(outcome, str) else text(outcome) or '(empty)'}")


def text(message: Message) -> str:
    """A message on one line."""
    return text_format.MessageToString(message, as_one_line=True, as_utf8=True).strip()


def count(number: int, noun: str) -> str:
    """``1 question``, ``2 questions``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def unique(name: str) -> str:
    """``name`` with a suffix that no earlier run has used, so that runs never meet."""
    return f"{name} [{secrets.token_hex(3)}]"
