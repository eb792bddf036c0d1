"""Why something has no stop: from what stands in the way in each shift to the reasons that this proves."""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from scheduling.care.eligibility import barriers
from scheduling.care.lookup import NeedKey, key_of
from scheduling.plan import Reason, Route, Unassigned, Visit
from scheduling.problem import Problem


class Obstacle(IntEnum):
    """What keeps a visit out of one shift, in the order in which it is asked; the first one counts."""

    NO_DAY = 0  # the shift is over, of another region, or not on a day on which the visit is due
    SKILLS = 1
    ORDER = 2  # nobody may inject this product
    WINDOW = 3  # it may not begin while the team could be there
    LENGTH = 4  # it does not fit an empty route: too long, or too many doses
    FULL = 5  # it does not fit the route as it is, or the team needs its rest
    STOCK = 6
    NEXT_DOSE = 7
    NOTHING = 8


BY_OBSTACLE = {
    Obstacle.NO_DAY: Reason.NO_SHIFT,
    Obstacle.SKILLS: Reason.NO_TEAM_WITH_SKILLS,
    Obstacle.ORDER: Reason.NO_STANDING_ORDER,
    Obstacle.WINDOW: Reason.NO_SHIFT_IN_WINDOW,
    Obstacle.LENGTH: Reason.TOO_LONG_FOR_SHIFT,
    Obstacle.FULL: Reason.SHIFTS_FULL,
    Obstacle.STOCK: Reason.NO_STOCK,
    Obstacle.NEXT_DOSE: Reason.NEXT_DOSE_NOT_SECURED,
    Obstacle.NOTHING: Reason.BETTER_USE,
}


def reasons_of(obstacles: Iterable[Obstacle], *, fits_alone: bool) -> tuple[Reason, ...]:
    """The reasons that the obstacles in all shifts prove together, the strongest first.

    A reason holds when it stops every shift that nothing stronger stops: so no stock is a reason when
    each shift that has room for the visit lacks stock for it. `fits_alone` says that the visit could be
    made if it were the only one: then others were served instead, and that is said too.
    """
    found = set(obstacles)
    furthest = max(found, default=Obstacle.NO_DAY)
    reasons = [BY_OBSTACLE[furthest]]
    if furthest is Obstacle.NEXT_DOSE and Obstacle.STOCK in found:
        reasons.append(Reason.NO_STOCK)
    if fits_alone and furthest in (Obstacle.FULL, Obstacle.STOCK, Obstacle.NEXT_DOSE):
        reasons.append(Reason.BETTER_USE)
    return tuple(reasons)


def unassigned(
    problem: Problem,
    visits: Iterable[Visit],
    routes: Iterable[Route],
    reasons: Mapping[str, tuple[Reason, ...]],
) -> tuple[Unassigned, ...]:
    """Everything without a stop: people whom no plan may serve, then what the search left out.

    `reasons` are those of the visits without a stop, by visit. Sorted by location and person.
    """
    made = {stop.visit.id for route in routes for stop in route.stops}
    rows = list(_of_barred(problem))
    for visit in visits:
        if visit.id not in made:
            rows += _of_visit(visit, reasons[visit.id])
    return tuple(sorted(rows, key=_order))


def _order(row: Unassigned) -> tuple[str, str, str, int, str]:
    return (
        row.location_id,
        row.campaign_id or "",
        row.person_id or "",
        row.dose_no or 0,
        row.visit_id or "",
    )


def _of_barred(problem: Problem) -> Iterator[Unassigned]:
    barred: dict[NeedKey, tuple[Reason, ...]] = barriers(problem)
    for need in problem.needs:
        if key_of(need) in barred:
            person, campaign, dose = key_of(need)
            reasons = barred[key_of(need)]
            yield Unassigned(need.location_id, campaign, person, dose, None, reasons)


def _of_visit(visit: Visit, reasons: tuple[Reason, ...]) -> Iterator[Unassigned]:
    if visit.campaign_id is None:
        yield Unassigned(visit.location_id, None, None, None, visit.id, reasons)
    for person, dose in visit.needs:
        yield Unassigned(visit.location_id, visit.campaign_id, person, dose, None, reasons)
