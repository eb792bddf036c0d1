"""The product holds nothing that only tests use: every module is reached from what a person or a recipe starts."""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.test_shape import PACKAGES, ROOT, modules

# What starts a module without importing it: the recipes and the images.
STARTERS = ("Makefile", "docker-compose.yml", "infra/deploy/Dockerfile", ".ci/run", ".ci/browser")
OURS = re.compile(rf"\b(?:{'|'.join(PACKAGES)})(?:[./]\w+)+")


def name_of(path: Path) -> str:
    """The name by which a module is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by(path: Path) -> Iterator[str]:
    """Names that a module imports: by a statement, by `import_module`, in code that it starts as text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            # of a name that is put together, what stands before the hole: a package of its choices
            yield ast.unparse(node.args[0]).lstrip("f").strip("'\"").split("{")[0] + "*"
        yield from stated_in(node)
        if isinstance(node, ast.Constant) and str(node.value).startswith(("import ", "from ")):
            with suppress(SyntaxError):  # a sentence that begins so
                for inner in ast.walk(ast.parse(node.value)):
                    yield from stated_in(inner)


def stated_in(node: ast.AST) -> Iterator[str]:
    """Names of one statement; of `from a import b` both `a` and `a.b`, which may be a module too."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    if isinstance(node, ast.ImportFrom):
        yield node.module or ""
        yield from (f"{node.module}.{name.name}" for name in node.names)


def reached(known: dict[str, Path], starts: set[str]) -> set[str]:
    """Modules that run when these are started."""
    found: set[str] = set()
    ahead = starts & known.keys()
    while ahead:
        found |= ahead
        named = {name for module in ahead for name in imported_by(known[module])}
        prefixes = tuple(name.removesuffix("*") for name in named if name.endswith("*"))
        chosen = {name for name in known if prefixes and name.startswith(prefixes)}
        packages = {name.rpartition(".")[0] for name in named | found}
        ahead = ((named | chosen | packages) & known.keys()) - found
    return found


def test_no_module_of_the_product_is_there_for_tests_alone():
    known = {name_of(path): path for path in modules(*PACKAGES)}
    text = "\n".join((ROOT / name).read_text() for name in STARTERS)
    starts = {place.removesuffix(".py").replace("/", ".") for place in OURS.findall(text)}

    assert sorted(known.keys() - reached(known, starts | {"services.__main__"})) == []
