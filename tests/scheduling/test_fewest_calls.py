"""What facts take of what was told, beside an exhaustive search: the fewest phone calls, and never a heavier visit in vain."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduling.care.lookup import needs_by_key
from scheduling.care.told import told_to_come
from scheduling.objective import weight_of_visit
from scheduling.plan import Plan, Taken
from scheduling.problem import Problem
from scheduling.promises import Promise, Weighing, to_promises, without
from scheduling.rules.promise import find_taken, judge_stops
from scheduling.solve import Limits, repair, solve
from tests.effort import either, examples
from tests.scheduling.builders import DAY, a_region, published
from tests.scheduling.test_promises import STRIKES

BRIEF = Limits(5, 1)
CASES = either(short=25, long=120)
BAR = 1.2  # of the least that any plan could ask
Loss = tuple[int, int]  # weight of the people who lose the appointment, visits that must be phoned


def a_struck_region(seed: int) -> Problem:
    """Six locations of two teams, all told; then two facts strike."""
    random = Random(seed)
    supply = random.choice(((200, 200, 0), (2000, 2000, 0)))
    problem = a_region(random.randint(1, 9999), locations=6, teams=2, supply=supply)
    plan = solve(problem, Limits(0), seed=seed)
    problem = replace(problem, published=published(plan), notice_seconds=14 * DAY)
    for strike in random.sample(STRIKES, 2):
        problem = strike(random, problem)
    return problem


class Exhaustive:
    """Every way to give up told visits, whole or by the container, that loses no more than a known one."""

    def __init__(self, problem: Problem) -> None:
        shifts = {row.id for row in problem.shifts}
        promises = to_promises(problem, told_to_come(problem))
        self.there = [one for one in promises if one.fixed.shift_id in shifts]
        self.problem, self.needs = problem, needs_by_key(problem)
        self.weighing = Weighing(problem, judge_stops)
        self.size = problem.products[0].doses_per_container

    def weigh(self, promise: Promise, doses: Iterable[tuple[str, int]]) -> int:
        return weight_of_visit(replace(promise.visit, needs=tuple(doses)), self.needs)

    def ways(self, promise: Promise) -> list[tuple[int, Promise | None]]:
        """What is lost and what stays: the lowest priorities of one container more each time, in the end all."""
        ranked = sorted(
            promise.visit.needs,
            key=lambda dose: (
                -self.needs[dose[0], promise.visit.campaign_id or "", dose[1]].priority,
                dose,
            ),
        )
        kept = sorted({0, len(ranked), *range(0, len(ranked), self.size)}, reverse=True)
        found: list[tuple[int, Promise | None]] = [(0, promise)]
        for n in kept[1:]:
            needs = tuple(sorted(ranked[:n]))
            lost = self.weigh(promise, ranked[n:])
            smaller = {
                part.visit.id: part
                for part in without(self.problem, [promise], [self.taken(promise, ranked[n:])])
            }
            found.append((lost, smaller[promise.visit.id] if needs else None))
        return found or [(0, promise)]

    def taken(self, promise: Promise, doses: Sequence[tuple[str, int]]) -> Taken:
        return Taken(promise.visit.id, tuple(sorted(doses)), "stock", "")

    def search(self, most: Loss) -> tuple[int, int]:
        """The least weight lost, and the fewest visits touched at no more than this loss."""
        options = [self.ways(one) for one in self.there]
        weights, calls = most
        stack: list[tuple[int, int, int, tuple[Promise, ...]]] = [(0, 0, 0, ())]
        while stack:
            k, lost, touched, kept = stack.pop()
            if lost > most[0] or (touched >= most[1] and lost >= weights):
                continue
            if k == len(options):
                if (lost < weights or touched < calls) and not self.weighing.broken(kept):
                    weights, calls = min(weights, lost), min(calls, touched)
                continue
            for n, (weight, stays) in enumerate(options[k]):
                rest = (*kept, stays) if stays is not None else kept
                stack.append((k + 1, lost + weight, touched + (n > 0), rest))
        return weights, calls


def losses(problem: Problem, exhaustive: Exhaustive) -> Loss:
    """What facts take by our own reckoning, of visits whose shift is there."""
    there = {one.visit.id: one for one in exhaustive.there}
    rows = [row for row in find_taken(problem)[1] if row.visit_id in there]
    return sum(exhaustive.weigh(there[row.visit_id], row.doses) for row in rows), len(rows)


def test_the_people_and_the_calls_are_close_to_the_fewest_that_any_plan_could_ask():
    ours, least = [0, 0], [0, 0]
    for seed in range(CASES):
        problem = a_struck_region(seed)
        exhaustive = Exhaustive(problem)
        found = losses(problem, exhaustive)
        best = exhaustive.search(found)
        for k in (0, 1):
            ours[k] += found[k]
            least[k] += best[k]

    assert least[1] > CASES / 3  # enough of them ask for any
    assert ours[0] <= BAR * least[0], (ours, least)
    assert ours[1] <= BAR * least[1], (ours, least)


def changed(problem: Problem, plan: Plan) -> Iterator[str]:
    """Published visits that do not stand as they were told, with all their people."""
    made = {
        stop.visit.id: (route.shift_id, stop.start, set(stop.visit.needs))
        for route in plan.routes
        for stop in route.stops
    }
    promised = {
        one.visit.id: set(one.visit.needs) for one in to_promises(problem, problem.published)
    }
    for row in problem.published:
        if row.visit_id in promised:
            told = (row.shift_id, row.start, promised[row.visit_id])
            if made.get(row.visit_id) != told:
                yield row.visit_id


@examples(short=15, long=120)
@given(st.integers(0, 10**9))
def test_a_plan_changes_no_told_visit_but_those_that_a_fact_takes_and_says_which(seed: int):
    problem = a_struck_region(seed)

    plan = repair(problem, BRIEF, seed=seed)

    assert set(changed(problem, plan)) <= {row.visit_id for row in plan.taken}
    assert all(row.rule for row in plan.taken)


@examples(short=15, long=120)
@given(st.integers(0, 10**9))
def test_what_was_taken_breaks_a_rule_again_when_it_is_given_back(seed: int):
    problem = a_struck_region(seed)
    kept, taken = find_taken(problem)
    weighing = Weighing(problem, judge_stops)
    promised = {one.visit.id: one for one in to_promises(problem, told_to_come(problem))}
    shifts = {row.id for row in problem.shifts}

    for row in taken:
        others = [one for one in kept if one.visit.id != row.visit_id]
        whole = promised[row.visit_id]
        assert whole.fixed.shift_id not in shifts or weighing.broken([*others, whole])
