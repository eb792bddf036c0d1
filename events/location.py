"""Events about locations, sent by institutions, posts and GGD: address, opening hours, outbreaks, crisis visits."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from events.identifiers import (
    ClockTime,
    Day,
    EditId,
    LocationId,
    Moment,
    Municipality,
    Opening,
    OrganisationId,
    Payload,
    Point,
    Postcode4,
    ShortText,
    Skill,
    VisitId,
    Younger,
    check_after,
    check_not_before,
)


class Sector(StrEnum):
    """Care sector of an institution."""

    ELDERLY = "elderly"
    DISABILITY = "disability"
    MENTAL_HEALTH = "mental_health"
    OTHER = "other"


class LocationRegistered(Payload):
    """A location where residents live is registered."""

    location_id: LocationId
    organisation_id: OrganisationId | None = None
    name: ShortText
    sector: Sector = Sector.OTHER
    point: Point
    postcode4: Postcode4
    municipality: Municipality
    residents: Annotated[int, Field(ge=0, le=500)] = 0
    opening: tuple[Opening, ...]
    closed_on: frozenset[Day] = frozenset()
    contact_known: bool = True
    seats: Annotated[int, Field(ge=1, le=50)] = 6
    # somebody looked: the point is right, although it lies far from the postcode
    point_confirmed: Annotated[bool, Younger()] = False


class OpenOn(Payload):
    """On one day a visit may begin in these hours too, Amsterdam time, whatever is usual on that weekday."""

    day: Day
    begins: ClockTime
    ends: ClockTime
    # the action of a planner that agreed it by phone, by which it is undone
    edit_id: EditId | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "OpenOn":
        """Hours of a day never span midnight."""
        check_after(begins=self.begins, ends=self.ends)
        return self


class LocationChanged(Payload):
    """Opening hours, closed days, contact or seats of a location changed; replaces all of them."""

    location_id: LocationId
    opening: tuple[Opening, ...]
    closed_on: frozenset[Day] = frozenset()
    contact_known: bool = True
    seats: Annotated[int, Field(ge=1, le=50)] = 6
    open_on: Annotated[tuple[OpenOn, ...], Field(max_length=100), Younger()] = ()
    edit_id: Annotated[EditId | None, Younger()] = None


class OutbreakPolicy(StrEnum):
    """What an outbreak means for visits."""

    BLOCK = "block"
    LAST = "last"


class OutbreakDeclared(Payload):
    """There is an outbreak at a location."""

    location_id: LocationId
    policy: OutbreakPolicy = OutbreakPolicy.BLOCK


class OutbreakLifted(Payload):
    """The outbreak at a location is over."""

    location_id: LocationId


class Urgency(StrEnum):
    """Urgency as sent by a post, NTS U0 (resuscitation) to U5 (advice)."""

    U0 = "U0"
    U1 = "U1"
    U2 = "U2"
    U3 = "U3"
    U4 = "U4"
    U5 = "U5"


class VisitRequested(Payload):
    """A crisis visit is asked for: a place, an urgency, skills and minutes; no product."""

    visit_id: VisitId
    location_id: LocationId
    urgency: Urgency
    skills: frozenset[Skill] = frozenset({Skill.CRISIS})
    minutes: Annotated[int, Field(ge=5, le=480)]
    earliest: Moment
    latest: Moment
    # the action of a planner that asks for it, by which it is undone
    edit_id: Annotated[EditId | None, Younger()] = None

    @model_validator(mode="after")
    def latest_is_not_before_earliest(self) -> "VisitRequested":
        """Reject a request whose window is empty."""
        check_not_before(earliest=self.earliest, latest=self.latest)
        return self


class VisitWithdrawn(Payload):
    """A crisis visit is no longer needed."""

    visit_id: VisitId
    location_id: LocationId


class Confirmer(StrEnum):
    """Who answered for a location."""

    INSTITUTION = "institution"
    HAP = "hap"
    GGD = "ggd"


class VisitAnswer(StrEnum):
    """The answer of a location to the proposed time."""

    CONFIRMED = "confirmed"
    ASKS_OTHER_MOMENT = "asks_other_moment"


class LocationConfirmed(Payload):
    """A location answers a notice of a visit; a visit that is moved afterwards is no longer confirmed."""

    visit_id: VisitId
    location_id: LocationId
    starts_at: Moment  # the moment that the answer is about
    answer: VisitAnswer = VisitAnswer.CONFIRMED
    by: Confirmer
    wishes_from: Moment | None = None  # another moment that would suit, when one is asked
    wishes_until: Moment | None = None

    @model_validator(mode="after")
    def wish_is_whole_and_in_order(self) -> "LocationConfirmed":
        """A wish has a beginning and an end, in this order."""
        if (self.wishes_from is None) != (self.wishes_until is None):
            raise ValueError("wishes_from and wishes_until go together")
        if self.wishes_from is not None and self.wishes_until is not None:
            check_not_before(wishes_from=self.wishes_from, wishes_until=self.wishes_until)
        return self
