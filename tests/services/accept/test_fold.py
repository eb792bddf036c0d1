"""The state is a fold of the ledger: neither the cut into batches nor the order between types matters."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from events.catalogue import CATALOGUE, ENTRIES, SYSTEM, TYPE_OF
from events.identifiers import NATIONAL, Payload
from events.moments import OWN_MOMENT
from events.teams import StopGrouped, StopMoved, StopPinned, StopReleased
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.database import Database
from infra.postgres.state import STATE_TABLES, hash_tables
from services.accept.apply import apply_facts
from services.accept.derive import apply_without_deriving
from tests.builders import OTHER_REGION, REGION
from tests.effort import examples
from tests.facts import NOW
from tests.services.accept.history import BOOKINGS, FACTS, PLANS

pytestmark = pytest.mark.postgres
ALL = list(HealthCheck)
SOME = examples(short=20, long=60, suppress_health_check=ALL, derandomize=True)
REGIONS = (REGION, OTHER_REGION, NATIONAL)
Rows = Sequence[Numbered[Payload]]


WITHOUT_NUMBERS = """
SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t)) WHERE key <> 'seq' AND key NOT LIKE '%\\_seq')::text AS said
FROM {} AS t
"""


class Undone(Exception):
    """Ends a transaction of which nothing may stay."""


@pytest.fixture
async def owner(fresh) -> Database:
    return await fresh.open("owner", 1)


def numbered(payloads: Sequence[Payload], seed: int | None = None) -> list[Numbered[Payload]]:
    """The payloads with their numbers, in this order; with a seed their moments are in another order than they are."""
    random = Random(seed)
    return [
        Numbered(
            REGION,
            seq,
            payload,
            NOW + timedelta(days=2, seconds=seq),
            "urn:test",
            f"e{seq}",
            None if seed is None else NOW + timedelta(hours=random.randrange(24)),
        )
        for seq, payload in enumerate(payloads, 1)
    ]


async def state_after(owner: Database, batches: Sequence[Rows]) -> dict[str, str]:
    """The hashes of the state after these batches; the database is empty before and after."""
    hashes: dict[str, str] = {}
    try:
        async with owner.transaction() as tx:
            for batch in batches:
                for row in await apply_facts(tx, batch):
                    await apply_without_deriving(tx, row)
            hashes = await hash_tables(tx, "public")
            raise Undone
    except Undone:
        return hashes


def cut(rows: Rows, at: Sequence[int]) -> list[Rows]:
    """The rows in batches that end at these places."""
    places = [0, *sorted(place % (len(rows) + 1) for place in at), len(rows)]
    return [rows[begin:end] for begin, end in pairwise(places) if end > begin]


def one_by_one(rows: Rows) -> list[Rows]:
    return [[row] for row in rows]


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [name for name in STATE_TABLES if one[name] != other[name]]


def test_the_history_has_every_type_that_is_applied():
    missing = {entry.payload for entry in ENTRIES} - {type(p) for p in (*FACTS, *BOOKINGS, *PLANS)}

    assert {kind.__name__ for kind in missing} == {"PlanApproved"}


@SOME
@given(seed=st.integers(0, 2**32), at=st.lists(st.integers(0, 1000), max_size=8))
async def test_the_cut_into_batches_does_not_matter(owner, seed, at):
    history = [*FACTS, *BOOKINGS, *PLANS]
    Random(seed).shuffle(history)
    rows = numbered(history, seed)

    assert (
        differing(
            await state_after(owner, cut(rows, at)), await state_after(owner, one_by_one(rows))
        )
        == []
    )


@examples(short=50, long=150, suppress_health_check=ALL, derandomize=True)
@given(
    history=st.lists(st.sampled_from(BOOKINGS), min_size=2, max_size=9),
    at=st.lists(st.integers(0, 1000), max_size=3),
)
async def test_the_cut_into_batches_does_not_matter_for_bookings(owner, history, at):
    rows = numbered(history)

    assert (
        differing(
            await state_after(owner, cut(rows, at)), await state_after(owner, one_by_one(rows))
        )
        == []
    )


@SOME
@given(seed=st.integers(0, 2**32), at=st.lists(st.integers(0, 1000), max_size=8))
async def test_numbered_facts_may_be_applied_in_any_order(owner, seed, at):
    rows = numbered(FACTS, seed)
    shuffled = list(rows)
    Random(seed).shuffle(shuffled)

    assert (
        differing(await state_after(owner, cut(shuffled, at)), await state_after(owner, [rows]))
        == []
    )


def numbered_by_region(payloads: Sequence[Payload], seed: int) -> dict[str, Rows]:
    """Each fact in one of three regions, said in each; few moments, so that many facts have the same."""
    random, found = Random(seed), defaultdict[str, list[Numbered[Payload]]](list)
    for n, payload in enumerate(payloads):
        for region in random.sample(REGIONS, random.randint(1, 3)):
            rows = found[region]
            rows.append(
                Numbered(
                    region,
                    len(rows) + 1,
                    payload,
                    NOW + timedelta(days=2, seconds=random.randrange(3)),
                    "urn:test",
                    f"e{n} {region}",
                    NOW + timedelta(hours=random.randrange(4)),
                )
            )
    return dict(found)


@SOME
@given(
    seed=st.integers(0, 2**32),
    order=st.permutations(REGIONS),
    at=st.lists(st.integers(0, 1000), max_size=4),
)
async def test_whatever_region_is_read_first_the_state_is_the_same(owner, seed, order, at):
    history = [*FACTS]
    Random(seed).shuffle(history)
    regions = numbered_by_region(history, seed)
    one_after_the_other = [row for region in sorted(regions) for row in regions[region]]
    otherwise = [row for region in order for row in regions.get(region, ())]

    assert (
        differing(
            await state_after(owner, [one_after_the_other]),
            await state_after(owner, cut(otherwise, at)),
        )
        == []
    )


async def meaning_after(owner: Database, rows: Rows) -> dict[str, list[str]]:
    """The rows of the state after these facts, by table, without the numbers of the facts that made them."""
    found: dict[str, list[str]] = {}
    try:
        async with owner.transaction() as tx:
            await apply_facts(tx, rows)
            for table in STATE_TABLES:
                lines = await tx.fetch(WITHOUT_NUMBERS.format(table))
                found[table] = sorted(line["said"] for line in lines)
            raise Undone
    except Undone:
        return found


def by_its_moment(payload: Payload) -> bool:
    """False for pins and groups, and for what this system says: these go by number."""
    is_ours = CATALOGUE[TYPE_OF[type(payload)]].senders == SYSTEM
    of_planners = StopGrouped | StopMoved | StopPinned | StopReleased
    return not is_ours and not isinstance(payload, of_planners)


def at_moment(payload: Payload, moment: datetime) -> Payload:
    """The same fact at another moment, where it has one of its own."""
    own = OWN_MOMENT.get(type(payload))
    return payload.model_copy(update={own: moment}) if own else payload


@SOME
@given(seed=st.integers(0, 2**32))
async def test_of_facts_with_moments_the_order_of_arrival_changes_nothing(owner, seed):
    random = Random(seed)
    moments = random.sample(range(len(FACTS)), len(FACTS))  # no two have the same
    said = [
        (n, at_moment(one, moment), moment)
        for n, one in enumerate(FACTS)
        if by_its_moment(one)
        for moment in (NOW + timedelta(minutes=moments[n]),)
    ]

    def arrived() -> Rows:
        """In another order each time, accepted long after."""
        random.shuffle(said)
        return [
            Numbered(REGION, seq, one, NOW + timedelta(days=2), "urn:test", f"e{n}", moment)
            for seq, (n, one, moment) in enumerate(said, 1)
        ]

    first, second = await meaning_after(owner, arrived()), await meaning_after(owner, arrived())

    assert [table for table in STATE_TABLES if first[table] != second[table]] == []


async def test_the_hash_of_a_table_tells_other_content(owner):
    without_one = [row for row in numbered(FACTS) if row.seq != len(FACTS)]

    changed = differing(
        await state_after(owner, [numbered(FACTS)]), await state_after(owner, [without_one])
    )

    assert changed == ["progress"]
