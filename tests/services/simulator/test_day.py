from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from events.catalogue import TYPE_OF
from events.codec import decode
from events.local_time import AMSTERDAM
from events.plans import VisitAssigned
from events.visits import (
    DoseAdministered,
    DoseCorrected,
    DoseNotGiven,
    DoseRetracted,
    DoseWasted,
)
from services.sending import SenderEvent, to_record
from services.simulator.day import World, events_of_visit, moment_of
from services.simulator.fridge import Fridge, Lot
from tests.services.importing.builders import NAMES, Inbox, to_inward

DAY = date(2021, 2, 15)
SHIFT, DEPOT, TEAM = (uuid5(NAMES, name) for name in ("shift", "depot", "team"))


def a_world(doses: int = 1000) -> World:
    fridge = Fridge()
    fridge.put(DEPOT, "moderna", Lot("A1", DAY, DAY + timedelta(days=30), doses))
    return World("GG2514", 1, {SHIFT: DEPOT}, fridge)


def a_visit(name: str = "V1", people: int = 16, hour: int = 10, day: date = DAY) -> VisitAssigned:
    begins = datetime(day.year, day.month, day.day, hour, tzinfo=AMSTERDAM)
    return VisitAssigned.model_validate(
        {
            "visit_id": uuid5(NAMES, name),
            "plan_id": uuid5(NAMES, "plan"),
            "location_id": uuid5(NAMES, "place"),
            "team_id": TEAM,
            "shift_id": SHIFT,
            "campaign_id": uuid5(NAMES, "campaign") if people else None,
            "product_id": "moderna" if people else None,
            "starts_at": begins,
            "ends_at": begins + timedelta(minutes=80),
            "persons": [
                {"person_id": uuid5(NAMES, f"{name} {n}"), "dose_no": 1} for n in range(people)
            ],
        }
    )


def types_of(said) -> list[str]:
    return [TYPE_OF[type(one.payload)] for one in said]


def said_at(visits: list[VisitAssigned], world: World) -> list[SenderEvent]:
    return [one for visit in visits for one in events_of_visit(visit, world)]


def test_a_visit_begins_with_its_start_and_ends_with_its_completion():
    said = events_of_visit(a_visit(), a_world())

    assert types_of(said)[0] == "visit.started.v1"
    assert types_of(said)[-1] == "visit.completed.v1"


def counted(said: list[SenderEvent]) -> list[DoseAdministered | DoseCorrected]:
    """The doses that count after all corrections."""
    found: dict[str, DoseAdministered | DoseCorrected] = {}
    for one in said:
        match one.payload:
            case DoseAdministered():
                found[one.id] = one.payload
            case DoseCorrected(of_id=of_id):
                found[of_id] = one.payload
            case DoseRetracted(of_id=of_id):
                del found[of_id]
    return list({(dose.person_id, dose.lot): dose for dose in found.values()}.values())


def test_every_planned_person_has_one_outcome():
    for n in range(20):
        said = events_of_visit(a_visit(f"V{n}", people=30), a_world())

        missed = [one.payload for one in said if isinstance(one.payload, DoseNotGiven)]
        outcomes = [*missed, *counted(said)]
        assert len(outcomes) == len({outcome.person_id for outcome in outcomes}) == 30


def test_two_in_a_hundred_doses_are_slips_of_every_kind_and_all_are_put_right():
    visits = [a_visit(f"V{n}", people=35) for n in range(100)]

    said = said_at(visits, a_world(10_000))

    assert all(one.envelope.type == TYPE_OF[type(one.payload)] for one in said)
    given = [one for one in said if isinstance(one.payload, DoseAdministered)]
    named = {(one.envelope.source, one.id) for one in given}
    repairs = [
        one.payload for one in said if isinstance(one.payload, DoseCorrected | DoseRetracted)
    ]
    twice = len(given) - len({(g.payload.person_id, g.payload.lot) for g in given})
    assert all((one.of_source, one.of_id) in named for one in repairs)
    assert 0.012 < (len(repairs) + twice) / len(counted(said)) < 0.035
    assert {type(one) for one in repairs} == {DoseCorrected, DoseRetracted}
    assert {dose.lot for dose in counted(said)} == {"A1"}
    assert len({one.payload.lot for one in given}) == 2
    assert said == said_at(visits, a_world(10_000))


