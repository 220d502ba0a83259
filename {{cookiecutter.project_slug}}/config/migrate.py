"""``python -m config.migrate [--quiet]``: brings the database up to date, or says why it cannot.

Why is one line. Warns when models have changed and no migration says so: queries would fail with
less to go by.
"""

import os
import sys

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from config import database


def changed_apps() -> list[str]:
    """Return the labels of the apps whose models differ from their migrations."""
    loader = MigrationLoader(connection)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    return sorted(detector.changes(graph=loader.graph))


def migrate(verbosity: int = 0) -> None:
    """Migrate the database that the settings name.

    Raises:
        ImproperlyConfigured: it cannot be used.
    """
    database.check(settings.DATABASES["default"])
    try:
        call_command("migrate", verbosity=verbosity)
    except MigrationSchemaMissing as error:
        # PostgreSQL goes on to show the query, within the brackets.
        why = str(error).partition("\n")[0].rstrip(")")
        raise ImproperlyConfigured(
            f"{why}). Give the user of DATABASE_URL the right to make tables, or name another one "
            "in the environment or in .env."
        ) from error
    if changed := changed_apps():
        sys.stderr.write(
            f"warning: models of {', '.join(changed)} have changed, and no migration says so. "
            "Run: make migrations\n"
        )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        migrate(verbosity=0 if "--quiet" in sys.argv else 1)
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
