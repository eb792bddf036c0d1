"""State of visits, presences and appointments; its constraints make double bookings impossible."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.plans import VisitAssigned, VisitUnassigned
from events.visits import DoseNotGiven, VisitCompleted, VisitStarted
from infra.postgres.acceptor.cancellations import put_off
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def assign(tx: "Connection", rows: Sequence[Numbered[VisitAssigned]]) -> None:
    """Applies visit.assigned: the slot, the presences and the appointments; old bookings are freed first.

    Of several assignments of one visit the last holds, but a dose that an earlier one took from another visit stays
    taken: a batch has the same result as its events one by one.
    """
    last: dict[tuple[str, object], Numbered[VisitAssigned]] = {}
    for row in sorted(rows, key=lambda row: row.seq):
        last[row.region, row.payload.visit_id] = row
    newest = sorted(last.values(), key=lambda row: (row.region, row.payload.visit_id))
    await place(tx, newest)
    await retire(tx, newest, rows)
    await book(tx, newest, rows)


async def place(tx: "Connection", rows: Sequence[Numbered[VisitAssigned]]) -> None:
    """Writes the slots; each visit at most once in `rows`."""
    await tx.execute(
        """
        INSERT INTO visits AS v (region, visit, team, shift, location, campaign, product, plan, slot, assigned_seq)
        SELECT region, visit, team, shift, location, campaign, product, plan, tstzrange(starts, ends), seq
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[],
                    $9::timestamptz[], $10::timestamptz[], $11::bigint[])
          AS b (region, visit, team, shift, location, campaign, product, plan, starts, ends, seq)
        ORDER BY region, visit
        ON CONFLICT (region, visit) DO UPDATE
        SET (team, shift, location, campaign, product, plan, slot, assigned_seq)
          = (excluded.team, excluded.shift, excluded.location, excluded.campaign, excluded.product, excluded.plan,
             excluded.slot, excluded.assigned_seq)
        WHERE excluded.assigned_seq > v.assigned_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.shift_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.plan_id for row in rows],
        [row.payload.starts_at for row in rows],
        [row.payload.ends_at for row in rows],
        [row.seq for row in rows],
    )


async def retire(
    tx: "Connection",
    newest: Sequence[Numbered[VisitAssigned]],
    rows: Sequence[Numbered[VisitAssigned]],
) -> None:
    """Frees the bookings of the visits in `newest`, and the bookings elsewhere of the people in all `rows`.

    Freed at the number before: a booking at this number makes them live again.
    """
    people = [(row, person) for row in rows for person in row.payload.persons]
    keys = (
        [row.region for row in newest],
        [row.payload.visit_id for row in newest],
        [row.seq for row in newest],
    )
    await tx.execute(
        """
        UPDATE appointments a SET released_seq = b.seq - 1 FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        WHERE a.region = b.region AND a.visit = b.visit AND a.booked_seq > a.released_seq AND a.booked_seq < b.seq
        """,
        *keys,
    )
    await tx.execute(
        """
        UPDATE presences p SET released_seq = b.seq - 1 FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        WHERE p.region = b.region AND p.visit = b.visit AND p.booked_seq > p.released_seq AND p.booked_seq < b.seq
        """,
        *keys,
    )
    await tx.execute(
        """
        WITH freed AS (
          UPDATE appointments a SET released_seq = b.seq
          FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::bigint[])
            AS b (region, visit, person, campaign, dose_no, seq)
          WHERE a.person = b.person AND a.campaign = b.campaign AND a.dose_no = b.dose_no AND a.region = b.region
            AND a.visit <> b.visit AND a.booked_seq > a.released_seq AND a.booked_seq < b.seq
          RETURNING a.region, a.visit, a.person, a.released_seq AS seq)
        UPDATE presences p SET released_seq = freed.seq FROM freed
        WHERE p.region = freed.region AND p.visit = freed.visit AND p.person = freed.person AND p.booked_seq > p.released_seq
        """,
        [row.region for row, _ in people],
        [row.payload.visit_id for row, _ in people],
        [person.person_id for _, person in people],
        [row.payload.campaign_id for row, _ in people],
        [person.dose_no for _, person in people],
        [row.seq for row, _ in people],
    )


async def book(
    tx: "Connection",
    newest: Sequence[Numbered[VisitAssigned]],
    rows: Sequence[Numbered[VisitAssigned]],
) -> None:
    """Writes presences and appointments of `newest`; of two bookings of one dose in `rows` the later stays live."""
    await book_doses(tx, {(row.region, row.seq) for row in newest}, rows)
    people = [(row, person) for row in newest for person in row.payload.persons]
    await tx.execute(
        """
        INSERT INTO presences AS p (region, visit, person, slot, booked_seq, released_seq)
        SELECT b.region, b.visit, b.person, tstzrange(min(starts), max(ends)), max(seq),
               CASE WHEN bool_or(a.live) THEN 0 ELSE max(a.released_seq) END
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::bigint[])
          AS b (region, visit, person, starts, ends, seq)
          JOIN appointments a ON a.region = b.region AND a.visit = b.visit AND a.person = b.person
        GROUP BY b.region, b.visit, b.person ORDER BY b.region, b.visit, b.person
        ON CONFLICT (region, visit, person) DO UPDATE
        SET (slot, booked_seq, released_seq) = (excluded.slot, excluded.booked_seq, greatest(excluded.released_seq, p.released_seq))
        WHERE excluded.booked_seq > p.booked_seq
        """,
        [row.region for row, _ in people],
        [row.payload.visit_id for row, _ in people],
        [person.person_id for _, person in people],
        [row.payload.starts_at for row, _ in people],
        [row.payload.ends_at for row, _ in people],
        [row.seq for row, _ in people],
    )


