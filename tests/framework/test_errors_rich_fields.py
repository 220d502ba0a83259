"""What a rich status tells of fields and of a service's own exceptions, and what fits into it."""

import asyncio
import json
from typing import Any

import grpc
import grpc.aio
import pytest
from declared import Contract, stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import GRPCException, InvalidArgument
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from failures import (
    SECRET,
    TEXT,
)
from google.rpc.error_details_pb2 import (
    BadRequest,
    RetryInfo,
)
from google.rpc.status_pb2 import Status as RpcStatus
from grpc import StatusCode
from grpc_status import rpc_status
from rest_framework import exceptions as drf
from rest_framework import serializers
from rich_errors import detail, end, rich


class Street(serializers.Serializer):
    street = serializers.CharField(max_length=5)


class Line(serializers.Serializer):
    name = serializers.CharField(max_length=5)


class Order(serializers.Serializer):
    address = Street()
    items = Line(many=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=5))

    def validate(self, data: Any) -> Any:
        raise serializers.ValidationError("No orders today.", code="closed")


class Broken(drf.APIException):
    status_code = 400

    def get_full_details(self) -> Any:
        raise ValueError(SECRET)


class Fine(GRPCException):
    status_code = StatusCode.OK


def order(**changes: Any) -> dict[str, Any]:
    right = {"address": {"street": "x"}, "items": [{"name": "x"}], "tags": ["x"]}
    return {**right, **changes}


class Told(Service):
    """Ends each call as the request says."""

    service_name = "Told"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Validate(self, request: Any, context: Any) -> Any:
        Order(data=json.loads(request.text)).is_valid(raise_exception=True)

    @grpc_action(request=TEXT, response=TEXT)
    def Many(self, request: Any, context: Any) -> Any:
        Line(data=[{"name": "x"}, {}], many=True).is_valid(raise_exception=True)

    @grpc_action(request=TEXT, response=TEXT)
    def Raise(self, request: Any, context: Any) -> Any:
        raise {
            "by_field": InvalidArgument({"text": ["Wrong."]}),
            "broken": Broken(),
            "fine": Fine("It is fine."),
            "bug": ValueError("x" * 50_000),
            "half": InvalidArgument({"text": ["\ud800"]}),
            "retry": type("Busy", (GRPCException,), {"wait": 0.25})("Busy."),
        }[request.text]

    @grpc_action(request=TEXT, response=TEXT)
    def Fields(self, request: Any, context: Any) -> Any:
        """``text`` is how many fields there are and, in bytes, what else the call carries."""
        number, size = map(int, request.text.split())
        if size:
            context.set_trailing_metadata((("x-own", "x" * size),))
        raise drf.ValidationError({f"field_{n}": ["It is 100 % required."] for n in range(number)})


def fields_of(error: Any) -> dict[str, list[tuple[str, str]]]:
    """What is wrong by field: pairs of a text and a reason."""
    found: dict[str, list[tuple[str, str]]] = {}
    for violation in detail(rich(error), BadRequest).field_violations:
        found.setdefault(violation.field, []).append((violation.description, violation.reason))
    return found


def test_paths_of_nested_fields_and_of_items(mode: Mode) -> None:
    wrong = order(
        address={"street": "too long"}, items=[{"name": "x"}, {}], tags=["x", "too long", ""]
    )
    long = ("Ensure this field has no more than 5 characters.", "MAX_LENGTH")
    with stub_of(mode, Told) as stub:
        assert fields_of(end(stub, "Validate", json.dumps(wrong))) == {
            "address.street": [long],
            "items[1].name": [("This field is required.", "REQUIRED")],
            "tags[1]": [long],
            "tags[2]": [("This field may not be blank.", "BLANK")],
        }
        whole = fields_of(end(stub, "Validate", json.dumps(order())))
        assert whole == {"": [("No orders today.", "CLOSED")]}
        assert fields_of(end(stub, "Many")) == {
            "[1].name": [("This field is required.", "REQUIRED")]
        }


def test_an_exception_of_the_service_s_own_may_tell_fields(mode: Mode) -> None:
    with stub_of(mode, Told) as stub:
        assert fields_of(end(stub, "Raise", "by_field")) == {"text": [("Wrong.", "INVALID")]}
        assert fields_of(end(stub, "Raise", "half")) == {"text": [("?", "INVALID")]}


def test_an_exception_of_the_service_s_own_may_say_when_to_try_again(mode: Mode) -> None:
    with stub_of(mode, Told) as stub:
        retry = detail(rich(end(stub, "Raise", "retry")), RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 250


def test_an_exception_that_cannot_tell_its_details_is_a_fault(mode: Mode) -> None:
    with stub_of(mode, Told) as stub:
        error = end(stub, "Raise", "broken")
    assert error.code() is StatusCode.INTERNAL
    assert SECRET not in f"{error.details()}{rich(error)}"


def test_the_text_of_a_bug_that_debug_shows_fits(mode: Mode, settings: Any) -> None:
    settings.DEBUG = True
    with stub_of(mode, Told) as stub:
        error = end(stub, "Raise", "bug")
    assert error.code() is StatusCode.INTERNAL
    assert json.loads(error.details())["message"].startswith("ValueError: xxx")


def test_an_error_is_never_a_success(mode: Mode) -> None:
    with stub_of(mode, Told) as stub:
        assert end(stub, "Raise", "fine").code() is StatusCode.UNKNOWN


@pytest.mark.parametrize("fields", [5, 30, 60, 1000])
@pytest.mark.parametrize("own", [0, 1500, 3000, 5500, 7200])
def test_errors_fit_into_what_a_client_takes(mode: Mode, fields: int, own: int) -> None:
    """grpc refuses more than 8 KiB of metadata, and then the client learns nothing at all."""
    with stub_of(mode, Told) as stub:
        error = end(stub, "Fields", f"{fields} {own}")
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert isinstance(json.loads(error.details()), dict)
    assert dict(error.trailing_metadata()).get("x-own", "") == "x" * own
    if own > 1500:  # there is room for the JSON alone
        return
    found = fields_of(error)
    assert found["field_0"] == [("It is 100 % required.", "INVALID")]
    if fields > 30:
        ((text, reason),) = found.pop("")
        assert (text, reason) == (
            f"{fields - len(found)} more errors do not fit here.",
            "TRUNCATED",
        )


def test_an_asyncio_client_reads_it_too(mode: Mode) -> None:
    contract = Contract(Told)

    async def ask(target: str) -> RpcStatus | None:
        async with grpc.aio.insecure_channel(target) as channel:
            call = contract.stub(channel).Raise(text="by_field")
            with pytest.raises(grpc.aio.AioRpcError):
                await call
            return await rpc_status.aio.from_call(call)

    with serve(mode, contract.hook) as server:
        status = asyncio.run(ask(server.target))
    assert status is not None
    assert detail(status, BadRequest).field_violations[0].field == "text"
