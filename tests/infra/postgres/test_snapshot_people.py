"""What is due to people, from events through the door to the needs of a `Problem`."""

from datetime import date, datetime, timedelta

import pytest

from events.identifiers import Payload
from events.practice import (
    AssessmentRecorded,
    ConsentStatus,
    Giver,
    Judgement,
    PatientChanged,
    PatientWithdrawn,
    SpecialNeed,
    WithdrawalReason,
)
from events.visits import NotGiven
from scheduling.problem import Assessment, Consent, Need
from scheduling.solve import Limits, solve
from scheduling.validation.rows import validate
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_crisis,
    a_delivery,
    a_dose,
    a_location,
    a_patient,
    a_product,
    a_question,
    an_announcement,
    an_answer,
    given_elsewhere,
    not_given,
    uid,
)
from tests.infra.postgres.seeing import snapshot_of

pytestmark = pytest.mark.postgres
ONE_PATIENT: list[Payload] = [a_campaign(), a_location(), a_patient(), a_consent()]
JUDGED = {
    "person_id": uid("p1"),
    "campaign_id": uid("corona"),
    "location_id": uid("wilg"),
    "practice_id": uid("practice"),
}
MONDAY, TUESDAY = date(2021, 2, 15), date(2021, 2, 16)


async def the_need(fresh, *said: Payload, now: datetime = NOW) -> Need:
    (need,) = (await snapshot_of(fresh, *ONE_PATIENT, *said, now=now)).problem.needs
    return need


@pytest.mark.parametrize(
    ("answers", "consent"),
    [
        ([], Consent.UNKNOWN),
        ([(Giver.SELF, ConsentStatus.REFUSED)], Consent.REFUSED),
        ([(Giver.SELF, ConsentStatus.REFUSED), (Giver.SELF, ConsentStatus.GIVEN)], Consent.GIVEN),
        (
            [(Giver.MENTOR, ConsentStatus.GIVEN), (Giver.CHILD, ConsentStatus.REFUSED)],
            Consent.CONFLICTING,
        ),
        (
            [(Giver.SELF, ConsentStatus.GIVEN), (Giver.SELF, ConsentStatus.WITHDRAWN)],
            Consent.WITHDRAWN,
        ),
    ],
)
async def test_answers_come_to_one_consent_or_a_conflict(fresh, answers, consent):
    said = [a_consent(given_by=giver, status=status) for giver, status in answers]

    snapshot = await snapshot_of(fresh, *ONE_PATIENT[:3], *said)

    assert [need.consent for need in snapshot.problem.needs] == [consent]


async def test_consent_to_the_register_is_no_consent_to_the_jab(fresh):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT[:3], a_consent(subject="register"))

    assert snapshot.problem.needs[0].consent is Consent.UNKNOWN


async def test_a_refusal_at_the_door_holds_until_somebody_answers_again(fresh):
    refused = await the_need(fresh, not_given(reason=NotGiven.REFUSED))
    answered = (await snapshot_of(fresh, a_consent())).problem.needs[0]

    assert (refused.consent, answered.consent) == (Consent.REFUSED, Consent.GIVEN)


async def test_a_contra_indication_at_the_door_waits_for_a_clinician(fresh):
    found = await the_need(fresh, not_given(reason=NotGiven.CONTRA_INDICATED))
    judged = AssessmentRecorded(**JUDGED, judgement=Judgement.ELIGIBLE)
    after = (await snapshot_of(fresh, judged)).problem.needs[0]

    assert (found.assessment, after.assessment) == (Assessment.TRIAGE, Assessment.ELIGIBLE)


@pytest.mark.parametrize(
    ("reason", "first_day"), [(NotGiven.RECENT_INFECTION, 29), (NotGiven.ABSENT, 2)]
)
async def test_who_could_not_have_it_is_deferred_by_the_days_of_the_reason(
    fresh, reason, first_day
):
    campaign = a_campaign(deferral_days={NotGiven.RECENT_INFECTION: 28})

    need = await the_need(fresh, campaign, not_given(reason=reason))

    assert need.first_day == first_day


@pytest.mark.parametrize("reason", [NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED])
async def test_who_needs_it_no_more_is_not_planned(fresh, reason):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, not_given(reason=reason))

    assert snapshot.problem.needs == ()


async def test_a_clinician_says_not_before_a_day_and_how_long_to_observe(fresh):
    judged = AssessmentRecorded(
        **JUDGED,
        judgement=Judgement.ELIGIBLE,
        not_before=MONDAY + timedelta(days=5),
        observation_minutes=30,
    )

    need = await the_need(fresh, judged)

    assert (need.first_day, need.observation_seconds) == (5, 1800)


async def test_a_person_of_two_practices_has_one_need_where_the_newest_said(fresh):
    second = a_patient(practice_id=uid("other practice"), location_id=uid("eik"))

    need = await the_need(fresh, second)

    assert need.location_id == str(uid("eik"))


