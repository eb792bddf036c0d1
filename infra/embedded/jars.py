"""Fetches the jars of Apache Kafka and verifies each by its SHA-256 (`jars.txt`)."""

import fcntl
import hashlib
import os
import shutil
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import stamina
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

from infra.embedded.folder import CHECKOUT, Unusable

LIST = Path(__file__).with_name("jars.txt")
STORE = CHECKOUT / ".tools" / "jars"
AT_ONCE = 16
# 46 files by 16 at once: a registry or a proxy that drops one connection is asked again after 0.5, 1 and 2 s.
TRIES: Final = stamina.RetryingCaller(attempts=4, timeout=None, wait_initial=0.5, wait_jitter=0)


@dataclass(frozen=True)
class Jar:
    """A pinned file of the class path."""

    group: str
    artifact: str
    version: str
    sha256: str
    packaging: str = "jar"

    @property
    def path(self) -> Path:
        """Its place in a Maven repository."""
        name = f"{self.artifact}-{self.version}.{self.packaging}"
        return Path(*self.group.split("."), self.artifact, self.version, name)

    def is_at(self, place: Path) -> bool:
        """Whether the file there is this one, complete."""
        try:
            return hashlib.sha256(place.read_bytes()).hexdigest() == self.sha256
        except OSError:
            return False


def pinned(listed: Path = LIST) -> list[Jar]:
    """All jars of the class path."""
    jars = []
    for line in listed.read_text().splitlines():
        if not line.startswith("#"):
            group, artifact, version, sha256 = line.replace(":", " ").split()
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def class_path(store: Path = STORE, listed: Path = LIST) -> str:
    """The class path, each jar verified; missing or truncated ones are fetched. Raises Unusable."""
    jars = pinned(listed)
    if not all(jar.is_at(store / jar.path) for jar in jars):
        with alone(store), ThreadPoolExecutor(AT_ONCE) as pool:
            trust_the_machine()
            list(pool.map(lambda jar: fetch(jar, store), jars))
    return os.pathsep.join(str(store / jar.path) for jar in jars)


def fetch(jar: Jar, store: Path) -> None:
    """Brings one jar into the store, from the machine's Maven repository or else from a registry."""
    target = store / jar.path
    if jar.is_at(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    known = MavenContext().repo_cache / jar.path
    if jar.is_at(known):
        shutil.copyfile(known, target)
        return
    target.unlink(missing_ok=True)
    context = MavenContext(
        repo_cache=store,
        remote_repos=GlobalSettings.load().repositories or None,
        timeout=60,
    )
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    try:
        TRIES(OSError, component.artifact(packaging=jar.packaging).resolve)
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo's are not
        raise Unusable(
            f"The file {target.name} could not be fetched ({type(error).__name__})."
            " Check the network; with a Maven mirror of your own name it in ~/.jgorc under"
            " [repositories], or fill ~/.m2/repository. Then start again: what was fetched is kept."
        ) from error
    if not jar.is_at(target):
        target.unlink(missing_ok=True)
        raise Unusable(f"{target.name} is not the file that our list vouches for; start again.")


def trust_the_machine() -> None:
    """Makes requests trust the certificates that the machine trusts, so that a mirror with its own authority works."""
    paths = ssl.get_default_verify_paths()
    for place in (paths.cafile, paths.capath):
        if place and (Path(place).is_file() or any(Path(place).glob("*.pem"))):
            os.environ.setdefault("REQUESTS_CA_BUNDLE", place)


@contextmanager
def alone(store: Path) -> Iterator[None]:
    """Holds a lock, so that two fetches into one store wait for each other."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = (store / "lock").open("w")
    except OSError as error:
        raise Unusable(f"The folder {store} cannot be written ({error.strerror}).") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    class_path()
