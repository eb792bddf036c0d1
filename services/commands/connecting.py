"""Connecting a system: its row, its topic and the offsets of its partitions. Intake reads the list at its start."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from events.catalogue import OUTWARD_TOPICS
from events.envelope import System
from events.identifiers import NATIONAL, to_source
from events.sources import check_form, is_of_organisation
from infra.clock import SystemClock
from infra.errors import NotConfigured
from infra.kafka.topic_settings import to_command, use_append_time
from infra.kafka.topics import make_topics
from infra.postgres.aliases import keep_alias, lock_sources
from infra.postgres.database import Who, wait_for
from infra.postgres.systems import connect_systems, read_systems
from infra.settings import Settings, read_secret
from infra.tokens import SENDER, mint
from services.commands.admission import refuse_taken
from services.sending import TOPICS


def exercise_systems(region: str) -> list[System]:
    """The systems of a demo: one of each kind of sender, which may speak for one region and for the country."""
    return [
        System(topic, sender, (to_source(sender, ""),), frozenset({region, NATIONAL}))
        for sender, topic in TOPICS.items()
    ]


def import_systems(region: str, known: Mapping[str, System]) -> list[System]:
    """The systems of `prikploeg import`, each with a source of its own, beside what was connected to their topics."""
    found = []
    for sender, topic in TOPICS.items():
        own, before = to_source(sender, "import"), known.get(topic)
        others = [] if before is None else [s for s in before.sources if s != to_source(sender, "")]
        regions = {region, NATIONAL} | (set() if before is None else before.regions)
        sources = tuple(dict.fromkeys([own, *others]))
        found.append(System(topic, sender, sources, frozenset(regions)))
    return found


def to_acl_command(settings: Settings, topic: str) -> str:
    """The command with which an administrator of Kafka lets one user write this topic, and no other."""
    return (
        f"kafka-acls.sh --bootstrap-server {settings.kafka.bootstrap_servers}"
        " --command-config admin.properties --add --allow-principal User:NAME-OF-THE-SYSTEM"
        f" --operation Write --topic {topic}"
    )


async def tie_alias(settings: Settings, alias: str, source: str) -> None:
    """Make the URN of an organisation another spelling of a known source, for ever. Safe to repeat.

    Raises NotConfigured when the same event could come in twice by it.
    """
    check_form(alias)
    if not is_of_organisation(alias):
        raise NotConfigured("alias: it begins with urn:nld:oin: or urn:nld:kvknr:")
    database = await wait_for(settings.postgres.dsn("acceptor"), size=1)
    try:
        async with database.transaction() as tx:
            await keep_alias(tx, alias, source, SystemClock().now())
    finally:
        await database.close()


async def make_sender_token(settings: Settings, topic: str, days: int) -> str:
    """A bearer token with which a connected system reads what of its own was refused. NotConfigured for another topic."""
    key = settings.web.session_key_file
    if key is None:
        raise NotConfigured("WEB_SESSION_KEY_FILE is not set: the key that signs tokens")
    known = await read_connected(settings)
    if topic not in known:
        raise NotConfigured(f"{topic} is not connected")
    return mint(
        read_secret(key).encode(), Who(SENDER, "", None, topic), lifetime=timedelta(days=days)
    )


async def list_append_time_commands(settings: Settings) -> list[str]:
    """Let every inward topic use the time of appending; a command for each that we may not change."""
    known = await read_connected(settings)
    found = await use_append_time(settings.kafka, sorted(known))
    return [
        to_command(settings.kafka, name)
        for name, said in sorted(found.items())
        if not said.by_append_time
    ]


async def connect_for_import(settings: Settings, region: str) -> list[str]:
    """As `connect`, for own data: only what a file says may be said, until somebody connects a system."""
    return await connect(settings, import_systems(region, await read_connected(settings)))


async def read_connected(settings: Settings) -> dict[str, System]:
    """The connected systems by topic."""
    database = await wait_for(settings.postgres.dsn("acceptor"), size=1)
    try:
        async with database.transaction() as tx:
            return await read_systems(tx)
    finally:
        await database.close()


async def connect(
    settings: Settings, systems: Sequence[System], *, apart: bool = False
) -> list[str]:
    """Store systems and create the topics that do not exist yet; names of all topics. Safe to repeat.

    `apart`: NotConfigured for a source that another topic has.
    """
    for source in (one for system in systems for one in system.sources):
        check_form(source)
    database = await wait_for(settings.postgres.dsn("acceptor"), size=1)
    try:
        async with database.transaction() as tx:
            known = await read_systems(tx)
        if apart:
            refuse_taken(systems, known.values())
        topics = await make_topics(
            settings.kafka, sorted({*known, *(s.topic for s in systems)}), OUTWARD_TOPICS
        )
        async with database.transaction() as tx:
            if apart:  # once more, where nobody else connects meanwhile
                await lock_sources(tx)
                refuse_taken(systems, (await read_systems(tx)).values())
            await connect_systems(tx, systems, settings.kafka.partitions)
        return topics
    finally:
        await database.close()
