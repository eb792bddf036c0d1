"""One round of the planner: reads, solves in a child process, submits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

from events.extra_stops import StopOffered
from infra.clock import SystemClock
from infra.postgres.database import Database
from infra.postgres.locks import become_only_planner
from infra.postgres.snapshot.load import load_snapshot
from scheduling.kept import check_kept
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.solve import Limits
from services.accept.accept import accept
from services.accept.submission import Outcome, Status, Submission
from services.planner.apart import NoPlan
from services.planner.asking import find_offers, hold
from services.planner.by_itself import find_first_part
from services.planner.child import answer_apart, answer_better_apart, solve_apart
from services.planner.memories import Memories
from services.planner.params import ANSWERS
from services.planner.problem.posed import PosedProblem, to_problem
from services.planner.record import BegunRecord
from services.planner.translate import name_plan, to_submission
from services.planner.travel import Travelling

logger = logging.getLogger(__name__)

Search = Callable[[Problem, Limits, int], Plan]


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
    # of the regions that were answered last; None: read everything each time
    memories: Memories | None = None


class Steps:
    """How long each step of an answer took, for the log."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._last = self._clock.monotonic()
        self._noted: list[str] = []

    def note(self, name: str) -> None:
        """This step is done."""
        before, self._last = self._last, self._clock.monotonic()
        self._noted.append(f"{name} {self._last - before:.3f} s")

    @property
    def text(self) -> str:
        """All steps with their seconds."""
        return ", ".join(self._noted)


async def plan_once(
    planning: Planning, region: str, now: datetime, *, for_nobody: bool = True
) -> Outcome | None:
    """Makes a plan and submits it; returns the outcome, or None when another planner has the region. Raises NoPlan.

    No transaction is open while a routing server or the solver works. A plan that knows less than one proposed in
    the meantime is stored as stale and never published. A plan `for_nobody` is kept back where that is not wanted.
    """
    async with become_only_planner(planning.lock_dsn, region) as mine:
        if not mine:
            return None
        posed = await pose(planning, region, now)
        plan, kept, begun = await search(planning, posed, solve_apart)
        if not for_nobody and not any(route.stops for route in plan.routes):
            return None
        posed = await submit_first_part(planning, posed, plan, kept, now)
        return await submit(planning, to_submission(posed, plan, now, kept, begun=begun), now)


@dataclass(frozen=True, slots=True)
class Answered:
    """The first answer to an event, what it answers, and what the door said."""

    posed: PosedProblem
    plan: Plan
    kept: tuple[Violation, ...]
    outcome: Outcome


async def answer_once(planning: Planning, region: str, now: datetime) -> Answered | None:
    """As `plan_once`, within a second: all that is published and still allowed stays as it is.

    Who could be helped today by a team on the road only is not planned while that team is asked.
    """
    async with become_only_planner(planning.lock_dsn, region) as mine:
        if not mine:
            return None
        steps = Steps()
        posed = await pose(planning, region, now, steps)
        plan, kept, begun = await search(planning, posed, answer_apart)
        steps.note("solved")
        offers = await ask(posed, plan)
        if offers:
            posed = hold(posed, offers)
            plan, kept, begun = await search(planning, posed, answer_apart)
        steps.note("asked")
        posed = await submit_first_part(planning, posed, plan, kept, now)
        submission = to_submission(posed, plan, now, kept, asked=offers, begun=begun)
        steps.note("written")
        outcome = await submit(planning, submission, now)
        steps.note("stored")
        logger.info("answered %s in %s", region, steps.text)
        return Answered(posed, plan, kept, outcome)


async def submit_first_part(
    planning: Planning,
    posed: PosedProblem,
    plan: Plan,
    kept: tuple[Violation, ...],
    now: datetime,
) -> PosedProblem:
    """Submits what of a plan needs no person by the policy of the region, so that it does not wait with the rest.

    Returns the problem with the plan that people go by then.
    """
    first = await asyncio.to_thread(find_first_part, posed, plan)
    if first is None:
        return posed
    submission = to_submission(posed, first, now, kept)
    await submit(planning, submission, now)
    assert submission.plan_record is not None
    return replace(posed, base=name_plan(first, submission.plan_record.hash))


async def ask(posed: PosedProblem, plan: Plan) -> tuple[StopOffered, ...]:
    """What teams that no plan touches are asked, for those whom this plan does not help today. Raises NoPlan."""
    try:
        return await asyncio.to_thread(find_offers, posed, plan)
    except Exception as error:  # whatever it is, this problem is the cause
        raise NoPlan(posed.problem.region) from error


async def answer_better(
    planning: Planning, answered: Answered, now: datetime, number: int
) -> Outcome | None:
    """Answers the same event with more thought; None where that serves nobody more. Raises NoPlan.

    It is told to people for more doses only: for minutes nobody hears a second time of one event. Nobody else is kept
    from the region meanwhile: whoever answers a newer event makes what is found here stale.
    """
    posed, limits = answered.posed, planning.limits
    seconds = min(limits.seconds, ANSWERS.better_seconds)
    try:
        plan = await asyncio.get_running_loop().run_in_executor(
            planning.solver,
            answer_better_apart,
            posed.problem,
            replace(limits, seconds=seconds),
            planning.seed,
            number,
        )
    except Exception as error:  # whatever it is, this problem is the cause
        raise NoPlan(posed.problem.region) from error
    if plan is None or not serves_more(plan, answered.plan):
        return None
    return await submit(planning, to_submission(posed, plan, now, answered.kept), now)


def serves_more(plan: Plan, other: Plan) -> bool:
    """Whether a plan of the same problem serves people of more weight."""
    return plan.values.unserved_weight < other.values.unserved_weight


async def pose(
    planning: Planning, region: str, now: datetime, steps: Steps | None = None
) -> PosedProblem:
    """Reads the problem of a region as it is now."""
    steps = steps or Steps()
    memory = None if planning.memories is None else planning.memories.of(region)
    people = None if memory is None else memory.people
    snapshot = await load_snapshot(planning.reading, region, now, memory=people)
    steps.note("read")
    if memory is not None:
        memory.needs.forget(memory.people.take_changed())
    posed = to_problem(snapshot, None if memory is None else memory.needs)
    posed = await planning.travelling.complete_travel(planning.reading, posed)
    steps.note("built")
    return posed


async def search(
    planning: Planning, posed: PosedProblem, by: Search
) -> tuple[Plan, tuple[Violation, ...], BegunRecord]:
    """A plan from the child process; meanwhile what published stops break is judged here, and its record begun. Raises NoPlan."""
    region = posed.problem.region
    try:
        found: Awaitable[Plan] = asyncio.get_running_loop().run_in_executor(
            planning.solver, by, posed.problem, planning.limits, planning.seed
        )
        kept = await asyncio.to_thread(judge_kept, posed)
        begun = await asyncio.to_thread(BegunRecord, posed.problem)
        return await found, kept, begun
    except Exception as error:  # whatever it is, this problem is the cause
        raise NoPlan(region) from error


def judge_kept(posed: PosedProblem) -> tuple[Violation, ...]:
    """What published stops break by themselves."""
    return check_kept(replace(posed.problem, kept=posed.told))


async def submit(planning: Planning, submission: Submission, now: datetime) -> Outcome:
    """Hands a plan to the door, with what teams are asked beside it; the outcome is that of the plan."""
    outcome, *_ = await accept(planning.door, [submission], now)
    if outcome.status is Status.REJECTED:
        logger.error("the door refused a plan: %s %s", outcome.reason, outcome.fields)
    return outcome
