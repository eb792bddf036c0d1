"""The lines of docs/security.md as typed, by Kafka's own programs: each user may do what was granted, and nothing else."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError
from confluent_kafka import Producer as TheirProducer

from infra.embedded.folder import scratch
from infra.embedded.jars import STORE, Jar, alone, fetch, trust_the_machine
from infra.identity import new_id
from infra.kafka.topics import make_topics
from tests.documents import a_shell, block, filled, typed
from tests.infra.kafka.node import java
from tests.infra.kafka.secured import GROUP, Secured, secured

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
DOCUMENT = "docs/security.md"
OWN, OTHER, OUT = "in.practice.his-north.v1", "in.hap.core.v1", "out.dose.v1"
DOCUMENTED = ("prikploeg-connect", "prikploeg-intake", "prikploeg-relay", "his-north", "epd-east")
# A broker does without it; Kafka's archive has it beside its scripts.
TOOLS = Jar(
    "org.apache.kafka",
    "kafka-tools",
    "4.3.0",
    "b88bc6ccc520d648142515526e4042c285612ce94b032434a88e3e936e38b600",
)
PASSWORDS = new_id().hex
SCRIPTS = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
}


@pytest.fixture(scope="module")
async def broker() -> AsyncIterator[Secured]:
    """A broker on which nobody but the administrator has a right, and a folder with what the document names."""
    with scratch() as folder:
        async with secured(folder.data, granted=False) as made:
            for user in DOCUMENTED:
                for name in (user, f"{user}.password"):  # ours, and the document's
                    (made.folder / name).write_text(password(user) + "\n")
            write_administrator(made)
            write_scripts(made.folder)
            yield made


def password(user: str) -> str:
    return f"{user}-{PASSWORDS}"


def write_administrator(broker: Secured) -> None:
    """`admin.properties`, as the document names its parts."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    us = f'username="admin" password="{(broker.folder / "admin").read_text().strip()}"'
    lines = (
        "security.protocol=SASL_SSL",
        "sasl.mechanism=SCRAM-SHA-512",
        f"sasl.jaas.config={scram} required {us};",
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={broker.folder / 'ca.pem'}",
    )
    (broker.folder / "admin.properties").write_text("\n".join(lines))


def write_scripts(folder: Path) -> None:
    """What Kafka's archive has in `bin`: a script that starts Java with a class."""
    with alone(STORE):
        trust_the_machine()
        fetch(TOOLS, STORE)
    *flags, jars = java(folder, tls=False)  # each runs for a moment only
    (folder / "bin").mkdir()
    for name, started in SCRIPTS.items():
        words = [*flags, f"{jars}:{STORE / TOOLS.path}", started]
        script = folder / "bin" / name
        script.write_text("#!/bin/sh\nexec " + shlex.join(words) + ' "$@"\n')
        script.chmod(0o755)


async def as_administrator(broker: Secured, script: str) -> str:
    """Type lines of the document where its files are, with Kafka's scripts at hand."""
    shell = a_shell()
    shell["PATH"] = f"{broker.folder / 'bin'}:{shell['PATH']}"
    address = {"kafka.example.nl:9093": f"127.0.0.1:{broker.port}"}
    return await typed(filled(script, address), shell, broker.folder, seconds=500)


def heard(broker: Secured, user: str, topic: str) -> str:
    """What a system hears that sends one record: "" or the name of the error."""
    errors: list[str] = []

    def note(error: KafkaError | None, _: object) -> None:
        errors.append("" if error is None else error.name())

    other = {"enable.idempotence": True, "message.timeout.ms": 4000}
    producer = TheirProducer(broker.confluent(user, **other))
    producer.produce(topic, b"{}", b"GG2514", on_delivery=note)
    producer.flush(15)
    return errors[0]


def read_by(broker: Secured, user: str, topic: str, group: str) -> str:
    """What a reader hears in a group: "" when a record came, else the name of the error."""
    consumer = Consumer(
        broker.confluent(user, **{"group.id": group, "auto.offset.reset": "earliest"})
    )
    consumer.subscribe([topic])
    try:
        message = consumer.poll(30)
        if message is None:
            return "nothing"
        error = message.error()
        return "" if error is None else str(error.name())
    finally:
        consumer.close()


async def test_the_documented_lines_give_each_user_its_rights_and_take_them_back(broker: Secured):
    lines = filled(block(DOCUMENT, "HERE="), {"password=...": f"password={password('his-north')}"})
    (here,) = [line for line in lines.splitlines() if line.startswith("HERE=")]
    epd = f"SCRAM-SHA-512=[password={password('epd-east')}]"
    its_user = f"kafka-configs.sh $HERE --alter --entity-type users --entity-name epd-east --add-config '{epd}'"

    await as_administrator(broker, f"{lines}\n{its_user}")
    await make_topics(broker.kafka("prikploeg-connect"), [OWN, OTHER], [OUT])

    tried = [
        (heard, "his-north", OWN),
        (heard, "his-north", OTHER),
        (heard, "prikploeg-relay", OUT),
        (heard, "prikploeg-relay", OWN),
        (read_by, "prikploeg-intake", OWN, GROUP),
        (read_by, "epd-east", OUT, "epd-east"),
        (read_by, "epd-east", OUT, GROUP),
        (read_by, "his-north", OWN, GROUP),
    ]
    said = [await asyncio.to_thread(ask, broker, *words) for ask, *words in tried]

    await as_administrator(broker, f"{here}\n{block(DOCUMENT, '--remove --force')}")
    after = await asyncio.to_thread(heard, broker, "his-north", OWN)

    no_topic, no_group = "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"
    assert said == ["", no_topic, "", no_topic, "", "", no_group, no_group]
    assert after in ("_MSG_TIMED_OUT", "_AUTHENTICATION")
