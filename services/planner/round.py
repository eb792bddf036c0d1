"""One round of the planner: reads, solves in a child process, submits."""

import asyncio
import logging
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

from infra.postgres.database import Database
from infra.postgres.locks import become_only_planner
from infra.postgres.snapshot.load import load_snapshot
from scheduling.kept import check_kept
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from services.accept.accept import accept
from services.accept.submission import Outcome, Status, Submission
from services.planner.apart import NoPlan
from services.planner.problem.posed import to_problem
from services.planner.translate import to_submission
from services.planner.travel import Travelling

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planning:
    """What a planner works with: reads as `planner`, writes as `acceptor`, solves in another process."""

    reading: Database
    door: Database
    lock_dsn: str
    solver: Executor
    limits: Limits
    seed: int = 0
    travelling: Travelling = field(default_factory=Travelling)


async def plan_once(planning: Planning, region: str, now: datetime) -> Outcome | None:
    """Makes a plan and submits it; returns the outcome, or None when another planner has the region. Raises NoPlan.

    No transaction is open while a routing server or the solver works. A plan that knows less than one proposed in
    the meantime is stored as stale and never published.
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
            kept = check_kept(replace(posed.problem, kept=posed.told))
        except Exception as error:  # whatever it is, this problem is the cause
            raise NoPlan(region) from error
        submission = to_submission(posed, plan, now, kept)
        return await submit(planning, submission, now)


async def submit(planning: Planning, submission: Submission, now: datetime) -> Outcome:
    """Hands a plan to the door."""
    (outcome,) = await accept(planning.door, [submission], now)
    if outcome.status is Status.REJECTED:
        logger.error("the door refused a plan: %s %s", outcome.reason, outcome.fields)
    return outcome


def solve_apart(problem: Problem, limits: Limits, seed: int) -> Plan:
    """Calls `solve` in the child process, with arguments that can be pickled."""
    return solve(problem, limits, seed=seed)
