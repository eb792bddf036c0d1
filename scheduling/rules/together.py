"""A large location is called on by two teams that begin at the same moment, each with its half."""

from collections.abc import Iterator

from scheduling.care.lookup import NeedKey, stops_with_shifts
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Problem, Shift
from scheduling.visits.grouping import group

Made = tuple[Shift, Stop]


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for every half whose other half is not begun then by another team, or that is not a half.

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
    """For every resident of a large location the call that he is in, and the one beside it."""
    return {
        (person, visit.campaign_id or "", dose): (visit.id, visit.together_with)
        for visit in group(problem)
        if visit.together_with is not None
        for person, dose in visit.needs
    }


def _fault(one: Made, other: Made | None) -> str | None:
    if other is None:
        return "nobody comes for the other half"
    if one[0].team_id == other[0].team_id:
        return "one team for both halves"
    if one[1].start != other[1].start:
        return f"begins {abs(one[1].start - other[1].start)} s apart"
    return None
