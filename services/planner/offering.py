"""One offer: on a quiet region a better plan is searched, and proposed to a person where it gains more than it disturbs."""

import asyncio
from datetime import datetime

from events.plans import PlanOffer
from scheduling.improve import Offer
from services.accept.submission import Outcome
from services.planner.apart import NoPlan
from services.planner.child import improve_apart
from services.planner.round import Planning, judge_kept, pose, submit
from services.planner.translate import to_submission


async def offer_once(
    planning: Planning, region: str, now: datetime, number: int = 0
) -> Outcome | None:
    """Proposes a plan that gains more than it disturbs; None when there is none, or the search was stopped by `number`.

    It is published when somebody approves it, in every region; the next plan of the region takes its place. Nobody is
    kept from answering an event meanwhile, which makes what is found here stale. Raises NoPlan.
    """
    posed = await pose(planning, region, now)
    try:
        offer = await asyncio.get_running_loop().run_in_executor(
            planning.solver,
            improve_apart,
            posed.problem,
            planning.limits,
            planning.seed,
            number,
        )
    except Exception as error:  # whatever it is, this problem is the cause
        raise NoPlan(region) from error
    if offer is None or not offer.is_worth:
        return None
    submission = to_submission(posed, offer.plan, now, judge_kept(posed), to_plan_offer(offer))
    return await submit(planning, submission, now)


def to_plan_offer(offer: Offer) -> PlanOffer:
    """Converts what an offer gains and disturbs."""
    return PlanOffer(
        people_more=offer.people_more,
        doses_saved=offer.doses_saved,
        minutes_saved=offer.minutes_saved,
        calls=offer.calls,
    )
