"""Facts for tests: each `a_...` takes a name and whatever differs from the usual one; modules as in `events/`."""

from tests.facts.extra_stops import an_agreement, an_extra_stop, asked_no_more
from tests.facts.identities import a_question, an_answer
from tests.facts.leftovers import a_container, a_taking, an_offer
from tests.facts.location import a_confirmation, a_crisis, a_location
from tests.facts.organisations import a_decision, an_organisation
from tests.facts.plans import a_proposal, a_publication, an_assignment
from tests.facts.practice import a_consent, a_patient, an_assessment, given_elsewhere
from tests.facts.reports import a_count, a_notice, a_refusal, a_return, an_acknowledgement
from tests.facts.supply import (
    a_campaign,
    a_delivery,
    a_product,
    a_promise,
    a_reading,
    a_settlement,
    a_stock_count,
    an_announcement,
)
from tests.facts.teams import (
    a_cancellation,
    a_certificate,
    a_grouping,
    a_loan,
    a_move,
    a_reserve,
    a_shift,
    a_swap,
    a_team,
    an_order,
)
from tests.facts.values import APPROVAL, DONE, EVERY_DAY, NOW, TEN, UNAPPROVED, build, uid
from tests.facts.visits import (
    a_correction,
    a_delay,
    a_dose,
    a_retraction,
    a_waste,
    an_adverse_event,
    not_given,
)

__all__ = [
    "APPROVAL",
    "DONE",
    "EVERY_DAY",
    "NOW",
    "TEN",
    "UNAPPROVED",
    "a_campaign",
    "a_cancellation",
    "a_certificate",
    "a_confirmation",
    "a_consent",
    "a_container",
    "a_correction",
    "a_count",
    "a_crisis",
    "a_decision",
    "a_delay",
    "a_delivery",
    "a_dose",
    "a_grouping",
    "a_loan",
    "a_location",
    "a_move",
    "a_notice",
    "a_patient",
    "a_product",
    "a_promise",
    "a_proposal",
    "a_publication",
    "a_question",
    "a_reading",
    "a_refusal",
    "a_reserve",
    "a_retraction",
    "a_return",
    "a_settlement",
    "a_shift",
    "a_stock_count",
    "a_swap",
    "a_taking",
    "a_team",
    "a_waste",
    "an_acknowledgement",
    "an_adverse_event",
    "an_agreement",
    "an_announcement",
    "an_answer",
    "an_assessment",
    "an_assignment",
    "an_extra_stop",
    "an_offer",
    "an_order",
    "an_organisation",
    "asked_no_more",
    "build",
    "given_elsewhere",
    "not_given",
    "uid",
]
