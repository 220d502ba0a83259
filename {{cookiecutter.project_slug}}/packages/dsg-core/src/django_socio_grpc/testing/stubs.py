"""Stubs of services under test, by service class, for any user."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django_socio_grpc import current
from django_socio_grpc.client import Stub as ClientStub
from django_socio_grpc.client.messages import Metadata
from django_socio_grpc.client.protos import Service as Methods
from django_socio_grpc.client.protos import merged
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.registry import RegisteredApp
from django_socio_grpc.service import Service

TOKEN = "x-test-user"
"""The metadata that names a user to a server under test, by a secret of this process."""

Users = dict[str, Any]
_users: list[Users] = []


class Stub(ClientStub):
    """The methods of one service at a server under test: ``stub.Retrieve(id=1)``."""

    def __init__(
        self, service: Methods, target: str, options: Mapping[str, Any], users: Users
    ) -> None:
        super().__init__(service, target, options)
        self._users = users

    def with_options(self, **options: Any) -> "Stub":
        """Return a stub with these options for each call, such as ``timeout``."""
        return Stub(self._service, self._target, merged(self._options, options), self._users)

    def with_metadata(self, metadata: Metadata = (), /, **names: Any) -> "Stub":
        """Return a stub that sends this metadata as well: ``with_metadata(filters={"id": 1})``.

        In keyword names ``_`` is ``-``, and a dict or a list as a value is sent as JSON.
        """
        given = {name.replace("_", "-"): value for name, value in names.items()}
        return self.with_options(metadata=metadata).with_options(metadata=given)

    def as_user(self, user: Any) -> "Stub":
        """Return a stub whose calls are those of ``user``; no authenticator is asked.

        Permissions and throttles are. None is a caller whom nobody knows.
        """
        token = secrets.token_urlsafe()
        self._users[token] = user
        return self.with_options(metadata={TOKEN: token})


@contextmanager
def knowing(users: Users) -> Iterator[None]:
    """Within this block servers under test take ``users`` for who they are, by their tokens."""
    _users.append(users)
    try:
        yield
    finally:
        _users[:] = [other for other in _users if other is not users]


@contextmanager
def user_middleware(context: Context) -> Iterator[None]:
    """A middleware for servers under test: the caller is who the stub says."""
    tokens = [value for name, value in context.invocation_metadata() if name == TOKEN]
    for token in tokens[-1:]:
        for users in _users:
            if token in users:
                context.user, context.auth = users[str(token)], None
                current.service().authenticated = True
    yield


def app_of(service: type[Service], apps: Mapping[str, RegisteredApp]) -> RegisteredApp:
    """Return the app whose contract has ``service``, registered itself or its other colour.

    Raises:
        ConfigurationError: none of the ``apps`` has it.
    """
    name = service.get_controller_name()
    found = [
        app
        for app in apps.values()
        if any(each.get_controller_name() == name for each in app.services)
    ]
    own = [app for app in found if service in app.services]
    near = [app for app in found if f"{service.__module__}.".startswith(f"{app.package}.")]
    for app in (*own, *near, *found):
        return app
    served = sorted(each.__name__ for app in apps.values() for each in app.services)
    raise ConfigurationError(
        f"{service.__name__} is {name!r}, which this server does not serve. It serves "
        f"{', '.join(served) or 'no registered app'}. Register it in the handlers hook, or give "
        "stub() the contract: the _pb2 module or the path of the .proto file."
    )
