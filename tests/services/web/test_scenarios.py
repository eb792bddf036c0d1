"""What if: asked over HTTP beside the plan of a real planner, answered with figures and phone calls, never in the plan by itself."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from events.organisations import PolicyChanged
from tests.builders import SmallRegion
from tests.conftest import Fresh
from tests.facts import a_consent, a_patient, an_announcement, uid
from tests.services.web.conftest import Site
from tests.services.web.desk import Desk, a_desk
from tests.services.web.seed import ABROAD

pytestmark = pytest.mark.postgres
TO_NOBODY = PolicyChanged(notice_days=0)  # nobody was told yet: everything may still move
WEEK = {"since": "2021-02-15", "until": "2021-02-28"}
AWAY = {"kind": "team_away", "team": str(uid("team")), **WEEK}
EIK_CLOSED = {"kind": "location_closed", "location": str(uid("eik")), **WEEK}


@pytest.fixture
async def desk(fresh: Fresh) -> AsyncIterator[Desk]:
    """Eight people at two locations in a published plan."""
    async with a_desk(fresh) as opened:
        await opened.plan(TO_NOBODY, *SmallRegion().all(), an_announcement())
        yield opened


async def suppose(desk: Desk, *changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The answer to a scenario, waited for."""
    body = {"changes": list(changes), **more}
    status, found = await desk.post("plan/scenarios?wait=25", body)
    assert status == 202, found
    return found


def texts(lines: Sequence[dict[str, Any]]) -> list[str]:
    return [line["text"]["nl"] for line in lines]


async def stays(desk: Desk) -> tuple[Any, ...]:
    """All that a scenario may not touch: appointments, plans and the ledger."""
    async with desk.door.transaction() as tx:
        ledger = await tx.fetchval("SELECT count(*) FROM ledger")
        plans = await tx.fetch("SELECT plan, published_seq, rejected_seq FROM plans ORDER BY plan")
    return ledger, [tuple(row) for row in plans], await desk.stands()


async def test_a_scenario_says_who_drops_out_and_whom_to_call_and_touches_nothing(desk: Desk):
    before = await stays(desk)

    found = await suppose(desk, EIK_CLOSED, name="verbouwing")

    assert found["state"] == "ready"
    assert found["title"]["nl"].startswith("verbouwing: ")
    assert "is dicht, van maandag 15 februari tot en met zondag 28 februari" in found["title"]["nl"]
    assert (found["now"]["people_served"], found["figures"]["people_served"]) == (8, 4)
    assert (found["figures"]["dropped"], found["figures"]["joined"]) == (4, 0)
    (line,) = found["lines"]
    assert (line["kind"], line["location"], line["people"]) == ("dropped", str(uid("eik")), 4)
    (call,) = found["calls"]
    assert (call["location"], found["figures"]["calls"]) == (str(uid("eik")), 1)
    assert found["superseded"] is False
    assert await stays(desk) == before


@pytest.mark.parametrize(
    ("change", "words", "served"),
    [
        (AWAY, "werkt niet, van maandag 15 februari", 0),
        ({**AWAY, "is_lent": True}, "is uitgeleend, van maandag 15 februari", 0),
        ({"kind": "team_extra", "like": str(uid("team")), **WEEK}, "Een team erbij met de uren", 8),
        (
            {"kind": "longer_shift", "team": str(uid("team")), **WEEK, "minutes": 60},
            "werkt 60 minuten langer",
            8,
        ),
        (
            {
                "kind": "doses",
                "depot": str(uid("post")),
                "product": "moderna",
                "doses": -300,
                "since": "2021-02-15",
            },
            "300 doses Moderna minder",
            0,
        ),
        ({"kind": "lot_quarantined", "lot": "LOT1"}, "Partij LOT1 mag niet worden gebruikt", 0),
        (
            {"kind": "delivery_late", "delivery": str(uid("coming")), "days": 2},
            "100 doses Moderna op zaterdag 20 februari komt 2 dagen later",
            8,
        ),
    ],
    ids=lambda one: one["kind"] if isinstance(one, dict) else None,
)
async def test_each_kind_of_change_is_answered_in_words(
    desk: Desk, change: dict[str, Any], words: str, served: int
):
    found = await suppose(desk, change)

    assert found["state"] == "ready", found
    assert words in found["title"]["nl"]
    assert found["figures"]["people_served"] == served


async def test_what_is_kept_stands_side_by_side_with_the_order_of_priorities(desk: Desk):
    first, second = await suppose(desk, EIK_CLOSED), await suppose(desk, AWAY)

    kept = await desk.get("plan/scenarios")

    assert [one["id"] for one in kept["scenarios"]] == [second["id"], first["id"]]
    assert kept["order"][0]["nl"] == "Zoveel mogelijk mensen, wie voorrang heeft eerst"
    assert len(kept["order"]) == 6
    async with desk.client() as client:
        gone = await client.delete(f"/api/v1/plan/scenarios/{first['id']}")
    assert gone.status_code == 204
    assert len((await desk.get("plan/scenarios"))["scenarios"]) == 1


