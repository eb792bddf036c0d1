"""A region whose teams are on the road: what they are asked, what they answer, and what stands."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from events.extra_stops import StopAnswer, StopAnswered, StopOffered
from events.identifiers import Payload, Skill
from events.location import Urgency, VisitRequested
from events.teams import CrewMember, CrewRole
from events.visits import TeamUnavailable
from infra.postgres.database import Database
from scheduling.kept import check_kept
from scheduling.rules import check_added
from scheduling.solve import Limits
from services.accept.submission import Status
from services.planner.round import Answered, Planning, answer_once
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import a_certificate, a_crisis, a_shift, a_team, uid
from tests.services.accept.looking import rows

TODAY = date(2021, 2, 16)
UNDER_WAY = datetime(2021, 2, 16, 8, tzinfo=UTC)  # an hour into the shifts; nobody is at a stop yet
ANSWER = timedelta(minutes=10)
BOTH = frozenset({Skill.VACCINATION, Skill.CRISIS})


def two_teams(**second: Any) -> list[Payload]:
    """The small region with a second team on the same day, and a third shift the day after."""
    crew = tuple(
        CrewMember(member_id=uid(name), role=role)
        for name, role in (("doctor 2", CrewRole.DOCTOR), ("nurse 2", CrewRole.NURSE))
    )
    usual = {"team_id": uid("second"), "crew": crew}
    return [
        *SmallRegion(days=(TODAY, date(2021, 2, 18))).all(),
        a_team(skills=BOTH),
        a_team("second", skills=BOTH),
        a_shift("of second", TODAY, **(usual | second)),
        *(a_certificate(one.role, member_id=one.member_id) for one in crew),
    ]


def an_urgent_call(**changes: Any) -> VisitRequested:
    usual: dict[str, Any] = {"urgency": Urgency.U1, "latest": datetime(2021, 2, 16, 14, tzinfo=UTC)}
    return a_crisis(**(usual | changes))


def away(team: str = "team") -> TeamUnavailable:
    """A team that cannot work today."""
    begins = datetime.combine(TODAY, time(6), UTC)
    return TeamUnavailable(
        team_id=uid(team), begins_at=begins, ends_at=begins + timedelta(hours=14)
    )


async def answer(fresh: Fresh, now: datetime = UNDER_WAY) -> Answered:
    """What the planner answers at this moment; its plan breaks no rule, and nothing that stands does."""
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    with ThreadPoolExecutor(1) as solver:
        planning = Planning(reading, door, fresh.dsn("planner"), solver, Limits(20, rounds=1))
        answered = await answer_once(planning, REGION, now)
    assert answered is not None
    assert answered.outcome.status is Status.ACCEPTED, answered.outcome
    assert check_added(answered.posed.problem, answered.plan) == ()
    assert check_kept(answered.posed.problem) == ()
    return answered


@dataclass(frozen=True)
class Asked:
    """One extra stop as the state has it."""

    offered: StopOffered
    answer: str | None
    why: str | None


async def asked(door: Database) -> list[Asked]:
    """Every extra stop, the oldest first."""
    found = await rows(
        door,
        "SELECT offered, answer, why FROM extra_stops WHERE offered_seq > 0 ORDER BY offered_seq",
    )
    return [Asked(StopOffered.model_validate_json(one), said, why) for one, said, why in found]


def says(offered: StopOffered, answer: StopAnswer, at: datetime = UNDER_WAY) -> StopAnswered:
    """The answer of the team that was asked."""
    return StopAnswered(
        extra_stop_id=offered.extra_stop_id,
        team_id=offered.team_id,
        location_id=offered.location_id,
        answer=answer,
        answered_at=at,
    )


async def tell(fresh: Fresh, *said: Payload, now: datetime = UNDER_WAY) -> None:
    outcomes = await say(await fresh.open("acceptor"), *said, now=now)
    assert {one.status for one in outcomes} == {Status.ACCEPTED}, outcomes


async def standing(door: Database) -> dict[UUID, tuple[UUID, datetime]]:
    """Every live visit: its team and its start."""
    found = await rows(door, "SELECT visit, team, lower(slot) FROM visits WHERE live")
    return {visit: (team, at) for visit, team, at in found}


async def people_of(door: Database, visits: Sequence[UUID]) -> set[UUID]:
    """Who has an appointment in these visits."""
    found = await rows(
        door, "SELECT person FROM appointments WHERE live AND visit = ANY ($1::uuid[])", visits
    )
    return {person for (person,) in found}
