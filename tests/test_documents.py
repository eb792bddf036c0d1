"""Documents say what the code says: rendered tables are fresh, names and links lead somewhere."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from events.catalogue import CATALOGUE
from services.__main__ import app

ROOT = Path(__file__).resolve().parents[1]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


render = load(ROOT / "docs/render.py")
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("name", ["events", "settings", "demo", "columns", "problem", "plan"])
def test_a_rendered_table_is_what_the_code_says_now(name: str):
    file, make = render.TABLES[name]

    written = render.between(name, (ROOT / file).read_text())

    assert written == make(), "run: python docs/render.py"


def test_every_package_of_the_lock_stands_in_the_list_of_licences():
    # Names and versions only: what is installed, and so what its files say, differs by platform.
    written = render.between("licences", (ROOT / "docs/licences.md").read_text())

    listed = re.findall(r"^\| `([^`]+)` \| (\S+) \|", written, re.MULTILINE)

    assert listed == render.locked()
    assert "see its files" not in written


def test_every_event_of_the_catalogue_stands_in_the_document_once():
    written = render.between("events", (ROOT / "docs/events.md").read_text())

    listed = re.findall(r"^\| `([^`]+)` \|", written, re.MULTILINE)

    assert sorted(listed) == sorted(CATALOGUE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_and_pictures_lead_to_files_that_are_there(path: Path):
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text())

    lost = [link for link in links if "://" not in link and not (path.parent / link).exists()]

    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_files_that_a_document_names_are_there(path: Path):
    named_files = re.findall(
        r"`((?:docs|events|infra|scheduling|services|tests|\.ci)/[\w./-]+)`", path.read_text()
    )

    lost = [name for name in named_files if not (ROOT / name).exists()]

    assert lost == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_that_a_document_names_are_there(path: Path):
    known = {c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    asked = set(re.findall(r"(?:^|[`& ])prikploeg ([a-z]+)\b(?! is)", code_of(path), re.MULTILINE))

    assert asked <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_options_that_a_document_gives_to_a_command_are_its_own(path: Path):
    lines = re.findall(r"(?:^|[`&;(] ?)prikploeg ([^`\n#&]+)", code_of(path), re.MULTILINE)

    wrong = [line for line in lines if not set(options_in(line)) <= known_options(line.split())]

    assert wrong == []


def options_in(line: str) -> list[str]:
    return re.findall(r"(?:^| )(--[a-z][a-z-]*)", line)


def known_options(words: list[str]) -> set[str]:
    """The options of the command, or of the command of a group, that these words begin with."""
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {
        "--help"
    }


def code_of(path: Path) -> str:
    """Blocks and spans of code of a document."""
    text = path.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return "\n".join([*blocks, *(f"`{span}`" for span in spans)])


def test_the_table_of_rules_names_code_and_tests_that_are_there():
    text = (ROOT / "docs/plan-rules.md").read_text()
    code = "\n".join(
        path.read_text()
        for top in ("scheduling", "services")
        for path in (ROOT / top).rglob("*.py")
    )
    tests = [str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")]
    names = re.findall(r"`(?:[A-Za-z]+\.)*([A-Za-z]\w*(?:_\w+)+)`", text)
    cells = [row.split("|")[-2] for row in text.splitlines() if row.startswith("| ")]
    places = [place for cell in cells for place in re.findall(r"(?:\w+/)?test_\w+", cell)]

    lost = [name for name in names if not re.search(rf"\b{name}\b", code)]
    lost += [one for one in places if not any(path.endswith(f"/{one}.py") for path in tests)]

    assert lost == []
    assert len(names) > 30 < len(places)


def test_targets_of_make_that_the_readme_names_are_there():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    asked = set(re.findall(r"make ([a-z-]+)", code_of(ROOT / "README.md")))

    assert asked <= targets
    assert {"demo", "test"} <= asked


def test_decisions_are_numbered_without_gaps_and_short():
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert {p.name for p in DECISIONS if len(p.read_text().splitlines()) > 40} == set()


@pytest.mark.parametrize("path", DECISIONS, ids=named)
def test_a_decision_says_what_it_costs_and_what_was_measured(path: Path):
    text = path.read_text()

    for part in ("Context", "Decision", "Price", "Alternatives", "Measured"):
        assert f"**{part}" in text


def test_the_renderer_runs_as_the_documents_say():
    done = subprocess.run(
        [sys.executable, "-c", "import runpy; runpy.run_path('docs/render.py')"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.stderr == ""
