"""A service of all four kinds in both colours, added to servers by its servicer."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
from declared import Contract
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from google.protobuf.message_factory import GetMessageClass

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class Echo(Service):
    service_name = "Echo"
    ending = "!"
    pb: Any


class SyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        if not request.text:
            raise NotFound("There are no words.")
        return self.pb.EchoSayResponse(text=request.text + self.ending)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Spell(self, request: Any, context: Any) -> Iterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Join(self, request: Any, context: Any) -> Any:
        return self.pb.EchoJoinResponse(text=" ".join(message.text for message in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.EchoChatResponse(text=message.text + self.ending)


class AsyncEcho(Echo):
    @grpc_action(request=TEXT, response=TEXT)
    async def Say(self, request: Any, context: Any) -> Any:
        if not request.text:
            raise NotFound("There are no words.")
        return self.pb.EchoSayResponse(text=request.text + self.ending)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Spell(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for letter in request.text:
            yield self.pb.EchoSpellResponse(text=letter)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Join(self, request: Any, context: Any) -> Any:
        return self.pb.EchoJoinResponse(text=" ".join([m.text async for m in request]))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield self.pb.EchoChatResponse(text=message.text + self.ending)


def add_servicer(contract: Contract, servicer: Any, server: Any) -> None:
    """What ``add_EchoControllerServicer_to_server`` of a generated module does."""
    (descriptor,) = contract.file.services_by_name.values()
    handlers = {}
    for name, method in descriptor.methods_by_name.items():
        ends = [
            "stream" if streams else "unary"
            for streams in (method.client_streaming, method.server_streaming)
        ]
        handlers[name] = getattr(grpc, f"{'_'.join(ends)}_rpc_method_handler")(
            getattr(servicer, name),
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )
    generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
    server.add_generic_rpc_handlers((generic,))
    server.add_registered_method_handlers(descriptor.full_name, handlers)


def hook_of(service: type[Echo], **initkwargs: Any) -> tuple[Contract, Callable[[Any], None]]:
    contract = Contract(service)
    return contract, lambda server: add_servicer(
        contract, service.as_servicer(**initkwargs), server
    )
