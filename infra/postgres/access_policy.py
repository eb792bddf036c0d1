"""What a region agreed about looking at people: for how long a reason opens somebody, and which looks stand out."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from events.identifiers import NATIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The numbers of one region. Hours are of Amsterdam; `night_roles` are not at work between them."""

    glass_minutes: int
    review_hours: int
    bulk_persons: int
    bulk_minutes: int
    night_begins: int
    night_ends: int
    night_roles: str

    def sleeps(self, role: str) -> bool:
        """Whether somebody of this role is not expected to look at anybody at night."""
        return role in {name.strip() for name in self.night_roles.split(",")}


async def read_policies(tx: "Connection") -> "Mapping[str, AccessPolicy]":
    """Reads what each region agreed, as far as the reader may know; the country stands for all others."""
    rows = await tx.fetch(
        """
        SELECT region, glass_minutes, review_hours, bulk_persons, bulk_minutes, night_begins, night_ends, night_roles
        FROM access_policy
        """
    )
    return {row["region"]: AccessPolicy(*tuple(row)[1:]) for row in rows}


def policy_of(policies: "Mapping[str, AccessPolicy]", region: str) -> AccessPolicy:
    """The policy that holds in a region."""
    return policies.get(region) or policies[NATIONAL]


async def agree(tx: "Connection", region: str, policy: AccessPolicy) -> None:
    """Stores what a region agreed, instead of what held."""
    await tx.execute(
        """
        INSERT INTO access_policy (region, glass_minutes, review_hours, bulk_persons, bulk_minutes, night_begins, night_ends, night_roles)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (region) DO UPDATE SET (glass_minutes, review_hours, bulk_persons, bulk_minutes, night_begins, night_ends, night_roles)
          = (excluded.glass_minutes, excluded.review_hours, excluded.bulk_persons, excluded.bulk_minutes,
             excluded.night_begins, excluded.night_ends, excluded.night_roles)
        """,
        region,
        *asdict(policy).values(),
    )
