"""The messages that tell practices and the register of doses: what is to be said, what was made, what leaves when."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import JsonValue

from infra.crypto import Keys, Sealed
from infra.person import Person
from infra.postgres.placing import unsealed

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

Facts = dict[str, JsonValue]  # of a dose, by pseudonym: product, lot, at, depot, team


@dataclass(frozen=True, slots=True)
class DoseKey:
    """The first record of a dose: its region and number, whatever corrected it since."""

    region: str
    seq: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A dose of ours as it counts now."""

    key: DoseKey
    person: UUID
    campaign: UUID
    dose_no: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Home:
    """The own practice of a person in a campaign."""

    region: str
    practice: UUID


@dataclass(frozen=True, slots=True)
class Message:
    """What one receiver is told of one dose; a later number of the same dose and receiver replaces it."""

    id: UUID
    region: str
    receiver: str
    practice: UUID | None
    person: UUID
    campaign: UUID
    dose_no: int
    key: DoseKey
    number: int
    kind: str
    facts: Facts
    was_told: bool  # whether the receiver was sent an earlier message of this dose
    made_at: datetime | None = None  # None: not kept yet


@dataclass(frozen=True, slots=True)
class Made:
    """The newest message of a dose and receiver, with where it stands."""

    message: Message
    is_told: bool  # sent, and not rejected
    is_closed: bool  # replaced, and by nothing: it was never sent
    wants_again: bool  # rejected, and asked for again since


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as messages name it."""

    name: str
    agb: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product as messages name it."""

    name: str
    hpk: str | None
    snomed: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the messages of one turn name: products by id, organisations by region and id."""

    products: dict[str, Product]
    organisations: dict[tuple[str, UUID], Organisation]


async def read_behind(tx: "Connection") -> dict[str, tuple[int, int]]:
    """Regions with lines that were not looked at: up to where they were, and their newest number."""
    rows = await tx.fetch(
        """
        SELECT s.region, coalesce(p.seq, 0), s.n FROM region_seq s LEFT JOIN return_positions p USING (region)
        WHERE s.n > coalesce(p.seq, 0) ORDER BY s.region
        """
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def move(tx: "Connection", region: str, seq: int) -> None:
    """The lines of a region up to this number were looked at."""
    await tx.execute(
        """
        INSERT INTO return_positions (region, seq) VALUES ($1, $2)
        ON CONFLICT (region) DO UPDATE SET seq = greatest(return_positions.seq, excluded.seq)
        """,
        region,
        seq,
    )


async def read_whose(tx: "Connection", doses: Sequence[DoseKey]) -> set[UUID]:
    """Whose these doses are now: a correction that came first may give one to somebody else."""
    rows = await tx.fetch(
        """
        SELECT person FROM courier_dose_persons JOIN unnest($1::text[], $2::bigint[]) AS w (r, s) ON region = r AND seq = s
        """,
        [one.region for one in doses],
        [one.seq for one in doses],
    )
    return {row["person"] for row in rows}


async def read_outcomes(tx: "Connection", persons: Sequence[UUID]) -> list[Outcome]:
    """The doses of ours that these persons had, each once."""
    rows = await tx.fetch(
        """
        SELECT region, seq, person, campaign, dose_no, product, lot, at, depot, team FROM courier_outcomes
        WHERE person = ANY ($1::uuid[]) ORDER BY region, seq
        """,
        list(persons),
    )
    return [
        Outcome(
            DoseKey(row["region"], row["seq"]),
            row["person"],
            row["campaign"],
            row["dose_no"],
            {
                "product": row["product"],
                "lot": row["lot"],
                "at": row["at"].isoformat(),
                "depot": to_text(row["depot"]),
                "team": to_text(row["team"]),
            },
        )
        for row in rows
    ]


def to_text(value: UUID | None) -> str | None:
    """An id as JSON has it."""
    return None if value is None else str(value)


async def read_homes(tx: "Connection", persons: Sequence[UUID]) -> dict[tuple[UUID, UUID], Home]:
    """The own practice of each of these persons, by person and campaign."""
    rows = await tx.fetch(
        "SELECT person, campaign, region, practice FROM courier_homes WHERE person = ANY ($1::uuid[])",
        list(persons),
    )
    return {(row[0], row[1]): Home(row[2], row[3]) for row in rows}


async def read_opt_ins(tx: "Connection", persons: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Those of these persons, with the campaign, of whom the register may hear by name."""
    rows = await tx.fetch(
        "SELECT person, campaign FROM courier_opt_ins WHERE person = ANY ($1::uuid[])",
        list(persons),
    )
    return {(row[0], row[1]) for row in rows}


async def read_made(
    tx: "Connection", persons: Sequence[UUID], keys: Sequence[DoseKey]
) -> list[Made]:
    """The newest message of every dose and receiver that is about these persons or these doses."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (dose_region, dose_seq, receiver, person) *,
               state = 'rejected' AS is_rejected, state = 'rejected' AND requested_seq > rejected_seq AS wants_again
        FROM return_states
        WHERE person = ANY ($1::uuid[]) OR (dose_region, dose_seq) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))
        ORDER BY dose_region, dose_seq, receiver, person, number DESC
        """,
        list(persons),
        [one.region for one in keys],
        [one.seq for one in keys],
    )
    return [
        Made(
            to_message(row),
            row["sent_at"] is not None and not row["is_rejected"],
            row["replaced_at"] is not None,
            bool(row["wants_again"]),
        )
        for row in rows
    ]


def to_message(row: "asyncpg.Record") -> Message:
    """A message as it is kept."""
    return Message(
        row["message"],
        row["region"],
        row["receiver"],
        row["practice"],
        row["person"],
        row["campaign"],
        row["dose_no"],
        DoseKey(row["dose_region"], row["dose_seq"]),
        row["number"],
        row["kind"],
        json.loads(row["facts"]),
        row["was_told"],
        row["made_at"],
    )


