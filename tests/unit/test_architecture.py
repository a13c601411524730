"""The shape of the house, where import-linter cannot look: the root module, homes, sizes, prints."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted([ROOT / "scheduler.py", *(ROOT / "crawler").rglob("*.py"), *(ROOT / "reports").rglob("*.py")])
MODULE_LINES, FUNCTION_LINES = 300, 40

# One story each that splitting would hide; a line per file says which. The number is a ceiling, not a target.
LONG_MODULES = {
    "crawler/domain/verdict.py": (430, "the table of rules stands in one place, to be read from top to bottom"),
    "crawler/store/schema.py": (400, "all tables in one place: the map of what is stored"),
    "crawler/store/migrations/versions/0001_first_schema.py": (600, "generated: every table at once"),
    "scheduler.py": (430, "every verb of the command, a few lines each"),
}
LONG_FUNCTIONS = {
    "crawler/store/migrations/versions/0001_first_schema.py:upgrade": (500, "generated: every table at once"),
    "crawler/store/migrations/versions/0001_first_schema.py:downgrade": (120, "generated: every table at once"),
}

# What each outside package's one home is. A package that is not named here may be used anywhere.
HOMES = {
    "apscheduler": ("scheduler.py",),
    "scrapy": ("crawler/spider/",),
    "twisted": ("crawler/spider/",),
    "sqlalchemy": ("crawler/store/",),
    "alembic": ("crawler/store/",),
    "waybackpy": ("crawler/archives/",),
    "jinja2": ("reports/",),
}
PRINTERS = {"scheduler.py"}
SHARED = {"crawler.errors", "crawler.version"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, function-level imports included."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, lines of its body without the docstring and signature)."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            body = node.body[1:] if documented else node.body
            yield f"{name_of(path)}:{node.name}", (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_the_root_module_is_imported_by_nobody() -> None:
    importers = [name_of(path) for path in MODULES if any(name.split(".")[0] == "scheduler" for name in imports(path))]
    assert importers == []


def test_the_root_module_imports_only_our_own_rooms_and_its_outside_packages() -> None:
    roots = {name.split(".")[0] for name in imports(ROOT / "scheduler.py")}
    ours = {"crawler", "reports"}
    allowed = ours | {"apscheduler", "click", "rich"} | set(__import__("sys").stdlib_module_names)
    assert roots <= allowed


@pytest.mark.parametrize(("package", "homes"), HOMES.items(), ids=HOMES)
def test_an_outside_package_has_one_home(package: str, homes: tuple[str, ...]) -> None:
    users = {name_of(path) for path in MODULES if any(name.split(".")[0] == package for name in imports(path))}
    assert users, f"nobody uses {package}"
    assert {user for user in users if not user.startswith(homes)} == set()


def test_what_is_below_the_stages_does_not_import_upward_through_a_side_room() -> None:
    """Modules directly in `crawler` belong to the composition root; only errors and version are for everybody."""
    side_rooms = {f"crawler.{path.stem}" for path in (ROOT / "crawler").glob("*.py")} - SHARED - {"crawler.__init__"}
    layers = [path for path in MODULES if len(path.relative_to(ROOT).parts) > 2 or path.parts[-2] == "reports"]
    found = {(name_of(path), name) for path in layers for name in imports(path) if name in side_rooms}
    assert found == set()


def test_only_the_command_line_prints() -> None:
    printers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printers <= PRINTERS


def test_modules_are_of_a_size_to_be_read() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    ceiling = {name: LONG_MODULES.get(name, (MODULE_LINES, ""))[0] for name in sizes}
    assert {name: size for name, size in sizes.items() if size > ceiling[name]} == {}


def test_functions_are_of_a_size_to_be_read() -> None:
    sizes = [item for path in MODULES for item in functions(path)]
    assert [(n, size) for n, size in sizes if size > LONG_FUNCTIONS.get(n, (FUNCTION_LINES, ""))[0]] == []


def test_every_exception_from_a_size_still_needs_to_be_one() -> None:
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    sizes = dict(item for path in MODULES for item in functions(path))
    idle = [name for name in LONG_MODULES if lines.get(name, 0) <= MODULE_LINES]
    idle += [name for name in LONG_FUNCTIONS if sizes.get(name, 0) <= FUNCTION_LINES]
    assert idle == []


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path in MODULES if tree(path).body and not ast.get_docstring(tree(path))]
    assert silent == []


def test_no_module_is_named_after_nothing() -> None:
    assert {path.stem for path in MODULES} & {"utils", "util", "helpers", "misc", "common"} == set()
