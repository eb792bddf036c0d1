"""Reads registered people and everything recorded about them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events.practice import ConsentSubject
from infra.postgres.snapshot.rows import (
    AdverseEventRow,
    AssessmentRow,
    ConsentRow,
    DeathRow,
    DecisionRow,
    DoseRow,
    FactRows,
    Mark,
    PeopleRows,
    PutOffRow,
    RegistrationRow,
)

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_people(
    tx: "Connection", region: str, around: Sequence[UUID] | None = None
) -> PeopleRows:
    """Reads everybody who is planned in the region; of two practices' registrations of a person only the newest.

    Registrations follow the person: who was registered later in another region is planned there, and not here. With
    visits to look `around`, only the people of these and of pinned visits.
    """
    wanted = None if around is None else await load_people_of(tx, region, around)
    registrations = await load_registrations(tx, region, wanted)
    # Who is booked counts too when the registration is gone: a dose that was given is no longer in the car.
    people = {row.person for row in registrations} | await load_booked(tx, region, wanted)
    return PeopleRows(
        registrations=registrations,
        facts=await load_facts(tx, sorted(people)),
        put_off=await load_put_off(tx, region),
        booked_elsewhere=await load_booked_elsewhere(tx, region, sorted(people)),
        people=frozenset(people),
    )


async def load_registrations(
    tx: "Connection", region: str, wanted: Sequence[UUID] | None = None
) -> tuple[RegistrationRow, ...]:
    """Reads who is registered in the region, by person and campaign; with `wanted` only those of them."""
    said = await tx.fetch(
        """
        SELECT DISTINCT person FROM registrations WHERE region = $1 AND ($2::uuid[] IS NULL OR person = ANY ($2))
        """,
        region,
        wanted,
    )
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person, campaign) person, campaign, location, indication, coalesce(needs, '{}') AS needs
        FROM registrations_now WHERE person = ANY ($2::uuid[]) AND home = $1 AND region = $1
        ORDER BY person, campaign, moment DESC, accepted_at DESC NULLS LAST, seq DESC
        """,
        region,
        [row["person"] for row in said],
    )
    return tuple(RegistrationRow(**row) for row in rows)


async def load_booked(
    tx: "Connection", region: str, wanted: Sequence[UUID] | None = None
) -> set[UUID]:
    """Reads who has an appointment in the region; with `wanted` only those of them."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT person FROM appointments WHERE region = $1 AND live AND ($2::uuid[] IS NULL OR person = ANY ($2))
        """,
        region,
        wanted,
    )
    return {row["person"] for row in rows}


async def load_booked_elsewhere(
    tx: "Connection", region: str, people: Sequence[UUID]
) -> frozenset[tuple[UUID, UUID, int]]:
    """Reads the doses of these people (person, campaign, number) for which another region has an appointment."""
    rows = await tx.fetch(
        """
        SELECT person, campaign, dose_no FROM appointments
        WHERE person = ANY ($2::uuid[]) AND booked_seq > released_seq AND region <> $1
        """,
        region,
        people,
    )
    return frozenset((row["person"], row["campaign"], row["dose_no"]) for row in rows)


async def load_people_of(tx: "Connection", region: str, visits: Sequence[UUID]) -> list[UUID]:
    """Reads who is booked at these visits, or at pinned ones."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT person FROM appointments WHERE region = $1 AND live
          AND (visit = ANY ($2::uuid[]) OR visit IN (SELECT visit FROM pins WHERE region = $1 AND holds))
        """,
        region,
        visits,
    )
    return [row["person"] for row in rows]


async def load_put_off(tx: "Connection", region: str) -> tuple[PutOffRow, ...]:
    """Reads the doses that planners took off the plan, unless the visit was released again since."""
    rows = await tx.fetch(
        """
        SELECT person, campaign, dose_no, not_before FROM put_off o WHERE region = $1 AND NOT EXISTS (
          SELECT FROM pins p WHERE p.region = o.region AND p.visit = o.visit AND p.released_seq > o.seq)
        ORDER BY person, campaign, dose_no
        """,
        region,
    )
    return tuple(PutOffRow(**row) for row in rows)


