"""What happens on a day of a season, told by those who would tell it: posts, GGD, institutions, practices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from itertools import islice

from events.envelope import Sender
from events.identifiers import LocationId, TeamId, VisitId
from events.local_time import to_moment
from events.location import (
    Confirmer,
    LocationConfirmed,
    OutbreakDeclared,
    OutbreakLifted,
    Urgency,
    VisitRequested,
)
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    Giver,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.visits import TeamUnavailable
from services.sending import SenderEvent, entity_id
from services.simulator.incidents import registered
from tests.campaign.scene import NEWS_AT, Scene
from tests.campaign.season import Kind
from tests.campaign.supplies import counts, deliveries, expiries, fridge_cleared, fridge_warm

FEW = 2  # people who think again on one day


def turns_of_day(scene: Scene, day: date) -> list[SenderEvent]:
    """All that a season brings on one day beside its visits; deliveries go into the world's fridge."""
    n = (day - scene.staged.region.start).days
    said = [
        *expiries(scene, day),
        *counts(scene, day),
        *deliveries(scene, day),
        *confirmations(scene, day),
    ]
    for when, kind in scene.staged.season.happenings:
        if when == n and kind in TURNS:
            said += TURNS[kind](scene, day)
    return said


def confirmations(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """Locations answer to the moments of the next days that they were told, each once."""
    soon = to_moment(day + timedelta(days=3), time())
    for visit in scene.later(day):
        told = (visit.visit_id, visit.starts_at)
        if visit.starts_at < soon and told not in scene.confirmed:
            scene.confirmed.add(told)
            payload = LocationConfirmed(
                visit_id=visit.visit_id,
                location_id=visit.location_id,
                starts_at=visit.starts_at,
                by=Confirmer.INSTITUTION,
            )
            yield scene.says(Sender.INSTITUTION, payload, day, NEWS_AT)


def team_ill(scene: Scene, day: date) -> Iterator[SenderEvent]:
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


def outbreak(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """Where a team would come soonest from tomorrow on."""
    for visit in scene.later(day):
        if visit.location_id not in scene.blocked:
            scene.blocked[visit.location_id] = to_moment(day, NEWS_AT)
            payload = OutbreakDeclared(location_id=visit.location_id)
            yield scene.says(Sender.GGD, payload, day, NEWS_AT)
            return


def outbreak_over(scene: Scene, day: date) -> Iterator[SenderEvent]:
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


def crisis(scene: Scene, day: date) -> Iterator[SenderEvent]:
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


def late_papers(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """Institutions that practices named already register at last."""
    for place in scene.staged.region.unregistered:
        yield registered(scene.staged.region, place, day)


def second_thoughts(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """Some who have an appointment and some who had their first dose take their consent back."""
    booked = {person.person_id for visit in scene.later(day) for person in visit.persons}
    waiting = (one for one in scene.register.consenting(0) if one.person_id in booked)
    halfway = scene.register.consenting(1)
    for patient in [*islice(waiting, FEW), *islice(halfway, 1)]:
        scene.withdrawn[patient.person_id] = to_moment(day, NEWS_AT)
        giver = scene.register.answers[patient.person_id][-1].given_by
        yield scene.by_practice(patient, answer(patient, ConsentStatus.WITHDRAWN, giver), day)


def yes_at_last(scene: Scene, day: date) -> Iterator[SenderEvent]:
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


def deceased(scene: Scene, day: date) -> Iterator[SenderEvent]:
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


TURNS: Mapping[Kind, Callable[[Scene, date], Iterable[SenderEvent]]] = {
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
