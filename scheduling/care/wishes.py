"""Soft wishes for a next dose: the same team as before, and the ideal day of the interval."""

from collections.abc import Iterator, Mapping

from scheduling.care.lookup import NeedKey
from scheduling.plan import Visit
from scheduling.problem import Need, Problem

Unmet = tuple[int, int]  # residents with another team than before; days from the ideal day, summed


def unmet(visit: Visit, needs: Mapping[NeedKey, Need], team_id: str, day: int) -> Unmet:
    """Wishes that this team on this day does not meet. Doses that follow on one in this same plan have none yet."""
    due = list(_needs(visit, needs))
    return (
        sum(need.previous_team_id not in (None, team_id) for need in due),
        sum(abs(day - need.ideal_day) for need in due if need.ideal_day is not None),
    )


def has_wishes(visit: Visit, needs: Mapping[NeedKey, Need]) -> bool:
    """Whether anybody on this visit has a wish."""
    return any(
        need.previous_team_id is not None or need.ideal_day is not None
        for need in _needs(visit, needs)
    )


def seconds_of(problem: Problem, wishes: Unmet) -> int:
    """Seconds of work that unmet wishes weigh, by the policy of the region (decision 0013)."""
    return wishes[0] * problem.same_team_seconds + wishes[1] * problem.ideal_day_seconds


def _needs(visit: Visit, needs: Mapping[NeedKey, Need]) -> Iterator[Need]:
    """Needs served by the visit; whoever is not in the problem has no wishes."""
    for person, dose in visit.needs:
        need = needs.get((person, visit.campaign_id or "", dose))
        if need is not None:
            yield need
