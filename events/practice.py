"""Events that GP practices send: registrations, consent, medical assessment, doses given elsewhere."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from events.identifiers import (
    CampaignId,
    Day,
    DoseNo,
    LocationId,
    OrganisationId,
    Payload,
    PersonId,
    ProductId,
    Remark,
    Younger,
)


class SpecialNeed(StrEnum):
    """A need that is known before the visit and changes its minutes or skills."""

    LANGUAGE = "language"
    SEDATION = "sedation"
    TWO_PERSONS = "two_persons"
    LONG_SLOT = "long_slot"
    NEEDLE_FEAR = "needle_fear"


class Indication(StrEnum):
    """Why a person belongs to the target group, as verified by the practice; sets the priority."""

    AGE_90 = "age_90"
    AGE_80 = "age_80"
    MEDICAL = "medical"
    WLZ = "wlz"
    OTHER = "other"


USUAL_PRIORITY: Final = 50  # of 0 to 100, unless a campaign or a region sets one

# What two of the indications mean, in whole years.
LEAST_AGE: Final = {Indication.AGE_90: 90, Indication.AGE_80: 80}


def is_old_enough(indication: Indication, birth_year: int, on: date) -> bool:
    """Whether somebody can have the age that an indication says, in the year in which the campaign begins."""
    return on.year - birth_year >= LEAST_AGE.get(indication, 0)


class ConsentSubject(StrEnum):
    """What the consent is for: treatment and sharing with the national register are separate questions."""

    TREATMENT = "treatment"
    REGISTER = "register"


class ConsentStatus(StrEnum):
    """One answer in the series of answers of one person."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class Giver(StrEnum):
    """Who answered."""

    SELF = "self"
    AUTHORISED = "authorised"
    CURATOR = "curator"
    MENTOR = "mentor"
    PARTNER = "partner"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"


class ConsentForm(StrEnum):
    """How the answer was given."""

    WRITTEN = "written"
    ORAL = "oral"


class Judgement(StrEnum):
    """A clinician's judgement on one registration."""

    ELIGIBLE = "eligible"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"
    TRIAGE = "triage"


class PatientRegistered(Payload):
    """A practice or an institution says that a person should be vaccinated at a location."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId  # may not be registered yet: the registration waits for it
    practice_id: OrganisationId
    birth_year: Annotated[int, Field(ge=1900, le=2100)]
    indication: Indication = Indication.OTHER
    needs: frozenset[SpecialNeed] = frozenset()


class PatientChanged(Payload):
    """A registered person moved or has other needs; replaces what the registration said of both."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    practice_id: OrganisationId
    needs: frozenset[SpecialNeed] = frozenset()


class WithdrawalReason(StrEnum):
    """Why a practice withdraws a registration."""

    MOVED = "moved"
    DECEASED = "deceased"
    MISTAKE = "mistake"
    OWN_REQUEST = "own_request"


class PatientWithdrawn(Payload):
    """A practice withdraws its registration of a person."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    practice_id: OrganisationId
    reason: WithdrawalReason


class ConsentRecorded(Payload):
    """One answer on one subject; answers form a series and are never overwritten."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    practice_id: OrganisationId
    subject: ConsentSubject = ConsentSubject.TREATMENT
    status: ConsentStatus
    given_by: Giver = Giver.SELF
    form: ConsentForm = ConsentForm.WRITTEN


class AssessmentRecorded(Payload):
    """A clinician assessed whether a registered person may be vaccinated, and from when."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    practice_id: OrganisationId
    judgement: Judgement
    not_before: Day | None = None
    observation_minutes: Annotated[int, Field(ge=0, le=240)] | None = None


class Teller(StrEnum):
    """Who told the practice of a dose that was given elsewhere."""

    PERSON = "person"
    RELATIVE = "relative"
    CARER = "carer"
    REGISTER = "register"
    LETTER = "letter"
    OTHER_PRACTICE = "other_practice"
    INSTITUTION = "institution"
    UNKNOWN = "unknown"


class DoseGivenElsewhere(Payload):
    """A person received a dose elsewhere: our teams must not give it again."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    dose_no: DoseNo
    product_id: ProductId
    given_on: Day
    place: Annotated[Remark | None, Younger()] = None  # where it was given
    told_by: Annotated[Teller | None, Younger()] = None
    practice_id: Annotated[OrganisationId | None, Younger()] = None  # else that of the source
