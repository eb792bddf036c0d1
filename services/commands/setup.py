"""Commands that touch several parts: migrating, importing; and finding the demo that runs here."""

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import get_args

from events.local_time import to_local_date
from infra.clock import SystemClock, clock_from
from infra.embedded.folder import default_data
from infra.embedded.hold import Hold
from infra.errors import NotConfigured, Unavailable
from infra.kafka.producer import Producer
from infra.postgres.database import Who
from infra.postgres.migrate import migrate
from infra.settings import Kafka, Postgres, Role, Settings, Vault, Web, read_secret
from infra.tokens import mint
from services.accept.rebuild import bring_to_our_fold
from services.commands.sealing import seal_quarantine
from services.importing.accounting import FileCount, ImportReport
from services.importing.persons import PersonsOverHttp
from services.importing.run import check, check_beside
from services.importing.run import run as run_import
from services.simulator.geography import read_places


async def migrate_all(settings: Settings) -> list[str]:
    """Apply the migrations as owner and set the passwords of the other roles; what was done, in lines.

    A state that another fold of the ledger made is rebuilt, while whoever accepts waits (decision 0019). The quarantine
    gets its key, and what lay in it in clear is sealed (decision 0022).
    """
    folder = settings.postgres.passwords
    if folder is None:
        raise NotConfigured(
            "DATABASE_PASSWORDS is not set: a folder with one file per database role"
        )
    roles = [role for role in get_args(Role) if role != "owner"]
    owner = settings.postgres.dsn("owner")
    applied = await migrate(owner, {role: read_secret(folder / role) for role in roles})
    done = await bring_to_our_fold(owner, clock_from(settings.run).now())
    sealed = await seal_quarantine(settings)
    return [f"applied {name}" for name in applied] + (done.describe() if done else []) + sealed


def machine_token(session_key: Path, region: str) -> str:
    """A token for a program of ours that registers persons; it lives one hour."""
    who = Who("system", region, None, "import")
    return mint(read_secret(session_key).encode(), who, lifetime=timedelta(hours=1))


async def import_all(
    settings: Settings, files: Sequence[Path], region: str, api: str | None, token_file: Path | None
) -> ImportReport:
    """Import CSV files; beside a running demo, address and token are found by themselves."""
    settings, api, token = find_service(settings, region, api, token_file)
    async with Producer(settings.kafka) as producer, PersonsOverHttp(api, token) as persons:
        return await run_import(
            files,
            region,
            producer,
            persons,
            asked=persons.list_questions,
            known=persons.list_known,
            places=read_places(),
            today=to_local_date(SystemClock().now()),
        )


async def check_all(
    settings: Settings, files: Sequence[Path], region: str, api: str | None, token_file: Path | None
) -> ImportReport:
    """A dry run: asks the service for keys where one is named or runs here; without one the files alone are read."""
    places, today = read_places(), to_local_date(SystemClock().now())
    is_named = api is not None or token_file is not None
    try:
        _, api, token = find_service(settings, region, api, token_file)
        async with PersonsOverHttp(api, token) as service:
            return await check_beside(files, region, service.list_known, places, today)
    except (NotConfigured, Unavailable):
        if is_named:
            raise
    return check(files, region, places, today)


def find_service(
    settings: Settings, region: str, api: str | None, token_file: Path | None
) -> tuple[Settings, str, str]:
    """Settings, address and token of the service; those of a running demo are found. Raises NotConfigured."""
    if api is None:
        settings = find_demo_settings(settings)
        api = settings.web.address
    if token_file is not None:
        return settings, api, read_secret(token_file)
    if settings.web.session_key_file is not None:
        return settings, api, machine_token(settings.web.session_key_file, region)
    raise NotConfigured("give --token-file: a bearer token that may register persons")


def find_demo_settings(settings: Settings) -> Settings:
    """The settings of the demo that runs here, unless the environment says where the database is."""
    if settings.postgres.passwords is not None:
        return settings
    note = find_running_folder(settings.run.data) / "environment.json"
    found = json.loads(note.read_text())
    return Settings(
        postgres=Postgres(url=found["DATABASE_URL"], passwords=Path(found["DATABASE_PASSWORDS"])),
        kafka=Kafka(bootstrap_servers=found["KAFKA_BOOTSTRAP_SERVERS"]),
        web=Web(
            host=found["WEB_HOST"],
            port=int(found["WEB_PORT"]),
            session_key_file=Path(found["WEB_SESSION_KEY_FILE"]),
        ),
        vault=Vault(master_key_file=Path(found["VAULT_MASTER_KEY_FILE"])),
        run=settings.run.model_copy(update={"embedded": True}),
    )


def find_running_folder(wanted: Path | None) -> Path:
    """The data folder on which a demo or `up` runs now. NotConfigured when there is none, or more than one."""
    own = default_data()
    places = [wanted] if wanted else [own, *own.parent.glob(f"{own.name}-*")]
    running = [place for place in places if Hold.is_held(place)]
    if len(running) == 1:
        return running[0]
    if running:
        raise NotConfigured("several demos run here: say which with PRIKPLOEG_DATA")
    raise NotConfigured(
        "nothing runs here: start `make demo` or `prikploeg up`, or set DATABASE_URL and DATABASE_PASSWORDS"
    )


def print_report(report: ImportReport) -> int:
    """Print what came of an import, by file; the exit code: 1 when something was left out or needs a look, else 0."""
    for problem in report.problems:
        sys.stderr.write(f"{problem}\n")
    for note in report.notes:
        sys.stdout.write(f"{note}\n")
    for count in report.counts:
        sys.stdout.write(f"{describe_count(count)}\n")
    verb = "would send" if report.dry_run else "sent"
    events = sum(report.sent.values())
    sys.stdout.write(f"{report.rows_accepted} of {report.rows} rows good; {verb} {events} events\n")
    if report.problems:
        sys.stderr.write(f"{summarise(report)}\n")
    return 1 if report.problems else 0


def describe_count(count: FileCount) -> str:
    """What came of one file, in one line."""
    if count.is_refused:
        return f"{count.name}: refused, nothing was read"
    return (
        f"{count.name}: {count.read} read = {count.accepted} accepted + {count.unchanged} unchanged"
        f" + {count.rejected} rejected"
    )


def summarise(report: ImportReport) -> str:
    """How much was left out or needs a look, in one line."""
    files = sum(count.is_refused for count in report.counts)
    others = sum(not one.left_out for one in report.problems)
    return (
        f"prikploeg: {report.rows_rejected} rows left out, {files} files refused, "
        f"{others} more to look at; each is named above"
    )
