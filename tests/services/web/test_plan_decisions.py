"""A planner takes a proposal, some of its lines, or an older version: checked whole, and the second hears who was first."""

import asyncio
from collections.abc import AsyncIterator

import jsonschema
import pytest

from events.organisations import PolicyChanged
from events.practice import ConsentStatus
from events.teams import ShiftWithdrawn
from infra.postgres.campaign_view import read_record
from scheduling.rules import check_added
from services.planner.record import from_record
from tests.builders import SmallRegion
from tests.conftest import Fresh
from tests.facts import a_consent, uid
from tests.services.web.desk import Desk, a_desk, newcomers, propose
from tests.services.web.test_api_described import build_schema

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(fresh: Fresh) -> AsyncIterator[Desk]:
    """Eight people at two locations in a published plan; from now on a person approves."""
    async with a_desk(fresh) as opened:
        await opened.plan(*SmallRegion().all())
        yield opened


async def find_broken(desk: Desk) -> list[str]:
    """Rules that a published plan of the region breaks, by its record."""
    async with desk.door.transaction() as tx:
        rows = await tx.fetch("SELECT hash FROM plans WHERE published_seq > 0")
        found = [from_record(*await read_record(tx, row["hash"])) for row in rows]
    return [row.rule for problem, plan in found for row in check_added(problem, plan)]


async def test_a_whole_proposal_is_approved_with_a_reason(desk: Desk):
    plan = await propose(desk)

    status, said = await desk.post(f"plans/{plan}/approve", {"reason": "goed zo"})

    assert (status, said["plan"]["state"]) == (200, "published")
    assert said["plan"]["decision"]["reason"] == "goed zo"
    assert {uid("n1"), uid("n2"), uid("n3")} <= set(await desk.stands())


async def test_only_the_lines_of_one_location_are_taken_and_the_rest_stays(desk: Desk):
    before = await desk.stands()
    plan = await propose(desk)

    status, said = await desk.post(f"plans/{plan}/approve", {"locations": [str(uid("eik"))]})

    assert (status, said["refused"]) == (200, [])
    assert (said["plan"]["made"], said["plan"]["made_of"]) == ("chosen", str(plan))
    after = await desk.stands()
    assert set(after) == {*before, uid("n3")}
    wilg = {uid(f"p{n}") for n in range(0, 8, 2)}
    assert {person: after[person] for person in wilg} == {person: before[person] for person in wilg}
    assert await find_broken(desk) == []
    assert {one["plan"]: one["state"] for one in await desk.versions()}[str(plan)] == "superseded"


async def test_who_was_left_out_by_choice_is_left_out_for_that_reason(desk: Desk):
    plan = await propose(desk)
    await desk.post(f"plans/{plan}/approve", {"locations": [str(uid("eik"))]})

    async with desk.door.transaction() as tx:
        reasons = await tx.fetchval(
            "SELECT reasons FROM plan_unassigned WHERE person = $1", uid("n1")
        )

    assert reasons == ["left_out"]


async def test_what_cannot_stand_alone_is_named_with_what_it_needs_and_nothing_is_stored(
    desk: Desk,
):
    """Two people more make the first visit longer: the second has to begin later, and that line is needed too."""
    before = await desk.stands()
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    (joins,) = [
        one["id"] for one in lines if (one["kind"], one["location"]) == ("new", str(uid("wilg")))
    ]
    (moves,) = [one["id"] for one in lines if one["kind"] == "moved"]

    status, said = await desk.post(f"plans/{plan}/approve", {"lines": [joins]})
    both, _ = await desk.post(f"plans/{plan}/approve", {"lines": [joins, moves]})

    assert status == 409
    assert said["refused"] == [{"line": joins, "rule": "shift_hours", "needs": [moves]}]
    assert "Dit kan niet alleen. Het past niet in de uren van de dienst." in said["text"]["nl"]
    assert "Neem dan ook over: De Eik (4 bewoners): op dinsdag" in said["text"]["nl"]
    assert both == 200
    assert set(await desk.stands()) == {*before, uid("n1"), uid("n2")}


