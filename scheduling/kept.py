"""What was published and no plan may change is judged too: a plan answers for what it adds, a person for the rest."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from scheduling.care.lookup import by_id, day_of, key_of, needs_by_key
from scheduling.care.stock import allocate, lines_by_depot
from scheduling.objective import values
from scheduling.plan import Plan, Route, Violation, Visit
from scheduling.problem import Fixed, KeptStop, Problem
from scheduling.rules import (
    RULES,
    breaks,
    coverage,
    fairness,
    fixed,
    shift_hours,
    stock,
    together,
)
from scheduling.standing import route_of

# Not asked of kept stops: what compares a plan with its problem, and `stock`, which counts whole containers.
NOT_ASKED: Final = (coverage, fixed, fairness, together, stock)
# Of a shift under way only the stops to come are known: the timeline shows how late it is.
BEFORE_THE_START: Final = (shift_hours, breaks)


def check_kept(problem: Problem) -> tuple[Violation, ...]:
    """Every rule that the kept stops break by themselves: for a person to decide, no plan can mend it."""
    shifts = by_id((*problem.standing_shifts, *problem.shifts))
    strangers = {
        row.visit_id: name for row in problem.kept.stops for name in list_unknown(problem, row)
    }
    known = [row for row in problem.kept.stops if row.visit_id not in strangers]
    judged = replace(
        problem,
        shifts=tuple(shifts[name] for name in sorted({row.shift_id for row in known})),
        standing_shifts=tuple(
            row for row in problem.standing_shifts if row.id not in {one.shift_id for one in known}
        ),
        needs=problem.kept.needs,
        stock=problem.kept.stock,
        fixed=(),
        done_visits=frozenset(),
    )
    found = [Violation("coverage", visit, f"unknown {name}") for visit, name in strangers.items()]
    return tuple(dict.fromkeys([*found, *_judge(judged, known)]))


def list_unknown(problem: Problem, row: KeptStop) -> Iterator[str]:
    """What a kept stop names and the problem does not have, such as a shift that is not worked."""
    shift = by_id((*problem.standing_shifts, *problem.shifts)).get(row.shift_id)
    if shift is None:
        yield "shift"
    elif shift.depot_id not in by_id(problem.depots):
        yield "depot"
    if row.location_id not in by_id(problem.locations):
        yield "location"
    if row.campaign_id is not None and row.campaign_id not in by_id(problem.campaigns):
        yield "campaign"
    if row.product_id is not None and row.product_id not in by_id(problem.products):
        yield "product"


def _judge(problem: Problem, stops: Sequence[KeptStop]) -> Iterator[Violation]:
    needed = {key_of(need) for need in problem.needs}
    shifts = by_id(problem.shifts)
    of_shift: dict[str, list[tuple[Fixed, Visit]]] = defaultdict(list)
    for row in sorted(stops, key=lambda row: (row.start, row.visit_id)):
        due = tuple(one for one in row.doses if (one[0], row.campaign_id or "", one[1]) in needed)
        if len(due) < len(row.doses):
            yield Violation("coverage", row.visit_id, "a dose that nobody needs")
        visit = to_visit(problem, row, due)
        of_shift[row.shift_id].append((to_fixed(row), visit))
    whole = replace(problem, fixed=tuple(one for rows in of_shift.values() for one, _ in rows))
    routes = {
        name: route_of(problem, shifts[name], rows) for name, rows in sorted(of_shift.items())
    }
    crises = {row.visit_id for row in stops if row.campaign_id is None}
    for rule in RULES:
        if rule in NOT_ASKED:
            continue
        plan = _plan_of(problem, routes, only_to_come=rule in BEFORE_THE_START)
        for violation in rule.violations(whole, plan):
            if violation.rule != "time_windows" or violation.where not in crises:
                yield violation
    yield from _short(problem, of_shift)


def _plan_of(problem: Problem, routes: Mapping[str, Route], *, only_to_come: bool) -> Plan:
    """The kept routes as a plan: all, or those of shifts that have not begun."""
    begun = {shift.id for shift in problem.shifts if only_to_come and shift.start <= problem.now}
    made = tuple(route for name, route in routes.items() if name not in begun)
    return Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=made,
        unassigned=(),
        values=values(problem, ()),
    )


def to_visit(problem: Problem, row: KeptStop, due: tuple[tuple[str, int], ...]) -> Visit:
    """Converts a kept stop to a visit to those of its people who are still due."""
    day = day_of(problem, row.start)
    needs = needs_by_key(problem)
    found = [needs[person, row.campaign_id or "", dose] for person, dose in due]
    return Visit(
        id=row.visit_id,
        location_id=row.location_id,
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        needs=tuple(sorted(due)),
        first_day=day,
        last_day=day,
        priority=0,
        skills=frozenset[str]().union(*(need.skills for need in found)),
    )


def to_fixed(row: KeptStop) -> Fixed:
    """Converts a kept stop to a frozen one."""
    return Fixed(
        visit_id=row.visit_id,
        shift_id=row.shift_id,
        start=row.start,
        person_ids=frozenset(person for person, _ in row.doses),
        why="frozen",
        location_id=row.location_id,
        campaign_id=row.campaign_id,
        product_id=row.product_id,
        service_seconds=row.service_seconds,
    )


def _short(
    problem: Problem, of_shift: Mapping[str, Sequence[tuple[Fixed, Visit]]]
) -> Iterator[Violation]:
    """One per stop whose depot has no usable dose left for everybody still to come that day, this stop included.

    By the dose: a container that is open already holds what is left of it.
    """
    lines, shifts = lines_by_depot(problem), by_id(problem.shifts)
    taken: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    stops = [(shifts[name], visit) for name, rows in of_shift.items() for _, visit in rows]
    for shift, visit in sorted(stops, key=lambda pair: (pair[0].day, pair[1].id)):
        if visit.product_id is None:
            continue
        key = (shift.depot_id, visit.product_id)
        wanted = {**taken[key], shift.day: taken[key].get(shift.day, 0) + visit.doses}
        short, _ = allocate(lines.get(key, []), wanted)
        if short:
            yield Violation("stock", visit.id, f"{sum(short.values())} doses short")
        else:
            taken[key] = wanted
