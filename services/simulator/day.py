"""Simulates visits: some residents are absent, refuse or are ill, and opened containers leave a rest that is wasted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from events.envelope import Sender
from events.identifiers import OrganisationId, Payload
from events.local_time import to_local_date
from events.plans import VisitAssigned
from events.visits import (
    DoseAdministered,
    DoseNotGiven,
    DoseWasted,
    NotGiven,
    VisitCompleted,
    VisitStarted,
    WasteReason,
)
from infra.identity import derived_id
from services.sending import SenderEvent, make_event
from services.simulator.fridge import Fridge, Lot, Opened
from services.simulator.slips import add_slips

SYSTEM = "oefening"
SETUP = timedelta(minutes=10)
AFTER = timedelta(minutes=20)  # the last observation and packing
NOT_GIVEN = {NotGiven.ABSENT: 0.03, NotGiven.REFUSED: 0.01, NotGiven.ILL: 0.01}


@dataclass(slots=True)
class World:
    """State of the simulated region: the depot of each shift, the stock, and the teams that are absent."""

    region: str
    seed: int
    depots: Mapping[UUID, UUID]  # shift -> depot
    fridge: Fridge
    absent: list[tuple[UUID, datetime, datetime]] = field(default_factory=list)  # team, from, until

    def is_absent(self, visit: VisitAssigned) -> bool:
        """Whether the team of a visit is absent at that time."""
        return any(
            team == visit.team_id and begins < visit.ends_at and visit.starts_at < ends
            for team, begins, ends in self.absent
        )


def moment_of(said: SenderEvent) -> datetime:
    """Time of an event."""
    assert said.time is not None
    return said.time


def events_of_visit(visit: VisitAssigned, world: World) -> list[SenderEvent]:
    """What a team says from its arrival to its departure, in order.

    Drawn from the seed and the visit alone, so that a restarted simulator sends the same events.
    """
    rng = Random(f"{world.seed} {visit.visit_id}")
    told: list[tuple[datetime, Payload]] = [
        (
            visit.starts_at,
            VisitStarted(
                visit_id=visit.visit_id, team_id=visit.team_id, started_at=visit.starts_at
            ),
        )
    ]
    depot = world.depots.get(visit.shift_id)  # None: the shift is not one of this region's files
    if visit.product_id is not None and visit.persons and depot is not None:
        told += jabs(rng, visit, world, OrganisationId(depot))
    end = visit.ends_at
    done = VisitCompleted(visit_id=visit.visit_id, team_id=visit.team_id, completed_at=end)
    told.append((end, done))
    said = [
        named(make_event(Sender.TEAM, world.region, what, SYSTEM, when), visit)
        for when, what in told
    ]
    return add_slips(said, visit, world.seed)


def named(said: SenderEvent, visit: VisitAssigned) -> SenderEvent:
    """Gives an event an id derived from its subject and not its outcome, so that sending it again vaccinates nobody twice."""
    person = getattr(said.payload, "person_id", "")
    identity = derived_id(
        "said", said.envelope.source, str(visit.visit_id), type(said.payload).__name__, str(person)
    )
    return said.named(identity)


def jabs(
    rng: Random, visit: VisitAssigned, world: World, depot: OrganisationId
) -> list[tuple[datetime, Payload]]:
    """Draws an outcome for every planned person while vaccine lasts, and the waste of what was opened."""
    day = to_local_date(visit.starts_at)
    opened = Opened(world.fridge, depot, visit.product_id or "", day, len(visit.persons))
    if opened.lot is None:
        return []
    told: list[tuple[datetime, Payload]] = []
    for n, when in enumerate(moments(visit)):
        reason = outcome(rng)
        if reason is not None:
            told.append((when, dose_not_given(visit, n, when, reason)))
        elif (lot := opened.dose(len(visit.persons) - n)) is not None:
            told.append((when, dose_given(visit, n, when, lot, depot)))
    if opened.left:
        told.append((visit.ends_at, waste(visit, opened.lot, depot, opened.left)))
    return told


def moments(visit: VisitAssigned) -> list[datetime]:
    """Times of the injections: spread evenly between setting up and the last observation."""
    first = min(visit.starts_at + SETUP, visit.ends_at)
    last = max(first, visit.ends_at - AFTER)
    step = (last - first) / max(1, len(visit.persons))
    return [first + step * n for n in range(len(visit.persons))]


def outcome(rng: Random) -> NotGiven | None:
    """Draws why somebody is not vaccinated; None for most, who are."""
    chance = rng.random()
    for reason, often in NOT_GIVEN.items():
        if chance < often:
            return reason
        chance -= often
    return None


def dose_given(
    visit: VisitAssigned, n: int, when: datetime, lot: Lot, depot: OrganisationId
) -> DoseAdministered:
    """The event that the n-th planned person is vaccinated."""
    assert visit.campaign_id is not None
    assert visit.product_id is not None
    return DoseAdministered(
        visit_id=visit.visit_id,
        person_id=visit.persons[n].person_id,
        campaign_id=visit.campaign_id,
        location_id=visit.location_id,
        dose_no=visit.persons[n].dose_no,
        product_id=visit.product_id,
        lot=lot.number,
        depot_id=depot,
        team_id=visit.team_id,
        given_at=when,
    )


def dose_not_given(visit: VisitAssigned, n: int, when: datetime, reason: NotGiven) -> DoseNotGiven:
    """The event that the n-th planned person is not vaccinated."""
    assert visit.campaign_id is not None
    return DoseNotGiven(
        visit_id=visit.visit_id,
        person_id=visit.persons[n].person_id,
        campaign_id=visit.campaign_id,
        location_id=visit.location_id,
        dose_no=visit.persons[n].dose_no,
        team_id=visit.team_id,
        reason=reason,
        noted_at=when,
    )


def waste(visit: VisitAssigned, lot: Lot, depot: OrganisationId, doses: int) -> DoseWasted:
    """The event that doses left in the last container are wasted."""
    assert visit.product_id is not None
    return DoseWasted(
        depot_id=depot,
        product_id=visit.product_id,
        lot=lot.number,
        doses=doses,
        reason=WasteReason.OPENED_NO_TAKER,
        team_id=visit.team_id,
        visit_id=visit.visit_id,
        wasted_at=visit.ends_at,
    )