async def test_lines_are_taken_by_name_and_nothing_chosen_is_refused(desk: Desk):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    eik = [one["id"] for one in lines if one["location"] == str(uid("eik"))]

    nothing, _ = await desk.post(f"plans/{plan}/approve", {"lines": []})
    status, _ = await desk.post(f"plans/{plan}/approve", {"lines": eik})

    assert (nothing, status) == (409, 200)
    assert uid("n3") in await desk.stands()
    assert uid("n1") not in await desk.stands()


async def test_a_line_that_is_not_there_any_more_is_said_and_nothing_is_stored(desk: Desk):
    plan = await propose(desk)
    before = await desk.versions()

    status, said = await desk.post(f"plans/{plan}/approve", {"lines": ["new:gone"]})

    assert (status, said["changed"]) == (409, ["new:gone"])
    assert said["text"]["nl"].startswith("1 regel is intussen anders geworden")
    assert await desk.versions() == before


async def test_a_proposal_stays_approvable_when_a_newer_one_comes(desk: Desk):
    older = await propose(desk)
    shown = await desk.get(f"plans/{older}/diff")
    await desk.plan(*newcomers("wilg", "n4"))
    newer, _, _ = await desk.versions()

    again = await desk.get(f"plans/{older}/diff")
    between = await desk.get(f"plans/{newer['plan']}/diff?against={older}")
    status, said = await desk.post(f"plans/{older}/approve")

    assert again == shown
    assert ("new", 1) in [(line["kind"], line["people"]) for line in between["lines"]]
    assert (status, said["plan"]["state"], said["plan"]["made_of"]) == (
        200,
        "published",
        str(older),
    )
    assert uid("n3") in await desk.stands()
    assert uid("n4") not in await desk.stands()
    assert await find_broken(desk) == []


async def test_a_fact_that_came_since_is_in_what_is_approved(desk: Desk):
    older = await propose(desk)
    await desk.plan(a_consent("n3", location_id=uid("eik"), status=ConsentStatus.WITHDRAWN))

    status, said = await desk.post(f"plans/{older}/approve")

    assert status == 409
    assert [row["rule"] for row in said["refused"]] == ["nobody_left"]
    assert "Dit kan niet alleen" in said["text"]["nl"]
    fitting, _ = await desk.post(
        f"plans/{older}/approve", {"only_what_stands": True, "lines": None}
    )
    assert fitting == 200
    assert uid("n1") in await desk.stands()
    assert uid("n3") not in await desk.stands()
    assert await find_broken(desk) == []


async def test_a_shift_that_was_withdrawn_since_takes_its_stops_whatever_is_chosen(desk: Desk):
    plan = await propose(desk)
    days = {shift for shift, _ in (await desk.stands()).values()}
    await desk.plan(*(ShiftWithdrawn(shift_id=shift) for shift in days))

    status, said = await desk.post(f"plans/{plan}/approve", {"only_what_stands": True})

    assert status in (200, 409), said
    assert all(shift not in days for shift, _ in (await desk.stands()).values()) or status != 200
    assert await find_broken(desk) == []


async def test_two_planners_at_once_the_second_hears_who_was_first(desk: Desk):
    plan = await propose(desk)

    answers = await asyncio.gather(
        desk.post(f"plans/{plan}/approve", name="anna"),
        desk.post(f"plans/{plan}/approve", name="bert"),
    )

    (won, first), (lost, second) = sorted(answers, key=lambda answer: answer[0])
    assert (won, lost) == (200, 409)
    assert second["plan"]["decision"]["by"] == first["plan"]["decision"]["by"]
    assert first["plan"]["decision"]["by"] in second["text"]["nl"]
    assert second["text"]["nl"].startswith("Plan 2 is al goedgekeurd door test:")


async def test_two_planners_choose_at_once_one_plan_is_published_and_nothing_half(desk: Desk):
    plan = await propose(desk)

    answers = await asyncio.gather(
        desk.post(f"plans/{plan}/approve", {"locations": [str(uid("eik"))]}, name="anna"),
        desk.post(f"plans/{plan}/approve", {"locations": [str(uid("eik"))]}, name="bert"),
    )

    assert sorted(status for status, _ in answers) == [200, 409]
    stands = await desk.stands()
    assert uid("n3") in stands
    assert uid("n1") not in stands
    lost = next(said for status, said in answers if status == 409)
    assert "is al goedgekeurd door test:" in lost["text"]["nl"]


