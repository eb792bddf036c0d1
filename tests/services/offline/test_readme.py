"""What the README and the page on plan files tell a reader to type works as it stands."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def commands(document: str, heading: str) -> list[list[str]]:
    """The words of every `prikploeg plan solve` and `check` in the first block below a heading."""
    text = (ROOT / document).read_text().split(f"{heading}\n", 1)[1]
    found = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    lines = [shlex.split(line, comments=True) for line in found[1].splitlines()]
    return [words for words in lines if words[2] in ("solve", "check")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "heading"),
    [("README.md", "## Plan a file"), ("docs/plan-files.md", "# Plan files")],
)
def test_the_commands_work_on_a_fresh_clone(document: str, heading: str, tmp_path: Path):
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"

    done = [
        subprocess.run(words, cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True)
        for words in commands(document, heading)
    ]

    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 3
    assert "Tue 16 Feb" in done[0].stdout
    assert re.search(r"violations +0", done[1].stdout)
    assert sorted(n for route in json.loads(done[2].stdout)["routes"] for n in route) == [
        *range(1, 13)
    ]
