"""Refuses registrations whose indication is an age that the person cannot have when the campaign begins."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.envelope import Event
from events.errors import Refusal, RejectedEvent
from events.practice import LEAST_AGE, PatientRegistered, is_old_enough
from infra.postgres.acceptor.supply import find_openings

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Decoded = Event | RejectedEvent


async def refuse_too_young(tx: "Connection", decoded: Sequence[Decoded]) -> list[Decoded]:
    """The events, with a rejection for each registration of somebody too young for the reason that it gives.

    A campaign that is not known yet judges nobody: facts come in any order. Most batches have no such registration,
    and ask the database nothing.
    """
    campaigns = {
        one.payload.campaign_id
        for one in decoded
        if isinstance(one, Event)
        and isinstance(one.payload, PatientRegistered)
        and one.payload.indication in LEAST_AGE
    }
    if not campaigns:
        return list(decoded)
    openings = await find_openings(tx, sorted(campaigns))
    judged: list[Decoded] = []
    for one in decoded:
        said = one.payload if isinstance(one, Event) else None
        if isinstance(said, PatientRegistered) and said.campaign_id in openings:
            on = openings[said.campaign_id]
            if not is_old_enough(said.indication, said.birth_year, on):
                judged.append(RejectedEvent(Refusal.INVALID_PAYLOAD, ("indication", "birth_year")))
                continue
        judged.append(one)
    return judged
