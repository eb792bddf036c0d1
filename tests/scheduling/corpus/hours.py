"""Edges of the rules about time: opening hours, the road, pauses, rest and duty."""

from collections.abc import Iterator
from dataclasses import replace

from scheduling.plan import Route
from scheduling.problem import Outbreak, TimeWindow
from tests.scheduling.builders import (
    HOUR,
    a_crisis,
    a_location,
    a_pause,
    a_pin,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
)
from tests.scheduling.corpus.edges import STAY, TWO, Case, a_crisis_route, both, one


def time_windows() -> Iterator[Case]:
    windows = (TimeWindow(at(0, 9), at(0, 10)), TimeWindow(at(0, 13), at(0, 14)))
    problem = a_problem(locations=(a_location(time_windows=windows), a_location("L2", 2)))
    edges = ((9, 0, True), (9, -1, False), (10, 0, True), (10, 1, False), (13, -1, False))
    for hour, late, fits in (*edges, (13, 0, True), (14, 0, True), (14, 1, False)):
        name = f"{hour} and {late} s"
        yield name, problem, one(problem, at(0, hour) + late), None if fits else "time_windows"
    for changes in ({"known": False}, {"has_contact": False}):
        other = a_problem(locations=(a_location(**changes), a_location("L2", 2)))
        yield str(changes), other, one(other), "time_windows"
    crisis = a_problem(
        needs=(),
        locations=(a_location(time_windows=(), has_contact=False), a_location("L2", 2)),
        crisis_visits=(
            a_crisis(first_second=at(0, 11), last_second=at(0, 12), skills=frozenset()),
        ),
    )
    for start, fits in (
        (at(0, 11) - 1, False),
        (at(0, 11), True),
        (at(0, 12), True),
        (at(0, 12) + 1, False),
    ):
        yield (
            f"crisis at {start}",
            crisis,
            a_crisis_route(crisis, start),
            None if fits else "time_windows",
        )
    nowhere = replace(crisis, locations=(a_location(known=False), a_location("L2", 2)))
    yield "crisis nowhere", nowhere, a_crisis_route(nowhere, at(0, 11)), "time_windows"


def outbreak() -> Iterator[Case]:
    for state, place, broken in (
        (Outbreak.LAST, "L2", None),
        (Outbreak.LAST, "L1", "outbreak"),
        (Outbreak.BLOCKED, "L2", "outbreak"),
        (Outbreak.NONE, "L1", None),
    ):
        places = tuple(
            a_location(f"L{k}", k, outbreak=state if place == f"L{k}" else Outbreak.NONE)
            for k in (1, 2)
        )
        problem = replace(TWO, locations=places)
        yield f"{state} at {place}", problem, both(problem), broken
    same = replace(
        TWO, locations=(a_location("L1", 1, outbreak=Outbreak.LAST), a_location("L2", 2))
    )
    halves = [
        a_visit(same, id=f"half {k}", needs=tuple(a_visit(same).needs[k : k + 5])) for k in (0, 5)
    ]
    again = (a_route(same, "S1", (halves[0], at(0, 9)), (halves[1], at(0, 11))),)
    yield "twice at the same place", same, again, None
    yield from _used_again()


def _used_again() -> Iterator[Case]:
    """A team that goes to an outbreak on its early, or on its late shift of the day."""
    hours = ({"start": at(0, 8), "end": at(0, 12)}, {"start": at(0, 12), "end": at(0, 17)})
    for team, ill, broken in (
        ("T", "L1", "outbreak"),
        ("T", "L2", None),
        ("other", "L1", None),
    ):
        problem = replace(
            TWO,
            locations=tuple(
                a_location(f"L{k}", k, outbreak=Outbreak.LAST if ill == f"L{k}" else Outbreak.NONE)
                for k in (1, 2)
            ),
            shifts=(
                a_shift("S1", team_id="T", **hours[0]),
                a_shift("S2", team_id=team, **hours[1]),
            ),
            rest_seconds=0,
        )
        routes = (
            a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 9))),
            a_route(problem, "S2", (a_visit(problem, "L2"), at(0, 13))),
        )
        yield f"{ill} by {team}", problem, routes, broken
    ill = replace(problem, locations=(a_location(outbreak=Outbreak.LAST), a_location("L2", 2)))
    ill = replace(ill, shifts=(a_shift("S1", team_id="T"), a_shift("S2", team_id="T")))
    ill = replace(ill, rest_seconds=-(10**6))
    at_once = tuple(a_route(ill, f"S{k}", (a_visit(ill, f"L{k}"), at(0, 9))) for k in (1, 2))
    yield "two shifts at once", ill, at_once, "outbreak"
    yield "an idle shift after it", ill, (at_once[0], Route("S2", (), at(0, 12), at(0, 12))), None
    days = replace(problem, shifts=(a_shift("S1", team_id="T"), a_shift("S2", 1, team_id="T")))
    days = replace(
        days, locations=(a_location("L1", 1, outbreak=Outbreak.LAST), a_location("L2", 2))
    )
    routes = (
        a_route(days, "S1", (a_visit(days, "L1"), at(0, 9))),
        a_route(days, "S2", (a_visit(days, "L2"), at(1, 13))),
    )
    yield "on another day", days, routes, None
    blocked = a_problem(
        needs=(),
        locations=(a_location(outbreak=Outbreak.BLOCKED), a_location("L2", 2)),
        crisis_visits=(a_crisis(skills=frozenset()),),
    )
    yield "a crisis team", blocked, a_crisis_route(blocked, at(0, 9)), None


