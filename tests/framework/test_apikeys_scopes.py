"""Which methods a key may call."""

from typing import Any

import pytest
from declared import Contract, code_of, stub_of
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.permissions import HasAPIKeyScope
from django_socio_grpc.apikeys.scopes import covers, read_scopes
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from keyed import forget_all, holding, issue, keyed
from policies import ByToken, as_
from rest_framework.permissions import AllowAny
from servicers import add_servicer
from whoami import database, services

OK, DENIED = StatusCode.OK, StatusCode.PERMISSION_DENIED


@pytest.fixture(autouse=True)
def _fresh() -> None:
    forget_all()


@pytest.mark.parametrize(
    ("scope", "method", "covered"),
    [
        ("*", "a.B.C", True),
        ("a.*", "a.B.C", True),
        ("a.*", "a.b.B.C", True),
        ("a.B.*", "a.B.C", True),
        ("a.B.C", "a.B.C", True),
        ("a.B.C", "a.B.CD", False),
        ("a.B.*", "a.BC.D", False),
        ("a.*", "ab.B.C", False),
        ("a.B", "a.B.C", False),
        ("b.*", "a.B.C", False),
    ],
)
def test_a_pattern_is_for_methods(scope: str, method: str, covered: bool) -> None:
    assert covers((scope,), method) is covered
    assert covers(("x.Y.Z", scope), method) is covered


def test_no_scope_is_for_no_method() -> None:
    assert covers((), "a.B.C") is False


def test_patterns_are_stored_in_one_form() -> None:
    given = ["/a.B/C", "a.B.C", " a.* ", "*"]
    assert read_scopes(given) == ["a.B.C", "a.*", "*"]


@pytest.mark.parametrize("text", ["", "**", "a.*.C", "a*", ".a", "a..b", "a b", "a-b", "\u0430.B"])
def test_what_is_no_pattern_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no scope") as caught:
        read_scopes([text])
    assert repr(text) in str(caught.value)


@database
@services
@pytest.mark.parametrize("permission", [AllowAny, HasAPIKeyScope])
def test_a_key_opens_what_its_scopes_cover(
    mode: Mode, service: type[Service], permission: type
) -> None:
    """Whatever the permissions of the service say."""
    with stub_of(mode, keyed(service, permission_classes=[permission])) as stub:
        for scopes, am_i, stream in (
            (["tests.*"], OK, OK),
            (["tests.WhoController.AmI"], OK, DENIED),
            (["tests.WhoController.Stream", "other.*"], DENIED, OK),
            (["other.*"], DENIED, DENIED),
            ([], DENIED, DENIED),
        ):
            caller = holding(stub, issue(scopes=scopes))
            for _ in range(2):  # the second time by what is in memory
                assert code_of(caller.AmI) is am_i
                assert code_of(lambda caller=caller: list(caller.Stream())) is stream


@database
@services
def test_a_servicer_that_is_added_by_hand_has_no_package(
    mode: Mode, service: type[Service]
) -> None:
    own = keyed(service, proto_package="")
    contract = Contract(own)

    def hook(server: Any) -> None:
        add_servicer(contract, own.as_servicer(), server)

    with serve(mode, hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        assert code_of(holding(stub, issue(scopes=["WhoController.AmI"])).AmI) is OK
        assert code_of(holding(stub, issue(scopes=["tests.*"])).AmI) is DENIED
        assert code_of(holding(stub, issue()).AmI) is OK


@database
@services
def test_a_permission_asks_for_a_key(mode: Mode, service: type[Service]) -> None:
    rules = {
        "authentication_classes": [APIKeyAuthentication, ByToken],
        "permission_classes": [HasAPIKeyScope],
    }
    with stub_of(mode, keyed(service, **rules)) as stub:
        assert code_of(holding(stub, issue()).AmI) is OK
        assert code_of(as_(stub, token="bob").AmI) is DENIED
        assert code_of(stub.AmI) is StatusCode.UNAUTHENTICATED


@database
@pytest.mark.parametrize("scopes", ["questions.*", "*", {"*": True}, None, 7, [["*"]]])
def test_what_is_no_list_is_for_no_method(scopes: Any) -> None:
    """As a program may write it past ``issue``: a text is not its letters."""
    row = APIKey(name="test", scopes=scopes)
    row.seal()
    assert not row.known.allows("tests.WhoController.AmI")
