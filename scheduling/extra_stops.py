"""Extra stops for teams that are on the road or about to leave: where one more fits, while every stop that stands keeps its moment.

No plan touches their shifts; an extra stop is offered, and made when its team says so (decision 0025).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.care.doses import in_containers
from scheduling.care.eligibility import of_urgency
from scheduling.care.lookup import NeedKey, by_id, day_of, needs_by_key
from scheduling.care.visit_length import ServiceTimes
from scheduling.kept import to_fixed, to_visit
from scheduling.objective import weight_of_visit
from scheduling.plan import Plan, Route, Stop, Violation, Visit
from scheduling.problem import Fixed, Kept, KeptStop, Need, Problem, Published, Shift, TimeWindow
from scheduling.rules import reservation, stock
from scheduling.rules.promise import RULES_OF_STOPS
from scheduling.standing import route_of
from scheduling.visits.grouping import list_open_needs, of_crisis

URGENT = of_urgency("U1")
OF_DOSES = (stock, reservation)  # judged on the whole plan; the other rules on the day of the team
TRIALS = 4  # numbers of people that are tried, from all of them down by one container


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A shift that no plan touches any more, with all its stops of the day."""

    shift: Shift  # with the hours of the roster
    stops: tuple[KeptStop, ...]  # made ones too, by start
    passed: (
        int  # so many of them are made or begun, or the team drives to them: nothing goes before
    )
    free_from: int  # when the team could leave for an extra stop, at the earliest
    late: int = 0  # seconds by which it runs behind its stops
    aboard: Mapping[str, int] | None = None  # doses to spare by product; None: it has not left


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that is looked for at once, and the teams that need not be asked (again)."""

    visit: Visit
    before: int | None = None  # a start from which on the plan serves as well
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ExtraStop:
    """One more stop for a team, behind one that it has; of the people as many as fit and as there are doses for."""

    visit: Visit
    shift_id: str
    behind: str | None  # None: from the depot
    start: int
    departure: int


def list_wanted(
    problem: Problem,
    plan: Plan,
    lost: Iterable[Published] = (),
    asked: Mapping[str, frozenset[str]] | None = None,
) -> list[Wanted]:
    """Urgent calls and visits of today that lost their team, as far as the plan does not make them; the heaviest first.

    `lost` are more visits of today whose people have no appointment any more, `asked` teams that said no, by visit.
    """
    asked = asked or {}
    shifts = {row.id for row in problem.shifts}
    none: frozenset[str] = frozenset()
    found = [
        Wanted(visit, start, asked.get(visit.id, none))
        for visit, start in (*_list_urgent(problem, plan), *_list_lost(problem, plan, lost, shifts))
    ]
    needs = needs_by_key(problem) if found else {}
    return sorted(
        found,
        key=lambda one: (-one.visit.priority, -weight_of_visit(one.visit, needs), one.visit.id),
    )


def _list_urgent(problem: Problem, plan: Plan) -> Iterator[tuple[Visit, int | None]]:
    """Urgent calls that stand with no team, each with the start that the plan gives it."""
    shifts = by_id(problem.shifts)
    stands = {row.visit_id for row in problem.published if row.shift_id in shifts}
    starts = {stop.visit.id: stop.start for route in plan.routes for stop in route.stops}
    for row in problem.crisis_visits:
        if row.priority >= URGENT and row.id not in stands:
            yield of_crisis(problem, row), starts.get(row.id)


def _list_lost(
    problem: Problem, plan: Plan, more: Iterable[Published], shifts: Collection[str]
) -> Iterator[tuple[Visit, None]]:
    """Visits of today whose team is gone, with those of their people whom the plan serves today no more."""
    today = day_of(problem, problem.now)
    gone = [row for row in problem.published if row.shift_id not in shifts]
    rows = {
        row.visit_id: row
        for row in (*gone, *more)
        if row.campaign_id and row.product_id and day_of(problem, row.start) == today
    }
    if not rows:  # as nearly always: nobody is judged
        return
    needs = list_open_needs(problem)
    for route in plan.routes:
        for stop in route.stops:
            if day_of(problem, stop.start) == today:
                for person, dose in stop.visit.needs:
                    needs.pop((person, stop.visit.campaign_id or "", dose), None)
    for row in rows.values():
        visit = _to_visit(row, today, needs)
        if visit.needs:
            yield visit, None


def _to_visit(row: Published, today: int, needs: Mapping[NeedKey, Need]) -> Visit:
    """A published visit with its people among these."""
    keys = ((person, row.campaign_id or "", dose) for person, dose in row.doses)
    rows = [needs[key] for key in keys if key in needs and row.product_id in needs[key].products]
    return Visit(
        id=row.visit_id,
        location_id=row.location_id or "",
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        needs=tuple(sorted((need.person_id, need.dose_no) for need in rows)),
        first_day=today,
        last_day=today,
        priority=max((need.priority for need in rows), default=0),
        skills=frozenset[str]().union(*(need.skills for need in rows)),
    )


def find_extra_stops(
    problem: Problem, plan: Plan, teams: Sequence[UnderWay], wanted: Iterable[Wanted]
) -> list[ExtraStop]:
    """For each wanted visit the best team that can still make it, beside what it is asked before: most people, then soonest."""
    found: list[ExtraStop] = []
    now, shifts = {team.shift.id: team for team in teams}, [team.shift for team in teams]
    for one in wanted:
        fits = [
            stop
            for team in now.values()
            if team.shift.team_id not in one.asked
            for stop in Asking(problem, plan, team, shifts).list_stops(one.visit)
            if one.before is None or stop.start < one.before
        ]
        if fits:
            best = min(fits, key=_rank)
            found.append(best)
            now[best.shift_id] = _with_stop(problem, now[best.shift_id], best)
            plan = _with_doses(plan, best)
    return found


def _with_stop(problem: Problem, team: UnderWay, stop: ExtraStop) -> UnderWay:
    """The team as it is when it makes this stop."""
    visit, aboard = stop.visit, team.aboard
    if aboard is not None and visit.product_id is not None:
        used = in_containers(by_id(problem.products)[visit.product_id], visit.doses)
        aboard = {**aboard, visit.product_id: aboard.get(visit.product_id, 0) - used}
    stops = sorted((*team.stops, _to_kept(stop)), key=lambda row: row.start)
    return replace(team, stops=tuple(stops), aboard=aboard)


def _with_doses(plan: Plan, stop: ExtraStop) -> Plan:
    """The plan when the people of this stop are served by it."""
    others = tuple(_without(route, stop.visit) for route in plan.routes)
    return replace(plan, routes=(*others, _to_route(stop)))


def _to_route(stop: ExtraStop) -> Route:
    made = Stop(stop.visit, stop.start, stop.start, stop.departure)
    return Route(stop.shift_id, (made,), stop.start, stop.departure)


def _rank(stop: ExtraStop) -> tuple[int, int, str]:
    return -len(stop.visit.needs), stop.start, stop.shift_id


class Asking:
    """What one team could make beside its own stops, judged by the rules."""

    def __init__(
        self, problem: Problem, plan: Plan, team: UnderWay, asked: Sequence[Shift] = ()
    ) -> None:
        """`plan` may have stops of the shifts that were `asked` before."""
        self._plan, self._team = plan, team
        others = (
            row for row in (*problem.standing_shifts, *problem.shifts) if row.id != team.shift.id
        )
        self._whole = replace(problem, shifts=(*problem.shifts, *(asked or (team.shift,))))
        self._day = replace(
            problem,
            shifts=(team.shift,),
            standing_shifts=tuple(others),
            needs=(*problem.needs, *problem.kept.needs),
            stock=(),
            fixed=(),
            published=(),
            kept=Kept(),
            done_visits=frozenset(),
        )
        self._known = needs_by_key(self._day)
        self._rows = [(to_fixed(row), self._to_visit(row)) for row in team.stops]
        self._places = {row.id: row.place for row in problem.locations}
        self._home = by_id(problem.depots)[team.shift.depot_id].place
        self._containers = by_id(problem.products)

    def _to_visit(self, row: KeptStop) -> Visit:
        due = (one for one in row.doses if (one[0], row.campaign_id or "", one[1]) in self._known)
        return to_visit(self._day, row, tuple(due))

    def list_stops(self, visit: Visit) -> Iterator[ExtraStop]:
        """Where the visit fits, of its people as many as can be served."""
        for some in self._list_parts(visit):
            stops = [stop for stop in self._list_gaps(some) if not self.list_faults(stop)]
            if stops:
                yield from stops
                return

    def _list_parts(self, visit: Visit) -> Iterator[Visit]:
        """The visit with all its people, then with fewer, the lowest priorities left out first."""
        if visit.product_id is None:
            yield visit
            return
        product = self._containers[visit.product_id]
        ranked = sorted(
            visit.needs,
            key=lambda dose: (
                -self._known[dose[0], visit.campaign_id or "", dose[1]].priority,
                dose,
            ),
        )
        most = len(ranked)
        if self._team.aboard is not None:
            most = min(most, self._team.aboard.get(product.id, 0))
        for _ in range(TRIALS):
            if most <= 0:
                return
            yield replace(visit, needs=tuple(sorted(ranked[:most])))
            most = (most - 1) // product.doses_per_container * product.doses_per_container

    def _list_gaps(self, visit: Visit) -> Iterator[ExtraStop]:
        """The earliest start in each gap behind what the team has passed, with the roads and the stops that follow kept."""
        team, travel = self._team, self._day.travel.seconds
        place = self._places[visit.location_id]
        takes = ServiceTimes(self._day).seconds(visit, team.shift)
        for k in range(team.passed, len(team.stops) + 1):
            before = team.stops[k - 1] if k else None
            leaves, here = team.free_from, self._home
            if before is not None:
                here = self._places[before.location_id]
                # the moments of a stop stand until its team has left them behind, however early it was ready
                late = team.late if k > team.passed else 0
                leaves = max(leaves, before.start + before.service_seconds + late)
            start = self._first_start(visit, leaves + travel[here][place])
            if start is None:
                continue
            latest, there = team.shift.end, self._home
            if k < len(team.stops):
                latest = team.stops[k].start + team.late
                there = self._places[team.stops[k].location_id]
            if start + takes + travel[place][there] <= latest:
                behind = before.visit_id if before else None
                yield ExtraStop(visit, team.shift.id, behind, start, start + takes)

    def _first_start(self, visit: Visit, arrival: int) -> int | None:
        """The first moment from the arrival on at which the visit may begin."""
        crisis = by_id(self._day.crisis_visits).get(visit.id)
        windows: Sequence[TimeWindow] = by_id(self._day.locations)[visit.location_id].time_windows
        if crisis is not None:
            windows = (TimeWindow(crisis.first_second, crisis.last_second),)
        starts = [max(arrival, one.earliest) for one in windows if arrival <= one.latest]
        return min(starts, default=None)

    def list_faults(self, stop: ExtraStop) -> list[Violation]:
        """Every rule that the team's day or the plan would break with this stop and does not break without."""
        faults = self._list_faults_of_day(stop)
        return [*faults, *self._list_faults_of_doses(stop)] if stop.visit.product_id else faults

    def _list_faults_of_day(self, stop: ExtraStop) -> list[Violation]:
        before = set(self._judge_day(self._rows)) if self._rows else set()
        rows = sorted(
            [*self._rows, (to_fixed(_to_kept(stop)), stop.visit)], key=lambda row: row[0].start
        )
        return [row for row in self._judge_day(rows) if row not in before]

    def _judge_day(self, rows: Sequence[tuple[Fixed, Visit]]) -> Iterator[Violation]:
        problem = replace(self._day, fixed=tuple(row for row, _ in rows))
        route = route_of(problem, self._team.shift, rows)
        plan = replace(self._plan, routes=(route,), unassigned=())
        for rule in RULES_OF_STOPS:
            if rule not in OF_DOSES:
                yield from rule.violations(problem, plan)

    def _list_faults_of_doses(self, stop: ExtraStop) -> list[Violation]:
        """Doses beyond those on board, or that the depot or a next dose would lack."""
        product = self._containers[stop.visit.product_id or ""]
        aboard = self._team.aboard
        wanted = in_containers(product, stop.visit.doses)
        if aboard is not None and wanted > aboard.get(product.id, 0):
            short = wanted - aboard.get(product.id, 0)
            return [Violation("stock", stop.visit.id, f"{short} doses too few on board")]
        before = set(self._judge_doses(self._plan))
        return [
            row for row in self._judge_doses(_with_doses(self._plan, stop)) if row not in before
        ]

    def _judge_doses(self, plan: Plan) -> Iterator[Violation]:
        for rule in OF_DOSES:
            yield from rule.violations(self._whole, plan)


def _to_kept(stop: ExtraStop) -> KeptStop:
    visit = stop.visit
    return KeptStop(
        visit_id=visit.id,
        shift_id=stop.shift_id,
        start=stop.start,
        service_seconds=stop.departure - stop.start,
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        doses=visit.needs,
    )


def _without(route: Route, visit: Visit) -> Route:
    """The route without the doses of a visit."""
    gone: Collection[tuple[str, int]] = set(visit.needs)
    stops = (
        replace(
            stop,
            visit=replace(stop.visit, needs=tuple(d for d in stop.visit.needs if d not in gone)),
        )
        if stop.visit.campaign_id == visit.campaign_id
        else stop
        for stop in route.stops
    )
    return replace(
        route, stops=tuple(stop for stop in stops if stop.visit.needs or not stop.visit.product_id)
    )
