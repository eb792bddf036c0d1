"""Who holds a partition up: the producer whose transaction is open there, as the broker tells it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from aiokafka.structs import TopicPartition
from typing_extensions import override

from infra.errors import Unavailable
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka

WITHIN_SECONDS: Final = 10.0
TEXT: Final = CompactString("utf-8")
TAGS: Final = ("tags", TaggedFields)


class ProducersResponse(Response):  # type: ignore[misc]
    """The producers of each partition, and where their open transactions begin."""

    API_KEY = 61
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", TEXT),
                        (
                            "producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp", Int64),
                                ("coordinator_epoch", Int32),
                                ("begins_at", Int64),
                                TAGS,
                            ),
                        ),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class ProducersStruct(RequestStruct):  # type: ignore[misc]
    """DescribeProducers, which the library lacks."""

    API_KEY = 61
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = ProducersResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("name", TEXT), ("partitions", CompactArray(Int32)), TAGS)), TAGS
    )


class Producers(Request[ProducersStruct]):  # type: ignore[misc]
    """Asks the leader of one partition."""

    API_KEY = 61

    def __init__(self, topic: str, partition: int) -> None:
        self._place = (topic, partition)

    @override
    def build(self, request_struct_class: type[ProducersStruct]) -> ProducersStruct:
        topic, partition = self._place
        return request_struct_class([(topic, [partition], {})], {})


class ListedResponse(Response):  # type: ignore[misc]
    """The transactions that one coordinator knows and we may see."""

    API_KEY = 66
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("unknown_states", CompactArray(TEXT)),
        (
            "transactions",
            CompactArray(("transactional_id", TEXT), ("producer_id", Int64), ("state", TEXT), TAGS),
        ),
        TAGS,
    )


class ListedStruct(RequestStruct):  # type: ignore[misc]
    """ListTransactions, which the library lacks."""

    API_KEY = 66
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = ListedResponse
    SCHEMA = Schema(("states", CompactArray(TEXT)), ("producers", CompactArray(Int64)), TAGS)


class Listed(Request[ListedStruct]):  # type: ignore[misc]
    """Asks one broker for the transactions of these producers."""

    API_KEY = 66

    def __init__(self, producers: Sequence[int]) -> None:
        self._producers = list(producers)

    @override
    def build(self, request_struct_class: type[ListedStruct]) -> ListedStruct:
        return request_struct_class([], self._producers, {})


@dataclass(frozen=True, slots=True)
class Holder:
    """The producer of a transaction; None for what the broker does not tell us."""

    producer_id: int
    transactional_id: str | None


async def find_holder(kafka: "Kafka", topic: str, partition: int, offset: int) -> Holder | None:
    """Whose open transaction begins first in this partition, from this offset on; None when we may not ask.

    Unavailable when no broker answers. READ on the topic shows the producer, DESCRIBE on the transactional id its name.
    """
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            await admin.start()
            producer = await find_producer(admin, topic, partition, offset)
            return None if producer is None else Holder(producer, await find_name(admin, producer))
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await admin.close()


async def find_producer(
    admin: AIOKafkaAdminClient, topic: str, partition: int, offset: int
) -> int | None:
    """The id of the producer whose transaction begins at this offset, or first behind it."""
    client: Any = admin._client  # noqa: SLF001 - it has no public way for a new request
    await client.set_topics([topic])
    leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
    answer = await admin._send_request(Producers(topic, partition), leader)  # noqa: SLF001
    begun = [
        (said[5], said[0])
        for _, partitions, *_ in answer.topics
        for _, code, _, producers, *_ in partitions
        if for_code(code) is NoError
        for said in producers
        if said[5] >= offset
    ]
    return min(begun)[1] if begun else None


async def find_name(admin: AIOKafkaAdminClient, producer: int) -> str | None:
    """The transactional id of a producer, from whichever broker coordinates it."""
    client: Any = admin._client  # noqa: SLF001
    for broker in client.cluster.brokers():
        answer = await admin._send_request(Listed([producer]), broker.nodeId)  # noqa: SLF001
        for name, said, *_ in answer.transactions:
            if said == producer:
                return str(name)
    return None


def to_command(kafka: "Kafka", topic: str, partition: int) -> str:
    """The command with which an administrator of Kafka sees whose transaction it is."""
    return (
        f"kafka-transactions.sh --bootstrap-server {kafka.bootstrap_servers} --command-config admin.properties"
        f" describe-producers --topic {topic} --partition {partition}"
    )
