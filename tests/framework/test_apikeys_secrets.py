"""Nothing of a key's secret is in a log, whatever happens to the call, nor in the database."""

import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from declared import code_of, stub_of
from django.conf import settings
from django.test import override_settings
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.text import generate
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from keyed import database_down, forget_all, holding, id_of, issue, keyed, row_of, showing
from whoami import database, services

pytestmark = database


class Written(logging.Handler):
    """All that is logged, as a formatter that shows everything would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        values = {
            name: value
            for name, value in vars(record).items()
            if name not in {"exc_info", "request"}
        }
        self.text += f"{record.getMessage()} {values!r}\n"
        if record.exc_info and record.exc_info[1] is not None:
            self.text += "".join(traceback.format_exception(record.exc_info[1]))


@pytest.fixture
def written() -> Iterator[Written]:
    root = logging.getLogger()
    handler, level = Written(), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@services
@pytest.mark.parametrize("debug", [False, True])
def test_no_log_has_a_secret(
    mode: Mode, service: type[Service], debug: bool, written: Written
) -> None:
    class Failing(service):  # type: ignore[misc, valid-type]
        def answer(self) -> Any:
            if self.request.text == "fail":
                raise ValueError("a bug")
            return super().answer()

    keys = {name: issue() for name in ("good", "revoked", "narrow", "wrong", "late", "down")}
    row_of(keys["revoked"]).revoke()
    APIKey.objects.filter(pk=id_of(keys["narrow"])).update(scopes=[])
    APIKey.objects.filter(pk=id_of(keys["wrong"])).update(digest="0" * 64)
    with (
        override_settings(DEBUG=debug, GRPC_FRAMEWORK={"LOG_OK_RESPONSE": True}),
        stub_of(mode, keyed(Failing)) as stub,
    ):
        codes = set()
        for key in keys.values():
            for shown in (
                ("x-api-key", key),
                ("authorization", f"Api-Key {key}"),
                ("authorization", f"Bearer {key}"),
                ("authorization", f"Api-Key {key[:-1]}"),
                ("headers", json.dumps({"x-api-key": key})),
            ):
                caller = showing(stub, shown)
                codes |= {code_of(caller.AmI), code_of(lambda c=caller: c.AmI(text="fail"))}
                codes.add(code_of(lambda c=caller: list(c.Stream())))
        with database_down():
            codes.add(code_of(holding(stub, issued := generate("grpc", "live").text).AmI))
    assert codes == {
        StatusCode.OK,
        StatusCode.INTERNAL,
        StatusCode.UNAUTHENTICATED,
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAVAILABLE,
    }
    assert "a bug" in written.text
    assert id_of(keys["revoked"]) in written.text
    for key in (*keys.values(), issued):
        secret = key.rsplit("_", 1)[1]
        assert secret not in written.text
        assert secret[:20] not in written.text


@services
def test_the_log_says_why_a_key_was_refused(
    mode: Mode, service: type[Service], written: Written
) -> None:
    key = issue()
    row_of(key).revoke()
    with stub_of(mode, keyed(service)) as stub:
        code_of(holding(stub, key).AmI)
        code_of(holding(stub, "no key").AmI)
    assert f"Refused an API key from 127.0.0.1: {id_of(key)} is revoked." in written.text
    assert "Refused an API key from 127.0.0.1: not one of this server's." in written.text


def test_the_database_has_no_secret() -> None:
    key = issue()
    (row,) = APIKey.objects.values_list()
    assert id_of(key) in row
    assert key[-49:] not in str(row)
    assert key[-49:-6] not in str(row)
    assert settings.SECRET_KEY not in str(row)
