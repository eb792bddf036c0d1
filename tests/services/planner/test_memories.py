"""A problem built from the one before, by the facts that came since, is the problem that is built from nothing."""

from datetime import date, timedelta
from random import Random

import pytest

from events.catalogue import NEWEST
from events.identifiers import Payload
from events.organisations import PolicyChanged
from events.practice import ConsentStatus, PatientWithdrawn, WithdrawalReason
from events.teams import ShiftWithdrawn
from infra.postgres.database import Database
from infra.postgres.snapshot.load import load_snapshot
from infra.postgres.snapshot.memory import OF_A_PERSON, OF_NOBODY
from services.planner.memories import REGIONS, Memories
from services.planner.problem.posed import PosedProblem, to_problem
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.effort import either
from tests.facts import (
    NOW,
    a_campaign,
    a_cancellation,
    a_consent,
    a_correction,
    a_crisis,
    a_dose,
    a_location,
    a_patient,
    a_product,
    a_question,
    an_adverse_event,
    an_assessment,
    given_elsewhere,
    not_given,
    uid,
)
from tests.services.accept.looking import live
from tests.services.planner.planning import plan_with

# Whoever adds a type decides whether it concerns one person, nobody, or makes the planner read everybody again.
READS_EVERYBODY = {
    *("decision.recorded", "identity.questioned", "identity.settled"),
    *("dose.corrected", "dose.retracted"),
    *("campaign.opened", "campaign.changed", "product.catalogued"),
    *("container.opened", "container.corrected", "leftover.offered", "leftover.taken"),
}


def test_of_every_type_it_is_known_whom_it_concerns():
    names = {name.split(".v")[0] for name in NEWEST}

    assert names - OF_A_PERSON - OF_NOBODY == READS_EVERYBODY
    assert names >= OF_A_PERSON | OF_NOBODY


@pytest.mark.parametrize("name", sorted(OF_A_PERSON))
def test_a_fact_of_a_person_names_that_person(name: str):
    entry = next(entry for known, entry in NEWEST.items() if known.split(".v")[0] == name)

    assert "person_id" in entry.payload.model_fields


def test_only_the_regions_answered_last_are_remembered():
    memories = Memories()
    first = memories.of("GG0111")
    others = [memories.of(f"GG{n:04d}") for n in range(REGIONS - 1)]

    assert memories.of("GG0111") is first
    memories.of("GG9999")
    assert memories.of("GG0000") is not others[0]


class Remembering:
    """A planner's memory of a region, beside one who reads everything each time."""

    def __init__(self, reading: Database) -> None:
        self.reading, self.memory = reading, Memories().of(REGION)
        self.read: list[int | None] = []  # of how many people each time; None: everybody

    async def pose(self) -> tuple[PosedProblem, PosedProblem]:
        snapshot = await load_snapshot(self.reading, REGION, NOW, memory=self.memory.people)
        changed = self.memory.people.take_changed()
        self.read.append(None if changed is None else len(changed))
        self.memory.needs.forget(changed)
        fresh = await load_snapshot(self.reading, REGION, NOW)
        return to_problem(snapshot, self.memory.needs), to_problem(fresh)


def a_withdrawal(name: str) -> PatientWithdrawn:
    patient = a_patient(name)
    return PatientWithdrawn(
        person_id=patient.person_id,
        campaign_id=patient.campaign_id,
        location_id=patient.location_id,
        practice_id=patient.practice_id,
        reason=WithdrawalReason.MOVED,
    )


def draw_fact(random: Random, n: int) -> Payload:
    """Something that is said in a region, mostly about one of its people."""
    name = f"p{random.randrange(8)}"
    facts: list[Payload] = [
        a_patient(name),
        a_patient(f"new {n}", location_id=uid("wilg")),
        a_consent(name),
        a_consent(name, status=ConsentStatus.REFUSED),
        an_assessment(name),
        an_adverse_event(name),
        given_elsewhere(name),
        a_dose(name),
        not_given(name),
        a_withdrawal(name),
        a_crisis(f"crisis {n}"),
        a_location("wilg", seats=3),
        a_question(name),
        a_correction(("urn:test", f"e{n}"), name),
        a_product(f"product_{n}"),
        a_campaign(f"campaign {n}"),
        PolicyChanged(horizon_days=7 + n % 7),
    ]
    return random.choices(facts, [9] * 12 + [1] * (len(facts) - 12))[0]


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(either(short=3, long=30)))
async def test_after_any_facts_the_remembered_problem_is_the_one_built_from_nothing(
    fresh: Fresh, seed: int
):
    random, door = Random(seed), await fresh.open("acceptor")
    remembering = Remembering(await fresh.open("planner"))
    await plan_with(fresh, SmallRegion().all())
    for n in range(25):
        await say(door, *(draw_fact(random, n) for _ in range(random.randint(1, 3))))
        if n % 10 == 5:
            await plan_with(fresh)

        remembered, built = await remembering.pose()

        assert remembered == built, n
    assert any(one is not None for one in remembering.read)


@pytest.mark.postgres
async def test_a_fact_about_one_person_makes_nobody_else_be_read(fresh: Fresh):
    door = await fresh.open("acceptor")
    remembering = Remembering(await fresh.open("planner"))
    await plan_with(fresh, SmallRegion().all())
    ((visit, _), *_) = await live(door)
    await remembering.pose()

    await say(door, a_consent("p1", status=ConsentStatus.REFUSED))
    await remembering.pose()
    await say(door, a_cancellation("visit", visit_id=visit, again_from=date(2021, 2, 20)))
    remembered, built = await remembering.pose()
    await say(door, ShiftWithdrawn(shift_id=uid("shift 2021-02-16")))
    again, anew = await remembering.pose()

    assert remembering.read == [None, 1, 0, 0]
    assert remembered == built
    assert again == anew


@pytest.mark.postgres
async def test_another_day_builds_every_need_anew(fresh: Fresh):
    await plan_with(fresh, SmallRegion().all())
    remembering = Remembering(await fresh.open("planner"))
    await remembering.pose()
    later = NOW + timedelta(days=1)

    snapshot = await load_snapshot(
        remembering.reading, REGION, later, memory=remembering.memory.people
    )
    remembered = to_problem(snapshot, remembering.memory.needs)

    assert remembered == to_problem(await load_snapshot(remembering.reading, REGION, later))
