"""Gives the places of a visit to those of a location who have the highest priority.

The search chooses among visits, and which residents a part of a location holds was settled when it was cut:
a part of lower priorities may fit where one of higher ones did not. Residents who take the same doses and
the same time change places.
"""

from collections import Counter

from scheduling.care.lookup import NeedKey, needs_by_key
from scheduling.care.told import told_doses
from scheduling.objective import weight_of
from scheduling.plan import Visit
from scheduling.problem import Need
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import with_members
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.phases.split_visits import Kind, carry_over

Place = tuple[int, int, NeedKey]  # weight, visit and the resident in it


def serve_priority_first(draft: Draft, insertions: InsertionCosts) -> tuple[Draft, InsertionCosts]:
    """The plan in which nobody waits who could have the place of somebody of lower priority at the same location."""
    indexed = draft.indexed
    members: dict[int, set[NeedKey]] = {}
    for inside, outside in _list_places(draft).values():
        _exchange(draft, inside, outside, members)
    if not members:
        return draft, insertions
    needs = needs_by_key(indexed.problem)
    visits: list[Visit] = []
    for v, visit in enumerate(indexed.visits):
        people = [(person, dose) for person, _, dose in members.get(v, ())]
        visits.append(with_members(needs, visit, visit.id, people) if people else visit)
    other = carry_over(draft, indexed.with_visits(visits), {})
    if other is None:
        return draft, insertions
    return other, InsertionCosts(other.indexed, insertions.params)


def _list_places(draft: Draft) -> dict[Kind, tuple[list[Place], list[Place]]]:
    """By kind of visit the residents in routes, and those who are in none; of whom visits may be cut and nobody was told."""
    indexed = draft.indexed
    needs, told = needs_by_key(indexed.problem), told_doses(indexed.problem)
    visits_of = Counter(person for visit in indexed.visits for person, _ in visit.needs)
    found: dict[Kind, tuple[list[Place], list[Place]]] = {}
    for v, visit in enumerate(indexed.visits):
        is_free = indexed.may_be_cut(v) and v not in indexed.published
        if visit.product_id is None or not is_free:
            continue
        kind = (visit.location_id, visit.campaign_id, visit.product_id, visit.skills)
        places = found.setdefault(kind, ([], []))[draft.where[v] == NOWHERE]
        for person, dose in visit.needs:
            if visits_of[person] > 1:
                continue  # another visit must be at another time
            key = (person, visit.campaign_id or "", dose)
            places.append((weight_of(needs[key].priority, told=key in told), v, key))
    return found


def _exchange(
    draft: Draft, inside: list[Place], outside: list[Place], members: dict[int, set[NeedKey]]
) -> None:
    """Note in `members` who is in each visit after the heaviest outside took the places of the lightest inside."""
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    inside, outside = sorted(inside), sorted(outside, key=lambda one: (-one[0], *one[1:]))
    for weight, u, comes in outside:
        for k, (lighter, v, goes) in enumerate(inside):
            if lighter >= weight:
                break
            if _may_take(needs[comes], needs[goes], indexed.day[draft.where[v]]):
                _members_of(indexed, v, members).symmetric_difference_update((comes, goes))
                _members_of(indexed, u, members).symmetric_difference_update((comes, goes))
                del inside[k]
                break


def _may_take(need: Need, other: Need, day: int) -> bool:
    """Whether one resident takes no more than another, and is due on that day."""
    return (
        need.dose_no == other.dose_no
        and need.extra_seconds <= other.extra_seconds
        and (need.observation_seconds or 0) <= (other.observation_seconds or 0)
        and need.first_day <= day <= need.last_day
        and need.products == other.products
    )


def _members_of(indexed: IndexedProblem, v: int, members: dict[int, set[NeedKey]]) -> set[NeedKey]:
    if v not in members:
        visit = indexed.visits[v]
        members[v] = {(person, visit.campaign_id or "", dose) for person, dose in visit.needs}
    return members[v]
