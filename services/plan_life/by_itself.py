"""Which changes of a plan may be published without a person, by the policy of the region."""

from collections.abc import Iterable

from events.organisations import PolicyChanged
from services.plan_life.difference import NO_NEED, OTHER_PLACE, Change, Kind, Line


def may_go_out(policy: PolicyChanged, line: Line) -> bool:
    """Whether a change needs no person. Of a move that changes several things each may go out by itself."""
    if line.kind is Kind.NEW:
        return policy.auto_new
    if line.kind is Kind.DROPPED:
        return policy.auto_taken if is_taken(line) else policy.auto_dropped
    return all(_may_change(policy, line, change) for change in line.changes)


def is_taken(line: Line) -> bool:
    """Whether a fact takes the appointment: a rule says so of the visit, or nobody needs it any more."""
    return line.rule is not None or (bool(line.why) and line.why[0] in (NO_NEED, OTHER_PLACE))


def _may_change(policy: PolicyChanged, line: Line, change: Change) -> bool:
    if change is Change.TEAM:
        return policy.auto_team
    if change is Change.TIME:
        most = policy.auto_time_minutes
        return most is None or line.minutes <= most
    return policy.auto_day


def select_by_itself(policy: PolicyChanged, lines: Iterable[Line]) -> set[str]:
    """The names of the lines that may go out by themselves."""
    return {line.name for line in lines if may_go_out(policy, line)}
