"""What a change costs people: what they were told, their place, their wishes, and the time that is kept free before closing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduling.care.lookup import NeedKey, day_of, needs_by_key
from scheduling.care.told import is_near, is_told
from scheduling.care.wishes import unmet
from scheduling.plan import Stop
from scheduling.problem import Need, Problem
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import Breach, Soft, Unit
from scheduling.steering.slack import seconds_of_slack
from scheduling.steering.weighing import Weighed, index_stops


@dataclass(frozen=True, slots=True)
class Touched:
    """A stop that is made at another moment or by another team than before, or not at all; moments in seconds."""

    visit_id: str
    location_id: str
    people: int
    old: tuple[str, int, int] | None  # shift, start and departure; None: was in no route
    new: tuple[str, int, int] | None
    must_call: bool  # people were told something that is no longer so
    is_meant: bool  # the change is about it; the others give way
    of: str = ""  # the visit that its people were told of, where it is another

    @property
    def later(self) -> int:
        """Seconds that it begins later than before (below zero: earlier)."""
        return self.new[1] - self.old[1] if self.old and self.new else 0


def find_past(problem: Problem, touched: Sequence[Touched]) -> Iterator[Breach]:
    for row in touched:
        if row.new is not None and row.new[1] < problem.now:
            off = problem.now - row.new[1]
            yield Breach("past", row.visit_id, f"{off} s ago", off, Unit.SECONDS)


def list_promises(problem: Problem, touched: Sequence[Touched]) -> Iterator[Breach]:
    """What people were told and would no longer be so, and who loses the place."""
    published = {row.visit_id: row for row in problem.published}
    for row in touched:
        known = published.get(row.of or row.visit_id)
        if row.new is None:
            yield Breach(Soft.UNSERVED, row.visit_id, "", row.people, Unit.PEOPLE, is_hard=False)
        if known is None or not is_told(problem, known):
            continue
        other_day = row.new is None or day_of(problem, row.new[1]) != day_of(problem, known.start)
        is_other = row.new is not None and row.new[:2] != (known.shift_id, known.start)
        if other_day or (is_other and is_near(problem, known)):
            off = None if row.new is None else abs(row.new[1] - known.start)
            yield Breach(Soft.PROMISE, row.visit_id, "", off, Unit.SECONDS, is_hard=False)


def list_slack(problem: Problem, best: Weighed, meant: frozenset[str]) -> Iterator[Breach]:
    """Stops that begin within the time that is kept free before closing, and did not before."""
    if not problem.slack_minutes:
        return
    old = index_stops(best.before)
    for name, (shift_id, stop) in index_stops(best.after).items():
        missing = seconds_of_slack(problem, shift_id, stop)
        was = old.get(name)
        if missing and (name in meant or not was or seconds_of_slack(problem, *was) < missing):
            yield Breach(Soft.SLACK, name, "", missing, Unit.SECONDS, is_hard=False)


def list_wishes(actual: Actual, best: Weighed, touched: Sequence[Touched]) -> Iterator[Breach]:
    """Wishes of people that are not met after the change and were before."""
    needs, old, new = (
        needs_by_key(actual.problem),
        index_stops(best.before),
        index_stops(best.after),
    )
    for row in touched:
        if row.visit_id not in old or row.visit_id not in new:
            continue
        (was, before), (comes, after) = old[row.visit_id], new[row.visit_id]
        team, days = (
            found - known
            for found, known in zip(
                _unmet(actual, needs, comes, after), _unmet(actual, needs, was, before), strict=True
            )
        )
        if team > 0:
            yield Breach(Soft.WISHES, row.visit_id, "team", team, Unit.PEOPLE, is_hard=False)
        if days > 0:
            yield Breach(Soft.WISHES, row.visit_id, "day", days, Unit.DAYS, is_hard=False)


def _unmet(
    actual: Actual, needs: Mapping[NeedKey, Need], shift_id: str, stop: Stop
) -> tuple[int, int]:
    day = day_of(actual.problem, stop.start)
    return unmet(stop.visit, needs, actual.shifts[shift_id].team_id, day)