async def test_two_planners_choose_otherwise_at_once_and_the_second_hears_of_the_other_plan(
    desk: Desk,
):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    moves = [one["id"] for one in lines if one["kind"] == "moved"]

    answers = await asyncio.gather(
        desk.post(f"plans/{plan}/approve", {"lines": moves}, name="anna"),
        desk.post(f"plans/{plan}/approve", {"locations": [str(uid("eik"))]}, name="bert"),
    )

    assert sorted(status for status, _ in answers) == [200, 409]
    lost = next(said for status, said in answers if status == 409)
    assert "is al goedgekeurd door test:" in lost["text"]["nl"]
    assert "Daarom geldt voorstel 2 niet meer." in lost["text"]["nl"]


async def test_who_approves_what_was_rejected_hears_by_whom_and_why(desk: Desk):
    plan = await propose(desk)
    await desk.post(f"plans/{plan}/reject", {"reason": "te druk"}, name="bert")

    status, said = await desk.post(f"plans/{plan}/approve")
    again, _ = await desk.post(f"plans/{plan}/reject", {"reason": "ook ik"})

    assert (status, again) == (409, 409)
    assert "afgewezen door test:bert" in said["text"]["nl"]
    assert "De reden: te druk." in said["text"]["nl"]
    assert said["plan"]["decision"]["by"] == "test:bert"


async def test_a_plan_that_is_not_there_is_not_found(desk: Desk):
    for what in ("approve", "restore"):
        status, _ = await desk.post(f"plans/{uid('nowhere')}/{what}")
        assert status == 404


async def test_an_earlier_version_comes_back_as_a_proposal_on_the_facts_of_now(desk: Desk):
    before = await desk.stands()
    (first,) = await desk.versions()
    plan = await propose(desk)
    await desk.post(f"plans/{plan}/approve")
    await desk.plan(a_consent("p0", location_id=uid("wilg"), status=ConsentStatus.WITHDRAWN))

    status, said = await desk.post(f"plans/{first['plan']}/restore")

    assert (status, said["plan"]["state"], said["plan"]["made"]) == (200, "proposed", "restored")
    assert await desk.stands() != before
    async with desk.door.transaction() as tx:
        made = await tx.fetch(
            "SELECT actor, actor_org FROM ledger WHERE type = 'plan.proposed.v1' ORDER BY seq DESC LIMIT 1"
        )
    assert [tuple(row) for row in made] == [("test:anna", uid("post"))]
    approved, _ = await desk.post(f"plans/{said['plan']['plan']}/approve")
    assert approved == 200
    after = await desk.stands()
    assert after == {person: at for person, at in before.items() if person != uid("p0")}
    assert await find_broken(desk) == []


async def test_a_restored_version_waits_for_a_person_where_plans_are_published_automatically(
    desk: Desk,
):
    (first,) = await desk.versions()
    await desk.plan(PolicyChanged(notice_days=0), *newcomers("wilg", "n1"))

    status, said = await desk.post(f"plans/{first['plan']}/restore")

    assert (status, said["plan"]["state"]) == (200, "proposed")
    assert uid("n1") in await desk.stands()


async def test_each_refusal_of_an_approval_has_a_body_that_is_described(desk: Desk):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    (joins,) = [
        one["id"] for one in lines if (one["kind"], one["location"]) == ("new", str(uid("wilg")))
    ]

    alone = await desk.post(f"plans/{plan}/approve", {"lines": [joins]})
    nothing = await desk.post(f"plans/{plan}/approve", {"lines": []})
    await desk.post(f"plans/{plan}/reject", {"reason": "later"})
    late = await desk.post(f"plans/{plan}/approve")

    kinds = [said["type"].rsplit(":", 1)[1] for _, said in (alone, nothing, late)]
    assert kinds == ["cannot_stand", "nothing_chosen", "plan_decided"]
    schema = build_schema("/plans/{plan}/approve", "post", 409, "application/problem+json")
    for _, said in (alone, nothing, late):
        jsonschema.validate(said, schema)
