"""Random plans with somebody unassigned, and what the rules say of a visit that is put into them anyhow."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from scheduling.fitting.held import Standing, stand
from scheduling.fitting.obstacles import Tried, Trying
from scheduling.fitting.targets import Tries, list_targets, try_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import Limits, solve
from tests.scheduling.builders import HOUR, a_region, published
from tests.scheduling.strange import a_strange_problem

# About the plan as a whole: asked only where nothing in the shift stands in the way.
OF_PLANS = {"coverage", "fairness", "together"}


def a_small_region(seed: int) -> Problem:
    """A region with too few hours, doses or skills for everybody, each by chance."""
    random = Random(f"fit {seed}")
    whole = a_region(seed, locations=random.randint(4, 16), teams=random.randint(1, 3))
    supply = random.choice((0.05, 0.2, 1.0, 5.0))
    shorter = random.choice((0, 2, 4)) * HOUR
    shifts = (
        replace(
            shift,
            end=shift.end - shorter,
            capacity=random.choice((20, 150, 150)),
            skills=frozenset({"crisis", "sedation"} if random.random() < 0.4 else set()),
            doctor=random.random() > 0.1,
            assistants_only=random.random() < 0.3,
            ordered_products=frozenset({"moderna"} if random.random() > 0.1 else set()),
        )
        for shift in whole.shifts
        if random.random() < 0.6
    )
    needs = (
        replace(
            need,
            first_day=(first := random.choice((0, 0, 2, 5))),
            last_day=first + random.choice((1, 4, 60)),
            skills=frozenset({"sedation"} if random.random() < 0.1 else set()),
        )
        for need in whole.needs
    )
    stock = (
        replace(line, doses=int(line.doses * supply * random.random()) // 40 * 10)
        for line in whole.stock
    )
    return replace(
        whole,
        shifts=tuple(shifts),
        needs=tuple(needs),
        stock=tuple(stock),
        max_duty_seconds=random.choice((None, 7 * HOUR)),
        max_week_seconds=random.choice((None, 20 * HOUR)),
    )


def list_plans(first: int, count: int) -> Iterator[tuple[Problem, Plan]]:
    """Seeded problems with the plan that a search makes of them: real ones, and nonsense that plans must survive."""
    for seed in range(first, first + count):
        problem = a_strange_problem(seed) if seed % 3 == 0 else a_small_region(seed)
        yield problem, solve(problem, Limits(0))


def stand_still(problem: Problem, plan: Plan) -> Standing:
    """The plan as what stands: everything in it is published, and nobody was told yet."""
    at = replace(problem, published=published(plan, told=False), fixed=())
    return stand(at, plan, plan.routes)


def list_tries(problem: Problem, plan: Plan) -> Iterator[tuple[Trying, Tries]]:
    """What was tried for everybody who is unassigned."""
    standing = stand_still(problem, plan)
    trying = Trying(standing)
    for target in list_targets(plan.unassigned):
        yield trying, try_shifts(trying, target)


def list_standing(problem: Problem, plan: Plan) -> set[Violation]:
    """What the checker says of the plan as it stands."""
    standing = stand_still(problem, plan)
    return {*check(standing.problem, standing.plan)}


def list_added(trying: Trying, tried: Tried, before: set[Violation]) -> set[str]:
    """The rules that the visit breaks where it was tried, by the checker of whole plans."""
    shift = trying.standing.shifts[tried.shift_id]
    plan = trying.with_route(trying.to_route(tried.visit, shift, tried.trial))
    return {row.rule for row in {*check(trying.standing.problem, plan)} - before}
