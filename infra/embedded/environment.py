"""Makes the project's own Python environment (`.venv`) from the lock; run by `make setup`.

Only the standard library, and no syntax newer than Python 3.8: it runs before anything is
installed, and a Python that is too old must get a message instead of a syntax error.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMP = VENV / "prikploeg-stamp.json"  # written last: without it the set-up is not finished
OLDEST = (3, 11)


class Refused(Exception):
    """The set-up cannot continue; the message says what the user can do."""


def lock_file(*, dev: bool) -> Path:
    """The lock file, with or without the packages for development and tests."""
    return ROOT / ("requirements-dev.lock" if dev else "requirements.lock")


def wanted_stamp(*, dev: bool) -> dict[str, object]:
    """The stamp that a finished environment carries."""
    content = lock_file(dev=dev).read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"digest": digest, "dev": dev, "root": str(ROOT), "python": list(sys.version_info[:2])}


def found_stamp() -> dict[str, object]:
    """The stamp of the present environment; empty when it is absent or unfinished."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and python_works() else {}


def python_works() -> bool:
    """Whether the environment's interpreter starts: the Python it was made from may have been removed since."""
    try:
        done = subprocess.run([str(VENV / "bin/python"), "-c", ""], check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def is_ready(*, dev: bool) -> bool:
    """Whether nothing has to be done; an environment for development serves both."""
    found = found_stamp()
    return found == wanted_stamp(dev=True) or (not dev and found == wanted_stamp(dev=False))


def tool_environment() -> dict[str, str]:
    """The caller's environment variables, with those that make uv work behind proxies and without a home folder."""
    environment = dict(os.environ)
    environment.setdefault("UV_SYSTEM_CERTS", "1")
    environment.setdefault("UV_NATIVE_TLS", "1")
    environment.setdefault("UV_NO_PROGRESS", "1")
    home = Path(environment.get("HOME") or "/nonexistent")
    if not os.access(home, os.W_OK):
        environment.setdefault("UV_CACHE_DIR", str(TOOLS / "uv-cache"))
        environment.setdefault("PIP_CACHE_DIR", str(TOOLS / "pip-cache"))
    for source, target in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if environment.get(source):
            environment.setdefault(target, environment[source])
    return environment


def run(what: str, command: list[str]) -> None:
    """Runs one step and shows its output. Raises Refused with advice when it fails."""
    done = subprocess.run(command, check=False, cwd=ROOT, env=tool_environment())
    if done.returncode:
        raise Refused(
            what + " failed (see above). If the package registry could not be reached: check the"
            " network; with a mirror of your own set UV_DEFAULT_INDEX and PIP_INDEX_URL, and"
            " SSL_CERT_FILE for its certificate. Then run the same command again: what was"
            " fetched is kept."
        )


def locked_uv() -> str:
    """The lines of the lock that pin uv, with its hashes."""
    keep, lines = False, []
    for line in lock_file(dev=False).read_text().splitlines():
        if not line.startswith(" "):
            keep = line.startswith("uv==")
        if keep:
            lines.append(line)
    return "\n".join(lines) + "\n"


def has_module(name: str) -> bool:
    """Whether this Python has the module: Debian packages venv and pip separately."""
    command = [sys.executable, "-c", "import " + name]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


def fetch_uv() -> str:
    """The path of uv: the locked version beside the environment, else the machine's own."""
    place = TOOLS / "uv"
    binary = place / "bin/uv"
    version = locked_uv().split("==")[1].split()[0]
    if binary.exists() and version in output_of([str(binary), "--version"]):
        return str(binary)
    shutil.rmtree(str(place), ignore_errors=True)
    installer = pip_command()
    if installer is None:
        found = shutil.which("uv")
        if found:
            return found
        raise Refused(
            "This Python has neither venv nor pip. Install one of them (Debian and Ubuntu:"
            " apt install python3-venv) or uv, and run the same command again."
        )
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "uv.txt"
        pins.write_text(locked_uv())
        flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        run(
            "Fetching uv",
            [
                *installer,
                "install",
                *flags,
                "--root-user-action=ignore",
                "--target",
                str(place),
                "-r",
                str(pins),
            ],
        )
    return str(binary)


def pip_command() -> list[str] | None:
    """The command of pip: the machine's own, else that of a small environment made for it, else None."""
    if has_module("pip"):
        return [sys.executable, "-m", "pip"]
    if has_module("ensurepip"):
        place = TOOLS / "pip"
        run("Making an environment", [sys.executable, "-m", "venv", "--clear", str(place)])
        return [str(place / "bin/python"), "-m", "pip"]
    return None


def output_of(command: list[str]) -> str:
    """Standard output of a command; empty when it does not run."""
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout
    except OSError:
        return ""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Holds a lock, so that two set-ups of one checkout wait for each other."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "setup.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def set_up(*, dev: bool) -> None:
    """Brings `.venv` to what the lock says; an interrupted set-up is finished by the next one."""
    if is_ready(dev=dev):
        return
    with alone():
        if is_ready(dev=dev):
            return
        dev = dev or found_stamp().get("dev") is True  # never removes a developer's packages
        stamp = wanted_stamp(dev=dev)
        sys.stderr.write("Setting up .venv (once; the packages are fetched) ...\n")
        uv = fetch_uv()
        python = str(VENV / "bin/python")
        STAMP.unlink(missing_ok=True)
        if not python_works() or found_python() != stamp["python"]:
            seed = [uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable]
            run("Making .venv", [*seed, str(VENV)])
        flags = ["--quiet", "--python", python]
        lock = str(lock_file(dev=dev))
        run("Installing packages", [uv, "pip", "sync", *flags, "--require-hashes", lock])
        editable = ["--no-deps", "--no-build-isolation", "--editable", "."]
        run("Installing prikploeg", [uv, "pip", "install", *flags, *editable])
        STAMP.write_text(json.dumps(stamp))


def found_python() -> list[int]:
    """Version of the environment's interpreter."""
    code = "import sys; print(*sys.version_info[:2])"
    return [int(part) for part in output_of([str(VENV / "bin/python"), "-c", code]).split()]


def main(arguments: list[str]) -> int:
    """0 when the environment is ready; 1 with a message when it could not be made."""
    parser = argparse.ArgumentParser(description="Make the project's Python environment.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    options = parser.parse_args(arguments)
    try:
        if sys.version_info < OLDEST:
            found = ".".join(str(part) for part in sys.version_info[:3])
            raise Refused(f"Python 3.11 or newer is needed; {sys.executable} is {found}.")
        set_up(dev=options.dev)
    except (Refused, OSError) as error:
        sys.stderr.write(f"\nSet-up stopped: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
