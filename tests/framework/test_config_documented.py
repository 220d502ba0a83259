"""The pages have every setting, with its default, and every logger."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import django_socio_grpc
import pytest
from django_socio_grpc.config import GRPCConfig, GRPCServerConfig
from django_socio_grpc.settings import Settings


def documented(heading: str) -> dict[str, Any]:
    """The defaults by name, from the tables of the page whose first column is ``heading``."""
    page = Path(django_socio_grpc.__file__).parents[2] / "docs/configuration.md"
    found, inside = {}, False
    for line in page.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        if cells[0] == heading:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and cells[0] != "---|---|---":
            found[cells[0]] = eval(cells[1], {"GRPCServerConfig": GRPCServerConfig})
    return found


def vars_of(config: Any) -> dict[str, Any]:
    return {item.name: getattr(config, item.name) for item in fields(config)}


def as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_every_setting_is_documented() -> None:
    defaults = vars_of(Settings())
    assert documented("Setting") == {name: as_list(value) for name, value in defaults.items()}


@pytest.mark.parametrize("config", [GRPCConfig(), GRPCServerConfig()])
def test_every_field_is_documented(config: Any) -> None:
    assert documented(type(config).__name__) == vars_of(config)


def test_every_logger_is_documented() -> None:
    root = Path(django_socio_grpc.__file__).parent
    found = re.compile(r'getLogger\("(django_socio_grpc\.\w+)"\)')
    loggers = {name for path in root.rglob("*.py") for name in found.findall(path.read_text())}
    table = (root.parents[1] / "docs/logging.md").read_text().partition("## Loggers")[2]
    assert loggers == set(re.findall(r"^\| `(django_socio_grpc\.\w+)`", table, re.MULTILINE))
