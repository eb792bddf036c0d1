"""The code of the last release beside ours, so that both can run at once."""

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from infra.embedded.folder import CHECKOUT
from infra.embedded.program import Program

NOTE = (
    Path(__file__).parent / "last_release.txt"
)  # tag and commit; changed when a version is tagged


@dataclass(frozen=True)
class Release:
    """A version of the code, in a folder of its own, run by our Python with the packages that we have."""

    name: str
    folder: Path

    def program(self, process: str, settings: dict[str, str], logs: Path) -> Program:
        """`prikploeg <process>` of this version, for a supervisor; its log says which version and slot it is."""
        return Program(
            name=f"{process} ({self.name})",
            command=(sys.executable, "-m", "services", process),
            log=logs / f"{process}-{settings.get('PRIKPLOEG_SLOT', '0')}-{self.name}.log",
            environment=self.environment(settings),
            folder=self.folder,
        )

    def run(self, settings: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
        """One of its commands, to its end: `prikploeg WORDS`, or `python -c TEXT`."""
        command = ["-c", words[1]] if words[0] == "-c" else ["-m", "services", *words]
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder, env=self.environment(settings), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        """This version's packages come before the one that is installed for editing."""
        return settings | {"PYTHONPATH": str(self.folder)}


def our_release() -> Release:
    """What is tested."""
    return Release("new", CHECKOUT)


def git(*words: str) -> bytes | None:
    """What git says here; None when it does not know."""
    if shutil.which("git") is None:
        return None
    ours = ["git", "-c", f"safe.directory={CHECKOUT}"]  # also as another user than the clone's
    done = subprocess.run([*ours, *words], cwd=CHECKOUT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def last_release(folder: Path) -> Release:
    """The last tagged version in this folder.

    A clone that holds no history skips, and says so; in a whole clone the commit must be there.
    """
    tag, commit = NOTE.read_text().split()
    packed = git("archive", commit)
    if packed is None:
        shallow = git("rev-parse", "--is-shallow-repository")
        if shallow is None or shallow.strip() == b"true":
            pytest.skip(f"{tag} is not in this clone: `git fetch --unshallow` lets this test run")
        pytest.fail(f"{NOTE.name} names {tag} at {commit}, which a whole clone does not have")
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(
            folder
        )  # made by git from our own history; Python 3.11.2 knows no filter
    for kept in (".tools", "services/web/static/vendor"):  # what is fetched once for a checkout
        if (CHECKOUT / kept).exists() and not (folder / kept).exists():
            (folder / kept).symlink_to(CHECKOUT / kept)
    return Release(tag, folder)
