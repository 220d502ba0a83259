#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ImportError as missing:
    sys.exit(f"error: {missing}. Run `make setup`, then .venv/bin/python manage.py.")


def main() -> None:
    """Run the command that ``sys.argv`` names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
