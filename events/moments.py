"""When a fact was so: of two facts about one thing the one with the later moment is the newer, whatever arrived first.

A sender says it in the `time` of the envelope (CloudEvents 1.0), or in a field of the payload where the fact itself has
a moment: a dose was given then, a stock counted then. Dates that a fact is about (a shift next week) are no moments.
"""

from datetime import datetime, timedelta
from typing import Final

from events import leftovers, organisations, supply, visits
from events.catalogue import CATALOGUE, SYSTEM, TYPE_OF
from events.envelope import Event
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload

# Which field of a payload says when the fact was so; it goes before the envelope's `time`, which may be that of sending.
OWN_MOMENT: Final[dict[type[Payload], str]] = {
    visits.VisitStarted: "started_at",
    visits.VisitCompleted: "completed_at",
    visits.DoseAdministered: "given_at",
    visits.DoseNotGiven: "noted_at",
    visits.DoseWasted: "wasted_at",
    visits.TeamDelayed: "noted_at",
    leftovers.ContainerOpened: "opened_at",
    leftovers.LeftoverOffered: "offered_at",
    leftovers.LeftoverTaken: "taken_at",
    supply.StockCounted: "counted_at",
    supply.StockAdjusted: "adjusted_at",
    supply.TemperatureRead: "read_at",
    organisations.DecisionRecorded: "decided_at",
}
# How far the clock of a sender may be ahead of ours: a whole day, so that a day without a time of day is never refused.
AHEAD: Final = timedelta(days=1)


def said_moment(time: datetime | None, payload: Payload) -> tuple[str, datetime] | None:
    """The field in which the sender says when it was so, and the moment; None when it does not say."""
    own = OWN_MOMENT.get(type(payload))
    if own is not None:
        return own, getattr(payload, own)
    return None if time is None else ("time", time)


def moment_of(time: datetime | None, payload: Payload, accepted_at: datetime) -> datetime:
    """The moment of a fact: as its sender says, never later than `accepted_at`, which stands for what is not said.

    What this system says itself has no moment of its own: it follows from facts in the order of their numbers.
    """
    said = said_moment(time, payload)
    if said is None or CATALOGUE[TYPE_OF[type(payload)]].senders == SYSTEM:
        return accepted_at
    return min(said[1], accepted_at)


def check_moment(event: Event, now: datetime) -> None:
    """RejectedEvent for a moment that lies more than a day ahead: it would go before all that comes until then."""
    said = said_moment(event.envelope.time, event.payload)
    if said is not None and said[1] > now + AHEAD:
        raise RejectedEvent(Refusal.IN_THE_FUTURE, (said[0],))
