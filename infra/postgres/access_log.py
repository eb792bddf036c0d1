"""Writes the access log (NEN 7513): one line per person read or refused, in the transaction that read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Who

SHOWN: Final = "shown"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks at persons: the kind of look, why, by which route, from which address, in which session."""

    action: Literal["list", "read", "identify", "stream", "ask"]
    why: str
    route: str = ""
    origin: str = ""
    session: UUID | None = None
    alike: tuple[str, ...] = ()  # how the person resembles the reader
    glass: UUID | None = None  # by which opening, where the reader normally may not look


async def log_reads(
    tx: "Connection",
    who: "Who",
    person_ids: Sequence[UUID],
    look: Look,
    outcome: Literal["shown", "refused"] = SHOWN,
) -> None:
    """Inserts a line per person; row-level security refuses a line in anybody else's name."""
    if not person_ids:
        return
    await tx.execute(
        """
        INSERT INTO access_log (region, person, who, role, organisation, action, why, route, outcome, origin, session,
                                alike, glass)
        SELECT $1, person, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $13 FROM unnest($11::uuid[]) AS b (person)
        """,
        who.region,
        who.subject,
        who.role,
        who.organisation,
        look.action,
        look.why,
        look.route,
        outcome,
        look.origin,
        look.session,
        sorted(set(person_ids)),
        list(look.alike) or None,
        look.glass,
    )
