"""``BaseService`` in async code: users who are rows of a session, and overrides of the helpers."""

from typing import Any

import pytest
from declared import Stub, code_of, stub_of
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

pytestmark = pytest.mark.django_db(transaction=True)

NAME: list[FieldDict] = [{"name": "name", "type": "string"}]
action = grpc_action(response=NAME, response_name="ClubReply")
sessions = override_settings(
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    GRPC_FRAMEWORK={
        "GRPC_MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ]
    },
)


class Club(BaseService):
    """Each action lets in whom its name says."""

    service_name = "Club"
    pb: Any

    def reply(self, user: Any) -> Any:
        return self.pb.ClubReply(name=user.username)


class AsyncClub(Club):
    @action
    async def Anybody(self, request: Any, context: Any) -> Any:
        user = await self.aget_user(context)
        return self.pb.ClubReply(name=user.username if user else "nobody")

    @action
    async def Member(self, request: Any, context: Any) -> Any:
        return self.reply(await self.arequire_user(context))

    @action
    async def Staff(self, request: Any, context: Any) -> Any:
        return self.reply(await self.arequire_staff(context))

    @action
    async def Superuser(self, request: Any, context: Any) -> Any:
        return self.reply(await self.arequire_superuser(context))

    @action
    async def Hasty(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_user(context))


def member(stub: Stub, name: str, **rights: bool) -> Stub:
    """The stub for a new user, who has logged in."""
    client = Client()
    client.force_login(User.objects.create(username=name, **rights))
    return stub.options(metadata=[("cookie", f"sessionid={client.cookies['sessionid'].value}")])


@sessions
def test_the_user_of_a_session_in_async_code(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    with stub_of(mode, AsyncClub) as stub:
        ada, staff = member(stub, "ada"), member(stub, "staff", is_staff=True)
        root = member(stub, "root", is_superuser=True)
        assert [each.Anybody().name for each in (stub, ada)] == ["nobody", "ada"]
        codes = {
            name: [code_of(getattr(each, name)).name for each in (stub, ada, staff, root)]
            for name in ("Member", "Staff", "Superuser")
        }
        assert caplog.text.count("Write: await self.arequire_user(...)") == 0
        assert code_of(stub.Hasty) is StatusCode.UNAUTHENTICATED
        assert code_of(ada.Hasty) is StatusCode.INTERNAL
    unknown, denied = "UNAUTHENTICATED", "PERMISSION_DENIED"
    assert codes == {
        "Member": [unknown, "OK", "OK", "OK"],
        "Staff": [unknown, denied, "OK", denied],
        "Superuser": [unknown, denied, denied, "OK"],
    }
    assert "Write: await self.arequire_user(...)" in caplog.text


async def nobody(self: Any, *args: Any, **kwargs: Any) -> None: ...


@pytest.mark.parametrize(
    "name",
    [
        "get_user",
        "require_user",
        "require_staff",
        "require_superuser",
        "check_permission",
        "require_permission",
        "abort",
        "abort_not_found",
    ],
)
def test_an_async_override_that_nobody_would_await_is_refused_at_startup(
    mode: Mode, name: str
) -> None:
    """What it returns is no None, so it would let everybody in."""
    careless = type("Careless", (AsyncClub,), {name: nobody})
    with (
        pytest.raises(ConfigurationError, match=rf"Careless\.{name} is async"),
        stub_of(mode, careless),
    ):
        raise AssertionError("it serves")


def test_another_service_may_have_a_method_of_that_name(mode: Mode) -> None:
    class Other(Service):
        service_name = "Other"
        pb: Any

        async def get_user(self, context: Any) -> str:
            return "somebody"

        @grpc_action(response=NAME)
        async def Ask(self, request: Any, context: Any) -> Any:
            return self.pb.OtherAskResponse(name=await self.get_user(context))

    with stub_of(mode, Other) as stub:
        assert stub.Ask().name == "somebody"


class ByMetadata(AsyncClub):
    """Its own idea of who calls, as async code."""

    async def aget_user(self, context: Any) -> Any:
        return await User.objects.filter(username=context.META.get("HTTP_X_NAME")).afirst()

    @action
    def Sync(self, request: Any, context: Any) -> Any:
        return self.reply(self.require_user(context))


def test_an_async_override_of_the_async_one_counts_for_both(mode: Mode) -> None:
    User.objects.create(username="ada")
    with stub_of(mode, ByMetadata) as stub:
        ada = stub.options(metadata=[("x-name", "ada")])
        for name in ("Member", "Sync"):
            assert getattr(ada, name)().name == "ada"
            assert code_of(getattr(stub, name)) is StatusCode.UNAUTHENTICATED
        assert code_of(ada.Hasty) is StatusCode.INTERNAL


class Forgetful(AsyncClub):
    """Its handlers call a check, and do not await it."""

    @action
    async def Required(self, request: Any, context: Any) -> Any:
        self.arequire_user(context)
        return self.pb.ClubReply(name="in")

    @action
    async def RequiredOnce(self, request: Any, context: Any) -> Any:
        self.arequire_superuser(context)
        await self.arequire_superuser(context)
        return self.pb.ClubReply(name="in")

    @action
    async def Checked(self, request: Any, context: Any) -> Any:
        return self.pb.ClubReply(
            name="in" if self.acheck_permission(context, "auth.change_user") else "out"
        )

    @action
    async def OfObject(self, request: Any, context: Any) -> Any:
        self.acheck_object_permissions(context)
        return self.pb.ClubReply(name="in")


@sessions
@pytest.mark.parametrize("name", ["Required", "RequiredOnce", "Checked", "OfObject"])
def test_a_check_that_is_not_awaited_lets_nobody_in(
    mode: Mode, name: str, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with stub_of(mode, Forgetful) as stub:
        root = member(stub, "root", is_superuser=True)
        assert code_of(getattr(root, name)) is StatusCode.INTERNAL
    assert "Write await before it: await self.a" in caplog.text
