"""The broker of docker-compose.yml on a real Kafka: its listeners, the users and the rights of its script.

There is no container engine here: the settings are those of the file with other ports, and what its script says to
Kafka's own scripts is said through a client library.
"""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from events.catalogue import OUTWARD_TOPICS
from infra.deploy.keys import KAFKA_USERS, deal
from infra.embedded.program import Child
from infra.errors import NotConfigured, Unavailable
from infra.kafka.producer import Outgoing, Producer
from infra.kafka.reaching import prove
from infra.kafka.topics import end_offsets, make_topics
from infra.settings import Kafka
from tests.documents import block
from tests.infra.kafka.node import a_cluster_id, format_node, free_ports, java, node_program, write
from tests.infra.kafka.secured import a_certificate, write_keystore
from tests.infra.test_compose import SERVICES, environment

pytestmark = pytest.mark.kafka
TOPIC, OUT = "in.practice.his.v1", sorted(OUTWARD_TOPICS)[0]
PORTS = ("9092", "29092", "9091", "9093", "29093")


def to_properties(given: dict[str, str], folder: Path, ports: dict[str, int]) -> dict[str, str]:
    """What the image makes of its environment: ___ is a dash, __ an underscore, _ a dot."""
    found = {}
    for name, value in given.items():
        if not name.startswith("KAFKA_") or name == "KAFKA_HEAP_OPTS":
            continue
        plain = (
            name.removeprefix("KAFKA_").replace("___", "-").replace("__", "\0").replace("_", ".")
        )
        text = re.sub(r"\b(2?909[1-3])\b", lambda m: str(ports[m[1]]), value)
        found[plain.replace("\0", "_").lower()] = text.replace("kafka:", "127.0.0.1:").replace(
            "kafka.example.nl", "localhost"
        )
    if (keys := found.get("listener.name.outside.ssl.keystore.location")) is not None:
        found["listener.name.outside.ssl.keystore.location"] = str(folder / Path(keys).name)
    return found | {"log.dirs": str(folder / "data")}


@dataclass(frozen=True)
class Broker:
    """The broker, and the folders of keys as the containers see them."""

    folder: Path
    ports: dict[str, int]

    def kafka(self, user: str, **other: object) -> Kafka:
        usual = {
            "bootstrap_servers": f"127.0.0.1:{self.ports['9092']}",
            "security_protocol": "SASL_PLAINTEXT",
            "username": f"prikploeg-{user}",
            "password_file": self.folder / f"keys/kafka-users/kafka/prikploeg-{user}",
            "partitions": 1,
        }
        return Kafka(**{**usual, **other})


def grants() -> list[AclBinding]:
    """The rights of the script, each of its lines as a shell reads it."""
    script = SERVICES["kafka-users"]["command"][0].replace("$$", "$")
    inner = re.search(r"for user in (connect tools); do\n(.*?)\n\s*done", script, re.DOTALL)
    assert inner
    lines = [
        line.replace("$user", user) for user in inner[1].split() for line in inner[2].splitlines()
    ] + script[inner.end() :].splitlines()
    found = []
    for line in lines:
        words = shlex.split(line)
        if words[:1] != ["grant"]:
            continue
        given = dict(zip(words[2::2], words[3::2], strict=True))
        kind = ResourceType.GROUP if "--group" in given else ResourceType.TOPIC
        pattern = ResourcePatternType[given.get("--resource-pattern-type", "literal").upper()]
        for word, said in zip(words[2::2], words[3::2], strict=True):
            if word == "--operation":
                operation = AclOperation[re.sub(r"(?<!^)(?=[A-Z])", "_", said).upper()]
                name = given.get("--topic", given.get("--group"))
                found.append(
                    AclBinding(
                        kind,
                        name,
                        pattern,
                        f"User:prikploeg-{words[1]}",
                        "*",
                        operation,
                        AclPermissionType.ALLOW,
                    )
                )
    return found


def set_up(broker: Broker) -> None:
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{broker.ports['9091']}", "log_level": 0})
    for _ in range(30):  # until it answers
        with suppress(KafkaException):
            admin.list_topics(timeout=3)
            break
    users = [
        UserScramCredentialUpsertion(
            f"prikploeg-{user}",
            ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096),
            broker.kafka(user).password().encode(),
        )
        for user in KAFKA_USERS
    ]
    for done in admin.alter_user_scram_credentials(users).values():
        done.result(60)
    for done in admin.create_acls(grants()).values():
        done.result(60)


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    async with a_broker(tmp_path_factory.mktemp("compose"), environment("kafka")) as made:
        yield made


