"""What the open status said last, and whether that may be said again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from infra.postgres.database import Who
from infra.postgres.pages import status
from services.web.parts import Parts

FRESH_SECONDS: Final = 1.0


@dataclass(slots=True)
class KeptStatus:
    """What was said last, when it was computed, how much had been accepted by then, and the plans that it names."""

    at: float
    heard: int
    plans: frozenset[tuple[str, str, UUID]]
    said: dict[str, Any]


def list_plan_ids(rows: Sequence[status.PlanRow]) -> frozenset[tuple[str, str, UUID]]:
    """List which plan of each region is in which state."""
    return frozenset((row.region, row.state, row.plan) for row in rows)


async def is_of_now(parts: Parts, who: Who, kept: KeptStatus) -> bool:
    """Whether to say again what was said: for a second, unless there is another plan by now."""
    if parts.clock.monotonic() - kept.at >= FRESH_SECONDS:
        return False
    if (heard := parts.hub.heard) == kept.heard:
        return True
    async with parts.reader.reading(who) as tx:
        plans = list_plan_ids(await status.plans(tx))
    kept.heard = heard
    return plans == kept.plans
