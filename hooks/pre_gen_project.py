"""Refuse input that would give a broken project, in one line and before a file is written.

cookiecutter makes the project's folder before it runs this, and takes only that one folder away
again. So cookiecutter.json first turns any slug into a safe folder name ("a/b" would leave "a"
behind), and what was typed is found under ``__given_slug``. ``license`` is a text and not a list
of choices because cookiecutter answers a wrong choice with a traceback.
"""

import json
import keyword
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

ANSWERS: dict[str, Any] = json.loads(r"""{{ cookiecutter|tojson }}""")

LICENSES = ("MIT", "BSD-3-Clause", "Apache-2.0", "Proprietary")
SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SLUG_LENGTH = 50
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# These end a string of pyproject.toml, or mean something to Markdown, YAML or Jinja.
FORBIDDEN = '"\\{}<>`'

# Made by running the template's folder in place, which is a Django project. Nobody else may get
# the secret key and the data that are in them.
PRIVATE = (".env", ".venv", "db.sqlite3")

OWN_PACKAGES = {
    "buildings",
    "clients",
    "config",
    "conftest",
    "django_socio_grpc",
    "docs",
    "dsg_core",
    "manage",
    "packages",
    "questions",
}
INSTALLED_PACKAGES = {
    "asgiref",
    "coverage",
    "django",
    "djangorestframework",
    "google",
    "grpc",
    "grpc_health",
    "grpc_tools",
    "grpcio",
    "hatchling",
    "mypy",
    "protobuf",
    "psycopg",
    "psycopg_pool",
    "pytest",
    "pytest_django",
    "rest_framework",
    "ruff",
    "sqlparse",
}


def slug_error(slug: str) -> str | None:
    """Return what is wrong with ``slug``, or None."""
    if len(slug) > SLUG_LENGTH or not SLUG.fullmatch(slug):
        return (
            "is not made of lower-case letters, digits and single underscores, with a letter "
            f"first and at most {SLUG_LENGTH} of them; try {ANSWERS['project_slug']!r}"
        )
    if keyword.iskeyword(slug) or keyword.issoftkeyword(slug):
        return f"is a keyword of Python; try '{slug}_service'"
    if slug in sys.stdlib_module_names:
        return f"shadows a module of Python's standard library; try '{slug}_service'"
    if slug in INSTALLED_PACKAGES:
        return f"shadows a package that the project imports; try '{slug}_service'"
    if slug in OWN_PACKAGES:
        return f"is the name of one of the project's own packages; try '{slug}_service'"
    return None


def text_error(text: str) -> str | None:
    """Return why ``text`` cannot stand in the generated files, or None."""
    if not text.strip():
        return "is empty; type a text"
    if any(character in FORBIDDEN for character in text):
        return f"has one of the characters {' '.join(FORBIDDEN)}; leave it out"
    if any(unicodedata.category(character)[0] == "C" for character in text):
        return "has a line break or another control character; leave it out"
    return None


def leftovers() -> list[str]:
    """Return the private files in the template's folder; none under cruft, which clones it."""
    if "_repo_dir" not in ANSWERS:
        return []
    (folder,) = Path(ANSWERS["_repo_dir"]).glob("*cookiecutter.project_slug*")
    return [name for name in PRIVATE if (folder / name).exists()]


def find_error() -> str | None:
    """Return the first thing that is wrong, as one line, or None."""
    if found := leftovers():
        return f"{', '.join(found)} in the template's folder would be copied; remove them there."
    slug = ANSWERS["__given_slug"]
    if error := slug_error(slug):
        return f"project_slug={slug!r} {error}."
    for name in ("project_name", "description", "author_name", "author_email"):
        if error := text_error(ANSWERS[name]):
            return f"{name}={ANSWERS[name]!r} {error}."
    if not EMAIL.fullmatch(ANSWERS["author_email"]):
        return f"author_email={ANSWERS['author_email']!r} is not name@host; type an address."
    if ANSWERS["license"] not in LICENSES:
        return f"license={ANSWERS['license']!r} is unknown; type {', '.join(LICENSES)}."
    return None


if error := find_error():
    sys.exit(f"error: {error}")
