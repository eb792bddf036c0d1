from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from events.catalogue import TYPE_OF
from events.envelope import Sender
from events.local_time import AMSTERDAM, to_moment
from events.location import OutbreakDeclared
from events.plans import VisitAssigned
from events.practice import ConsentRecorded, ConsentStatus, PatientRegistered
from events.supply import DeliveryReceived, StockCounted
from events.visits import DoseWasted, TeamUnavailable
from services.sending import make_event
from services.simulator.fridge import Fridge, Lot, Opened
from services.simulator.play import world_of
from services.simulator.region import FIRST_DAY, Sizes
from tests.campaign.register import Register
from tests.campaign.scene import Scene
from tests.campaign.season import Kind, Season, Staged, Supply, stage
from tests.campaign.turns import turns_of_day
from tests.services.importing.builders import NAMES

SIZES = Sizes(institutions=21, residents=210, practices=8, teams=3, days=40)
SUPPLIES = (Supply(0.5, due=-4), Supply(0.4, due=2, part=0.5), Supply(0.3, due=3, comes=5))
DEPOT = uuid5(NAMES, "depot")
MONDAY = FIRST_DAY


def staged(*happenings: tuple[int, Kind]) -> Staged:
    return stage(Season(10, SUPPLIES, happenings), "GG2514", 1, MONDAY, SIZES)


def a_scene(*happenings: tuple[int, Kind]) -> Scene:
    made = staged(*happenings)
    return Scene(made, world_of(made.region), Register(), {})


def named(name: str) -> UUID:
    return uuid5(NAMES, name)


def a_visit(name: str, day: date, team: str = "team", people: tuple[str, ...] = ("somebody",)):
    begins = datetime(day.year, day.month, day.day, 10, tzinfo=AMSTERDAM)
    return VisitAssigned.model_validate(
        {
            "visit_id": named(name),
            "plan_id": named("plan"),
            "location_id": named(f"place of {name}"),
            "team_id": named(team),
            "shift_id": named("shift"),
            "campaign_id": named("campaign"),
            "product_id": "moderna",
            "starts_at": begins,
            "ends_at": begins + timedelta(minutes=80),
            "persons": [{"person_id": named(one), "dose_no": 1} for one in people],
        }
    )


def seen(scene: Scene, *visits: VisitAssigned) -> Scene:
    scene.visits = {visit.visit_id: visit for visit in visits}
    return scene


def registered(scene: Scene, name: str) -> None:
    """Somebody with a consent that was given."""
    who = {
        "person_id": named(name),
        "campaign_id": named("campaign"),
        "location_id": named("place"),
        "practice_id": named("practice"),
    }
    yes = who | {"status": "given", "given_by": "mentor"}
    scene.register.hear(
        [
            make_event(Sender.PRACTICE, scene.region, payload, "his")
            for payload in (
                PatientRegistered.model_validate(who | {"birth_year": 1935}),
                ConsentRecorded.model_validate(yes),
            )
        ]
    )


def payloads(scene: Scene, day: date) -> list:
    return [one.payload for one in turns_of_day(scene, day)]


def test_a_delivery_that_comes_short_comes_short_at_one_depot():
    short = [one for one in staged().arrivals if one.delivery.day == MONDAY + timedelta(days=2)]

    missing = [one.delivery.doses - one.doses for one in short]

    assert sum(gap > 0 for gap in missing) == 1
    assert sum(one.delivery.doses for one in short) == 90  # 0.4 of 210, in whole containers


def test_a_late_delivery_is_announced_for_its_day_and_comes_later():
    scene = a_scene()

    before = [one for day in range(5) for one in payloads(scene, MONDAY + timedelta(days=day))]
    after = payloads(scene, MONDAY + timedelta(days=5))

    assert {one.lot for one in before if isinstance(one, DeliveryReceived)} == {"OEFEN-02"}
    assert {one.lot for one in after if isinstance(one, DeliveryReceived)} == {"OEFEN-03"}
    assert {one.delivery.day for one in scene.staged.arrivals if one.delivery.lot == "OEFEN-03"} == {
        MONDAY + timedelta(days=3)
    }  # fmt: skip


def test_what_arrives_lies_in_the_fridge():
    scene = a_scene()
    there = sum(lot.doses for lots in scene.world.fridge.lots.values() for lot in lots)

    said = payloads(scene, MONDAY + timedelta(days=2))

    now = sum(lot.doses for lots in scene.world.fridge.lots.values() for lot in lots)
    assert now - there == sum(one.doses for one in said if isinstance(one, DeliveryReceived)) > 0


def test_doses_past_their_day_are_thrown_away_the_morning_after():
    scene = a_scene()
    lots = [lot for lots in scene.world.fridge.lots.values() for lot in lots]
    there, last = sum(lot.doses for lot in lots), lots[0].last_day

    on_the_day, after = payloads(scene, last), payloads(scene, last + timedelta(days=1))

    assert not any(isinstance(one, DoseWasted) for one in on_the_day)
    assert sum(one.doses for one in after if isinstance(one, DoseWasted)) == there
    assert sum(lot.doses for lot in lots) == 0


