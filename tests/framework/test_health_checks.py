"""What ``HEALTH_CHECKS`` does to the health that a server tells."""

import asyncio
import logging
from typing import Any

import grpc
import pytest
from django.contrib.contenttypes.models import ContentType
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.testing import Mode
from echo import EchoService
from healths import ECHO, NOT_SERVING, PATIENCE, SERVING, Gate, Switch, health_of
from talks import SyncTalk
from waiting import until

LOGGER = "django_socio_grpc.health"
TALK = SyncTalk.get_controller_name()


def test_a_check_that_fails_is_seen_and_one_that_passes_again(mode: Mode) -> None:
    switch = Switch()
    with health_of(mode, HEALTH_CHECKS=[Switch(), switch]) as (_, health):
        assert health.check() == health.check(ECHO) == SERVING
        switch.on = False
        health.wait_for(NOT_SERVING)
        assert health.check(ECHO) == NOT_SERVING
        assert health.check("liveness") == SERVING, "a restart would mend nothing"
        switch.on = True
        health.wait_for(SERVING)
        assert health.check(ECHO) == SERVING
        assert not switch.closed
    assert switch.closed


def test_the_first_answer_knows_of_the_first_run(mode: Mode) -> None:
    with health_of(mode, HEALTH_CHECKS=[Switch(on=False)], HEALTH_INTERVAL=60) as (_, health):
        assert health.check() == NOT_SERVING


def test_a_check_for_some_services_alone(mode: Mode) -> None:
    off = Switch(on=False)
    checks = [(off, [f"tests.{TALK}"])]
    with health_of(mode, EchoService, SyncTalk, HEALTH_CHECKS=checks) as (_, health):
        assert health.check(f"tests.{TALK}") == NOT_SERVING
        assert health.check() == health.check(ECHO) == SERVING


def test_a_check_that_returns_false_has_failed(mode: Mode) -> None:
    with health_of(mode, HEALTH_CHECKS=[lambda: False, lambda: None]) as (_, health):
        assert health.check() == NOT_SERVING
    with health_of(mode, HEALTH_CHECKS=[lambda: 0, lambda: True]) as (_, health):
        assert health.check() == SERVING


def test_a_check_that_hangs_has_failed_and_delays_nobody(mode: Mode) -> None:
    gate, other = Gate(), Switch()
    settings = {"HEALTH_CHECKS": [gate, other], "HEALTH_TIMEOUT": 0.2}
    with health_of(mode, **settings) as (_, health):
        assert health.check() == NOT_SERVING
        runs = other.runs
        until(lambda: other.runs > runs + 3)
        assert gate.runs == 1, "it runs again when it has ended"
        gate.open.set()
        health.wait_for(SERVING)


def test_an_async_check_that_hangs_is_cancelled(mode: Mode) -> None:
    hangs, ends = True, 0

    async def check() -> None:
        nonlocal ends
        try:
            await asyncio.sleep(PATIENCE if hangs else 0)
        finally:
            ends += 1

    settings = {"HEALTH_CHECKS": [check], "HEALTH_TIMEOUT": 0.1}
    with health_of(mode, **settings) as (_, health):
        assert health.check() == NOT_SERVING
        until(lambda: ends > 1)
        hangs = False
        health.wait_for(SERVING)


@pytest.mark.django_db(transaction=True)
def test_checks_may_query(mode: Mode) -> None:
    seen: list[int] = []

    def sync_check() -> None:
        seen.append(ContentType.objects.count())

    async def async_check() -> None:
        seen.append(await ContentType.objects.acount())

    with health_of(mode, HEALTH_CHECKS=[sync_check, async_check]) as (_, health):
        assert health.check() == SERVING
        until(lambda: len(seen) > 5)


def test_a_change_is_logged_once(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    switch = Switch(on=False)
    with (
        caplog.at_level(logging.DEBUG, LOGGER),
        health_of(mode, HEALTH_CHECKS=[switch]) as (_, health),
    ):
        until(lambda: switch.runs > 5)
        switch.on = True
        health.wait_for(SERVING)
    lines = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == LOGGER]
    assert lines == [
        (
            "ERROR",
            "healths.Switch fails (RuntimeError: It is off). Not serving: the server, "
            "tests.EchoController.",
        ),
        ("WARNING", "healths.Switch passes again. Serving: the server, tests.EchoController."),
    ]


def passes() -> None:
    """A check by its dotted path."""


class Fails:
    """Another one, of which the server makes one of its own."""

    def __call__(self) -> bool:
        return False


def test_checks_by_their_dotted_paths(mode: Mode) -> None:
    path = f"{__name__}.passes"
    with health_of(mode, HEALTH_CHECKS=[path, (path, [ECHO])]) as (_, health):
        assert health.check() == health.check(ECHO) == SERVING
    with health_of(mode, HEALTH_CHECKS=[f"{__name__}.Fails"]) as (_, health):
        assert health.check() == NOT_SERVING


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        (["nowhere.check"], r"names 'nowhere\.check', which does not import: No module named"),
        ([f"{__name__}.LOGGER"], r"which is 'django_socio_grpc\.health' and cannot be called"),
        ([(passes, ["tests.Other"])], r"for 'tests\.Other', which is not served\. There are: "),
        ([5], r"\['HEALTH_CHECKS'\] must be a list of functions, of their dotted paths, or of"),
        (passes, r"must be a list of functions"),
        ([(passes, ECHO)], r"must be a list of functions"),
    ],
)
def test_a_check_that_is_wrong_is_an_error_at_startup(
    mode: Mode, checks: Any, message: str
) -> None:
    with (
        pytest.raises(ConfigurationError, match=message),
        health_of(mode, HEALTH_CHECKS=checks),
    ):
        raise AssertionError("it serves")


def test_an_open_watch_hears_of_each_change(mode: Mode) -> None:
    switch = Switch()
    with health_of(mode, HEALTH_CHECKS=[switch]) as (_, health):
        watches = [health.watch(name) for name in ("", ECHO)]
        assert [next(watch).status for watch in watches] == [SERVING] * 2
        for switch.on, expected in ((False, NOT_SERVING), (True, SERVING)):
            assert [next(watch).status for watch in watches] == [expected] * 2
        unknown = health.watch("tests.Other")
        assert next(unknown).status == 3, "SERVICE_UNKNOWN"
        for watch in watches:
            watch.cancel()
            with pytest.raises(grpc.RpcError):
                list(watch)
        assert health.check() == SERVING
