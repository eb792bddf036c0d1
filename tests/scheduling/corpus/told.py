"""Edges of the promise to people who were told: what may change of an appointment, and what only facts may take."""

from collections.abc import Iterator
from dataclasses import replace

from scheduling.plan import Moved, Route
from scheduling.problem import Problem
from tests.scheduling.builders import (
    HOUR,
    a_crisis,
    a_lot,
    a_problem,
    a_route,
    a_shift,
    a_told,
    a_visit,
    at,
    needs,
)
from tests.scheduling.corpus.edges import Case, a_crisis_route, a_crisis_visit, one

SHIFTS = (a_shift("S1", 2), a_shift("S2", 2), a_shift("S3", 3))
NINE = at(2, 9)


def a_promise(problem: Problem, **changes) -> Problem:
    """Everybody of L1 was told nine o'clock on day 2, with the first team."""
    visit = a_visit(problem, "L1")
    row = a_told(visit, "S1", NINE, service_seconds=3000, **changes)
    return replace(problem, published=(row,))


def promise() -> Iterator[Case]:
    usual = a_problem(shifts=SHIFTS)
    near = a_promise(usual)
    far = replace(a_promise(usual, told=True), notice_seconds=NINE)
    nobody: tuple[Route, ...] = ()

    yield "as told", near, one(near, NINE), None
    yield "a second later", near, one(near, NINE + 1), "promise"
    yield "by another team", near, one(near, NINE, "S2"), "promise"
    yield "the day after", near, one(near, at(3, 9), "S3"), "promise"
    yield "dropped", near, nobody, "promise"
    fewer = a_visit(near).needs[1:]
    yield "one resident dropped", near, one(near, NINE, needs=fewer), "promise"

    yield "another time of that day, beyond the notice time", far, one(far, at(2, 11), "S2"), None
    yield "another day, beyond the notice time", far, one(far, at(3, 9), "S3"), "promise"
    yield "dropped beyond the notice time", far, nobody, "promise"
    soon = replace(far, notice_seconds=NINE + 1)
    yield "another time within the notice time", soon, one(soon, at(2, 11), "S2"), "promise"
    untold = replace(a_promise(usual), notice_seconds=NINE)
    yield "published to nobody yet, and dropped", untold, nobody, None

    yield from facts(near)
    yield from giving_way()
    yield from crises()


def facts(near: Problem) -> Iterator[Case]:
    gone = replace(near, shifts=SHIFTS[1:])
    yield "the team is gone", gone, one(gone, at(3, 9), "S3"), None
    empty = replace(near, stock=(a_lot(0),))
    yield "the doses are gone", empty, (), None
    first, others = (
        needs(10),
        tuple(replace(need, person_id=f"more {need.person_id}", priority=90) for need in needs(10)),
    )
    short = a_promise(replace(near, needs=(*first, *others), stock=(a_lot(10),)))
    low, high = (tuple((need.person_id, 1) for need in rows) for rows in (first, others))
    yield "doses for those who need them most", short, one(short, NINE, needs=high), None
    yield "doses for the others", short, one(short, NINE, needs=low), "promise"


def giving_way() -> Iterator[Case]:
    """One visit is an hour later than was told, for another at that place and time."""
    for priorities, most, moved, broken in (
        ((50, 90), 1, True, None),
        ((50, 90), 0, True, "promise"),
        ((50, 90), 1, False, "promise"),
        ((50, 50), 1, True, "promise"),
        ((50, 51), 2, True, None),
    ):
        people = (*needs(10, priority=priorities[0]), *needs(10, "L2", priority=priorities[1]))
        problem = a_promise(a_problem(needs=people, shifts=SHIFTS, repair_moves=most))
        later, urgent = a_visit(problem, "L1"), a_visit(problem, "L2")
        route = a_route(problem, "S1", (urgent, NINE), (later, at(2, 10.5)))
        gave_way = (Moved(later.id, urgent.id),) if moved else ()
        yield f"{priorities} of {most} {moved}", problem, (route,), broken, {"moved": gave_way}
    asked = a_crisis(location_id="L2", first_second=at(2, 8), last_second=at(2, 20))
    skilled = tuple(replace(row, skills=frozenset({"crisis"})) for row in SHIFTS)
    problem = a_promise(a_problem(shifts=skilled, repair_moves=1, crisis_visits=(asked,)))
    later, call = a_visit(problem), a_crisis_visit(problem, location_id="L2")
    route = a_route(problem, "S1", (call, NINE), (later, at(2, 10.5)))
    yield "a crisis visit", problem, (route,), None, {"moved": (Moved(later.id, call.id),)}
    problem = a_promise(a_problem(shifts=SHIFTS, repair_moves=1))
    late = one(problem, at(2, 10.5))
    (visit,) = {stop.visit.id for route in late for stop in route.stops}
    yield "for nobody", problem, late, "promise", {"moved": (Moved(visit, "nobody"),)}


def crises() -> Iterator[Case]:
    shifts = tuple(
        replace(row, skills=frozenset({"crisis"})) for row in (a_shift("S1"), a_shift("S2"))
    )
    asked = a_problem(needs=(), shifts=shifts, crisis_visits=(a_crisis(),))
    row = a_told(a_crisis_visit(asked), "S1", at(0, 9), service_seconds=HOUR)
    told = replace(asked, published=(row,))

    yield "a crisis visit as told", told, a_crisis_route(told, at(0, 9)), None
    yield "a crisis visit by another team", told, a_crisis_route(told, at(0, 9), "S2"), "promise"
    yield "a crisis visit dropped", told, (), "promise"
    withdrawn = replace(told, crisis_visits=())
    yield "a crisis visit that nobody asks any more", withdrawn, (), None


CASES = (promise,)
