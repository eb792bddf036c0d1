"""Visits that hang together, against every pair of visits and every pair of residents looked at."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.plan import Visit
from scheduling.problem import Problem
from scheduling.solver.model.series import Follow, find_clashes, find_follows
from tests.scheduling.builders import a_campaign, a_need, a_problem, a_visit

CAMPAIGNS = (
    a_campaign(min_days=2, max_days=5),
    a_campaign(id="C2", min_days=7, max_days=9),
)


def a_visit_of(
    problem: Problem, name: str, *needs: tuple[str, int], campaign: str | None = "C1"
) -> Visit:
    return replace(a_visit(problem), id=name, campaign_id=campaign, needs=needs)


def index_of(visits: list[Visit]) -> dict[str, int]:
    return {visit.id: v for v, visit in enumerate(visits)}


def drawn(seed: int) -> tuple[Problem, list[Visit]]:
    """Up to three doses of each person in either campaign, dealt out over a few visits."""
    random = Random(seed)
    series = [(f"P{p}", c) for p in range(6) for c in ("C1", "C2") if random.random() < 0.6]
    rows = [
        a_need(person, campaign_id=campaign, dose_no=dose, since_dose=dose - 1 or None)
        for person, campaign in series
        for dose in range(1, random.randint(1, 3) + 1)
    ]
    problem = a_problem(campaigns=CAMPAIGNS, needs=tuple(rows))
    dealt: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for row in rows:
        where = (row.campaign_id, 3 * row.dose_no + random.randrange(3))
        dealt.setdefault(where, []).append((row.person_id, row.dose_no))
    visits = [
        a_visit_of(problem, f"{campaign} {k}", *people, campaign=campaign)
        for (campaign, k), people in sorted(dealt.items())
    ]
    random.shuffle(visits)
    return problem, visits


@pytest.mark.parametrize("seed", range(30))
def test_a_visit_follows_another_when_somebody_gets_the_next_dose_in_it(seed: int):
    problem, visits = drawn(seed)
    days = {campaign.id: (campaign.min_days, campaign.max_days) for campaign in CAMPAIGNS}

    found = find_follows(problem, visits, index_of(visits))

    expected = {
        Follow(b, a, *days[before.campaign_id or ""])
        for b, before in enumerate(visits)
        for a, after in enumerate(visits)
        if before.campaign_id == after.campaign_id
        and any((person, dose + 1) in after.needs for person, dose in before.needs)
    }
    assert set(found) == expected
    assert len(found) == len(expected)


def test_a_dose_that_was_given_before_the_problem_is_followed_by_nothing():
    problem = a_problem(needs=(a_need("P1", dose_no=2), a_need("P2")))
    visits = [a_visit_of(problem, "one", ("P1", 2)), a_visit_of(problem, "two", ("P2", 1))]

    assert find_follows(problem, visits, index_of(visits)) == []


@pytest.mark.parametrize("seed", range(30))
def test_two_visits_clash_when_a_resident_is_in_both(seed: int):
    _, visits = drawn(seed)

    found = find_clashes(visits)

    for v, visit in enumerate(visits):
        people = {person for person, _ in visit.needs}
        others = {
            u
            for u, other in enumerate(visits)
            if u != v and people & {person for person, _ in other.needs}
        }
        assert found[v] == others


def test_two_doses_of_one_resident_in_one_visit_are_no_clash():
    visits = [a_visit_of(a_problem(), "one", ("P1", 1), ("P1", 2))]

    assert find_clashes(visits) == [frozenset()]
