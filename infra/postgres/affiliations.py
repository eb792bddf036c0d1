"""Finds the organisations that an identity provider speaks of, in every region: for whoever signs people in, and nobody else."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Known:
    """An organisation that is registered here."""

    region: str
    organisation: UUID
    kind: str
    name: str


async def find_organisations(
    tx: "Connection", ids: Collection[UUID], agbs: Collection[str]
) -> dict[str, list[Known]]:
    """The organisations with these ids or AGB codes, under the text that they were asked by."""
    rows = await tx.fetch(
        """
        SELECT region, organisation, facts ->> 'kind' AS kind, coalesce(facts ->> 'name', '') AS name, facts ->> 'agb' AS agb
        FROM organisations
        WHERE facts IS NOT NULL AND (organisation = ANY ($1::uuid[]) OR facts ->> 'agb' = ANY ($2::text[]))
        ORDER BY region, organisation
        """,
        list(ids),
        list(agbs),
    )
    found: dict[str, list[Known]] = {}
    for region, organisation, kind, name, agb in rows:
        one = Known(region, organisation, kind, name)
        if organisation in ids:
            found.setdefault(str(organisation), []).append(one)
        if agb in agbs:
            found.setdefault(agb, []).append(one)
    return found
