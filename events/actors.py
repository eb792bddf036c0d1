"""Who acted, and for which organisation: read from the event of a system, or from the session over HTTPS."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pydantic import JsonValue

from events.cloudevents import Attributes
from events.envelope import ACTOR, ACTOR_ORG, HTTPS, OWN, Record

# A subject with a letter in it and without spaces or an @: no name, no e-mail address, no BSN, no phone number.
SUBJECT: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9:._/-]{1,120}")

Acted = tuple[str | None, UUID | None]


def read_actor(record: Record, attributes: Attributes) -> Acted:
    """The subject and the organisation of a record.

    What our own pages write, and what comes over HTTPS, has them from the session, which is put into the headers; what the event itself says counts
    for nothing. What has not the form of a subject is not kept, and the fact is: it is about care.
    """
    if record.system.topic in (HTTPS, OWN):
        headers = record.headers
        return to_acted(headers.get(ACTOR, b"").decode(), headers.get(ACTOR_ORG, b"").decode())
    return to_acted(attributes.actor, attributes.actororg)


def to_acted(subject: JsonValue, organisation: JsonValue) -> Acted:
    """Keeps what has the form of a subject and of an organisation."""
    named = subject if isinstance(subject, str) and SUBJECT.fullmatch(subject) else None
    return named, to_organisation(organisation)


def to_organisation(word: JsonValue) -> UUID | None:
    """The identifier of an organisation, or None for anything else."""
    try:
        return UUID(word) if isinstance(word, str) else None
    except ValueError:
        return None


def to_headers(subject: str, organisation: UUID | None) -> Mapping[str, bytes]:
    """The headers with which the web process says for whom it writes."""
    found = {ACTOR: subject.encode()}
    return found if organisation is None else found | {ACTOR_ORG: str(organisation).encode()}
