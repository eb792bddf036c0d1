"""Commands about the state as a whole: compare it with its ledger, put a rebuilt one in place, hand it to an older version."""

from infra.clock import clock_from
from infra.settings import Settings
from services.accept.rebuild import compare, hand_back, replace
from services.commands.setup import find_demo_settings


def owner_dsn(settings: Settings) -> str:
    """The address of the database as owner: that of the demo that runs here, unless the settings say otherwise."""
    return find_demo_settings(settings).postgres.dsn("owner")


async def compare_state(settings: Settings) -> tuple[list[str], list[str]]:
    """The tables that are not what the ledger folds to, and what to say of them."""
    differing = await compare(owner_dsn(settings))
    lines = [f"differs: {name}" for name in differing]
    return differing, lines or ["equal: the state is a fold of the ledger"]


async def replace_state(settings: Settings) -> list[str]:
    """Put a rebuilt state in place; what it differed in, and how fast it went."""
    done = await replace(owner_dsn(settings), clock_from(settings.run).now())
    return done.describe()


async def hand_state_back(settings: Settings, earlier: int) -> str:
    """Let a version that cannot rebuild accept again; ours waits until the next `migrate`."""
    await hand_back(owner_dsn(settings), earlier)
    return f"the state is of fold {earlier} again; `prikploeg migrate` of this version rebuilds it"
