"""Events about who is who: a question that has to be answered before anybody is planned. No detail of a person."""

from enum import StrEnum

from events.identifiers import OrganisationId, Payload, PersonId


class IdentityQuestion(StrEnum):
    """Why it is not certain who a person is."""

    SAME_BSN_OTHER_DETAILS = "same_bsn_other_details"
    SAME_DETAILS_NO_BSN = "same_details_no_bsn"
    SAME_DETAILS_OTHER_BSN = "same_details_other_bsn"
    TWO_IN_ONE_FILE = "two_in_one_file"


class IdentityAnswer(StrEnum):
    """How a question about a person was answered."""

    SAME = "same"
    DIFFERENT = "different"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class IdentityQuestioned(Payload):
    """It is asked who a person is: until the answer nobody plans them."""

    person_id: PersonId
    question: IdentityQuestion
    organisation_id: OrganisationId | None = None  # to whom the question goes


class IdentitySettled(Payload):
    """The question about a person was answered; with `same_as` they are that person, who is registered instead."""

    person_id: PersonId
    answer: IdentityAnswer
    same_as: PersonId | None = None
    organisation_id: OrganisationId | None = None  # who answered
