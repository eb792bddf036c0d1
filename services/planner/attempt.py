"""One attempt at a plan, whose failure must not keep other regions without one."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from infra.clock import SystemClock
from infra.postgres.snapshot.load import Due
from services.accept.submission import Outcome, Status
from services.planner.apart import FailedRegions, NoPlan, Refused
from services.planner.round import Planning, plan_once

logger = logging.getLogger(__name__)

Round = Callable[[Planning, str, datetime], Awaitable[Outcome | None]]


async def try_to_plan(
    planning: Planning,
    due: Due,
    now: datetime,
    failed: FailedRegions | None = None,
    real: SystemClock | None = None,
    by: Round = plan_once,
) -> bool:
    """Plans a region; False when its solve failed or the door refused its plan.

    Notes in `failed` what happened, at the moment in real seconds after it.
    """
    failed, real = failed or FailedRegions(), real or SystemClock()
    try:
        outcome = await by(planning, due.region, now)
    except NoPlan as error:
        logger.exception("no plan for %s", due.region, exc_info=error.__cause__)
        failed.note(due, real.monotonic())
        return False
    if outcome is not None and outcome.status is Status.REJECTED:
        reason = outcome.reason.value if outcome.reason else ""
        failed.note(due, real.monotonic(), Refused(reason, outcome.fields))
        return False
    failed.forget(due.region)
    return True
