"""Nothing tells of few people: whatever is subtracted from whatever, on any page, at any moments."""

import json
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID, uuid5

import pytest

from events.envelope import Sender
from events.identifiers import NATIONAL
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    Giver,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.supply import CampaignOpened
from events.visits import DoseAdministered
from services.courier.progress import count_progress
from tests.conftest import fix_rounding
from tests.services.courier.receiver import a_desk
from tests.services.web.adversary import (
    Seen,
    find_small_differences,
    find_small_groups,
    read_region_page,
    read_status,
    read_stock,
)
from tests.services.web.conftest import Site
from tests.services.web.seed import APPROVAL, CAMPAIGN, HOME, NOW, PRODUCT, an_id, propose

pytestmark = pytest.mark.postgres
OWN, OTHER = UUID(int=5), UUID(int=6)  # people of these tests; a second campaign


async def look(site: Site) -> Seen:
    """All that leaves the system at this moment: the crisis team's page, the open status, metrics, progress."""
    seen = Seen()
    site.parts.kept_status.clear()
    async with site.client(site.who("crisis")) as client:
        read_region_page((await client.get("/regio?toon=tabel")).text, seen)
        read_status((await client.get("/status")).json(), HOME, seen)
        read_stock((await client.get("/api/v1/stock")).json(), seen)
        metrics = (await client.get("/metrics")).text
    for line in metrics.splitlines():
        if line.startswith(("prikploeg_people{", "prikploeg_stock_doses{")) and HOME in line:
            seen.numbers[line.rpartition(" ")[0]] = int(float(line.rpartition(" ")[2]))
    async with a_desk(site.fresh) as desk:
        await count_progress(desk)
        async with desk.door.transaction() as tx:
            bodies = await tx.fetch(
                "SELECT body FROM ledger WHERE type = 'progress.counted.v1' AND region = $1 ORDER BY seq DESC LIMIT 1",
                HOME,
            )
    for row in bodies:
        said = json.loads(row["body"])
        for name in (
            "registered",
            "plannable",
            "planned",
            "dose_1_given",
            "dose_2_given",
            "refused",
        ):
            seen.numbers[f"progress {name}"] = said[name]
    return seen


async def register(
    site: Site,
    place: int,
    count: int,
    status: ConsentStatus | None,
    start: int = 0,
    campaign: UUID = CAMPAIGN,
) -> list[UUID]:
    """People of the first practice at a location, with an answer when there is one."""
    made = [uuid5(OWN, f"{place} {status} {start + n}") for n in range(count)]
    for person in made:
        about = {
            "person_id": person,
            "campaign_id": campaign,
            "location_id": site.home.locations[place],
            "practice_id": site.home.practices[0],
        }
        said = [PatientRegistered(**about, birth_year=1935)]
        answer = [ConsentRecorded(**about, status=status)] if status else []
        await site.say(Sender.PRACTICE, *said, *answer)
    return made


def a_dose(site: Site, person: UUID, minute: int) -> DoseAdministered:
    return DoseAdministered(
        visit_id=an_id(HOME, "visit"),
        person_id=person,
        campaign_id=CAMPAIGN,
        dose_no=1,
        location_id=site.home.locations[0],
        product_id=PRODUCT,
        lot="FK8912",
        depot_id=site.home.post,
        team_id=an_id(HOME, "team"),
        given_at=NOW + timedelta(minutes=minute),
    )


async def live_through(site: Site):
    """A campaign in which everything changes by one to four people at a time; what is shown after each."""
    yield await look(site)
    (alone,) = await register(site, 2, 1, ConsentStatus.GIVEN)
    yield await look(site)
    await register(site, 1, 12, ConsentStatus.GIVEN)
    await register(site, 0, 2, ConsentStatus.REFUSED)
    yield await look(site)
    site.clock.at = NOW + timedelta(hours=2)
    for minute, person in enumerate(site.home.planned[:3]):
        await site.say(Sender.TEAM, a_dose(site, person, minute))
    yield await look(site)
    await site.say(Sender.TEAM, a_dose(site, site.home.planned[3], 9))
    yield await look(site)
    await propose(site.say, site.home, HOME, served=5, number=2)
    yield await look(site)
    gone = PatientWithdrawn(
        person_id=alone,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[2],
        practice_id=site.home.practices[0],
        reason=WithdrawalReason.MOVED,
    )
    await site.say(Sender.PRACTICE, gone)
    yield await look(site)


@pytest.mark.parametrize("salt", range(4))
async def test_no_combination_of_numbers_shown_over_time_is_of_few_people(site: Site, salt: int):
    await fix_rounding(site.fresh.dsn("owner"), UUID(int=salt))

    moments = [seen async for seen in live_through(site)]

    assert len(moments[-1].numbers) > 40
    assert find_small_differences(moments) == []
    for before, after in pairwise(moments):
        assert find_small_groups([before, after]) == []


