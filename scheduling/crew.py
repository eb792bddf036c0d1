"""What a crew may do: inject a product, empty an opened container in time."""

from scheduling.problem import Campaign, Location, Product, Shift
from scheduling.service import slot_seconds


def may_inject(shift: Shift, product_id: str) -> bool:
    """Somebody who may inject this product is in the crew, with a doctor beside an assistant."""
    return (
        shift.injectors > 0
        and product_id in shift.ordered_products
        and (shift.doctor or not shift.assistants_only)
    )


def container_seconds(
    campaign: Campaign, product: Product, location: Location, injectors: int, people: int
) -> int:
    """From the opening of a full container to its last dose, when so many people are called on."""
    from_one = min(people, product.doses_per_container)
    waves = -(-from_one // max(1, injectors)) * campaign.seconds_per_person
    if people <= location.seats:
        return waves
    return max(waves, from_one * slot_seconds(location.seats, campaign.observation_seconds))