def shift_hours() -> Iterator[Case]:
    problem = TWO
    (route,) = both(problem, at(0, 9) + STAY + 600)
    first, second = route.stops

    def with_stops(*stops, **changes) -> tuple[Route, ...]:
        return (replace(route, stops=stops, **changes),)

    yield "just in time", problem, (route,), None
    yield "back too soon", problem, (replace(route, back=route.back - 1),), "shift_hours"
    yield (
        "too short",
        problem,
        with_stops(first, replace(second, departure=second.departure - 1)),
        "shift_hours",
    )
    yield (
        "too long",
        problem,
        with_stops(first, replace(second, departure=second.departure + 1), back=route.back + 1),
        "shift_hours",
    )
    yield (
        "drives too fast",
        problem,
        with_stops(first, replace(second, arrival=second.arrival - 1)),
        "shift_hours",
    )
    yield (
        "begins before it arrives",
        problem,
        with_stops(first, replace(second, arrival=second.arrival + 1)),
        "shift_hours",
    )
    yield "leaves late", problem, (replace(route, departure=route.departure + 1),), "shift_hours"
    for start, fits in ((route.departure, True), (route.departure + 1, False)):
        early = replace(problem, shifts=(a_shift(start=start),))
        yield f"shift from {start}", early, (route,), None if fits else "shift_hours"
    for end, fits in ((route.back, True), (route.back - 1, False)):
        late = replace(problem, shifts=(a_shift(end=end),))
        yield f"shift to {end}", late, (route,), None if fits else "shift_hours"
    for now, fits in ((route.departure, True), (route.departure + 1, False)):
        yield f"now {now}", replace(problem, now=now), (route,), None if fits else "shift_hours"
    pin = a_pin("visit of L1", at(0, 9), [p for p, _ in first.visit.needs], why="pinned")
    pinned = replace(problem, fixed=(pin,), now=route.departure + 1)
    yield "a fixed stop has begun", pinned, (route,), None


LENGTH = 1800  # of a pause


DRIVE = 600


def a_break(name: str, start: int | None, fits: bool, pause=(8, 17), **changes) -> Case:
    """The calls on L1 at nine and L2 at eleven with a pause at a moment, which fits or does not."""
    problem = replace(TWO, shifts=(a_shift(pause=a_pause(0, *pause, LENGTH)),))
    (route,) = changes.get("routes") or both(TWO)
    return name, problem, (replace(route, pause_start=start),), None if fits else "breaks"


def breaks() -> Iterator[Case]:
    (route,) = both(TWO)
    first, last = route.stops[0], route.stops[1]
    yield a_break("none", None, False)
    yield a_break("before the road", route.departure - LENGTH, True)
    yield a_break("before the road, too late", route.departure - LENGTH + 1, False)
    yield a_break("from the shift on", at(0, 8), True)
    yield a_break("before the shift", at(0, 8) - 1, False, (7, 17))
    yield a_break("after the road", route.back, True)
    yield a_break("after the road, too early", route.back - 1, False)
    yield a_break("to the end", at(0, 17) - LENGTH, True)
    yield a_break("past the end", at(0, 17) - LENGTH + 1, False)
    yield a_break("after the first call", first.departure, True)
    yield a_break("in the first call", first.departure - 1, False)
    yield a_break("before the second call", last.start - LENGTH, True)
    yield a_break("in the second call", last.start - LENGTH + 1, False)
    for late, fits in ((0, True), (-1, False)):
        hours = (first.departure / HOUR, 17.0)
        yield a_break(f"opens, {late} s", first.departure + late, fits, hours)
    for late, fits in ((0, True), (1, False)):
        hours = (8, first.departure / HOUR)
        yield a_break(f"closes, {late} s", first.departure + late, fits, hours)


