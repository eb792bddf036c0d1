"""Who may do what on a broker with TLS, SCRAM and ACLs: other systems with their client, we with ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Producer as TheirProducer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from infra.embedded.folder import scratch
from infra.errors import NotConfigured, Unavailable
from infra.kafka.consumer import reading
from infra.kafka.producer import Producer
from infra.kafka.reaching import prove
from infra.kafka.topics import end_offsets, make_topics
from infra.kafka.transactions import Holder, find_holder
from tests.infra.kafka.broker import everything_on
from tests.infra.kafka.secured import GROUP, Secured, a_certificate, secured

pytestmark = pytest.mark.kafka
HAP, GGD, OUT = "in.hap.core.v1", "in.ggd.core.v1", "out.plan.v1"


@pytest.fixture(scope="module")
async def broker() -> AsyncIterator[Secured]:
    """The broker with two connected systems, each with the right to write its own topic."""
    with scratch() as folder:
        async with secured(folder.data) as made:
            await make_topics(made.kafka("connect"), [HAP, GGD], [OUT])
            made.grant("hap", ["WRITE"], HAP)
            made.grant("ggd", ["WRITE"], GGD)
            yield made


def send_as(broker: Secured, user: str, topic: str, **other: object) -> str:
    """What a system hears that sends one record with its own client: "" or the name of the error."""
    heard: list[str] = []
    producer = TheirProducer(
        broker.confluent(user, **{"enable.idempotence": True, "message.timeout.ms": 4000} | other)
    )
    producer.produce(
        topic, b"{}", b"GG2514", on_delivery=lambda error, _: heard.append(name_of(error))
    )
    producer.flush(15)
    return heard[0]


def name_of(error: KafkaError | None) -> str:
    return "" if error is None else error.name()


def refusal(ask: Callable[[], Any]) -> str:
    """How the broker refuses the one thing that an administrator's client asks; "" when it does it."""
    (done,) = ask().values()
    try:
        done.result(15)
    except KafkaException as error:
        return str(error.args[0].name())
    return ""


@pytest.mark.parametrize(("user", "topic"), [("hap", HAP), ("ggd", GGD)])
async def test_a_system_writes_its_own_topic_with_the_right_to_write_alone(broker, user, topic):
    assert await asyncio.to_thread(send_as, broker, user, topic) == ""


async def test_our_own_client_can_write_as_a_system_too(broker):
    async with Producer(broker.kafka("hap")) as producer:
        await producer.send(HAP, b"GG2514", b"{}", [])

    assert await everything_on(broker.kafka("intake"), [HAP])


@pytest.mark.parametrize(("user", "topic"), [("hap", GGD), ("ggd", HAP), ("hap", OUT)])
async def test_a_system_does_not_write_the_topic_of_another(broker, user, topic):
    before = await end_offsets(broker.kafka("admin"), [topic])

    heard = await asyncio.to_thread(send_as, broker, user, topic)

    assert heard == "TOPIC_AUTHORIZATION_FAILED"
    assert await end_offsets(broker.kafka("admin"), [topic]) == before


async def test_our_producer_says_that_the_right_is_missing(broker):
    async with Producer(broker.kafka("hap")) as producer:
        with pytest.raises(NotConfigured, match=r"hap has no right .*TopicAuthorizationFailed"):
            await producer.send(GGD, b"GG2514", b"{}", [])


async def test_a_system_does_not_read_in_the_group_of_intake(broker):
    consumer = Consumer(broker.confluent("hap", **{"group.id": GROUP}))
    consumer.subscribe([HAP])
    try:
        message = await asyncio.to_thread(consumer.poll, 20)
    finally:
        consumer.close()

    assert message is not None
    assert name_of(message.error()) == "GROUP_AUTHORIZATION_FAILED"


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (lambda admin: admin.create_topics([NewTopic("in.own.v1", 1)]), "TOPIC"),
        (lambda admin: admin.delete_topics([HAP]), "TOPIC"),
        (lambda admin: admin.delete_records([TopicPartition(HAP, 0, 1)]), "TOPIC"),
        (
            lambda admin: admin.create_acls(
                [
                    AclBinding(
                        ResourceType.TOPIC,
                        GGD,
                        ResourcePatternType.LITERAL,
                        "User:hap",
                        "*",
                        AclOperation.WRITE,
                        AclPermissionType.ALLOW,
                    )
                ]
            ),
            "CLUSTER",
        ),
    ],
    ids=["makes a topic", "removes its topic", "removes its records", "gives itself a right"],
)
async def test_a_system_changes_nothing_on_the_broker(broker, what, error):
    admin = AdminClient(broker.confluent("hap"))

    heard = await asyncio.to_thread(refusal, lambda: what(admin))

    assert heard == f"{error}_AUTHORIZATION_FAILED"


