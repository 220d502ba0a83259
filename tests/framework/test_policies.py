"""Who may call: authenticators of either colour, on both servers."""

import json

import grpc
import pytest
from declared import code_of, stub_of
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from policies import ByDatabase, ByToken, as_, asked, services, with_policies

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    asked.clear()


@services
@pytest.mark.parametrize("classes", [[ByToken, ByDatabase], [ByDatabase, ByToken]])
def test_first_authenticator_that_succeeds_wins(
    mode: Mode, service: type[Service], classes: list[type]
) -> None:
    Tag.objects.create(label="ada")
    with stub_of(mode, with_policies(service, authentication_classes=classes)) as stub:
        assert (
            as_(stub, token="bob", label="ada").AmI().text
            == ("bob", "ada")[classes[0] is ByDatabase]
        )
        assert asked == [classes[0].__name__, "handler"]
        asked.clear()
        assert as_(stub, label="ada").AmI().text == "ada"
        assert as_(stub, token="bob").AmI().text == "bob"


@services
def test_nobody_known_is_no_user(mode: Mode, service: type[Service]) -> None:
    classes = [ByToken, ByDatabase]
    with stub_of(mode, with_policies(service, authentication_classes=classes)) as stub:
        assert stub.AmI().text == "None None"
    assert asked == ["ByToken", "ByDatabase", "handler"]


@services
@pytest.mark.parametrize(
    ("metadata", "message"),
    [({"token": "bad"}, "The token is not good."), ({"label": "bad"}, "The label is not good.")],
)
def test_refused_caller(
    mode: Mode, service: type[Service], metadata: dict[str, str], message: str
) -> None:
    classes = [ByToken, ByDatabase]
    with (
        stub_of(mode, with_policies(service, authentication_classes=classes)) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        as_(stub, **metadata).AmI()
    assert caught.value.code() is StatusCode.UNAUTHENTICATED
    assert json.loads(str(caught.value.details()))["message"] == message
    assert "handler" not in asked


@services
def test_a_bug_in_an_authenticator_lets_nobody_in_and_leaks_nothing(
    mode: Mode, service: type[Service]
) -> None:
    with (
        stub_of(mode, with_policies(service, authentication_classes=[ByToken])) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        as_(stub, token="bug").AmI()
    assert caught.value.code() is StatusCode.INTERNAL
    assert "hunter2" not in str(caught.value.details())
    assert "handler" not in asked


@services
@override_settings(
    GRPC_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["test_policies.ByToken"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    }
)
def test_policies_of_the_settings(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert as_(stub, token="bob").AmI().text == "bob"
        assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED
    with stub_of(mode, with_policies(service, permission_classes=[])) as stub:
        assert stub.AmI().text == "None None"