@asynccontextmanager
async def a_broker(folder: Path, given: dict[str, str]) -> AsyncIterator[Broker]:
    """A broker with the settings of the file, and the users and rights of its script."""
    deal(folder / "keys")
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    properties = folder / "server.properties"
    write(properties, to_properties(given, folder, ports))
    command = java(folder, tls=True)
    await asyncio.to_thread(format_node, command, properties, a_cluster_id())
    made = Broker(folder, ports)
    child = await Child.start(node_program("kafka-compose", command, properties))
    try:
        await asyncio.to_thread(set_up, made)
        async with asyncio.timeout(60):
            while True:
                try:
                    await prove(made.kafka("connect"))
                    break
                except (Unavailable, NotConfigured):
                    await asyncio.sleep(0.3)
        yield made
    finally:
        await child.stop()


async def send(kafka: Kafka, topic: str) -> None:
    async with Producer(kafka) as producer:
        await producer.send_all([Outgoing(topic, b"GG2514", b"{}", [])])


async def test_each_user_does_its_own_work_and_no_more(broker: Broker):
    await make_topics(broker.kafka("connect"), [TOPIC], OUTWARD_TOPICS)
    await send(broker.kafka("tools"), TOPIC)
    await send(broker.kafka("relay"), OUT)

    await prove(broker.kafka("intake"), [TOPIC], "prikploeg-intake-v1")
    assert (await end_offsets(broker.kafka("intake"), [TOPIC]))[(TOPIC, 0)] == 1
    for user, topic in (("relay", TOPIC), ("intake", TOPIC), ("connect", TOPIC), ("tools", OUT)):
        with pytest.raises((NotConfigured, Unavailable)):
            await send(broker.kafka(user), topic)
    with pytest.raises(NotConfigured):
        await prove(broker.kafka("relay"), [TOPIC])


@pytest.mark.parametrize("port", ["9092", "29092"])
async def test_without_a_password_or_with_a_wrong_one_nobody_gets_in(
    broker: Broker, port: str, tmp_path: Path
):
    (tmp_path / "wrong").write_text("guess\n")
    address = f"127.0.0.1:{broker.ports[port]}"

    with pytest.raises(NotConfigured, match="KAFKA_PASSWORD_FILE"):
        await prove(
            broker.kafka("intake", bootstrap_servers=address, password_file=tmp_path / "wrong")
        )
    with pytest.raises((NotConfigured, Unavailable)):
        await make_topics(
            Kafka(bootstrap_servers=address, partitions=1), ["in.practice.x.v1"], OUTWARD_TOPICS
        )


async def test_the_listener_for_senders_elsewhere_asks_for_tls_and_for_the_same_users(
    tmp_path: Path,
):
    outside = yaml.safe_load(block("docs/security.md", "OUTSIDE://"))["services"]["kafka"]
    write_keystore(tmp_path)
    (tmp_path / "other").mkdir()
    a_certificate(tmp_path / "other")
    async with a_broker(tmp_path, environment("kafka") | outside["environment"]) as broker:
        safe = {
            "bootstrap_servers": f"localhost:{broker.ports['29093']}",
            "security_protocol": "SASL_SSL",
            "ca_file": tmp_path / "ca.pem",
        }
        await make_topics(broker.kafka("connect"), [TOPIC], OUTWARD_TOPICS)

        await send(broker.kafka("tools", **safe), TOPIC)

        assert (await end_offsets(broker.kafka("intake"), [TOPIC]))[(TOPIC, 0)] == 1
        with pytest.raises((NotConfigured, Unavailable)):
            await send(broker.kafka("relay", **safe), TOPIC)
        with pytest.raises(NotConfigured, match="KAFKA_CA_FILE"):
            await prove(broker.kafka("tools", **safe | {"ca_file": tmp_path / "other/ca.pem"}))
        with pytest.raises(Unavailable):
            await prove(broker.kafka("tools", **safe | {"security_protocol": "SASL_PLAINTEXT"}))
    assert outside["ports"] == ["29093:29093"]
