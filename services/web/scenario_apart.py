"""What runs in the child process of scenarios: the plan if something happened, what it changes, and what of it can stand by now."""

import gc
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from events.identifiers import PlanId
from events.plans import Made, VisitAssigned
from infra.embedded.orphans import die_with_parent
from infra.identity import new_id
from infra.postgres.snapshot.rows import Snapshot
from infra.travel.matrix import Matrix
from scheduling.choosing import CannotStand
from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.routing.engines import list_installed, load_engine
from scheduling.scenarios.alternatives import find_alternatives
from scheduling.scenarios.answering import Answer, answer_now, answer_scenario
from scheduling.scenarios.changes import NotInPlan
from scheduling.scenarios.comparison import Figures
from scheduling.solve import InvalidProblem
from services.plan_life.difference import Call, Line, Reasons, compare, list_calls
from services.planner.problem.posed import PosedProblem, to_problem
from services.planner.translate import to_assignment
from services.web.choosing import Composed, Wish, compose_now, with_travel
from services.web.scenario_changes import ChangeIn, to_change

NICENESS: Final = (
    15  # after pages, intake and whoever answers events; as the planner's own second thoughts
)
# As the planner's second answer to an event (services.planner.params), so that a scenario shows what a fact would bring.
SCENARIO: Final = Limits(2.0)
# Three searches in one call, together as long as one plan of the planner takes by default.
ALTERNATIVE: Final = Limits(3.0)


@dataclass(frozen=True, slots=True)
class Region:
    """A region as it stands now, and the travel that its plans used last."""

    snapshot: Snapshot
    travel: Matrix | None


@dataclass(frozen=True, slots=True)
class Column:
    """A plan that is only thought of: its figures, and what it changes of what people go by."""

    figures: Figures
    lines: tuple[Line, ...]
    calls: tuple[Call, ...]
    assignments: tuple[VisitAssigned, ...]
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of a question: what stands now in the same figures, and a column for each name."""

    base: UUID | None  # the published plan
    standing: tuple[VisitAssigned, ...]  # what it had published and may still change
    now: Figures
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Impossible:
    """Something that is supposed is not in this plan: `what` is team, depot, product, lot or location, else empty."""

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The published plan is another by now: what changed in it since the scenario was thought of."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class NoChoice:
    """What stands breaks a rule by itself: the planner has to answer that first."""


def make_ready() -> None:
    """Makes the process yield to others and end with the web process, and loads the engines."""
    die_with_parent()
    os.nice(NICENESS)
    for name in list_installed():
        load_engine(name)
    gc.freeze()


def think(region: Region, supposed: Sequence[ChangeIn]) -> Thought | Impossible:
    """The plan if these things happened; with nothing supposed three others for what is."""
    posed = with_travel(to_problem(region.snapshot), region.travel)
    standing = list_standing(region.snapshot, posed.problem)
    now = answer_now(posed.problem)
    try:
        answers = _search(posed, now, supposed)
    except NotInPlan as error:
        return Impossible(error.what, error.name)
    except InvalidProblem:
        return Impossible("", "")
    return Thought(
        posed.base,
        standing,
        _to_column(posed, standing, now).figures,
        {name: _to_column(posed, standing, answer) for name, answer in answers.items()},
    )


def _search(posed: PosedProblem, now: Answer, supposed: Sequence[ChangeIn]) -> Mapping[str, Answer]:
    if not supposed:
        found = find_alternatives(posed.problem, now.plan, ALTERNATIVE)
        return {aim.value: answer for aim, answer in found.items()}
    changes = [to_change(one, posed.calendar) for one in supposed]
    return {"": answer_scenario(posed.problem, changes, SCENARIO)}


def list_standing(snapshot: Snapshot, problem: Problem) -> tuple[VisitAssigned, ...]:
    """The published visits that a plan may still change."""
    movable = {row.visit_id for row in problem.published}
    return tuple(
        row.facts for row in snapshot.visits.published if str(row.facts.visit_id) in movable
    )


def _to_column(posed: PosedProblem, standing: Iterable[VisitAssigned], answer: Answer) -> Column:
    """A plan with what it changes; the calls are those of the list, so that table and list agree."""
    assignments = _to_assignments(posed, answer)
    reasons = _to_reasons(answer.plan)
    lines = compare(standing, assignments, reasons)
    calls = list_calls(lines)
    return Column(replace(answer.figures, calls=len(calls)), lines, calls, assignments, reasons)


def _to_assignments(posed: PosedProblem, answer: Answer) -> tuple[VisitAssigned, ...]:
    """What people would be told; a team that is only supposed has an id that nobody knows."""
    teams = {shift.id: UUID(shift.team_id) for shift in answer.problem.shifts}
    named = replace(posed, team_of=teams | posed.team_of)
    nobody = PlanId(new_id())
    return tuple(
        to_assignment(named, nobody, route, stop)
        for route in answer.plan.routes
        for stop in route.stops
    )


def _to_reasons(plan: Plan) -> Reasons:
    of_doses: dict[tuple[UUID | None, UUID, int], tuple[str, ...]] = {}
    of_visits: dict[UUID, tuple[str, ...]] = {}
    for row in plan.unassigned:
        why = tuple(reason.value for reason in row.reasons)
        if row.person_id is not None:
            campaign = UUID(row.campaign_id) if row.campaign_id else None
            of_doses[campaign, UUID(row.person_id), row.dose_no or 0] = why
        elif row.visit_id is not None:
            of_visits[UUID(row.visit_id)] = why
    taken = {UUID(row.visit_id): row.rule for row in plan.taken}
    return Reasons(of_doses, of_visits, taken)


def settle(
    region: Region, base: UUID, standing: Sequence[VisitAssigned], column: Column, now: datetime
) -> Composed | Overtaken | NoChoice:
    """Makes a whole plan of what stands by now and of a column, checked by every rule on the facts of now."""
    posed = to_problem(region.snapshot)
    movable = list_standing(region.snapshot, posed.problem)
    then = _without_served(posed.problem, standing)
    if changed := find_changed(region.snapshot, then, movable):
        return Overtaken(changed)
    wanted = _without_served(posed.problem, column.assignments)
    wish = Wish(base, wanted, column.reasons, None, Made.SUPPOSED)
    try:
        return compose_now(region.snapshot, region.travel, wish, now)
    except CannotStand:
        return NoChoice()


def find_changed(
    snapshot: Snapshot, then: Sequence[VisitAssigned], movable: Sequence[VisitAssigned]
) -> tuple[Line, ...]:
    """What changed of the published plan since, but for what has begun or is frozen by now."""
    still = {visit.visit_id for visit in movable}
    settled = {row.facts.visit_id for row in snapshot.visits.published} - still
    return compare((visit for visit in then if visit.visit_id not in settled), movable, Reasons())


def _without_served(problem: Problem, assignments: Iterable[VisitAssigned]) -> list[VisitAssigned]:
    """The assignments without people who need nothing any more."""
    wanted = {(need.person_id, need.campaign_id, need.dose_no) for need in problem.needs}
    found = []
    for visit in assignments:
        if visit.campaign_id is None:
            found.append(visit)
            continue
        people = tuple(
            one
            for one in visit.persons
            if (str(one.person_id), str(visit.campaign_id), one.dose_no) in wanted
        )
        if people:
            found.append(visit.model_copy(update={"persons": people}))
    return found
