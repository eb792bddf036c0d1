"""Events about what the system sent to others: notices, return records, progress."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from events.identifiers import (
    CampaignId,
    DoseNo,
    LocationId,
    Moment,
    NoticeId,
    OrganisationId,
    Payload,
    PersonId,
    PlanId,
    ReturnId,
    VisitId,
)

SMALL = 5  # people in a smaller group could be recognised


def refuse_recognisable(people: int) -> int:
    """Reject a count that is neither zero nor large enough to hide individuals."""
    if 0 < people < SMALL:
        raise ValueError("a small number of people must be hidden")
    return people


Count = Annotated[int, Field(ge=0)]
People = Annotated[int, Field(ge=0), AfterValidator(refuse_recognisable)]


class Channel(StrEnum):
    """The way by which a notice went."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    FILE = "file"


class Recipient(StrEnum):
    """The kind of party that a notice went to."""

    INSTITUTION = "institution"
    PRACTICE = "practice"
    HAP = "hap"
    GGD = "ggd"
    TEAM = "team"
    SYSTEM = "system"


class NoticeSubject(StrEnum):
    """What a notice is about."""

    VISIT_PLANNED = "visit_planned"
    VISIT_MOVED = "visit_moved"
    VISIT_CANCELLED = "visit_cancelled"
    PLAN_PUBLISHED = "plan_published"
    OTHER = "other"


class NoticeSent(Payload):
    """A notice was sent: to which kind of party and by which channel, never to which address."""

    notice_id: NoticeId
    channel: Channel
    recipient: Recipient
    subject: NoticeSubject = NoticeSubject.OTHER
    visit_id: VisitId | None = None
    location_id: LocationId | None = None
    plan_id: PlanId | None = None
    sent_at: Moment


class Destination(StrEnum):
    """Who else keeps a record of a given dose."""

    PRACTICE = "practice"
    REGISTER = "register"


class ReturnRecordSent(Payload):
    """The record of a dose was sent to the practice of the person or to the national register."""

    return_id: ReturnId
    destination: Destination
    person_id: PersonId
    campaign_id: CampaignId
    dose_no: DoseNo
    practice_id: OrganisationId | None = None
    sent_at: Moment


class ReturnRecordAcknowledged(Payload):
    """The receiver confirmed the record."""

    return_id: ReturnId
    acknowledged_at: Moment


class ReturnRefusal(StrEnum):
    """Why the receiver rejected a record."""

    INVALID = "invalid"
    UNKNOWN_PERSON = "unknown_person"
    ALREADY_THERE = "already_there"
    NOT_ALLOWED = "not_allowed"
    OTHER = "other"


class ReturnRecordRejected(Payload):
    """The receiver rejected the record."""

    return_id: ReturnId
    reason: ReturnRefusal = ReturnRefusal.OTHER
    rejected_at: Moment


class ReturnRecordRequested(Payload):
    """Somebody mended what was wrong with a rejected record, and asks to send it again."""

    return_id: ReturnId
    requested_at: Moment


class ProgressCounted(Payload):
    """Progress of a campaign in a region; people are in fives, so that none is recognised."""

    campaign_id: CampaignId
    registered: People | None
    plannable: People | None
    planned: People | None
    dose_1_given: People | None
    dose_2_given: People | None
    refused: People | None
    wasted: Count | None  # doses
    as_of: tuple[Count, Count]  # region number, national number: what the count knows
    counted_at: Moment
