"""Reads registered people and everything recorded about them."""

from typing import TYPE_CHECKING

from events.practice import ConsentSubject
from infra.postgres.snapshot.rows import (
    AdverseEventRow,
    AssessmentRow,
    ConsentRow,
    DoseRow,
    PeopleRows,
    RegistrationRow,
)

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_people(tx: "Connection", region: str) -> PeopleRows:
    """Reads everybody registered in the region; of two practices' registrations of a person only the newest."""
    registrations = await tx.fetch(
        """
        SELECT DISTINCT ON (person, campaign) person, campaign, at_location AS location, indication,
               coalesce(has_needs, '{}') AS needs
        FROM registrations WHERE region = $1 AND live ORDER BY person, campaign, registered_seq DESC
        """,
        region,
    )
    consents = await tx.fetch(
        "SELECT person, campaign, given_by, status, seq FROM consents WHERE region = $1 AND subject = $2 ORDER BY seq",
        region,
        ConsentSubject.TREATMENT.value,
    )
    assessments = await tx.fetch(
        """
        SELECT DISTINCT ON (person, campaign) person, campaign, judgement, not_before, observation_minutes, seq
        FROM assessments WHERE region = $1 ORDER BY person, campaign, seq DESC
        """,
        region,
    )
    adverse_events = await tx.fetch(
        "SELECT person, campaign, max(seq) AS seq FROM adverse_events WHERE region = $1 GROUP BY person, campaign",
        region,
    )
    doses = await tx.fetch(
        "SELECT person, campaign, dose_no, outcome, product, team, reason, at, seq FROM doses WHERE region = $1 ORDER BY seq",
        region,
    )
    return PeopleRows(
        registrations=tuple(RegistrationRow(**row) for row in registrations),
        consents=tuple(ConsentRow(**row) for row in consents),
        assessments=tuple(AssessmentRow(**row) for row in assessments),
        adverse_events=tuple(AdverseEventRow(**row) for row in adverse_events),
        doses=tuple(DoseRow(**row) for row in doses),
    )
