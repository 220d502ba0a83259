"""Settings of the project that the pages of the documentation are run in."""

from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "for the documentation only"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django_socio_grpc",
    "library",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
        # A file, because servers answer from threads of their own.
        "TEST": {"NAME": BASE_DIR / "test.sqlite3"},
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "config.urls"
USE_TZ = True
TIME_ZONE = "UTC"
GRPC_FRAMEWORK: dict[str, Any] = {"ROOT_HANDLERS_HOOK": "config.handlers.grpc_handlers"}
