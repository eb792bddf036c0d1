"""One round: read, solve in a child process, store. With no new facts nothing is made."""

import asyncio
import logging
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

from infra.postgres.database import Database
from infra.postgres.locks import become_only_planner
from infra.postgres.snapshot.load import load_snapshot
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from services.accept.accept import accept
from services.accept.submission import Outcome, Status
from services.planner.apart import NoPlan
from services.planner.problem.posed import to_problem
from services.planner.translate import to_submission
from services.planner.travel import Travelling

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planning:
    """What a planner works with: read as `planner`, store as `acceptor`, solve elsewhere."""

    reading: Database
    door: Database
    lock_dsn: str
    solver: Executor
    limits: Limits
    seed: int = 0
    travelling: Travelling = field(default_factory=Travelling)


async def plan_once(planning: Planning, region: str, now: datetime) -> Outcome | None:
    """The answer of the door to a new plan; None when another planner has the region.

    No transaction is open while a routing server is asked or the solver works; a plan that knew less than
    one that came in between is stored as stale and published by nobody. Raises NoPlan.
    """
    async with become_only_planner(planning.lock_dsn, region) as mine:
        if not mine:
            return None
        snapshot = await load_snapshot(planning.reading, region, now)
        posed = await planning.travelling.complete_travel(planning.reading, to_problem(snapshot))
        try:
            plan = await asyncio.get_running_loop().run_in_executor(
                planning.solver, solve_apart, posed.problem, planning.limits, planning.seed
            )
        except Exception as error:  # whatever it is, it is of this problem
            raise NoPlan(region) from error
        submission = to_submission(posed, plan, now)
        (outcome,) = await accept(planning.door, [submission], now)
        if outcome.status is Status.REJECTED:
            logger.error("the door refused a plan: %s", outcome.reason)
        return outcome


def solve_apart(problem: Problem, limits: Limits, seed: int) -> Plan:
    """`solve` in a process of its own, with a type that can travel."""
    return solve(problem, limits, seed=seed)
