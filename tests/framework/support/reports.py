"""A service whose replies are kept, in both colours."""

from typing import Any

import pytest
from cached import ByName
from declared import Stub
from django.utils import translation
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import cache_endpoint, grpc_action, vary_on_metadata
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from grpc import StatusCode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
runs: list[str] = []


class Report(Service):
    service_name = "Report"
    pb: Any
    authentication_classes = [ByName]

    def reply(self, text: str, name: str = "Read") -> Any:
        runs.append(text)
        reply = getattr(self.pb, f"Report{name}Response")
        return reply(text=f"{text} {len(runs)}")


class SyncReport(Report):
    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Read(self, request: Any, context: Any) -> Any:
        return self.reply(request.text)

    @cache_endpoint(300)
    @grpc_action(request=TEXT, response=TEXT)
    def Above(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Above")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    @vary_on_metadata("X-Tenant", "x_area")
    def Varied(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Varied")

    @vary_on_metadata("x-tenant")
    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def VariedAbove(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "VariedAbove")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Fail(self, request: Any, context: Any) -> Any:
        runs.append(request.text)
        match request.text:
            case "raise":
                raise NotFound("No.")
            case "abort":
                context.abort(StatusCode.NOT_FOUND, "No.")
            case "swallow":
                try:
                    context.abort(StatusCode.NOT_FOUND, "No.")
                except Exception:
                    return self.pb.ReportFailResponse()
        context.set_code(StatusCode.NOT_FOUND)
        return self.pb.ReportFailResponse()

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Trailing(self, request: Any, context: Any) -> Any:
        name, _, value = request.text.partition("=")
        context.set_trailing_metadata([*context.trailing_metadata(), (name, value)])
        return self.reply(request.text, "Trailing")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(0.4)
    def Short(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Short")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(0)
    def Never(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Never")

    @grpc_action(request=TEXT, response=TEXT)
    @cache_endpoint(300)
    def Language(self, request: Any, context: Any) -> Any:
        return self.reply(translation.get_language() or "", "Language")


class AsyncReport(SyncReport):
    """The same actions, each of an async handler."""

    @cache_endpoint(300)
    async def Read(self, request: Any, context: Any) -> Any:
        return self.reply(request.text)

    @cache_endpoint(300)
    async def Above(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Above")

    @cache_endpoint(300)
    @vary_on_metadata("X-Tenant", "x_area")
    async def Varied(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Varied")

    @vary_on_metadata("x-tenant")
    @cache_endpoint(300)
    async def VariedAbove(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "VariedAbove")

    @cache_endpoint(300)
    async def Fail(self, request: Any, context: Any) -> Any:
        return SyncReport.Fail.__wrapped__(self, request, context)  # type: ignore[attr-defined]

    @cache_endpoint(300)
    async def Trailing(self, request: Any, context: Any) -> Any:
        return SyncReport.Trailing.__wrapped__(self, request, context)  # type: ignore[attr-defined]

    @cache_endpoint(0.4)
    async def Short(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Short")

    @cache_endpoint(0)
    async def Never(self, request: Any, context: Any) -> Any:
        return self.reply(request.text, "Never")

    @cache_endpoint(300)
    async def Language(self, request: Any, context: Any) -> Any:
        return self.reply(translation.get_language() or "", "Language")


services = pytest.mark.parametrize("service", [SyncReport, AsyncReport])


def as_(stub: Stub, **metadata: str) -> Stub:
    pairs = [(name.replace("__", "-"), value) for name, value in metadata.items()]
    return stub.options(metadata=pairs, timeout=10)
