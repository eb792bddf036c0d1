"""Reads the rules of a region and the priorities of its campaigns, with who said so and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from events.organisations import PolicyChanged
from events.supply import CampaignOpened

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Said:
    """Who said a rule, for which organisation, and when; `actor` None where the system did not say who."""

    at: datetime
    actor: str | None
    organisation: str | None
    number: int = 0  # line of the ledger


@dataclass(frozen=True, slots=True)
class Agreements:
    """What holds now; `said` None: nobody said anything, the usual policy holds."""

    policy: PolicyChanged
    said: Said | None
    campaigns: tuple[tuple[CampaignOpened, Said], ...]


async def read_agreements(tx: "Connection", region: str) -> Agreements:
    """Reads what holds for the region, and for the country's campaigns."""
    rows = await tx.fetch(
        """
        SELECT a.campaign, a.facts, a.at, a.actor, coalesce(o.facts ->> 'name', left(a.actor_org::text, 8)) AS organisation, a.seq
        FROM agreements_made a LEFT JOIN organisations o ON o.region = $1 AND o.organisation = a.actor_org
        ORDER BY a.facts ->> 'name', a.campaign
        """,
        region,
    )
    policy, said = PolicyChanged(), None
    campaigns: list[tuple[CampaignOpened, Said]] = []
    for row in rows:
        by = Said(row["at"], row["actor"], row["organisation"], row["seq"])
        if row["campaign"] is None:
            policy, said = PolicyChanged.model_validate_json(row["facts"]), by
        else:
            campaigns.append((CampaignOpened.model_validate_json(row["facts"]), by))
    return Agreements(policy, said, tuple(campaigns))


@dataclass(frozen=True, slots=True)
class AgreedRow:
    """Something that was agreed on a page: what, when, by whom and why."""

    at: datetime
    actor: str | None
    organisation: str | None
    decision: str
    reason: str


async def list_agreed(tx: "Connection", region: str, most: int) -> list[AgreedRow]:
    """Reads what planners of the region agreed on a page, the newest first."""
    rows = await tx.fetch(
        """
        SELECT a.at, a.actor, coalesce(o.facts ->> 'name', left(a.actor_org::text, 8)) AS organisation, a.decision, a.reason
        FROM agreements_decided a LEFT JOIN organisations o ON o.region = a.region AND o.organisation = a.actor_org
        WHERE a.region = $1 ORDER BY a.seq DESC LIMIT $2
        """,
        region,
        most,
    )
    return [AgreedRow(*row) for row in rows]
