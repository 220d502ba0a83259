"""What is left of a call that is over: nothing that waits for the search for garbage.

Memory that is freed at once is warm when the next call asks for it, which is a tenth of what a
call costs; and a server may search as seldom as it likes.
"""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from around import KINDS, AsyncEcho, SyncEcho
from declared import stub_of
from django_socio_grpc.adapters.aio_messages import Requests
from django_socio_grpc.adapters.transports import ServicerTransport
from django_socio_grpc.context import Context
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from waiting import until

OURS = (Context, Requests, Service, ServicerTransport)


@pytest.fixture
def no_search() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def ours() -> set[int]:
    # By its type: to ask a lazy object, as Django's storages are, for its class makes what it is.
    return {id(each) for each in gc.get_objects() if issubclass(type(each), OURS)}


def call(stub: Any, kind: str) -> None:
    message_class = getattr(stub.pb, f"Echo{kind}Request")
    messages = (message_class(text=text) for text in ("a", "b"))
    match kind:
        case "Unary":
            assert stub.Unary(text="a").text == "a"
        case "Stream":
            assert len(list(stub.Stream(text="ab"))) == 2
        case "Upload":
            assert stub.Upload(messages).text == "ab"
        case "Chat":
            assert len(list(stub.Chat(messages))) == 2


@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])
@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_is_over_is_gone(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub:
        call(stub, kind)
        before = ours()
        for _ in range(5):
            call(stub, kind)
        until(lambda: len(ours() - before) <= 1, "the end of all calls but the last", seconds=10)
