"""When a fact was so: of two facts about one thing the one with the later moment is the newer, whatever arrived first.

A sender says it in the `time` of the envelope (CloudEvents 1.0), or in a field of the payload where the fact itself has
a moment: a dose was given then, a stock counted then. Dates that a fact is about (a shift next week) are no moments.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from events import extra_stops, leftovers, organisations, practice, supply, visits
from events.births import BirthDate
from events.catalogue import CATALOGUE, SYSTEM, TYPE_OF
from events.details import check_born
from events.envelope import Event
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload
from events.local_time import to_local_date, to_moment

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
    extra_stops.StopAnswered: "answered_at",
    supply.StockCounted: "counted_at",
    supply.StockAdjusted: "adjusted_at",
    supply.TemperatureRead: "read_at",
    organisations.DecisionRecorded: "decided_at",
}
# What a payload says has happened, and when, beside the moment of the fact itself: a correction is said later than the dose
# of which it tells. Not the time of a device, nor when a reaction began: no dose is lost because the clock of a tablet is
# wrong, and a reaction stops the next dose whatever its date.
HAPPENED: Final[dict[type[Payload], str]] = {
    visits.DoseCorrected: "given_at",
    visits.WasteCorrected: "wasted_at",
    leftovers.ContainerCorrected: "opened_at",
    practice.DoseGivenElsewhere: "given_on",
}
# How far the clock of a sender may be ahead of ours: a whole day, so that a day without a time of day is never refused.
AHEAD: Final = timedelta(days=1)
MIDNIGHT: Final = time(0)


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
    """RejectedEvent for a moment that lies more than a day ahead: it would go before all that comes until then.

    Also for somebody who is not born yet.
    """
    limit = now + AHEAD
    ahead = [name for name, at in list_moments(event) if at > limit]
    if isinstance(event.payload, practice.PatientRegistered):
        try:
            check_born(BirthDate(event.payload.birth_year), to_local_date(now))
        except ValueError:
            ahead.append("birth_year")
    if ahead:
        raise RejectedEvent(Refusal.IN_THE_FUTURE, tuple(ahead))


def list_moments(event: Event) -> Iterator[tuple[str, datetime]]:
    """The moment of a fact and of what it says has happened, each with its field, as far as they are said."""
    said = said_moment(event.envelope.time, event.payload)
    if said is not None:
        yield said
    if (name := HAPPENED.get(type(event.payload))) is not None:
        at: datetime | date = getattr(event.payload, name)
        yield name, at if isinstance(at, datetime) else to_moment(at, MIDNIGHT)
