"""Visits that a planner split or joined by hand: their people stay together, and newcomers join the smallest that has room."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from scheduling.care.lookup import NeedKey, key_of
from scheduling.plan import Visit
from scheduling.problem import Grouped, Need, Problem
from scheduling.visits.splitting import LargestVisit


@dataclass(slots=True)
class _Part:
    """A visit in the making: its people, and the days on which all of them are due."""

    row: Grouped
    needs: list[Need]

    @property
    def first_day(self) -> int:
        return max(need.first_day for need in self.needs)

    @property
    def last_day(self) -> int:
        return min(need.last_day for need in self.needs)

    def goes_with(self, need: Need) -> bool:
        """Whether somebody may be visited with them: there, with their product, on one of their days."""
        row, day = self.row, max(self.first_day, need.first_day)
        return (
            (need.location_id, need.campaign_id) == (row.location_id, row.campaign_id)
            and row.product_id in need.products
            and day <= min(self.last_day, need.last_day)
        )


def visits_by_hand(
    problem: Problem, open_needs: Mapping[NeedKey, Need], held: Collection[str]
) -> list[Visit]:
    """The visits of groups by hand that are not `held` where they stand: on any day on which all of them are due.

    Somebody who is no longer due on one of their days, or may have another product only, is planned as everybody else.
    """
    parts = [
        part
        for row in sorted(problem.grouped, key=lambda row: row.visit_id)
        if row.visit_id not in held and row.visit_id not in problem.done_visits
        if (part := _to_part(row, open_needs)) is not None
    ]
    if parts:
        _let_join(problem, parts, open_needs)
    return [_to_visit(part) for part in parts]


def _to_part(row: Grouped, open_needs: Mapping[NeedKey, Need]) -> _Part | None:
    keys = [(person, row.campaign_id, dose) for person, dose in sorted(row.doses)]
    part: _Part | None = None
    for need in sorted(
        (open_needs[key] for key in keys if key in open_needs),
        key=lambda need: (need.last_day, need.first_day, key_of(need)),
    ):
        if part is None:
            alone = _Part(row, [need])
            part = alone if alone.goes_with(need) else None
        elif part.goes_with(need):
            part.needs.append(need)
    return part


def _let_join(problem: Problem, parts: list[_Part], open_needs: Mapping[NeedKey, Need]) -> None:
    """Who came since joins the smallest group with room, of those with as many skills; so does who got a visit alone meanwhile."""
    grouped = {key_of(need) for part in parts for need in part.needs}
    grouped |= {
        (person, row.campaign_id, dose) for row in problem.grouped for person, dose in row.doses
    }
    beside = {name for row in problem.grouped for name in row.beside}
    had = {
        (person, row.campaign_id or "", dose)
        for row in problem.published
        if row.visit_id in beside
        for person, dose in row.doses
    }
    largest = LargestVisit(problem)
    for key in sorted(open_needs):
        need = open_needs[key]
        if key in grouped or key in had or need.since_dose is not None:
            continue
        fitting = [
            part
            for part in parts
            if part.goes_with(need)
            and need.skills <= _skills(part)
            and len(part.needs) < _room(largest, part, need)
        ]
        if fitting:
            min(fitting, key=lambda part: (len(part.needs), part.row.visit_id)).needs.append(need)


def _room(largest: LargestVisit, part: _Part, need: Need) -> int:
    """The most people of the group with one more."""
    together = _Part(part.row, [*part.needs, need])
    found = largest.of(together.needs, part.row.product_id, together.first_day, together.last_day)
    return found if part.row.most is None else min(found, part.row.most)


def _skills(part: _Part) -> frozenset[str]:
    return frozenset[str]().union(*(need.skills for need in part.needs))


def _to_visit(part: _Part) -> Visit:
    row, needs = part.row, part.needs
    return Visit(
        id=row.visit_id,
        location_id=row.location_id,
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        needs=tuple(sorted((need.person_id, need.dose_no) for need in needs)),
        first_day=part.first_day,
        last_day=part.last_day,
        priority=max(need.priority for need in needs),
        skills=_skills(part),
    )


def with_doses(
    visit: Visit, doses: Collection[tuple[str, int]], needs: Mapping[NeedKey, Need]
) -> Visit:
    """The same visit to these people."""
    theirs = [needs[person, visit.campaign_id or "", dose] for person, dose in sorted(doses)]
    return replace(
        visit,
        needs=tuple(sorted(doses)),
        priority=max((need.priority for need in theirs), default=visit.priority),
        skills=frozenset[str]().union(*(need.skills for need in theirs)),
    )
