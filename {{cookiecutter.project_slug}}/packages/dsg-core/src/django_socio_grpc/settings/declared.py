"""Every setting: name, default, check and meaning in one place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_socio_grpc.settings import checks
from django_socio_grpc.settings.behaviors import FilterAndPaginationBehaviorOptions
from django_socio_grpc.settings.setting import setting
from django_socio_grpc.settings.telling import TellingSettings


def _behavior() -> Any:
    options = FilterAndPaginationBehaviorOptions
    return setting(options.METADATA_STRICT, checks.member_of(options), kind=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(TellingSettings):
    """The settings under ``GRPC_FRAMEWORK``."""

    # What is served

    ROOT_HANDLERS_HOOK: str | Callable[..., Any] | None = setting(None, checks.hook)
    """Function that registers the services. None is ``<ROOT_URLCONF>.grpc_handlers``."""

    GRPC_ASYNC: bool = setting(False, checks.flag)
    """Which server runs: the commands set it before they call the handlers hook."""

    ENABLED: bool = setting(True, checks.flag)
    """Whether servers start. Contracts can be generated either way."""

    GRPC_HOST: str = setting("[::]", checks.text)
    """The address to listen on, where the command names none; ``[::]`` is all of them."""

    GRPC_CHANNEL_PORT: int = setting(50051, checks.port)
    SERVER_INTERCEPTORS: Sequence[Any] | None = setting(None, checks.interceptors)
    """Instances, of the kind that the server takes: ``grpc`` or ``grpc.aio``."""

    SERVER_OPTIONS: Sequence[tuple[str, Any]] | None = setting(None, checks.options)
    """Options of grpc's. They override those that the servers set themselves."""

    ENABLE_HEALTH_CHECK: bool = setting(False, checks.flag)
    HEALTH_CHECKS: Sequence[Any] = setting((), checks.health_checks)
    """What must pass for the server to be ready: functions, classes, or their dotted paths.

    A pair of one and of the full names of services is for those alone.
    """

    HEALTH_INTERVAL: float = setting(2.0, checks.seconds_above_0)
    """Seconds from the end of a check to its next run."""

    HEALTH_TIMEOUT: float = setting(3.0, checks.seconds_above_0)
    """Seconds after which a check that has not answered has failed."""

    ENABLE_REFLECTION: bool = setting(False, checks.flag)
    """Whether clients may ask the server for its contract; needs grpcio-reflection."""

    COMPRESSION: str | None = setting(None, checks.compression)
    """``"gzip"`` or ``"deflate"``, for replies to clients that take it."""

    ASYNCIO_DEBUG: bool = setting(False, checks.flag)
    """Whether asyncio watches for callbacks that block, and for what nobody awaits."""

    MAX_WORKERS: int = setting(20, checks.positive)
    """Threads for sync handlers at most: each has a database connection of its own."""

    MAX_SYNC_STREAMS: int = setting(64, checks.positive)
    """Streams of sync handlers open at once; one more is answered RESOURCE_EXHAUSTED.

    On ``grpcrunserver`` it is all streams, and one less than there are workers at most.
    """

    SHUTDOWN_GRACE: float = setting(25.0, checks.seconds)
    """Seconds that calls in flight have to finish after SIGTERM or SIGINT."""

    SHUTDOWN_DELAY: float = setting(0.0, checks.seconds)
    """Seconds after SIGTERM in which health is NOT_SERVING already and calls are still taken.

    For balancers that ask for the health, and send calls until they have heard of it.
    """

    WORKERS: int = setting(1, checks.positive)
    """Processes that serve on the one port, on Linux."""

    # Limits

    MAX_CONCURRENT_RPCS: int | None = setting(5000, checks.optional(checks.positive))
    """Calls at work or waiting at once, in one process; one more is RESOURCE_EXHAUSTED at once.

    Health checks do not count.
    """

    DEFAULT_DEADLINE: float | None = setting(None, checks.optional(checks.seconds_above_0))
    """Seconds for a call without streams whose client names no deadline."""

    MAX_DEADLINE: float | None = setting(None, checks.optional(checks.seconds_above_0))
    """Seconds for a call without streams at most, whatever its client names."""

    FIRST_MESSAGE_TIMEOUT: float | None = setting(30.0, checks.optional(checks.seconds_above_0))
    """Seconds until the one message of a call must have come: an idle one keeps no place."""

    STRICT_UNARY: bool = setting(False, checks.flag)
    """Whether a second message on a call that takes one is UNIMPLEMENTED, and not left unread."""

    # The database

    CANCEL_QUERIES: bool = setting(True, checks.flag)
    """Whether the end of a call cancels the query that runs for it (PostgreSQL)."""

    STATEMENT_TIMEOUTS: bool = setting(True, checks.flag)
    """Whether PostgreSQL is told, roughly, how long the statements of a call may run."""

    # TLS

    PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH: Sequence[tuple[str | Path, str | Path]] = setting(
        (), checks.certificate_pairs
    )
    """Pairs of paths, of a private key and of its certificate chain. With one, TLS is on."""

    ROOT_CERTIFICATES_PATH: str | Path | None = setting(None, checks.path_or_none)
    """The certificates that those of clients must descend from."""

    REQUIRE_CLIENT_AUTH: bool = setting(False, checks.flag)
    """Whether a client without a certificate is refused."""

    # Policies of services that name none

    DEFAULT_AUTHENTICATION_CLASSES: Sequence[Any] = setting(
        (), checks.classes_or_paths, imports=True
    )
    DEFAULT_PERMISSION_CLASSES: Sequence[Any] = setting((), checks.classes_or_paths, imports=True)
    DEFAULT_THROTTLE_CLASSES: Sequence[Any] = setting((), checks.classes_or_paths, imports=True)
    """Rates are those of Django REST framework, ``DEFAULT_THROTTLE_RATES``."""

    REQUIRE_POLICY: bool = setting(False, checks.flag)
    """Whether a service without a permission is an error at the start of a server."""

    DEFAULT_FILTER_BACKENDS: Sequence[Any] = setting((), checks.classes_or_paths, imports=True)
    DEFAULT_PAGINATION_CLASS: Any = setting(None, checks.class_or_path, imports=True)
    FILTER_BEHAVIOR: FilterAndPaginationBehaviorOptions = _behavior()
    PAGINATION_BEHAVIOR: FilterAndPaginationBehaviorOptions = _behavior()

    # API keys

    API_KEY_PREFIX: str = setting("grpc", checks.key_prefix)
    """What keys begin with, so that people and scanners know them."""

    API_KEY_ENVIRONMENT: str = setting("live", checks.key_environment)
    """``"live"`` or ``"test"``, which is in the keys: those of the other one are refused."""

    API_KEY_PEPPERS: Sequence[str] = setting((), checks.peppers, secret=True)
    """Secrets of the keys' digests, that for new ones first. Default: made of SECRET_KEY."""

    API_KEY_CACHE_SECONDS: float = setting(30.0, checks.seconds)
    """For which a process takes a key for good without asking the database."""

    API_KEY_STREAM_CHECK_SECONDS: float = setting(30.0, checks.seconds)
    """Between two looks at the keys of open streams; 0 is never."""

    API_KEY_FAILURES: str | None = setting("60/minute", checks.optional(checks.rate))
    """Refused keys of one address; beyond, its keys are not looked at for a while."""

    # Around each call

    GRPC_MIDDLEWARE: Sequence[Any] = setting(
        (
            "django_socio_grpc.middlewares.log_requests_middleware",
            "django_socio_grpc.middlewares.close_old_connections_middleware",
        ),
        checks.classes_or_paths,
        imports=True,
    )
    """Context managers, or middlewares as Django's, around each call, the outermost first."""

    MAP_METADATA_KEYS: Mapping[str, str] = setting(
        {"headers": "headers", "pagination": "pagination", "filters": "filters"}, checks.mapping
    )
    """The metadata keys that carry JSON. A partial dict overrides single names."""

    ERROR_DOMAIN: str = setting("", checks.text)
    """The ``domain`` of errors, such as "library.example.com". Default: the service's package."""

    ENABLE_CACHE_WARNING_ON_DELETER: bool = setting(False, checks.flag)
    """Has no effect: no kind of cache is cleared as a whole, so there is no warning of it."""

    LOG_OK_RESPONSE: bool = setting(False, checks.flag)
    IGNORE_LOG_FOR_ACTION: Sequence[str] = setting((), checks.sequence)
    """Actions that are not logged, each as ``"QuestionService.List"``."""

    LOG_EXTRA_CONTEXT_FUNCTION: Callable[..., Any] = setting(
        "django_socio_grpc.log.default_get_log_extra_context",
        checks.function_or_path,
        imports=True,
    )
    """``f(service)`` returns what each log record of a call gets as attributes."""

    OBSERVERS: Sequence[Any] = setting((), checks.classes_or_paths, imports=True)
    """What is told when calls begin and how they end: ``adapters.observers.Observer``."""

    WATCH_BROKER: Any = setting("django_socio_grpc.watch.in_process", checks.broker, imports=True)
    """What carries changes to ``Watch`` streams; the default reaches those of one process."""

    # The contract

    PROTO_PACKAGE: str = setting("{app}", checks.text)
    """The package of an app without a contract yet. ``{project}`` is the settings' package."""

    SEPARATE_READ_WRITE_MODEL: bool = setting(True, checks.flag)
    """Whether a serializer gives a Request and a Response message, or one for both."""

    WELL_KNOWN_TYPES: bool = setting(False, checks.flag)
    """Whether new fields of dates and times are ``Timestamp``, ``Duration`` and ``Date``."""

    ROOT_GRPC_FOLDER: str = setting("grpc_folder", checks.text)
    """The folder, under the project's, of the contracts of ``to_root_grpc`` registries."""

    DEFAULT_MESSAGE_NAME_CONSTRUCTOR: Any = setting(
        "django_socio_grpc.protobuf.message_name_constructor.DefaultMessageNameConstructor",
        checks.class_or_path,
        imports=True,
    )
    """What gives the messages of an action their names."""

    DEFAULT_GENERATION_PLUGINS: Sequence[Any] = setting(
        ("django_socio_grpc.protobuf.generation_plugin.GlobalScopeWrappedEnumGenerationPlugin",),
        checks.sequence,
        imports=True,
    )
    """What changes the messages of every action: instances, classes or their dotted paths."""
