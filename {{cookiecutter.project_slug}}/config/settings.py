"""Django's settings. What differs between machines comes from the environment (.env.example)."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

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
    "questions",
    "buildings",
]

# --- gRPC -----------------------------------------------------------------------------------
GRPC_FRAMEWORK = {
    "ROOT_HANDLERS_HOOK": "config.handlers.grpc_handlers",
    "GRPC_CHANNEL_PORT": env.integer("GRPC_PORT", 50051, minimum=0, maximum=65535),
    "MAX_WORKERS": env.integer("GRPC_MAX_WORKERS", 20, minimum=1, maximum=1000),
    "SHUTDOWN_GRACE": env.integer("GRPC_SHUTDOWN_GRACE", 25, minimum=0, maximum=3600),
    "LOG_OK_RESPONSE": env.flag("GRPC_LOG_OK_RESPONSE", default=False),
    "ENABLE_HEALTH_CHECK": True,
}

# --- Database -------------------------------------------------------------------------------
DATABASES = {
    "default": database.configure(
        env.text("DATABASE_URL", default="sqlite:///db.sqlite3"),
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
# Subdomains and browsers' preload lists concern a whole domain: its owner decides, not one app.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
