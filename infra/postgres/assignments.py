"""Converts rows of the state of visits back to payloads."""

from typing import TYPE_CHECKING

from events.plans import PlannedPerson, VisitAssigned

if TYPE_CHECKING:
    import asyncpg

    Row = asyncpg.Record


def to_assigned(row: "Row") -> VisitAssigned:
    """Converts a row of the state to the payload of the event that it stands for."""
    return VisitAssigned(
        visit_id=row["visit"],
        plan_id=row["plan"],
        location_id=row["location"],
        team_id=row["team"],
        shift_id=row["shift"],
        campaign_id=row["campaign"],
        product_id=row["product"],
        starts_at=row["starts"],
        ends_at=row["ends"],
        persons=tuple(
            PlannedPerson(person_id=person, dose_no=dose_no)
            for person, dose_no in zip(row["people"], row["dose_numbers"], strict=True)
        ),
    )
