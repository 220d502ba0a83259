"""Settings that both frameworks understand; the database comes from the environment."""

import os
from pathlib import Path
from urllib.parse import urlsplit

SECRET_KEY = "for benchmarks only"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django_socio_grpc",
    "bench",
]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "urls"
GRPC_FRAMEWORK = {
    "ROOT_HANDLERS_HOOK": "urls.grpc_handlers",
    # Thousands of streams come over eight connections.
    "SERVER_OPTIONS": [("grpc.max_concurrent_streams", 1000)],
}

url = urlsplit(os.environ["DATABASE_URL"])
if url.scheme == "postgresql":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.lstrip("/"),
            "USER": url.username,
            "HOST": url.hostname,
            "PORT": url.port,
            "CONN_MAX_AGE": None,
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(url.path),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }

# Both frameworks log each call. Nothing is printed, and the work of making the records counts.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["nowhere"], "level": "INFO"},
}
