"""Adding to a Python file that is there, and reading what is in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError

WIDTH = 88
"""Columns: what is longer is one item a line, as formatters leave it at any width."""


def has_class(path: Path, name: str) -> bool:
    """Whether the file defines or imports ``name`` at its top."""
    return name in _bound(_tree(path))


def extended(path: Path, head: str, cls: str) -> str:
    """Return the text of the file with the imports of ``head`` and the class at its end.

    Raises:
        CommandError: the file is not Python, or has something of the class's name.
    """
    name = next(node.name for node in ast.parse(cls).body if isinstance(node, ast.ClassDef))
    if has_class(path, name):
        raise CommandError(f"{path} has a {name} already. Give another NAME.")
    text = path.read_text(encoding="utf-8")
    for module, imported in _imports(ast.parse(head)):
        if imported not in _bound(ast.parse(text)):
            text = _with_import(text, module, imported)
    return f"{text.rstrip()}\n\n\n{cls}"


def missing_imports(path: Path, wanted: dict[str, str]) -> list[str]:
    """The import statements of ``wanted``, modules by name, that the file lacks."""
    bound = _bound(_tree(path))
    return [f"from {module} import {name}" for name, module in wanted.items() if name not in bound]


def registry_of(path: Path, app: str) -> str:
    """The variable that holds the ``AppHandlerRegistry`` of ``app`` in the file, or ""."""
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=variable)],
                value=ast.Call(func=ast.Name(id="AppHandlerRegistry"), args=[first, *_]),
            ) if isinstance(first, ast.Constant) and first.value == app:
                return variable
    return ""


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as exc:
        raise CommandError(f"{path}:{exc.lineno} is not Python: {exc.msg}.") from exc


def _bound(tree: ast.Module) -> set[str]:
    """The names of the classes and imports at the top of the module."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    return classes | {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def _with_import(text: str, module: str, name: str) -> str:
    """Import ``name`` too: on the line of its module if there is one, else after the others."""
    lines = text.splitlines()
    last = 0
    for node in ast.parse(text).body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not (is_docstring or isinstance(node, ast.Import | ast.ImportFrom)):
            break
        last = node.end_lineno or last
        if isinstance(node, ast.ImportFrom) and node.module == module:
            names = sorted([*(ast.unparse(alias) for alias in node.names), name])
            lines[node.lineno - 1 : last] = _import_lines(module, names)
            return "\n".join(lines)
    return "\n".join([*lines[:last], *_import_lines(module, [name]), *lines[last:]])


def _import_lines(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]