async def read_persons_of(tx: "Connection", messages: Sequence[UUID]) -> set[UUID]:
    """Whom these messages are about."""
    rows = await tx.fetch(
        "SELECT person FROM return_messages WHERE message = ANY ($1::uuid[])", list(messages)
    )
    return {row["person"] for row in rows}


async def make(tx: "Connection", messages: Sequence[Message], now: datetime) -> None:
    """Keep new messages; one that is there already stays as it is."""
    await tx.executemany(
        """
        INSERT INTO return_messages (message, region, receiver, practice, person, campaign, dose_no, dose_region, dose_seq,
                                     number, kind, facts, was_told, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING
        """,
        [
            (one.id, one.region, one.receiver, one.practice, one.person, one.campaign, one.dose_no, one.key.region,
             one.key.seq, one.number, one.kind, json.dumps(one.facts), one.was_told, now)
            for one in messages
        ],
    )  # fmt: skip


async def replace(tx: "Connection", messages: Sequence[UUID], now: datetime) -> None:
    """These messages count no more: another says what is so, or nothing has to be said."""
    await tx.execute(
        "UPDATE return_messages SET replaced_at = $2 WHERE message = ANY ($1::uuid[]) AND replaced_at IS NULL",
        list(messages),
        now,
    )


async def note_sent(
    tx: "Connection", messages: Sequence[UUID], now: datetime
) -> dict[UUID, datetime]:
    """These messages are with their receivers: since when, which stays what it was the first time."""
    rows = await tx.fetch(
        """
        UPDATE return_messages SET sent_at = coalesce(sent_at, $2) WHERE message = ANY ($1::uuid[])
        RETURNING message, sent_at
        """,
        list(messages),
        now,
    )
    return {row["message"]: row["sent_at"] for row in rows}


async def note_said(tx: "Connection", messages: Sequence[UUID]) -> None:
    """What became of these messages is in the ledger."""
    await tx.execute(
        "UPDATE return_messages SET said = true WHERE message = ANY ($1::uuid[])", list(messages)
    )


async def read_pending(
    tx: "Connection", region: str, receiver: str, practice: UUID | None, most: int
) -> list[Message]:
    """The next messages for one receiver, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT * FROM return_messages
        WHERE region = $1 AND receiver = $2 AND practice IS NOT DISTINCT FROM $3 AND NOT said AND replaced_at IS NULL
        ORDER BY made_at, dose_region, dose_seq, number LIMIT $4
        """,
        region,
        receiver,
        practice,
        most,
    )
    return [to_message(row) for row in rows]


async def read_fetched(tx: "Connection", most: int) -> list[Message]:
    """The next messages for practices without an address, which fetch them."""
    rows = await tx.fetch(
        """
        SELECT m.* FROM return_messages m
        WHERE m.receiver = 'practice' AND NOT m.said AND m.replaced_at IS NULL AND NOT EXISTS (
          SELECT FROM return_addresses a WHERE a.region = m.region AND a.receiver = 'practice' AND a.practice = m.practice)
        ORDER BY m.made_at, m.dose_region, m.dose_seq, m.number LIMIT $1
        """,
        most,
    )
    return [to_message(row) for row in rows]


async def open_persons(
    tx: "Connection", keys: Keys, messages: Sequence[UUID]
) -> dict[UUID, Person]:
    """Whom these messages are about, by message; each read is logged by the function itself."""
    rows = await tx.fetch("SELECT * FROM open_for_returns($1::uuid[])", list(messages))
    return {
        row["message"]: unsealed(
            keys, Sealed(row["key_version"], row["wrapped_key"], row["sealed"]), row["person"]
        )
        for row in rows
    }


async def read_names(tx: "Connection", messages: Sequence[Message]) -> Names:
    """The products and organisations that these messages name."""
    products = await tx.fetch(
        "SELECT product, name, hpk, snomed FROM courier_products WHERE product = ANY ($1::text[])",
        sorted({str(one.facts["product"]) for one in messages}),
    )
    wanted = {(one.region, str(one.practice)) for one in messages if one.practice}
    wanted |= {(one.key.region, str(one.facts["depot"])) for one in messages if one.facts["depot"]}
    organisations = await tx.fetch(
        """
        SELECT region, organisation, name, agb FROM courier_organisations
        JOIN unnest($1::text[], $2::text[]) AS w (of_region, id) ON region = of_region AND organisation::text = id
        """,
        [region for region, _ in sorted(wanted)],
        [one for _, one in sorted(wanted)],
    )
    return Names(
        {row["product"]: Product(row["name"], row["hpk"], row["snomed"]) for row in products},
        {
            (row["region"], row["organisation"]): Organisation(row["name"], row["agb"])
            for row in organisations
        },
    )


async def count(tx: "Connection", regions: Sequence[str], now: datetime) -> None:
    """Count these regions anew: what was given, what was taken in."""
    await tx.execute("DELETE FROM return_counts WHERE region = ANY ($1::text[])", list(regions))
    await tx.execute(
        """
        INSERT INTO return_counts (region, campaign, product, on_day, given, registered, rejected, opted_in, in_register,
                                   taking_back, counted_at)
        SELECT region, campaign, product, on_day, given, registered, rejected, opted_in, in_register, taking_back, $2
        FROM return_gaps WHERE region = ANY ($1::text[])
        """,
        list(regions),
        now,
    )


async def read_newest(tx: "Connection") -> dict[str, int]:
    """The newest number of every region."""
    rows = await tx.fetch("SELECT region, n FROM region_seq WHERE region <> 'NL'")
    return {row["region"]: row["n"] for row in rows}
