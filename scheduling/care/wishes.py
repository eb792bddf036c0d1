"""What is wished for with a next dose but not asked: the same team, and the ideal day of the interval."""

from collections.abc import Iterator, Mapping

from scheduling.care.lookup import NeedKey
from scheduling.plan import Visit
from scheduling.problem import Need, Problem

Unmet = tuple[int, int]  # residents with another team, days from the ideal day added up


def unmet(visit: Visit, needs: Mapping[NeedKey, Need], team_id: str, day: int) -> Unmet:
    """What a team on a day leaves unfulfilled; only wishes that are known before the plan count."""
    due = list(_needs(visit, needs))
    return (
        sum(need.previous_team_id not in (None, team_id) for need in due),
        sum(abs(day - need.ideal_day) for need in due if need.ideal_day is not None),
    )


def has_wishes(visit: Visit, needs: Mapping[NeedKey, Need]) -> bool:
    """Whether team or day make a difference to anybody of the visit."""
    return any(
        need.previous_team_id is not None or need.ideal_day is not None
        for need in _needs(visit, needs)
    )


def seconds_of(problem: Problem, wishes: Unmet) -> int:
    """What they are worth in seconds of work, by the policy of the region."""
    return wishes[0] * problem.same_team_seconds + wishes[1] * problem.ideal_day_seconds


def _needs(visit: Visit, needs: Mapping[NeedKey, Need]) -> Iterator[Need]:
    """Those of the visit; whoever is not in the problem has no wishes."""
    for person, dose in visit.needs:
        need = needs.get((person, visit.campaign_id or "", dose))
        if need is not None:
            yield need
