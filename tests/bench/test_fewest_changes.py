"""Make it fit beside an exhaustive search on small regions: how many calls a suggestion takes, and that five hundred of them hold.

The search knows nothing of how suggestions are found: every shift longer by each quarter of an hour, somebody more on every
crew, an order, a larger box, containers in every depot, every location open on every quarter of an hour, each by itself; each
is solved again. What it finds to help with fewer calls counts against us. A change of a kind that the catalogue of changes has
not is not tried.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from time import process_time

import pytest

from scheduling.care.lookup import planned_doses
from scheduling.fitting.changes import (
    AddCrew,
    BiggerBox,
    Change,
    GiveOrder,
    LetIn,
    MoreStock,
    WorkLonger,
    apply_all,
)
from scheduling.fitting.fit import find_fits
from scheduling.fitting.held import Standing
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.params import DEFAULT
from scheduling.fitting.targets import Target, list_targets, try_shifts
from scheduling.limits import Limits
from scheduling.solve import repair
from tests.scheduling.fitting.cases import list_plans, stand_still
from tests.scheduling.fitting.confirming import confirm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
# Plans of the exhaustive search; in parts by the first of them.
SMALL_FROM, SMALL = int(os.environ.get("SMALL_FROM", "1")), int(os.environ.get("SMALL", "24"))
OF_EACH = 2  # groups of each plan
WANTED, FIRST = int(os.environ.get("SUGGESTIONS", "500")), int(os.environ.get("FIRST", "0"))
MOST_CALLS = 1.2  # times the fewest
STEP, HOUR = DEFAULT.step_seconds, 3600


def list_changes(standing: Standing, target: Target) -> Iterator[Change]:
    """Every single change within the limits of what may be asked, by brute force."""
    problem = standing.problem
    for shift in problem.shifts:
        if not standing.may_be_asked(shift):
            continue
        for more in range(STEP, DEFAULT.shift_seconds + 1, STEP):
            yield WorkLonger(shift.id, shift.start - more, shift.end, shift.start, shift.end)
            yield WorkLonger(shift.id, shift.start, shift.end + more, shift.start, shift.end)
        skills = {one for need in problem.needs for one in need.skills} | {"crisis"}
        yield AddCrew(shift.id, tuple(sorted(skills - shift.skills)))
        yield BiggerBox(shift.id, 40)
        for product in problem.products:
            yield AddCrew(shift.id, (), product.id)
            yield GiveOrder(shift.id, product.id)
            for count in range(1, DEFAULT.containers + 1):
                doses = count * product.doses_per_container
                yield MoreStock(shift.depot_id, product.id, shift.day, count, doses)
        yield from list_openings(standing, target, shift.start, shift.end)


def list_openings(standing: Standing, target: Target, start: int, end: int) -> Iterator[Change]:
    """The location open on each half hour of a shift at which it is closed."""
    place = standing.locations.get(target.location_id)
    for second in range(start, end, 2 * STEP) if place else ():
        near = min(
            place.time_windows,
            key=lambda one: max(one.earliest - second, second - one.latest),
            default=None,
        )
        off = 0 if near is None else max(near.earliest - second, second - near.latest)
        if near is None or off > 12 * HOUR:
            yield LetIn(target.location_id, second, second, None)
        elif 0 < off <= DEFAULT.window_seconds:
            wide = min(near.earliest, second), max(near.latest, second)
            yield LetIn(target.location_id, *wide, near)


def helps(standing: Standing, target: Target, changes: tuple[Change, ...]) -> bool:
    """Whether somebody of the target is served with these changes, with or without the others who wait, and nobody else moves."""
    problem = apply_all(standing.problem, changes)
    ours = {*target.needs} | standing.stop_of.keys()
    crises = {*target.crisis_ids} | {
        stop.visit.id for route in standing.plan.routes for stop in route.stops
    }
    alone = replace(
        problem,
        needs=tuple(
            row for row in problem.needs if (row.person_id, row.campaign_id, row.dose_no) in ours
        ),
        crisis_visits=tuple(row for row in problem.crisis_visits if row.id in crises),
    )
    before = {key: (name, stop.start) for key, (name, stop) in standing.stop_of.items()}
    for one in (problem, alone):
        plan = repair(one, Limits(0.0))
        after = {
            key: (route.shift_id, stop.start)
            for route in plan.routes
            for stop, key in planned_doses(replace(plan, routes=(route,)))
        }
        made = {stop.visit.id for route in plan.routes for stop in route.stops}
        kept = not plan.taken and all(after.get(key) == place for key, place in before.items())
        if kept and ({*target.needs} & after.keys() or {*target.crisis_ids} & made):
            return True
    return False


def find_fewest(standing: Standing, target: Target, most: int) -> int:
    """The fewest calls with which somebody is served, below `most`: one where nothing, or the location alone, is asked; else two."""
    if most > 1 and helps(standing, target, ()):
        return 1
    singles = list(list_changes(standing, target))
    if most > 1 and any(
        helps(standing, target, (one,)) for one in singles if isinstance(one, LetIn)
    ):
        return 1
    if most > 2 and any(helps(standing, target, (one,)) for one in singles):
        return 2
    return most


def test_no_more_calls_are_asked_than_an_exhaustive_search_needs():
    began, tried, unhelped, missed = process_time(), 0, 0, 0
    asked = fewest = 0
    pairs = Counter[tuple[int, int]]()
    for problem, plan in list_plans(SMALL_FROM, SMALL):
        if len(problem.locations) > 12:
            continue
        standing = stand_still(problem, plan)
        trying = Trying(standing)
        targets = [
            one for one in list_targets(plan.unassigned) if not try_shifts(trying, one).is_barred
        ]
        for target in targets[:OF_EACH]:
            fits = find_fits(trying, target)
            if not fits:
                unhelped += 1
                missed += find_fewest(standing, target, 3) < 3
                continue
            calls = min(fit.price.calls for fit in fits)
            best = find_fewest(standing, target, calls)
            pairs[calls, best] += 1
            asked, fewest, tried = asked + calls, fewest + best, tried + 1
    spent = process_time() - began
    sys.stdout.write(
        f"{tried} groups: {asked} calls, {fewest} by exhaustive search ({asked / max(1, fewest):.3f} times); (asked, fewest): "
        f"{dict(sorted(pairs.items()))}; without a suggestion {unhelped}, of which one change would help {missed}: {spent:.0f} CPU s\n"
    )
    assert tried >= 10
    assert asked <= MOST_CALLS * fewest


def test_five_hundred_suggestions_hold_and_everybody_left_out_has_a_reason():
    began, held, groups, explained = process_time(), 0, 0, 0
    kinds = Counter[str]()
    first = FIRST
    while held < WANTED:
        for problem, plan in list_plans(first, 10):
            standing = stand_still(problem, plan)
            trying = Trying(standing)
            explained += all(row.reasons for row in plan.unassigned)
            groups += 1
            for target in list_targets(plan.unassigned):
                if held >= WANTED:
                    break
                for fit in find_fits(trying, target):
                    confirm(standing, target, fit)
                    held += 1
                    kinds["+".join(type(one).__name__ for one in fit.changes)] += 1
        first += 10
    spent = process_time() - began
    sys.stdout.write(
        f"{held} suggestions confirmed in plans {FIRST} to {first - 1}, {groups} of them looked at, {explained} of them with a reason for everybody who is left out: "
        f"{dict(kinds.most_common())}: {spent:.0f} CPU s\n"
    )
    assert held >= WANTED
    assert explained == groups
