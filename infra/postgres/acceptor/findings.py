"""Writes what the judge found beside a plan."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.postgres.findings import Finding

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def store_findings(
    tx: "Connection", key: tuple[str, str], findings: Sequence[Finding]
) -> None:
    """Stores the findings of a plan under (hash, region); the same plan twice is stored once."""
    plan_hash, region = key
    await tx.execute(
        """
        INSERT INTO plan_findings (hash, region, n, kind, visit, shift, starts_at, rule, detail, beside)
        SELECT $1, $2, n, kind, visit, shift, starts_at, rule, detail, string_to_array(beside, ' ')::uuid[] FROM unnest($3::int[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[], $10::text[])
          AS b (n, kind, visit, shift, starts_at, rule, detail, beside)
        ON CONFLICT DO NOTHING
        """,
        plan_hash,
        region,
        list(range(len(findings))),
        [one.kind for one in findings],
        [one.visit for one in findings],
        [one.shift for one in findings],
        [one.starts_at for one in findings],
        [one.rule for one in findings],
        [one.detail for one in findings],
        [" ".join(str(visit) for visit in one.beside) for one in findings],
    )
