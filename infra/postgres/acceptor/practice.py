"""State of registrations, consents and assessments, from the events of practices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.practice import (
    AssessmentRecorded,
    ConsentRecorded,
    PatientChanged,
    PatientRegistered,
    PatientWithdrawn,
)
from events.sources import speaker_of
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def register(tx: "Connection", rows: Sequence[Numbered[PatientRegistered]]) -> None:
    """Applies patient.registered: the last per key in the batch, and only over older ones."""
    await tx.execute(
        """
        INSERT INTO registrations AS r
          (region, person, campaign, practice, location, birth_year, indication, needs, registered_at, registered_seq,
           registered_moment)
        SELECT DISTINCT ON (region, person, campaign, practice)
          region, person, campaign, practice, location, birth_year, indication,
          string_to_array(nullif(needs, ''), ','), at, seq, moment
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[],
                    $9::timestamptz[], $10::bigint[], $11::timestamptz[])
          AS b (region, person, campaign, practice, location, birth_year, indication, needs, at, seq, moment)
        ORDER BY region, person, campaign, practice, moment DESC, seq DESC
        ON CONFLICT (region, person, campaign, practice) DO UPDATE
        SET (location, birth_year, indication, needs, registered_at, registered_seq, registered_moment)
          = (excluded.location, excluded.birth_year, excluded.indication, excluded.needs, excluded.registered_at,
             excluded.registered_seq, excluded.registered_moment)
        WHERE (excluded.registered_moment, excluded.registered_seq) > (r.registered_moment, r.registered_seq)
        """,
        [row.region for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.birth_year for row in rows],
        [row.payload.indication.value for row in rows],
        [",".join(sorted(need.value for need in row.payload.needs)) for row in rows],
        [row.at for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change(tx: "Connection", rows: Sequence[Numbered[PatientChanged]]) -> None:
    """Applies patient.changed: columns and a number of its own, as it may arrive before the registration."""
    await tx.execute(
        """
        INSERT INTO registrations AS r (region, person, campaign, practice, moved_to, changed_needs, changed_seq, changed_moment,
                                       changed_at)
        SELECT DISTINCT ON (region, person, campaign, practice)
          region, person, campaign, practice, location, string_to_array(nullif(needs, ''), ','), seq, moment, at
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::timestamptz[],
                    $9::timestamptz[])
          AS b (region, person, campaign, practice, location, needs, seq, moment, at)
        ORDER BY region, person, campaign, practice, moment DESC, seq DESC
        ON CONFLICT (region, person, campaign, practice) DO UPDATE
        SET (moved_to, changed_needs, changed_seq, changed_moment, changed_at)
          = (excluded.moved_to, excluded.changed_needs, excluded.changed_seq, excluded.changed_moment, excluded.changed_at)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (r.changed_moment, r.changed_seq)
        """,
        [row.region for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.location_id for row in rows],
        [",".join(sorted(need.value for need in row.payload.needs)) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def withdraw(tx: "Connection", rows: Sequence[Numbered[PatientWithdrawn]]) -> None:
    """Applies patient.withdrawn: columns and a number of its own, as it may arrive before the registration."""
    await tx.execute(
        """
        INSERT INTO registrations AS r (region, person, campaign, practice, withdrawn_reason, withdrawn_seq, withdrawn_moment, withdrawn_at)
        SELECT DISTINCT ON (region, person, campaign, practice) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::timestamptz[], $8::timestamptz[])
          AS b (region, person, campaign, practice, reason, seq, moment, accepted)
        ORDER BY region, person, campaign, practice, moment DESC, seq DESC
        ON CONFLICT (region, person, campaign, practice) DO UPDATE
        SET (withdrawn_reason, withdrawn_seq, withdrawn_moment, withdrawn_at)
          = (excluded.withdrawn_reason, excluded.withdrawn_seq, excluded.withdrawn_moment, excluded.withdrawn_at)
        WHERE (excluded.withdrawn_moment, excluded.withdrawn_seq) > (r.withdrawn_moment, r.withdrawn_seq)
        """,
        [row.region for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.reason.value for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def record_consent(tx: "Connection", rows: Sequence[Numbered[ConsentRecorded]]) -> None:
    """Applies consent.recorded: a series."""
    await tx.execute(
        """
        INSERT INTO consents
          (region, seq, person, campaign, practice, subject, status, given_by, form, recorded_at, moment, dated,
           said_by)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                             $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::boolean[],
                             $13::uuid[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.subject.value for row in rows],
        [row.payload.status.value for row in rows],
        [row.payload.given_by.value for row in rows],
        [row.payload.form.value for row in rows],
        [row.at for row in rows],
        [row.moment for row in rows],
        [row.is_dated for row in rows],
        [speaker_of(row.source, row.payload) for row in rows],
    )


async def record_assessment(tx: "Connection", rows: Sequence[Numbered[AssessmentRecorded]]) -> None:
    """Applies assessment.recorded: a series."""
    await tx.execute(
        """
        INSERT INTO assessments
          (region, seq, person, campaign, practice, judgement, not_before, observation_minutes, recorded_at, moment, dated,
           said_by)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::date[],
                             $8::int[], $9::timestamptz[], $10::timestamptz[], $11::boolean[], $12::uuid[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.practice_id for row in rows],
        [row.payload.judgement.value for row in rows],
        [row.payload.not_before for row in rows],
        [row.payload.observation_minutes for row in rows],
        [row.at for row in rows],
        [row.moment for row in rows],
        [row.is_dated for row in rows],
        [speaker_of(row.source, row.payload) for row in rows],
    )
