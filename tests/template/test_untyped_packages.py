"""A project that is new passes its type checker: it installs less than these tests have."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path


def imported(folder: Path) -> Iterator[str]:
    """The packages that the modules in ``folder`` import, without those within it."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.partition(".")[0] for name in names)


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_what_a_project_does_not_install_is_no_error_of_its_types(project: Path) -> None:
    framework = project / "packages" / "dsg-core" / "src" / "django_socio_grpc"
    lock = (project / "requirements-dev.lock").read_text()
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    known = packages_distributions()
    missing = {
        name
        for name in set(imported(framework)) - sys.stdlib_module_names - {framework.name}
        if name in known and not locked & {normal(found) for found in known[name]}
    }
    mypy = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["mypy"]
    allowed = {
        module.removesuffix(".*")
        for override in mypy["overrides"]
        if override.get("ignore_missing_imports")
        for module in override["module"]
    }
    assert missing == allowed == {"opentelemetry"}
