"""Splits unassigned visits, so that part of a location can still be served when vaccine or time is short.

A visit to a whole location stays unassigned when ten doses are left for fourteen people. After the
search such a visit is split into a few, in whole containers and the largest first, and what is feasible
is inserted. The first of them keeps the identifier of the whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from scheduling.care.lookup import NeedKey, by_id, needs_by_key
from scheduling.plan import Visit
from scheduling.problem import Need
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned, restore
from scheduling.solver.phases.pairs import pin_pairs
from scheduling.visits.grouping import visit_id

Needs = Mapping[NeedKey, Need]


def split_unassigned(draft: Draft, insertions: InsertionCosts) -> tuple[Draft, InsertionCosts]:
    """The plan with parts of its unassigned visits, or as it was when that serves nobody more."""
    indexed = draft.indexed
    needs = needs_by_key(indexed.problem)
    most_parts = insertions.params.split.most_parts
    split = {
        v: parts for v in draft.unassigned() if (parts := _split(indexed, v, needs, most_parts))
    }
    if not split:
        return draft, insertions
    visits = [u for v, visit in enumerate(indexed.visits) for u in split.get(v, (visit,))]
    finer = IndexedProblem(indexed.problem, visits)
    pin_pairs(finer)
    other = _carry_over(draft, finer)
    if other is None:
        return draft, insertions
    published = [(row.start, v, finer.published_shift[v]) for v, row in finer.published.items()]
    restore(other, published)
    insertions = InsertionCosts(finer, insertions.params)
    insert_unassigned(other, insertions)
    if other.values().as_tuple() >= draft.values().as_tuple():
        return draft, InsertionCosts(indexed, insertions.params)
    final = _rejoin(other, split, indexed, needs)
    return final, InsertionCosts(final.indexed, insertions.params)


def _split(indexed: IndexedProblem, v: int, needs: Needs, most_parts: int) -> tuple[Visit, ...]:
    """The parts of a visit, people of the highest priority in the first; empty when it is not split.

    Visits of a series, joint visits and pinned ones are never split: others depend on them as a whole.
    """
    visit = indexed.visits[v]
    ties = indexed.in_series[v] or v in indexed.is_pinned or visit.together_with is not None
    if visit.product_id is None or ties or not indexed.possible_shifts[v]:
        return ()
    container = by_id(indexed.problem.products)[visit.product_id].doses_per_container
    if visit.doses <= container:
        return ()
    people = sorted(
        visit.needs,
        key=lambda one: (-needs[one[0], visit.campaign_id or "", one[1]].priority, one),
    )
    taken = {row.id for row in indexed.visits} | indexed.problem.done_visits
    parts = []
    for size, name in zip(
        _halve_containers(len(people), container, most_parts),
        _draw_names(visit, taken),
        strict=False,
    ):
        members, people = people[:size], people[size:]
        parts.append(_with_members(needs, visit, name, members))
    return tuple(parts)


def _with_members(
    needs: Needs, visit: Visit, name: str, members: Sequence[tuple[str, int]]
) -> Visit:
    """The same visit for some of its residents."""
    campaign = visit.campaign_id or ""
    most = max(needs[person, campaign, dose].priority for person, dose in members)
    return replace(visit, id=name, needs=tuple(sorted(members)), priority=most)


def _halve_containers(people: int, container: int, most_parts: int) -> Iterator[int]:
    """Half of the containers, then half of the rest: sums of such sizes come near any number of containers."""
    for _ in range(most_parts - 1):
        if people <= container:
            break
        size = -(-people // container) // 2 * container
        yield size
        people -= size
    yield people


def _draw_names(visit: Visit, taken: set[str]) -> Iterator[str]:
    """The identifier of the whole, then unused ones."""
    yield visit.id
    for part in range(1, 10_000):
        name = visit_id(visit.location_id, visit.id, visit.product_id or "", "part", part)
        if name not in taken:
            yield name


def _carry_over(draft: Draft, finer: IndexedProblem) -> Draft | None:
    """The routes of a draft in a problem with more visits; None when they are not feasible as they are."""
    other = Draft(finer)
    for s in range(len(finer.shifts)):
        visits = tuple(finer.index[draft.indexed.visits[v].id] for v in draft.visits(s))
        if visits != other.visits(s) and not other.set_route(s, visits):
            return None
    return other


def _rejoin(
    draft: Draft, split: Mapping[int, Sequence[Visit]], before: IndexedProblem, needs: Needs
) -> Draft:
    """Parts that stayed unassigned become one visit again, under the identifier of the first of them."""
    indexed = draft.indexed
    visits: list[Visit] = []
    for v, visit in enumerate(before.visits):
        if v not in split:
            visits.append(visit)
            continue
        parts = split[v]
        made = [part for part in parts if draft.where[indexed.index[part.id]] != NOWHERE]
        unassigned = [part for part in parts if part not in made]
        visits += made
        if unassigned:
            members = [need for part in unassigned for need in part.needs]
            visits.append(_with_members(needs, visit, unassigned[0].id, members))
    final = IndexedProblem(indexed.problem, visits)
    pin_pairs(final)
    other = _carry_over(draft, final)
    return draft if other is None else other
