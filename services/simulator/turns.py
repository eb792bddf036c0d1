"""What happens on a day of a season, told by those who would tell it: posts, GGD, institutions, practices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from events.envelope import Sender
from events.identifiers import DeliveryId, LocationId, OrganisationId, Payload, TeamId, VisitId
from events.location import OutbreakDeclared, OutbreakLifted, Urgency, VisitRequested
from events.plans import VisitAssigned
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    Giver,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.supply import DeliveryReceived, LotOfProduct, LotReleased, TemperatureRead
from events.visits import DoseWasted, TeamUnavailable, WasteReason
from services.importing.cells import to_moment
from services.importing.said import Said, entity_id, say
from services.simulator.day import SYSTEM, World
from services.simulator.fridge import Lot
from services.simulator.incidents import registered
from services.simulator.register import Register
from services.simulator.season import Kind, Staged

EARLY, DELIVERED_AT, NEWS_AT = time(5, 45), time(7, 30), time(9, 0)
FEW = 2  # people who think again on one day


@dataclass(slots=True)
class Scene:
    """A season under way: what stands on the board, and what happened that must have consequences."""

    staged: Staged
    world: World
    register: Register
    visits: Mapping[VisitId, VisitAssigned]  # as the system says it
    blocked: dict[UUID, datetime] = field(default_factory=dict)  # location: since when
    withdrawn: dict[UUID, datetime] = field(default_factory=dict)  # person: since when
    calls: dict[UUID, VisitRequested] = field(default_factory=dict)
    warm: list[LotOfProduct] = field(default_factory=list)

    @property
    def region(self) -> str:
        """The region's code."""
        return self.staged.region.region

    def says(self, sender: Sender, payload: Payload, day: date, at: time) -> Said:
        """One thing that is said."""
        return say(sender, self.region, payload, SYSTEM, to_moment(day, at))

    def later(self, day: date) -> list[VisitAssigned]:
        """Visits with residents from the next day on, in order of time."""
        begin = to_moment(day + timedelta(days=1), time())
        coming = [one for one in self.visits.values() if one.persons and one.starts_at >= begin]
        return sorted(coming, key=lambda one: (one.starts_at, one.visit_id))

    def by_practice(self, patient: PatientRegistered, payload: Payload, day: date) -> Said:
        """What a practice's own system says of its patient."""
        system = f"{patient.practice_id}:his"
        return say(Sender.PRACTICE, self.region, payload, system, to_moment(day, NEWS_AT))


def turns_of_day(scene: Scene, day: date) -> list[Said]:
    """All that a season brings on one day beside its visits; deliveries go into the world's fridge."""
    n = (day - scene.staged.region.start).days
    said = [*expiries(scene, day), *deliveries(scene, day)]
    for when, kind in scene.staged.season.happenings:
        if when == n and kind in TURNS:
            said += TURNS[kind](scene, day)
    return said


def deliveries(scene: Scene, day: date) -> Iterator[Said]:
    """What arrives, as it arrives."""
    for arrival in scene.staged.arrivals:
        delivery = arrival.delivery
        if arrival.day != day or delivery.received or not arrival.doses:
            continue
        depot = OrganisationId(entity_id("organisation", scene.region, delivery.post.depot))
        lot = Lot(delivery.lot, day, delivery.use_by, arrival.doses)
        scene.world.fridge.put(depot, delivery.product, lot)
        payload = DeliveryReceived(
            delivery_id=DeliveryId(entity_id("delivery", scene.region, delivery.key)),
            depot_id=depot,
            product_id=delivery.product,
            lot=delivery.lot,
            doses=arrival.doses,
            received_on=day,
            use_by=delivery.use_by,
        )
        yield scene.says(Sender.GGD, payload, day, DELIVERED_AT)


def expiries(scene: Scene, day: date) -> Iterator[Said]:
    """What was not used in time is thrown away the morning after."""
    for (depot, product), lots in sorted(scene.world.fridge.lots.items()):
        for lot in lots:
            if lot.last_day < day and lot.doses:
                payload = DoseWasted(
                    depot_id=OrganisationId(depot),
                    product_id=product,
                    lot=lot.number,
                    doses=lot.doses,
                    reason=WasteReason.EXPIRED,
                    wasted_at=to_moment(day, EARLY),
                )
                lot.doses = 0
                yield scene.says(Sender.TEAM, payload, day, EARLY)


def team_ill(scene: Scene, day: date) -> Iterator[Said]:
    """The team with most to do tomorrow and the day after is away for both; it says so at nine today."""
    work: dict[TeamId, int] = {}
    end = to_moment(day + timedelta(days=3), time())
    for visit in scene.later(day):
        if visit.starts_at < end:
            work[visit.team_id] = work.get(visit.team_id, 0) + len(visit.persons)
    if work:
        team = max(work, key=lambda one: (work[one], one))
        begins = to_moment(day + timedelta(days=1), time())
        scene.world.absent.append((team, begins, end))
        payload = TeamUnavailable(team_id=team, begins_at=begins, ends_at=end)
        yield scene.says(Sender.HAP, payload, day, NEWS_AT)


def outbreak(scene: Scene, day: date) -> Iterator[Said]:
    """Where a team would come soonest from tomorrow on."""
    for visit in scene.later(day):
        if visit.location_id not in scene.blocked:
            scene.blocked[visit.location_id] = to_moment(day, NEWS_AT)
            payload = OutbreakDeclared(location_id=visit.location_id)
            yield scene.says(Sender.GGD, payload, day, NEWS_AT)
            return


