"""Plans a region of a fresh database in this process, and reads what was published and what was not."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from events.identifiers import Payload
from infra.postgres.campaign_view import read_record
from infra.postgres.database import Database
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.solve import Limits
from services.accept.submission import Outcome, Status
from services.planner.record import from_record
from services.planner.round import Planning, plan_once
from tests.builders import REGION, say
from tests.conftest import Fresh
from tests.facts import NOW
from tests.services.accept.looking import rows

QUICK = Limits(seconds=20, rounds=1)


async def plan_with(
    fresh: Fresh, payloads: Sequence[Payload] = (), now: datetime = NOW, region: str = REGION
) -> Outcome:
    """Says these facts, then makes one plan and submits it as the planner does."""
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    if payloads:
        said = await say(door, *payloads, now=now, region=region)
        assert {one.status for one in said} == {Status.ACCEPTED}, said
    with ThreadPoolExecutor(1) as solver:
        planning = Planning(reading, door, fresh.dsn("planner"), solver, QUICK)
        outcome = await plan_once(planning, region, now)
    assert outcome is not None
    assert outcome.status is Status.ACCEPTED, outcome
    return outcome


async def minutes_of_visits(door: Database) -> list[int]:
    """How long each published visit takes, in minutes, in the order of their starts."""
    found = await rows(
        door,
        "SELECT (extract(epoch FROM upper(slot) - lower(slot)) / 60)::int FROM visits WHERE live ORDER BY slot",
    )
    return [minutes for (minutes,) in found]


async def newest_plan(fresh: Fresh) -> tuple[Problem, Plan]:
    """What the newest plan was computed from, and the plan."""
    reading = await fresh.open("planner")
    async with reading.transaction() as tx:
        found = await tx.fetchval("SELECT hash FROM plans ORDER BY proposed_seq DESC LIMIT 1")
        return from_record(*await read_record(tx, found))


async def why_unserved(fresh: Fresh) -> set[str]:
    """The reasons of everybody whom the newest plan leaves out."""
    _, plan = await newest_plan(fresh)
    return {reason.value for row in plan.unassigned for reason in row.reasons}
