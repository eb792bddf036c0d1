"""Whether a change shares the work, or the doses, clearly less fairly than before: by team, by member of a crew, and by area."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from scheduling.care.members import people_of
from scheduling.fairness import lacking, shares
from scheduling.plan import Route
from scheduling.problem import Problem, Shift
from scheduling.steering.breaches import Breach, Soft, Unit
from scheduling.steering.soft import Touched

HOUR: Final = 3600
# After this moment of the local day a team comes home to no evening: the out-of-hours service that the crews come from
# begins at 17:00, and an hour late is what a day may bring.
EVENING: Final = 18 * HOUR
# Seconds by which somebody works more than the others do on average before a change that adds to it is said: half a day in
# the plan. A change is to blame that adds an hour, a visit and its drive; plans themselves even nothing out below that.
MUCH: Final = 4 * HOUR
MORE: Final = HOUR
ONE_DAY: Final = 1  # evenings, or days of a weekend, more than the others on average


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody works in a plan."""

    seconds: int = 0
    evenings: int = 0
    weekend_days: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.seconds + other.seconds,
            self.evenings + other.evenings,
            self.weekend_days + other.weekend_days,
        )


def list_unfair(
    problem: Problem,
    before: Mapping[str, Route],
    after: Mapping[str, Route],
    touched: Sequence[Touched],
) -> Iterator[Breach]:
    """Teams and members who work clearly more than the others because of the change, and areas that fall behind by it."""
    yield from _list_loads(problem, before, after)
    if problem.area_points is not None and any(row.new is None for row in touched):
        was = lacking(shares(problem, before.values()), problem.area_points)
        comes = lacking(shares(problem, after.values()), problem.area_points)
        for area, doses in sorted(comes.items()):
            more = doses - was.get(area, 0)
            if more > 0:
                yield Breach(Soft.FAIR_AREA, area, "", more, Unit.DOSES, is_hard=False)


def _list_loads(
    problem: Problem, before: Mapping[str, Route], after: Mapping[str, Route]
) -> Iterator[Breach]:
    old, new = sum_loads(problem, before), sum_loads(problem, after)
    teams = {shift.team_id for shift in problem.shifts}
    members = {name for shift in problem.shifts for name in people_of(shift)} - teams
    told: set[tuple[str, str]] = set()
    for peers in (teams, members):
        for breach in _compare(sorted(peers), old, new):
            where = breach.where if peers is teams else _find_team(problem, after, breach.where)
            if (breach.rule, where) not in told:  # a crew that works as its team does is said once
                told.add((breach.rule, where))
                detail = "the team" if peers is teams else "somebody of the crew"
                yield Breach(breach.rule, where, detail, breach.amount, breach.unit, is_hard=False)


def _compare(
    peers: Sequence[str], old: Mapping[str, Load], new: Mapping[str, Load]
) -> Iterator[Breach]:
    """Who works more than before, and clearly more than the others do on average."""
    if len(peers) < 2:
        return
    nothing = Load()
    for name in peers:
        was, comes = old.get(name, nothing), new.get(name, nothing)
        if comes == was:
            continue
        others = [new.get(one, nothing) for one in peers if one != name]
        more = comes.seconds - sum(one.seconds for one in others) // len(others)
        if comes.seconds - was.seconds >= MORE and more >= MUCH:
            yield Breach(Soft.FAIR_HOURS, name, "", more, Unit.SECONDS)
        counted = (
            (Soft.FAIR_EVENINGS, was.evenings, comes.evenings, [one.evenings for one in others]),
            (
                Soft.FAIR_WEEKENDS,
                was.weekend_days,
                comes.weekend_days,
                [one.weekend_days for one in others],
            ),
        )
        for rule, before, after, theirs in counted:
            average = -(-sum(theirs) // len(theirs))  # rounded up: a part of a day is no day
            if after > before and after - average > ONE_DAY:
                yield Breach(rule, name, "", after - average, Unit.DAYS)


def sum_loads(problem: Problem, routes: Mapping[str, Route]) -> dict[str, Load]:
    """What each team and each member of a crew works: seconds of its routes, evenings and days of weekends."""
    shifts = {row.id: row for row in problem.shifts}
    found: dict[str, Load] = {}
    for name, route in routes.items():
        if route.stops and name in shifts:
            load = _load_of(problem, shifts[name], route.departure, route.back)
            _add(found, people_of(shifts[name]), load)
    for row in problem.standing_shifts:
        if row.id not in routes:  # begun, or another region's: the whole of it is worked
            _add(found, people_of(row), _load_of(problem, row, row.start, row.end))
    return found


def _add(found: dict[str, Load], people: Iterable[str], load: Load) -> None:
    for name in people:
        found[name] = found.get(name, Load()) + load


def _load_of(problem: Problem, shift: Shift, start: int, end: int) -> Load:
    day = date.fromisoformat(problem.horizon_start) + timedelta(days=shift.day)
    midnight = problem.day_starts[shift.day] if 0 <= shift.day < problem.days else None
    is_evening = midnight is not None and end > midnight + EVENING
    return Load(end - start, int(is_evening), int(day.isoweekday() > 5))


def _find_team(problem: Problem, routes: Mapping[str, Route], member: str) -> str:
    """The team of the last shift that somebody works in the plan: no page names members."""
    mine = [row for row in problem.shifts if member in row.members and row.id in routes]
    return max(mine, key=lambda row: row.start).team_id if mine else member
