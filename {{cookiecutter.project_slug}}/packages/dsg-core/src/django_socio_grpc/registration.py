"""``AppHandlerRegistry``: says which services of an app a server serves."""

import re
import warnings
from importlib import import_module, reload
from types import ModuleType
from typing import Any

from django_socio_grpc import adapters, registry
from django_socio_grpc.adapters import registering, runtime_of
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.service import Service

__all__ = ["AppHandlerRegistry"]


class AppHandlerRegistry:
    """Registers services of one app with ``server``, and their contract with ``generateproto``.

        def grpc_handlers(server):
            questions = AppHandlerRegistry("questions", server)
            questions.register(QuestionService)

    ``server`` is one of our own, or any ``grpc.server()`` or ``grpc.aio.server()``; it is None
    while the contract is generated. A service named by a string is looked for in
    ``<app>/<service_folder>/<service_name>_service.py``, then in ``<app>/<service_folder>``;
    ``reload_services`` imports that module anew. ``grpc_folder`` holds the contract,
    ``disable_proto_generation`` says that it is written by hand. ``to_root_grpc`` puts the
    contract of an app that is not the project's own into ROOT_GRPC_FOLDER, in a folder that is
    called as the app. ``override_pb2_grpc_file_path`` has no effect: servers read the contract
    from the ``_pb2`` module.

    Raises:
        AppHandlerRegistryError: the app has a registry already.
        ConfigurationError: there is no such app.
    """

    def __init__(
        self,
        app_name: str,
        server: Any,
        service_folder: str = "services",
        grpc_folder: str = "grpc",
        reload_services: bool = False,
        disable_proto_generation: bool = False,
        override_pb2_grpc_file_path: str | None = None,
        to_root_grpc: bool = False,
    ) -> None:
        self.app_name = app_name
        self.server = server
        self.service_folder = service_folder
        self.grpc_folder = grpc_folder
        self.reload_services = reload_services
        self.to_root_grpc = to_root_grpc
        self._app = registry.current().add_app(
            app_name,
            grpc_folder,
            generates=not disable_proto_generation,
            to_root=to_root_grpc,
        )
        self._runtime = None if server is None else runtime_of(server)

    def register(self, service: type[Service] | str, service_file_path: str | None = None) -> None:
        """Serve ``service``, a class or the name of one, which is deprecated.

        ``service_file_path`` is the dotted path of the module that has it.

        Raises:
            ConfigurationError: the class is not found, or its contract is missing or stale.
        """
        if isinstance(service, str):
            warnings.warn(
                f"{self.app_name}: the service {service!r} is registered by its name. Import the "
                "class, and register that.",
                DeprecationWarning,
                stacklevel=2,
            )
            cls = self._find(service, service_file_path)
        else:
            cls = service
        if not (isinstance(cls, type) and issubclass(cls, Service)):
            raise ConfigurationError(
                f"{cls!r} cannot be registered: it is not a subclass of "
                "django_socio_grpc.services.Service."
            )
        self._app.add(cls)
        cls.register_actions()
        if self._runtime is not None:
            with registering(self._runtime):
                self._serve(cls)

    def _serve(self, cls: type[Service]) -> None:
        file = self._app.descriptor()
        name, plans = bind_service(cls, file, check_messages=self._app.generates)
        self.server.add_generic_rpc_handlers((adapters.service_handler(name, plans),))

    def _find(self, name: str, path: str | None) -> Any:
        """The class called ``name``, or ``<name>Service``."""
        class_name = name if name.endswith("Service") else f"{name}Service"
        folder = ".".join(filter(None, (self._app.package, self.service_folder)))
        paths = [path] if path else [f"{folder}.{_snake(class_name)}", folder]
        modules = [module for path in paths if (module := _module(path)) is not None]
        if self.reload_services:
            modules = [reload(module) for module in modules]
        for module in modules:
            if hasattr(module, class_name):
                return getattr(module, class_name)
        if modules:
            raise ConfigurationError(f"{modules[0].__name__} has no class {class_name!r}.")
        raise ConfigurationError(
            f"{self.app_name}: the service {name!r} is looked for in {' and '.join(paths)}, which "
            "is not there. Register the class itself, or give service_file_path."
        )


def _module(path: str) -> ModuleType | None:
    """The module, or None if there is none; an import that fails inside it is an error."""
    try:
        return import_module(path)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{path}.".startswith(f"{exc.name}."):
            raise
        return None


def _snake(name: str) -> str:
    """``QuestionService`` -> ``question_service``, ``HTTPLogService`` -> ``http_log_service``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