def breaks_in_gaps() -> Iterator[Case]:
    (route,) = both(TWO)
    first, last = route.stops[0], route.stops[1]
    for gap, fits in ((DRIVE + LENGTH, True), (DRIVE + LENGTH - 1, False)):
        tight = both(TWO, first.departure + gap)
        yield a_break(f"a gap of {gap}", first.departure, fits, routes=tight)
    for late, fits in ((0, True), (1, False)):
        early = replace(route, departure=route.departure - LENGTH + late)
        yield a_break(f"to the first, {late} s", early.departure, fits, routes=(early,))
    for soon, fits in ((0, True), (1, False)):
        home = replace(route, back=route.back + LENGTH - soon)
        yield a_break(f"on the way home, {soon} s", last.departure, fits, routes=(home,))
    idle = replace(TWO, shifts=(a_shift(pause=a_pause()),))
    yield "a team that stays", idle, (Route("S1", (), at(0, 8), at(0, 8)),), None


def breaks_on_the_way_home() -> Iterator[Case]:
    """Far from the first call, near the depot: the drive home is what counts."""
    rows = [[0, 600, 600], [600, 0, 3000], [600, 3000, 0]]
    travel = replace(TWO.travel, seconds=tuple(tuple(row) for row in rows))
    problem = replace(TWO, travel=travel, shifts=(a_shift(pause=a_pause(0, 8, 17)),))
    (route,) = both(problem, at(0, 11))
    pause_start = route.stops[-1].departure
    routes = (replace(route, back=route.back + 1800, pause_start=pause_start),)
    yield "near the depot", problem, routes, None


def rest() -> Iterator[Case]:
    def case(
        name: str, gap: int, team: str, broken: str | None, crew: tuple[str, ...] = (), **changes
    ) -> Case:
        late = at(0, 13) + gap
        problem = replace(
            TWO,
            shifts=(
                a_shift("S1", team_id="T", end=at(0, 13), members=frozenset(crew)),
                a_shift("S2", team_id=team, start=late, end=at(0, 20), members=frozenset(crew)),
            ),
            **{"rest_seconds": 3600, **changes},
        )
        routes = (
            a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 9))),
            a_route(problem, "S2", (a_visit(problem, "L2"), at(0, 15))),
        )
        return name, problem, routes, broken

    yield case("an hour", 3600, "T", None)
    yield case("a second less", 3599, "T", "rest")
    yield case("another team", 0, "U", None)
    yield case("somebody of another team, an hour", 3600, "U", None, ("M1",))
    yield case("somebody of another team, a second less", 3599, "U", "rest", ("M1",))
    yield case("none is asked", 0, "T", None, rest_seconds=0)
    yield case("at once", -1, "T", "rest", rest_seconds=0)
    standing = a_shift("S0", team_id="T", start=at(0, 2), end=at(0, 7))
    before = a_problem(shifts=(a_shift(team_id="T"),), standing_shifts=(standing,))
    for asked, fits in ((3600, True), (3601, False)):
        problem = replace(before, rest_seconds=asked)
        yield f"after a standing shift, {asked}", problem, one(problem), None if fits else "rest"
    two = (standing, replace(standing, id="S9", start=at(0, 3)))
    happened = a_problem(shifts=(a_shift(team_id="T"),), standing_shifts=two, rest_seconds=0)
    yield "standing shifts that overlap", happened, one(happened), None
    idle = replace(before, rest_seconds=3601)
    yield "a team that stays", idle, (Route("S1", (), at(0, 8), at(0, 8)),), None


def duty() -> Iterator[Case]:
    (route,) = both(TWO)
    on_duty = route.back - at(0, 8)
    for longest, fits in ((on_duty, True), (on_duty - 1, False)):
        problem = replace(TWO, max_duty_seconds=longest)
        yield f"at most {longest}", problem, (route,), None if fits else "duty"
    days = tuple(a_shift(f"S{day}", day, team_id="T") for day in range(9))
    week = replace(TWO, shifts=days)
    for last, hours, fits in ((6, 18, True), (6, 17, False), (7, 17, True), (1, 17, False)):
        problem = replace(week, max_week_seconds=hours * HOUR)
        routes = (
            a_route(problem, "S0", (a_visit(problem, "L1"), at(0, 9))),
            a_route(problem, f"S{last}", (a_visit(problem, "L2"), at(last, 9))),
        )
        yield f"days 0 and {last}, {hours} h", problem, routes, None if fits else "duty"
    standing = a_shift("S9", -6, team_id="T")
    for day, fits in ((0, False), (1, True)):
        worked = replace(week, standing_shifts=(standing,), max_week_seconds=17 * HOUR)
        routes = (a_route(worked, f"S{day}", (a_visit(worked), at(day, 9))),)
        yield f"worked, then day {day}", worked, routes, None if fits else "duty"
    idle = replace(worked, max_week_seconds=8 * HOUR)
    yield "a team that stays", idle, (Route("S0", (), at(0, 8), at(0, 8)),), None
    late = replace(TWO, max_duty_seconds=HOUR)
    yield "late and at home", late, (Route("S1", (), at(0, 8), at(0, 12)),), None


CASES = (
    time_windows,
    outbreak,
    shift_hours,
    breaks,
    breaks_in_gaps,
    breaks_on_the_way_home,
    rest,
    duty,
)
