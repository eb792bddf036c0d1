"""Reads what is kept of a plan from a running system: the problem that it was made of, and the plan."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from infra.errors import NotConfigured
from infra.postgres.campaign_view import hash_of, hashes_of, read_record
from infra.postgres.database import wait_for
from infra.settings import Settings
from services.commands.setup import find_demo_settings
from services.planner.record import Computed, from_record

if TYPE_CHECKING:
    from infra.postgres.database import Connection

NONE_KEPT = "no plan of this number is kept here"


@dataclass(frozen=True, slots=True)
class Named:
    """A plan as people name it: by its id, or by its number in a region, as pages have it."""

    plan: UUID | int
    region: str | None = None

    @classmethod
    def read(cls, text: str, region: str | None) -> "Named":
        """Reads an id or a number. Raises NotConfigured for anything else."""
        try:
            return cls(int(text) if text.isdecimal() else UUID(text), region)
        except ValueError:
            raise NotConfigured("a plan has a number, or an id of 32 digits") from None


def read_stored(settings: Settings, named: Named) -> Computed:
    """Reads problem and plan. Raises NotConfigured when no plan has this number, or its record was deleted by policy."""
    return asyncio.run(_read(settings, named))


async def _read(settings: Settings, named: Named) -> Computed:
    database = await wait_for(
        find_demo_settings(settings).postgres.dsn("planner"), size=1, patience=5
    )
    try:
        async with database.transaction() as tx:
            return from_record(*await read_record(tx, await _find_hash(tx, named)))
    finally:
        await database.close()


async def _find_hash(tx: "Connection", named: Named) -> str:
    if isinstance(named.plan, UUID):
        found = await hash_of(tx, named.plan)
        if found is None:
            raise NotConfigured(NONE_KEPT)
        return found
    by_region = await hashes_of(tx, named.plan, named.region)
    if not by_region:
        raise NotConfigured(NONE_KEPT)
    if len(by_region) > 1:
        raise NotConfigured(
            f"several regions have a plan of this number: --region {', '.join(by_region)}"
        )
    return next(iter(by_region.values()))
