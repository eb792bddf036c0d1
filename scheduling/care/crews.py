"""What a crew may do: inject a product, empty an opened container in time."""

from collections.abc import Sequence
from dataclasses import replace

from scheduling.care.visit_length import slot_seconds
from scheduling.problem import Campaign, Location, Problem, Product, Shift


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


def keeps_container(
    campaign: Campaign, product: Product, location: Location, injectors: int, people: int
) -> bool:
    """Whether an opened container is used up before its life ends; at its last second it still may be used."""
    return container_seconds(campaign, product, location, injectors, people) <= product.open_seconds


DAYS = 7  # a week: any seven days that follow each other


def shortened(problem: Problem) -> Problem:
    """The problem with shifts that end when the longest duty does."""
    most = problem.max_duty_seconds
    if most is None or all(shift.end - shift.start <= most for shift in problem.shifts):
        return problem
    shifts = (replace(row, end=min(row.end, row.start + most)) for row in problem.shifts)
    return replace(problem, shifts=tuple(shifts))


def seconds_of(problem: Problem, shift: Shift) -> int:
    """What a shift counts for: never more than the longest duty."""
    hours = shift.end - shift.start
    return hours if problem.max_duty_seconds is None else min(hours, problem.max_duty_seconds)


def busiest_week(problem: Problem, shifts: Sequence[Shift], around: int) -> int:
    """The most seconds that these shifts of one team make in seven days of which one is `around`."""
    seconds = {shift.id: (shift.day, seconds_of(problem, shift)) for shift in shifts}
    return max(
        sum(took for day, took in seconds.values() if first <= day < first + DAYS)
        for first in range(around - DAYS + 1, around + 1)
    )
