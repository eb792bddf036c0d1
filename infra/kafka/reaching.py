"""What keeps us from the brokers, in one line that a person can act on, before any work begins.

Both clients of ours hide it: aiokafka says "unable to bootstrap" for a wrong password too, and faust stays
alive and reads nothing when it has no right on its group (measured on Apache Kafka 4.3).
"""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.conn import create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from infra.errors import NotConfigured, Unavailable
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka

ANSWER_MS = 5_000
NOT_ALLOWED = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)


async def prove(kafka: "Kafka", topics: Sequence[str] = (), group: str | None = None) -> None:
    """Returns when we get in and may read these topics in this group; nothing is asked of a broker without rights.

    NotConfigured names the setting or the right that is missing; Unavailable when no broker answers.
    """
    if kafka.security_protocol == "PLAINTEXT":
        return
    client = AIOKafkaClient(**client_arguments(kafka), request_timeout_ms=ANSWER_MS)
    try:
        await client.bootstrap()
        await client.set_topics(topics)
        if unreadable := sorted(client.cluster.unauthorized_topics):
            raise NotConfigured(
                f"Kafka: {kafka.username} may not read {', '.join(unreadable)} (give it READ and DESCRIBE)"
            )
        if group is not None:
            with suppress(
                GroupCoordinatorNotAvailableError
            ):  # chosen at the first use of a cluster
                await client.coordinator_lookup(CoordinationType.GROUP, group)
    except GroupAuthorizationFailedError:
        raise NotConfigured(
            f"Kafka: {kafka.username} has no right on the group {group} (give it READ)"
        ) from None
    except (KafkaError, OSError) as error:
        raise await why(kafka, error) from error
    finally:
        await client.close()


async def why(kafka: "Kafka", error: BaseException) -> Exception:
    """The error to raise when a client could not start: NotConfigured when a broker refuses us, else Unavailable."""
    if isinstance(error, NOT_ALLOWED):
        return unallowed(kafka, error)
    arguments = client_arguments(kafka)
    for address in arguments.pop("bootstrap_servers"):
        host, _, port = address.rpartition(":")
        if (refusal := await ask(host, int(port), arguments)) is not None:
            return NotConfigured(f"Kafka: {address} {refusal}")
    return Unavailable(f"Kafka: {type(error).__name__}")


def unallowed(kafka: "Kafka", error: BaseException) -> NotConfigured:
    """The error to raise when the broker knows us and a right is missing."""
    return NotConfigured(
        f"Kafka: {kafka.username} has no right to do this ({type(error).__name__})"
    )


async def ask(host: str, port: int, arguments: dict[str, Any]) -> str | None:
    """Why this broker does not let us in; None when it does, or is not there."""
    try:
        connection = await create_conn(host, port, request_timeout_ms=ANSWER_MS, **arguments)
    except SaslAuthenticationFailed:
        return "refuses KAFKA_USERNAME with the password in KAFKA_PASSWORD_FILE"
    except ssl.SSLCertVerificationError as fault:
        return f"shows a certificate that KAFKA_CA_FILE does not vouch for ({fault.verify_message})"
    except ssl.SSLError:
        return "does not speak TLS on this port (KAFKA_SECURITY_PROTOCOL)"
    except (KafkaError, OSError, TimeoutError, asyncio.IncompleteReadError):
        return None
    connection.close()
    return None