async def book_doses(
    tx: "Connection", newest: set[tuple[str, int]], rows: Sequence[Numbered[VisitAssigned]]
) -> None:
    """Writes the appointments of the rows with the `newest` numbers; a later row that takes the dose frees it."""
    people = [(row, person) for row in rows for person in row.payload.persons]
    await tx.execute(
        """
        INSERT INTO appointments AS a (region, visit, person, campaign, dose_no, booked_seq, released_seq)
        SELECT region, visit, person, campaign, dose_no, seq, freed FROM (
          SELECT *, coalesce(lead(seq) OVER (PARTITION BY region, person, campaign, dose_no ORDER BY seq), 0) AS freed
          FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::bigint[], $7::boolean[])
            AS b (region, visit, person, campaign, dose_no, seq, is_newest)) AS bookings
        WHERE is_newest ORDER BY region, visit, person, campaign, dose_no
        ON CONFLICT (region, visit, person, campaign, dose_no) DO UPDATE
        SET (booked_seq, released_seq) = (excluded.booked_seq, greatest(excluded.released_seq, a.released_seq))
        WHERE excluded.booked_seq > a.booked_seq
        """,
        [row.region for row, _ in people],
        [row.payload.visit_id for row, _ in people],
        [person.person_id for _, person in people],
        [row.payload.campaign_id for row, _ in people],
        [person.dose_no for _, person in people],
        [row.seq for row, _ in people],
        [(row.region, row.seq) in newest for row, _ in people],
    )


async def unassign(tx: "Connection", rows: Sequence[Numbered[VisitUnassigned]]) -> None:
    """Applies visit.unassigned: frees the slot, the presences and the appointments; some people are put off."""
    await put_off(tx, rows)
    keys = (
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.seq for row in rows],
    )
    await tx.execute(
        """
        INSERT INTO visits AS v (region, visit, unassigned_seq)
        SELECT region, visit, max(seq) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        GROUP BY region, visit ORDER BY region, visit
        ON CONFLICT (region, visit) DO UPDATE SET unassigned_seq = excluded.unassigned_seq
        WHERE excluded.unassigned_seq > v.unassigned_seq
        """,
        *keys,
    )
    await tx.execute(
        """
        UPDATE appointments a SET released_seq = b.seq FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        WHERE a.region = b.region AND a.visit = b.visit AND a.booked_seq < b.seq AND a.released_seq < b.seq
        """,
        *keys,
    )
    await tx.execute(
        """
        UPDATE presences p SET released_seq = b.seq FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        WHERE p.region = b.region AND p.visit = b.visit AND p.booked_seq < b.seq AND p.released_seq < b.seq
        """,
        *keys,
    )


async def start_visit(tx: "Connection", rows: Sequence[Numbered[VisitStarted]]) -> None:
    """Applies visit.started; it may arrive before the assignment."""
    await tx.execute(
        """
        INSERT INTO visits AS v (region, visit, started_at, started_seq, started_moment)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::timestamptz[]) AS b (region, visit, at, seq, moment)
        ORDER BY region, visit, moment DESC, seq DESC
        ON CONFLICT (region, visit) DO UPDATE SET (started_at, started_seq, started_moment) = (excluded.started_at, excluded.started_seq, excluded.started_moment)
        WHERE (excluded.started_moment, excluded.started_seq) > (v.started_moment, v.started_seq)
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.started_at for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def complete_visit(tx: "Connection", rows: Sequence[Numbered[VisitCompleted]]) -> None:
    """Applies visit.completed; it may arrive before the assignment."""
    await tx.execute(
        """
        INSERT INTO visits AS v (region, visit, completed_at, completed_seq, completed_moment)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::timestamptz[]) AS b (region, visit, at, seq, moment)
        ORDER BY region, visit, moment DESC, seq DESC
        ON CONFLICT (region, visit) DO UPDATE
        SET (completed_at, completed_seq, completed_moment) = (excluded.completed_at, excluded.completed_seq, excluded.completed_moment)
        WHERE (excluded.completed_moment, excluded.completed_seq) > (v.completed_moment, v.completed_seq)
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.completed_at for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def release_people(tx: "Connection", rows: Sequence[Numbered[DoseNotGiven]]) -> None:
    """Frees the appointments and presences of people who were not vaccinated; may come before the booking."""
    await tx.execute(
        """
        INSERT INTO appointments AS a (region, visit, person, campaign, dose_no, released_seq)
        SELECT region, visit, person, campaign, dose_no, max(seq)
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::bigint[])
          AS b (region, visit, person, campaign, dose_no, seq)
        GROUP BY region, visit, person, campaign, dose_no ORDER BY region, visit, person, campaign, dose_no
        ON CONFLICT (region, visit, person, campaign, dose_no) DO UPDATE SET released_seq = excluded.released_seq
        WHERE excluded.released_seq > a.released_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.seq for row in rows],
    )
    await tx.execute(
        """
        UPDATE presences p SET released_seq = b.seq
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[]) AS b (region, visit, person, seq)
        WHERE p.region = b.region AND p.visit = b.visit AND p.person = b.person AND p.live AND p.booked_seq < b.seq
          AND NOT EXISTS (
            SELECT FROM appointments a WHERE a.region = p.region AND a.visit = p.visit AND a.person = p.person AND a.live)
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.person_id for row in rows],
        [row.seq for row in rows],
    )
