"""State of what teams did on the road: outcomes per person, doses out of stock."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.practice import DoseGivenElsewhere
from events.sources import speaker_of
from events.visits import AdverseEventReported, DoseAdministered, DoseNotGiven, DoseWasted
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.acceptor.supply import add_movements
from infra.postgres.acceptor.visits import release_people

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def give(tx: "Connection", rows: Sequence[Numbered[DoseAdministered]]) -> None:
    """Applies dose.administered: an outcome, and a dose out of the stock of its depot."""
    await tx.execute(
        """
        INSERT INTO doses
          (region, seq, person, campaign, dose_no, outcome, visit, location, product, lot, depot, team, at, moment, accepted_at,
           source, id, author, device, device_at)
        SELECT region, seq, person, campaign, dose_no, 'given', visit, location, product, lot, depot, team, at, moment, accepted,
               source, id, author, device, device_at
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::uuid[], $7::uuid[], $8::text[],
                    $9::text[], $10::uuid[], $11::uuid[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
                    $15::text[], $16::text[], $17::uuid[], $18::text[], $19::timestamptz[])
          AS b (region, seq, person, campaign, dose_no, visit, location, product, lot, depot, team, at, moment, accepted,
                source, id, author, device, device_at)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.given_at for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
        *list_recorders(rows),
    )
    await add_movements(
        tx,
        [
            (
                row.region,
                row.seq,
                0,
                p.depot_id,
                p.product_id,
                p.lot,
                -1,
                "given",
                None,
                p.given_at.date(),
                None,
                row.moment,
                row.at,
            )
            for row in rows
            for p in (row.payload,)
        ],
    )


async def not_give(tx: "Connection", rows: Sequence[Numbered[DoseNotGiven]]) -> None:
    """Applies dose.not_given: an outcome; the person may be booked again."""
    regions, seqs = [row.region for row in rows], [row.seq for row in rows]
    people = [row.payload.person_id for row in rows]
    campaigns = [row.payload.campaign_id for row in rows]
    dose_numbers = [row.payload.dose_no for row in rows]
    visits = [row.payload.visit_id for row in rows]
    await tx.execute(
        """
        INSERT INTO doses
          (region, seq, person, campaign, dose_no, outcome, visit, location, team, reason, at, moment, accepted_at,
           source, id, author, device, device_at)
        SELECT region, seq, person, campaign, dose_no, 'not_given', visit, location, team, reason, at, moment, accepted,
               source, id, author, device, device_at
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::uuid[], $7::uuid[], $8::uuid[],
                    $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
                    $13::text[], $14::text[], $15::uuid[], $16::text[], $17::timestamptz[])
          AS b (region, seq, person, campaign, dose_no, visit, location, team, reason, at, moment, accepted,
                source, id, author, device, device_at)
        """,
        regions,
        seqs,
        people,
        campaigns,
        dose_numbers,
        visits,
        [row.payload.location_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.reason.value for row in rows],
        [row.payload.noted_at for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
        *list_recorders(rows),
    )
    await release_people(tx, rows)


async def give_elsewhere(tx: "Connection", rows: Sequence[Numbered[DoseGivenElsewhere]]) -> None:
    """Applies dose.given_elsewhere: an outcome without a visit of ours."""
    await tx.execute(
        """
        INSERT INTO doses
          (region, seq, person, campaign, dose_no, outcome, location, product, at, moment, accepted_at, source, id, place, told_by,
           said_by)
        SELECT region, seq, person, campaign, dose_no, 'elsewhere', location, product, on_day::timestamp AT TIME ZONE 'UTC',
               moment, accepted, source, id, place, told_by, said_by
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::uuid[], $7::text[], $8::date[],
                    $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::uuid[])
          AS b (region, seq, person, campaign, dose_no, location, product, on_day, moment, accepted, source, id, place, told_by, said_by)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.given_on for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
        [row.source for row in rows],
        [row.id for row in rows],
        [row.payload.place for row in rows],
        [row.payload.told_by.value if row.payload.told_by else None for row in rows],
        [speaker_of(row.source, row.payload) for row in rows],
    )


def list_recorders(
    rows: Sequence[Numbered[DoseAdministered]] | Sequence[Numbered[DoseNotGiven]],
) -> tuple[list[object], ...]:
    """Columns of what identifies each event, and who recorded it on which device and when: source, id and three more."""
    return (
        [row.source for row in rows],
        [row.id for row in rows],
        [row.payload.author_id for row in rows],
        [row.payload.device_id for row in rows],
        [row.payload.device_at for row in rows],
    )


async def waste(tx: "Connection", rows: Sequence[Numbered[DoseWasted]]) -> None:
    """Applies dose.wasted: doses out of the stock of a depot, with the reason."""
    await add_movements(
        tx,
        [
            (
                row.region,
                row.seq,
                0,
                p.depot_id,
                p.product_id,
                p.lot,
                -p.doses,
                "wasted",
                None,
                p.wasted_at.date(),
                p.reason.value,
                row.moment,
                row.at,
            )
            for row in rows
            for p in (row.payload,)
        ],
    )


async def report_adverse_event(
    tx: "Connection", rows: Sequence[Numbered[AdverseEventReported]]
) -> None:
    """Applies adverse_event.reported: a series."""
    await tx.execute(
        """
        INSERT INTO adverse_events
          (region, seq, person, campaign, location, severity, reactions, began_at, visit, dose_no, product, lot, reported_at,
           moment, said_by)
        SELECT region, seq, person, campaign, location, severity, coalesce(string_to_array(nullif(reactions, ''), ','), '{}'),
               began_at, visit, dose_no, product, lot, at, moment, said_by
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::timestamptz[],
                    $9::uuid[], $10::int[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::uuid[])
          AS b (region, seq, person, campaign, location, severity, reactions, began_at, visit, dose_no, product, lot, at, moment, said_by)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.severity.value for row in rows],
        [",".join(sorted(one.value for one in row.payload.reactions)) for row in rows],
        [row.payload.began_at for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.at for row in rows],
        [row.moment for row in rows],
        [speaker_of(row.source, row.payload) for row in rows],
    )
