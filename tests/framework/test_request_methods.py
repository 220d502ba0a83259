"""What a call stands for as an HTTP request: its method and its server."""

from typing import Any

import pytest
from declared import stub_of
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
METHODS = {
    "List": "GET",
    "Retrieve": "GET",
    "Create": "POST",
    "Update": "PUT",
    "PartialUpdate": "PATCH",
    "Destroy": "DELETE",
    "Stream": "POST",
    "Publish": "POST",
}


def said(self: Any, context: Any) -> Any:
    assert context.META["REQUEST_METHOD"] == context.method
    text = f"{context.method} {context.META['SERVER_PORT']}"
    return getattr(self.pb, f"Called{self.action}Response")(text=text)


def sync_action() -> Any:
    def handler(self: Any, request: Any, context: Any) -> Any:
        return said(self, context)

    return grpc_action(response=TEXT)(handler)


def async_action() -> Any:
    async def handler(self: Any, request: Any, context: Any) -> Any:
        return said(self, context)

    return grpc_action(response=TEXT)(handler)


@override_settings(GRPC_FRAMEWORK={"GRPC_CHANNEL_PORT": 50099})
@pytest.mark.parametrize("action", [sync_action, async_action])
def test_the_method_and_the_port_of_a_call(mode: Mode, action: Any) -> None:
    actions: dict[str, Any] = {name: action() for name in METHODS}
    service = type("CalledService", (Service,), {"service_name": "Called", **actions})
    with stub_of(mode, service) as stub:
        found = {name: getattr(stub, name)().text for name in METHODS}
    assert found == {name: f"{method} 50099" for name, method in METHODS.items()}
