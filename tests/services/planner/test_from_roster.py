"""From the roster that comes in to the plan that is published: who may inject what, who works when."""

from datetime import date, time
from pathlib import Path

import pytest

from events.identifiers import Opening, Payload, Point
from events.teams import CrewMember, CrewRole
from services.importing.run import run
from services.sending import entity_id
from tests.builders import REGION, SmallRegion
from tests.conftest import Fresh
from tests.facts import (
    a_certificate,
    a_delivery,
    a_location,
    a_product,
    a_shift,
    a_team,
    an_organisation,
    uid,
)
from tests.services.accept.looking import live
from tests.services.importing.builders import Inbox, SmallVault, a_file
from tests.services.planner.planning import minutes_of_visits, plan_with, why_unserved

ROLES = (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT)
TUESDAY = date(2021, 2, 16)


def a_member(role: str, name: str | None = None) -> CrewMember:
    return CrewMember(member_id=uid(name or role), role=CrewRole(role))


def a_region(*said: Payload, people: int = 6) -> list[Payload]:
    """One institution with these people, everybody certified, and whatever roster is said."""
    region = SmallRegion(people=people, days=(), locations=("wilg",))
    certified = [a_certificate(role) for role in ROLES]
    return [*region.all(), *certified, *said]


async def minutes_with(fresh: Fresh, *crew: str) -> list[int]:
    await plan_with(fresh, a_region(a_shift(crew=tuple(a_member(role) for role in crew))))
    return await minutes_of_visits(await fresh.open("acceptor"))


async def test_an_assistant_beside_a_nurse_makes_no_visit_shorter_without_a_doctor(fresh: Fresh):
    """Six people one after the other: 10 + 6 * 3 + 15 + 10 minutes, as with the nurse alone."""
    assert await minutes_with(fresh, "nurse", "assistant") == [53]


async def test_with_a_doctor_on_site_the_assistant_injects_too(fresh: Fresh):
    assert await minutes_with(fresh, "doctor", "nurse", "assistant") == [41]


async def test_assistants_without_a_doctor_are_not_sent_and_the_planner_reads_why(fresh: Fresh):
    assert await minutes_with(fresh, "assistant") == []
    assert await why_unserved(fresh) == {"no_injector"}


async def test_the_roster_of_a_file_gives_the_same_plan(fresh: Fresh, tmp_path: Path):
    """The crew of an imported roster: a nurse and two assistants, no doctor."""
    files = [
        a_file(tmp_path, "teams.csv", "team,post,name", "T-1,POST,Team Een"),
        a_file(
            tmp_path,
            "rosters.csv",
            "team,depot,date,begins,ends,capacity,crew",
            "T-1,POST,2021-02-16,8:00,17:00,100,verpleegkundige:V1 assistent:A1 assistent:A2",
        ),
        a_file(
            tmp_path,
            "crew.csv",
            "member,role,valid_from,valid_until",
            *(
                f"{one},{role},2021-01-01,2021-12-31"
                for one, role in (("V1", "nurse"), ("A1", "assistant"), ("A2", "assistant"))
            ),
        ),
        a_file(
            tmp_path,
            "orders.csv",
            "post,product,ordered_by,valid_from,valid_until",
            "POST,moderna,D1,2021-01-01,2021-12-31",
        ),
    ]
    inbox = Inbox()
    report = await run(files, REGION, inbox, SmallVault())
    assert not report.problems
    post = entity_id("organisation", REGION, "POST")
    own = [
        an_organisation(organisation_id=post),
        a_delivery("own", depot_id=post),
        *(event.payload for event in inbox.events()),
    ]

    await plan_with(fresh, a_region(*own))

    assert await minutes_of_visits(await fresh.open("acceptor")) == [53]


async def test_a_product_that_only_doctors_inject_takes_as_long_as_one_doctor_needs(fresh: Fresh):
    crew = (a_member("doctor"), a_member("nurse"))
    only = a_product(injected_by={"doctor"})

    await plan_with(fresh, a_region(a_shift(crew=crew), only))

    assert await minutes_of_visits(await fresh.open("acceptor")) == [53]


async def test_a_certificate_for_another_product_gives_no_right_to_inject_this_one(fresh: Fresh):
    other = a_certificate(CrewRole.NURSE, member_id=uid("new"), product_ids={"pfizer"})
    crew = (a_member("nurse", "new"),)

    await plan_with(fresh, a_region(other, a_shift(crew=crew)))

    assert await why_unserved(fresh) == {"no_injector"}


@pytest.mark.parametrize(("second", "served"), [("nurse", 4), ("other nurse", 8)])
async def test_somebody_in_two_teams_works_one_of_them(fresh: Fresh, second: str, served: int):
    """Two institutions, 15 km apart, that are open in the same half hour: one team can visit one of them."""
    half_hour = (Opening(weekday=1, begins=time(10), ends=time(10, 30)),)
    far = Point(lat=52.20, lon=5.30)
    said = [
        *SmallRegion(people=8, days=()).all(),
        a_location("wilg", opening=half_hour),
        a_location("eik", opening=half_hour, point=far, postcode4=3741),
        a_team("other"),
        a_certificate(CrewRole.NURSE, member_id=uid("other nurse")),
        a_shift("one", TUESDAY, crew=(a_member("nurse"),)),
        a_shift("two", TUESDAY, team_id=uid("other"), crew=(a_member("nurse", second),)),
    ]

    await plan_with(fresh, said)

    assert len(await live(await fresh.open("acceptor"))) == served
    assert await why_unserved(fresh) == (set() if served == 8 else {"shifts_full", "better_use"})
