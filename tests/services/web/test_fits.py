"""From facts to what a planner reads: why somebody has no visit in each shift, and what to ask on the phone."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import time
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from events.identifiers import Opening, VisitId
from events.teams import StopCancelled
from infra.errors import Unavailable
from infra.postgres.database import Who
from infra.postgres.standing import StandingRows
from services.web.api.problems import URN
from services.web.fitting import OF_ALL, OF_ONE, Fitting, NoRecord
from services.web.fitting_apart import Question
from services.web.refusing import Refused
from tests.builders import REGION, SmallRegion, say
from tests.facts import NOW, uid
from tests.services.planner.planning import newest_plan, plan_with
from tests.services.web.conftest import Site
from tests.services.web.fits import TODAY, an_eik, plan_one_early_home, plan_one_short_shift, wake
from tests.services.web.seed import ABROAD

pytestmark = pytest.mark.postgres


@pytest.fixture(name="waiting")
async def wait_for_an_hour(unplanned: Site) -> AsyncIterator[Site]:
    """De Eik is open early in the morning only, before the team can be there."""
    await plan_one_early_home(unplanned)
    yield unplanned
    unplanned.parts.fitting.close()


async def ask(site: Site, method: str, path: str, who: Who | None = None, **body: Any) -> Any:
    async with site.client(who or site.who("planner"), cookie=False) as client:
        sent = {"json": body} if body else {}
        return await client.request(method, f"/api/v1/plan/{path}", **sent)


async def test_who_is_left_out_is_listed_by_reason_and_place(waiting: Site):
    found = (await ask(waiting, "GET", "unassigned")).json()

    (group,) = found["groups"]
    assert (group["reason"], group["people"]) == ("no_shift_in_window", 4)
    assert group["text"]["nl"] == "Geen team werkt als de locatie open is"
    assert [row["name"] for row in group["locations"]] == ["De Eik"]


async def test_what_is_in_the_way_is_said_for_each_shift(waiting: Site):
    found = (await ask(waiting, "GET", f"unassigned/{uid('eik')}/reasons")).json()

    (group,) = found["groups"]
    (shift,) = group["shifts"]
    (one,) = shift["in_the_way"]
    assert (one["kind"], one["rule"], shift["team_name"]) == (
        "window",
        "time_windows",
        "Team",
    )
    assert one["minutes"] > 0
    assert str(one["minutes"]) in one["text"]["nl"]
    assert not group["decided_elsewhere"]


async def test_what_would_help_is_a_question_for_the_phone_and_holds(waiting: Site):
    answer = await ask(waiting, "POST", "fits", location=str(uid("eik")))

    (group,) = answer.json()["groups"]
    best = group["suggestions"][0]
    assert re.fullmatch(
        r"Kan De Eik op dinsdag 16 februari tot \d+:\d\d open blijven\? Dan passen 4 bewoners er nog bij\.",
        best["question"]["nl"],
    )
    assert "residents more fit in" in best["question"]["en"]
    assert (best["people"], best["changes"], best["price"]["calls"]) == (4, ["LetIn"], 1)


async def test_when_the_answer_is_yes_and_the_hours_are_changed_they_are_planned(waiting: Site):
    """The change that was suggested, said as a fact: the next plan serves them."""
    await ask(waiting, "POST", "fits", location=str(uid("eik")))
    until = (await ask(waiting, "POST", "fits", location=str(uid("eik")))).json()["groups"][0]
    starts = until["suggestions"][0]["visits"][0]["starts_at"]

    wider = Opening(weekday=1, begins=time(7), ends=time(int(starts[11:13]) + 2))
    changed = an_eik(opening=(wider,), seats=7)
    await plan_with(waiting.fresh, [changed])

    assert (await newest_plan(waiting.fresh))[1].unassigned == ()
    assert (await ask(waiting, "GET", "unassigned")).json()["groups"] == []
    assert (await ask(waiting, "POST", "fits", location=str(uid("eik")))).status_code == 404


async def test_what_a_planner_took_off_by_hand_is_room_at_once(unplanned: Site):
    """Before any new plan: the stops as they stand are asked about, not those that the plan had."""
    site = unplanned
    await plan_one_short_shift(site)
    (group,) = (await ask(site, "GET", "unassigned")).json()["groups"]
    left = group["locations"][0]["location"]
    before = (await ask(site, "GET", f"unassigned/{left}/reasons")).json()["groups"][0]

    (made,) = (await newest_plan(site.fresh))[1].routes[0].stops
    await say(
        await site.fresh.open("acceptor"),
        StopCancelled(visit_id=VisitId(UUID(made.visit.id)), reason="the home asked"),
    )
    after = (await ask(site, "GET", f"unassigned/{left}/reasons")).json()["groups"][0]
    fits = (await ask(site, "POST", "fits", location=left)).json()["groups"][0]["suggestions"]
    site.parts.fitting.close()

    assert [len(shift["in_the_way"]) for shift in before["shifts"]] == [1]
    assert [len(shift["in_the_way"]) for shift in after["shifts"]] == [0]
    assert (fits[0]["changes"], fits[0]["people"]) == ([], 4)


@pytest.mark.parametrize("role", ["practice", "crisis"])
async def test_nobody_but_the_planner_is_told(waiting: Site, role: str):
    who = waiting.who(role)

    assert (await ask(waiting, "GET", "unassigned", who)).status_code == 403
    assert (await ask(waiting, "POST", "fits", who, location=str(uid("eik")))).status_code == 403


async def test_a_planner_of_another_region_finds_nothing_here(waiting: Site):
    who = waiting.who("planner", ABROAD)

    answer = await ask(waiting, "GET", f"unassigned/{uid('eik')}/reasons", who)

    assert (answer.status_code, answer.json()["type"]) == (404, f"{URN}not_found")


@pytest.mark.parametrize(
    "body", [{}, {"location": "x"}, {"location": str(uid("eik")), "reason": "y"}]
)
async def test_what_is_no_question_is_refused_by_name(waiting: Site, body: dict[str, str]):
    answer = await ask(waiting, "POST", "fits", **(body or {"nothing": "x"}))

    assert answer.status_code in (400, 422)
    assert "errors" in answer.json()


def a_question(location: str) -> Question:
    nothing = StandingRows("a hash", None, None, (), (), (), 0, 1)
    return Question("a hash", location, None, NOW, nothing)


class Slow(Fitting):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__(self.find)
        self.go = asyncio.Event()

    async def find(self, region: str, plan_hash: str) -> None:
        assert (region, plan_hash) == (REGION, "a hash")
        await self.go.wait()


async def test_one_planner_who_asks_much_is_told_to_wait_and_keeps_no_other_from_an_answer():
    fitting, one, other = (
        Slow(),
        Who("planner", REGION, None, "one"),
        Who("planner", REGION, None, "other"),
    )
    asked = [asyncio.create_task(fitting.explain(one, a_question(str(n)))) for n in range(OF_ONE)]
    await asyncio.sleep(0)

    with pytest.raises(Refused) as refused:
        await fitting.explain(one, a_question("too many"))
    fair = asyncio.create_task(fitting.explain(other, a_question("fair")))
    fitting.go.set()

    assert refused.value.kind.status == 429
    ends = await asyncio.gather(*asked, fair, return_exceptions=True)
    assert [type(end) for end in ends] == [NoRecord] * (OF_ONE + 1)
    fitting.close()


async def test_when_too_many_wait_the_next_is_told_to_come_back():
    fitting = Slow()
    many = [Who("planner", REGION, None, str(n)) for n in range(OF_ALL + 1)]
    asked = [asyncio.create_task(fitting.fit(who, a_question("x"))) for who in many[:-1]]
    await asyncio.sleep(0)

    with pytest.raises(Refused) as refused:
        await fitting.fit(many[-1], a_question("x"))

    assert refused.value.kind.status == 503
    assert "Retry-After" in refused.value.headers
    fitting.go.set()
    await asyncio.gather(*asked, return_exceptions=True)
    fitting.close()


async def test_when_the_process_that_answers_is_lost_the_next_question_has_another(waiting: Site):
    path = f"unassigned/{uid('eik')}/reasons"
    with pytest.raises(Unavailable):
        await waiting.parts.fitting._run(partial(os._exit, 1))

    assert (await ask(waiting, "GET", path)).status_code == 200


async def test_the_page_says_why_by_shift_and_asks_on_the_phone(waiting: Site):
    async with waiting.client(waiting.who("planner")) as client:
        overview = (await client.get("/planning")).text
        why = (await client.get(f"/planning/open/{uid('eik')}?reden=no_shift_in_window")).text
        how = (
            await client.get(f"/planning/open/{uid('eik')}?reden=no_shift_in_window&hoe=ja")
        ).text
        english = (await client.get(f"/planning/open/{uid('eik')}?hoe=ja&lang=en")).text

    assert f"/planning/open/{uid('eik')}?reden=no_shift_in_window" in overview
    assert "De locatie is dicht als het team kan komen" in why
    assert "Zoek wat er kan" in why
    assert "Kan De Eik op dinsdag 16 februari" in how
    assert "Can De Eik stay open until" in english


async def test_who_waits_for_consent_is_not_helped_by_another_shift(unplanned: Site):
    site = unplanned
    await wake(site)
    facts = [
        one for one in SmallRegion(days=(TODAY,)).all() if type(one).__name__ != "ConsentRecorded"
    ]
    await say(await site.fresh.open("acceptor"), *facts)
    await plan_with(site.fresh)

    found = (await ask(site, "GET", f"unassigned/{uid('eik')}/reasons")).json()
    (group,) = found["groups"]
    fits = (await ask(site, "POST", "fits", location=str(uid("eik")))).json()

    assert (group["reason"], group["decided_elsewhere"], group["shifts"]) == (
        "consent_missing",
        True,
        [],
    )
    assert fits["groups"][0]["suggestions"] == []
    site.parts.fitting.close()
