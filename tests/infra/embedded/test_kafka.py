"""The embedded Apache Kafka: its crashes and its files."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from typing_extensions import override

from infra.embedded import jars
from infra.embedded.folder import Folder, Unusable, scratch
from infra.embedded.kafka import Ports, kafka_program
from infra.embedded.ports import choose_port
from infra.embedded.program import DidNotStart
from infra.embedded.session import Servers, running

pytestmark = pytest.mark.kafka


@pytest.fixture
def store(tmp_path: Path) -> Path:
    jars.class_path()
    return Path(shutil.copytree(jars.STORE, tmp_path / "jars"))


@asynccontextmanager
async def a_producer(servers: Servers) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka_bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def make_topic(servers: Servers, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()


async def values_in(servers: Servers, name: str) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(name, 0)])
    records = await consumer.getmany(timeout_ms=10_000)
    await consumer.stop()
    return [record.value for batch in records.values() for record in batch]


async def test_after_kill_9_it_goes_on_where_it_was(folder: Folder):
    said: list[str] = []
    async with running(folder, said.append) as servers, a_producer(servers) as producer:
        await make_topic(servers, "t")
        await producer.send_and_wait("t", b"before")

        os.kill(servers.supervisor.pid("kafka"), signal.SIGKILL)
        async with asyncio.timeout(20):
            await producer.send_and_wait("t", b"after")

        assert await values_in(servers, "t") == [b"before", b"after"]
        assert said[0] == "kafka ended (SIGKILL), started again"


async def test_a_set_up_that_was_interrupted_is_done_again(folder: Folder):
    (folder.data / "kafka.new").mkdir()
    (folder.data / "kafka.new" / "meta.properties").write_text("version=1\n")

    async with running(folder) as servers, a_producer(servers) as producer:
        await make_topic(servers, "t")
        await producer.send_and_wait("t", b"x")

        assert await values_in(servers, "t") == [b"x"]


async def test_taken_ports_lead_to_others_and_the_data_stays(folder: Folder):
    async with running(folder) as servers, a_producer(servers) as producer:
        await make_topic(servers, "t")
        await producer.send_and_wait("t", b"x")
        first = servers.kafka_port

    with socket.create_server(("127.0.0.1", first)):
        async with running(folder) as servers:
            assert servers.kafka_port != first
            assert await values_in(servers, "t") == [b"x"]


async def test_the_broker_of_another_demo_on_our_port_does_not_pass_for_ours(folder: Folder):
    async with running(folder) as theirs:
        ports = Ports(theirs.kafka_port, choose_port(folder, "kafka-controller", 0))
        with scratch() as other:
            ours = kafka_program(other, ports)  # as when both looked for a free port at once

            soon = replace(ours, name="kafka of another demo", ready_seconds=10.0)
            with pytest.raises(DidNotStart):
                await theirs.supervisor.start(soon)


async def test_a_broker_that_was_left_running_is_ended_first(folder: Folder):
    async with running(folder) as servers:
        assert servers.kafka_port is not None
        ports = Ports(servers.kafka_port, servers.kafka_port + 1)
        pid = servers.supervisor.pid("kafka")
        program = kafka_program(folder, ports)

        await asyncio.to_thread(program.before)

        async with asyncio.timeout(20):
            while servers.supervisor.pid("kafka") in (pid, None):
                await asyncio.sleep(0.05)


def test_a_cut_jar_is_fetched_again(store: Path, monkeypatch: pytest.MonkeyPatch):
    cut = store / jars.pinned()[0].path
    whole = cut.read_bytes()
    cut.unlink()
    cut.write_bytes(whole[:1000])
    monkeypatch.setenv("M2_REPO", str(jars.STORE))

    path = jars.class_path(store)

    assert cut.read_bytes() == whole
    assert len(path.split(os.pathsep)) == 46


class DropsFirst(SimpleHTTPRequestHandler):
    """A registry that drops the first two connections and then serves its folder."""

    dropped = 0

    @override
    def do_GET(self) -> None:
        if DropsFirst.dropped < 2:
            DropsFirst.dropped += 1
            self.close_connection = True
            return
        super().do_GET()


def test_a_registry_that_drops_a_connection_is_asked_again(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    missing = store / jars.pinned()[0].path
    missing.unlink()
    served = partial(DropsFirst, directory=jars.STORE)
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as registry:
        Thread(target=registry.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{registry.server_port}"
        (tmp_path / ".jgorc").write_text(f"[repositories]\nnear = {address}\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("M2_REPO", str(tmp_path / "none"))

        jars.class_path(store)
        registry.shutdown()

    assert DropsFirst.dropped == 2
    assert missing.read_bytes() == (jars.STORE / jars.pinned()[0].path).read_bytes()


def test_a_registry_out_of_reach_is_said_with_what_to_do(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (store / jars.pinned()[0].path).unlink()
    (tmp_path / ".jgorc").write_text("[repositories]\nnowhere = http://127.0.0.1:9\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("M2_REPO", str(tmp_path / "none"))

    with pytest.raises(Unusable, match="Check the network"):
        jars.class_path(store)
