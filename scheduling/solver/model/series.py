"""Visits that depend on each other: successive doses of a series, and visits that share a resident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.care.doses import interval_of
from scheduling.care.lookup import NeedKey, by_id, needs_by_key
from scheduling.plan import Visit
from scheduling.problem import Problem


@dataclass(frozen=True, slots=True)
class Follow:
    """A visit that gives the next dose, so many days after the visit that gives the dose before it."""

    before: int
    after: int
    min_days: int
    max_days: int


def find_follows(
    problem: Problem, visits: Sequence[Visit], index: Mapping[str, int]
) -> list[Follow]:
    """All pairs of visits of which the second gives somebody the dose after that of the first.

    Of visits to the same people only the first is in a pair: the others are trials, which stand behind those of the plan.
    """
    if all(need.since_dose is None for need in problem.needs):
        return []
    visit_of: dict[NeedKey, int] = {}
    for visit in visits:
        for person, dose in visit.needs:
            key = (person, visit.campaign_id or "", dose)
            visit_of.setdefault(key, index[visit.id])
    needs, campaigns, products = (
        needs_by_key(problem),
        by_id(problem.campaigns),
        by_id(problem.products),
    )
    pairs = set()
    for key, after in visit_of.items():
        need = needs[key]
        if need.since_dose is not None:
            before = visit_of[need.person_id, need.campaign_id, need.since_dose]
            product = products.get(visits[before].product_id or "")
            pairs.add((before, after, *interval_of(campaigns[need.campaign_id], product)))
    return [Follow(*pair) for pair in sorted(pairs)]


def find_clashes(visits: Sequence[Visit]) -> list[frozenset[int]]:
    """For every visit the others that share a resident with it: nobody is visited by two teams at once."""
    of_person: dict[str, list[int]] = {}
    for v, visit in enumerate(visits):
        for person in {person for person, _ in visit.needs}:
            of_person.setdefault(person, []).append(v)
    found: list[set[int]] = [set() for _ in visits]
    for same_person in of_person.values():
        for v in same_person:
            found[v].update(same_person)
    return [frozenset(others - {v}) for v, others in enumerate(found)]
