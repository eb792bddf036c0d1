# ruff: noqa: INP001, TID251 - an example for programs outside this repository
"""Writes two events to Prikploeg with aiokafka, as another system would: one in structured, one in binary mode.

Run: python docs/examples/produce.py 127.0.0.1:9092 [region [moment of the facts]]
Needs nothing of Prikploeg: only `pip install aiokafka`.
"""

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

TOPIC = "in.hap.core.v1"  # the topic of our system: one for each connected system
SOURCE = "urn:nld:prikploeg:hap:voorbeeld"  # must begin with a prefix that this topic may use
TEAM = uuid.uuid5(uuid.NAMESPACE_URL, f"{SOURCE}/team/nacht")  # our own, fixed number of our team


def structured(region: str, moment: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """A whole CloudEvent in the value: our post has a mobile team."""
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),  # made once: in doubt, send the same event with the same id again
        "source": SOURCE,
        "type": "nl.prikploeg.team.formed.v1",
        "time": moment,
        "partitionkey": region,
        "datacontenttype": "application/json",
        "data": {
            "team_id": str(TEAM),
            "organisation_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SOURCE}/post/1")),
            "name": "Team Nacht",
            "skills": ["vaccination", "crisis"],
        },
    }
    return json.dumps(event).encode(), [("content-type", b"application/cloudevents+json")]


def binary(region: str, moment: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Attributes in headers, the payload in the value: a certificate of a member of the crew."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": "nl.prikploeg.member.certified.v1",
        "time": moment,
        "partitionkey": region,
    }
    data = {
        "member_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SOURCE}/member/7")),
        "role": "nurse",
        "valid_from": "2021-01-01",
        "valid_until": "2023-12-31",
    }
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return json.dumps(data).encode(), [("content-type", b"application/json"), *headers]


async def main(bootstrap: str, region: str, moment: str) -> None:
    """Send both, keyed by region, and wait until Kafka has them."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        for value, headers in (structured(region, moment), binary(region, moment)):
            sent = await producer.send_and_wait(TOPIC, value, key=region.encode(), headers=headers)
            sys.stdout.write(f"{sent.topic} partition {sent.partition} offset {sent.offset}\n")
    finally:
        await producer.stop()


if __name__ == "__main__":
    given = sys.argv[1:]
    if not 1 <= len(given) <= 3:
        sys.exit("usage: produce.py BOOTSTRAP [REGION [MOMENT]]")
    # Beside a demo: a moment that its own clock has seen.
    usual = ["GG2514", datetime.now(UTC).isoformat()]
    asyncio.run(main(given[0], *given[1:], *usual[len(given) - 1 :]))
