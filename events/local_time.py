"""Local time in the Netherlands: the one home of its time zone.

Events and tables hold moments in UTC; days, opening hours and what people read are local. SQL names the zone itself.
"""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def to_local_date(moment: datetime) -> date:
    """The calendar day in Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()


def to_moment(day: date, at: time) -> datetime:
    """A time on the clock in Amsterdam, as an aware moment; of an hour that comes twice the first, unless `at.fold` is 1."""
    return datetime.combine(day, at, AMSTERDAM)
