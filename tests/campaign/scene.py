"""A season under way: what stands on the board, and what happened that must have consequences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from events.envelope import Sender
from events.identifiers import Payload, VisitId
from events.local_time import to_moment
from events.location import VisitRequested
from events.plans import VisitAssigned
from events.practice import PatientRegistered
from events.supply import LotOfProduct
from services.sending import SenderEvent, make_event
from services.simulator.day import SYSTEM, World
from tests.campaign.register import Register
from tests.campaign.season import Staged

EARLY, DELIVERED_AT, NEWS_AT = time(5, 45), time(7, 30), time(9, 0)


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
    confirmed: set[tuple[UUID, datetime]] = field(default_factory=set)  # visit, as it was told
    warm: list[LotOfProduct] = field(default_factory=list)

    @property
    def region(self) -> str:
        """The region's code."""
        return self.staged.region.region

    def says(self, sender: Sender, payload: Payload, day: date, at: time) -> SenderEvent:
        """One thing that is said."""
        return make_event(sender, self.region, payload, SYSTEM, to_moment(day, at))

    def later(self, day: date) -> list[VisitAssigned]:
        """Visits with residents from the next day on, in order of time."""
        begin = to_moment(day + timedelta(days=1), time())
        coming = [one for one in self.visits.values() if one.persons and one.starts_at >= begin]
        return sorted(coming, key=lambda one: (one.starts_at, one.visit_id))

    def by_practice(self, patient: PatientRegistered, payload: Payload, day: date) -> SenderEvent:
        """What a practice's own system says of its patient."""
        system = f"{patient.practice_id}:his"
        return make_event(Sender.PRACTICE, self.region, payload, system, to_moment(day, NEWS_AT))
