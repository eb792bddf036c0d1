"""`POST /api/v1/plans/{id}/approve`, `reject` and `restore`: a planner decides, and hears who was first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from events.identifiers import PlanId, ShortText
from events.teams import PlanRejected
from infra.postgres.database import Who
from scheduling.choosing import RefusedPart
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.plans import PlanVersion, Text, to_plan_version
from services.web.api.problems import Problem, answer
from services.web.choosing import Selection
from services.web.parts import get_parts
from services.web.plan_decisions import (
    Busy,
    CannotStandAlone,
    Choice,
    Decided,
    NoPlan,
    NothingChosen,
    approve,
    reject,
    restore,
)
from services.web.plan_words import write_decided, write_refused
from services.web.refusing import Kind
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]

DECIDED = Kind(
    "plan_decided", 409, "Decided before", "Somebody decided before; nothing was stored. See text."
)
CANNOT_STAND = Kind(
    "cannot_stand",
    409,
    "Cannot stand alone",
    "Some of what was chosen breaks a rule without the rest, or has changed; nothing was stored. See refused.",
)
BUSY = Kind(
    "plan_busy", 409, "Facts keep coming", "New facts came meanwhile; nothing was stored. Again."
)
NOTHING = Kind(
    "nothing_chosen", 409, "Nothing chosen", "No line of the difference was chosen; see diff."
)


class Chosen(BaseModel):
    """Which lines of the difference to take; without any the whole plan."""

    lines: Annotated[frozenset[str] | None, Field(max_length=5000)] = None
    visits: Annotated[frozenset[UUID] | None, Field(max_length=5000)] = None
    locations: Annotated[frozenset[UUID] | None, Field(max_length=5000)] = None
    teams: Annotated[frozenset[UUID] | None, Field(max_length=500)] = None
    only_what_stands: Annotated[
        bool, Field(description="leave out what cannot stand alone, instead of refusing all")
    ] = False
    reason: ShortText | None = None

    def to_choice(self) -> Choice:
        """The choice; naming no line at all means the whole plan, an empty list means nothing."""
        given = (self.lines, self.visits, self.locations, self.teams)
        selection = (
            None
            if all(one is None for one in given)
            else Selection(
                self.lines or frozenset(),
                self.visits or frozenset(),
                self.locations or frozenset(),
                self.teams or frozenset(),
            )
        )
        return Choice(selection, self.only_what_stands, self.reason)


class Why(BaseModel):
    """Why a plan is rejected."""

    reason: ShortText = "afgewezen"


class RefusedLine(BaseModel):
    """A line that cannot stand alone: the rule that it breaks, and the lines with which it could."""

    line: str
    rule: str
    needs: list[str]


class PlanDecided(BaseModel):
    """The plan that was decided on or made, and the lines that are not in it."""

    plan: PlanVersion
    refused: list[RefusedLine]


class Overtaken(Problem):
    """Who decided before."""

    text: Text
    plan: PlanVersion
    published: PlanVersion | None


class NotAlone(Problem):
    """What cannot stand alone; `text` says it in sentences, `changed` names lines that are not there any more."""

    refused: list[RefusedLine]
    changed: list[str]
    text: Text


REFUSALS = may_answer((DECIDED, Overtaken))
RESTORING = may_answer((BUSY, Problem))


@router.post(
    "/plans/{plan}/approve",
    response_model=PlanDecided,
    responses=may_answer(
        (DECIDED, Overtaken), (CANNOT_STAND, NotAlone), (NOTHING, Problem), (BUSY, Problem)
    ),
)
async def approve_plan(
    request: Request, who: Planner, plan: UUID, chosen: Chosen | None = None
) -> PlanDecided | JSONResponse:
    """Publish a proposal, or a whole plan of what stands and of some of its lines, checked by every rule on the facts of now."""
    parts = get_parts(request)
    try:
        found = await approve(parts, who, plan, (chosen or Chosen()).to_choice())
    except (NoPlan, Decided, CannotStandAlone, NothingChosen, Busy) as error:
        return refuse(request, error)
    return PlanDecided(
        plan=to_plan_version(found.version), refused=[to_refused(row) for row in found.refused]
    )


@router.post("/plans/{plan}/reject", response_model=PlanDecided, responses=REFUSALS)
async def reject_plan(
    request: Request, who: Planner, plan: UUID, why: Why | None = None
) -> PlanDecided | JSONResponse:
    """Reject a proposal, with a reason."""
    said = PlanRejected(plan_id=PlanId(plan), reason=(why or Why()).reason)
    try:
        found = await reject(get_parts(request), who, said)
    except (NoPlan, Decided) as error:
        return refuse(request, error)
    return PlanDecided(plan=to_plan_version(found), refused=[])


@router.post("/plans/{plan}/restore", response_model=PlanDecided, responses=RESTORING)
async def restore_plan(request: Request, who: Planner, plan: UUID) -> PlanDecided | JSONResponse:
    """Propose an earlier version again, as far as the facts of now allow; `refused` says what cannot come back, and why."""
    try:
        found, made = await restore(get_parts(request), who, plan)
    except (NoPlan, Busy) as error:
        return refuse(request, error)
    return PlanDecided(
        plan=to_plan_version(found), refused=[to_refused(row) for row in made.refused]
    )


def refuse(request: Request, error: Exception) -> JSONResponse:
    """The answer to a decision that was not taken, in words."""
    words = [Wording(language) for language in LANGUAGES]
    if isinstance(error, NoPlan):
        raise HTTPException(404) from error
    if isinstance(error, Decided):
        now = get_parts(request).clock.now()
        published = error.published
        return answer(
            DECIDED,
            text={t.language: write_decided(error, now, t) for t in words},
            plan=to_plan_version(error.version).model_dump(mode="json"),
            published=to_plan_version(published).model_dump(mode="json") if published else None,
        )
    if isinstance(error, CannotStandAlone):
        return answer(
            CANNOT_STAND,
            refused=[to_refused(row).model_dump(mode="json") for row in error.refused],
            changed=sorted(error.unknown),
            text={t.language: " ".join(write_refused(error, t)) for t in words},
        )
    return answer(NOTHING if isinstance(error, NothingChosen) else BUSY)


def to_refused(row: RefusedPart) -> RefusedLine:
    """A refused line as the API shows it."""
    return RefusedLine(line=row.name, rule=row.rule, needs=list(row.needs))
