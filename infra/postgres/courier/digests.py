"""What only a practice can solve, counted, and which day it was last told."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Tasks:
    """How many of each kind one practice has."""

    region: str
    practice: UUID
    name: str | None
    counts: dict[str, int]


async def read_tasks(tx: "Connection", day: date) -> list[Tasks]:
    """The practices with something to solve that were not told today."""
    rows = await tx.fetch(
        """
        SELECT t.region, t.practice, min(o.name) AS name, array_agg(t.task ORDER BY t.task) AS tasks,
               array_agg(t.n ORDER BY t.task) AS counts
        FROM courier_tasks t
        LEFT JOIN courier_organisations o ON o.region = t.region AND o.organisation = t.practice
        WHERE NOT EXISTS (SELECT FROM digests_sent s WHERE s.region = t.region AND s.practice = t.practice AND s.on_day >= $1)
        GROUP BY t.region, t.practice ORDER BY t.region, t.practice
        """,
        day,
    )
    return [
        Tasks(
            row["region"],
            row["practice"],
            row["name"],
            dict(zip(row["tasks"], row["counts"], strict=True)),
        )
        for row in rows
    ]


async def remember(tx: "Connection", tasks: Tasks, day: date, digest: UUID) -> None:
    """This practice was told today."""
    await tx.execute(
        """
        INSERT INTO digests_sent (region, practice, on_day, digest) VALUES ($1, $2, $3, $4)
        ON CONFLICT (region, practice) DO UPDATE SET (on_day, digest) = (excluded.on_day, excluded.digest)
        """,
        tasks.region,
        tasks.practice,
        day,
        digest,
    )