async def test_a_person_who_moved_is_where_the_change_says(fresh):
    moved = PatientChanged(
        **JUDGED | {"location_id": uid("eik")},
        needs=frozenset({SpecialNeed.SEDATION, SpecialNeed.LANGUAGE}),
    )

    need = await the_need(fresh, moved)

    assert need.location_id == str(uid("eik"))
    assert need.skills == {"sedation"}
    assert need.extra_seconds == 600


async def test_a_person_who_is_withdrawn_has_no_need(fresh):
    gone = PatientWithdrawn(**JUDGED, reason=WithdrawalReason.DECEASED)

    snapshot = await snapshot_of(fresh, *ONE_PATIENT, gone)

    assert snapshot.problem.needs == ()


async def test_a_patient_may_name_a_location_that_nobody_knows(fresh):
    snapshot = await snapshot_of(fresh, a_campaign(), a_patient(), a_consent())

    (location,) = snapshot.problem.locations
    assert (location.id, location.known, location.time_windows) == (str(uid("wilg")), False, ())


async def test_a_campaign_may_name_a_product_that_nobody_catalogued(fresh):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, a_delivery())

    plan = solve(snapshot.problem, Limits(seconds=5, rounds=1))

    assert [product.id for product in snapshot.problem.products] == ["moderna"]
    assert snapshot.problem.stock == ()
    assert [row.person_id for row in plan.unassigned] == [str(uid("p1"))]


async def test_a_second_dose_is_due_between_its_days_with_the_product_of_the_first(fresh):
    campaign = a_campaign(products=("moderna", "pfizer"), min_days=10, ideal_days=10, max_days=12)

    need = await the_need(fresh, campaign, a_dose(), now=NOW + timedelta(days=2))

    assert (need.dose_no, need.first_day, need.last_day) == (2, 9, 11)
    assert need.products == ("moderna",)
    assert need.previous_team_id == str(uid("team"))


async def test_a_second_dose_past_the_horizon_is_reserved(fresh):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, a_dose())

    assert snapshot.problem.needs == ()
    assert snapshot.problem.reserved == {"moderna": 1}  # nobody catalogued it


async def test_whole_containers_are_reserved_for_the_residents_of_one_location(fresh):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, a_product(), a_dose())

    assert snapshot.problem.reserved == {"moderna": 10}


@pytest.mark.parametrize(
    "fact",
    [
        a_consent(status=ConsentStatus.REFUSED),
        AssessmentRecorded(**JUDGED, judgement=Judgement.EXCLUDED),
    ],
    ids=["refused", "excluded"],
)
async def test_nothing_is_reserved_for_who_will_not_have_a_second_dose(fresh, fact):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, a_dose(), fact)

    assert snapshot.problem.reserved.get("moderna", 0) == 0


async def test_a_dose_given_elsewhere_counts_in_the_series(fresh):
    need = await the_need(fresh, a_campaign(min_days=5), given_elsewhere())

    assert need.dose_no == 2


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1), (2,)])
async def test_a_series_that_is_complete_needs_nothing_in_whatever_order_it_was_told(
    fresh, numbers
):
    told = [given_elsewhere(dose_no=number) for number in numbers]

    snapshot = await snapshot_of(fresh, *ONE_PATIENT, *told)

    assert (snapshot.problem.needs, snapshot.problem.reserved) == ((), {})


async def test_a_second_dose_wishes_for_the_ideal_day_of_the_interval(fresh):
    campaign = a_campaign(min_days=10, ideal_days=11, max_days=12)

    need = await the_need(fresh, campaign, a_dose(), now=NOW + timedelta(days=2))

    assert (need.first_day, need.ideal_day, need.last_day) == (9, 10, 11)


async def test_a_first_dose_wishes_for_nothing(fresh):
    need = await the_need(fresh)

    assert (need.previous_team_id, need.ideal_day) == (None, None)


@pytest.mark.parametrize(
    "far",
    [
        AssessmentRecorded(
            **JUDGED, judgement=Judgement.ELIGIBLE, not_before=NOW.date() + timedelta(days=24)
        ),
        AssessmentRecorded(**JUDGED, judgement=Judgement.ELIGIBLE, not_before=date(2199, 12, 31)),
        a_campaign(opens_on=date(1900, 1, 1)),
        a_delivery(use_by=date(2199, 12, 31)),
        an_announcement(expected_on=date(2199, 12, 31)),
        a_crisis(earliest=NOW.replace(year=2198), latest=NOW.replace(year=2198, month=12)),
    ],
    ids=["24 days", "not before", "long open", "use by", "announced", "crisis"],
)
async def test_no_date_that_a_fact_may_have_stops_the_planner(fresh, far):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, a_product(), far)

    validate(snapshot.problem)


async def test_a_second_dose_that_is_overdue_is_due_until_it_is_given(fresh):
    campaign = a_campaign(min_days=10, ideal_days=10, max_days=12)

    need = await the_need(fresh, campaign, a_dose(), now=NOW + timedelta(days=20))

    assert need.first_day < 0 <= need.last_day == 13


async def test_who_somebody_is_has_to_be_answered_before_anybody_plans_them(fresh):
    asked = await the_need(fresh, a_question())
    settled = await the_need(fresh, an_answer())

    assert asked.consent is Consent.QUESTIONED
    assert settled.consent is Consent.GIVEN
