"""A handler that blocks the loop is named in the log, on both servers."""

import logging
import time
from typing import Any

import pytest
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from observed import observed
from waiting import until

TEXT = [{"name": "text", "type": "string"}]


class Blocking(Service):
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    async def Block(self, request: Any, context: Any) -> Any:
        self.sleep_on_the_loop(float(request.text))
        return self.pb.BlockingBlockResponse(text="done")

    def sleep_on_the_loop(self, seconds: float) -> None:
        time.sleep(seconds)


def test_it_names_the_call_and_shows_where_it_is(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "django_socio_grpc.internal")
    with (
        override_settings(GRPC_FRAMEWORK={"LOOP_WATCHDOG": 0.2}),
        observed(mode, Blocking) as (_, stub),
    ):
        assert stub.Block(text="2").text == "done"
        until(lambda: "turns again" in caplog.text)
    told = [each for each in caplog.messages if "by Blocking/Block" in each]
    (blocked,) = told
    assert blocked.startswith("The loop has been blocked for 0.")
    assert "in sleep_on_the_loop\n    time.sleep(seconds)" in blocked
    assert "in Block\n" in blocked


def test_it_can_be_turned_off(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "django_socio_grpc.internal")
    with (
        override_settings(GRPC_FRAMEWORK={"LOOP_WATCHDOG": 0}),
        observed(mode, Blocking) as (_, stub),
    ):
        assert stub.Block(text="1.5").text == "done"
    assert "blocked" not in caplog.text
