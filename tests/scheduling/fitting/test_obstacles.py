"""What keeps a visit out of each shift: the checker of whole plans says the same of the visit put there."""

from collections import Counter
from dataclasses import replace
from random import Random

from scheduling.care.lookup import planned_doses
from scheduling.fitting.gaps import Trial, list_gaps
from scheduling.fitting.obstacles import Tried, Trying
from scheduling.fitting.targets import Tries
from scheduling.plan import Reason
from tests.effort import either
from tests.scheduling.fitting.cases import (
    OF_PLANS,
    list_added,
    list_plans,
    list_standing,
    list_tries,
)

PLANS = either(short=18, long=400)
SHIFTS = 6  # of each target, by chance: the checker looks at the whole plan each time
PLACES = 8  # in each of them, at moments by chance
# Of what every region knows; the others come by chance, and must come in a long run.
USUAL = {"skills", "closed", "hours", "full", "stock", "week", "cool_box"}
RARE = {
    "next_dose",
    "window",
    "order",
    "injector",
    "break",
    "long_duty",
    "rest",
    "outbreak",
    "transport",
}


def draw(random: Random, tries: Tries, most: int) -> list[Tried]:
    """A few of the shifts that were tried."""
    return random.sample(tries.tried, min(most, len(tries.tried)))


def test_the_obstacles_in_a_shift_are_the_rules_that_the_visit_breaks_there():
    """Those and no others, whoever judges."""
    random, seen, cases = Random(1), Counter[str](), 0
    for problem, plan in list_plans(0, PLANS):
        before = list_standing(problem, plan)
        for trying, tries in list_tries(problem, plan):
            for tried in draw(random, tries, SHIFTS):
                added = list_added(trying, tried, before)
                named = {one.rule for one in tried.obstacles}
                assert named == added - (OF_PLANS - named), tried
                seen.update(one.kind.value for one in tried.obstacles)
                cases += 1

    assert cases >= either(short=500, long=10_000)
    assert seen.keys() >= either(short=USUAL, long=USUAL | RARE)


def test_nowhere_in_a_shift_with_an_obstacle_would_the_visit_fit():
    """At any moment, between any two stops: some rule is broken, so the shift cannot be had without a change."""
    random, cases = Random(2), 0
    for problem, plan in list_plans(1000, PLANS // 2):
        before = list_standing(problem, plan)
        for trying, tries in list_tries(problem, plan):
            for tried in draw(random, tries, 2):
                for trial in draw_places(random, trying, tried):
                    there = replace(tried, trial=trial)
                    assert not tried.obstacles or list_added(trying, there, before) - {"coverage"}
                    cases += 1

    assert cases >= either(short=500, long=10_000)


def draw_places(random: Random, trying: Trying, tried: Tried) -> list[Trial]:
    """Moments by chance in gaps by chance."""
    shift = trying.standing.shifts[tried.shift_id]
    gaps = [random.choice(list_gaps(trying.standing, shift)) for _ in range(PLACES)]
    return [Trial(gap, random.randint(shift.start, max(shift.start, gap.due))) for gap in gaps]


def test_everybody_who_is_unassigned_is_explained():
    """By who decides first, or by what stands in the way in every shift that could be asked.

    In a shift without obstacles the visit fits as things stand: a first answer leaves some out, and says so.
    """
    people, fits = 0, Counter[Reason]()
    for problem, plan in list_plans(2000, PLANS):
        explained = set[object]()
        for _, tries in list_tries(problem, plan):
            assert not tries.is_barred or not tries.tried
            explained |= {*tries.target.needs, *tries.target.crisis_ids}
            fits[tries.target.reason] += any(not one.obstacles for one in tries.tried)
        planned = {key for _, key in planned_doses(plan)}
        made = {stop.visit.id for route in plan.routes for stop in route.stops}
        wanted = {(n.person_id, n.campaign_id, n.dose_no) for n in problem.needs} - planned
        assert explained == wanted | ({row.id for row in problem.crisis_visits} - made)
        people += len(explained)

    assert people > either(short=500, long=10_000)
    assert fits[Reason.NO_STOCK] == fits[Reason.NO_SHIFT] == fits[Reason.NO_TEAM_WITH_SKILLS] == 0
