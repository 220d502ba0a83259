"""Django's command line for the template's project with one app more, ``faulty``."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "{{cookiecutter.project_slug}}"

# The programs of the report set both; a person who types the command need not.
sys.path[1:1] = [str(TEMPLATE), str(TEMPLATE / "packages/dsg-core/src")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faulty.settings")
execute_from_command_line(sys.argv)
