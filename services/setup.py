"""Steps of the command line that touch several parts: migrating, importing."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import get_args

from infra.embedded.folder import choose
from infra.errors import NotConfigured
from infra.kafka.producer import Producer
from infra.postgres.database import Who
from infra.postgres.migrate import migrate
from infra.settings import Role, Settings, read_secret
from infra.tokens import mint
from services.importing.persons import PersonsOverHttp
from services.importing.run import run as run_import


async def migrate_all(settings: Settings) -> list[str]:
    """Apply the migrations as owner and set the passwords of the other roles."""
    folder = settings.postgres.passwords
    if folder is None:
        raise NotConfigured(
            "DATABASE_PASSWORDS is not set: a folder with one file per database role"
        )
    roles = [role for role in get_args(Role) if role != "owner"]
    return await migrate(
        settings.postgres.dsn("owner"), {role: read_secret(folder / role) for role in roles}
    )


def machine_token(session_key: Path, region: str) -> str:
    """A token of one hour for a program of ours that registers persons."""
    who = Who("system", region, None, "import")
    return mint(read_secret(session_key).encode(), who, lifetime=timedelta(hours=1))


async def import_all(
    settings: Settings,
    files: Sequence[Path],
    region: str,
    api: str,
    token_file: Path | None,
    *,
    dry_run: bool,
) -> int:
    """Import files and tell what came of it; 0 when every row was taken, 1 when some were not."""
    if token_file is not None:
        token = read_secret(token_file)
    elif settings.web.session_key_file is not None:
        token = machine_token(settings.web.session_key_file, region)
    else:
        token = machine_token(choose(settings.run.data).session_key, region)
    async with Producer(settings.kafka) as producer, PersonsOverHttp(api, token) as persons:
        report = await run_import(files, region, producer, persons, dry_run=dry_run)
    for problem in report.problems:
        sys.stderr.write(f"{problem}\n")
    verb = "would send" if dry_run else "sent"
    sys.stdout.write(
        f"{report.rows_accepted} of {report.rows} rows good; {verb} {sum(report.sent.values())} events\n"
    )
    return 1 if report.problems else 0
