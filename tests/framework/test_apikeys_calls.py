"""Who shows an API key is known, on both servers and to handlers of either colour."""

import json
from typing import Any

import pytest
from declared import code_of, stub_of
from django.contrib.auth.models import User
from django.test import override_settings
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.known import KeyUser, KnownKey
from django_socio_grpc.base_service import BaseService
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from keyed import forget_all, holding, id_of, issue, keyed, showing
from policies import TEXT, ByToken
from whoami import database, services

pytestmark = database


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@services
def test_the_owner_is_the_user_and_the_key_is_auth(mode: Mode, service: type[Service]) -> None:
    key = issue(user=User.objects.create(username="ada"))
    with stub_of(mode, keyed(service)) as stub:
        ada = holding(stub, key)
        for _ in range(3):
            assert ada.AmI().text == f"ada by {id_of(key)}"
            assert [reply.text for reply in ada.Stream()] == ["ada"]


@services
def test_a_key_without_an_owner_stands_for_itself(mode: Mode, service: type[Service]) -> None:
    key = issue()
    with stub_of(mode, keyed(service)) as stub:
        assert holding(stub, key).AmI().text == f"apikey:{id_of(key)} by {id_of(key)}"


@services
def test_each_way_to_show_a_key(mode: Mode, service: type[Service]) -> None:
    key = issue()
    ways = [
        ("x-api-key", key),
        ("authorization", f"Api-Key {key}"),
        ("authorization", f"API-KEY  {key} "),
        ("authorization", f"Bearer {key}"),
        ("headers", json.dumps({"X-Api-Key": key})),
        ("headers", json.dumps({"Authorization": f"Api-Key {key}"})),
    ]
    with stub_of(mode, keyed(service)) as stub:
        for way in ways:
            assert showing(stub, way).AmI().text.endswith(id_of(key)), way


@services
def test_who_shows_no_key_is_nobody(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, keyed(service)) as stub:
        for metadata in (
            [],
            [("authorization", "Bearer eyJhbGciOi.J9.x")],
            [("authorization", "Basic YTpi")],
            [("headers", "{}")],
        ):
            assert code_of(showing(stub, *metadata).AmI) is StatusCode.UNAUTHENTICATED
    with stub_of(mode, keyed(service, permission_classes=[])) as stub:
        assert stub.AmI().text == "None by None"


@services
def test_the_next_authenticator_is_asked_where_no_key_is_shown(
    mode: Mode, service: type[Service]
) -> None:
    rules = {"authentication_classes": [APIKeyAuthentication, ByToken]}
    with stub_of(mode, keyed(service, **rules)) as stub:
        assert "name='bob'" in showing(stub, ("x-token", "bob")).AmI().text
        key = issue()
        assert id_of(key) in holding(stub, key).AmI().text
        wrong = showing(stub, ("x-token", "bob"), ("x-api-key", f"{key[:-1]}!"))
        assert code_of(wrong.AmI) is StatusCode.UNAUTHENTICATED


@services
def test_it_may_be_a_setting(mode: Mode, service: type[Service]) -> None:
    path = "django_socio_grpc.apikeys.authentication.APIKeyAuthentication"
    with (
        override_settings(GRPC_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [path]}),
        stub_of(mode, service) as stub,
    ):
        key = issue()
        assert holding(stub, key).AmI().text.endswith(id_of(key))


@services
def test_calls_do_not_share_the_user(mode: Mode, service: type[Service]) -> None:
    class Marking(service):  # type: ignore[misc, valid-type]
        def answer(self) -> Any:
            seen = getattr(self.context.user, "seen", 0)
            self.context.user.seen = seen + 1
            return self.pb.WhoAmIResponse(text=str(seen))

    key = issue(user=User.objects.create(username="ada"))
    with stub_of(mode, keyed(Marking)) as stub:
        assert [holding(stub, key).AmI().text for _ in range(3)] == ["0"] * 3


class SyncHelpers(BaseService):
    service_name = "Helpers"
    authentication_classes = [APIKeyAuthentication]
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Owner(self, request: Any, context: Any) -> Any:
        user, key = self.require_user(context), self.get_api_key(context)
        return self.pb.HelpersOwnerResponse(text=f"{user} {key and key.name}")

    @grpc_action(request=TEXT, response=TEXT)
    def Staff(self, request: Any, context: Any) -> Any:
        return self.pb.HelpersStaffResponse(text=str(self.require_staff(context)))


class AsyncHelpers(SyncHelpers):
    async def Owner(self, request: Any, context: Any) -> Any:
        user, key = await self.require_user(context), self.get_api_key(context)
        return self.pb.HelpersOwnerResponse(text=f"{user} {key and key.name}")

    async def Staff(self, request: Any, context: Any) -> Any:
        return self.pb.HelpersStaffResponse(text=str(await self.arequire_staff(context)))


@pytest.mark.parametrize("service", [SyncHelpers, AsyncHelpers])
def test_helpers_of_a_service(mode: Mode, service: type[Service]) -> None:
    root = User.objects.create(username="root", is_staff=True)
    with stub_of(mode, service) as stub:
        program = holding(stub, key := issue(name="cron"))
        assert program.Owner().text == f"apikey:{id_of(key)} cron"
        assert code_of(program.Staff) is StatusCode.PERMISSION_DENIED
        owner = holding(stub, issue(user=root, name="laptop"))
        assert owner.Owner().text == "root laptop"
        assert owner.Staff().text == "root"
        assert code_of(stub.Owner) is StatusCode.UNAUTHENTICATED


def test_a_program_has_no_rights_of_a_user() -> None:
    known = KnownKey(
        id="abc",
        name="cron",
        scopes=("*",),
        rate="",
        user_pk=None,
        created_at=User().date_joined,
        expires_at=None,
    )
    program = KeyUser(known)
    assert program.is_authenticated
    assert program.is_active
    assert not program.is_anonymous
    assert [program.is_staff, program.is_superuser] == [False, False]
    assert [program.has_perm("a.b"), program.has_perms([])] == [False, False]
    assert not program.has_module_perms("a")
    assert program.pk == program.id == program.get_username() == str(program) == "apikey:abc"
