"""Settings of topics that exist: by whose clock records grow old, and how long they are kept.

A broker deletes by the time of a record, which is its sender's unless the topic says otherwise: records dated two months
ago were gone after 13 minutes, unread. So inward topics use the broker's own time of appending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String
from typing_extensions import override

from infra.errors import Unavailable
from infra.kafka.reaching import NOT_ALLOWED, why
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka

TIME, RETENTION = "message.timestamp.type", "retention.ms"
APPEND_TIME: Final = {TIME: "LogAppendTime"}
SET: Final = 0  # the operation that leaves all other settings of the topic as they are


class AlterSomeResponse(Response):  # type: ignore[misc]
    """The answer to the request below."""

    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "resources",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class AlterSomeStruct(RequestStruct):  # type: ignore[misc]
    """IncrementalAlterConfigs, which the library lacks: its own request takes every other setting back."""

    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = AlterSomeResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(
                        ("name", String("utf-8")),
                        ("config_operation", Int8),
                        ("value", String("utf-8")),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


class AlterSome(Request[AlterSomeStruct]):  # type: ignore[misc]
    """Sets the append time of these topics."""

    API_KEY = 44

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    @override
    def build(self, request_struct_class: type[AlterSomeStruct]) -> AlterSomeStruct:
        configs = [(name, SET, value) for name, value in APPEND_TIME.items()]
        topics = [(int(ConfigResourceType.TOPIC), name, configs) for name in self._topics]
        return request_struct_class(resources=topics, validate_only=False)


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """What a topic says; None where we may not ask."""

    by_append_time: bool | None = None
    retention: timedelta | None = None  # None also when nothing is ever deleted


async def use_append_time(kafka: "Kafka", topics: Sequence[str]) -> dict[str, TopicSettings]:
    """The settings of these topics, after those that use their senders' time were changed where we may do that.

    Unavailable when no broker answers; a topic that is not there is left out.
    """
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        await admin.start()
        found = await read_settings(admin, topics)
        wrong = [name for name, said in found.items() if not said.by_append_time]
        changed = await alter(admin, wrong) if wrong else []
    except (KafkaError, OSError) as error:
        raise await why(kafka, error) from error
    finally:
        await admin.close()
    return {
        name: TopicSettings(by_append_time=True, retention=said.retention)
        if name in changed
        else said
        for name, said in found.items()
    }


async def read_settings(
    admin: AIOKafkaAdminClient, topics: Sequence[str]
) -> dict[str, TopicSettings]:
    """What these topics say."""
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, name, dict.fromkeys((TIME, RETENTION)))
        for name in topics
    ]
    found: dict[str, TopicSettings] = {}
    for answer in await admin.describe_configs(asked) if asked else []:
        for code, _, _, name, entries in answer.resources:
            error = for_code(code)
            if error is NoError:
                said = {entry[0]: entry[1] for entry in entries}
                found[name] = TopicSettings(said.get(TIME) == APPEND_TIME[TIME], kept_for(said))
            elif error in NOT_ALLOWED:
                found[name] = TopicSettings()
    return found


def kept_for(said: dict[str, Any]) -> timedelta | None:
    """How long records are kept; None for ever."""
    milliseconds = int(said.get(RETENTION) or -1)
    return None if milliseconds < 0 else timedelta(milliseconds=milliseconds)


async def alter(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[str]:
    """Let these topics use the time of appending; those for which that was done."""
    answer = await admin._send_request(AlterSome(topics))  # noqa: SLF001 - it has no public way for a new request
    done = []
    for code, _, _, name in answer.resources:
        error = for_code(code)
        if error is NoError:
            done.append(name)
        elif error not in NOT_ALLOWED:
            raise Unavailable(f"Kafka: {error.__name__}")
    return done


def to_command(kafka: "Kafka", topic: str) -> str:
    """The command with which an administrator of Kafka does it for us."""
    return (
        f"kafka-configs.sh --bootstrap-server {kafka.bootstrap_servers} --command-config admin.properties"
        f" --alter --entity-type topics --entity-name {topic} --add-config {TIME}={APPEND_TIME[TIME]}"
    )