def outbreak_over(scene: Scene, day: date) -> Iterator[Said]:
    """The oldest outbreak ends, and those from before the campaign with it."""
    places = [
        LocationId(entity_id("location", scene.region, one.institution.key))
        for one in scene.staged.region.outbreaks
    ]
    if scene.blocked:
        places.append(LocationId(min(scene.blocked, key=lambda one: scene.blocked[one])))
        del scene.blocked[places[-1]]
    for place in dict.fromkeys(places):
        yield scene.says(Sender.GGD, OutbreakLifted(location_id=place), day, NEWS_AT)


def crisis(scene: Scene, day: date) -> Iterator[Said]:
    """Somebody must be seen within the next two working days, with skills and without vaccine."""
    places = scene.staged.region.institutions
    place = places[day.toordinal() % len(places)]
    until = day + timedelta(days=4 if day.weekday() >= 3 else 2)
    payload = VisitRequested(
        visit_id=VisitId(entity_id("visit", scene.region, f"CALL {day.isoformat()}")),
        location_id=LocationId(entity_id("location", scene.region, place.key)),
        urgency=Urgency.U2,
        minutes=45,
        earliest=to_moment(day + timedelta(days=1), time(9)),
        latest=to_moment(until, time(16)),
    )
    scene.calls[payload.visit_id] = payload
    yield scene.says(Sender.HAP, payload, day, NEWS_AT)


def late_papers(scene: Scene, day: date) -> Iterator[Said]:
    """Institutions that practices named already register at last."""
    for place in scene.staged.region.unregistered:
        yield registered(scene.staged.region, place, day)


def second_thoughts(scene: Scene, day: date) -> Iterator[Said]:
    """Some who have an appointment and some who had their first dose take their consent back."""
    booked = {person.person_id for visit in scene.later(day) for person in visit.persons}
    waiting = (one for one in scene.register.consenting(0) if one.person_id in booked)
    halfway = scene.register.consenting(1)
    for patient in [*islice(waiting, FEW), *islice(halfway, 1)]:
        scene.withdrawn[patient.person_id] = to_moment(day, NEWS_AT)
        giver = scene.register.answers[patient.person_id][-1].given_by
        yield scene.by_practice(patient, answer(patient, ConsentStatus.WITHDRAWN, giver), day)


def yes_at_last(scene: Scene, day: date) -> Iterator[Said]:
    """Some whose answer was missing say yes."""
    for patient in islice(scene.register.silent(), FEW):
        yield scene.by_practice(patient, answer(patient, ConsentStatus.GIVEN, Giver.SELF), day)


def answer(patient: PatientRegistered, status: ConsentStatus, giver: Giver) -> ConsentRecorded:
    """One more answer in the series of a person."""
    return ConsentRecorded(
        person_id=patient.person_id,
        campaign_id=patient.campaign_id,
        location_id=patient.location_id,
        practice_id=patient.practice_id,
        status=status,
        given_by=giver,
    )


def deceased(scene: Scene, day: date) -> Iterator[Said]:
    """Somebody who had one dose dies; the practice takes the registration back."""
    for patient in islice(scene.register.consenting(1), 1):
        payload = PatientWithdrawn(
            person_id=patient.person_id,
            campaign_id=patient.campaign_id,
            location_id=patient.location_id,
            practice_id=patient.practice_id,
            reason=WithdrawalReason.DECEASED,
        )
        scene.withdrawn[patient.person_id] = to_moment(day, NEWS_AT)
        yield scene.by_practice(patient, payload, day)


def fridge_warm(scene: Scene, day: date) -> Iterator[Said]:
    """The fridge of the fullest depot got too warm: a lot that lay there may not be used for now, nowhere."""
    full = {key: sum(lot.doses for lot in lots) for key, lots in scene.world.fridge.lots.items()}
    depot, product = max(full, key=lambda key: (full[key], key))
    there = [lot for lot in scene.world.fridge.lots[depot, product] if lot.doses]
    smallest = sorted(there, key=lambda lot: (lot.doses, lot.number))[:1]
    lots = tuple(LotOfProduct(product_id=product, lot=lot.number) for lot in smallest)
    if lots:
        scene.warm = list(lots)
        for lot in lots:
            scene.world.fridge.mark(lot.lot, usable=False)
        payload = TemperatureRead(
            depot_id=OrganisationId(depot),
            celsius=11.5,
            excursion=True,
            lots=lots,
            read_at=to_moment(day, EARLY),
        )
        yield scene.says(Sender.GGD, payload, day, EARLY)


def fridge_cleared(scene: Scene, day: date) -> Iterator[Said]:
    """The pharmacist says that it may be used after all."""
    for one in scene.warm:
        scene.world.fridge.mark(one.lot, usable=True)
        payload = LotReleased(product_id=one.product_id, lot=one.lot)
        yield scene.says(Sender.GGD, payload, day, NEWS_AT)
    scene.warm = []


TURNS: Mapping[Kind, Callable[[Scene, date], Iterable[Said]]] = {
    Kind.TEAM_ILL: team_ill,
    Kind.OUTBREAK: outbreak,
    Kind.OUTBREAK_OVER: outbreak_over,
    Kind.CRISIS: crisis,
    Kind.LATE_PAPERS: late_papers,
    Kind.SECOND_THOUGHTS: second_thoughts,
    Kind.YES_AT_LAST: yes_at_last,
    Kind.DECEASED: deceased,
    Kind.FRIDGE_WARM: fridge_warm,
    Kind.FRIDGE_CLEARED: fridge_cleared,
}  # newcomers need an identity first: whoever plays the season brings them in