def test_given_and_wasted_doses_are_whole_containers():
    world = a_world()

    said = said_at([a_visit(f"V{n}", people=5 + n) for n in range(20)], world)

    given = len(counted(said))
    wasted = sum(one.payload.doses for one in said if isinstance(one.payload, DoseWasted))
    assert (given + wasted) % 10 == 0
    (lot,) = world.fridge.lots[DEPOT, "moderna"]
    assert lot.doses == 1000 - given - wasted


def test_about_one_in_twenty_is_not_vaccinated_and_for_three_reasons():
    visits = [a_visit(f"V{n}", people=35) for n in range(100)]

    said = said_at(visits, a_world(10_000))

    reasons = Counter(o.payload.reason.value for o in said if isinstance(o.payload, DoseNotGiven))
    assert set(reasons) == {"absent", "refused", "ill"}
    assert 0.035 < reasons.total() / 3500 < 0.065
    assert reasons["absent"] > reasons["ill"]


def test_without_vaccine_nobody_is_vaccinated():
    said = events_of_visit(a_visit(), a_world(0))

    assert types_of(said) == ["visit.started.v1", "visit.completed.v1"]


def test_a_shift_that_is_not_ours_visits_without_doses():
    world = a_world()
    world.depots = {}

    said = events_of_visit(a_visit(), world)

    assert types_of(said) == ["visit.started.v1", "visit.completed.v1"]


def test_no_more_is_given_than_there_is():
    said = events_of_visit(a_visit(people=30), a_world(10))

    assert len(counted(said)) == 10
    assert not any(isinstance(one.payload, DoseWasted) for one in said)


def test_a_crisis_visit_has_no_doses():
    said = events_of_visit(a_visit(people=0), a_world())

    assert types_of(said) == ["visit.started.v1", "visit.completed.v1"]


@pytest.mark.parametrize("people", [0, 1, 16, 35])
def test_what_is_said_is_in_order_of_time_and_within_the_visit(people: int):
    visit = a_visit(people=people)

    moments = [moment_of(one) for one in events_of_visit(visit, a_world())]

    assert moments == sorted(moments)
    assert (moments[0], moments[-1]) == (visit.starts_at, visit.ends_at)


def test_saying_it_again_is_the_same_event_even_from_another_lot():
    other = a_world()
    other.fridge = Fridge()
    other.fridge.put(DEPOT, "moderna", Lot("B2", DAY, DAY, 500))

    first = events_of_visit(a_visit(), a_world())
    second = events_of_visit(a_visit(), other)

    assert [one.id for one in first] == [one.id for one in second]
    assert len({one.id for one in first}) == len(first)


def test_what_a_team_says_can_be_decoded():
    inbox = Inbox([to_record(one) for one in events_of_visit(a_visit(), a_world())])

    events = [decode(to_inward(record)) for record in inbox.records]

    assert {event.envelope.region for event in events} == {"GG2514"}
    assert all(event.envelope.time for event in events)


@pytest.mark.parametrize(("doses", "lot"), [(20, "soon"), (400, "later"), (900, "later")])
def test_the_lot_that_expires_first_and_has_enough_is_taken(doses, lot):
    fridge, depot = Fridge(), UUID(int=1)
    fridge.put(depot, "moderna", Lot("soon", DAY, DAY + timedelta(days=1), 30))
    fridge.put(depot, "moderna", Lot("later", DAY, DAY + timedelta(days=9), 500))
    fridge.put(depot, "moderna", Lot("over", DAY - timedelta(days=9), DAY - timedelta(days=1), 900))

    chosen = fridge.choose(depot, "moderna", DAY, doses)

    assert chosen is not None
    assert chosen.number == lot
