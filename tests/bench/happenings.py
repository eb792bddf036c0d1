"""What may happen in a region that has a plan: one function a kind, each drawn from what is published."""

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import uuid4

from events.identifiers import Payload
from events.local_time import to_local_date, to_moment
from events.location import LocationChanged, OutbreakDeclared, Urgency, VisitRequested
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    DoseGivenElsewhere,
    PatientRegistered,
)
from events.supply import DeliveryConfirmed, LotQuarantined, LotReleased
from events.teams import ShiftChanged
from events.visits import TeamUnavailable
from tests.bench.replanning import Happening, World

HOME_MINUTES: Final = 45  # what a team needs from its last stop to its depot, at most
NEW_PEOPLE: Final = 10


async def draw(world: World, random: Random, sql: str) -> Any:
    """One row of what is published after today."""
    async with world.door.transaction() as tx:
        rows = await tx.fetch(sql, world.region)
    return random.choice(sorted(rows, key=str))


A_DAY_LATER: Final = "(SELECT min(lower(slot)) + interval '1 day' FROM visits)"
OF_TOMORROW: Final = f"lower(v.slot) > {A_DAY_LATER}"
# A shift whole: its first stop often begins at the very moment at which that of another day did.
A_SHIFT: Final = f"""
  SELECT s.shift, s.worked, array_agg(v.visit) AS visits, array_agg(upper(v.slot)) AS ends
  FROM shifts s JOIN visits v USING (region, shift)
  WHERE s.region = $1 AND v.live GROUP BY s.shift, s.worked HAVING min(lower(v.slot)) >= {A_DAY_LATER}"""
A_STOP: Final = f"""
  SELECT v.visit, v.location, lower(v.slot) AS at, l.registered, v.campaign FROM visits v JOIN locations l USING (region, location)
  WHERE v.region = $1 AND v.live AND v.campaign IS NOT NULL AND l.registered IS NOT NULL AND {OF_TOMORROW}"""
A_PERSON: Final = f"""
  SELECT a.person, a.campaign, a.dose_no, a.visit, v.location, v.product, r.practice
  FROM appointments a JOIN visits v USING (region, visit) JOIN registrations r
    ON (r.region, r.person, r.campaign) = (a.region, a.person, a.campaign)
  WHERE a.region = $1 AND a.live AND v.live AND {OF_TOMORROW}"""
# Stops of any day: they share the doses of a depot, and the fewest people give theirs up.
A_DELIVERY: Final = """
  SELECT d.delivery, d.depot, d.product, d.doses, d.expected_on, (
    SELECT coalesce(array_agg(v.visit), '{}') FROM visits v JOIN shifts s USING (region, shift)
    WHERE v.region = d.region AND v.live AND v.product = d.product AND (s.worked ->> 'depot_id')::uuid = d.depot) AS visits
  FROM deliveries d WHERE d.region = $1 AND d.received_seq = 0"""
A_LOT: Final = """
  SELECT m.product, m.lot, (SELECT array_agg(v.visit) FROM visits v WHERE v.region = $1 AND v.live AND v.product = m.product) AS visits
  FROM stock_movements m JOIN (SELECT region, product, lot, usable FROM lots) l USING (region, product, lot)
  WHERE m.region = $1 AND l.usable GROUP BY m.product, m.lot
  UNION SELECT m.product, m.lot, (SELECT array_agg(v.visit) FROM visits v WHERE v.region = $1 AND v.live AND v.product = m.product)
  FROM stock_movements m WHERE m.region = $1 AND NOT EXISTS (
    SELECT FROM lots l WHERE l.region = m.region AND l.product = m.product AND l.lot = m.lot) GROUP BY m.product, m.lot"""


A_LOST_LOT: Final = """
  SELECT DISTINCT m.product, m.lot FROM stock_movements m JOIN lots l USING (region, product, lot)
  WHERE m.region = $1 AND NOT l.usable"""


async def sick_team(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_SHIFT)
    shift = json.loads(row["worked"])
    gone = TeamUnavailable(
        team_id=shift["team_id"], begins_at=shift["starts_at"], ends_at=shift["ends_at"]
    )
    return Happening("sick team", [gone], frozenset(row["visits"]))


async def shorter_shift(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_SHIFT)
    shift = json.loads(row["worked"])
    end = datetime.fromisoformat(shift["ends_at"]) - timedelta(hours=2)
    changed = ShiftChanged.model_validate(shift | {"ends_at": end})
    latest = end - timedelta(minutes=HOME_MINUTES)
    late = {v for v, at in zip(row["visits"], row["ends"], strict=True) if at > latest}
    return Happening("shift shorter", [changed], frozenset(late))


