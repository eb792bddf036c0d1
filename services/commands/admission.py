"""What may be connected: a topic, the kind of party that it belongs to, and sources of its own organisations."""

import re
from collections.abc import Iterable
from typing import Final

from events.envelope import Sender, System
from events.event_names import is_source
from events.identifiers import SOURCE_PREFIX, SYSTEM_SOURCE, to_source
from events.sources import MalformedSource, check_form, may_speak_as
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
        raise NotConfigured("source: letters, digits and ._~:/- only, and no number of nine digits")
    if SOURCE_PREFIX.startswith(source) or source.startswith(SYSTEM_SOURCE):
        raise NotConfigured("source: nobody speaks with the voice of all senders, or with ours")
    if not source.startswith(SOURCE_PREFIX):
        return
    every = to_source(sender, "")
    if not source.startswith(every):
        raise NotConfigured(f"source: a {sender.value} has sources that begin with {every}")
    if is_of_every(source) and not exercise:
        raise NotConfigured(
            f"source: {source} gives this topic the voice of every {sender.value}. Name its own organisations"
            f" ({every}<organisation>, --source may be given several times) or its own system ({every}<name>);"
            " for an exercise without real people: --exercise"
        )


def is_of_every(source: str) -> bool:
    """Whether a prefix covers many organisations of one kind of sender, as an exercise has it."""
    if not source.startswith(SOURCE_PREFIX):
        return False
    _, colon, rest = source.removeprefix(SOURCE_PREFIX).partition(":")
    return bool(colon) and BEGINNING.fullmatch(rest) is not None


def refuse_taken(systems: Iterable[System], known: Iterable[System]) -> None:
    """Raise NotConfigured for a source that another topic may speak as: the same voice would come in by two doors.

    A topic of the same system with another version is not another: while a system moves, it has both. A topic of an
    exercise speaks as everybody and takes nothing from anybody.
    """
    for system in systems:
        others = [one for one in known if is_other_system(one.topic, system.topic)]
        for source in system.sources:
            for other in others:
                if not is_of_every(source) and any(overlap(source, one) for one in other.sources):
                    raise NotConfigured(
                        f"source: {source} is of topic {other.topic} already, and a source has one topic."
                        f" Connect {other.topic} without it first, or give this system a source of its own"
                    )


def is_other_system(topic: str, other: str) -> bool:
    """Whether two topics are of two systems: version apart, they have other names."""
    return topic.rpartition(".")[0] != other.rpartition(".")[0]


def overlap(source: str, other: str) -> bool:
    """Whether somebody may speak as both; what is everybody's in an exercise does not count."""
    return not is_of_every(other) and (
        may_speak_as(source, (other,)) or may_speak_as(other, (source,))
    )
