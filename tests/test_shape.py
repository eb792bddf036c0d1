"""What no linter sees: the size of modules, their names, and where things have their one home."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("services", "infra", "events", "scheduling")
REFUSED = {"utils", "helpers", "common", "misc", "base", "manager", "models", "services"}
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+(AS\s+\w+\s+)?SET|DELETE\s+FROM)\b",
    re.DOTALL,
)
WRITE = re.compile(
    r"(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|(?<!DO )(?<!FOR )UPDATE)\s+(?!SET\b|OF\b)([a-z_]+)"
)
# Taken apart, so that this file does not name what it refuses.
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted",
    "registry." + "npmjs",
    "repo." + "maven",
    "repo1." + "maven",
)
PLACES = ("/work" + "/", "/root" + "/", "/opt/" + "wheels")
TEXT = {
    ".py",
    ".toml",
    ".lock",
    ".txt",
    ".json",
    ".md",
    ".yml",
    ".yaml",
    ".sql",
    ".js",
    ".css",
    ".html",
    ".svg",
    ".cfg",
}


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def texts_in(path: Path) -> Iterator[str]:
    """Every string of a module that is not a docstring."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def names_in(path: Path) -> set[str]:
    """Functions that a module defines at its top."""
    return {
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }


def kept_by_construction() -> set[str]:
    """Rules that the solver cannot break, each with its reason."""
    for path in modules("scheduling/solver"):
        for node in ast.parse(path.read_text()).body:
            targets = (
                [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
            )
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if "KEPT_BY_CONSTRUCTION" in names and isinstance(node.value, ast.Dict):  # type: ignore[union-attr]
                return {key.value for key in node.value.keys if isinstance(key, ast.Constant)}  # type: ignore[union-attr]
    return set()


def committed() -> list[Path]:
    """Files that belong to the repository: those git knows, else (an archive) all."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]


def test_no_module_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(*PACKAGES, "tests")
        if (lines := path.read_text().count("\n")) > 400
    }

    assert long == {}


def test_migrations_and_decisions_are_numbered_without_a_gap_or_a_number_twice():
    for folder, suffix in (("infra/postgres/migrations", "*.sql"), ("docs/decisions", "*.md")):
        numbers = sorted(int(path.name[:4]) for path in (ROOT / folder).glob(suffix))
        assert numbers == list(range(1, len(numbers) + 1)), folder


def test_no_module_has_a_name_that_means_nothing():
    named = {path: {path.stem, *path.relative_to(ROOT).parts[1:-1]} for path in modules(*PACKAGES)}
    # tests/services mirrors services/
    named |= {path: {path.stem, *path.relative_to(ROOT).parts[2:-1]} for path in modules("tests")}
    refused = [str(path.relative_to(ROOT)) for path, names in named.items() if names & REFUSED]

    assert refused == []


def test_sql_stands_in_infra_postgres_only():
    outside = [path for path in modules(*PACKAGES) if (ROOT / "infra/postgres") not in path.parents]

    found = [
        str(path.relative_to(ROOT)) for path in outside if any(map(SQL.search, texts_in(path)))
    ]

    assert found == []


def test_sources_are_named_in_one_place():
    named = [
        str(path.relative_to(ROOT))
        for path in modules(*PACKAGES)
        if any("urn:nld:prikploeg:" in text for text in texts_in(path))
    ]

    assert named == ["events/identifiers.py"]


def test_each_table_is_written_by_one_module():
    writers: dict[str, set[str]] = defaultdict(set)
    for path in modules("infra/postgres"):
        for text in texts_in(path):
            for table in WRITE.findall(text):
                writers[table].add(str(path.relative_to(ROOT)))

    assert {table: paths for table, paths in writers.items() if len(paths) > 1} == {}
    assert writers  # the search finds something


@pytest.mark.parametrize(
    "rule",
    [
        p.stem
        for p in modules("scheduling/rules")
        if p.stem != "__init__" and "violations" in names_in(p)
    ],
)
def test_each_rule_has_a_constraint_of_its_name_and_a_test(rule: str):
    constraints = {
        name
        for path in modules("scheduling/solver")
        if "constraints" in path.as_posix()
        for name in names_in(path)
    }

    assert rule in constraints | kept_by_construction()
    assert (ROOT / "tests/scheduling/rules" / f"test_{rule}.py").exists()


# The middle of the planning: what these decide shows in a plan far away only.
BESIDE_A_TEST = (
    "scheduling/solver/model",
    "scheduling/solver/operators",
    "scheduling/solver/decomposition",
    "scheduling/solver/master",
    "scheduling/routing/engines/sisr",
)


@pytest.mark.parametrize(
    "module",
    [
        path.relative_to(ROOT).as_posix()
        for path in modules(*BESIDE_A_TEST)
        if path.stem != "__init__"
    ],
)
def test_each_module_in_the_middle_of_planning_has_tests_beside_it(module: str):
    path = Path("tests") / module

    assert (ROOT / path.with_name(f"test_{path.name}")).exists()


def test_nothing_takes_from_a_stream_in_the_way_that_acknowledges_what_failed():
    calls = [
        f"{path.relative_to(ROOT)}: {node.func.attr}"
        for path in modules(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"take", "take_events"}
    ]

    assert calls == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_ours(package: str):
    spec = importlib.util.find_spec(package)

    assert spec is not None
    assert [Path(place).resolve() for place in spec.submodule_search_locations or ()] == [
        ROOT / package
    ]


def test_every_module_can_be_imported_without_any_setting():
    code = (
        "import importlib, pkgutil, sys\n"
        f"for name in {PACKAGES!r}:\n"
        "    package = importlib.import_module(name)\n"
        "    for found in pkgutil.walk_packages(package.__path__, name + '.'):\n"
        "        importlib.import_module(found.name)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, env={}, capture_output=True, text=True
    )

    assert done.stderr == ""
    assert done.returncode == 0


def test_no_committed_file_names_a_registry_or_a_place_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in committed()
        if path.suffix in TEXT
        or path.parent.name == ".ci"
        or path.name in {"Makefile", "Dockerfile", ".npmrc"}
        for word in (*REGISTRIES, *PLACES)
        if word in path.read_text(errors="replace")
    ]

    assert found == []


def test_the_locks_hold_what_the_project_asks_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [*asked["project"]["dependencies"], *asked["dependency-groups"]["build"]]
    development = asked["dependency-groups"]["dev"]

    assert missing_in("requirements.lock", names) == []
    assert missing_in("requirements-dev.lock", [*names, *development]) == []


def missing_in(lock: str, requirements: list[str]) -> list[str]:
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
    return [
        name for text in requirements if (name := re.split(r"[<>=; \[]", text)[0]) not in pinned
    ]


STARTS_SERVERS = re.compile(
    r"^from (infra\.embedded\.session|tests\.faults\.running|tests\.faults\.world|tests\.flow\.\w+) import"
    r" .*\b(running|chapter|a_world|children|Child|start|SMALL)\b",
    re.MULTILINE,
)


def test_a_test_that_starts_servers_or_processes_is_not_in_the_quick_set():
    """Who uses a fixture is marked by tests/conftest.py; who starts them by itself must say so."""
    marks = re.compile(r"pytest\.mark\.(postgres|kafka|flow|faults|browser|slow)\b")

    unmarked = [
        str(path.relative_to(ROOT))
        for path in modules("tests")
        if path.name.startswith("test_")
        and STARTS_SERVERS.search(path.read_text())
        and not marks.search(path.read_text())
    ]

    assert unmarked == []
