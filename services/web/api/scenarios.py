"""`/api/v1/plan/scenarios` and `/plan/alternatives`: what would happen if, beside the plan and never in it."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from events.identifiers import ShortText
from infra.postgres.database import Who
from scheduling.scenarios.alternatives import Aim
from scheduling.scenarios.comparison import Figures
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.plan_decisions import (
    BUSY as PLAN_BUSY,
)
from services.web.api.plan_decisions import (
    CANNOT_STAND,
    NOTHING,
    PlanDecided,
    RefusedLine,
    to_refused,
)
from services.web.api.plans import (
    DifferenceLine,
    PlanCall,
    Text,
    say,
    to_call,
    to_line,
    to_plan_version,
)
from services.web.api.problems import Problem, answer
from services.web.parts import Parts, get_parts
from services.web.plan_decisions import Busy, CannotStandAlone, NothingChosen
from services.web.plan_words import write_refused
from services.web.planned import find_published
from services.web.proposing import PlanChanged, propose
from services.web.refusing import BUSY, NOT_KEPT, TOO_MANY, Kind, Refused
from services.web.scenario_changes import ChangeIn
from services.web.scenario_words import (
    Names,
    find_unknown,
    read_names,
    write_order,
    write_overtaken,
    write_state,
    write_title,
)
from services.web.scenarios import Scenario, State, wait_for_all
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]

NO_PLAN: Final = Kind("no_plan", 409, "No plan", "Nobody goes by any plan here yet.")
NOT_HERE: Final = Kind(
    "not_here", 404, "Not here", "Something that is named is not of this region; see errors."
)
NOT_READY: Final = Kind(
    "not_ready", 409, "Not ready", "There is no plan of this scenario (yet); see text."
)
OVERTAKEN: Final = Kind(
    "scenario_overtaken",
    409,
    "The plan changed",
    "The published plan changed since; nothing was stored. See text and lines; ask it again.",
)
Wait = Annotated[float, Query(ge=0, le=25, description="seconds to wait for the answer")]


class ScenarioIn(BaseModel):
    """Things that could happen, together."""

    model_config = ConfigDict(extra="forbid")

    name: ShortText | None = None
    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=8)]


class PlanFigures(BaseModel):
    """What a plan is worth, counted alike for every plan. People are counted once."""

    people_served: int
    people_by_priority: Annotated[dict[str, int], Field(description="the highest first")]
    next_doses: Annotated[int, Field(description="second doses and later")]
    next_doses_late: int
    doses_wasted: int
    working_minutes: int
    metres: int
    calls: Annotated[int, Field(description="locations that must be phoned")]
    dropped: Annotated[int, Field(description="people who lose their appointment")]
    next_doses_dropped: Annotated[int, Field(description="of these: second doses and later")]
    joined: Annotated[int, Field(description="people who get an appointment")]
    crisis_visits_dropped: int
    area_points_behind: Annotated[
        int, Field(description="percentage points by which the last area lags")
    ]
    team_minutes_apart: Annotated[
        int, Field(description="between who works most and who works least")
    ]


class PlanScenario(BaseModel):
    """What is supposed, and what would come of it. Not the plan: nobody is told."""

    id: UUID
    state: State
    name: str | None
    aim: Annotated[Aim | None, Field(description="of an alternative")]
    changes: list[ChangeIn]
    asked_at: datetime
    title: Text
    text: Annotated[Text, Field(description="why there is no plan to see")]
    plan: Annotated[UUID | None, Field(description="the published plan that it was made beside")]
    superseded: Annotated[bool, Field(description="whether another plan was published since")]
    now: Annotated[PlanFigures | None, Field(description="the plan of then, in the same figures")]
    figures: PlanFigures | None
    lines: Annotated[list[DifferenceLine], Field(description="who moves, drops out or joins")]
    calls: Annotated[list[PlanCall], Field(description="who must be phoned")]


class PlanScenarios(BaseModel):
    """What is kept for this region, the newest first; and what counts most, in order."""

    scenarios: list[PlanScenario]
    order: Annotated[list[Text], Field(description="what a plan is for, the most important first")]


class ProposalIn(BaseModel):
    """What to do where the facts of now do not allow all of it."""

    model_config = ConfigDict(extra="forbid")

    only_what_stands: bool = False


class ScenarioOvertaken(Problem):
    """What changed in the published plan since."""

    text: Text
    lines: list[DifferenceLine]


class ScenarioNotReady(Problem):
    """Why there is no plan of a scenario."""

    text: Text


class NotProposed(Problem):
    """Why a scenario makes no proposal: the plan changed (`lines`), it cannot stand (`refused`), or there is no plan of it."""

    text: Text
    lines: list[DifferenceLine] | None = None
    refused: list[RefusedLine] | None = None
    changed: list[str] | None = None


GONE = may_answer((NOT_KEPT, Problem))
ASKED = may_answer((NOT_HERE, Problem), (NO_PLAN, Problem), (TOO_MANY, Problem), (BUSY, Problem))


@router.post("/plan/scenarios", status_code=202, responses=ASKED)
async def suppose(
    request: Request, who: Planner, asked: ScenarioIn, wait: Wait = 0
) -> PlanScenario:
    """Ask what comes of it if these things happen; answered within seconds, kept for two hours."""
    parts = get_parts(request)
    names = await _read_beside_a_plan(parts, who)
    if unknown := find_unknown(asked.changes, names):
        raise Refused(NOT_HERE, fields=unknown)
    made = parts.scenarios.suppose(who, asked.changes, asked.name)
    (one,) = await _answer(parts, who, [made], wait)
    return one


@router.post(
    "/plan/alternatives",
    status_code=202,
    responses=may_answer((NO_PLAN, Problem), (TOO_MANY, Problem), (BUSY, Problem)),
)
async def ask_alternatives(request: Request, who: Planner, wait: Wait = 0) -> PlanScenarios:
    """Ask for three other plans of what is so: the fewest minutes, fair between areas, the least waste."""
    parts = get_parts(request)
    await _read_beside_a_plan(parts, who)
    made = parts.scenarios.ask_alternatives(who)
    return _with_order(await _answer(parts, who, made, wait))


@router.get("/plan/scenarios")
async def list_scenarios(request: Request, who: Planner) -> PlanScenarios:
    """What is supposed in the own region, the newest first."""
    parts = get_parts(request)
    return _with_order(await _answer(parts, who, parts.scenarios.list_of(who.region), 0))


@router.get("/plan/scenarios/{scenario}", responses=GONE)
async def show_scenario(
    request: Request, who: Planner, scenario: UUID, wait: Wait = 0
) -> PlanScenario:
    """One scenario of the own region."""
    parts = get_parts(request)
    (one,) = await _answer(parts, who, [_find(parts, who, scenario)], wait)
    return one


@router.delete("/plan/scenarios/{scenario}", status_code=204, responses=GONE)
async def discard_scenario(request: Request, who: Planner, scenario: UUID) -> Response:
    """Throw a scenario away."""
    parts = get_parts(request)
    parts.scenarios.discard(_find(parts, who, scenario))
    return Response(status_code=204)


@router.post("/plan/scenarios/{scenario}/again", status_code=202, responses=ASKED)
async def ask_again(request: Request, who: Planner, scenario: UUID, wait: Wait = 0) -> PlanScenario:
    """Ask the same of the newest plan; of an alternative all three are searched again."""
    parts = get_parts(request)
    old = _find(parts, who, scenario)
    await _read_beside_a_plan(parts, who)
    if old.aim is None:
        made = parts.scenarios.suppose(who, old.changes, old.name)
    else:
        three = parts.scenarios.ask_alternatives(who)
        made = next(one for one in three if one.aim is old.aim)
    (one,) = await _answer(parts, who, [made], wait)
    return one


@router.post(
    "/plan/scenarios/{scenario}/proposal",
    status_code=201,
    response_model=PlanDecided,
    responses=GONE
    | {
        409: {
            "description": "The plan changed, it cannot stand, or there is nothing to propose",
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": f"#/components/schemas/{NotProposed.__name__}"}
                }
            },
        }
    },
)
async def propose_scenario(
    request: Request, who: Planner, scenario: UUID, how: ProposalIn | None = None
) -> PlanDecided | JSONResponse:
    """Propose a whole plan with what the scenario changes, judged by every rule on the facts of now; a person approves it."""
    parts = get_parts(request)
    found = _find(parts, who, scenario)
    if found.column is None:
        return answer(NOT_READY, text=say(lambda t: write_state(found, t)))
    try:
        fitting = how is not None and how.only_what_stands
        version, refused = await propose(parts, who, found, fitting=fitting)
    except (PlanChanged, CannotStandAlone, NothingChosen, Busy) as error:
        return refuse(error)
    return PlanDecided(plan=to_plan_version(version), refused=[to_refused(row) for row in refused])


def refuse(error: PlanChanged | CannotStandAlone | NothingChosen | Busy) -> JSONResponse:
    """Why nothing was proposed, in words."""
    if isinstance(error, PlanChanged):
        return answer(
            OVERTAKEN,
            text=say(lambda t: write_overtaken(error.lines, error.names, t)),
            lines=[to_line(line, error.names).model_dump(mode="json") for line in error.lines],
        )
    if isinstance(error, CannotStandAlone):
        return answer(
            CANNOT_STAND,
            refused=[to_refused(row).model_dump(mode="json") for row in error.refused],
            changed=sorted(error.unknown),
            text=say(lambda t: " ".join((t("scenario.cannot"), *write_refused(error, t)))),
        )
    return answer(NOTHING if isinstance(error, NothingChosen) else PLAN_BUSY)


def _find(parts: Parts, who: Who, name: UUID) -> Scenario:
    found = parts.scenarios.find(who.region, name)
    if found is None:
        raise Refused(NOT_KEPT)
    return found


async def _read_beside_a_plan(parts: Parts, who: Who) -> Names:
    """What things are called. Refused where nobody goes by any plan."""
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        if await find_published(tx, who.region) is None:
            raise Refused(NO_PLAN)
    return names


def _with_order(found: list[PlanScenario]) -> PlanScenarios:
    words = [Wording(language) for language in LANGUAGES]
    order = zip(*(write_order(t) for t in words), strict=True)
    return PlanScenarios(
        scenarios=found, order=[dict(zip(LANGUAGES, texts, strict=True)) for texts in order]
    )


async def _answer(
    parts: Parts, who: Who, found: list[Scenario], seconds: float
) -> list[PlanScenario]:
    await wait_for_all(found, seconds)
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        published = await find_published(tx, who.region)
    plan = published.plan if published else None
    return [to_scenario(one, names, plan) for one in found]


def to_scenario(one: Scenario, names: Names, published: UUID | None) -> PlanScenario:
    """A scenario as the API shows it; `published` is the plan that people go by now."""
    column, base = one.column, one.thought.base if one.thought else None
    return PlanScenario(
        id=one.id,
        state=one.state,
        name=one.name,
        aim=one.aim,
        changes=list(one.changes),
        asked_at=one.asked_at,
        title=say(lambda t: write_title(one, names, t)),
        text=say(lambda t: write_state(one, t)),
        plan=base,
        superseded=one.thought is not None and base != published,
        now=to_figures(one.now) if one.now else None,
        figures=to_figures(column.figures) if column else None,
        lines=[to_line(line, names.of_lines) for line in column.lines] if column else [],
        calls=[to_call(call, names.of_lines) for call in column.calls] if column else [],
    )


def to_figures(one: Figures) -> PlanFigures:
    """Figures as the API shows them: how many people, and not who."""
    return PlanFigures(
        people_served=one.people_served,
        people_by_priority={str(priority): n for priority, n in one.people_by_priority},
        next_doses=one.next_doses,
        next_doses_late=one.next_doses_late,
        doses_wasted=one.doses_wasted,
        working_minutes=one.working_minutes,
        metres=one.metres,
        calls=one.calls,
        dropped=len(one.dropped),
        next_doses_dropped=one.next_doses_dropped,
        joined=len(one.joined),
        crisis_visits_dropped=len(one.dropped_visits),
        area_points_behind=one.area_points_behind,
        team_minutes_apart=one.team_minutes_apart,
    )
