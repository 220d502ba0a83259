"""One row for each call that is over, on both servers and on each database."""

import logging
import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from declared import code_of
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client, modify_settings, override_settings
from django.urls import path
from django.utils import timezone
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.request_log.models import RequestLog
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from observed import KINDS, AsyncObserved, Samples, kinds, observed, say, services
from policies import ByToken, as_, with_policies
from waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = "could not connect to server"
urlpatterns = [path("admin/", admin.site.urls)]


@services
@kinds
def test_a_row_for_each_call(mode: Mode, service: type[Service], kind: str) -> None:
    before = timezone.now()
    with observed(mode, service, database_log="all") as (_, stub):
        say(stub.options(metadata=[("x-request-id", "abc-1")]), kind, "x", "y")
        assert code_of(lambda: say(stub, kind, "missing")) is StatusCode.NOT_FOUND
    failed, well = RequestLog.objects.order_by("code")
    assert (well.code, failed.code) == ("OK", "NOT_FOUND")
    assert well.request_id == "abc-1"
    assert len(failed.request_id) == 32
    for row in (failed, well):
        assert row.service == "tests.ObservedController"
        assert (row.method, row.kind) == (kind, KINDS[kind])
        assert row.peer.startswith("ipv4:127.0.0.1:")
        assert row.duration_ms > 0
        assert before <= row.ended <= timezone.now()
        assert (row.user, row.trace_id) == ("", "")


@services
@pytest.mark.parametrize(("which", "codes"), [("off", []), ("errors", ["NOT_FOUND"])])
def test_which_calls(mode: Mode, service: type[Service], which: str, codes: list[str]) -> None:
    with observed(mode, service, database_log=which) as (_, stub):
        say(stub, "Unary", "x")
        code_of(lambda: say(stub, "Unary", "missing"))
    assert list(RequestLog.objects.values_list("code", flat=True)) == codes


@services
def test_who_has_called(mode: Mode, service: type[Service]) -> None:
    class Numbered(ByToken):
        def authenticate(self, request: Any) -> Any:
            found = super().authenticate(request)
            if found:
                found[0].pk = "k" * 100
            return found

    asked = with_policies(service, authentication_classes=[Numbered])
    with observed(mode, asked, database_log="all") as (_, stub):
        say(as_(stub, token="ada"), "Unary", "x")
    assert RequestLog.objects.get().user == "k" * 64  # all that there is room for


class Router:
    """Loses the database for the log alone, while it is ``away``."""

    away = threading.Event()
    asked = threading.Event()

    def db_for_write(self, model: type, **hints: Any) -> None:
        if model is RequestLog:
            self.asked.set()
            if self.away.is_set():
                raise OperationalError(AWAY)


@override_settings(DATABASE_ROUTERS=["test_observe_database.Router"])
def test_a_database_that_is_away_hurts_no_call(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_socio_grpc.internal")
    Router.away.set()
    Router.asked.clear()
    with observed(mode, AsyncObserved, database_log="all") as (_, stub):
        for _ in range(5):
            say(stub, "Unary", "x")
        assert Router.asked.wait(20)
        say(stub, "Unary", "x")
        Router.away.clear()
        until(lambda: RequestLog.objects.count() == 6)
    assert [text for text in caplog.messages if "log of calls" in text] == [
        f"The log of calls cannot be written, and waits: {AWAY}",
        "The log of calls is written again.",
    ]


@override_settings(DATABASE_ROUTERS=["test_observe_database.Router"])
def test_a_database_that_stays_away_holds_no_stop_up(mode: Mode) -> None:
    Router.away.set()
    Router.asked.clear()
    try:
        with observed(mode, AsyncObserved, database_log="all", metrics_port=0) as (server, stub):
            say(stub, "Unary", "x")
            assert Router.asked.wait(20)
            dropped = Samples(server).value("grpc_server_log_dropped_total", log="database")
            assert dropped == 0
        log = server.server.telling.logs["database"]
        assert log.dropped == 1
    finally:
        Router.away.clear()
    assert RequestLog.objects.count() == 0


@modify_settings(INSTALLED_APPS={"remove": ["django_socio_grpc.request_log"]})
def test_without_its_app_no_server_starts(mode: Mode) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"Add 'django_socio_grpc\.request_log' to"),
        observed(mode, AsyncObserved, database_log="all"),
    ):
        raise AssertionError("it serves")


def add_row(days: float) -> None:
    RequestLog.objects.create(
        ended=timezone.now() - timedelta(days=days),
        service="a.B",
        method="C",
        kind="unary",
        code="OK",
        duration_ms=1,
        request_id="x",
    )


@pytest.mark.parametrize(
    ("options", "left"), [({}, 2), ({"days": 2}, 1), ({"days": 0}, 0), ({"days": 0.5}, 1)]
)
def test_what_is_old_is_cleared(options: dict[str, Any], left: int) -> None:
    for days in (0.1, 10, 31, 400):
        add_row(days)
    out = StringIO()
    call_command("clearrequestlog", stdout=out, **options)
    assert RequestLog.objects.count() == left
    assert out.getvalue().startswith(f"Deleted {4 - left} rows")


def test_days_are_not_negative() -> None:
    with pytest.raises(CommandError, match="Give 0 or more"):
        call_command("clearrequestlog", days=-1)


@pytest.mark.urls("test_observe_database")
def test_the_admin_site_shows_it_and_changes_nothing(client: Client) -> None:
    add_row(1)
    client.force_login(get_user_model().objects.create_superuser("ada", "a@example.com", "x"))
    page = "/admin/grpc_request_log/requestlog/"
    listed = client.get(page, {"q": "x"})
    assert listed.status_code == 200
    assert b"a.B" in listed.content
    row = RequestLog.objects.get()
    assert client.get(f"{page}{row.pk}/change/").status_code == 200
    assert client.post(f"{page}{row.pk}/change/", {"code": "NO"}).status_code == 403
    assert client.post(f"{page}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{page}add/").status_code == 403
