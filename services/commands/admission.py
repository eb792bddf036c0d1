"""What may be connected: a topic, the kind of party that it belongs to, and sources of its own organisations."""

import re
from typing import Final

from events.envelope import Sender, System
from events.event_names import is_source
from events.identifiers import SOURCE_PREFIX, SYSTEM_SOURCE, to_source
from events.sources import MalformedSource, check_form
from infra.errors import NotConfigured

TOPIC: Final = re.compile(r"in\.([a-z]+)\.[a-z0-9][a-z0-9-]{0,59}\.v[0-9]{1,3}", re.ASCII)
# The beginning of the number of an organisation, or of the code of a region: what many sources begin with.
BEGINNING: Final = re.compile(r"[0-9a-fA-F-]{0,35}|G|GG[0-9]{0,3}", re.ASCII)


def check_system(system: System, *, exercise: bool = False) -> None:
    """Raise NotConfigured for a topic of another kind of sender, or a source that others may speak as too.

    `exercise`: the topic may speak as every organisation of its kind, which is for invented people only.
    """
    found = TOPIC.fullmatch(system.topic)
    if found is None:
        raise NotConfigured("topic: in.<sender>.<system>.v1, in small letters, digits and '-'")
    if system.sender is Sender.SYSTEM or found.group(1) != system.sender.value:
        raise NotConfigured(
            f"topic: {system.topic} is for systems of a {found.group(1)}, not of a {system.sender.value}"
        )
    for source in system.sources:
        check_source(source, system.sender, exercise=exercise)


def check_source(source: str, sender: Sender, *, exercise: bool) -> None:
    """Raise NotConfigured for a prefix that is not of one organisation or system of this kind of sender."""
    try:
        check_form(source)
    except MalformedSource as error:
        raise NotConfigured(str(error)) from None
    if not is_source(source):
        raise NotConfigured("source: letters, digits and ._~:/- only, and no nine digits in a row")
    if SOURCE_PREFIX.startswith(source) or source.startswith(SYSTEM_SOURCE):
        raise NotConfigured("source: nobody speaks with the voice of all senders, or with ours")
    if not source.startswith(SOURCE_PREFIX):
        return
    every = to_source(sender, "")
    if not source.startswith(every):
        raise NotConfigured(f"source: a {sender.value} has sources that begin with {every}")
    if BEGINNING.fullmatch(source.removeprefix(every)) and not exercise:
        raise NotConfigured(
            f"source: {source} gives this topic the voice of every {sender.value}. Name its own organisations"
            f" ({every}<organisation>, --source may be given several times) or its own system ({every}<name>);"
            " for an exercise without real people: --exercise"
        )