async def test_three_alternatives_come_in_one_call_in_the_same_figures(desk: Desk):
    before = await stays(desk)

    status, found = await desk.post("plan/alternatives?wait=25")

    assert status == 202
    assert [one["aim"] for one in found["scenarios"]] == ["fast", "fair", "frugal"]
    assert {one["state"] for one in found["scenarios"]} == {"ready"}
    assert {one["now"]["people_served"] for one in found["scenarios"]} == {8}
    fast = found["scenarios"][0]
    assert fast["figures"]["working_minutes"] <= fast["now"]["working_minutes"]
    assert await stays(desk) == before


async def test_a_scenario_becomes_a_proposal_that_waits_for_a_person(desk: Desk):
    found = await suppose(desk, EIK_CLOSED)

    status, made = await desk.post(f"plan/scenarios/{found['id']}/proposal")

    assert status == 201, made
    assert (made["plan"]["state"], made["plan"]["made"]) == ("proposed", "supposed")
    assert made["refused"] == []
    assert len(await desk.stands()) == 8  # nobody is told before somebody approves
    status, approved = await desk.post(f"plans/{made['plan']['plan']}/approve")
    assert status == 200, approved
    assert len(await desk.stands()) == 4
    async with desk.door.transaction() as tx:
        by = await tx.fetchval(
            "SELECT actor FROM ledger WHERE type LIKE 'plan.proposed%' ORDER BY seq DESC LIMIT 1"
        )
    assert by == "test:anna"


async def test_a_scenario_of_a_plan_that_changed_says_what_changed_and_can_be_asked_again(
    desk: Desk,
):
    found = await suppose(desk, EIK_CLOSED)
    await desk.plan(
        a_patient("new", location_id=uid("wilg")), a_consent("new", location_id=uid("wilg"))
    )

    (kept,) = (await desk.get("plan/scenarios"))["scenarios"]
    status, refused = await desk.post(f"plan/scenarios/{found['id']}/proposal")

    assert kept["superseded"] is True
    assert status == 409
    assert refused["type"] == "urn:prikploeg:problem:scenario_overtaken"
    assert refused["text"]["nl"].startswith("Het plan is veranderd sinds dit is uitgerekend.")
    assert refused["text"]["en"].startswith("The plan changed since this was worked out.")
    changed = [(line["kind"], line["location"], line["people"]) for line in refused["lines"]]
    assert ("new", str(uid("wilg")), 1) in changed
    assert len(await desk.versions()) == 2  # nothing was proposed
    status, again = await desk.post(f"plan/scenarios/{found['id']}/again?wait=25")
    assert (status, again["state"], again["superseded"]) == (202, "ready", False)
    status, made = await desk.post(f"plan/scenarios/{again['id']}/proposal")
    assert (status, made["plan"]["state"]) == (201, "proposed")


async def test_what_is_not_so_cannot_become_a_plan_and_the_rule_is_named(desk: Desk):
    await desk.plan(PolicyChanged(notice_days=3))  # now everybody counts as told
    found = await suppose(desk, EIK_CLOSED)
    before = await stays(desk)

    status, refused = await desk.post(f"plan/scenarios/{found['id']}/proposal")

    assert status == 409
    assert {row["rule"] for row in refused["refused"]} == {"promise"}
    assert "Meld eerst wat er gebeurd is" in refused["text"]["nl"]
    assert "raakt een afspraak kwijt" in refused["text"]["nl"]
    assert await stays(desk) == before


async def test_a_scenario_without_a_plan_of_its_own_is_not_proposed(desk: Desk):
    found = await suppose(desk, {"kind": "lot_quarantined", "lot": "NEVER"})

    status, refused = await desk.post(f"plan/scenarios/{found['id']}/proposal")

    assert found["state"] == "impossible"
    assert found["text"]["nl"] == "Deze partij of levering telt niet mee in het plan."
    assert (status, refused["text"]["en"]) == (409, found["text"]["en"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({**AWAY, "team": str(uid("another"))}, "team"),
        ({"kind": "team_extra", "like": str(uid("another")), **WEEK}, "like"),
        ({**EIK_CLOSED, "location": str(uid("another"))}, "location"),
        (
            {
                "kind": "doses",
                "depot": str(uid("x")),
                "product": "moderna",
                "doses": 5,
                "since": "2021-02-15",
            },
            "depot",
        ),
        ({"kind": "delivery_late", "delivery": str(uid("x")), "days": 1}, "delivery"),
    ],
    ids=lambda one: one["kind"] if isinstance(one, dict) else None,
)
async def test_what_this_region_does_not_have_is_refused_by_name(
    desk: Desk, change: dict[str, Any], field: str
):
    status, refused = await desk.post("plan/scenarios", {"changes": [change]})

    assert status == 404
    assert refused["type"] == "urn:prikploeg:problem:not_here"
    assert [row["location"]["pointer"] for row in refused["errors"]] == [f"/{field}"]
    assert (await desk.get("plan/scenarios"))["scenarios"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"changes": []},
        {"changes": [{"kind": "flood"}]},
        {"changes": [{**AWAY, "since": "2021-02-20", "until": "2021-02-19"}]},
        {"changes": [{**AWAY, "more": 1}]},
        {
            "changes": [
                {"kind": "longer_shift", "team": str(uid("team")), **WEEK, "minutes": 10_000}
            ]
        },
        {"changes": [AWAY] * 9},
    ],
)
async def test_what_is_no_change_is_refused(desk: Desk, body: dict[str, Any]):
    status, _ = await desk.post("plan/scenarios", body)

    assert status == 400


