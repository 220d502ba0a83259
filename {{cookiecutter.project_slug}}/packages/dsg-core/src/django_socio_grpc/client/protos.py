"""What a contract offers, as attributes: its services, their methods, its messages and enums."""

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from google.protobuf.descriptor import (
    EnumDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from django_socio_grpc.client.files import reachable
from django_socio_grpc.client.messages import build, hint, pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One rpc: its path on the wire, its messages, and which ends are streams."""

    path: str
    request_class: type[Message]
    response_class: type[Message]
    request_stream: bool
    response_stream: bool

    @classmethod
    def of(cls, method: MethodDescriptor) -> "Method":
        return cls(
            path=f"/{method.containing_service.full_name}/{method.name}",
            request_class=GetMessageClass(method.input_type),
            response_class=GetMessageClass(method.output_type),
            request_stream=method.client_streaming,
            response_stream=method.server_streaming,
        )

    def request(self, request: Any, fields: Mapping[str, Any]) -> Message:
        """Return the request that a caller describes by a message, a dict or fields."""
        return build(self.request_class, request, fields)

    def check_requests(self, requests: Any, fields: Mapping[str, Any]) -> None:
        """Raise TypeError unless ``requests`` is None or an iterable, and there are no fields."""
        iterable = isinstance(requests, Iterable | AsyncIterable | None)
        if fields or not iterable or isinstance(requests, Mapping | Message | str):
            raise TypeError(
                f"{self.path} takes a stream of requests. Give an iterable of messages or dicts, "
                "or nothing, and send each: call.send(...)."
            )

    def on(self, channel: Any) -> Any:
        """Return grpc's own callable for the rpc, on a channel of either colour."""
        ends = [
            "stream" if end else "unary" for end in (self.request_stream, self.response_stream)
        ]
        return getattr(channel, "_".join(ends))(
            self.path,
            request_serializer=_serialize,
            response_deserializer=self.response_class.FromString,
        )


MakeCallable = Callable[[Method], Callable[..., Any]]


class Service:
    """The methods of one service. Each takes the target first: ``Retrieve(target, id=1)``."""

    def __init__(self, descriptor: ServiceDescriptor, make_callable: MakeCallable) -> None:
        self._name = descriptor.full_name
        for method in descriptor.methods:
            setattr(self, method.name, make_callable(Method.of(method)))

    def at(self, target: str, **options: Any) -> "Stub":
        """Return the methods at ``target``, with ``options`` such as ``timeout`` and ``metadata``
        for each call: ``stub.Retrieve(id=1)``.
        """
        return Stub(self, target, options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python asks for these, no contract has them
            raise AttributeError(name)
        raise AttributeError(f"{self._name} has no method {name!r}. {hint(name, _public(self))}")


class Stub:
    """The methods of one service at one target."""

    def __init__(self, service: Service, target: str, options: Mapping[str, Any]) -> None:
        self._service = service
        self._target = target
        self._options = dict(options)

    def with_options(self, **options: Any) -> "Stub":
        """Return a stub with these ``options`` for each call, in addition to those that it has."""
        return Stub(self._service, self._target, merged(self._options, options))

    def __getattr__(self, name: str) -> "Bound":
        if name.startswith("_"):
            raise AttributeError(name)
        return Bound(getattr(self._service, name), self._target, self._options)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_public(self._service)]


class Bound:
    """A method that knows its target and its options."""

    def __init__(self, method: Any, target: str, options: Mapping[str, Any]) -> None:
        self._method, self._target, self._options = method, target, options

    def __call__(self, request: Any = None, /, **options: Any) -> Any:
        return self._method(self._target, request, **merged(self._options, options))

    def with_call(self, request: Any = None, /, **options: Any) -> Any:
        """Return the one reply and the call, of a sync client."""
        return self._method.with_call(self._target, request, **merged(self._options, options))


class Protos:
    """The services, messages and enums of a contract, by their names.

    ``protos["questions.QuestionController"]`` is for a name that several packages have. A method
    that only one service has may be called without naming the service.
    """

    def __init__(self, files: Sequence[FileDescriptor], make_callable: MakeCallable) -> None:
        self._names: dict[str, Any] = {}
        self._full_names: dict[str, Any] = {}
        methods: dict[str, list[Service]] = {}
        own = {file.name for file in files}
        for file in reachable(files):
            for name, found in _contents(file, make_callable):
                self._names.setdefault(name, found)
                self._full_names[f"{file.package}.{name}".lstrip(".")] = found
                if isinstance(found, Service) and file.name in own:
                    for method in _public(found):
                        methods.setdefault(method, []).append(found)
        for name, services in methods.items():
            if len(services) == 1:
                self._names.setdefault(name, getattr(services[0], name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(
                f"The contract has no {name!r}. {hint(name, self._names)}"
            ) from None

    def __getitem__(self, full_name: str) -> Any:
        try:
            return self._full_names[full_name]
        except KeyError:
            raise KeyError(
                f"The contract has no {full_name!r}. {hint(full_name, self._full_names)}"
            ) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names]


def merged(options: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``more`` over ``options``, with the metadata of both."""
    both = {**options, **more}
    metadata = *(pairs(options.get("metadata")) or ()), *(pairs(more.get("metadata")) or ())
    return {**both, "metadata": metadata} if metadata else both


def _contents(file: FileDescriptor, make_callable: MakeCallable) -> list[tuple[str, Any]]:
    services = file.services_by_name.items()
    messages = file.message_types_by_name.items()
    enums = file.enum_types_by_name.items()
    return [
        *((name, Service(service, make_callable)) for name, service in services),
        *((name, GetMessageClass(message)) for name, message in messages),
        *((name, _enum(enum)) for name, enum in enums),
    ]


def _enum(descriptor: EnumDescriptor) -> type[IntEnum]:
    """The enum as Python has them; a field takes a member as it takes the number."""
    values = [(value.name, value.number) for value in descriptor.values]
    make: Any = IntEnum  # mypy wants a literal for its name
    return make(descriptor.name, values)  # type: ignore[no-any-return]


def _public(service: Service) -> list[str]:
    return [name for name in vars(service) if not name.startswith("_")]


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
