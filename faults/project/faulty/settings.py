"""The settings of the template's project, whose servers are what is tested, and one app more."""

import json
import os
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, GRPC_FRAMEWORK, INSTALLED_APPS

BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = [*INSTALLED_APPS, "faulty"]

# What one fault needs and a project would write into its settings: JSON from the environment.
GRPC_FRAMEWORK = {
    **GRPC_FRAMEWORK,
    "ROOT_HANDLERS_HOOK": "faulty.handlers.grpc_handlers",
    "WELL_KNOWN_TYPES": True,
    **json.loads(os.environ.get("FAULTY_GRPC", "{}")),
}
DATABASES["default"]["OPTIONS"].update(json.loads(os.environ.get("FAULTY_DATABASE", "{}")))
