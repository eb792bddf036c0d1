"""How fast a crew empties an opened container, and how long it may be on duty."""

from collections.abc import Sequence
from dataclasses import replace

from scheduling.care.visit_length import slot_seconds
from scheduling.problem import Campaign, Location, Problem, Product, Shift


def container_seconds(
    campaign: Campaign, product: Product, location: Location, injectors: int, people: int
) -> int:
    """Seconds from opening a full container to its last dose, on a visit to so many people."""
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


DAYS = 7  # a week is any seven consecutive days, as the policy of a region counts its maximum


def shortened(problem: Problem) -> Problem:
    """Returns the problem with each shift cut off at the maximum duty, so that no later check has to know it."""
    most = problem.max_duty_seconds
    if most is None or all(shift.end - shift.start <= most for shift in problem.shifts):
        return problem
    shifts = (replace(row, end=min(row.end, row.start + most)) for row in problem.shifts)
    return replace(problem, shifts=tuple(shifts))


def seconds_of(problem: Problem, shift: Shift) -> int:
    """Seconds on duty that a shift counts for: its length, at most the maximum duty."""
    hours = shift.end - shift.start
    return hours if problem.max_duty_seconds is None else min(hours, problem.max_duty_seconds)


def busiest_week(problem: Problem, shifts: Sequence[Shift], around: int) -> int:
    """Seconds on duty in the busiest seven consecutive days that include day `around`, over the shifts of one team or member."""
    by_day = [0] * (2 * DAYS - 1)  # from six days before to six days after
    for shift in {shift.id: shift for shift in shifts}.values():
        off = shift.day - around + DAYS - 1
        if 0 <= off < len(by_day):
            by_day[off] += seconds_of(problem, shift)
    week = most = sum(by_day[:DAYS])
    for leaves, joins in zip(by_day, by_day[DAYS:], strict=False):
        week += joins - leaves
        most = max(most, week)
    return most