def test_people_who_come_later_are_not_registered_at_first():
    made = staged()

    assert len(made.newcomers) == made.season.newcomers
    assert not set(made.newcomers) & set(made.region.residents)


def test_the_team_with_most_to_do_falls_ill_for_two_days_from_tomorrow():
    scene = seen(
        a_scene((0, Kind.TEAM_ILL)),
        a_visit("V1", MONDAY + timedelta(days=1), "few"),
        a_visit("V2", MONDAY + timedelta(days=2), "many", ("a", "b")),
    )

    (ill,) = [one for one in payloads(scene, MONDAY) if isinstance(one, TeamUnavailable)]

    assert ill.team_id == named("many")
    assert ill.begins_at == to_moment(MONDAY + timedelta(days=1), datetime.min.time())
    assert ill.ends_at - ill.begins_at == timedelta(days=2)
    assert scene.world.is_absent(a_visit("V2", MONDAY + timedelta(days=2), "many"))


def test_an_outbreak_is_where_a_team_would_come_soonest_and_ends_later():
    scene = seen(
        a_scene((0, Kind.OUTBREAK), (1, Kind.OUTBREAK_OVER)),
        a_visit("later", MONDAY + timedelta(days=3)),
        a_visit("today", MONDAY),
        a_visit("soonest", MONDAY + timedelta(days=1)),
    )

    (declared,) = [one for one in payloads(scene, MONDAY) if isinstance(one, OutbreakDeclared)]
    lifted = [
        one
        for one in payloads(scene, MONDAY + timedelta(days=1))
        if TYPE_OF[type(one)] == "outbreak.lifted.v1"
    ]

    assert declared.location_id == named("place of soonest")
    assert declared.location_id in {one.location_id for one in lifted}
    assert scene.blocked == {}


def test_consent_is_withdrawn_by_the_one_who_gave_it():
    scene = seen(a_scene((0, Kind.SECOND_THOUGHTS)), a_visit("V1", MONDAY + timedelta(days=1)))
    registered(scene, "somebody")
    registered(scene, "without an appointment")

    said = turns_of_day(scene, MONDAY)
    (withdrawn,) = [one for one in said if isinstance(one.payload, ConsentRecorded)]

    assert withdrawn.payload.person_id == named("somebody")
    assert withdrawn.payload.status is ConsentStatus.WITHDRAWN
    assert withdrawn.payload.given_by.value == "mentor"
    assert withdrawn.envelope.source == f"urn:nld:prikploeg:practice:{named('practice')}:his"


def test_a_lot_that_got_too_warm_is_not_used_until_it_is_released():
    scene = a_scene((0, Kind.FRIDGE_WARM), (1, Kind.FRIDGE_CLEARED))
    lots = [lot for lots in scene.world.fridge.lots.values() for lot in lots]

    (warm,) = payloads(scene, MONDAY)
    unusable = [lot for lot in lots if not lot.usable]
    (released,) = payloads(scene, MONDAY + timedelta(days=1))

    assert {lot.number for lot in unusable} == {warm.lots[0].lot} == {released.lot}
    assert all(lot.usable for lot in lots)


def test_a_call_for_a_crisis_team_can_be_answered_from_the_next_day_on():
    scene = a_scene((0, Kind.CRISIS))

    (asked,) = payloads(scene, MONDAY)

    assert asked.earliest > to_moment(MONDAY + timedelta(days=1), datetime.min.time())
    assert scene.calls == {asked.visit_id: asked}


@pytest.mark.parametrize(("first", "people", "lots"), [(10, 15, ["B", "A"]), (20, 15, ["A"])])
def test_a_team_goes_on_with_the_next_lot_when_one_ends(first, people, lots):
    fridge = Fridge()
    fridge.put(DEPOT, "moderna", Lot("A", MONDAY, MONDAY + timedelta(days=1), first))
    fridge.put(DEPOT, "moderna", Lot("B", MONDAY, MONDAY + timedelta(days=9), 10))

    opened = Opened(fridge, DEPOT, "moderna", MONDAY, people)
    used = [opened.dose(people - n) for n in range(people)]

    assert list(dict.fromkeys(lot.number for lot in used)) == lots
    assert opened.left == 5


def test_a_location_confirms_a_moment_once_and_another_moment_again():
    tomorrow, after = (MONDAY + timedelta(days=n) for n in (1, 2))
    scene = seen(a_scene(), a_visit("V1", tomorrow), a_visit("far", MONDAY + timedelta(days=5)))

    first, again = payloads(scene, MONDAY), payloads(scene, MONDAY)
    moved = payloads(seen(scene, a_visit("V1", after)), MONDAY)

    assert [one.visit_id for one in first] == [named("V1")]
    assert again == []
    assert [one.starts_at for one in moved] == [a_visit("V1", after).starts_at]


def test_on_fridays_everything_in_the_fridges_is_counted():
    scene = a_scene()
    friday = MONDAY + timedelta(days=4)

    counted = [one for one in payloads(scene, friday) if isinstance(one, StockCounted)]

    lots = [lot for lots in scene.world.fridge.lots.values() for lot in lots if lot.doses]
    assert sorted(one.doses for one in counted) == sorted(lot.doses for lot in lots)
    assert not any(isinstance(one, StockCounted) for one in payloads(scene, MONDAY))
