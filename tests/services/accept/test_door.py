import asyncio
from collections import Counter

import pytest

from events.envelope import Sender
from events.errors import Refusal
from events.identifiers import NATIONAL
from events.location import OutbreakDeclared
from infra.errors import RefusedByStore
from infra.postgres.systems import Gap
from services.accept.accept import _accept_batch, accept
from services.accept.submission import Outcome, Status, Submission
from tests.builders import (
    OTHER_REGION,
    PLANS,
    REGION,
    a_raw,
    a_record,
    changed,
    say,
    system_for,
    systems,
)
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_location,
    a_patient,
    an_assignment,
    an_organisation,
    uid,
)
from tests.services.accept.looking import numbers, rows, said, set_aside, unsealed

pytestmark = pytest.mark.postgres


async def test_an_event_gets_the_next_number_of_its_region(fresh):
    door = await fresh.open("acceptor")

    outcomes = await say(door, a_patient("p1"), a_campaign(), a_patient("p2"))

    assert outcomes == [
        Outcome(Status.ACCEPTED, REGION, 1),
        Outcome(Status.ACCEPTED, NATIONAL, 1),
        Outcome(Status.ACCEPTED, REGION, 2),
    ]


async def test_the_same_record_again_is_a_duplicate_with_its_old_number(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_patient())
    await say(door, record)

    (again,) = await say(door, record)

    assert again == Outcome(Status.DUPLICATE, REGION, 1)
    assert await numbers(door, REGION) == [1]


async def test_a_record_again_under_the_other_name_of_its_type_is_a_duplicate(fresh):
    door = await fresh.open("acceptor")
    short, full = a_record(a_patient(), "e-1"), a_record(a_patient("p2"), "e-2")
    full_first = changed(full, type="nl.prikploeg.patient.registered.v1")
    await say(door, short, full_first)

    again = await say(door, changed(short, type="nl.prikploeg.patient.registered.v1"), full)

    assert again == [Outcome(Status.DUPLICATE, REGION, 1), Outcome(Status.DUPLICATE, REGION, 2)]
    assert await rows(door, "SELECT DISTINCT type FROM ledger") == [("patient.registered.v1",)]


async def test_another_body_under_the_other_name_of_its_type_is_still_a_reused_id(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_record(a_patient(), "e-1"))
    other = changed(a_record(a_patient("p2"), "e-1"), type="nl.prikploeg.patient.registered.v1")

    (answer,) = await say(door, other)

    assert (answer.status, answer.reason) == (Status.REJECTED, Refusal.ID_REUSED)


async def test_a_copy_within_the_batch_is_a_duplicate_of_the_first(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_patient())

    outcomes = await say(door, record, a_patient("p2"), record, record)

    assert [outcome.status for outcome in outcomes] == ["accepted", "accepted", *2 * ["duplicate"]]
    assert [outcome.seq for outcome in outcomes] == [1, 2, 1, 1]
    assert await numbers(door, REGION) == [1, 2]


async def test_a_series_counts_a_copy_once(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_consent())

    await say(door, record, record)
    await say(door, record)

    assert await rows(door, "SELECT count(*) FROM consents") == [(1,)]


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_an_id_with_another_body_is_set_aside(fresh, in_one_batch):
    door = await fresh.open("acceptor")
    first, other = a_record(a_patient("p1"), "same"), a_record(a_patient("p2"), "same")

    if in_one_batch:
        _, outcome = await say(door, first, other)
    else:
        await say(door, first)
        (outcome,) = await say(door, other)

    assert outcome == Outcome(Status.REJECTED, reason=Refusal.ID_REUSED, fields=("id",))
    assert await set_aside(door) == [("id_reused", ["id"])]
    assert await numbers(door, REGION) == [1]


async def test_the_same_id_of_another_source_is_another_event(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_patient(), "same")
    source = "urn:nld:prikploeg:practice:another"

    outcomes = await say(door, record, changed(record, source=source))

    assert [outcome.status for outcome in outcomes] == ["accepted", "accepted"]


async def test_one_event_at_once_by_two_regions_is_stored_once(fresh):
    door = await fresh.open("acceptor", 8)
    here = [a_record(a_patient(f"p{n}"), f"same{n}") for n in range(40)]
    there = [a_record(a_patient(f"p{n}"), f"same{n}", OTHER_REGION) for n in range(40)]

    answers = await asyncio.gather(
        *(say(door, record) for pair in zip(here, there, strict=True) for record in pair)
    )

    found = Counter(outcome.status for (outcome,) in answers)
    assert found == {"accepted": 40, "duplicate": 40}
    assert await set_aside(door) == []


