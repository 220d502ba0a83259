"""Every setting: name, default, check and meaning in one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_socio_grpc.settings import checks
from django_socio_grpc.settings.behaviors import FilterAndPaginationBehaviorOptions
from django_socio_grpc.settings.checks import Check


def _setting(default: Any, check: Check, **reads: Any) -> Any:
    """``reads``: ``imports``, a dotted path stands for what it names; ``kind``, for an enum."""
    return field(default_factory=lambda: default, metadata={"check": check, **reads})


def _behavior() -> Any:
    options = FilterAndPaginationBehaviorOptions
    return _setting(options.METADATA_STRICT, checks.member_of(options), kind=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings under ``GRPC_FRAMEWORK``."""

    # What is served

    ROOT_HANDLERS_HOOK: str | Callable[..., Any] | None = _setting(None, checks.hook)
    """Function that registers the services. None is ``<ROOT_URLCONF>.grpc_handlers``."""

    GRPC_ASYNC: bool = _setting(False, checks.flag)
    """Which server runs: the commands set it before they call the handlers hook."""

    ENABLED: bool = _setting(True, checks.flag)
    """Whether servers start. Contracts can be generated either way."""

    GRPC_HOST: str = _setting("[::]", checks.text)
    """The address to listen on, where the command names none; ``[::]`` is all of them."""

    GRPC_CHANNEL_PORT: int = _setting(50051, checks.port)
    SERVER_INTERCEPTORS: Sequence[Any] | None = _setting(None, checks.interceptors)
    """Instances, of the kind that the server takes: ``grpc`` or ``grpc.aio``."""

    SERVER_OPTIONS: Sequence[tuple[str, Any]] | None = _setting(None, checks.options)
    """Options of grpc's. They override those that the servers set themselves."""

    ENABLE_HEALTH_CHECK: bool = _setting(False, checks.flag)
    ENABLE_REFLECTION: bool = _setting(False, checks.flag)
    """Whether clients may ask the server for its contract; needs grpcio-reflection."""

    COMPRESSION: str | None = _setting(None, checks.compression)
    """``"gzip"`` or ``"deflate"``, for replies to clients that take it."""

    ASYNCIO_DEBUG: bool = _setting(False, checks.flag)
    """Whether asyncio watches for callbacks that block, and for what nobody awaits."""

    MAX_WORKERS: int = _setting(20, checks.positive)
    """Threads for sync handlers at most: each has a database connection of its own."""

    MAX_SYNC_STREAMS: int = _setting(64, checks.positive)
    """Streams of sync handlers open at once; one more is answered RESOURCE_EXHAUSTED.

    On ``grpcrunserver`` it is all streams, and one less than there are workers at most.
    """

    SHUTDOWN_GRACE: float = _setting(25.0, checks.seconds)
    """Seconds that calls in flight have to finish after SIGTERM or SIGINT."""

    # TLS

    PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH: Sequence[tuple[str | Path, str | Path]] = _setting(
        (), checks.certificate_pairs
    )
    """Pairs of paths, of a private key and of its certificate chain. With one, TLS is on."""

    ROOT_CERTIFICATES_PATH: str | Path | None = _setting(None, checks.path_or_none)
    """The certificates that those of clients must descend from."""

    REQUIRE_CLIENT_AUTH: bool = _setting(False, checks.flag)
    """Whether a client without a certificate is refused."""

    # Policies of services that name none

    DEFAULT_AUTHENTICATION_CLASSES: Sequence[Any] = _setting(
        (), checks.classes_or_paths, imports=True
    )
    DEFAULT_PERMISSION_CLASSES: Sequence[Any] = _setting((), checks.classes_or_paths, imports=True)
    DEFAULT_THROTTLE_CLASSES: Sequence[Any] = _setting((), checks.classes_or_paths, imports=True)
    """Rates are those of Django REST framework, ``DEFAULT_THROTTLE_RATES``."""

    DEFAULT_FILTER_BACKENDS: Sequence[Any] = _setting((), checks.classes_or_paths, imports=True)
    DEFAULT_PAGINATION_CLASS: Any = _setting(None, checks.class_or_path, imports=True)
    FILTER_BEHAVIOR: FilterAndPaginationBehaviorOptions = _behavior()
    PAGINATION_BEHAVIOR: FilterAndPaginationBehaviorOptions = _behavior()

    # Around each call

    GRPC_MIDDLEWARE: Sequence[Any] = _setting(
        (
            "django_socio_grpc.middlewares.log_requests_middleware",
            "django_socio_grpc.middlewares.close_old_connections_middleware",
        ),
        checks.classes_or_paths,
        imports=True,
    )
    """Context managers, or middlewares as Django's, around each call, the outermost first."""

    MAP_METADATA_KEYS: Mapping[str, str] = _setting(
        {"headers": "headers", "pagination": "pagination", "filters": "filters"}, checks.mapping
    )
    """The metadata keys that carry JSON. A partial dict overrides single names."""

    ERROR_DOMAIN: str = _setting("", checks.text)
    """The ``domain`` of errors, such as "library.example.com". Default: the service's package."""

    ENABLE_CACHE_WARNING_ON_DELETER: bool = _setting(False, checks.flag)
    """Has no effect: no kind of cache is cleared as a whole, so there is no warning of it."""

    LOG_OK_RESPONSE: bool = _setting(False, checks.flag)
    IGNORE_LOG_FOR_ACTION: Sequence[str] = _setting((), checks.sequence)
    """Actions that are not logged, each as ``"QuestionService.List"``."""

    LOG_EXTRA_CONTEXT_FUNCTION: Callable[..., Any] = _setting(
        "django_socio_grpc.log.default_get_log_extra_context",
        checks.function_or_path,
        imports=True,
    )
    """``f(service)`` returns what each log record of a call gets as attributes."""

    WATCH_BROKER: Any = _setting("django_socio_grpc.watch.in_process", checks.broker, imports=True)
    """What carries changes to ``Watch`` streams; the default reaches those of one process."""

    # The contract

    PROTO_PACKAGE: str = _setting("{app}", checks.text)
    """The package of an app without a contract yet. ``{project}`` is the settings' package."""

    SEPARATE_READ_WRITE_MODEL: bool = _setting(True, checks.flag)
    """Whether a serializer gives a Request and a Response message, or one for both."""

    WELL_KNOWN_TYPES: bool = _setting(False, checks.flag)
    """Whether new fields of dates and times are ``Timestamp``, ``Duration`` and ``Date``."""

    ROOT_GRPC_FOLDER: str = _setting("grpc_folder", checks.text)
    """The folder, under the project's, of the contracts of ``to_root_grpc`` registries."""

    DEFAULT_MESSAGE_NAME_CONSTRUCTOR: Any = _setting(
        "django_socio_grpc.protobuf.message_name_constructor.DefaultMessageNameConstructor",
        checks.class_or_path,
        imports=True,
    )
    """What gives the messages of an action their names."""

    DEFAULT_GENERATION_PLUGINS: Sequence[Any] = _setting(
        ("django_socio_grpc.protobuf.generation_plugin.GlobalScopeWrappedEnumGenerationPlugin",),
        checks.sequence,
        imports=True,
    )
    """What changes the messages of every action: instances, classes or their dotted paths."""
