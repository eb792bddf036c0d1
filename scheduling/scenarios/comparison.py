"""What a plan is worth beside what was published, in the same figures for every plan."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling.care.lookup import NeedKey, by_id, day_of, needs_by_key, planned_doses
from scheduling.fairness import shares
from scheduling.objective import A_MOVE_SECONDS, values
from scheduling.plan import Plan
from scheduling.problem import Problem, Published

Spot = tuple[str, int, int, str | None]  # team, day, start, product


@dataclass(frozen=True, slots=True)
class Figures:
    """One column of the table. People are counted once; a crisis visit counts under `dropped_visits` only."""

    people_served: int
    people_by_priority: tuple[tuple[int, int], ...]  # the highest priority first
    next_doses: int  # given: second doses and later
    next_doses_late: int
    doses_wasted: int
    working_minutes: int
    metres: int
    calls: int  # locations that must be phoned
    dropped: tuple[NeedKey, ...]  # published and without a stop now
    joined: tuple[NeedKey, ...]  # with a stop now and not published
    dropped_visits: tuple[str, ...]  # crisis visits
    area_points_behind: int  # by which the area that is served least lags behind the region
    team_minutes_apart: int  # between who works most and who works least of the teams that work

    @property
    def next_doses_dropped(self) -> int:
        """Second doses and later among those that lose their stop."""
        return sum(dose > 1 for _, _, dose in self.dropped)


def compute_figures(problem: Problem, plan: Plan, supposed: Problem | None = None) -> Figures:
    """The figures of a plan against what is published; `supposed` is the problem that it was made of, where that is another."""
    supposed = supposed or problem
    needs = needs_by_key(problem)
    planned = {key for _, key in planned_doses(plan) if key in needs}
    rows = list_standing(problem)
    told = {key for row in rows for key in keys_of(row)}
    made = {stop.visit.id for route in plan.routes for stop in route.stops}
    found = values(supposed, plan.routes)
    of_people: dict[str, int] = {}
    for person, campaign, dose in planned:
        priority = needs[person, campaign, dose].priority
        of_people[person] = max(priority, of_people.get(person, 0))
    return Figures(
        people_served=len(of_people),
        people_by_priority=tuple(sorted(Counter(of_people.values()).items(), reverse=True)),
        next_doses=sum(dose > 1 for _, _, dose in planned),
        next_doses_late=found.late_next_doses,
        doses_wasted=found.doses_wasted,
        working_minutes=found.working_seconds // 60,
        metres=found.metres,
        calls=len(find_to_phone(problem, plan)),
        dropped=tuple(sorted(key for key in told - planned if key in needs)),
        joined=tuple(sorted(planned - told)),
        dropped_visits=tuple(
            row.visit_id for row in rows if row.campaign_id is None and row.visit_id not in made
        ),
        area_points_behind=_points_behind(problem, plan),
        team_minutes_apart=_minutes_apart(supposed, plan),
    )


def list_standing(problem: Problem) -> list[Published]:
    """Published stops that are still to be made, pinned ones among them."""
    return [
        row
        for row in problem.published
        if row.location_id and row.start >= problem.now and row.visit_id not in problem.done_visits
    ]


def keys_of(row: Published) -> list[NeedKey]:
    """The doses of a published stop; none of a crisis visit."""
    return [(person, row.campaign_id or "", dose) for person, dose in row.doses]


def find_to_phone(problem: Problem, plan: Plan) -> set[str]:
    """Locations where somebody goes by a published stop that the plan drops or puts elsewhere: team, day, product, or time by minutes."""
    spots = _spots(problem, plan)
    teams = {row.id: row.team_id for row in problem.shifts}
    wanted = needs_by_key(problem)
    found: set[str] = set()
    for row in list_standing(problem):
        was = (
            teams.get(row.shift_id, ""),
            day_of(problem, row.start),
            row.start,
            row.product_id,
        )
        keys: Iterable[NeedKey] = (key for key in keys_of(row) if key in wanted)
        if row.campaign_id is None:
            keys = [(row.visit_id, "", 0)]
        if any(_is_other(was, spots.get(key)) for key in keys):
            found.add(row.location_id or "")
    return found


def _is_other(was: Spot, now: Spot | None) -> bool:
    if now is None or (was[0], was[1], was[3]) != (now[0], now[1], now[3]):
        return True
    return abs(was[2] - now[2]) > A_MOVE_SECONDS


def _spots(problem: Problem, plan: Plan) -> Mapping[NeedKey, Spot]:
    teams = {row.id: row.team_id for row in problem.shifts}
    found: dict[NeedKey, Spot] = {}
    for route in plan.routes:
        for stop in route.stops:
            visit = stop.visit
            team = teams.get(route.shift_id, route.shift_id)  # a team that is only supposed
            spot = (team, day_of(problem, stop.start), stop.start, visit.product_id)
            found[visit.id, "", 0] = spot
            for person, dose in visit.needs:
                found[person, visit.campaign_id or "", dose] = spot
    return found


def _points_behind(problem: Problem, plan: Plan) -> int:
    found = [(mine, of) for mine, of in shares(problem, plan.routes).values() if of]
    wanted = sum(of for _, of in found)
    if not wanted:
        return 0
    whole = 100 * sum(mine for mine, _ in found) / wanted
    return max(0, round(whole - min(100 * mine / of for mine, of in found)))


def _minutes_apart(problem: Problem, plan: Plan) -> int:
    shifts = by_id(problem.shifts)
    of_team: Counter[str] = Counter()
    for route in plan.routes:
        if route.stops:
            of_team[shifts[route.shift_id].team_id] += route.back - route.departure
    return (max(of_team.values()) - min(of_team.values())) // 60 if of_team else 0
