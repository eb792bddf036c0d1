"""What a planner supposes, as forms and systems say it: days as dates, things by their ids."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.identifiers import (
    Day,
    DeliveryId,
    LocationId,
    Lot,
    OrganisationId,
    ProductId,
    TeamId,
)
from infra.postgres.snapshot.calendar import Calendar
from scheduling.scenarios import changes

MOST_DAYS = 366


class Supposed(BaseModel):
    """Something that could happen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SupposedDays(Supposed):
    """Something that could last some days, the last included; without `until` one day."""

    since: Day
    until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SupposedDays":
        if not self.since <= self.last <= self.since + timedelta(days=MOST_DAYS):
            raise ValueError("the last day comes after the first, within a year")
        return self

    @property
    def last(self) -> date:
        """The last day."""
        return self.until or self.since


class TeamAway(SupposedDays):
    """A team does not work, or is lent to another region."""

    kind: Literal["team_away"]
    team: TeamId
    is_lent: bool = False


class TeamExtra(SupposedDays):
    """A team more, with hours, crew and depot of another one."""

    kind: Literal["team_extra"]
    like: TeamId


class LongerShift(SupposedDays):
    """The shifts of a team end later."""

    kind: Literal["longer_shift"]
    team: TeamId
    minutes: Annotated[int, Field(ge=5, le=240)] = 60


class DosesChanged(Supposed):
    """So many doses more, or fewer (negative), at a depot from a day on."""

    kind: Literal["doses"]
    depot: OrganisationId
    product: ProductId
    doses: Annotated[int, Field(ge=-100_000, le=100_000)]
    since: Day


class LotLost(Supposed):
    """A lot may not be used, in no depot."""

    kind: Literal["lot_quarantined"]
    lot: Lot


class DeliveryLate(Supposed):
    """An announced delivery comes so many days later."""

    kind: Literal["delivery_late"]
    delivery: DeliveryId
    days: Annotated[int, Field(ge=1, le=60)]


class LocationClosed(SupposedDays):
    """No visit can begin at a location."""

    kind: Literal["location_closed"]
    location: LocationId


ChangeIn = Annotated[
    TeamAway | TeamExtra | LongerShift | DosesChanged | LotLost | DeliveryLate | LocationClosed,
    Field(discriminator="kind"),
]


def to_change(one: ChangeIn, calendar: Calendar) -> changes.Change:
    """The same in the words of the scheduler, in days of this horizon."""
    if isinstance(one, SupposedDays):
        return _to_change_of_days(one, calendar.to_day(one.since), calendar.to_day(one.last))
    if isinstance(one, DosesChanged):
        day = max(0, calendar.to_day(one.since))
        return changes.DosesChanged(str(one.depot), one.product, one.doses, day)
    if isinstance(one, LotLost):
        return changes.LotLost(one.lot)
    return changes.DeliveryLate(f"announced {one.delivery}", one.days)


def _to_change_of_days(one: SupposedDays, first: int, last: int) -> changes.Change:
    if isinstance(one, TeamAway):
        return changes.TeamAway(str(one.team), first, last, one.is_lent)
    if isinstance(one, TeamExtra):
        return changes.TeamExtra(str(one.like), first, last)
    if isinstance(one, LongerShift):
        return changes.LongerShift(str(one.team), first, last, one.minutes * 60)
    assert isinstance(one, LocationClosed)
    return changes.LocationClosed(str(one.location), first, last)
