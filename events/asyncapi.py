"""Builds the AsyncAPI 3 document of the topics from the catalogue; it refers to one schema file for each payload."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from events.catalogue import CATALOGUE, NEWEST, OUTWARD_TOPICS, Entry, RegionFrom
from events.envelope import Sender
from events.event_names import ID_PATTERN, SOURCE_PATTERN
from events.identifiers import NATIONAL
from events.schemas import Schema
from events.type_names import to_full

CONTRACT = "1.1.0"  # of this document's own form; each message has its own major version
KAFKA = "0.5.0"
STRUCTURED = "application/cloudevents+json"
ABOUT = (
    "What other systems tell Prikploeg and what it tells them. Every record is a CloudEvent 1.0. Inward both content "
    "modes of the Kafka binding are read: structured (the value is the whole event, as in these schemas) and binary "
    "(attributes as headers ce_id, ce_source, ce_type and so on, the value is `data`). Outward is structured. Fields and "
    "attributes that the reader does not know are left alone, by us and, please, by you. A type has two names, the full one "
    "of the NL GOV profile for CloudEvents and the short one of before: both are read, and the same `source` and `id` under the "
    "other name is a duplicate. What we send carries the short name, or the full one where the setting says so."
)


@dataclass(frozen=True, slots=True)
class Topics:
    """How topics are created: partitions, replicas and retention."""

    partitions: int
    replicas: int
    inward: dict[str, str]
    outward: dict[str, str]


def build_document(topics: Topics) -> Schema:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Prikploeg",
            "version": CONTRACT,
            "description": ABOUT,
            "license": {"name": "EUPL-1.2", "url": "https://eupl.eu/1.2/en/"},
        },
        "defaultContentType": STRUCTURED,
        "servers": {"kafka": describe_server()},
        "channels": list_inward_channels(topics) | list_outward_channels(topics),
        "operations": list_operations(),
        "components": {
            "messages": {entry.name: describe_message(entry) for entry in CATALOGUE.values()},
            "schemas": {"cloudevent": describe_cloudevent()},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "A principal for each connected system.",
                }
            },
        },
    }


def describe_server() -> Schema:
    """The brokers, wherever they are."""
    return {
        "host": "{brokers}",
        "protocol": "kafka-secure",
        "description": "SASL_SSL with SCRAM-SHA-512; each system may write its own topic and nothing else.",
        "variables": {"brokers": {"description": "host:port of the brokers of the region"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def list_inward_channels(topics: Topics) -> Schema:
    """One channel for each kind of sender; each of its systems has its own topic."""
    return {
        f"in.{sender.value}": {
            "address": f"in.{sender.value}.{{system}}.v1",
            "title": f"What systems of a {sender.value} say",
            "parameters": {"system": {"description": "name of the connected system"}},
            "messages": refer_to(list_types_from(sender)),
            "bindings": {"kafka": describe_topic(topics, topics.inward)},
        }
        for sender in Sender
        if sender is not Sender.SYSTEM
    }


def list_outward_channels(topics: Topics) -> Schema:
    """The topics for other systems."""
    return {
        topic: {
            "address": topic,
            "title": f"What others may read on {topic}",
            "messages": refer_to(list_types_on(topic)),
            "bindings": {"kafka": describe_topic(topics, topics.outward)},
        }
        for topic in OUTWARD_TOPICS
    }


def describe_topic(topics: Topics, configuration: dict[str, str]) -> Schema:
    """How the topic is created on the broker."""
    return {
        "partitions": topics.partitions,
        "replicas": topics.replicas,
        "topicConfiguration": {
            "cleanup.policy": [configuration["cleanup.policy"]],
            "retention.ms": int(configuration["retention.ms"]),
            "retention.bytes": int(configuration["retention.bytes"]),
        },
        "bindingVersion": KAFKA,
    }


def list_operations() -> Schema:
    """We receive what comes in and send what goes out."""
    inward: Schema = {
        f"receive.{sender.value}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/in.{sender.value}"},
        }
        for sender in Sender
        if sender is not Sender.SYSTEM
    }
    outward: Schema = {
        f"send.{topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}}
        for topic in OUTWARD_TOPICS
    }
    return inward | outward


def describe_message(entry: Entry) -> Schema:
    """One type of event; a former version says that it is read and no longer sent."""
    former = entry.name not in NEWEST
    doc = " ".join((entry.payload.__doc__ or "").split())
    full = to_full(entry.name)
    data: Schema = {"$ref": f"./schemas/{entry.name}.json"}
    return {
        "name": full,
        "title": entry.payload.__name__,
        "summary": f"{doc} Read, not sent: a newer version exists." if former else doc,
        "contentType": STRUCTURED,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/cloudevent"},
                {
                    "type": "object",
                    "properties": {"type": {"enum": [full, entry.name]}, "data": data},
                },
            ]
        },
        "bindings": {"kafka": {"key": describe_key(entry), "bindingVersion": KAFKA}},
    }


def describe_key(entry: Entry) -> Schema:
    """The key of a record: the region, which keeps its events in order."""
    if entry.region_from is RegionFrom.NATIONAL:
        return {"type": "string", "const": NATIONAL}
    return {"type": "string", "pattern": "^GG[0-9]{4}$"}


def describe_cloudevent() -> Schema:
    """The attributes that we read; `source` and `id` identify an event for ever."""
    word: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {
                "type": "string",
                "pattern": ID_PATTERN,
                "description": "no number of nine digits, as a BSN is, but in a UUID, ULID or digest",
            },
            "source": {
                "type": "string",
                "format": "uri-reference",
                "pattern": SOURCE_PATTERN,
                "description": "as `id`: no number of nine digits",
            },
            "type": word,
            "time": {"type": "string", "format": "date-time"},
            "partitionkey": word | {"description": "the region; the key of the record"},
            "actor": word | {"description": "who acted: a pseudonymous subject, never a name"},
            "actororg": {
                "type": "string",
                "format": "uuid",
                "description": "for which organisation",
            },
            "datacontenttype": {"type": "string", "description": "JSON"},
            "data": {"type": "object"},
        },
    }


def list_types_from(sender: Sender) -> list[str]:
    """Names of the types that this sender may send, former versions too."""
    return [entry.name for entry in CATALOGUE.values() if sender in entry.senders]


def list_types_on(topic: str) -> list[str]:
    """Names of the types that are sent on this topic."""
    return [entry.name for entry in CATALOGUE.values() if entry.outward == topic]


def refer_to(names: Iterable[str]) -> Schema:
    """Messages by name."""
    found: dict[str, JsonValue] = {
        name: {"$ref": f"#/components/messages/{name}"} for name in names
    }
    return found
