"""What is refused names nobody in the database: from the Kafka record to what every role can read, and back by offering."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from events.envelope import System
from infra.embedded.session import Servers
from infra.kafka.producer import Outgoing
from infra.postgres.systems import connect_systems
from infra.settings import Role
from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.conftest import Fresh
from tests.facts import a_patient
from tests.flow.processes import children, environment, until
from tests.services.accept.looking import rows, unsealed
from tests.services.commands.test_repairing import typed
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.test_process import produce

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
NAME, BSN = b"Proefpersoon van Hermelijnen", b"999990019"


def naming(record_value: bytes | None) -> bytes:
    """A good event whose sender says more than it should."""
    said = json.loads(record_value or b"")
    said["data"] |= {"family_name": NAME.decode(), "bsn": BSN.decode()}
    return json.dumps(said).encode()


def refused_for(system: System) -> list[Outgoing]:
    """One record of each kind that can name a person: in its value, its key or a header, whole or cut."""
    early = a_record(a_patient("early"), "early", REGION, system)
    unknown = {"specversion": "1.0", "id": "u", "type": "x.y.v1", "source": "urn:x", "name": NAME.decode()}  # fmt: skip
    key = REGION.encode()
    return [
        Outgoing(system.topic, key, b"no event: " + NAME + b" " + BSN, []),
        Outgoing(system.topic, key, json.dumps(unknown).encode(), []),
        Outgoing(system.topic, BSN, b"{}", [("x-patient", NAME)]),
        Outgoing(system.topic, key, NAME + b"x" * 300_000, []),
        Outgoing(system.topic, key, naming(early.value), list(early.headers.items())),
    ]


@asynccontextmanager
async def refusing(
    fresh: Fresh, kafka: Servers, folder: Path, system: System, records: list[Outgoing]
) -> AsyncIterator[None]:
    """An intake that has set these records aside, and taken in one that came after them."""
    settings = fresh.settings(kafka)
    await connect(settings, [system])
    other = a_practice_system(REGION)
    await connect(settings, [other])
    good = a_record(a_patient("good"), "good", REGION, other)
    async with children(environment(fresh, kafka), folder, "intake"):
        after = Outgoing(other.topic, b"k", good.value or b"", list(good.headers.items()))
        await produce(settings.kafka, [*records, after], seconds=0)
        door = await fresh.open("acceptor")

        async def are_in() -> bool:
            aside = await rows(door, "SELECT count(*) FROM quarantine")
            return aside == [(len(records),)] and await rows(door, "SELECT id FROM ledger") == [
                ("good",)
            ]

        await until(are_in)
        yield


async def read_everything(fresh: Fresh, role: Role) -> bytes:
    """All that this role can read of tables and views, as a dump has it."""
    reader = await asyncpg.connect(fresh.dsn(role))
    found = []
    try:
        names = await reader.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')"
            " AND has_table_privilege(oid, 'SELECT')"
        )
        for (name,) in names:
            for row in await reader.fetch(f'SELECT * FROM "{name}"'):
                found += [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    finally:
        await reader.close()
    assert found
    return b"\n".join(found)


def only_early(system: System) -> System:
    """The same before it was told that it may speak for these practices."""
    return replace(system, sources=("urn:nld:prikploeg:institution:",))


async def test_nobody_who_reads_the_database_reads_a_refused_name_and_offering_again_works(
    fresh, kafka, tmp_path
):
    system = a_practice_system(REGION)
    records = refused_for(system)

    async with refusing(fresh, kafka, tmp_path, only_early(system), records):
        for role in get_args(Role):
            seen = await read_everything(fresh, role)
            assert NAME not in seen, role
            assert BSN not in seen, role

    logs = b"".join(log.read_bytes() for log in tmp_path.glob("*.log"))
    assert (NAME in logs, BSN in logs) == (False, False)
    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        await connect_systems(tx, [system], 1)
    _, said = await typed(fresh, "quarantine", "offer", "--topic", system.topic)
    assert said.startswith("1 accepted, 3 rejected again, 0 not open"), said
    assert sorted(await rows(door, "SELECT id FROM ledger")) == [("early",), ("good",)]
    kept = await unsealed(door, fresh.keys())
    assert sorted((part.raw or b"") if part else b"" for part in kept) == sorted(
        one.value[:4096] if len(one.value) > 262_144 else one.value for one in records
    )
    assert BSN in [part.key for part in kept if part]


async def test_without_a_key_nothing_is_kept_in_clear_and_everything_else_goes_on(
    fresh, kafka, tmp_path
):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("DELETE FROM quarantine_keys")
    system = a_practice_system(REGION)
    records = refused_for(system)

    async with refusing(fresh, kafka, tmp_path, only_early(system), records):
        seen = await read_everything(fresh, "owner")
        door = await fresh.open("acceptor")
        kept = await rows(
            door, "SELECT length, value_digest, off IS NULL, sealed, whole FROM quarantine"
        )

        async def is_told() -> bool:
            return "no_quarantine_key" in str(
                await rows(
                    door, "SELECT state -> 'alarms' FROM heartbeats WHERE process = 'intake'"
                )
            )

        await until(is_told)

    await owner.close()
    assert (NAME in seen, BSN in seen) == (False, False)
    wanted = [(len(one.value), hashlib.sha256(one.value).digest(), False, None, False) for one in records]  # fmt: skip
    assert sorted(kept) == sorted(wanted)


async def test_what_a_version_before_wrote_in_clear_is_sealed_by_the_intake_and_offered_as_it_came(
    fresh, kafka, tmp_path
):
    system = a_practice_system(REGION)
    early = a_record(a_patient("early"), "early", REGION, system)
    owner = await asyncpg.connect(fresh.dsn("owner"))
    headers = json.dumps({name: value.decode() for name, value in early.headers.items()})
    await owner.execute(
        """
        INSERT INTO quarantine (at, topic, part, off, key, headers, raw, reason, fields, sender)
        VALUES (now(), $1, 5, 1000, $2, $3, $4, 'source_not_allowed', '{source}', 'practice')
        """,
        system.topic,
        BSN,
        headers,
        naming(early.value),
    )
    assert NAME in await read_everything(fresh, "owner")
    await connect(fresh.settings(kafka), [system])

    async with children(environment(fresh, kafka), tmp_path, "intake"):

        async def is_sealed() -> bool:
            return NAME not in await read_everything(fresh, "owner")

        await until(is_sealed)

    seen = await read_everything(fresh, "owner")
    assert (NAME in seen, BSN in seen) == (False, False)
    _, said = await typed(fresh, "quarantine", "offer", "--all")
    assert said.startswith("1 accepted, 0 rejected again, 0 not open"), said
    assert await owner.fetchval("SELECT id FROM ledger") == "early"
    await owner.close()
