"""What a failed call says about the fields of its request."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

STATUS = "grpc-status-details-bin"
OF_NO_FIELD = "non_field_errors"


def errors(error: grpc.RpcError) -> dict[str, list[str]]:
    """Return the messages for each field: ``{"title": ["This field is required."]}``.

    A nested field is ``address.street``, one of a list ``items[2].name``; what is wrong with the
    whole is under ``non_field_errors``. They come from the JSON details of a service of this
    framework, or from the ``google.rpc.BadRequest`` of any service. It is empty if the call
    failed for another reason.
    """
    found: dict[str, list[str]] = {}
    for name, message in _of_details(error.details()):
        found.setdefault(name, []).append(message)
    others: dict[str, list[str]] = {}
    for name, message in _of_status(error):
        others.setdefault(name, []).append(message)
    return others | found


def _of_details(details: str | None) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(details or "")
    except (ValueError, RecursionError):
        return
    yield from _flat("", data)


def _flat(path: str, data: Any) -> Iterator[tuple[str, str]]:
    match data:
        case {"message": str(message), "code": str()}:
            if path:  # without one it is the reason of the call as a whole
                yield path, message
        case dict():
            for name, inner in data.items():
                yield from _flat(_within(path, name), inner)
        case list():
            for index, inner in enumerate(data):
                leaf = isinstance(inner, dict) and {"message", "code"} == inner.keys()
                yield from _flat(path if leaf else f"{path}[{index}]", inner)


def _within(path: str, name: str) -> str:
    if path and name in {OF_NO_FIELD, "__all__"}:
        return path
    if name.isdigit():  # an item of a list, as Django REST framework has them
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _of_status(error: grpc.RpcError) -> Iterator[tuple[str, str]]:
    trailers: Any = error.trailing_metadata() or ()
    for name, value in trailers:
        if name != STATUS:
            continue
        try:
            status = Status.FromString(value)
        except (DecodeError, TypeError):
            return
        for detail in status.details:
            request = BadRequest()
            if detail.Unpack(request):
                for violation in request.field_violations:
                    yield violation.field or OF_NO_FIELD, violation.description