async def look_at_both(site: Site) -> Seen:
    """What is shown of two campaigns at this moment: each one's page, and every campaign of the status."""
    seen = Seen()
    site.parts.kept_status.clear()
    async with site.client(site.who("crisis")) as client:
        for campaign in (CAMPAIGN, OTHER):
            own = Seen()
            page = await client.get(f"/regio?toon=tabel&campagne={campaign}")
            read_region_page(page.text, own)
            seen.numbers |= {f"{campaign} {name}": n for name, n in own.numbers.items()}
        status = (await client.get("/status")).json()
        read_stock((await client.get("/api/v1/stock")).json(), seen)
    for region in status["regions"]:
        for one in region["campaigns"]:
            own = Seen()
            read_status({"regions": [region | {"campaigns": [one]}]}, region["region"], own)
            where = f"{region['region']} {one['name']}"
            seen.numbers |= {f"{where} {name}": n for name, n in own.numbers.items()}
    return seen


async def test_no_number_of_two_campaigns_with_the_same_people_tells_of_few(site: Site):
    await fix_rounding(site.fresh.dsn("owner"), UUID(int=7))
    flu = CampaignOpened(
        campaign_id=OTHER, name="Griep", products=(PRODUCT,), doses=2, min_days=28, ideal_days=28, max_days=42, opens_on=date(2021, 1, 25),
        seconds_per_person=120, observation_minutes=0, setup_minutes=10, pack_minutes=10, approval=APPROVAL,
    )  # fmt: skip
    await site.say(Sender.GGD, flu, region=NATIONAL)
    moments = []
    for start, size in ((0, 11), (11, 1), (12, 3)):
        await register(site, 0, size, ConsentStatus.GIVEN, start)
        moments.append(await look_at_both(site))
        await register(site, 0, size, ConsentStatus.GIVEN, start, OTHER)
        moments.append(await look_at_both(site))

    assert any("Griep status registered" in name for name in moments[-1].numbers)
    assert moments[-1].numbers[f"{HOME} Griep status registered"] >= 15
    assert find_small_differences(moments) == []


def test_the_adversary_finds_a_group_that_a_subtraction_gives():
    before = Seen(numbers={"registered": 1203, "Zeist": 12, "total of two": 13})

    assert find_small_differences([before, Seen(numbers={"registered": 1204})])


def test_the_adversary_finds_a_group_between_a_total_and_parts_that_were_each_rounded_alone():
    seen = Seen(
        states={"given": 5, "planned": 0, "open": 0},
        answers={"given": 5, "refused": 0, "conflicting": 0, "unknown": 0},
        areas={state: {"Zeist": 0} for state in ("given", "planned", "open")},
    )

    assert "given in Zeist at 0" in find_small_groups([seen], fitted=False)


@pytest.mark.parametrize("salt", range(3))
async def test_every_person_is_in_one_place_and_the_places_add_up(site: Site, salt: int):
    await fix_rounding(site.fresh.dsn("owner"), UUID(int=100 + salt))

    async for seen in live_through(site):
        registered = seen.numbers["status registered"]
        assert sum(seen.states.values()) == registered
        assert sum(seen.answers.values()) == registered
        for state, areas in seen.areas.items():
            assert sum(areas.values()) == seen.states[state], state
        assert sum(seen.days.values()) == seen.numbers["status doses_given"]
        assert seen.numbers["progress registered"] == registered
        assert seen.numbers["progress plannable"] == seen.answers["given"]
        assert seen.numbers["progress dose_1_given"] == seen.numbers["status given"]


async def test_a_number_is_at_most_four_off_for_each_cell_that_it_sums(site: Site):
    seen = await look(site)

    assert abs(seen.numbers["status registered"] - 15) <= 4 * 4
    assert abs(seen.answers["given"] - 13) <= 4 * 3
    assert abs(seen.numbers["status planned"] - 6) <= 4


async def test_answers_that_contradict_each_other_are_no_consent_anywhere(site: Site):
    await register(site, 0, 10, ConsentStatus.GIVEN)
    before = await look(site)

    for n in range(10):
        await site.say(
            Sender.PRACTICE,
            ConsentRecorded(
                person_id=uuid5(OWN, f"0 {ConsentStatus.GIVEN} {n}"),
                campaign_id=CAMPAIGN,
                location_id=site.home.locations[0],
                practice_id=site.home.practices[0],
                status=ConsentStatus.REFUSED,
                given_by=Giver.CURATOR,
            ),
        )

    after = await look(site)
    assert before.answers["given"] - after.answers["given"] == 10
    assert after.answers["conflicting"] - before.answers["conflicting"] == 10
    assert before.numbers["progress plannable"] - after.numbers["progress plannable"] == 10
