"""Events that teams on the road send: visits, doses given, not given and wasted, adverse events, delays."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from events.corrections import Correction
from events.identifiers import (
    CampaignId,
    DoseNo,
    Doses,
    LocationId,
    Lot,
    MemberId,
    Moment,
    OrganisationId,
    PersonId,
    ProductId,
    TeamFact,
    TeamId,
    VisitId,
    Younger,
    check_after,
)


class VisitStarted(TeamFact):
    """A team arrived at a location."""

    visit_id: VisitId
    team_id: TeamId
    started_at: Moment


class VisitCompleted(TeamFact):
    """A team left a location, with everything it did there registered."""

    visit_id: VisitId
    team_id: TeamId
    completed_at: Moment


class DoseAdministered(TeamFact):
    """A person was vaccinated by one of our teams."""

    visit_id: VisitId
    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    dose_no: DoseNo
    product_id: ProductId
    lot: Lot
    depot_id: OrganisationId
    team_id: TeamId
    given_at: Moment


class NotGiven(StrEnum):
    """Why a planned person was not vaccinated."""

    ILL = "ill"
    RECENT_INFECTION = "recent_infection"
    REFUSED = "refused"
    RESISTANCE = "resistance"
    NO_CONSENT = "no_consent"
    ABSENT = "absent"
    DECEASED = "deceased"
    MOVED = "moved"
    ALREADY_VACCINATED = "already_vaccinated"
    CONTRA_INDICATED = "contra_indicated"


class DoseNotGiven(TeamFact):
    """A planned person was not vaccinated, and why."""

    visit_id: VisitId
    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    dose_no: DoseNo
    team_id: TeamId
    reason: NotGiven
    noted_at: Moment


class DoseCorrected(Correction, TeamFact):
    """What was said of a dose that was given, by us or elsewhere, was wrong: this is how it was.

    It carries the whole content. Of lot, depot, team and visit what is left out stays as it was reported first.
    """

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    dose_no: DoseNo
    product_id: ProductId
    given_at: Moment
    lot: Lot | None = None
    depot_id: OrganisationId | None = None
    team_id: TeamId | None = None
    visit_id: VisitId | None = None
    corrected_by: MemberId


class RetractionReason(StrEnum):
    """Why an outcome does not count after all."""

    NOT_GIVEN = "not_given"
    WRONG_PERSON = "wrong_person"
    SAID_TWICE = "said_twice"
    OTHER_CAMPAIGN = "other_campaign"
    EXERCISE = "exercise"


class DoseRetracted(Correction, TeamFact):
    """What was said of a person's dose is taken back: not given after all, of another person, said twice."""

    person_id: PersonId  # as it was said
    campaign_id: CampaignId
    location_id: LocationId
    reason: RetractionReason
    corrected_by: MemberId


class WasteReason(StrEnum):
    """Why doses were thrown away."""

    OPENED_NO_TAKER = "opened_no_taker"
    COLD_CHAIN = "cold_chain"
    EXPIRED = "expired"
    BROKEN = "broken"


class DoseWasted(TeamFact):
    """Doses of a lot were thrown away."""

    depot_id: OrganisationId
    product_id: ProductId
    lot: Lot
    doses: Doses
    reason: WasteReason
    team_id: TeamId | None = None
    visit_id: VisitId | None = None
    wasted_at: Moment


class WasteCorrected(Correction, DoseWasted):
    """What was thrown away is said again rightly; zero doses: nothing was. The first record is kept."""


class AbsenceReason(StrEnum):
    """Why a team cannot work."""

    ILL = "ill"
    VEHICLE = "vehicle"
    OTHER = "other"


class TeamUnavailable(TeamFact):
    """A team cannot work between two moments."""

    team_id: TeamId
    begins_at: Moment
    ends_at: Moment
    reason: Annotated[AbsenceReason | None, Younger()] = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "TeamUnavailable":
        """An absence takes time."""
        check_after(begins_at=self.begins_at, ends_at=self.ends_at)
        return self


class TeamDelayed(TeamFact):
    """A team is late on a day (or early, below zero); the latest report of the day counts, zero cancels it."""

    team_id: TeamId
    minutes: Annotated[int, Field(ge=-240, le=720)]
    noted_at: Moment
    visit_id: VisitId | None = None  # the first that is late


class Severity(StrEnum):
    """How bad an adverse event was for the person."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    LIFE_THREATENING = "life_threatening"


class Reaction(StrEnum):
    """What was seen after a dose."""

    LOCAL = "local"
    FEVER = "fever"
    FAINTING = "fainting"
    ALLERGIC = "allergic"
    ANAPHYLAXIS = "anaphylaxis"
    OTHER = "other"


class AdverseEventReported(TeamFact):
    """A person fell ill after a dose: no further dose until a clinician has assessed the person again."""

    person_id: PersonId
    campaign_id: CampaignId
    location_id: LocationId
    severity: Severity
    reactions: frozenset[Reaction] = frozenset()
    began_at: Moment
    visit_id: VisitId | None = None
    dose_no: DoseNo | None = None
    product_id: ProductId | None = None
    lot: Lot | None = None
    practice_id: Annotated[OrganisationId | None, Younger()] = None  # else that of the source
