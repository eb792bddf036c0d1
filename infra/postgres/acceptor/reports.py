"""State of the system's reports on its own work: notices, return records, progress."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.canonical import to_canonical
from events.reports import (
    NoticeSent,
    ProgressCounted,
    ReturnRecordAcknowledged,
    ReturnRecordRejected,
    ReturnRecordRequested,
    ReturnRecordSent,
)
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def send_notice(tx: "Connection", rows: Sequence[Numbered[NoticeSent]]) -> None:
    """Applies notice.sent."""
    await tx.execute(
        """
        INSERT INTO notices AS n (region, notice, channel, recipient, subject, visit, location, plan, sent_at, sent_seq)
        SELECT DISTINCT ON (region, notice) *
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[],
                    $9::timestamptz[], $10::bigint[])
          AS b (region, notice, channel, recipient, subject, visit, location, plan, sent_at, seq)
        ORDER BY region, notice, seq DESC
        ON CONFLICT (region, notice) DO UPDATE
        SET (channel, recipient, subject, visit, location, plan, sent_at, sent_seq)
          = (excluded.channel, excluded.recipient, excluded.subject, excluded.visit, excluded.location, excluded.plan,
             excluded.sent_at, excluded.sent_seq)
        WHERE excluded.sent_seq > n.sent_seq
        """,
        [row.region for row in rows],
        [row.payload.notice_id for row in rows],
        [row.payload.channel.value for row in rows],
        [row.payload.recipient.value for row in rows],
        [row.payload.subject.value for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.plan_id for row in rows],
        [row.payload.sent_at for row in rows],
        [row.seq for row in rows],
    )


async def send_return(tx: "Connection", rows: Sequence[Numbered[ReturnRecordSent]]) -> None:
    """Applies return_record.sent."""
    await tx.execute(
        """
        INSERT INTO return_records AS r (region, return_id, destination, person, campaign, dose_no, practice, sent_at, sent_seq)
        SELECT DISTINCT ON (region, return_id) *
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::int[], $7::uuid[], $8::timestamptz[], $9::bigint[])
          AS b (region, return_id, destination, person, campaign, dose_no, practice, sent_at, seq)
        ORDER BY region, return_id, seq DESC
        ON CONFLICT (region, return_id) DO UPDATE
        SET (destination, person, campaign, dose_no, practice, sent_at, sent_seq)
          = (excluded.destination, excluded.person, excluded.campaign, excluded.dose_no, excluded.practice, excluded.sent_at,
             excluded.sent_seq)
        WHERE excluded.sent_seq > r.sent_seq
        """,
        [row.region for row in rows],
        [row.payload.return_id for row in rows],
        [row.payload.destination.value for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.sent_at for row in rows],
        [row.seq for row in rows],
    )


async def acknowledge_return(
    tx: "Connection", rows: Sequence[Numbered[ReturnRecordAcknowledged]]
) -> None:
    """Applies return_record.acknowledged; it may arrive before return_record.sent."""
    await tx.execute(
        """
        INSERT INTO return_records AS r (region, return_id, acknowledged_at, acknowledged_seq)
        SELECT DISTINCT ON (region, return_id) *
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[]) AS b (region, return_id, at, seq)
        ORDER BY region, return_id, seq DESC
        ON CONFLICT (region, return_id) DO UPDATE
        SET (acknowledged_at, acknowledged_seq) = (excluded.acknowledged_at, excluded.acknowledged_seq)
        WHERE excluded.acknowledged_seq > r.acknowledged_seq
        """,
        [row.region for row in rows],
        [row.payload.return_id for row in rows],
        [row.payload.acknowledged_at for row in rows],
        [row.seq for row in rows],
    )


async def reject_return(tx: "Connection", rows: Sequence[Numbered[ReturnRecordRejected]]) -> None:
    """Applies return_record.rejected; it may arrive before return_record.sent."""
    await tx.execute(
        """
        INSERT INTO return_records AS r (region, return_id, rejected_at, rejected_reason, rejected_seq)
        SELECT DISTINCT ON (region, return_id) *
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::bigint[]) AS b (region, return_id, at, reason, seq)
        ORDER BY region, return_id, seq DESC
        ON CONFLICT (region, return_id) DO UPDATE
        SET (rejected_at, rejected_reason, rejected_seq) = (excluded.rejected_at, excluded.rejected_reason, excluded.rejected_seq)
        WHERE excluded.rejected_seq > r.rejected_seq
        """,
        [row.region for row in rows],
        [row.payload.return_id for row in rows],
        [row.payload.rejected_at for row in rows],
        [row.payload.reason.value for row in rows],
        [row.seq for row in rows],
    )


async def request_return(tx: "Connection", rows: Sequence[Numbered[ReturnRecordRequested]]) -> None:
    """Applies return_record.requested."""
    await tx.execute(
        """
        INSERT INTO return_records AS r (region, return_id, requested_at, requested_seq)
        SELECT DISTINCT ON (region, return_id) *
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::bigint[]) AS b (region, return_id, at, seq)
        ORDER BY region, return_id, seq DESC
        ON CONFLICT (region, return_id) DO UPDATE
        SET (requested_at, requested_seq) = (excluded.requested_at, excluded.requested_seq)
        WHERE excluded.requested_seq > r.requested_seq
        """,
        [row.region for row in rows],
        [row.payload.return_id for row in rows],
        [row.payload.requested_at for row in rows],
        [row.seq for row in rows],
    )


async def count_progress(tx: "Connection", rows: Sequence[Numbered[ProgressCounted]]) -> None:
    """Applies progress.counted."""
    await tx.execute(
        """
        INSERT INTO progress AS p (region, campaign, facts, counted_seq)
        SELECT DISTINCT ON (region, campaign) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[]) AS b (region, campaign, facts, seq)
        ORDER BY region, campaign, seq DESC
        ON CONFLICT (region, campaign) DO UPDATE SET (facts, counted_seq) = (excluded.facts, excluded.counted_seq)
        WHERE excluded.counted_seq > p.counted_seq
        """,
        [row.region for row in rows],
        [row.payload.campaign_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
    )
