"""Lines of a difference in the words of the scheduler."""

from infra.postgres.snapshot.calendar import Calendar
from scheduling.choosing import Part, Spot
from services.plan_life.difference import Line


def to_part(line: Line, calendar: Calendar) -> Part:
    """A line as a part that can be chosen."""
    spot = None
    if line.after is not None:
        spot = Spot(
            str(line.after.visit_id),
            str(line.after.shift_id),
            calendar.to_second(line.after.starts_at),
            line.after.product_id,
        )
    return Part(
        line.name,
        str(line.location_id),
        str(line.campaign_id) if line.campaign_id else None,
        tuple(sorted((str(one.person_id), one.dose_no) for one in line.persons)),
        str(line.before.visit_id) if line.before else None,
        spot,
    )
