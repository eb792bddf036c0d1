"""A suggestion to which somebody said yes, as the facts that a planner may say: a longer shift, more room in the cool box."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events.teams import ShiftChanged
from infra.postgres.pages.shifts import read_worked
from scheduling.fitting.changes import BiggerBox, WorkLonger
from scheduling.fitting.fit import Fit
from services.web.fitting_apart import Around

if TYPE_CHECKING:
    from infra.postgres.database import Connection


def is_ours(fit: Fit) -> bool:
    """Whether a planner may say all of it; the rest is said by a location, the GGD or a clinician, or would go to others first."""
    said = all(isinstance(change, WorkLonger | BiggerBox) for change in fit.changes)
    return bool(fit.changes) and said and not fit.alone


def to_token(fit: Fit) -> str:
    """Names what was suggested, so that nothing else is stored."""
    return hashlib.sha256(repr(fit.changes).encode()).hexdigest()[:16]


async def to_facts(
    tx: "Connection", region: str, fit: Fit, around: Around
) -> list[ShiftChanged] | None:
    """The shifts as they would be; None where one is not of this region any more."""
    found: dict[str, dict[str, Any]] = {}
    for change in fit.changes:
        assert isinstance(change, WorkLonger | BiggerBox), "asked of `is_ours` before"
        worked = found.get(change.shift_id) or await read_worked(tx, region, UUID(change.shift_id))
        if worked is None:
            return None
        found[change.shift_id] = with_change(worked, change, around)
    return [
        ShiftChanged.model_validate({**worked, "shift_id": name}) for name, worked in found.items()
    ]


def with_change(
    worked: dict[str, Any], change: WorkLonger | BiggerBox, around: Around
) -> dict[str, Any]:
    """A shift with a change; what it has already stays."""
    if isinstance(change, BiggerBox):
        return {**worked, "capacity": worked["capacity"] + change.doses}
    to_moment = around.calendar.to_moment
    starts, ends = (datetime.fromisoformat(worked[name]) for name in ("starts_at", "ends_at"))
    return {
        **worked,
        "starts_at": min(starts, to_moment(change.start)).isoformat(),
        "ends_at": max(ends, to_moment(change.end)).isoformat(),
    }
