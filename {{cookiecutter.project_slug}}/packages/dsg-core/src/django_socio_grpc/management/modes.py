"""What the handlers hook registers for each server, and that it is one contract."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from django_socio_grpc import registry
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.management.forgotten import forgotten_apps
from django_socio_grpc.registry import RegisteredApp
from django_socio_grpc.schema.model import AppSpec
from django_socio_grpc.settings import grpc_settings


def apps_with_a_contract(*, allow_breaking: bool = False) -> list[RegisteredApp]:
    """Return the apps that the hook registers in the current mode, sorted by label.

    With ``allow_breaking`` those too that it registers no more.

    Raises:
        ProtobufGenerationException: there is none, or an app's contract is another one in the
            other mode, or is there and nobody registers the app.
        ConfigurationError: the hook, or a service, is not as it must be.
    """
    aio = grpc_settings.GRPC_ASYNC
    registered = _registered(aio=aio), _registered(aio=not aio)
    apps, others = map(_with_a_contract, registered)
    if not apps and not others:
        hook = registry.hook_name(registry.handlers_hook())
        raise ProtobufGenerationException(
            "No service is registered. Call AppHandlerRegistry(app, server).register(service) in "
            f"the function that ROOT_HANDLERS_HOOK names: {hook}."
        )
    for label in sorted({*apps, *others}):
        sync, aio_app = (others, apps) if aio else (apps, others)
        _check_same(label, sync.get(label), aio_app.get(label))
    for app in forgotten_apps({label for found in registered for label in found}):
        if not allow_breaking:
            raise ProtobufGenerationException(
                f"{app.proto_path} is a contract that clients may have, but the app is registered "
                f"no more. Call AppHandlerRegistry({app.app_label!r}, server) and register its "
                "services, or give it disable_proto_generation=True and register none if another "
                "project serves them, or insist with `generateproto --allow-breaking`."
            )
        apps[app.app_label] = app
    return [apps[label] for label in sorted(apps)]


def _registered(*, aio: bool) -> Mapping[str, RegisteredApp]:
    with grpc_settings.override(GRPC_ASYNC=aio):
        return registry.collect_apps()


def _with_a_contract(apps: Mapping[str, RegisteredApp]) -> dict[str, RegisteredApp]:
    return {
        label: app
        for label, app in apps.items()
        # Without services a contract that is there loses all of them, which is to be noticed.
        if app.generates and (app.services or app.proto_path.exists())
    }


def _check_same(label: str, sync: RegisteredApp | None, aio: RegisteredApp | None) -> None:
    sync_classes = {} if sync is None else {c.get_controller_name(): c for c in sync.services}
    aio_classes = {} if aio is None else {c.get_controller_name(): c for c in aio.services}
    if sync_classes == aio_classes:
        return
    texts = [_wire_text(label, classes.values()) for classes in (sync_classes, aio_classes)]
    if texts[0] == texts[1]:
        return
    pairs = [
        f"{_class_name(sync_classes.get(name))} / {_class_name(aio_classes.get(name))}"
        for name in sorted(sync_classes | aio_classes)
        if sync_classes.get(name) is not aio_classes.get(name)
    ]
    before, after = (text.splitlines() for text in texts)
    diff = difflib.unified_diff(before, after, "sync server", "aio server", lineterm="")
    raise ProtobufGenerationException(
        f"The app {label!r} has one contract on the sync server and another on the aio server. "
        f"The classes that differ are {', '.join(pairs)}. Declare the same actions and messages "
        "in both, or register one class for both servers.\n" + "\n".join(diff)
    )


def _wire_text(label: str, classes: Iterable[type]) -> str:
    """The contract as far as clients notice: without comments."""
    return render(assign(_without_comments(app_spec(label, classes)), None))


def _without_comments(spec: AppSpec) -> AppSpec:
    return replace(
        spec,
        services=tuple(
            replace(
                service, comment="", rpcs=tuple(replace(rpc, comment="") for rpc in service.rpcs)
            )
            for service in spec.services
        ),
        messages=tuple(
            replace(
                message,
                comment="",
                fields=tuple(replace(field, comment="") for field in message.fields),
            )
            for message in spec.messages
        ),
    )


def _class_name(cls: type | None) -> str:
    return "nothing" if cls is None else cls.__name__
