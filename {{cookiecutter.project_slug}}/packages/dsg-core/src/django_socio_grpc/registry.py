"""What is served: the services of each app, and how each is bound to its generated messages."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from django.conf import settings
from google.protobuf.descriptor import FileDescriptor

from django_socio_grpc.app_folders import import_root, locate, project_root
from django_socio_grpc.concurrency import settled
from django_socio_grpc.exceptions import GENERATE, ConfigurationError
from django_socio_grpc.import_failures import import_failure
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings

HOOK_SETTING = "GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK']"
SET_HOOK = f"Set {HOOK_SETTING} to the dotted path of a function of the server."


class AppHandlerRegistryError(ConfigurationError):
    """One app has two registries, or one service is registered twice."""


@dataclass(slots=True, kw_only=True)
class RegisteredApp:
    """The services of one app and where its contract is.

    ``package`` is the app's, ``pb2_package`` that of the generated modules: ``questions.grpc``.
    ``import_root`` is the folder that they are imported from, and protoc run in; ``home`` the
    one within which they are to be found.
    """

    app_label: str
    package: str
    import_root: Path
    pb2_package: str
    home: Path
    services: tuple[type[Service], ...] = ()
    generates: bool = True

    @property
    def proto_path(self) -> Path:
        folder = self.import_root.joinpath(*self.pb2_package.split("."))
        return folder / f"{self.app_label}.proto"

    @property
    def pb2_name(self) -> str:
        return f"{self.pb2_package}.{self.app_label}_pb2"

    def add(self, service_class: type[Service]) -> None:
        """Add a service.

        Raises:
            AppHandlerRegistryError: the app has it already, or another with its name on the wire.
        """
        name = service_class.get_controller_name()
        if service_class in self.services:
            raise AppHandlerRegistryError(
                f"{service_class.__name__} is registered twice with the app {self.app_label!r}. "
                "Register it once."
            )
        for other in self.services:
            if other.get_controller_name() == name:
                raise AppHandlerRegistryError(
                    f"{service_class.__name__} and {other.__name__} are both {name} of the app "
                    f"{self.app_label!r}. Register one of them, or give one another service_name."
                )
        self.services += (service_class,)

    def descriptor(self) -> FileDescriptor:
        """Return the contract as the generated module has it.

        Raises:
            ConfigurationError: the module is not there, or was made by a newer protobuf.
        """
        try:
            module: Any = import_module(self.pb2_name)
        except ModuleNotFoundError as exc:
            raise ConfigurationError(f"{self.pb2_name} is missing ({exc}). {GENERATE}") from exc
        except Exception as exc:  # protobuf raises errors of many classes
            raise ConfigurationError(
                f"{self.pb2_name} does not import: {exc}. {GENERATE}"
            ) from exc
        if not isinstance(getattr(module, "DESCRIPTOR", None), FileDescriptor):
            raise ConfigurationError(f"{self.pb2_name} is not a generated module. {GENERATE}")
        return module.DESCRIPTOR  # type: ignore[no-any-return]


@dataclass(slots=True)
class Registry:
    """The apps that one run of the handlers hook registers."""

    apps: dict[str, RegisteredApp] = field(default_factory=dict)

    def add_app(
        self, app_name: str, grpc_folder: str, *, generates: bool, to_root: bool = False
    ) -> RegisteredApp:
        """Add an app; ``to_root`` puts its contract into the project's ROOT_GRPC_FOLDER.

        Raises:
            AppHandlerRegistryError: the app is there already.
            ConfigurationError: there is no such app.
        """
        package, label = locate(app_name)
        if label in self.apps:
            raise AppHandlerRegistryError(
                f"The app {label!r} has an AppHandlerRegistry already. Use one for all of its "
                "services."
            )
        root = import_root(package)
        home = root.joinpath(*package.split("."))
        pb2_package = f"{package}.{grpc_folder}"
        if to_root:
            root, folder = project_root(), _root_folder()
            home, pb2_package = root.joinpath(*folder.split(".")), f"{folder}.{label}"
        self.apps[label] = RegisteredApp(
            app_label=label,
            package=package,
            import_root=root,
            pb2_package=pb2_package,
            home=home,
            generates=generates,
        )
        return self.apps[label]


def _root_folder() -> str:
    folder: str = grpc_settings.ROOT_GRPC_FOLDER
    if not all(part.isidentifier() for part in folder.split(".")):
        raise ConfigurationError(
            f"GRPC_FRAMEWORK['ROOT_GRPC_FOLDER'] is {folder!r}, which cannot be imported from. "
            "Give the name of a package, such as 'grpc_folder'."
        )
    return folder


class RegistrySingleton:
    """The registry of services that are registered outside of any server and any command."""

    registry = Registry()

    @classmethod
    def clean_all(cls) -> None:
        """Forget them all."""
        cls.registry.apps.clear()


_current: ContextVar[Registry | None] = ContextVar("registry", default=None)


@contextmanager
def collecting() -> Iterator[Registry]:
    """Within this block services are registered in a registry of their own, which it yields."""
    registry = Registry()
    token = _current.set(registry)
    try:
        yield registry
    finally:
        _current.reset(token)


@contextmanager
def recording(server: Any) -> Iterator[list[grpc.GenericRpcHandler]]:
    """Within this block note the handlers that are added to ``server``, by whatever code."""
    handlers: list[grpc.GenericRpcHandler] = []
    add = server.add_generic_rpc_handlers

    def record(added: Iterable[grpc.GenericRpcHandler]) -> None:
        added = tuple(added)
        handlers.extend(added)
        add(added)

    server.add_generic_rpc_handlers = record
    try:
        yield handlers
    finally:
        del server.add_generic_rpc_handlers


def current() -> Registry:
    """The registry that services are registered in now."""
    return _current.get() or RegistrySingleton.registry


def collect_apps() -> Mapping[str, RegisteredApp]:
    """Return the apps that the handlers hook registers in the current mode, by label."""
    with collecting() as registry:
        settled(handlers_hook()(None))
    return registry.apps


def handlers_hook() -> Callable[[Any], Any]:
    """Return the function that registers the services.

    Raises:
        ConfigurationError: it does not import; the message names what failed.
    """
    hook: str | Callable[[Any], Any] | None = grpc_settings.ROOT_HANDLERS_HOOK
    if callable(hook):
        return hook
    name, fix = HOOK_SETTING, "Correct the setting."
    if hook is None:
        urlconf = getattr(settings, "ROOT_URLCONF", None)
        if urlconf is None:
            raise ConfigurationError(f"No function registers the services. {SET_HOOK}")
        name, hook, fix = "ROOT_URLCONF", f"{urlconf}.grpc_handlers", SET_HOOK
    found = _import_hook(hook, f"{name} says that {hook!r} registers the services, but", fix)
    if not callable(found):
        raise ConfigurationError(
            f"{name}: {hook!r} is {found!r}, not a function of the server. {fix}"
        )
    return found  # type: ignore[no-any-return]


def _import_hook(hook: str, says: str, fix: str) -> Any:
    """Import what ``hook`` names, and tell a wrong name from a module that fails."""
    path, _, name = hook.rpartition(".")
    if not path:
        raise ConfigurationError(f"{says} that is no dotted path. {fix}")
    try:
        module = import_module(path)
    except ConfigurationError:
        raise
    except Exception as exc:
        if isinstance(exc, ModuleNotFoundError) and f"{path}.".startswith(f"{exc.name}."):
            raise ConfigurationError(f"{says} there is no module {exc.name!r}. {fix}") from exc
        raise ConfigurationError(f"{says} {path} does not import: {import_failure(exc)}") from exc
    if not hasattr(module, name):
        raise ConfigurationError(f"{says} {path} has no {name!r}. {fix}")
    return getattr(module, name)


def hook_name(hook: Callable[[Any], Any]) -> str:
    """The dotted path of a handlers hook, for messages."""
    name = getattr(hook, "__qualname__", None)
    return repr(hook) if name is None else f"{hook.__module__}.{name}"
