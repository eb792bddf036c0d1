"""Explains why a visit is unassigned: from the obstacle in each shift to the reasons that these prove."""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum

from scheduling.care.eligibility import barriers
from scheduling.care.lookup import NeedKey, key_of
from scheduling.plan import Reason, Route, Unassigned, Visit
from scheduling.problem import Problem


class Obstacle(IntEnum):
    """What keeps a visit out of one shift. Checked in this order; the first that applies counts."""

    NO_DAY = 0  # the shift is over, of another region, or not on a day on which the visit is due
    SKILLS = 1
    ORDER = 2  # no doctor ordered this product
    INJECTOR = 3  # nobody on board may inject it
    WINDOW = 4  # it may not begin while the team could be there
    LENGTH = 5  # it does not fit an empty route: too long, or too many doses
    LOT = 6  # the depot has no dose to give on that day, whatever else is planned
    FULL = 7  # it does not fit the route as it is, or the crew needs its rest
    STOCK = 8  # what the depot has went to others
    NEXT_DOSE = 9
    NOTHING = 10


BY_OBSTACLE = {
    Obstacle.NO_DAY: Reason.NO_SHIFT,
    Obstacle.SKILLS: Reason.NO_TEAM_WITH_SKILLS,
    Obstacle.ORDER: Reason.NO_STANDING_ORDER,
    Obstacle.INJECTOR: Reason.NO_INJECTOR,
    Obstacle.WINDOW: Reason.NO_SHIFT_IN_WINDOW,
    Obstacle.LENGTH: Reason.TOO_LONG_FOR_SHIFT,
    Obstacle.FULL: Reason.SHIFTS_FULL,
    Obstacle.LOT: Reason.NO_STOCK,
    Obstacle.STOCK: Reason.STOCK_TO_OTHERS,
    Obstacle.NEXT_DOSE: Reason.NEXT_DOSE_NOT_SECURED,
    Obstacle.NOTHING: Reason.BETTER_USE,
}


def reasons_of(obstacles: Iterable[Obstacle], *, fits_alone: bool) -> tuple[Reason, ...]:
    """Reasons that the obstacles in all shifts prove together, strongest first.

    A reason holds when it rules out every shift that no stronger one rules out: "no stock" is a reason when every shift
    that could make the visit starts from a depot without any dose for it that day. With `fits_alone` the visit could be
    made if it were the only one: others were served instead, which is a reason too.
    """
    found = set(obstacles)
    furthest = max(found, default=Obstacle.NO_DAY)
    reasons = [BY_OBSTACLE[furthest]]
    if furthest is Obstacle.NEXT_DOSE and Obstacle.STOCK in found:
        reasons.append(Reason.STOCK_TO_OTHERS)
    if fits_alone and furthest in (Obstacle.FULL, Obstacle.NEXT_DOSE):
        reasons.append(Reason.BETTER_USE)
    return tuple(reasons)


def unassigned(
    problem: Problem,
    visits: Iterable[Visit],
    routes: Iterable[Route],
    reasons: Mapping[str, tuple[Reason, ...]],
    of_people: Mapping[NeedKey, tuple[Reason, ...]],
) -> tuple[Unassigned, ...]:
    """Lists everything without a stop: people whom no plan may serve, and the visits that the search left unassigned.

    `reasons` holds those of unassigned visits, by visit id, `of_people` those of residents where they have their own.
    Sorted by location and person.
    """
    made = {stop.visit.id for route in routes for stop in route.stops}
    rows = list(_list_barred(problem))
    for visit in visits:
        if visit.id not in made:
            rows += _list_left(visit, reasons[visit.id], of_people)
    return tuple(sorted(rows, key=_order))


def _order(row: Unassigned) -> tuple[str, str, str, int, str]:
    return (
        row.location_id,
        row.campaign_id or "",
        row.person_id or "",
        row.dose_no or 0,
        row.visit_id or "",
    )


def _list_barred(problem: Problem) -> Iterator[Unassigned]:
    barred: dict[NeedKey, tuple[Reason, ...]] = barriers(problem)
    for need in problem.needs:
        if key_of(need) in barred:
            person, campaign, dose = key_of(need)
            reasons = barred[key_of(need)]
            yield Unassigned(need.location_id, campaign, person, dose, None, reasons)


def _list_left(
    visit: Visit, reasons: tuple[Reason, ...], of_people: Mapping[NeedKey, tuple[Reason, ...]]
) -> Iterator[Unassigned]:
    if visit.campaign_id is None:
        yield Unassigned(visit.location_id, None, None, None, visit.id, reasons)
    for person, dose in visit.needs:
        mine = of_people.get((person, visit.campaign_id or "", dose), reasons)
        yield Unassigned(visit.location_id, visit.campaign_id, person, dose, None, mine)
