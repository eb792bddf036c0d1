"""What a notice is made of: what was told before, how the visits are now, whose patients they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Told:
    """A visit as a place was last told of it."""

    visit: UUID
    location: UUID
    starts_at: datetime
    ends_at: datetime
    people: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class VisitNow:
    """A visit as it is at this moment."""

    newest_seq: int  # of its last assignment or cancellation
    begun: bool
    assigned_seq: int
    location: UUID | None
    starts_at: datetime | None
    ends_at: datetime | None


async def read_told(
    tx: "Connection", destination: str, region: str, visits: Sequence[UUID]
) -> dict[UUID, Told]:
    """What was last told of these visits."""
    rows = await tx.fetch(
        """
        SELECT visit, location, starts_at, ends_at, people FROM told_visits
        WHERE destination = $1 AND region = $2 AND visit = ANY ($3::uuid[])
        """,
        destination,
        region,
        list(visits),
    )
    return {
        row["visit"]: Told(row[0], row[1], row[2], row[3], frozenset(row["people"])) for row in rows
    }


async def read_visits(
    tx: "Connection", region: str, visits: Sequence[UUID]
) -> dict[UUID, VisitNow]:
    """How these visits are now."""
    rows = await tx.fetch(
        """
        SELECT visit, greatest(assigned_seq, unassigned_seq), begun, assigned_seq, location, starts_at, ends_at
        FROM courier_visits WHERE region = $1 AND visit = ANY ($2::uuid[])
        """,
        region,
        list(visits),
    )
    return {row["visit"]: VisitNow(*row[1:]) for row in rows}


async def read_practices(
    tx: "Connection", region: str, people: Sequence[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """The people of each practice among these."""
    rows = await tx.fetch(
        """
        SELECT practice, array_agg(person) AS people FROM courier_practices
        WHERE region = $1 AND person = ANY ($2::uuid[]) GROUP BY practice
        """,
        region,
        list(people),
    )
    return {row["practice"]: frozenset(row["people"]) for row in rows}


async def read_given(
    tx: "Connection", region: str, people: Sequence[UUID]
) -> dict[tuple[UUID, UUID, int], int]:
    """Person, campaign and number of every dose that these people had, with the ledger number that said so first."""
    rows = await tx.fetch(
        """
        SELECT person, campaign, dose_no, seq FROM courier_doses WHERE region = $1 AND person = ANY ($2::uuid[])
        """,
        region,
        list(people),
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def read_bodies(tx: "Connection", region: str, numbers: Sequence[int]) -> list[str]:
    """The payloads of these ledger lines, as canonical JSON."""
    rows = await tx.fetch(
        "SELECT body FROM ledger WHERE region = $1 AND seq = ANY ($2::bigint[])",
        region,
        list(numbers),
    )
    return [row["body"] for row in rows]


@dataclass(frozen=True, slots=True)
class PlanNow:
    """What the newest plan of a region knows."""

    newest: int  # the region's newest number
    knows: int  # the newest number of the region that the plan was made with
    proposed_seq: int
    freeze_minutes: int | None  # None: the region has no policy of its own


async def read_plan_now(tx: "Connection", region: str) -> PlanNow:
    """Newest number and newest plan as of one moment: what that plan published is among the lines up to that number."""
    row = await tx.fetchrow(
        "SELECT newest, knows, proposed_seq, freeze_minutes FROM courier_plans WHERE region = $1",
        region,
    )
    return PlanNow(0, 0, 0, None) if row is None else PlanNow(*row)


async def read_cause(tx: "Connection", region: str, seq: int, types: Sequence[str]) -> int:
    """The last number up to `seq` of a line of these types; 0 without one."""
    found: int | None = await tx.fetchval(
        "SELECT seq FROM ledger WHERE region = $1 AND seq <= $2 AND type = ANY ($3::text[]) ORDER BY seq DESC LIMIT 1",
        region,
        seq,
        list(types),
    )
    return found or 0


async def remember(
    tx: "Connection", destination: str, region: str, seq: int, news: Sequence[Told]
) -> None:
    """From now on this is what was told of these visits; each at most once in `news`."""
    await tx.executemany(
        """
        INSERT INTO told_visits (destination, region, visit, location, starts_at, ends_at, people, seq)
        SELECT name, $2, $3, $4, $5, $6, $7, $8 FROM destinations WHERE name = $1
        ON CONFLICT (destination, region, visit) DO UPDATE
        SET (location, starts_at, ends_at, people, seq)
          = (excluded.location, excluded.starts_at, excluded.ends_at, excluded.people, excluded.seq)
        """,
        [
            (destination, region, one.visit, one.location, one.starts_at, one.ends_at, sorted(one.people), seq)
            for one in news
        ],
    )  # fmt: skip


async def forget(tx: "Connection", destination: str, region: str, visits: Sequence[UUID]) -> None:
    """These visits do not take place, and everybody knows."""
    await tx.execute(
        "DELETE FROM told_visits WHERE destination = $1 AND region = $2 AND visit = ANY ($3::uuid[])",
        destination,
        region,
        list(visits),
    )


async def forget_all(tx: "Connection", destination: str, region: str | None) -> None:
    """Tell everything anew: of one region, or of all."""
    await tx.execute(
        "DELETE FROM told_visits WHERE destination = $1 AND ($2::text IS NULL OR region = $2)",
        destination,
        region,
    )
