"""One offer: on a quiet region a better plan is searched, and proposed to a person where it gains more than it disturbs."""

import asyncio
from dataclasses import replace
from datetime import datetime

from events.plans import PlanOffer
from infra.postgres.locks import become_only_planner
from infra.postgres.snapshot.load import load_snapshot
from scheduling.improve import Offer, improve
from scheduling.kept import check_kept
from scheduling.problem import Problem
from scheduling.solve import Limits
from services.accept.submission import Outcome
from services.planner.apart import NoPlan
from services.planner.problem.posed import to_problem
from services.planner.round import Planning, submit
from services.planner.translate import to_submission


async def offer_once(planning: Planning, region: str, now: datetime) -> Outcome | None:
    """Proposes a plan that gains more than it disturbs; None when there is none, or another planner has the region.

    It is published when somebody approves it, in every region; the next plan of the region takes its place. Raises NoPlan.
    """
    async with become_only_planner(planning.lock_dsn, region) as mine:
        if not mine:
            return None
        snapshot = await load_snapshot(planning.reading, region, now)
        posed = await planning.travelling.complete_travel(planning.reading, to_problem(snapshot))
        try:
            offer = await asyncio.get_running_loop().run_in_executor(
                planning.solver, improve_apart, posed.problem, planning.limits, planning.seed
            )
            kept = check_kept(replace(posed.problem, kept=posed.told))
        except Exception as error:  # whatever it is, this problem is the cause
            raise NoPlan(region) from error
        if not offer.is_worth:
            return None
        submission = to_submission(posed, offer.plan, now, kept, to_plan_offer(offer))
        return await submit(planning, submission, now)


def improve_apart(problem: Problem, limits: Limits, seed: int) -> Offer:
    """Calls `improve` in the child process, with arguments that can be pickled."""
    return improve(problem, limits, seed=seed)


def to_plan_offer(offer: Offer) -> PlanOffer:
    """Converts what an offer gains and disturbs."""
    return PlanOffer(
        people_more=offer.people_more,
        doses_saved=offer.doses_saved,
        minutes_saved=offer.minutes_saved,
        calls=offer.calls,
    )
