"""Where one more stop fits for a team on the road: to the second, within every rule, and with the doses that it has."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.extra_stops import ExtraStop, UnderWay, Wanted, find_extra_stops, list_wanted
from scheduling.kept import check_kept
from scheduling.plan import Plan
from scheduling.problem import Kept, KeptStop, Problem, Shift, TimeWindow
from scheduling.solve import Limits, repair
from tests.effort import examples
from tests.scheduling.builders import (
    HOUR,
    a_crisis,
    a_pause,
    a_problem,
    a_shift,
    a_told,
    a_travel,
    a_visit,
    at,
    needs,
)

ROAD = 600  # seconds between any two places
NOW = at(0, 10)
BOTH = frozenset({"crisis"})


def a_stop(name: str, start: int, minutes: int = 30, **changes) -> KeptStop:
    """A kept crisis visit at the second location: no people, no doses."""
    stop = KeptStop(name, "S9", start, minutes * 60, "L2", None, None, ())
    return replace(stop, **changes)


def under_way(*stops: KeptStop, passed: int = 0, **changes) -> UnderWay:
    shift = a_shift("S9", team_id="T9", skills=BOTH)
    return replace(UnderWay(shift, stops, passed, NOW, aboard={}), **changes)


def on_the_road(**changes) -> Problem:
    """Nobody to plan, an urgent call at the first location until two, and a team under way."""
    call = a_crisis(first_second=at(0, 8), last_second=at(0, 14), priority=99)
    usual = {"needs": (), "crisis_visits": (call,), "shifts": (), "now": NOW}
    return a_problem(**(usual | changes))


def plan_of(problem: Problem) -> Plan:
    return repair(problem, Limits(0))


def ask(problem: Problem, *teams: UnderWay, **known) -> list[ExtraStop]:
    plan = plan_of(problem)
    return find_extra_stops(problem, plan, teams, list_wanted(problem, plan, **known))


def the_start(problem: Problem, *teams: UnderWay) -> int | None:
    found = ask(problem, *teams)
    return found[0].start if found else None


def test_a_team_without_stops_drives_from_its_depot_at_once():
    (stop,) = ask(on_the_road(), under_way())

    assert (stop.behind, stop.start, stop.departure) == (None, NOW + ROAD, NOW + ROAD + HOUR)


@pytest.mark.parametrize(("spare", "behind"), [(0, "A"), (-1, "B")])
def test_it_goes_between_two_stops_when_the_second_keeps_its_moment_to_the_second(spare, behind):
    first = a_stop("A", at(0, 9))
    second = a_stop("B", NOW + ROAD + HOUR + ROAD + spare)

    (stop,) = ask(on_the_road(), under_way(first, second, passed=1))

    assert stop.behind == behind


def test_nothing_goes_before_the_stop_that_a_team_is_at():
    later = a_stop("A", at(0, 12))

    (stop,) = ask(on_the_road(), under_way(later, passed=1, free_from=at(0, 12.5)))

    assert (stop.behind, stop.start) == ("A", at(0, 12.5) + ROAD)


def test_behind_a_later_stop_it_begins_when_that_is_over_and_the_road_driven():
    stops = (a_stop("A", NOW + ROAD), a_stop("B", NOW + 2 * ROAD + 1800))

    (stop,) = ask(on_the_road(), under_way(*stops))

    assert (stop.behind, stop.start) == ("B", NOW + 3 * ROAD + 3600)


def test_a_team_that_is_late_is_late_for_its_extra_stop_too():
    stops = (a_stop("A", NOW + ROAD), a_stop("B", NOW + 2 * ROAD + 1800))

    (stop,) = ask(on_the_road(), under_way(*stops, late=900))

    assert stop.start == NOW + 3 * ROAD + 3600 + 900


@pytest.mark.parametrize(
    ("end", "fits"), [(NOW + HOUR + 2 * ROAD, True), (NOW + HOUR + 2 * ROAD - 1, False)]
)
def test_the_team_is_back_within_its_shift(end, fits):
    team = under_way()

    assert bool(ask(on_the_road(), replace(team, shift=replace(team.shift, end=end)))) is fits


@pytest.mark.parametrize(("last", "fits"), [(NOW + ROAD, True), (NOW + ROAD - 1, False)])
def test_an_urgent_call_has_a_last_moment(last, fits):
    call = a_crisis(first_second=at(0, 8), last_second=last, priority=99)

    assert bool(ask(on_the_road(crisis_visits=(call,)), under_way())) is fits


def test_a_call_of_later_is_waited_for():
    call = a_crisis(first_second=at(0, 11), last_second=at(0, 12), priority=99)

    assert the_start(on_the_road(crisis_visits=(call,)), under_way()) == at(0, 11)


def test_a_team_without_the_skill_is_not_asked():
    team = under_way()
    other = replace(team, shift=replace(team.shift, skills=frozenset()))

    assert ask(on_the_road(), other) == []


def test_a_team_that_would_lose_its_break_is_not_asked():
    team = under_way(a_stop("A", at(0, 10.5), 90), a_stop("B", at(0, 13.25), 30))
    pause = a_pause(0, 12, 13, 60 * 60)
    with_break = replace(team, shift=replace(team.shift, pause=pause, end=at(0, 14)))
    call = a_crisis(first_second=at(0, 12), last_second=at(0, 13), service_seconds=900, priority=99)
    problem = on_the_road(crisis_visits=(call,))

    assert ask(problem, with_break) == []
    assert ask(problem, replace(with_break, shift=replace(with_break.shift, pause=None)))


@pytest.mark.parametrize(("priority", "fits"), [(99, True), (98, False)])
def test_only_what_is_urgent_is_asked(priority, fits):
    call = a_crisis(first_second=at(0, 8), last_second=at(0, 14), priority=priority)

    assert bool(ask(on_the_road(crisis_visits=(call,)), under_way())) is fits


def test_a_call_that_the_plan_serves_as_soon_is_not_asked():
    shift = a_shift("S1", skills=BOTH)

    assert ask(on_the_road(shifts=(shift,)), under_way()) == []
    assert ask(on_the_road(shifts=(replace(shift, start=at(0, 10.25)),)), under_way())


def test_who_was_asked_already_is_not_asked_again():
    second = under_way()
    other = replace(second, shift=replace(second.shift, id="S8", team_id="T8"), free_from=NOW + 60)

    (stop,) = ask(on_the_road(), under_way(), other, asked={"X1": frozenset({"T9"})})

    assert stop.shift_id == "S8"


def test_of_two_teams_the_sooner_is_asked():
    sooner = under_way()
    later = replace(sooner, shift=replace(sooner.shift, id="S8", team_id="T8"), free_from=NOW + 60)

    (stop,) = ask(on_the_road(), later, sooner)

    assert stop.shift_id == "S9"


def lost(people: int = 12, left: int = 0, **changes) -> tuple[Problem, UnderWay]:
    """People of a visit of today whose team is gone, and a team on the road with so many doses to spare."""
    problem = on_the_road(crisis_visits=(), needs=needs(people))
    row = a_told(a_visit(problem, "L1"), "gone", at(0, 11))
    team = under_way(aboard={"moderna": left})
    return replace(problem, published=(row,), **changes), team


def with_all(
    problem: Problem, shift: Shift, stops: tuple[KeptStop, ...], extra: ExtraStop
) -> Problem:
    """The problem with the extra stop among those that stand."""
    row = KeptStop(
        extra.visit.id, shift.id, extra.start, extra.departure - extra.start,
        extra.visit.location_id, extra.visit.campaign_id, extra.visit.product_id, extra.visit.needs,
    )  # fmt: skip
    kept = Kept((*stops, row), problem.needs, problem.stock)
    return replace(problem, kept=kept, standing_shifts=(shift,))


@examples(short=60, long=500)
@given(st.integers(0, 10**9))
def test_it_begins_as_early_as_any_moment_that_breaks_no_rule(seed: int):
    random = Random(seed)
    problem, team = lost(random.randint(1, 25), random.choice((0, 10, 20, 30)))
    places = tuple(
        replace(row, time_windows=(TimeWindow(at(0, random.choice((9, 11))), at(0, 16)),))
        for row in problem.locations
    )
    problem = replace(problem, locations=places, travel=a_travel(3, random.choice((300, 900))))
    end = at(0, random.choice((13, 17)))
    starts = sorted(random.sample(range(at(0, 10.5), end - HOUR, 2700), random.randint(0, 2)))
    stops = tuple(a_stop(f"K{k}", start, 20) for k, start in enumerate(starts))
    passed = random.randint(0, min(1, len(stops)))
    free = max(NOW, stops[passed - 1].start + 1200 if passed else 0)
    shift = replace(team.shift, end=end)
    team = replace(team, shift=shift, stops=stops, passed=passed, free_from=free)

    found = ask(problem, team)

    served = found[0].visit.needs if found else problem.published[0].doses[:10]
    firsts = plain_starts(problem, team, len(served)) if len(served) else []
    if team.aboard and team.aboard["moderna"] >= len(served):
        assert min(firsts, default=None) == (found[0].start if found else None)
    if found:
        assert len(served) <= team.aboard["moderna"]
        faults = check_kept(with_all(problem, shift, stops, found[0]))
        assert [row for row in faults if row.where == found[0].visit.id] == []


def plain_starts(problem: Problem, team: UnderWay, people: int) -> list[int]:
    """Every second at which so many people could be visited between the stops of a team, by adding up alone."""
    road = problem.travel.seconds[0][1]
    (window,) = problem.locations[0].time_windows
    waves = -(-people // 2) * 180
    takes = 600 + max(waves, max(0, people - 6) * 180) + 900 + 600
    busy = [(stop.start, stop.start + stop.service_seconds) for stop in team.stops[team.passed :]]
    found = []
    for begin in range(team.free_from, team.shift.end):
        end = begin + takes
        if not window.earliest <= begin <= window.latest or begin < team.free_from + road:
            continue
        apart = all(end + road <= start or stop + road <= begin for start, stop in busy)
        if apart and end + road <= team.shift.end:
            found.append(begin)
    return found


def test_nothing_is_asked_where_nothing_is_wanted():
    problem = on_the_road(crisis_visits=())

    assert list_wanted(problem, plan_of(problem)) == []
    assert find_extra_stops(problem, plan_of(problem), [under_way()], []) == []


def test_the_heaviest_is_asked_first():
    calls = (
        a_crisis("X1", first_second=at(0, 8), last_second=at(0, 14), priority=99),
        a_crisis("X2", first_second=at(0, 8), last_second=at(0, 14), priority=100),
    )
    problem = on_the_road(crisis_visits=calls)

    wanted = list_wanted(problem, plan_of(problem))

    assert [one.visit.id for one in wanted] == ["X2", "X1"]
    assert all(isinstance(one, Wanted) for one in wanted)


def test_a_call_that_stands_with_a_team_is_not_asked():
    problem = on_the_road(shifts=(a_shift("S1", skills=BOTH, start=at(0, 11)),))
    call = problem.crisis_visits[0]
    visit = replace(a_visit(problem, "L1"), id=call.id, campaign_id=None, product_id=None, needs=())
    row = a_told(visit, "S1", at(0, 12), service_seconds=HOUR)

    assert ask(problem, under_way())
    assert ask(replace(problem, published=(row,)), under_way()) == []
    assert ask(replace(problem, published=(replace(row, shift_id="gone"),)), under_way())


def test_a_team_that_was_ready_early_is_asked_from_the_end_that_stands():
    done = a_stop("A", at(0, 11), 60)

    (stop,) = ask(on_the_road(), under_way(done, passed=1, late=900))

    assert (stop.behind, stop.start) == ("A", at(0, 12) + ROAD)