async def load_facts(tx: "Connection", people: Sequence[UUID]) -> FactRows:
    """Reads everything that was recorded about these people, in the whole country; oldest first."""
    consents = await tx.fetch(
        """
        SELECT a.* FROM person_answers a JOIN unnest($1::uuid[]) AS p (person) USING (person) WHERE subject = $2
        ORDER BY moment, accepted_at, region, seq
        """,
        people,
        ConsentSubject.TREATMENT.value,
    )
    assessments = await tx.fetch(
        """
        SELECT a.* FROM person_judgements a JOIN unnest($1::uuid[]) AS p (person) USING (person)
        ORDER BY moment, accepted_at, region, seq
        """,
        people,
    )
    reactions = await tx.fetch(
        """
        SELECT a.* FROM person_reactions a JOIN unnest($1::uuid[]) AS p (person) USING (person)
        ORDER BY moment, accepted_at, region, seq
        """,
        people,
    )
    doses = await tx.fetch(
        """
        SELECT * FROM person_doses WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq
        """,
        people,
    )
    questioned = await tx.fetch(
        "SELECT person FROM person_questioned JOIN unnest($1::uuid[]) AS p (person) USING (person)",
        people,
    )
    decisions = await tx.fetch(
        """
        SELECT * FROM person_decisions WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq
        """,
        people,
    )
    deaths = await tx.fetch(
        """
        SELECT * FROM person_deaths WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq
        """,
        people,
    )
    return FactRows(
        questioned=frozenset(row["person"] for row in questioned),
        consents=tuple(to_answer(row) for row in consents),
        assessments=tuple(
            AssessmentRow(
                row["person"],
                row["campaign"],
                row["judgement"],
                row["not_before"],
                row["observation_minutes"],
                row["dated"],
                to_mark(row),
            )
            for row in assessments
        ),
        adverse_events=tuple(
            AdverseEventRow(row["person"], row["campaign"], to_mark(row)) for row in reactions
        ),
        doses=tuple(to_dose(row) for row in doses),
        decisions=tuple(to_decision(row) for row in decisions),
        deaths=tuple(DeathRow(row["person"], row["campaign"], to_mark(row)) for row in deaths),
        min_days=await read_intervals(tx),
        product_days=await read_product_intervals(tx),
    )


def to_answer(row: Any) -> ConsentRow:
    """An answer, from a row of `person_answers` or of what a reader is shown of it."""
    return ConsentRow(
        row["person"],
        row["campaign"],
        row["given_by"],
        row["status"],
        row["voice"],
        row["dated"],
        to_mark(row),
    )


def to_dose(row: Any) -> DoseRow:
    """An outcome at the arm, from a row of `person_doses` or of what a reader is shown of it."""
    return DoseRow(
        row["person"],
        row["campaign"],
        row["dose_no"],
        row["outcome"],
        row["product"],
        row["team"],
        row["reason"],
        row["at"],
        to_mark(row),
    )


def to_decision(row: Any) -> DecisionRow:
    """A clinician's decision, from a row of `person_decisions` or of what a reader is shown of it."""
    counted = row["doses_counted"]
    return DecisionRow(
        row["person"],
        row["campaign"],
        None if counted is None else tuple(counted),
        to_mark(row),
    )


def to_mark(row: Any) -> Mark:
    """The mark of a row of one of the person views."""
    return Mark(row["moment"], row["accepted_at"], row["region"], row["seq"])


async def read_intervals(tx: "Connection") -> dict[UUID, int]:
    """Reads the least days between two doses, by campaign."""
    rows = await tx.fetch(
        "SELECT campaign, (facts ->> 'min_days')::int AS days FROM campaigns WHERE facts IS NOT NULL"
    )
    return {row["campaign"]: row["days"] for row in rows}


async def read_product_intervals(tx: "Connection") -> dict[str, int]:
    """Reads the least days to the next dose, of the products whose catalogue entry gives an interval of its own."""
    rows = await tx.fetch(
        """
        SELECT product, (facts ->> 'min_days')::int AS days FROM products
        WHERE facts ->> 'min_days' IS NOT NULL AND facts ->> 'ideal_days' IS NOT NULL AND facts ->> 'max_days' IS NOT NULL
        """
    )
    return {row["product"]: row["days"] for row in rows}
