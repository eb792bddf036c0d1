"""What the planner sees after some facts went through the door."""

from datetime import datetime

from events.identifiers import Payload
from infra.postgres.snapshot.load import load_snapshot
from services.planner.problem.posed import PosedProblem, to_problem
from tests.builders import REGION, say
from tests.conftest import Fresh
from tests.facts import NOW


async def snapshot_of(fresh: Fresh, *said: Payload, now: datetime = NOW) -> PosedProblem:
    """The region after these facts, in one batch."""
    if said:
        await say(await fresh.open("acceptor"), *said)
    return to_problem(await load_snapshot(await fresh.open("planner"), REGION, now))
