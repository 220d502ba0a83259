"""The language of a call, by the middleware of the framework's and by Django's."""

import asyncio
import json
from typing import Any

import grpc
import pytest
from around import call, kinds, middlewares
from declared import stub_of
from django.core.exceptions import ValidationError
from django.middleware.locale import LocaleMiddleware
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext_lazy
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.middlewares import (
    locale_middleware,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from polyglots import TIMES, AsyncPolyglot, Polyglot, polyglots

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
WORDS = [("de", "Januar"), ("fr-CH, fr;q=0.9", "janvier"), ("xx", "January"), ("", "January")]


@polyglots
@kinds
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_a_call_is_in_the_language_that_its_client_accepts(
    mode: Mode, service: type[Service], kind: str, middleware: Any
) -> None:
    """From its first message to its last, and no other call is."""
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, service, max_workers=2) as stub,
    ):
        for language, word in WORDS:
            spoken = stub.options(metadata=[("accept-language", language)])
            assert call(spoken, kind, "January") == word * TIMES[kind]


@polyglots
@middlewares(locale_middleware)
def test_calls_at_the_same_time_have_a_language_each(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        open_streams = [
            (stub.options(metadata=[("accept-language", language)]).Stream(text=""), word)
            for language, word in WORDS[:2]
        ]
        firsts = [(next(replies).text, word) for replies, word in open_streams]
        rest = [(next(replies).text, word) for replies, word in reversed(open_streams)]
    assert all(text == word for text, word in firsts + rest)


class InGerman:
    async def has_permission(self, context: Any, service: Any) -> bool:
        await asyncio.sleep(0)
        return translation.gettext("January") == "Januar" and context.LANGUAGE_CODE == "de"


@polyglots
@kinds
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_policies_of_the_other_colour_have_the_language_too(
    mode: Mode, service: type[Service], kind: str, middleware: Any
) -> None:
    strict = type(service.__name__, (service,), {"permission_classes": [InGerman]})
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, strict) as stub,
    ):
        spoken = stub.options(metadata=[("accept-language", "de")])
        assert call(spoken, kind, "January") == "Januar" * TIMES[kind]


@middlewares(locale_middleware)
def test_the_language_cookie_goes_before_what_the_client_accepts(mode: Mode) -> None:
    with stub_of(mode, Polyglot) as stub:
        sent = [("cookie", "x=1"), ("cookie", "django_language=fr"), ("accept-language", "de")]
        assert call(stub.options(metadata=sent), "Unary", "") == "janvier"


class Failing(Polyglot):
    def Unary(self, request: Any, context: Any) -> Any:
        raise ValidationError(gettext_lazy("This field is required."))


class AsyncFailing(AsyncPolyglot):
    async def Unary(self, request: Any, context: Any) -> Any:
        raise ValidationError(gettext_lazy("This field is required."))


@pytest.mark.parametrize("service", [Failing, AsyncFailing])
@pytest.mark.parametrize("middleware", [locale_middleware, LocaleMiddleware])
def test_errors_are_in_the_language_of_the_client(
    mode: Mode, service: type[Service], middleware: Any
) -> None:
    """Also where their text is known only after the middlewares have ended."""
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        stub_of(mode, service) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        call(stub.options(metadata=[("accept-language", "de")]), "Unary", "")
    assert "Dieses Feld ist zwingend erforderlich." in str(
        json.loads(caught.value.details() or "")
    )
