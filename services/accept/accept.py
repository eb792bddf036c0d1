"""The one door: de-duplicate, number, store, apply, and move the Kafka offsets, in one transaction.

The offsets are stored beside the events and not in Kafka: whatever crashes, a record is stored once, for both are
committed or neither.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from events.catalogue import CATALOGUE, TYPE_OF
from events.envelope import Event
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload
from infra.errors import RefusedByStore
from infra.postgres import systems
from infra.postgres.acceptor import ledger, publishing, quarantine, travel
from infra.postgres.acceptor.findings import store_findings
from infra.postgres.acceptor.ledger import Numbered
from services.accept.apply import apply_facts
from services.accept.derive import apply_and_derive
from services.accept.sorting import decode_submission, resolve_copies, sort_out
from services.accept.submission import Outcome, Status, Submission
from services.accept.vetoes import derive_vetoes

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Database

NO_OFFSETS: Mapping[tuple[str, int], int] = {}


async def accept(
    database: "Database",
    submissions: Sequence[Submission],
    now: datetime,
    *,
    offsets: Mapping[tuple[str, int], int] = NO_OFFSETS,
    gaps: Sequence[systems.Gap] = (),
) -> list[Outcome]:
    """Store good submissions once and quarantine bad ones; one outcome per record, in order.

    Unavailable when Postgres is away: nothing was stored, or all of it, so try again with the same records.
    Data that Postgres refuses are found by halving: only their own submission is quarantined. The Kafka
    offsets move with the last half, so that a crash in between reads again what is stored already.
    A single submission is tried twice: the same event may have come in at once by another region.
    """
    fields: tuple[str, ...] = ()
    for _ in range(2):
        try:
            return await _accept_batch(database, submissions, now, offsets, gaps)
        except RefusedByStore as refused:
            fields = refused.fields
            if len(submissions) > 1:
                break
    if len(submissions) > 1:
        half = len(submissions) // 2
        first = await accept(database, submissions[:half], now)
        return first + await accept(database, submissions[half:], now, offsets=offsets, gaps=gaps)
    error = RejectedEvent(Refusal.REFUSED_BY_STORE, fields)
    async with database.transaction() as tx:
        await _move_offsets(tx, offsets, gaps, now)
        await quarantine.put(tx, [(record, error) for record in submissions[0].records], now)
    return [Outcome(Status.REJECTED, reason=error.reason, fields=fields)] * len(
        submissions[0].records
    )


async def _accept_batch(
    database: "Database",
    submissions: Sequence[Submission],
    now: datetime,
    offsets: Mapping[tuple[str, int], int] = NO_OFFSETS,
    gaps: Sequence[systems.Gap] = (),
) -> list[Outcome]:
    """All submissions in one transaction. RefusedByStore, at COMMIT too: nothing was stored, one of them is at fault."""
    decoded = [event for one in submissions for event in decode_submission(one)]
    async with database.transaction() as tx:
        await _move_offsets(tx, offsets, gaps, now)
        batch = await sort_out(tx, submissions, decoded, now)
        await store_plan_records(tx, submissions, now)
        newest: dict[str, int] = {}
        if batch.fresh:
            fresh = [event for _, event in batch.fresh]
            numbered = await append_and_apply(tx, fresh, now, newest, batch.locked)
            await note_elsewhere(tx, numbered, batch.locked, now)
            for (index, _), row in zip(batch.fresh, numbered, strict=True):
                batch.outcomes[index] = Outcome(Status.ACCEPTED, row.region, row.seq)
        if batch.refused:
            await quarantine.put(tx, batch.refused, now)
        if newest:
            await ledger.notify(tx, newest)
    return resolve_copies(batch.outcomes, decoded)


async def _move_offsets(
    tx: "Connection",
    offsets: Mapping[tuple[str, int], int],
    gaps: Sequence[systems.Gap],
    now: datetime,
) -> None:
    if offsets:
        await systems.move_offsets(tx, offsets)
    if gaps:
        await systems.report_gaps(tx, gaps, now)


async def store_plan_records(
    tx: "Connection", submissions: Sequence[Submission], now: datetime
) -> None:
    """Store the records of the plans that are proposed in this batch, and the travel times that they used."""
    for submission in submissions:
        if (plan := submission.plan_record) is not None:
            key, version = (plan.hash, plan.region), None
            if plan.travel is not None:
                version = await travel.keep_travel(tx, plan.region, plan.travel, now)
            await publishing.store_record(
                tx,
                key,
                plan.from_at,
                plan.record,
                plan.assignments,
                plan.unassigned,
                now,
                version,
                plan.elsewhere,
            )
            await store_findings(tx, key, plan.findings)


async def note_elsewhere(
    tx: "Connection",
    numbered: Sequence[Numbered[Payload]],
    locked: Collection[str],
    now: datetime,
) -> None:
    """Let the other regions of the people in these facts be planned again: their own ledgers say nothing of it."""
    changed = {row.region for row in numbered if changes_problem(row)}
    of_people = any(changes_problem(row) and hasattr(row.payload, "person_id") for row in numbered)
    if of_people and (others := set(locked) - changed):
        await ledger.note_elsewhere(tx, sorted(others), now)


def changes_problem(row: Numbered[Payload]) -> bool:
    """Whether a fact changes the planner's problem."""
    return CATALOGUE[TYPE_OF[type(row.payload)]].changes_problem


async def append_and_apply(
    tx: "Connection",
    events: Sequence[Event],
    now: datetime,
    newest: dict[str, int],
    regions: Collection[str],
) -> list[Numbered[Payload]]:
    """Append events to the ledger and apply them, then the events that they derive, in these locked `regions` only.

    Vetoes before plans: what a plan of the same batch publishes is judged by the facts anyway, and nobody is told twice.
    It ends because `derives` in the catalogue has no circle (a test sees to that).
    """
    numbered = await ledger.append(tx, events, now)
    changed = {row.region: row.seq for row in numbered if changes_problem(row)}
    if changed:
        await ledger.note_problem_changes(tx, changed, now)
    newest.update({row.region: row.seq for row in numbered})
    deriving = await apply_facts(tx, numbered)
    if off := await derive_vetoes(tx, numbered, regions, now):
        await append_and_apply(tx, off, now, newest, regions)
    for row in deriving:
        if following := await apply_and_derive(tx, row):
            await append_and_apply(tx, following, now, newest, regions)
    return numbered
