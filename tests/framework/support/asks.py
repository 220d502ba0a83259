"""Services that tell of their context and answer by it, one of each colour."""

import json
from typing import Any

import pytest
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from grpc import Compression, StatusCode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


def describe(context: Any, what: str) -> Any:
    """The part of the context that a test asks for, as JSON can carry it."""
    match what:
        case "metadata":
            return [[key, repr(value)] for key, value in context.invocation_metadata()]
        case "META":
            return dict(context.META)
        case "headers":
            return {key: context.headers[key] for key in ("X-Token", "accept-language")}
        case "authorization":
            return context.headers.get("Authorization")
        case "query":
            return {
                **dict(context.query_params.lists()),
                "same": context.GET is context.query_params,
            }
        case "peer":
            return [context.peer(), context.META["REMOTE_ADDR"]]
        case "request":
            return [context.path, context.method, context.action, context.service_name]
        case "auth_context":
            return sorted(context.auth_context())
        case "request_id":
            return [context.request_id, context.request_id]
        case "attributes":
            context.tenant = "acme"
            return [context.tenant, context.user, context.auth, hasattr(context, "other")]
        case "liveness":
            return [context.is_active(), context.cancelled(), context.time_remaining()]
        case "identity":
            return [context.peer_identities(), context.peer_identity_key(), context.done()]
        case "status":
            context.set_details("all is well")
            before = context.code()
            context.set_code(StatusCode.OK)
            return [before, context.code().name, context.details()]
        case "compression":
            context.set_compression(Compression.Gzip)
            context.disable_next_message_compression()
            return "a" * 1000
    raise ValueError(what)


class SyncAsk(Service):
    service_name = "Ask"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def About(self, request: Any, context: Any) -> Any:
        return self.pb.AskAboutResponse(text=json.dumps(describe(context, request.text)))

    @grpc_action(request=TEXT, response=TEXT)
    def Answer(self, request: Any, context: Any) -> Any:
        context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        context.set_trailing_metadata([("x-last", "two")])
        return self.end(request, context)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Answers(self, request: Any, context: Any) -> Any:
        context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        yield self.pb.AskAnswersResponse(text="a")
        context.set_trailing_metadata([("x-last", "two")])
        self.end(request, context)
        yield self.pb.AskAnswersResponse(text="b")

    def end(self, request: Any, context: Any) -> Any:
        match request.text:
            case "code":
                context.set_code(StatusCode.DATA_LOSS)
                context.set_details("some of it: ü")
            case "abort":
                context.abort(StatusCode.DATA_LOSS, "some of it: ü")
            case "details only":
                context.set_details("never sent")
            case "OK":
                context.set_code(StatusCode.OK)
        return self.pb.AskAnswerResponse(text="a")


class AsyncAsk(SyncAsk):
    async def About(self, request: Any, context: Any) -> Any:
        return self.pb.AskAboutResponse(text=json.dumps(describe(context, request.text)))

    async def Answer(self, request: Any, context: Any) -> Any:
        await context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        context.set_trailing_metadata([("x-last", "two")])
        return self.end(request, context)

    async def Answers(self, request: Any, context: Any) -> Any:
        await context.send_initial_metadata([("x-first", "one"), ("x-bytes-bin", b"\x00\xff")])
        yield self.pb.AskAnswersResponse(text="a")
        context.set_trailing_metadata([("x-last", "two")])
        self.end(request, context)
        yield self.pb.AskAnswersResponse(text="b")


services = pytest.mark.parametrize("service", [SyncAsk, AsyncAsk])
