"""Exports a stored plan and its problem from a running system, to be solved again and judged elsewhere."""

import asyncio
from pathlib import Path
from uuid import UUID

from infra.errors import NotConfigured
from infra.postgres.campaign_view import hash_of, read_record
from infra.postgres.database import wait_for
from infra.settings import Settings
from services.commands.setup import find_demo_settings
from services.offline.files.text import UnreadableFile, write_text
from services.planner.record import PLAN, PROBLEM, Computed, from_record


def export(settings: Settings, plan_id: UUID, folder: Path) -> list[Path]:
    """Writes `problem.json` and `plan.json`; people appear in them as random ids only.

    Raises NotConfigured when no plan has this number, or its record was deleted by policy.
    """
    problem, plan = asyncio.run(_stored(settings, plan_id))
    written = [folder / "problem.json", folder / "plan.json"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFile(folder.name, [f"cannot be made ({error.strerror})"]) from error
    write_text(written[0], PROBLEM.dump_json(problem).decode() + "\n")
    write_text(written[1], PLAN.dump_json(plan).decode() + "\n")
    return written


async def _stored(settings: Settings, plan_id: UUID) -> Computed:
    database = await wait_for(
        find_demo_settings(settings).postgres.dsn("planner"), size=1, patience=5
    )
    try:
        async with database.transaction() as tx:
            plan_hash = await hash_of(tx, plan_id)
            if plan_hash is None:
                raise NotConfigured("no plan of this number is kept here")
            return from_record(*await read_record(tx, plan_hash))
    finally:
        await database.close()
