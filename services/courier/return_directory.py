"""Addresses of return records, as an operator gives and takes them."""

from uuid import UUID

from infra.clock import SystemClock
from infra.crypto import Keys
from infra.errors import NotConfigured
from infra.postgres.courier import return_addresses
from infra.postgres.courier.return_addresses import Address
from infra.settings import Settings
from infra.webhooks import check_address, new_secret
from services.courier.directory import directory
from services.courier.returning import PRACTICE, REGISTER


def find_receiver(practice: UUID | None) -> str:
    """The kind of receiver: without a practice it is the register."""
    return REGISTER if practice is None else PRACTICE


async def post_to(settings: Settings, region: str, practice: UUID | None, url: str) -> str:
    """Post the return records of a practice, or of the register, to an address; returns the secret, which is shown this once."""
    check_address(url, plain=settings.run.embedded, internal=settings.run.webhooks_internal)
    if settings.vault.master_key_file is None:
        raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: the secret can not be kept")
    secret, keys = new_secret(), Keys.read(settings.vault.master_key_file)
    receiver = find_receiver(practice)
    sealed = keys.seal(secret, return_addresses.bound_to(region, receiver, practice))
    made = Address(region, receiver, practice, url, sealed)
    async with directory(settings) as database, database.transaction() as tx:
        await return_addresses.put(tx, made, SystemClock().now())
    return secret


async def lay_ready_for(settings: Settings, region: str, practice: UUID | None) -> None:
    """Post no more: a practice fetches its return records, the register gets none. NotConfigured when there is no address."""
    async with directory(settings) as database, database.transaction() as tx:
        found = await return_addresses.remove(tx, region, find_receiver(practice), practice)
    if not found:
        raise NotConfigured("there is no address for this receiver")