async def test_a_system_sees_its_own_topic_only(broker):
    admin = AdminClient(broker.confluent("hap"))

    found = await asyncio.to_thread(admin.list_topics, timeout=10)

    assert set(found.topics) == {HAP}


async def test_a_system_with_a_wrong_password_does_not_get_in(broker):
    said: list[str] = []
    wrong = {"sasl.password": "wrong", "error_cb": lambda error: said.append(error.name())}

    heard = await asyncio.to_thread(send_as, broker, "hap", HAP, **wrong)

    assert heard == "_MSG_TIMED_OUT"
    assert "_AUTHENTICATION" in said


async def test_each_client_of_ours_says_that_the_password_is_wrong(broker):
    kafka = broker.kafka("hap", password_file=broker.folder / "ggd")

    for attempt in attempts(kafka):
        with pytest.raises(NotConfigured, match="KAFKA_PASSWORD_FILE"):
            await attempt


async def test_each_client_of_ours_says_that_the_certificate_is_not_trusted(broker, tmp_path):
    a_certificate(tmp_path, "other")
    kafka = broker.kafka("hap", ca_file=tmp_path / "other.pem")

    for attempt in attempts(kafka):
        with pytest.raises(NotConfigured, match="KAFKA_CA_FILE"):
            await attempt


async def test_a_broker_that_is_away_is_not_taken_for_one_that_refuses(broker):
    kafka = broker.kafka("hap", bootstrap_servers="127.0.0.1:1")

    for attempt in attempts(kafka):
        with pytest.raises(Unavailable):
            await attempt


def attempts(kafka: Any) -> list[Any]:
    """Every way in which we go to a broker."""

    async def produce() -> None:
        async with Producer(kafka):
            pass

    async def consume() -> None:
        async with reading(kafka, [HAP]):
            pass

    return [
        prove(kafka, [HAP], GROUP),
        produce(),
        consume(),
        make_topics(kafka, [HAP], []),
        end_offsets(kafka, [HAP]),
    ]


async def test_missing_rights_are_named_before_anything_is_read(broker):
    with pytest.raises(NotConfigured, match=f"hap has no right on the group {GROUP}"):
        await prove(broker.kafka("hap"), [HAP], GROUP)
    with pytest.raises(NotConfigured, match=f"hap may not read {GGD}"):
        await prove(broker.kafka("hap"), [HAP, GGD], GROUP)


async def test_the_rights_of_each_process_are_enough_and_no_more(broker):
    await make_topics(broker.kafka("connect"), ["in.team.app.v1"], [])
    await prove(broker.kafka("intake"), [HAP, GGD], GROUP)

    async with Producer(broker.kafka("relay")) as producer:
        await producer.send(OUT, b"GG2514", b"{}", [])
        with pytest.raises(NotConfigured, match="TopicAuthorizationFailed"):
            await producer.send(HAP, b"GG2514", b"{}", [])
    with pytest.raises(NotConfigured, match="ClusterAuthorizationFailed"):
        async with Producer(broker.kafka("intake")):
            pass
    with pytest.raises(NotConfigured, match="TopicAuthorizationFailed"):
        await make_topics(broker.kafka("intake"), ["in.other.v1"], [])


async def test_whose_transaction_is_open_is_told_as_far_as_the_rights_go(broker: Secured):
    producer = TheirProducer(broker.confluent("admin", **{"transactional.id": "his-of-a-sender"}))
    await asyncio.to_thread(producer.init_transactions, 20)
    producer.begin_transaction()
    producer.produce(HAP, b"{}", b"GG2514", partition=0)
    await asyncio.to_thread(producer.flush, 20)
    try:
        whole = await find_holder(broker.kafka("admin"), HAP, 0, 0)
        place = await find_holder(broker.kafka("intake"), HAP, 0, 0)
        nothing = await find_holder(broker.kafka("relay"), HAP, 0, 0)
    finally:
        await asyncio.to_thread(producer.abort_transaction, 20)

    assert whole is not None
    assert whole.transactional_id == "his-of-a-sender"
    assert place == Holder(whole.producer_id, None)
    assert nothing is None
