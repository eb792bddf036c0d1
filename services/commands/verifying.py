"""Walks along the whole chain of the access log, and says which lines do not fit; and notes who reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from infra.chain import Check, Fault
from infra.clock import SystemClock
from infra.crypto import Keys
from infra.errors import NotConfigured
from infra.postgres.access_policy import agree, policy_of, read_policies
from infra.postgres.break_glass import note_traits
from infra.postgres.courier import seals
from infra.postgres.database import Database
from infra.settings import Settings
from services.web.looks import to_traits

BATCH: Final = 5_000
GRACE_SECONDS: Final = (
    60.0  # until a line has its seal, also where the courier is being started again
)


@dataclass(slots=True)
class Verdict:
    """What a walk found: lines in each region, what is wrong, and how far each chain goes."""

    lines: dict[str, int] = field(default_factory=dict)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


async def note_reader(
    settings: Settings, subject: str, family_name: str, postcode: str, house_number: str
) -> None:
    """Note what is known of somebody who reads. Raises NotConfigured without the key."""
    keys = read_keys(settings)
    traits = to_traits(keys, family_name, postcode, house_number)
    door = settings.postgres.dsn("acceptor")
    async with Database.opened(door, size=1) as database, database.transaction() as tx:
        await note_traits(tx, subject, traits, SystemClock().now())


async def agree_on(settings: Settings, region: str, given: Mapping[str, int | str]) -> str:
    """Agree on these numbers in a region, and say what holds there."""
    door = settings.postgres.dsn("acceptor")
    async with Database.opened(door, size=1) as database, database.transaction() as tx:
        policy = replace(policy_of(await read_policies(tx), region), **given)  # type: ignore[arg-type]
        if given:
            await agree(tx, region, policy)
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asdict(policy).items())
    return f"{region}: {told}"


def read_keys(settings: Settings) -> Keys:
    """The master key. Raises NotConfigured without it."""
    if settings.vault.master_key_file is None:
        raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: seals and hashes need it")
    return Keys.read(settings.vault.master_key_file)


async def verify(settings: Settings, heads: Path | None) -> Verdict:
    """Verify the chains of all regions. With a file of heads also that nothing was cut off since; it is written anew when all fits.

    Raises NotConfigured without the key.
    """
    keys = read_keys(settings)
    known = read_heads(heads) if heads is not None else {}
    async with Database.opened(settings.postgres.dsn("courier"), size=1) as store:
        verdict = await verify_all(store, keys, known)
    if heads is not None and not verdict.faults:
        write_heads(heads, verdict)
    return verdict


def write_heads(path: Path, verdict: Verdict) -> None:
    """Write how far each chain goes, for the next walk."""
    path.write_text(json.dumps(verdict.heads, indent=1, sort_keys=True) + "\n")


async def verify_all(store: Database, keys: Keys, known: dict[str, tuple[int, str]]) -> Verdict:
    """Verify the chains of all regions against what an earlier walk found at their ends."""
    verdict = Verdict()
    async with store.transaction() as tx:
        regions = sorted({*await seals.read_heads(tx), *known})
        overdue = await seals.read_overdue(tx, GRACE_SECONDS)
    for region in regions:
        await verify_region(store, keys, region, known.get(region), verdict)
    verdict.faults += [Fault("inserted", region, number) for region, number in overdue]
    return verdict


async def verify_region(
    store: Database, keys: Keys, region: str, known: tuple[int, str] | None, verdict: Verdict
) -> None:
    """Verify one chain, in pieces: nobody waits for it."""
    check, passed = Check(region, keys.for_access_log()), known is None
    verdict.lines[region] = 0
    while True:
        async with store.transaction() as tx:
            found = await seals.read_chain(tx, region, check.seq, BATCH)
        for seal, line in found:
            verdict.faults += check.judge(seal, line)
            verdict.lines[region] += 1
            passed = passed or (seal.seq, seal.digest.hex()) == tuple(known or ())
        if len(found) < BATCH:
            break
    if not passed and known is not None:
        verdict.faults.append(Fault("cut_off", region, known[0]))
    verdict.heads[region] = (check.seq, check.before.hex())


def read_heads(path: Path) -> dict[str, tuple[int, str]]:
    """What an earlier walk wrote; nothing the first time. Raises ValueError for another file."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {region: (int(seq), str(digest)) for region, (seq, digest) in found.items()}


def describe(verdict: Verdict) -> Sequence[str]:
    """The verdict in lines."""
    said = [fault.describe() for fault in verdict.faults]
    for region, count in verdict.lines.items():
        seq, digest = verdict.heads[region]
        said.append(f"{region}: {count} lines, up to seal {seq} {digest[:16]}")
    return said or ["nobody read anything yet"]