async def test_eight_writers_at_once_leave_no_gap_and_no_double_number(fresh):
    door = await fresh.open("acceptor", 8)

    async def write(writer: int) -> None:
        for n in range(25):
            region = REGION if n % 2 else OTHER_REGION
            await say(door, *(a_patient(f"p{writer}.{n}.{k}") for k in range(3)), region=region)

    await asyncio.gather(*(write(writer) for writer in range(8)))

    assert await numbers(door, REGION) == list(range(1, 8 * 12 * 3 + 1))
    assert await numbers(door, OTHER_REGION) == list(range(1, 8 * 13 * 3 + 1))
    assert await rows(door, "SELECT region, n FROM region_seq ORDER BY region") == [
        (OTHER_REGION, 312),
        (REGION, 288),
    ]


async def test_the_order_of_a_batch_is_the_order_of_the_numbers(fresh):
    door = await fresh.open("acceptor")
    names = [f"e{n:03}" for n in range(50)]

    await say(door, *(a_record(a_patient(name), name) for name in names))

    found = await rows(door, "SELECT id FROM ledger WHERE region = $1 ORDER BY seq", REGION)
    assert [name for (name,) in found] == names


async def test_of_two_facts_about_one_thing_the_later_holds(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_location(seats=4), a_location(seats=9), a_location(seats=6))

    assert await rows(door, "SELECT registered ->> 'seats' FROM locations") == [("6",)]


async def test_a_poisoned_record_is_set_aside_and_the_good_around_it_are_stored(fresh):
    door = await fresh.open("acceptor")

    outcomes = await say(
        door,
        a_patient("p1"),
        a_raw(b"not json"),
        changed(a_record(a_patient("p2")), type="patient.renamed.v1"),
        a_patient("p3"),
    )

    assert [outcome.status for outcome in outcomes] == [
        "accepted",
        "rejected",
        "rejected",
        "accepted",
    ]
    assert [outcome.seq for outcome in outcomes] == [1, None, None, 2]
    assert await set_aside(door) == [("not_an_event", ["value"]), ("unknown_type", ["type"])]


async def test_a_record_in_quarantine_is_kept_as_it_came(fresh):
    door = await fresh.open("acceptor")
    system = system_for(a_patient())
    record = a_raw(b"\x00\xff{", Sender.PRACTICE, header=b'nul \x00 and \\u0000 and "')

    await say(door, record)

    assert await rows(door, "SELECT topic, sender FROM quarantine") == [(system.topic, "practice")]
    found = [(part.raw, part.headers) for part in await unsealed(door, fresh.keys()) if part]
    assert found == [(b"\x00\xff{", '{"header": "nul ? and \\\\u0000 and \\""}')]


async def test_what_postgres_refuses_only_at_commit_is_alone_set_aside(fresh):
    door = await fresh.open("acceptor")
    overlapping = a_record(an_assignment("v2", ["x2"], 9), "overlapping", system=PLANS)
    good = [a_record(a_patient(f"p{n}")) for n in range(9)]

    outcomes = await say(
        door,
        *good[:4],
        a_record(an_assignment("v1", ["x1"], 9), system=PLANS),
        *good[4:6],
        overlapping,
        *good[6:],
    )

    statuses = [outcome.status for outcome in outcomes]
    assert statuses == ["accepted"] * 7 + ["rejected"] + ["accepted"] * 3
    assert await set_aside(door) == [("refused_by_store", ["team_in_one_place"])]
    assert await numbers(door, REGION) == list(range(1, 11))
    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v1"),)]


async def test_the_overlap_of_a_team_is_refused_at_commit_and_not_before(fresh):
    door = await fresh.open("acceptor")
    both = [
        Submission((a_record(an_assignment(name, [name]), system=PLANS),)) for name in ("v1", "v2")
    ]

    with pytest.raises(RefusedByStore, match="ExclusionViolation"):
        await _accept_batch(door, both, NOW)

    assert await numbers(door, REGION) == []


async def test_a_submission_with_one_bad_record_is_refused_whole(fresh):
    door = await fresh.open("acceptor")
    half_bad = Submission((a_record(a_patient("p1")), a_raw(b"?"), a_record(a_consent("p1"))))

    outcomes = await say(door, half_bad, a_patient("p2"))

    assert [outcome.status for outcome in outcomes] == ["rejected"] * 3 + ["accepted"]
    assert [kind for _, kind in await said(door, REGION)] == ["patient.registered.v1"]
    assert len(await set_aside(door)) == 3


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_a_submission_that_reuses_an_id_is_refused_whole(fresh, in_one_batch):
    door = await fresh.open("acceptor")
    first = a_record(a_patient("p1"), "same")
    half_bad = Submission((a_record(a_consent("p2")), a_record(a_patient("p2"), "same")))

    if in_one_batch:
        outcomes = (await say(door, first, half_bad))[1:]
    else:
        await say(door, first)
        outcomes = await say(door, half_bad)

    assert [outcome.reason for outcome in outcomes] == [Refusal.ID_REUSED] * 2
    assert [kind for _, kind in await said(door, REGION)] == ["patient.registered.v1"]


