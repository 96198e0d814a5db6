"""The rules of the house that import-linter can't say; each check tells its breaches as text, none where it is kept."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("daemon", "pipeline")
OPEN_TO_THE_DAEMON = ("settings", "report", "errors", "networks.weights.registry", "networks.weights.download")
TABLE_OF_CALLS = Path("daemon/execution/calls.py")  # shows the worker's functions to the type checker alone
MOST_MODULES = 14
LONGEST_MODULE = 260
LONGEST_FUNCTION = 45

_EXECUTES = {"execute", "executemany", "executescript"}
_SQL = re.compile(
    r"\b(SELECT\s[^;]*|INSERT (OR \w+ )?INTO \w+|UPDATE \w+ SET|DELETE FROM \w+|PRAGMA \w+|VACUUM|BEGIN IMMEDIATE"
    r"|(CREATE|DROP|ALTER) (TABLE|(UNIQUE )?INDEX|VIEW|TRIGGER|VIRTUAL TABLE))\b"
)


def modules(root: Path, *packages: str) -> list[Path]:
    return sorted(path for package in packages or PACKAGES for path in (root / package).rglob("*.py"))


def sql_outside_the_catalogue(root: Path) -> Iterator[str]:
    """Statements and their execution, and files of them, anywhere else in the two packages."""
    catalogue = root / "daemon" / "catalogue"
    for path in (path for package in PACKAGES for path in (root / package).rglob("*.sql")):
        if not path.is_relative_to(catalogue):
            yield f"{path.relative_to(root)}: a file of SQL"
    for path in modules(root):
        if not path.is_relative_to(catalogue):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _EXECUTES:
                    yield f"{path.relative_to(root)}:{node.lineno}: {ast.unparse(node.func)}"
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
                    yield f"{path.relative_to(root)}:{node.lineno}: {node.value!r}"


def closed_rooms_entered(root: Path) -> Iterator[str]:
    """What the daemon imports of the pipeline besides what is open to it, if only for the type checker."""
    for path in modules(root, "daemon"):
        is_table = path.relative_to(root) == TABLE_OF_CALLS
        for name in imports(ast.parse(path.read_text()), for_types=not is_table):
            package, _, inside = name.partition(".")
            if package == "pipeline" and not f"{inside}.".startswith(tuple(f"{m}." for m in OPEN_TO_THE_DAEMON)):
                yield f"{path.relative_to(root)}: {name}"


def imports(node: ast.AST, for_types: bool) -> Iterator[str]:
    """Every dotted name that is imported, inside functions too; with or without what the type checker alone sees."""
    if not for_types and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.orelse:
            yield from imports(child, for_types)
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:  # a relative one stays in its package
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imports(child, for_types)


def crowded_folders(root: Path) -> Iterator[str]:
    folders = {path.parent for path in modules(root)}
    for folder in sorted(folders):
        count = sum(path.name != "__init__.py" for path in folder.glob("*.py"))
        if count > MOST_MODULES:
            yield f"{folder.relative_to(root)}: {count} modules"


def long_modules(root: Path) -> Iterator[str]:
    for path in modules(root):
        length = len(path.read_text().splitlines())
        if length > LONGEST_MODULE:
            yield f"{path.relative_to(root)}: {length} lines"


def long_functions(root: Path) -> Iterator[str]:
    for path in modules(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield f"{path.relative_to(root)}:{node.lineno}: {node.name}, {length} lines"
