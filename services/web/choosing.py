"""Makes a whole plan of what stands today and of chosen lines of another version: on the facts of now, by every rule."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from events.plans import Made, VisitAssigned
from infra.postgres.findings import REFUSED, Finding
from infra.postgres.snapshot.rows import Snapshot
from infra.travel.matrix import Matrix
from infra.travel.roads import begin
from scheduling.choosing import Chosen, RefusedPart, choose
from scheduling.kept import check_kept
from scheduling.plan import Reason
from services.accept.submission import Submission
from services.plan_life.difference import Line, Reasons, compare
from services.plan_life.parts import to_part
from services.planner.problem.posed import PosedProblem, to_problem
from services.planner.translate import name_plan, to_submission


@dataclass(frozen=True, slots=True)
class Selection:
    """Lines by name, and all that concern these visits, locations or teams, before or after."""

    names: frozenset[str] = frozenset()
    visits: frozenset[UUID] = frozenset()
    locations: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()

    def pick(self, lines: Iterable[Line]) -> set[str]:
        """The names of the lines that are chosen."""
        return {line.name for line in lines if line.name in self.names or self._concerns(line)}

    def _concerns(self, line: Line) -> bool:
        slots = [slot for slot in (line.before, line.after) if slot]
        return (
            line.location_id in self.locations
            or any(slot.visit_id in self.visits for slot in slots)
            or any(slot.team_id in self.teams for slot in slots)
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """Which lines of which plan somebody wants; without a selection all of them."""

    plan: UUID
    assignments: Sequence[VisitAssigned]
    reasons: Reasons
    selection: Selection | None
    how: Made


@dataclass(frozen=True, slots=True)
class Composed:
    """A plan that keeps every rule, ready to be offered to the door; what of the wish stands in it, and what does not."""

    submission: Submission
    plan: UUID
    lines: tuple[Line, ...]  # of the other version, beside what stands today
    standing: frozenset[str]
    refused: tuple[RefusedPart, ...]
    unknown: frozenset[str]  # names that no line has by now


async def compose(snapshot: Snapshot, travel: Matrix | None, wish: Wish, now: datetime) -> Composed:
    """Makes the plan in a thread. Raises CannotStand when what stands breaks a rule by itself."""
    return await asyncio.to_thread(compose_now, snapshot, travel, wish, now)


def compose_now(snapshot: Snapshot, travel: Matrix | None, wish: Wish, now: datetime) -> Composed:
    """As `compose`; `travel` is what plans of the region used last."""
    posed = with_travel(to_problem(snapshot), travel)
    movable = {row.visit_id for row in posed.problem.published}
    stands = [row.facts for row in snapshot.visits.published if str(row.facts.visit_id) in movable]
    settled = posed.problem.done_visits
    wanted = [
        visit
        for visit in wish.assignments
        if visit.starts_at >= posed.from_at and str(visit.visit_id) not in settled
    ]
    lines = compare(stands, wanted, wish.reasons)
    names = {line.name for line in lines}
    asked = names if wish.selection is None else wish.selection.pick(lines)
    chosen = choose(
        posed.problem,
        [to_part(line, posed.calendar) for line in lines],
        asked,
        to_known_reasons(wish.reasons),
    )
    return to_composed(posed, wish, lines, chosen, now)


def to_composed(
    posed: PosedProblem, wish: Wish, lines: tuple[Line, ...], chosen: Chosen, now: datetime
) -> Composed:
    """What was composed, as it is offered to the door."""
    kept = check_kept(replace(posed.problem, kept=posed.told))
    made = to_submission(posed, chosen.plan, now, kept, made_of=(wish.plan, wish.how))
    assert made.plan_record is not None
    digest = made.plan_record.hash
    findings = (*made.plan_record.findings, *list_refused(lines, chosen))
    made = replace(made, plan_record=replace(made.plan_record, findings=findings))
    names = {line.name for line in lines}
    return Composed(
        made,
        name_plan(chosen.plan, digest),
        lines,
        chosen.standing,
        chosen.refused,
        (wish.selection.names if wish.selection else frozenset()) - names,
    )


def list_refused(lines: Iterable[Line], chosen: Chosen) -> Iterator[Finding]:
    """What of the other plan was wanted and breaks a rule now, kept beside the plan for whoever reads it later."""
    rules = {row.name: row for row in chosen.refused}
    for line in lines:
        slot = line.after or line.before
        if line.name in rules and slot is not None:
            row = rules[line.name]
            yield Finding(
                REFUSED, slot.visit_id, slot.shift_id, slot.starts_at, row.rule, row.detail
            )


def to_known_reasons(reasons: Reasons) -> dict[tuple[str, str, int], tuple[Reason, ...]]:
    """Why the other version leaves people out, in the words of the scheduler."""
    return {
        (str(person), str(campaign), dose): tuple(Reason(one) for one in why)
        for (campaign, person, dose), why in reasons.of_doses.items()
    }


def with_travel(posed: PosedProblem, known: Matrix | None) -> PosedProblem:
    """The problem with travel by road, as far as a matrix knows it; nothing is asked of a routing server here."""
    if known is None or known.source == posed.matrix.source:
        return posed
    draft = begin(posed.matrix.points, known)
    matrix = Matrix(
        known.source,
        known.data,
        posed.matrix.points,
        draft.seconds,
        draft.metres,
        bytes(draft.kinds),
    )
    return replace(posed, matrix=matrix, problem=replace(posed.problem, travel=matrix.to_travel()))
