"""What stock comes to, whatever was said twice, corrected or counted, and in whatever order it came in."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from events.corrections import FactRef
from events.envelope import Record
from events.identifiers import Payload
from events.leftovers import ContainerCorrected
from events.supply import LotQuarantined, LotReleased, StockMoved
from events.visits import WasteCorrected, WasteReason
from services.accept.rebuild import compare
from tests.builders import a_record, changed, say
from tests.facts import (
    NOW,
    a_container,
    a_delivery,
    a_dose,
    a_promise,
    a_settlement,
    a_stock_count,
    a_taking,
    a_waste,
    an_announcement,
    an_offer,
    uid,
)
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
HOUR = timedelta(hours=1)
LATER = NOW + 12 * HOUR  # when everything below is accepted
STOCK = "SELECT lot, sum(doses)::int FROM stock_now WHERE depot = $1 GROUP BY lot ORDER BY lot"
COUNTS = "SELECT counted, booked, settled FROM counts_now ORDER BY at, seq"


def at(hours: int, payload: Payload, event_id: str | None = None) -> Record:
    """The fact as it was so many hours after NOW, by the envelope."""
    return changed(a_record(payload, event_id), time=(NOW + hours * HOUR).isoformat())


def ref(record: Record) -> FactRef:
    """What identifies the event of a record."""
    whole = json.loads(record.value or b"")
    return FactRef(source=whole["source"], id=whole["id"])


def corrected(first: Record, doses: int, **changes: Any) -> WasteCorrected:
    """The waste of that record was really this."""
    of = ref(first)
    facts = a_waste(doses).model_dump() | {"of_source": of.source, "of_id": of.id, "why": "verteld"}
    return WasteCorrected(**facts | changes)


async def stock_after(door, *records: Record | Payload) -> list[tuple[str, int]]:
    for record in records:
        await say(door, record, now=LATER)
    return await rows(door, STOCK, uid("post"))


# --- deliveries ---


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_later_statement_of_a_delivery_replaces_the_earlier_in_either_order(fresh, order):
    owner = await fresh.open("owner")
    said = (at(1, a_delivery(doses=500)), at(2, a_delivery(doses=50)))

    found = await stock_after(owner, *(said[n] for n in order))

    assert found == [("LOT1", 50)]
    assert await rows(owner, "SELECT count(*) FROM stock_movements") == [(2,)]


async def test_what_differs_in_lot_depot_or_delivery_is_another_delivery(fresh):
    owner = await fresh.open("owner")

    found = await stock_after(
        owner,
        a_delivery(doses=10),
        a_delivery(doses=20, lot="LOT2"),
        a_delivery("second", doses=40),
        a_delivery(doses=80, depot_id=uid("other post")),
    )

    assert found == [("LOT1", 50), ("LOT2", 20)]


async def test_of_statements_without_a_moment_the_last_one_holds(fresh):
    owner = await fresh.open("owner")
    undated = [changed(a_record(a_delivery(doses=n)), time=None) for n in (500, 50)]

    assert await stock_after(owner, *undated) == [("LOT1", 50)]


async def test_a_delivery_is_confirmed_by_what_the_ggd_said_last(fresh):
    owner = await fresh.open("owner")
    coming = "SELECT doses, expected_on, is_confirmed FROM deliveries_to_come"

    await say(owner, at(1, an_announcement()), now=LATER)
    assert [row[2] for row in await rows(owner, coming)] == [False]
    await say(owner, at(2, a_promise(doses=60)), now=LATER)
    assert [(row[0], row[2]) for row in await rows(owner, coming)] == [(60, True)]
    await say(owner, at(3, an_announcement(doses=60)), now=LATER)
    assert [(row[0], row[2]) for row in await rows(owner, coming)] == [(60, True)]
    await say(owner, at(4, an_announcement(doses=90)), now=LATER)
    assert [(row[0], row[2]) for row in await rows(owner, coming)] == [(90, False)]
    await say(owner, a_delivery("coming"), now=LATER)
    assert await rows(owner, coming) == []


# --- corrections ---


async def test_corrected_waste_counts_as_corrected_whichever_comes_first(fresh):
    first = a_record(a_waste(5, reason=WasteReason.BROKEN))
    right = a_record(corrected(first, 3, reason=WasteReason.EXPIRED, lot="LOT2"))
    for order in permutations((first, right)):
        owner = await fresh.open("owner")
        async with owner.transaction() as tx:
            await tx.execute(
                "TRUNCATE seen, ledger, region_seq, stock_movements, waste_corrections"
            )

        found = await stock_after(owner, *order)

        assert found == [("LOT2", -3)]
        wasted = "SELECT reason, doses FROM stock_now WHERE kind = 'wasted'"
        assert await rows(owner, wasted) == [("expired", -3)]
        assert await rows(owner, "SELECT lot, doses FROM stock_movements") == [("LOT1", -5)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_correction_can_be_corrected_and_the_newest_holds(fresh, order):
    owner = await fresh.open("owner")
    first = a_record(a_waste(5))
    second = at(2, corrected(first, 3))
    third = at(3, corrected(second, 4))
    said = (first, second, third)

    assert await stock_after(owner, *(said[n] for n in order)) == [("LOT1", -4)]


async def test_corrections_that_name_each_other_or_nothing_change_nothing(fresh):
    owner = await fresh.open("owner")
    waste = a_record(a_waste(5))
    one, two = a_record(a_waste(1), "one"), a_record(a_waste(1), "two")
    circle = [a_record(corrected(two, 9), "one"), a_record(corrected(one, 8), "two")]
    nowhere = a_record(corrected(a_record(a_waste(1), "never-said"), 7))

    assert await stock_after(owner, waste, *circle, nowhere) == [("LOT1", -5)]


async def test_a_corrected_container_and_its_leftovers_have_the_right_lot(fresh):
    first = a_record(a_container(doses=11))
    of = ref(first)
    facts = a_container(doses=10, lot="LOT2").model_dump()
    right = ContainerCorrected(**facts, of_source=of.source, of_id=of.id, why="verkeerd gelezen")
    offer = an_offer(container_id=uid("container"))
    owner = await fresh.open("owner")

    for said in (right, offer, a_taking(), first):
        await say(owner, said, now=LATER + 24 * HOUR)

    assert await rows(owner, "SELECT lot, doses FROM containers_now") == [("LOT2", 10)]
    assert await rows(owner, "SELECT lot, doses FROM leftovers_now") == [("LOT2", 2)]
    assert await rows(owner, "SELECT lot, doses FROM containers") == [("LOT1", 11)]


# --- said twice ---


async def test_waste_a_move_and_a_taking_that_are_said_again_count_once(fresh):
    owner = await fresh.open("owner")
    move = StockMoved(product_id="moderna", lot="LOT1", from_depot_id=uid("post"), doses=7)
    said = [
        a_waste(5),
        a_waste(5),
        a_waste(5, reason=WasteReason.EXPIRED),
        at(1, move),
        at(1, move),
    ]

    assert await stock_after(owner, *said) == [("LOT1", -17)]

    for fact in (an_offer(), a_taking(), a_taking(), a_taking(person_id=uid("p1"))):
        await say(owner, fact, now=LATER)
    assert await rows(owner, "SELECT doses FROM leftovers_now") == [(1,)]


async def test_undated_moves_of_equal_content_are_two_moves(fresh):
    owner = await fresh.open("owner")
    move = StockMoved(product_id="moderna", lot="LOT1", from_depot_id=uid("post"), doses=7)

    assert await stock_after(owner, move, move) == [("LOT1", -14)]


async def test_a_correction_of_the_second_telling_corrects_both(fresh):
    owner = await fresh.open("owner")
    first, again = a_record(a_waste(5)), a_record(a_waste(5))

    assert await stock_after(owner, first, again, corrected(again, 2)) == [("LOT1", -2)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_lot_is_in_quarantine_by_what_was_so_last(fresh, order):
    owner = await fresh.open("owner")
    lot = {"product_id": "moderna", "lot": "LOT1"}
    said = at(1, LotReleased(**lot)), at(2, LotQuarantined(**lot))

    for n in order:
        await say(owner, said[n], now=LATER)

    found = await rows(owner, "SELECT lot, since FROM quarantined_lots")
    assert found == [("LOT1", NOW + 2 * HOUR)]


# --- counts ---


async def test_a_count_is_compared_with_the_books_of_its_moment(fresh):
    owner = await fresh.open("owner")
    counted = a_record(a_stock_count(190, counted_at=NOW + 3 * HOUR))

    await stock_after(owner, at(1, a_delivery()), counted, a_dose(given_at=NOW + 4 * HOUR))
    assert await rows(owner, COUNTS) == [(190, 200, False)]

    await say(owner, a_waste(10, wasted_at=NOW + 2 * HOUR), now=LATER)
    assert await rows(owner, COUNTS) == [(190, 190, False)]


async def test_a_settled_count_is_the_stock_and_later_movements_go_on_from_there(fresh):
    owner = await fresh.open("owner")
    first = a_record(a_stock_count(190, counted_at=NOW + 3 * HOUR))
    second = a_record(a_stock_count(180, counted_at=NOW + 3 * HOUR + timedelta(minutes=5)))
    await stock_after(owner, at(1, a_delivery()), first, second)
    assert await rows(owner, COUNTS) == [(190, 200, False), (180, 200, False)]

    settled = a_settlement(185, ref(first), ref(second), adjusted_at=NOW + 5 * HOUR)
    assert await stock_after(owner, settled) == [("LOT1", 185)]
    assert {row[2] for row in await rows(owner, COUNTS)} == {True}

    after = [a_dose(given_at=NOW + 4 * HOUR), at(6, a_delivery("second", doses=100))]
    assert await stock_after(owner, *after) == [("LOT1", 284)]
    again = a_record(a_stock_count(284, counted_at=NOW + 7 * HOUR))
    await say(owner, again, now=LATER)
    assert (await rows(owner, COUNTS))[-1] == (284, 284, False)


async def test_what_was_there_before_a_settled_count_is_in_it_however_late_it_is_said(fresh):
    owner = await fresh.open("owner")
    count = a_record(a_stock_count(190, counted_at=NOW + 3 * HOUR))
    settled = a_settlement(190, ref(count), adjusted_at=NOW + 5 * HOUR)

    before = [at(1, a_delivery()), a_waste(4, wasted_at=NOW + 2 * HOUR)]

    assert await stock_after(owner, settled, count, *before) == [("LOT1", 190)]


async def test_several_settled_counts_follow_each_other_and_the_newest_decision_holds(fresh):
    owner = await fresh.open("owner")
    first = a_record(a_stock_count(190, counted_at=NOW + 2 * HOUR))
    second = a_record(a_stock_count(170, counted_at=NOW + 4 * HOUR))
    said = [
        at(1, a_delivery()),
        a_settlement(170, ref(second), adjusted_at=NOW + 6 * HOUR),
        a_settlement(190, ref(first), adjusted_at=NOW + 3 * HOUR),
        a_settlement(171, ref(second), adjusted_at=NOW + 7 * HOUR),
        first,
        second,
        a_dose(given_at=NOW + 3 * HOUR),
    ]

    assert await stock_after(owner, *said) == [("LOT1", 171)]
    assert await rows(owner, "SELECT count(*) FROM stock_adjustments") == [(3,)]


async def test_one_of_two_counts_settled_leaves_a_later_one_open(fresh):
    owner = await fresh.open("owner")
    first = a_record(a_stock_count(190, counted_at=NOW + 2 * HOUR))
    second = a_record(a_stock_count(180, counted_at=NOW + 3 * HOUR))

    await stock_after(owner, at(1, a_delivery()), first, second, a_settlement(190, ref(first)))

    assert await rows(owner, COUNTS) == [(190, 190, True), (180, 190, False)]


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_rebuild_gives_the_same_books(fresh, batch):
    owner = await fresh.open("owner")
    waste, count = a_record(a_waste(5)), a_record(a_stock_count(190))
    moved = StockMoved(
        product_id="moderna", lot="LOT1", from_depot_id=uid("post"), to_depot_id=uid("b"), doses=7
    )
    await stock_after(
        owner,
        corrected(waste, 3),
        a_settlement(190, ref(count)),
        at(2, a_delivery(doses=50)),
        at(1, a_delivery(doses=500)),
        a_promise(),
        count,
        waste,
        moved,
    )

    assert await compare(fresh.dsn("owner"), batch=batch) == []
