"""Gives a place to everybody who would still fit alone: the last look at a plan, resident by resident.

`split_visits` tries the first residents of a location together, the highest priority first. Who is due on other days, takes
longer, may get another product or waits for the next dose of a series may fit where those did not. Here residents who count
alike are tried by themselves: in a stop of their own in every shift, and in every stop of their location that may take
somebody in.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from scheduling.care.doses import in_containers, interval_of
from scheduling.care.lookup import NeedKey, by_id, needs_by_key
from scheduling.objective import weight_of, weight_of_visit
from scheduling.problem import Need
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import with_members
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.phases.priority import serve_priority_first
from scheduling.solver.phases.split_visits import (
    Family,
    Trial,
    by_priority,
    carry_over,
    due_for_all,
    rewrite,
    try_all,
)

Place = tuple[str, str | None, str]  # location, campaign and product


def serve_who_fits(draft: Draft, insertions: InsertionCosts) -> tuple[Draft, InsertionCosts]:
    """The plan into which nobody fits alone any more; each round serves somebody more."""
    while True:
        found = _serve_some(draft, insertions)
        if found is None:
            return draft, insertions
        insertions = InsertionCosts(found.indexed, insertions.params)
        insert_unassigned(found, insertions)  # a next dose may be due now
        draft, insertions = serve_priority_first(found, insertions)


def fits_anybody(draft: Draft, insertions: InsertionCosts) -> bool:
    """Whether somebody without a stop fits alone; where nobody does, no number of residents does."""
    return any(_find_fitting(draft, insertions))


def _find_fitting(draft: Draft, insertions: InsertionCosts) -> Iterator[list[Trial]]:
    """Visits to one resident each that fit, of so many kinds at once as are tried together."""
    kinds, most = list_kinds(draft), insertions.params.split.most_trials
    for first in range(0, len(kinds), most):
        ones = [trial for one in kinds[first : first + most] for trial in _draw(draft, one, 1)]
        yield try_all(draft, insertions, ones)[0]


def _serve_some(draft: Draft, insertions: InsertionCosts) -> Draft | None:
    """The plan with some residents more; None where nobody fits."""
    most = insertions.params.split.most_trials
    for single in _find_fitting(draft, insertions):
        ladders: list[Trial] = []
        for family in (trial.family for trial in single):
            sizes = range(1, len(family.people) + 1)
            ladders += (trial for size in sizes for trial in _draw(draft, family, size))
            if len(ladders) > most:
                break
        # what fits one by one may not fit together
        for trials in (ladders, *([one] for one in single)):
            chosen, tried = try_all(draft, insertions, trials)
            visits, names = rewrite(draft, chosen)
            found = carry_over(tried, draft.indexed.with_visits(visits), names) if chosen else None
            if found is not None:
                return found
    return None


def list_kinds(draft: Draft) -> list[Family]:
    """Residents without a stop who count alike, by visit; the heaviest first. Whom doses reach nowhere are left out."""
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    waiting = [v for v in draft.unassigned() if indexed.visits[v].doses and _may_part(indexed, v)]
    if not waiting:
        return []
    taking_in, supplied = _list_taking_in(draft), _list_supplied(draft)
    visits_of = Counter(person for visit in indexed.visits for person, _ in visit.needs)
    visit_of = {
        (person, visit.campaign_id or "", dose): v
        for v, visit in enumerate(indexed.visits)
        for person, dose in visit.needs
    }
    found: list[Family] = []
    for v in waiting:
        visit = indexed.visits[v]
        kinds: dict[object, list[tuple[str, int]]] = {}
        for person, dose in by_priority(needs, visit, visit.needs):
            need = needs[person, visit.campaign_id or "", dose]
            alike = (need.first_day, need.last_day, need.products, need.skills)
            takes = (need.extra_seconds, need.observation_seconds, dose)
            # who is in several visits may not be in two of them at once
            alone = person if visits_of[person] > 1 else ""
            kinds.setdefault((alike, takes, alone), []).append((person, dose))
        for people in kinds.values():
            need = needs[people[0][0], visit.campaign_id or "", people[0][1]]
            for product, days in _list_chances(draft, v, need, visit_of):
                place = (visit.location_id, visit.campaign_id, product)
                joined = (u for u in taking_in.get(place, ()) if _day_of(draft, u) in days)
                family = Family((v,), tuple(people), product, days, tuple(joined))
                if family.siblings or not supplied[product].isdisjoint(days):
                    found.append(family)
    told = indexed.told

    def weigh(family: Family) -> int:
        campaign = indexed.visits[family.visits[0]].campaign_id or ""
        keys = ((person, campaign, dose) for person, dose in family.people)
        return max(weight_of(needs[key].priority, told=key in told) for key in keys)

    found.sort(key=lambda one: (-weigh(one), one.visits, one.people[0], one.product))
    return found


def _may_part(indexed: IndexedProblem, v: int) -> bool:
    """Whether residents may leave a visit that is in no route, or join one that is; those of a series too."""
    tied = indexed.visits[v].together_with is not None or v in indexed.is_pinned
    return not tied and not any(
        row.visit_id == indexed.visits[v].id for row in indexed.problem.asked
    )


def _list_taking_in(draft: Draft) -> dict[Place, list[int]]:
    """Visits in routes that may take somebody in, and that have or may get a dose for one more."""
    found: dict[Place, list[int]] = {}
    for v, visit in enumerate(draft.indexed.visits):
        if draft.where[v] != NOWHERE and _may_part(draft.indexed, v) and _may_get_one(draft, v):
            place = (visit.location_id, visit.campaign_id, visit.product_id or "")
            found.setdefault(place, []).append(v)
    return found


def _may_get_one(draft: Draft, v: int) -> bool:
    """Whether an opened container of a visit in a route has a dose left, or its depot another container."""
    indexed, product, s = draft.indexed, draft.indexed.product[v], draft.where[v]
    if product is None:
        return False
    shelf = (indexed.shifts[s].depot_id, product.id)
    return (
        product.open_may_travel
        or indexed.visits[v].doses % product.doses_per_container > 0
        or draft.stockroom.doses_left(shelf, indexed.day[s]) >= product.doses_per_container
    )


def _day_of(draft: Draft, v: int) -> int:
    return draft.indexed.day[draft.where[v]]


def _list_chances(
    draft: Draft, v: int, need: Need, visit_of: dict[NeedKey, int]
) -> Iterator[tuple[str, range]]:
    """The products that somebody may get, each with the days: after the dose before, where this plan gives that too."""
    indexed = draft.indexed
    approved = {row.id for row in indexed.problem.products if row.approved}
    first, last, products = need.first_day, need.last_day, approved.intersection(need.products)
    day = indexed.bound.get(indexed.visits[v].id)
    if day is not None:
        first, last, products = day, day, {indexed.visits[v].product_id or ""}
    if need.since_dose is not None:
        before = visit_of[need.person_id, need.campaign_id, need.since_dose]
        if draft.where[before] == NOWHERE:
            return
        campaign = by_id(indexed.problem.campaigns)[need.campaign_id]
        least, most = interval_of(campaign, indexed.product[before])
        first = max(first, _day_of(draft, before) + least)
        last = min(last, _day_of(draft, before) + most)
        products &= {indexed.visits[before].product_id or ""}
    for product in sorted(products):
        if first <= last:
            yield product, range(first, last + 1)


def _list_supplied(draft: Draft) -> dict[str, set[int]]:
    """By product the days on which some depot has a container left, or an opened one may be on its way."""
    indexed = draft.indexed
    return {
        product.id: {
            day
            for depot, day in {(shift.depot_id, shift.day) for shift in indexed.shifts}
            if product.open_may_travel
            or draft.stockroom.doses_left((depot, product.id), day) >= product.doses_per_container
        }
        for product in indexed.problem.products
    }


def _draw(draft: Draft, family: Family, size: int) -> Iterator[Trial]:
    """Visits to so many of these residents: alone, and joined to each visit in a route that they may join."""
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    most = indexed.problem.max_residents_per_visit
    product = by_id(indexed.problem.products)[family.product]
    whole, days, people = indexed.visits[family.visits[0]], family.days, family.people[:size]
    keys = [(person, whole.campaign_id or "", dose) for person, dose in people]
    skills = frozenset[str]().union(*(needs[key].skills for key in keys))
    name = f"{whole.id} {product.id} {days[0]} {days[-1]} {people[0]} {size}"
    first = replace(
        whole, product_id=product.id, first_day=days[0], last_day=days[-1], skills=skills
    )
    alone = with_members(needs, first, name, people)
    weight = weight_of_visit(alone, needs, indexed.told)
    if size <= most:
        yield Trial(family, size, None, alone, weight, in_containers(product, size) - size)
    for u in family.siblings:
        before = indexed.visits[u]
        if before.doses + size <= most:
            more = in_containers(product, before.doses + size)
            more -= in_containers(product, before.doses)
            joined = with_members(needs, before, f"{before.id} {name}", (*before.needs, *people))
            joined = replace(joined, skills=before.skills | skills)
            yield Trial(family, size, u, due_for_all(joined, alone), weight, more - size)