async def test_a_copy_of_an_event_in_a_submission_that_fell_is_taken_on_its_own(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_consent("p2"))
    await say(door, a_record(a_patient("p1"), "same"))

    outcomes = await say(
        door, Submission((record, a_record(a_patient("p2"), "same"))), Submission((record,))
    )

    assert [outcome.status for outcome in outcomes] == ["rejected", "rejected", "accepted"]


async def test_copies_within_a_submission_that_fell_are_refused_with_it(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_consent("p2"))
    await say(door, a_record(a_patient("p1"), "same"))

    outcomes = await say(door, Submission((record, record, a_record(a_patient("p2"), "same"))))

    assert [outcome.reason for outcome in outcomes] == [Refusal.ID_REUSED] * 3
    assert await numbers(door, REGION) == [1]


async def test_a_copy_within_a_submission_is_a_duplicate_of_the_first(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_consent("p1"))

    outcomes = await say(door, Submission((record, record)))

    assert outcomes == [Outcome(Status.ACCEPTED, REGION, 1), Outcome(Status.DUPLICATE, REGION, 1)]
    assert await set_aside(door) == []


async def test_a_submission_with_a_duplicate_stores_the_rest(fresh):
    door = await fresh.open("acceptor")
    known = a_record(a_patient("p1"))
    await say(door, known)

    outcomes = await say(door, Submission((known, a_record(a_consent("p1")))))

    assert [outcome.status for outcome in outcomes] == ["duplicate", "accepted"]


async def test_an_event_about_a_known_location_goes_to_the_region_of_that_location(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_location("wilg"), region=OTHER_REGION)

    here, unknown = await say(door, a_patient(), a_patient("p2", location_id=uid("nowhere")))

    assert (here.region, unknown.region) == (OTHER_REGION, REGION)


async def test_who_speaks_of_a_location_in_another_region_is_refused(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_location("wilg"), region=OTHER_REGION)

    (outcome,) = await say(door, OutbreakDeclared(location_id=uid("wilg")))

    assert (outcome.reason, outcome.fields) == (Refusal.REGION_NOT_ALLOWED, ("location_id",))
    assert await rows(door, "SELECT outbreak FROM locations") == [(None,)]


async def test_a_location_of_another_region_can_not_be_registered_again(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_location("wilg"), region=OTHER_REGION)

    (outcome,) = await say(door, a_location("wilg"))
    (patient,) = await say(door, a_patient())

    assert outcome.reason is Refusal.REGION_NOT_ALLOWED
    assert patient.region == OTHER_REGION


async def test_a_submission_falls_whole_on_a_location_of_another_region(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_location("wilg"), region=OTHER_REGION)
    place = systems()[Sender.INSTITUTION]
    both = Submission(
        (
            a_record(a_location("eik"), system=place),
            a_record(OutbreakDeclared(location_id=uid("wilg")), system=place),
        )
    )

    outcomes = await say(door, both)

    assert [outcome.reason for outcome in outcomes] == [Refusal.REGION_NOT_ALLOWED] * 2
    assert await numbers(door, REGION) == []


async def test_positions_and_gaps_are_stored_with_the_batch(fresh):
    door = await fresh.open("acceptor")
    gap = Gap("in.x.v1", 0, 3, 5)

    await accept(
        door,
        [Submission((a_record(a_patient()),))],
        NOW,
        offsets={("in.x.v1", 0): 6},
        gaps=[gap],
    )

    assert await rows(door, "SELECT topic, part, next_offset FROM kafka_positions") == [
        ("in.x.v1", 0, 6)
    ]
    assert await rows(door, "SELECT topic, part, expected, found FROM gaps") == [
        ("in.x.v1", 0, 3, 5)
    ]


async def test_a_position_never_goes_back(fresh):
    door = await fresh.open("acceptor")

    for offset in (7, 5):
        await accept(door, [], NOW, offsets={("in.x.v1", 0): offset})

    assert await rows(door, "SELECT next_offset FROM kafka_positions") == [(7,)]


async def test_a_fact_that_does_not_change_the_problem_is_not_noted_as_one(fresh):
    door = await fresh.open("acceptor")

    await say(door, an_organisation())
    await say(door, a_record(an_assignment(), system=PLANS))

    assert await rows(door, "SELECT region, seq FROM problem_changes") == [(REGION, 1)]
