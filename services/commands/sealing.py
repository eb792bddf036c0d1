"""The key of the quarantine for commands: which halves of it are here, its publication, and sealing what is not sealed with it."""

from infra.clock import SystemClock
from infra.crypto import Keys, QuarantineKeys
from infra.errors import NotConfigured
from infra.postgres.database import Database
from infra.postgres.quarantine_keys import publish, read_newest
from infra.settings import Settings, Vault
from services.accept.sealing import seal_all_anew, seal_all_clear


def find_quarantine_keys(vault: Vault) -> QuarantineKeys | None:
    """From the master key where it is, else the half that was given; None without either. Raises NotConfigured."""
    if vault.master_key_file is not None:
        return Keys.read(vault.master_key_file).for_quarantine()
    if vault.quarantine_key_file is not None:
        return QuarantineKeys.read(vault.quarantine_key_file)
    return None


async def seal_quarantine(settings: Settings) -> list[str]:
    """Publish our key and seal with it what lies in clear, and what an earlier key closed if we can open it; in lines.

    As owner: who takes records in may not say with which key. Safe to repeat.
    """
    keys = find_quarantine_keys(settings.vault)
    async with Database.opened(settings.postgres.dsn("owner"), size=1) as database:
        async with database.transaction() as tx:
            made = await publish(tx, keys, SystemClock().now()) if keys else []
            has_key = await read_newest(tx) is not None
        said = [f"published version {version} of the quarantine's key" for version in made]
        if not has_key:
            return ["the quarantine has no key yet: web publishes it when it starts"]
        if count := await seal_all_clear(database):
            said.append(f"sealed {count} records of the quarantine that lay in clear")
        if keys is not None and keys.privates:
            said += await seal_all_anew(database, keys)
        return said


async def seal_anew(settings: Settings) -> list[str]:
    """As `seal_quarantine`, where the private half is. Raises NotConfigured without it."""
    keys = find_quarantine_keys(settings.vault)
    if keys is None or not keys.privates:
        raise NotConfigured(
            "set VAULT_MASTER_KEY_FILE, or VAULT_QUARANTINE_KEY_FILE with the private half of the quarantine's key"
        )
    return await seal_quarantine(settings)
