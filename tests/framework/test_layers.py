"""How the framework's modules hang together, read from their source."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import django_socio_grpc
import pytest

ROOT = Path(django_socio_grpc.__file__).parent
PACKAGE = ROOT.name
README = ROOT.parents[1] / "README.md"
MAX_LINES = 250

LAYERS: list[set[str]] = [
    # What all the others need.
    {"current", "exceptions", "rates", "schema.model"},
    {"database_errors"},
    {"statuses", "placeholders", "signals", "app_folders", "action_methods"},
    {"settings", "concurrency", "actions", "address", "import_failures", "log"},
    # The contract: from serializers to the text of a .proto.
    {"config", "schema", "permissions", "throttling", "steps", "atomic", "deadlines", "database"},
    {"query_params", "pagination", "filters", "request_meta", "unary_decorators"},
    {"request", "response", "transport"},
    # Clients, which need no settings and no service.
    {"client"},
    {"protobuf"},
    {"contract"},
    {"action_registration"},
    # Messages of rows, and what a call knows of itself.
    {"codec", "context"},
    # What is put around a handler.
    {"middlewares", "callers"},
    {"http_to_grpc", "apikeys"},
    {"caching"},
    {"decorators"},
    # Rows of a queryset by compiled queries.
    {"queries"},
    # What a user's code is made of.
    {"proto_serializers", "service"},
    {"watch", "base_service"},
    {"mixins"},
    {"generic_service"},
    {"generics"},
    # A service as a tuple of plans, and how a plan is run.
    {"calls"},
    # The two servers' edges of the wire, and what is served.
    {"adapters", "registry", "health"},
    {"servicer", "registration", "observability"},
    {"server"},
    # What people and Django start.
    {"checks", "testing", "supervisor"},
    {"management", "apps", "pytest_plugin", "request_log"},
    # Import paths of the documentation. They stand above all that they lead to.
    {
        "tests",
        "services",
        "servicer_proxy",
        "utils",
        "request_transformer",
        "grpc_actions",
        "protobuf.registry_singleton",
    },
]
"""From the bottom up. An entry is a module or a package; the longest that fits counts."""

USES_THREADS_OR_LOOPS = {
    "concurrency": "it is what it is for",
    "adapters": "grpc.aio calls them on its loop, grpc.server in its threads",
    "health": "its checks run in the background, and it answers from threads of its own",
    "client": "it calls from threads and from loops, and closes what each has opened",
    "testing": "it tells the threads of a server from the one of the test",
    "server": "it starts both kinds of server and the loop of one",
    "supervisor": "a thread of a worker waits for the end of its parent",
}
FOREIGN = ("grpc", "asyncio", "google.protobuf", "django", "rest_framework", "asgiref")


def name_of(path: Path) -> str:
    """``schema.types`` for ``schema/types.py``, ``schema`` for ``schema/__init__.py``."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


TREES = {name_of(path): ast.parse(path.read_text()) for path in ROOT.rglob("*.py")}
modules = pytest.mark.parametrize("module", sorted(TREES))


def imported(tree: ast.AST) -> Iterator[str]:
    """The full name of each module, or of each name in a module, that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(module: str) -> set[str]:
    """The modules of the framework that ``module`` imports."""
    found = set()
    for name in imported(TREES[module]):
        if not name.startswith(f"{PACKAGE}."):
            continue
        inner = name.removeprefix(f"{PACKAGE}.")
        while inner not in TREES:
            inner = inner.rpartition(".")[0]
        found.add(inner)
    return found - {""}  # the package itself, for its version


def entry_of(module: str) -> str:
    """The entry of the table that ``module`` belongs to."""
    entries = set().union(*LAYERS)
    while module not in entries:
        assert module, "not in LAYERS: say which layer it belongs to"
        module = module.rpartition(".")[0]
    return module


def layer_of(entry: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if entry in layer)


@modules
def test_imports_go_down(module: str) -> None:
    if not module:
        return
    own = entry_of(module)
    for other in own_imports(module):
        entry = entry_of(other)
        assert entry == own or layer_of(entry) < layer_of(own), f"{module} imports {other}"


def test_every_entry_of_the_table_is_there() -> None:
    assert {entry for layer in LAYERS for entry in layer} <= TREES.keys()


def rows_of_the_readme() -> list[set[str]]:
    """The modules in each row of the README's table of layers, from the top down."""
    section = README.read_text().partition("## Layers")[2]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [set(re.findall("`(.+?)`", row)) for row in rows]


def test_the_readme_has_every_module_in_its_layer() -> None:
    rows = rows_of_the_readme()
    above = LAYERS[-1]
    listed = [name for row in rows for name in row]
    assert sorted(listed) == sorted(n for n in TREES if n and "." not in n and n not in above)
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    for module in TREES:
        if module and entry_of(module) not in above:
            own = row_of[module.partition(".")[0]]
            for other in own_imports(module):
                assert own <= row_of[other.partition(".")[0]], f"{module} imports {other}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    order = TopologicalSorter({module: own_imports(module) for module in TREES})
    assert len(list(order.static_order())) == len(TREES)


@modules
def test_no_import_within_a_function(module: str) -> None:
    for function in ast.walk(TREES[module]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Import | ast.ImportFrom), function.name


@modules
def test_threads_and_loops_have_their_place(module: str) -> None:
    if module and entry_of(module) in USES_THREADS_OR_LOOPS:
        return
    roots = {name.partition(".")[0] for name in imported(TREES[module])}
    assert not roots & {"threading", "asyncio", "concurrent", "multiprocessing"}


def test_whoever_may_use_threads_or_loops_does() -> None:
    using = {
        entry_of(module)
        for module, tree in TREES.items()
        if module
        and {name.partition(".")[0] for name in imported(tree)}
        & {"threading", "asyncio", "concurrent"}
    }
    assert using == USES_THREADS_OR_LOOPS.keys()


@modules
def test_nothing_private_of_others_is_used(module: str) -> None:
    aliases: dict[str, str] = {}
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            aliases |= {item.asname or item.name: item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom):
            aliases |= {
                item.asname or item.name: f"{node.module}.{item.name}" for item in node.names
            }
    foreign = {alias: name for alias, name in aliases.items() if name.startswith(FOREIGN)}
    for name in foreign.values():
        assert not any(part.startswith("_") for part in name.split(".")), name
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.endswith("__")
            assert not (private and node.value.id in foreign), f"{node.value.id}.{node.attr}"


@modules
def test_no_module_is_long(module: str) -> None:
    path = ROOT.joinpath(*module.split(".")) if module else ROOT
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert len(source.read_text().splitlines()) <= MAX_LINES
