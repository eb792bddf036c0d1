"""Members, injectors and intervals once more, in the plainest words: for `truth`, which shares no code with the rules."""

from scheduling.problem import Campaign, Problem, Product, Shift, StockLine


def people(shift: Shift) -> set[str]:
    return {shift.team_id, *shift.members}


def meet(one: Shift, other: Shift) -> bool:
    return bool(people(one) & people(other))


def needles(shift: Shift, product: str | None) -> int:
    found = shift.injectors
    if not shift.doctor:
        found = 0 if shift.assistants_only else max(0, found - shift.assistants)
    return min([found, *(count for name, count in shift.product_injectors if name == product)])


def interval(campaign: Campaign, product: Product | None) -> tuple[int, int]:
    if product is not None and product.min_days is not None and product.max_days is not None:
        return product.min_days, product.max_days
    return campaign.min_days, campaign.max_days


def lots_of(problem: Problem, depot: str, product: Product) -> list[StockLine]:
    return [row for row in problem.stock if (row.depot_id, row.product_id) == (depot, product.id)]
