"""A practice's fact counts once that practice has or gets a registration of the person; in whatever order they arrive."""

from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest

from events.envelope import Record, Sender
from events.identifiers import Payload
from events.organisations import OrganisationKind
from events.practice import ConsentStatus, PatientWithdrawn, WithdrawalReason
from events.visits import Severity
from infra.postgres.snapshot.people import load_facts
from scheduling.problem import Assessment, Consent
from services.accept.rebuild import compare
from services.accept.submission import Status
from services.care.series import Series, assessment_of, consent_of, to_series
from tests.builders import OTHER_REGION, REGION, a_record, changed, say, systems
from tests.facts import (
    a_consent,
    a_patient,
    an_adverse_event,
    an_organisation,
    given_elsewhere,
    uid,
)
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
OWN, STRANGER = "practice", "stranger"


def by(practice: str, payload: Payload, region: str = REGION) -> Record:
    """A fact under the source of this practice, as on Kafka."""
    system = systems(region)[Sender.PRACTICE]
    source = f"urn:nld:prikploeg:practice:{uid(practice)}:his"
    return changed(a_record(payload, region=region, system=system), source=source)


async def series_of(fresh, name: str = "p1") -> Series:
    planner = await fresh.open("planner", 1)
    async with planner.transaction() as tx:
        facts = await load_facts(tx, [uid(name)])
    return to_series(facts).get((uid(name), uid("corona")), Series())


def registered(practice: str, name: str = "p1", **changes) -> Payload:
    return a_patient(name, practice_id=uid(practice), **changes)


def refusal(practice: str) -> Payload:
    return a_consent(practice_id=uid(practice), status=ConsentStatus.REFUSED)


def withdrawal(practice: str) -> PatientWithdrawn:
    return PatientWithdrawn(
        person_id=uid("p1"),
        campaign_id=uid("corona"),
        location_id=uid("wilg"),
        practice_id=uid(practice),
        reason=WithdrawalReason.MISTAKE,
    )


async def test_a_refusal_by_a_practice_that_did_not_register_the_person_changes_nothing(fresh):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN), a_consent())

    await say(door, by(STRANGER, refusal(STRANGER)))

    assert consent_of(await series_of(fresh)) is Consent.GIVEN


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_it_counts_as_soon_as_that_practice_registers_the_person_whatever_comes_first(
    fresh, order
):
    door = await fresh.open("acceptor")
    facts = (
        by(OWN, registered(OWN)),
        by(STRANGER, refusal(STRANGER)),
        by(STRANGER, registered(STRANGER)),
    )
    for number in order:
        await say(door, facts[number])

    assert consent_of(await series_of(fresh)) is Consent.REFUSED
    assert await compare(fresh.dsn("owner")) == []


async def test_what_counted_keeps_counting_after_a_withdrawal(fresh):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN), registered(STRANGER), by(STRANGER, refusal(STRANGER)))

    await say(door, by(STRANGER, withdrawal(STRANGER)))

    assert consent_of(await series_of(fresh)) is Consent.REFUSED


async def test_a_registration_in_another_region_gives_the_right_to_speak_too(fresh):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN), by(STRANGER, refusal(STRANGER)))

    await say(door, registered(STRANGER, location_id=uid("far")), region=OTHER_REGION)

    assert consent_of(await series_of(fresh)) is Consent.REFUSED


async def test_a_dose_elsewhere_counts_when_the_practice_in_its_source_registered_the_person(fresh):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN))

    await say(door, by(STRANGER, given_elsewhere()))
    before = await series_of(fresh)
    await say(door, by(OWN, given_elsewhere()))
    after = await series_of(fresh)

    assert before.given == {}
    assert set(after.given) == {1}


async def test_a_dose_elsewhere_of_a_system_for_several_practices_counts_for_the_one_it_names(
    fresh,
):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN))

    await say(door, given_elsewhere(practice_id=uid(STRANGER)))
    before = await series_of(fresh)
    await say(door, given_elsewhere(dose_no=2, practice_id=uid(OWN)))

    assert before.given == {}
    assert set((await series_of(fresh)).given) == {2}


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(Severity.MILD, Assessment.ELIGIBLE), (Severity.SEVERE, Assessment.TRIAGE)],
)
async def test_a_severe_reaction_counts_at_once_as_a_question_whoever_says_it(
    fresh, severity, expected
):
    door = await fresh.open("acceptor")
    await say(door, registered(OWN))

    await say(door, by(STRANGER, an_adverse_event(severity=severity)))

    assert assessment_of(await series_of(fresh)) is expected


async def test_the_speaker_is_kept_with_what_was_said(fresh):
    door = await fresh.open("acceptor")
    await say(door, by(STRANGER, given_elsewhere()), by(OWN, a_consent()), an_adverse_event())

    async with door.transaction() as tx:
        said = [
            await tx.fetchval(f"SELECT said_by FROM {table}")
            for table in ("doses", "consents", "adverse_events")
        ]

    assert said == [uid(STRANGER), uid(OWN), None]
    assert all(one is None or isinstance(one, UUID) for one in said)


@pytest.mark.parametrize("source", ["urn:nld:prikploeg:practice:many", "its own"])
async def test_a_system_of_many_practices_speaks_for_those_of_its_regions_only(fresh, source):
    door = await fresh.open("acceptor")
    await say(
        door, an_organisation("practice", kind=OrganisationKind.PRACTICE), region=OTHER_REGION
    )
    own = f"urn:nld:prikploeg:practice:{uid(OWN)}:his"
    said = changed(
        a_record(registered(OWN), system=systems(REGION)[Sender.PRACTICE]),
        source=own if source == "its own" else source,
    )

    (outcome,) = await say(door, said)

    assert (outcome.status, outcome.fields) == (Status.REJECTED, ("practice_id",))
    assert await rows(door, "SELECT person FROM registrations") == []


async def test_a_practice_of_its_regions_one_that_nobody_knows_and_a_system_of_that_practice_are_heard(
    fresh,
):
    door = await fresh.open("acceptor")
    await say(
        door, an_organisation("practice", kind=OrganisationKind.PRACTICE), region=OTHER_REGION
    )
    await say(door, an_organisation("near", kind=OrganisationKind.PRACTICE))
    connected = replace(
        systems(REGION)[Sender.PRACTICE],
        sources=(f"urn:nld:prikploeg:practice:{uid(OWN)}",),
    )
    of_that = changed(
        a_record(registered(OWN), system=connected),
        source=f"urn:nld:prikploeg:practice:{uid(OWN)}:his",
    )

    outcomes = await say(door, registered("near"), registered("unknown"), of_that)

    assert {one.status for one in outcomes} == {Status.ACCEPTED}


async def test_two_regions_that_both_know_a_practice_may_both_speak_for_it(fresh):
    door = await fresh.open("acceptor")
    for region in (REGION, OTHER_REGION):
        await say(door, an_organisation("practice", kind=OrganisationKind.PRACTICE), region=region)

    (outcome,) = await say(door, registered(OWN))

    assert outcome.status is Status.ACCEPTED
