"""A large location is visited by two teams that begin at the same moment, each with its half of the residents."""

from collections.abc import Iterator

from scheduling.care.lookup import NeedKey, stops_with_shifts
from scheduling.care.members import shares_crew
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Problem, Shift
from scheduling.visits.grouping import group

Made = tuple[Shift, Stop]


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per half whose other half is not begun by another team at that moment, or that serves other residents.

    Which residents belong to which half follows from the problem alone; a plan has no say in it.
    """
    if problem.together_from is None:
        return
    halves = _halves(problem)
    made: dict[str, Made] = {
        s.visit.id: (shift, s) for shift, _, s in stops_with_shifts(problem, plan)
    }
    for _, _, stop in stops_with_shifts(problem, plan):
        campaign = stop.visit.campaign_id or ""
        keys = [(person, campaign, dose) for person, dose in stop.visit.needs]
        wanted = {halves[key] for key in keys if key in halves}
        for half, other in sorted(wanted):
            if stop.visit.id != half:
                yield Violation("together", stop.visit.id, f"residents of {half}")
            elif fault := _fault(made[half], made.get(other)):
                yield Violation("together", half, fault)


def _halves(problem: Problem) -> dict[NeedKey, tuple[str, str]]:
    """For every resident of a large location: the visit of the resident's half, and that of the other half."""
    return {
        (person, visit.campaign_id or "", dose): (visit.id, visit.together_with)
        for visit in group(problem)
        if visit.together_with is not None
        for person, dose in visit.needs
    }


def _fault(one: Made, other: Made | None) -> str | None:
    if other is None:
        return "nobody comes for the other half"
    if shares_crew(one[0], other[0]):
        return "one team for both halves"
    if one[1].start != other[1].start:
        return f"begins {abs(one[1].start - other[1].start)} s apart"
    return None