async def outbreak(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_STOP)
    async with world.door.transaction() as tx:
        hit = await tx.fetch(
            "SELECT visit FROM visits WHERE region = $1 AND location = $2 AND live",
            world.region,
            row["location"],
        )
    said = OutbreakDeclared(location_id=row["location"])
    return Happening("outbreak", [said], frozenset(one["visit"] for one in hit))


async def crisis(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_STOP)
    day = to_local_date(row["at"])
    asked = VisitRequested(
        visit_id=uuid4(),
        location_id=row["location"],
        urgency=Urgency.U2,
        minutes=45,
        earliest=to_moment(day, time(9)),
        latest=to_moment(day, time(15)),
    )
    return Happening("crisis visit", [asked])


async def delivery(
    world: World, random: Random, name: str, doses: float = 1.0, days: int = 0
) -> Happening:
    row = await draw(world, random, A_DELIVERY)
    promised = DeliveryConfirmed(
        delivery_id=row["delivery"],
        depot_id=row["depot"],
        product_id=row["product"],
        doses=int(row["doses"] * doses),
        expected_on=row["expected_on"] + timedelta(days=days),
    )
    is_worse = doses < 1 or days > 0
    return Happening(name, [promised], frozenset(row["visits"]) if is_worse else frozenset())


async def short_delivery(world: World, random: Random) -> Happening:
    return await delivery(world, random, "delivery short", doses=0.5)


async def late_delivery(world: World, random: Random) -> Happening:
    return await delivery(world, random, "delivery late", days=2)


async def larger_delivery(world: World, random: Random) -> Happening:
    return await delivery(world, random, "delivery larger", doses=1.5)


async def quarantined_lot(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_LOT)
    said = LotQuarantined(product_id=row["product"], lot=row["lot"])
    return Happening("lot quarantined", [said], frozenset(row["visits"] or ()))


async def released_lot(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_LOST_LOT)
    return Happening("lot released", [LotReleased(product_id=row["product"], lot=row["lot"])])


async def withdrawn_consent(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_PERSON)
    refused = ConsentRecorded(
        person_id=row["person"],
        campaign_id=row["campaign"],
        location_id=row["location"],
        practice_id=row["practice"],
        status=ConsentStatus.REFUSED,
    )
    return Happening("consent withdrawn", [refused], people=frozenset([row["person"]]))


async def given_elsewhere(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_PERSON)
    given = DoseGivenElsewhere(
        person_id=row["person"],
        campaign_id=row["campaign"],
        location_id=row["location"],
        dose_no=row["dose_no"],
        product_id=row["product"],
        given_on=date(2021, 2, 14),
    )
    return Happening("given elsewhere", [given], people=frozenset([row["person"]]))


async def new_registrations(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_PERSON)
    said: list[Payload] = []
    for _ in range(NEW_PEOPLE):
        of = {
            "person_id": uuid4(),
            "campaign_id": row["campaign"],
            "location_id": row["location"],
            "practice_id": row["practice"],
        }
        said.append(PatientRegistered.model_validate(of | {"birth_year": 1938}))
        said.append(ConsentRecorded.model_validate(of | {"status": ConsentStatus.GIVEN}))
    return Happening("new registrations", said)


async def closed_location(world: World, random: Random) -> Happening:
    row = await draw(world, random, A_STOP)
    facts = json.loads(row["registered"])
    day = to_local_date(row["at"])
    changed = LocationChanged(
        location_id=row["location"],
        opening=facts["opening"],
        closed_on=frozenset({*facts["closed_on"], day.isoformat()}),
        seats=facts["seats"],
    )
    async with world.door.transaction() as tx:
        hit = await tx.fetch(
            """
            SELECT visit FROM visits WHERE region = $1 AND location = $2 AND live
              AND (lower(slot) AT TIME ZONE 'Europe/Amsterdam')::date = $3
            """,
            world.region,
            row["location"],
            day,
        )
    return Happening("location closed", [changed], frozenset(one["visit"] for one in hit))


KINDS: Final[tuple[Callable[[World, Random], Awaitable[Happening]], ...]] = (
    sick_team,
    shorter_shift,
    outbreak,
    crisis,
    short_delivery,
    late_delivery,
    larger_delivery,
    quarantined_lot,
    released_lot,  # else all that follows happens in a region without that product
    withdrawn_consent,
    given_elsewhere,
    new_registrations,
    closed_location,
)
