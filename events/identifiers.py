"""Identifiers and small value types that several payloads share."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Final, NewType, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

PersonId = NewType("PersonId", UUID)
OrganisationId = NewType("OrganisationId", UUID)
LocationId = NewType("LocationId", UUID)
CampaignId = NewType("CampaignId", UUID)
TeamId = NewType("TeamId", UUID)
ShiftId = NewType("ShiftId", UUID)
MemberId = NewType("MemberId", UUID)
VisitId = NewType("VisitId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
PlanId = NewType("PlanId", UUID)
LoanId = NewType("LoanId", UUID)
ReserveId = NewType("ReserveId", UUID)
ContainerId = NewType("ContainerId", UUID)
OfferId = NewType("OfferId", UUID)
ExtraStopId = NewType("ExtraStopId", UUID)
DecisionId = NewType("DecisionId", UUID)
EditId = NewType("EditId", UUID)
NoticeId = NewType("NoticeId", UUID)
ReturnId = NewType("ReturnId", UUID)

Time = TypeVar("Time", datetime, date, time)

NATIONAL = "NL"
# The source of every system that we connect begins so; then come its kind of sender and a name of its own.
SOURCE_PREFIX: Final = "urn:nld:prikploeg:"
SYSTEM_SOURCE: Final = f"{SOURCE_PREFIX}system"  # derived events, plans, notices, counts
Region = Annotated[str, StringConstraints(pattern=r"^GG[0-9]{4}$")]
Municipality = Annotated[str, StringConstraints(pattern=r"^GM[0-9]{4}$")]
Postcode4 = Annotated[int, Field(ge=1000, le=9999)]
Agb = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
ProductId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
Lot = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9./-]{1,20}$")
]  # GS1 AI (10): at most 20
DoseNo = Annotated[int, Field(ge=1, le=20)]
Doses = Annotated[int, Field(ge=0, le=1_000_000)]
# As in the envelope (CloudEvents 1.0): what identifies an event.
EventWord = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# A number or code that the sender gave a device; no phone number or serial number of a person fits a name.
DeviceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
# Free text about people: the pattern rejects e-mail addresses and any number as long as a BSN or a phone number.
Remark = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=280,
        pattern=r"^(?:[^\x00-\x1f\x7f@0-9]|[0-9]{1,7}(?:[^\x00-\x1f\x7f@0-9]|$))+$",
    ),
]
# Far from the ends of the calendar, so that adding days to a date never overflows.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC, so that equal moments have one spelling (and one digest) whatever zone the sender uses."""
    if not FIRST_DAY.year < moment.year < LAST_DAY.year:
        raise ValueError("must lie between 1901 and 2198")
    return moment.astimezone(UTC)


def to_source(sender: str, name: str) -> str:
    """The source of one system of a sender; with an empty name the prefix of all of them."""
    return f"{SOURCE_PREFIX}{sender}:{name}"


def refuse_zone(at: time) -> time:
    """A local time without a zone; ValueError for one that carries a zone."""
    if at.tzinfo is not None:
        raise ValueError("must have no zone: it is the time in Amsterdam")
    return at


def check_after(**moments: Time) -> None:
    """Refuse two moments, given by the names of their fields, when the second does not come after the first."""
    (first, begins), (last, ends) = moments.items()
    if ends <= begins:
        raise ValueError(f"{last} must be after {first}")


def check_not_before(**moments: Time) -> None:
    """As `check_after`, but the two may be equal."""
    (first, begins), (last, ends) = moments.items()
    if ends < begins:
        raise ValueError(f"{last} must not be before {first}")


Moment = Annotated[AwareDatetime, AfterValidator(to_utc)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
ClockTime = Annotated[time, AfterValidator(refuse_zone)]


class Younger:
    """Marks a field that a type gained after its release: `Annotated[..., Younger()] = default`.

    While it has its default it is not written, so that the digests of earlier events do not change.
    """


class Payload(BaseModel):
    """The data of one event. Unknown fields are dropped, so that a sender may add fields before we know them."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class TeamFact(Payload):
    """What a team reports: who recorded it, on which device and when that device says; not who sent it on."""

    author_id: Annotated[MemberId | None, Younger()] = None
    device_id: Annotated[DeviceId | None, Younger()] = None
    device_at: Annotated[Moment | None, Younger()] = None


class Point(Payload):
    """A place on the map, WGS 84 degrees, within the European Netherlands."""

    lat: Annotated[float, Field(ge=50.5, le=53.8)]
    lon: Annotated[float, Field(ge=3.2, le=7.4)]


class Opening(Payload):
    """The hours of a weekday in which a visit may start, Amsterdam time."""

    weekday: Annotated[int, Field(ge=0, le=6)]  # Monday is 0
    begins: ClockTime
    ends: ClockTime

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "Opening":
        """Opening hours never span midnight: a location that is open at midnight has two."""
        check_after(begins=self.begins, ends=self.ends)
        return self


class Skill(StrEnum):
    """What a visit may ask and a team may have."""

    VACCINATION = "vaccination"
    CRISIS = "crisis"
    DISABILITY_CARE = "disability_care"
    SEDATION = "sedation"
    TWO_PERSONS = "two_persons"


class Approval(Payload):
    """The source of a medical parameter, and who is accountable for its use here."""

    source_url: Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]
    source_date: Day
    approved_by: ShortText | None = None
    approved_at: Moment | None = None

    @property
    def is_given(self) -> bool:
        """Whether somebody approved the use; a source alone is no approval."""
        return self.approved_by is not None
