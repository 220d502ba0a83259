"""Django's settings. What differs between machines comes from the environment (.env.example)."""

from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django_socio_grpc.log import set_log_record_factory

from config import database
from config.env import PLACEHOLDER_SECRET_KEY, Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR / ".env")

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", default=PLACEHOLDER_SECRET_KEY)
if SECRET_KEY == PLACEHOLDER_SECRET_KEY and not DEBUG:
    raise ImproperlyConfigured(
        f"SECRET_KEY={SECRET_KEY!r} is the placeholder and DEBUG is off. Run `make setup` "
        "for a .env with a key of its own, or set SECRET_KEY to a long random text."
    )
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_socio_grpc",
    "django_socio_grpc.apikeys",
    "questions",
    "buildings",
]

# --- gRPC -----------------------------------------------------------------------------------
GRPC_FRAMEWORK = {
    "ROOT_HANDLERS_HOOK": "config.handlers.grpc_handlers",
    "GRPC_CHANNEL_PORT": env.integer("GRPC_PORT", 50051, minimum=0, maximum=65535),
    "MAX_WORKERS": env.integer("GRPC_MAX_WORKERS", 20, minimum=1, maximum=1000),
    "WORKERS": env.integer("GRPC_WORKERS", 1, minimum=1, maximum=1000),
    "SHUTDOWN_GRACE": env.integer("GRPC_SHUTDOWN_GRACE", 25, minimum=0, maximum=3600),
    "SHUTDOWN_DELAY": env.integer("GRPC_SHUTDOWN_DELAY", 0, minimum=0, maximum=3600),
    "MAX_CONCURRENT_RPCS": env.integer(
        "GRPC_MAX_CONCURRENT_RPCS", 5000, minimum=1, maximum=1_000_000
    ),
    "DEFAULT_DEADLINE": env.integer("GRPC_DEFAULT_DEADLINE", 60, minimum=0, maximum=3600) or None,
    "MAX_DEADLINE": env.integer("GRPC_MAX_DEADLINE", 300, minimum=0, maximum=3600) or None,
    "LOG_OK_RESPONSE": env.flag("GRPC_LOG_OK_RESPONSE", default=False),
    "REQUEST_LOG": env.choice("GRPC_REQUEST_LOG", "off", ("off", "errors", "all")),
    "METRICS_PORT": env.integer("GRPC_METRICS_PORT", 0, minimum=0, maximum=65535) or None,
    "METRICS_HOST": env.text("GRPC_METRICS_HOST", default="127.0.0.1"),
    # Keys of programs: no service asks for one until it says so (docs/services.md).
    "API_KEY_ENVIRONMENT": "test" if DEBUG else "live",
    "API_KEY_PEPPERS": env.secrets("GRPC_API_KEY_PEPPERS", length=32),
    "ENABLE_HEALTH_CHECK": True,
    # Which of them fail does not restart anything: "liveness" is well as long as the process is.
    "HEALTH_CHECKS": [
        "django_socio_grpc.health.Database",
        "django_socio_grpc.health.Migrations",
    ],
    # It is for development, where requirements-dev.lock has the package that it needs.
    "ENABLE_REFLECTION": env.flag(
        "GRPC_REFLECTION", default=DEBUG and find_spec("grpc_reflection") is not None
    ),
}

# --- Database -------------------------------------------------------------------------------
DATABASES = {
    "default": database.configure(
        # Without DEBUG there is no default: rows would go to a file that nobody has asked for.
        env.text("DATABASE_URL", default="sqlite:///db.sqlite3" if DEBUG else ""),
        base_dir=BASE_DIR,
        pool_size=env.integer("DATABASE_POOL_SIZE", 40, minimum=1, maximum=1000),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Admin site (HTTP) ----------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 3600
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and browsers' preload lists concern a whole domain, whose owner decides.
    "security.W005",
    "security.W021",
    # A proxy or a mesh speaks TLS in the server's place (docs/deploy.md). Is there none, take this
    # out.
    "django_socio_grpc.W001",
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
# What has a record when it is over needs none when it comes in: "errors" means errors.
ENDS_ALONE = GRPC_FRAMEWORK["REQUEST_LOG"] != "off" and not GRPC_FRAMEWORK["LOG_OK_RESPONSE"]
LOG_FORMAT = env.choice("GRPC_LOG_FORMAT", "text", ("text", "json"))
if LOG_FORMAT == "json":
    set_log_record_factory()  # each record says which call it was made in
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "django_socio_grpc.log.JSONFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "loggers": {
        "django_socio_grpc.request": {
            "level": "WARNING" if ENDS_ALONE and LOG_LEVEL == "INFO" else LOG_LEVEL
        },
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
