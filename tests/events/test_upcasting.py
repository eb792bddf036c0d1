import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import CATALOGUE, ENTRIES, FORMER_ENTRIES, NEWEST, TYPE_OF, Entry
from events.codec import build_event, decode, read_ledger, to_event
from events.envelope import Record, Sender
from events.identifiers import Payload
from events.upcasting import FORMER, Former, to_former, to_newest, to_written
from services.accept.rebuild import compare
from tests.builders import REGION, say, systems
from tests.events.anything import payloads
from tests.events.modes import QUICK, in_binary_mode, in_structured_mode
from tests.facts import NOW, an_order

every_former = pytest.mark.parametrize("former", FORMER, ids=lambda former: former.name)


def as_sent(said: Payload, event_id: str = "e-1") -> Record:
    """A record of exactly this version, as a system of that version sends it."""
    system = systems()[Sender.HAP]
    return in_structured_mode(build_event(event_id, system.sources[0] + "x", NOW, REGION, said))


@every_former
def test_a_former_version_is_followed_by_the_next(former: Former):
    name, _, version = former.name.rpartition(".v")

    assert former.newer_name == f"{name}.v{int(version) + 1}"
    assert TYPE_OF[former.newer] == former.newer_name
    assert TYPE_OF[former.payload] == former.name


@pytest.mark.parametrize("entry", FORMER_ENTRIES, ids=lambda entry: entry.name)
def test_a_former_version_may_be_sent_by_whoever_may_send_the_newest(entry: Entry):
    newest = max(
        (one for one in ENTRIES if one.name.rpartition(".v")[0] == entry.name.rpartition(".v")[0]),
        key=lambda one: one.name,
    )

    assert entry.name not in NEWEST
    assert (entry.senders, entry.region_from) == (newest.senders, newest.region_from)
    assert (entry.outward, entry.derives) == (newest.outward, newest.derives)


@every_former
@QUICK
@given(data=st.data())
def test_what_was_said_in_a_former_version_is_kept_as_it_was_said(former: Former, data):
    said = data.draw(payloads(former.payload))
    record = as_sent(said)

    event = decode(record)

    assert event.envelope.type == former.name
    assert json.loads(event.body) == json.loads(record.value or b"")["data"]
    assert type(event.payload) is former.newer
    assert event.payload == to_newest(said) == read_ledger(former.name, event.body)


@every_former
@QUICK
@given(data=st.data())
def test_both_modes_read_a_former_version_alike(former: Former, data):
    event = decode(as_sent(data.draw(payloads(former.payload))))

    assert decode(in_binary_mode(event, systems()[Sender.HAP])) == event


@every_former
@QUICK
@given(data=st.data())
def test_up_and_down_again_is_what_was_said(former: Former, data):
    said = data.draw(payloads(former.payload))

    assert to_former(to_newest(said)) == [said]


@every_former
@QUICK
@given(data=st.data())
def test_what_the_version_before_is_told_says_all_that_the_newest_says(former: Former, data):
    newest = data.draw(payloads(former.newer))

    told = to_former(newest)

    assert all(type(one) is former.payload for one in told)
    assert to_state([to_newest(one) for one in told]) == to_state([newest])


def to_state(orders: list[Payload]) -> set[tuple[object, ...]]:
    """What the orders come to: the rows that state keeps of them."""
    return {
        (one.organisation_id, product, one.ordered_by, one.valid_from, one.valid_until)
        for one in orders
        for product in one.product_ids
    }


def test_this_release_writes_what_the_release_before_reads():
    event = to_event("e-1", "urn:x", NOW, REGION, an_order("moderna"))

    assert event.envelope.type == "order.given.v1"
    assert json.loads(event.body)["product_id"] == "moderna"
    assert event.payload == an_order("moderna")


def test_what_only_the_new_version_can_say_is_said_in_it():
    both = an_order(product_ids=frozenset({"moderna", "pfizer"}))

    event = to_event("e-1", "urn:x", NOW, REGION, both)

    assert to_written(both) is both
    assert event.envelope.type == "order.given.v2"


def test_the_catalogue_knows_newest_and_former_versions():
    assert set(CATALOGUE) == {entry.name for entry in (*ENTRIES, *FORMER_ENTRIES)}
    assert {"order.given.v1", "order.given.v2"} <= set(CATALOGUE)


# --- through the door ---


async def orders_of(database) -> list[tuple[object, ...]]:
    async with database.transaction() as tx:
        rows = await tx.fetch("SELECT organisation, product, valid FROM orders ORDER BY product")
    return [tuple(row) for row in rows]


async def test_the_old_and_the_new_way_of_saying_give_the_same_state(fresh):
    both = an_order(product_ids=frozenset({"moderna", "pfizer"}))
    database = await fresh.open("acceptor")
    told = [as_sent(one, f"old-{n}") for n, one in enumerate(to_former(both))]

    outcomes = await say(database, *told)
    old = await orders_of(database)
    async with database.transaction() as tx:
        kept = await tx.fetch("SELECT type, body FROM ledger ORDER BY seq")

    assert [outcome.status.value for outcome in outcomes] == ["accepted", "accepted"]
    assert {row["type"] for row in kept} == {"order.given.v1"}
    assert all("product_id" in json.loads(row["body"]) for row in kept)
    await say(database, as_sent(both, "new"))
    assert await orders_of(database) == sorted(old * 2, key=lambda row: str(row[1]))


async def test_a_rebuild_folds_lines_of_a_former_version_to_the_same_state(fresh):
    both = an_order(product_ids=frozenset({"moderna", "pfizer"}))
    database = await fresh.open("acceptor")
    await say(database, *(as_sent(one, f"old-{n}") for n, one in enumerate(to_former(both))))
    await say(database, as_sent(both, "new"), an_order("pfizer"))

    differing = await compare(fresh.dsn("owner"))

    assert differing == []


async def test_what_was_accepted_before_the_version_changed_is_still_known(fresh):
    database = await fresh.open("acceptor")
    record = as_sent(to_former(an_order())[0])

    outcomes = [*await say(database, record), *await say(database, record)]

    assert [outcome.status.value for outcome in outcomes] == ["accepted", "duplicate"]
