"""The plan that people go by, as what reasons and suggestions are asked about."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from infra.postgres.database import Who
from infra.postgres.pages import status
from scheduling.plan import Reason
from services.web.fitting_apart import Question
from services.web.parts import Parts

if TYPE_CHECKING:
    from infra.postgres.database import Connection


class NoPlan(Exception):
    """Nobody goes by any plan here yet."""


async def find_published(tx: "Connection", region: str) -> status.PlanRow | None:
    """Finds the plan that people of a region go by."""
    plans = await status.plans(tx, region)
    return next((plan for plan in plans if plan.state == "published"), None)


async def ask_about(
    parts: Parts, who: Who, location: UUID, reason: Reason | None = None
) -> tuple[status.PlanRow, Question]:
    """The plan that people go by now, and the question about a location in it. Raises NoPlan."""
    async with parts.reader.reading(who) as tx:
        plan = await find_published(tx, who.region)
    if plan is None:
        raise NoPlan
    rows = await parts.writing.load_standing(who.region, plan.hash)
    if rows is None:
        raise NoPlan
    wanted = reason.value if reason else None
    now = parts.clock.now()
    stands = replace(rows, record=None, matrix=None)
    return plan, Question(plan.hash, str(location), wanted, now, stands)