async def test_too_many_questions_at_once_are_refused_and_the_rest_is_answered(desk: Desk):
    answers = [await desk.post("plan/scenarios", {"changes": [EIK_CLOSED]}) for _ in range(3)]

    assert [status for status, _ in answers] == [202, 202, 429]
    kept = [await desk.get(f"plan/scenarios/{one['id']}?wait=25") for _, one in answers[:2]]
    assert [one["state"] for one in kept] == ["ready", "ready"]


async def test_beside_no_plan_nothing_is_supposed(fresh: Fresh):
    async with a_desk(fresh) as empty:
        status, refused = await empty.post("plan/alternatives")

    assert (status, refused["type"]) == (409, "urn:prikploeg:problem:no_plan")


async def test_a_scenario_of_another_region_is_not_found_and_its_things_are_not_known(site: Site):
    change = {"kind": "location_closed", "location": str(site.home.locations[0]), **WEEK}
    async with site.client(site.who("planner"), cookie=False) as mine:
        made = await mine.post("/api/v1/plan/scenarios", json={"changes": [change]})
        name = made.json()["id"]
    async with site.client(site.who("planner", ABROAD), cookie=False) as other:
        answers = [
            await other.get(f"/api/v1/plan/scenarios/{name}"),
            await other.delete(f"/api/v1/plan/scenarios/{name}"),
            await other.post(f"/api/v1/plan/scenarios/{name}/again"),
            await other.post(f"/api/v1/plan/scenarios/{name}/proposal"),
            await other.post("/api/v1/plan/scenarios", json={"changes": [change]}),
        ]
        kept = (await other.get("/api/v1/plan/scenarios")).json()

    assert made.status_code == 202, made.text
    assert [one.status_code for one in answers] == [404] * 5
    assert kept["scenarios"] == []


async def test_old_scenarios_are_forgotten(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    await suppose(desk, EIK_CLOSED)

    monkeypatch.setattr("services.web.scenarios.KEPT_FOR", timedelta())

    assert (await desk.get("plan/scenarios"))["scenarios"] == []


# --- the page ---


async def ask_page(desk: Desk, **fields: str) -> str:
    async with await desk.browser() as browser:
        answer = await browser.post("/planning/wat-als", data={**fields, "proof": desk.proof()})
        assert answer.status_code == 303, answer.text
        return (await browser.get(answer.headers["location"])).text


async def test_the_page_shows_what_would_happen_beside_the_plan(desk: Desk):
    page = await ask_page(
        desk, soort="location_closed", locatie=str(uid("eik")), van="2021-02-15", tot="2021-02-28"
    )

    assert "Niet de werkelijkheid. Plan 1 blijft gelden." in page
    assert (
        '<th scope="row">Mensen met een afspraak</th><td class="number">8</td><td class="number">4</td>'
        in page
    )
    assert "Wie u dan belt" in page
    assert "Zoveel mogelijk mensen, wie voorrang heeft eerst" in page


async def test_a_wrong_form_is_answered_in_words(desk: Desk):
    page = await ask_page(
        desk, soort="team_away", team=str(uid("team")), van="2021-02-20", tot="2021-02-19"
    )
    other = await ask_page(desk, soort="team_away", team=str(uid("x")), van="2021-02-20")

    assert "De laatste dag komt niet voor de eerste." in page
    assert "Dit hoort niet bij deze regio" in other


async def test_a_planner_proposes_a_scenario_from_the_page(desk: Desk):
    await ask_page(
        desk, soort="location_closed", locatie=str(uid("eik")), van="2021-02-15", tot="2021-02-28"
    )
    (kept,) = (await desk.get("plan/scenarios"))["scenarios"]

    async with await desk.browser() as browser:
        answer = await browser.post(
            f"/planning/wat-als/{kept['id']}", data={"doe": "voorstel", "proof": desk.proof()}
        )
        page = (await browser.get(answer.headers["location"])).text

    (proposal, _) = await desk.versions()
    assert (proposal["state"], proposal["made"]) == ("proposed", "supposed")
    assert answer.headers["location"] == f"/planning/voorstel/{proposal['plan']}"
    assert "Gemaakt van een wat-als" in page
