"""`/api/v1/plan/checks`, `/edits`, `/places` and `/visits/{visit}/alternatives`: a planner's hand on every stop.

A check stores nothing. An edit is stored as events after the same check, all of them or none.
"""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from infra.postgres.database import Who
from infra.postgres.findings import Rival
from services.web.access import allow
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.hand_answers import (
    BrokenRule,
    ChangedStop,
    EffectOut,
    HeldBy,
    PlacesOut,
    SavedEdit,
    to_broken,
    to_changed,
    to_effect,
    to_held_by,
    to_places,
    write_changed,
)
from services.web.api.hand_edits import EditIn, PlacesIn, to_asked, to_edit
from services.web.api.problems import STALE, Problem
from services.web.parts import get_parts
from services.web.refusing import Kind
from services.web.steering import NOTHING_DONE, Stored
from services.web.steering_errors import CannotHold, Locking, NoPlanYet, Pinning, Stale, WantsReason

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]

CANNOT_BE: Final = Kind(
    "cannot_hold", 409, "Cannot hold", "The change breaks rules and was not stored; see breaches."
)
REASON: Final = Kind(
    "reason_wanted",
    409,
    "Reason wanted",
    "Nothing was stored: the change costs people something; say why, without numbers or addresses of people.",
)
NO_PLAN: Final = Kind("no_plan", 409, "No plan", "The region has no plan that can be changed.")


class EditRefused(Problem):
    """Why a change was not stored: rules that it breaks, or what changed meanwhile."""

    breaches: Annotated[list[BrokenRule], Field(default_factory=list)]
    changes: Annotated[list[ChangedStop], Field(default_factory=list)]
    held_by: Annotated[list[HeldBy], Field(default_factory=list)]


class EditWanted(BaseModel):
    """A change to store: `seen` is the number of the check that the planner looked at."""

    edit: EditIn
    seen: Annotated[int, Field(ge=0, le=2**62)]
    reason: Annotated[str, Field(max_length=280)] = ""


class CheckWanted(BaseModel):
    """A change to look at."""

    edit: EditIn


KINDS: Final = ((CANNOT_BE, EditRefused), (STALE, EditRefused), (REASON, EditRefused))
REFUSALS: Final = may_answer(*KINDS, (NO_PLAN, Problem))


@router.post("/plan/checks", responses=REFUSALS, response_model=EffectOut)
async def check_edit(
    request: Request, who: Planner, wanted: CheckWanted
) -> EffectOut | JSONResponse:
    """What a change would do to the plan as it stands; nothing is stored. 409 when it cannot even be tried."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        edit = to_edit(looked, wanted.edit)
        if isinstance(edit, Locking | Pinning):
            return to_effect(looked, NOTHING_DONE)
        effect = await steering.check(looked, edit)
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_effect(looked, effect, await steering.find_pins(who, effect.held_by))


@router.post("/plan/edits", status_code=201, responses=REFUSALS, response_model=SavedEdit)
async def save_edit(request: Request, who: Planner, wanted: EditWanted) -> SavedEdit | JSONResponse:
    """Stores a change after the same check: all its events, or none and the reason why."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        edit = to_edit(looked, wanted.edit)
        if isinstance(edit, Locking):
            return to_saved(await steering.lock(who, edit))
        if isinstance(edit, Pinning):
            return to_saved(await steering.pin(who, edit))
        return to_saved(await steering.save(who, edit, wanted.seen, wanted.reason.strip()))
    except CannotHold as refused:
        return answer_refused(refused, await steering.find_pins(who, refused.held_by))
    except (NoPlanYet, Stale, WantsReason) as refused:
        return answer_refused(refused)


@router.post(
    "/plan/edits/{edit}/undo", status_code=201, responses=REFUSALS, response_model=SavedEdit
)
async def undo_edit(request: Request, who: Planner, edit: UUID) -> SavedEdit | JSONResponse:
    """Puts back what one action changed, unless somebody changed its stops since: then 409 says who."""
    try:
        return to_saved(await get_parts(request).steering.undo(who, edit))
    except (CannotHold, NoPlanYet, Stale) as refused:
        return answer_refused(refused)


@router.post("/plan/places", responses=REFUSALS, response_model=PlacesOut)
async def find_a_place(
    request: Request, who: Planner, wanted: PlacesIn
) -> PlacesOut | JSONResponse:
    """Five slots with their price, for people at a location or for a crisis visit; nothing is stored."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        found = await steering.find_places(looked, to_asked(looked, wanted))
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_places(looked, found)


@router.get("/plan/visits/{visit}/alternatives", responses=REFUSALS, response_model=PlacesOut)
async def list_alternatives(
    request: Request, who: Planner, visit: UUID
) -> PlacesOut | JSONResponse:
    """Why here and not there: the next best three slots of a visit with their price, and the rule that keeps it from each other team."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        found = await steering.find_alternatives(looked, str(visit))
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_places(looked, found)


def to_saved(stored: Stored) -> SavedEdit:
    """A stored change as it is answered."""
    return SavedEdit(
        edit=stored.edit,
        numbers=list(stored.numbers),
        effect=to_effect(stored.looked, stored.effect),
    )


def answer_refused(
    refused: CannotHold | NoPlanYet | Stale | WantsReason,
    pins: Mapping[UUID, Rival] | None = None,
) -> JSONResponse:
    """A refusal in words, with the rules by name, the pins in the way, or who changed what."""
    if isinstance(refused, NoPlanYet):
        return problems.answer(NO_PLAN)
    if isinstance(refused, Stale):
        changes = [to_changed(row).model_dump(mode="json") for row in refused.changes]
        said = [write_changed(row) for row in refused.changes]
        detail = "Nothing was stored. Changed since you looked: " + "; ".join(said) + "."
        return problems.answer(STALE, detail=detail, changes=changes)
    kind = REASON if isinstance(refused, WantsReason) else CANNOT_BE
    return problems.answer(
        kind,
        breaches=[to_broken(row).model_dump(mode="json") for row in refused.breaches],
        held_by=[row.model_dump(mode="json") for row in to_held_by(pins or {})],
    )
