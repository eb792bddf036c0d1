"""Who publishes the quarantine's key, who can not, what is sealed when, and what a wrong key says."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from events.errors import Refusal, RejectedEvent
from infra.crypto import Keys, QuarantineKeys
from infra.errors import NotConfigured
from infra.postgres.acceptor import quarantine
from infra.settings import Settings, Vault
from services.accept.offering import Offered, offer_all
from services.commands.sealing import seal_quarantine
from services.commands.setup import migrate_all
from tests.builders import REGION, a_raw, a_record, say
from tests.conftest import Fresh
from tests.facts import NOW, a_patient
from tests.flow.processes import a_free_port, children, until
from tests.services.accept.looking import numbers, rows, values
from tests.services.accept.test_offering import connected, not_allowed, on_topic
from tests.services.commands.test_repairing import typed

pytestmark = pytest.mark.postgres
SECRET = b"Proefpersoon van Hermelijnen"


def with_keys(fresh: Fresh, **files: Path) -> Settings:
    return fresh.settings().model_copy(update={"vault": Vault(**files)})


@pytest.fixture
def other(tmp_path: Path) -> QuarantineKeys:
    """The key of another installation."""
    Keys.create(tmp_path / "other.key")
    return Keys.read(tmp_path / "other.key").for_quarantine()


async def as_owner(fresh: Fresh, *statements: str) -> None:
    owner = await asyncpg.connect(fresh.dsn("owner"))
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def write_in_clear(fresh: Fresh, count: int = 1) -> None:
    """As the version before did."""
    await as_owner(
        fresh,
        f"""
        INSERT INTO quarantine (at, topic, part, off, key, headers, raw, reason, fields, sender)
        SELECT now(), 'in.x.v1', 0, n, '{SECRET.decode()}', '{{"x": "y"}}', '{SECRET.decode()}', 'not_an_event', '{{value}}', 'hap'
        FROM generate_series(1, {count}) n
        """,
    )


@pytest.mark.parametrize("role", ["acceptor", "reader", "planner", "relay", "courier"])
async def test_who_takes_in_can_not_put_a_key_of_its_own(fresh: Fresh, role):
    database = await fresh.open(role)

    for statement in (
        "INSERT INTO quarantine_keys VALUES (9, decode(repeat('ab', 32), 'hex'), now())",
        "UPDATE quarantine_keys SET public = decode(repeat('ab', 32), 'hex')",
        "DELETE FROM quarantine_keys",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await rows(database, statement)


async def test_migrate_publishes_the_key_and_seals_what_lay_in_clear(fresh: Fresh):
    await as_owner(fresh, "DELETE FROM quarantine_keys")
    await write_in_clear(fresh, 250)

    said = await migrate_all(fresh.settings())
    again = await migrate_all(fresh.settings())

    assert said == [
        "published version 1 of the quarantine's key",
        "sealed 250 records of the quarantine that lay in clear",
    ]
    assert again == []
    door = await fresh.open("acceptor")
    found = "SELECT DISTINCT raw, key, headers::text, cut, whole FROM quarantine"
    assert await rows(door, found) == [(None, None, "{}", True, True)]
    assert set(await values(door, fresh.keys())) == {SECRET}


async def test_migrate_needs_the_public_half_only(fresh: Fresh, tmp_path: Path):
    await as_owner(fresh, "DELETE FROM quarantine_keys")
    (tmp_path / "half").write_text(fresh.keys().for_quarantine().write_public())
    door = await fresh.open("acceptor")

    await migrate_all(with_keys(fresh, quarantine_key_file=tmp_path / "half"))
    await say(door, on_topic(a_raw(SECRET), 1))

    assert await values(door, fresh.keys()) == [SECRET]


async def test_without_any_key_migrate_goes_on_and_says_who_publishes_one(fresh: Fresh):
    await as_owner(fresh, "DELETE FROM quarantine_keys")
    await write_in_clear(fresh)

    said = await migrate_all(with_keys(fresh))

    assert said == ["the quarantine has no key yet: web publishes it when it starts"]
    door = await fresh.open("acceptor")
    assert await rows(door, "SELECT raw FROM quarantine") == [(SECRET,)]


async def test_web_publishes_the_key_where_migrate_could_not(fresh: Fresh, tmp_path: Path):
    await as_owner(fresh, "DELETE FROM quarantine_keys")
    door = await fresh.open("acceptor")
    settings = fresh.servers.environment() | {
        "DATABASE_URL": fresh.servers.database_url(fresh.name),
        "WEB_PORT": str(a_free_port()),
    }

    async def is_published() -> bool:
        return await rows(door, "SELECT public FROM quarantine_keys") == [
            (fresh.keys().for_quarantine().publics[1],)
        ]

    async with children(settings, tmp_path, "web"):
        await until(is_published)


async def test_a_key_that_is_not_the_published_one_is_named_and_publishes_nothing(
    fresh: Fresh, tmp_path: Path, other
):
    (tmp_path / "half").write_text(other.write_private())

    with pytest.raises(NotConfigured, match="version 1 of the quarantine's key"):
        await seal_quarantine(with_keys(fresh, quarantine_key_file=tmp_path / "half"))


async def test_what_another_key_would_open_stays_and_is_counted(fresh: Fresh, other):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())
    await connected(door)

    for keys in (other, None):
        done = await offer_all(door, keys, None, None, offered_by="somebody", now=NOW)
        assert done == Offered(closed=1)
    right = fresh.keys().for_quarantine()
    done = await offer_all(door, right, None, None, offered_by="somebody", now=NOW)

    assert done == Offered(accepted=1)
    assert await numbers(door, REGION) == [1]


async def test_the_command_says_that_its_key_does_not_fit(fresh: Fresh, tmp_path: Path, other):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())
    await connected(door)
    (tmp_path / "half").write_text(other.write_private())

    code, said = await typed(
        fresh, "quarantine", "offer", "--all", VAULT_MASTER_KEY_FILE="", VAULT_QUARANTINE_KEY_FILE=str(tmp_path / "half")
    )  # fmt: skip

    assert code == 1
    assert "0 accepted" in said
    assert "1 stay closed" in said


async def test_a_value_that_was_moved_to_another_line_does_not_open(fresh: Fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed("p1", 0), not_allowed("p2", 1))
    await connected(door)
    await as_owner(
        fresh,
        "UPDATE quarantine SET sealed = (SELECT sealed FROM quarantine WHERE number = 2) WHERE number = 1",
    )

    keys = fresh.keys().for_quarantine()
    done = await offer_all(door, keys, None, None, offered_by="somebody", now=NOW)

    assert done == Offered(accepted=1, closed=1)


async def test_a_published_key_that_is_none_keeps_nobody_waiting(fresh: Fresh):
    door = await fresh.open("acceptor")
    await as_owner(fresh, "UPDATE quarantine_keys SET public = decode(repeat('00', 32), 'hex')")

    await say(door, on_topic(a_raw(SECRET), 1), a_record(a_patient()))

    assert await rows(door, "SELECT sealed, length, off FROM quarantine") == [
        (None, len(SECRET), 1)
    ]
    assert await numbers(door, REGION) == [1]


async def test_many_records_are_sealed_beside_whatever_else_is_done(fresh: Fresh):
    door = await fresh.open("acceptor")
    records = [on_topic(a_raw(SECRET + b"%d" % n), n) for n in range(50)]
    error = RejectedEvent(Refusal.NOT_AN_EVENT, ("value",))
    async with door.transaction() as tx:
        await quarantine.put(tx, [(one, error) for one in records], NOW)

    assert await values(door, fresh.keys()) == [one.value for one in records]
    counted = (
        "SELECT sum(octet_length(sealed)), (SELECT sum(bytes) FROM quarantine_room) FROM quarantine"
    )
    ((sealed, room),) = await rows(door, counted)
    assert sealed == room


async def test_after_the_key_was_renewed_everything_is_sealed_with_the_new_version(
    fresh: Fresh, tmp_path: Path
):
    door = await fresh.open("acceptor")
    await say(door, *[not_allowed(f"p{n}", n) for n in range(120)])
    await connected(door)
    master = tmp_path / "master.key"
    await asyncio.to_thread(master.write_bytes, fresh.servers.folder.master_key.read_bytes())
    Keys.add_version(master)

    code, said = await typed(fresh, "quarantine", "reseal", VAULT_MASTER_KEY_FILE=str(master))
    _, again = await typed(fresh, "quarantine", "reseal", VAULT_MASTER_KEY_FILE=str(master))

    assert code == 0, said
    assert "published version 2" in said
    assert "sealed 120 records anew with version 2" in said
    assert "everything is sealed with the newest version" in again
    await say(door, not_allowed("p120", 120))
    assert await rows(door, "SELECT DISTINCT sealed_under FROM quarantine") == [(2,)]
    old = await offer_all(
        door, fresh.keys().for_quarantine(), None, None, offered_by="old", now=NOW
    )
    new = Keys.read(master).for_quarantine()
    done = await offer_all(door, new, None, None, offered_by="new", now=NOW)
    assert (old, done) == (Offered(closed=121), Offered(accepted=121))


async def test_sealing_anew_passes_by_what_it_can_not_open(fresh: Fresh, tmp_path: Path):
    door = await fresh.open("acceptor")
    await say(door, not_allowed("p1", 0), not_allowed("p2", 1))
    await as_owner(fresh, "UPDATE quarantine SET sealed = '?' WHERE number = 1")
    master = tmp_path / "master.key"
    master.write_bytes(fresh.servers.folder.master_key.read_bytes())
    Keys.add_version(master)

    said = await seal_quarantine(with_keys(fresh, master_key_file=master))

    assert said[1:] == [
        "sealed 1 records anew with version 2",
        "1 records can not be opened with this key and stay as they are",
    ]


async def test_for_the_version_before_a_sealed_record_is_one_that_is_not_kept_whole(fresh: Fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())

    # Its statement that finds what can be offered: it would offer a record without a value.
    assert await rows(door, "SELECT number FROM quarantine WHERE NOT cut") == []
