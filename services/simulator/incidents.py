"""Incidents of the simulated story: a team falls ill, a delivery is short, an outbreak, a late registration."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from events.envelope import Sender
from events.identifiers import DeliveryId, LocationId, OrganisationId, TeamId
from events.local_time import AMSTERDAM, to_moment
from events.location import LocationRegistered, OutbreakDeclared, OutbreakLifted
from events.plans import VisitAssigned
from events.supply import DeliveryReceived
from events.visits import TeamUnavailable
from services.importing.hours import to_opening
from services.sending import SenderEvent, entity_id, make_event
from services.simulator.day import SYSTEM, World
from services.simulator.fridge import Lot
from services.simulator.institutions import Institution
from services.simulator.region import SyntheticRegion

# Days of the story, counted from its first day.
TEAM_ILL, OUTBREAK, LATE_PAPERS, RECOVERED = 2, 3, 4, 7
SHORT = 0.6  # share of the announced doses that arrives at the depot with most residents
DELIVERED_AT, ILL_AT, NEWS_AT = time(7, 30), time(6, 15), time(9, 0)


def incidents_of_day(
    region: SyntheticRegion, day: date, visits: Iterable[VisitAssigned], world: World
) -> list[SenderEvent]:
    """Events of one day other than visits, in order of time; deliveries are added to the stock."""
    n = (day - region.start).days
    said = list(deliveries(region, day, world))
    if n == TEAM_ILL:
        said += team_falls_ill(region, day, world)
    if n == OUTBREAK:
        said += outbreak(region, day, visits)
    if n == LATE_PAPERS:
        said += [registered(region, place, day) for place in region.unregistered]
    if n == RECOVERED and region.outbreaks:
        said.append(lifted(region, region.outbreaks[0].institution, day))
    return sorted(said, key=lambda one: one.time or datetime.max.replace(tzinfo=AMSTERDAM))


def deliveries(region: SyntheticRegion, day: date, world: World) -> Iterator[SenderEvent]:
    """The announced deliveries of the day arrive; the largest one of the first such day is short."""
    announced = [delivery for delivery in region.deliveries if not delivery.received]
    first = min((delivery.day for delivery in announced), default=None)
    coming = [delivery for delivery in announced if delivery.day == day]
    largest = max(coming, key=lambda delivery: (delivery.doses, delivery.key), default=None)
    for delivery in coming:
        short = day == first and delivery is largest
        doses = int(delivery.doses * SHORT) // 10 * 10 if short else delivery.doses
        depot = OrganisationId(entity_id("organisation", region.region, delivery.post.depot))
        world.fridge.put(depot, delivery.product, Lot(delivery.lot, day, delivery.use_by, doses))
        payload = DeliveryReceived(
            delivery_id=DeliveryId(entity_id("delivery", region.region, delivery.key)),
            depot_id=depot,
            product_id=delivery.product,
            lot=delivery.lot,
            doses=doses,
            received_on=day,
            use_by=delivery.use_by,
        )
        yield make_event(Sender.GGD, region.region, payload, SYSTEM, to_moment(day, DELIVERED_AT))


def team_falls_ill(region: SyntheticRegion, day: date, world: World) -> Iterator[SenderEvent]:
    """The third team is absent for the day, or the first with a shift when the third has none."""
    riding = [shift.team for shift in region.shifts if shift.day == day]
    preferred = [team for team in riding if team in region.teams[2:3]]
    for team in (preferred or riding)[:1]:
        begins, ends = to_moment(day, ILL_AT), to_moment(day, time(23, 59))
        team_id = TeamId(entity_id("team", region.region, team.key))
        world.absent.append((team_id, begins, ends))
        payload = TeamUnavailable(team_id=team_id, begins_at=begins, ends_at=ends)
        yield make_event(Sender.HAP, region.region, payload, SYSTEM, begins)


def outbreak(
    region: SyntheticRegion, day: date, visits: Iterable[VisitAssigned]
) -> Iterator[SenderEvent]:
    """An outbreak at the location of the first visit from tomorrow on, which forces a replanning."""
    later = to_moment(day + timedelta(days=1), time())
    coming = [visit for visit in visits if visit.starts_at >= later and visit.persons]
    for visit in sorted(coming, key=lambda visit: (visit.starts_at, visit.visit_id))[:1]:
        payload = OutbreakDeclared(location_id=visit.location_id)
        yield make_event(Sender.GGD, region.region, payload, SYSTEM, to_moment(day, NEWS_AT))


def lifted(region: SyntheticRegion, institution: Institution, day: date) -> SenderEvent:
    """The event that an outbreak is over."""
    location = LocationId(entity_id("location", region.region, institution.key))
    payload = OutbreakLifted(location_id=location)
    return make_event(Sender.GGD, region.region, payload, SYSTEM, to_moment(day, NEWS_AT))


def registered(region: SyntheticRegion, institution: Institution, day: date) -> SenderEvent:
    """The registration of an institution whose residents were registered before it."""
    payload = LocationRegistered.model_validate(
        {
            "location_id": entity_id("location", region.region, institution.key),
            "name": institution.name,
            "sector": institution.sector,
            "point": {"lat": institution.lat, "lon": institution.lon},
            "postcode4": institution.area.pc4,
            "municipality": institution.area.municipality,
            "residents": institution.residents,
            "opening": to_opening(institution.opening),
            "closed_on": frozenset(institution.closed_on),
            "contact_known": True,
            "seats": institution.seats,
        }
    )
    return make_event(Sender.INSTITUTION, region.region, payload, SYSTEM, to_moment(day, NEWS_AT))
