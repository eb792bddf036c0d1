"""Visits cut after their last full container, where a dose is worth more than the residents beyond it.

A visit to thirteen people opens two containers of ten. Where doses are what is short, seven people elsewhere
could have the doses that it throws away. The prices of doses are those of the columns of whole visits.
"""

from dataclasses import dataclass

from scheduling.care.lookup import needs_by_key
from scheduling.objective import weight_of_visit
from scheduling.plan import Visit
from scheduling.solver.columns.whole import WholePlan
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import Needs, draw_names, with_members
from scheduling.solver.params import SearchParams
from scheduling.solver.phases.split_visits import by_priority, carry_over


@dataclass(frozen=True, slots=True)
class Cut:
    """A plan with other visits, and columns for them that begin with the prices of the visits before."""

    draft: Draft
    whole: WholePlan


def cut_dear_rests(draft: Draft, whole: WholePlan, params: SearchParams) -> Cut | None:
    """The same plan with such visits in two, those of a higher priority in the full containers; None where nothing is cut.

    Of a visit that stands in a route the rest leaves it.
    """
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    prices, columns = whole.price_doses(), params.columns
    taken = {row.id for row in indexed.visits} | indexed.problem.done_visits
    visits: list[Visit] = []
    parents: list[int] = []
    for v in range(indexed.size):
        person = indexed.weight[v] / max(1, len(indexed.visits[v].needs))
        is_short = person > 0 and (
            prices[v].least >= columns.dear_share * person
            or prices[v].median >= columns.dear_at_half * person
        )
        parts = _cut(indexed, needs, taken, v, columns.rest_share * person) if is_short else None
        parts = parts or (indexed.visits[v],)
        visits += parts
        parents += [v] * len(parts)
    if len(visits) == indexed.size:
        return None
    carried = carry_over(draft, indexed.with_visits(visits), {})
    if carried is None:
        return None
    known = whole.share_prices(carried.indexed, parents)
    return Cut(carried, WholePlan(carried, params, known))


def _cut(
    indexed: IndexedProblem, needs: Needs, taken: set[str], v: int, price: float
) -> tuple[Visit, ...] | None:
    """A visit in its full containers and the rest, where its last container costs more than the rest is worth."""
    visit, product = indexed.visits[v], indexed.product[v]
    if product is None or product.open_may_travel or not indexed.may_be_cut(v):
        return None
    size = product.doses_per_container
    full = len(visit.needs) // size * size
    if not 0 < full < len(visit.needs):
        return None
    people = by_priority(needs, visit, visit.needs)
    names = draw_names(visit, taken)
    parts = tuple(
        with_members(needs, visit, next(names), some) for some in (people[:full], people[full:])
    )
    is_dear = weight_of_visit(parts[1], needs, indexed.told) < size * price
    return parts if is_dear else None
