"""A known sender under the URN of its organisation: the same id is the same event, whichever source it came under."""

from dataclasses import replace

import pytest

from events.envelope import Record, Sender, System
from events.errors import Refusal
from infra.errors import NotConfigured
from infra.postgres.aliases import keep_alias, read_aliases
from infra.postgres.database import Database
from infra.postgres.systems import connect_systems, read_systems
from services.accept.offering import offer_all
from services.accept.submission import Outcome, Status
from services.commands.connecting import connect, tie_alias
from tests.builders import REGION, a_record, changed, say
from tests.conftest import Fresh
from tests.facts import NOW, a_patient
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres

URN = "urn:nld:oin:00000001823288444000:systeem:his"
KNOWN = "urn:nld:prikploeg:practice:test"
OTHER = "urn:nld:prikploeg:practice:other"
TOPIC = "in.practice.his.v1"
HIS = System(TOPIC, Sender.PRACTICE, ("urn:nld:prikploeg:practice:",), frozenset({REGION}))


async def tie(door: Database, alias: str = URN, source: str = KNOWN) -> None:
    async with door.transaction() as tx:
        await keep_alias(tx, alias, source, NOW)


async def system_now(door: Database) -> System:
    """The system as intake reads it at its start."""
    async with door.transaction() as tx:
        await connect_systems(tx, [HIS], 1)
        return (await read_systems(tx))[TOPIC]


def registered(name: str, event_id: str, source: str, system: System) -> Record:
    return replace(changed(a_record(a_patient(name), event_id), source=source), system=system)


async def test_a_resend_under_the_alias_is_a_duplicate_and_the_other_way_round(fresh: Fresh):
    door = await fresh.open("acceptor")
    await tie(door)
    system = await system_now(door)
    await say(door, registered("p1", "e-1", KNOWN, system), registered("p2", "e-2", URN, system))

    again = await say(
        door, registered("p1", "e-1", URN, system), registered("p2", "e-2", KNOWN, system)
    )

    assert again == [Outcome(Status.DUPLICATE, REGION, 1), Outcome(Status.DUPLICATE, REGION, 2)]
    assert await rows(door, "SELECT DISTINCT source FROM ledger") == [(KNOWN,)]


async def test_a_copy_under_the_alias_in_the_same_batch_is_a_duplicate(fresh: Fresh):
    door = await fresh.open("acceptor")
    await tie(door)
    system = await system_now(door)

    outcomes = await say(
        door, registered("p1", "e-1", URN, system), registered("p1", "e-1", KNOWN, system)
    )

    assert [outcome.status for outcome in outcomes] == [Status.ACCEPTED, Status.DUPLICATE]


async def test_another_body_under_the_alias_is_a_reused_id(fresh: Fresh):
    door = await fresh.open("acceptor")
    await tie(door)
    system = await system_now(door)
    await say(door, registered("p1", "e-1", KNOWN, system))

    (answer,) = await say(door, registered("p2", "e-1", URN, system))

    assert (answer.status, answer.reason) == (Status.REJECTED, Refusal.ID_REUSED)


async def test_what_came_before_the_alias_was_known_is_accepted_when_it_is_offered_again(
    fresh: Fresh,
):
    door = await fresh.open("acceptor")
    before = await system_now(door)
    early = replace(registered("p1", "e-1", URN, before), topic=TOPIC, partition=0, offset=1)
    by_https = registered("p2", "e-2", URN, replace(HIS, topic="https", sources=(KNOWN,)))
    refused = await say(door, early, by_https)
    await tie(door)

    offered = await offer_all(
        door, fresh.keys().for_quarantine(), TOPIC, None, offered_by="test", now=NOW
    )

    assert {outcome.reason for outcome in refused} == {Refusal.SOURCE_NOT_ALLOWED}
    assert (offered.accepted, offered.refused) == (1, 0)
    assert await rows(door, "SELECT source, id FROM ledger") == [(KNOWN, "e-1")]


# --- what an alias may not be ---


async def test_the_urn_of_events_that_are_kept_under_it_stays_a_source_of_its_own(fresh: Fresh):
    door = await fresh.open("acceptor")
    own = replace(HIS, sources=(URN,))
    await say(door, registered("p1", "e-1", URN, own))

    with pytest.raises(NotConfigured, match="kept under this URN"):
        await tie(door)


async def test_an_alias_is_never_tied_to_another_source(fresh: Fresh):
    door = await fresh.open("acceptor")
    await tie(door)
    await tie(door)

    with pytest.raises(NotConfigured, match="stays so"):
        await tie(door, source=OTHER)

    async with door.transaction() as tx:
        assert await read_aliases(tx) == {URN: KNOWN}


@pytest.mark.parametrize(("alias", "source"), [(f"{URN}2", URN), (KNOWN, OTHER)])
async def test_an_alias_of_an_alias_is_refused(fresh: Fresh, alias: str, source: str):
    door = await fresh.open("acceptor")
    await tie(door)

    with pytest.raises(NotConfigured, match="not of another alias"):
        await tie(door, alias, source)


async def test_a_urn_that_a_system_may_use_as_its_own_is_no_alias_and_the_other_way_round(
    fresh: Fresh,
):
    door = await fresh.open("acceptor")
    own = System("in.practice.new.v1", Sender.PRACTICE, (URN[:32],), frozenset({REGION}))
    async with door.transaction() as tx:
        await connect_systems(tx, [own], 1)

    with pytest.raises(NotConfigured, match="a connected system"):
        await tie(door)

    async with door.transaction() as tx:
        await connect_systems(tx, [replace(own, sources=("urn:x:",))], 1)
    await tie(door)
    with pytest.raises(NotConfigured, match="covers an alias"):
        async with door.transaction() as tx:
            await connect_systems(tx, [own], 1)


@pytest.mark.parametrize("statement", ["UPDATE source_aliases SET source = 'x'", "DELETE FROM source_aliases"])  # fmt: skip
async def test_no_process_may_change_or_remove_an_alias(fresh: Fresh, statement: str):
    door = await fresh.open("acceptor")

    with pytest.raises(Exception, match="permission denied"):
        async with door.transaction() as tx:
            await tx.execute(statement)


# --- the commands ---


async def test_the_command_ties_an_alias_and_takes_only_urns_of_organisations(fresh: Fresh, kafka):
    settings = fresh.settings(kafka)
    await tie_alias(settings, URN, KNOWN)

    with pytest.raises(NotConfigured, match="begins with"):
        await tie_alias(settings, "urn:nld:prikploeg:hap:x", KNOWN)
    with pytest.raises(ValueError, match="20 digits"):
        await tie_alias(settings, "urn:nld:oin:12", KNOWN)

    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        assert await read_aliases(tx) == {URN: KNOWN}


async def test_a_system_is_not_connected_under_half_a_number(fresh: Fresh, kafka):
    half = replace(HIS, sources=("urn:nld:kvknr:0922",))

    with pytest.raises(ValueError, match="8"):
        await connect(fresh.settings(kafka), [half])
