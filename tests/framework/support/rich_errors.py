"""Rich statuses, as a client reads them."""

from typing import Any, TypeVar

import grpc
import grpc.aio
import pytest
from declared import Stub
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status as RpcStatus
from grpc_status import rpc_status

M = TypeVar("M", bound=Message)


def rich(error: Any) -> RpcStatus:
    status = rpc_status.from_call(error)
    assert isinstance(status, RpcStatus)
    return status


def detail(status: RpcStatus, kind: type[M]) -> M:
    """The one detail of ``kind`` in ``status``."""
    (packed,) = [item for item in status.details if item.TypeName() == kind.DESCRIPTOR.full_name]
    found = kind()
    packed.Unpack(found)
    return found


def kinds_in(status: RpcStatus) -> set[str]:
    return {item.TypeName().rpartition(".")[2] for item in status.details}


def end(stub: Stub, action: str, text: str = "") -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        reply = getattr(stub.options(timeout=10), action)(text=text)
        list(reply)
    return caught.value
