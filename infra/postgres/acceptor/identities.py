"""State of the questions about who a person is, from events of our own: by number only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.identities import IdentityQuestioned, IdentitySettled
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def question(tx: "Connection", rows: Sequence[Numbered[IdentityQuestioned]]) -> None:
    """Applies identity.questioned: the newest question of a person in a region."""
    await tx.execute(
        """
        INSERT INTO identities AS i (region, person, question, questioned_seq)
        SELECT DISTINCT ON (region, person) region, person, question, seq
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[]) AS b (region, person, question, seq)
        ORDER BY region, person, seq DESC
        ON CONFLICT (region, person) DO UPDATE SET (question, questioned_seq) = (excluded.question, excluded.questioned_seq)
        WHERE excluded.questioned_seq > i.questioned_seq
        """,
        [row.region for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.question.value for row in rows],
        [row.seq for row in rows],
    )


async def settle(tx: "Connection", rows: Sequence[Numbered[IdentitySettled]]) -> None:
    """Applies identity.settled: the newest answer about a person in a region."""
    await tx.execute(
        """
        INSERT INTO identities AS i (region, person, answer, same_as, settled_seq)
        SELECT DISTINCT ON (region, person) region, person, answer, same_as, seq
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[]) AS b (region, person, answer, same_as, seq)
        ORDER BY region, person, seq DESC
        ON CONFLICT (region, person) DO UPDATE
        SET (answer, same_as, settled_seq) = (excluded.answer, excluded.same_as, excluded.settled_seq)
        WHERE excluded.settled_seq > i.settled_seq
        """,
        [row.region for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.answer.value for row in rows],
        [row.payload.same_as for row in rows],
        [row.seq for row in rows],
    )
