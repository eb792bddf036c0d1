"""Who of a crew may inject what, and whose hours a shift takes."""

from scheduling.problem import Shift


def most_injectors(shift: Shift) -> int:
    """Counts the crew members who may inject some product: assistants among them with a doctor on site only.

    Wet BIG, articles 35 to 38: an assistant injects by order and under the supervision of a doctor.
    """
    if shift.doctor:
        return shift.injectors
    return 0 if shift.assistants_only else max(0, shift.injectors - shift.assistants)


def injectors_for(shift: Shift, product_id: str | None) -> int:
    """Counts the crew members who may inject this product."""
    most = most_injectors(shift)
    for (
        product,
        number,
    ) in shift.product_injectors:  # empty for most crews: asked for each visit and shift
        if product == product_id:
            return min(most, number)
    return most


def may_inject(shift: Shift, product_id: str) -> bool:
    """Whether the crew has an injector for the product, and a standing order for it."""
    return product_id in shift.ordered_products and injectors_for(shift, product_id) > 0


def people_of(shift: Shift) -> frozenset[str]:
    """Names whose hours a shift takes: its team and each member of its crew."""
    return shift.members | {shift.team_id}


def shares_crew(one: Shift, other: Shift) -> bool:
    """Whether two shifts are of one team, or somebody is in both crews."""
    return one.team_id == other.team_id or not one.members.isdisjoint(other.members)
