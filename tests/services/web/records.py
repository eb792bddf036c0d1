"""The record of the seeded plan: a problem of one home, one team and one day, so that the plan can be changed by hand."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from infra.postgres.snapshot.calendar import Calendar
from scheduling.objective import values
from scheduling.plan import Plan
from scheduling.problem import Depot, Product
from services.planner.record import RECORD
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_shift,
    a_travel,
)


def a_record_of(
    region: str,
    *,
    shift: tuple[UUID, UUID, datetime],
    depot: UUID,
    location: UUID,
    campaign: UUID,
    product: str,
    people: Sequence[UUID],
) -> bytes:
    """Packed as the planner packs it; `shift` is its id, its team and a moment of its day."""
    shift_id, team, at = shift
    calendar = Calendar.of(at, 14)
    place = str(location)
    problem = a_problem(
        region=region,
        horizon_start=calendar.start.isoformat(),
        locations=(a_location(place, 1),),
        depots=(Depot(str(depot), 0),),
        products=(Product(product, 10, 6 * 3600, 12 * 3600),),
        campaigns=(a_campaign(id=str(campaign), products=(product,)),),
        needs=tuple(
            a_need(str(person), place, campaign_id=str(campaign), products=(product,))
            for person in sorted(people)
        ),
        shifts=(
            a_shift(
                str(shift_id),
                team_id=str(team),
                depot_id=str(depot),
                region=region,
                start=9 * 3600,
                ordered_products=frozenset({product}),
            ),
        ),
        stock=(a_lot(depot_id=str(depot), product_id=product),),
        travel=a_travel(2),
    )
    plan = Plan(
        region=region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=(),
        unassigned=(),
        values=values(problem, ()),
    )
    return zlib.compress(RECORD.dump_json((problem, plan)))
