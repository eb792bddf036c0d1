"""Return records for page and API: opened with the names that the practice itself gave, and answered by it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from fastapi import Request

from events.identifiers import Payload, ReturnId
from events.reports import (
    ReturnRecordAcknowledged,
    ReturnRecordRejected,
    ReturnRecordRequested,
    ReturnRefusal,
)
from infra.person import Person
from infra.postgres.database import Who
from infra.postgres.pages.returns import ReturnRow, find_returns
from services.returns.record import Party, Record, Vaccine, name_dose
from services.web.looks import look, open_all
from services.web.parts import Parts, get_parts

if TYPE_CHECKING:
    from datetime import datetime

    from infra.postgres.database import Connection

Answer = Literal["acknowledged", "rejected", "again"]
# Where a message must stand for an answer to it; the same answer twice changes nothing.
ANSWERABLE: Final[dict[str, tuple[str, ...]]] = {
    "acknowledged": ("sent", "rejected"),
    "rejected": ("sent", "acknowledged"),
    "again": ("rejected",),
}


async def open_records(
    tx: "Connection", request: Request, who: Who, rows: Sequence[ReturnRow], *, is_one: bool = False
) -> list[Record]:
    """The messages with their persons, each read logged; who is not the reader's own patient any more is left out."""
    persons = sorted({row.person for row in rows})
    how = (
        look(request, "read", "return record")
        if is_one
        else look(request, "list", "return records")
    )
    found = await open_all(tx, get_parts(request).keys, who, persons, how)
    return [to_record(row, found[row.person]) for row in rows if row.person in found]


def to_record(row: ReturnRow, person: Person) -> Record:
    """One message with the person it is about."""
    product = str(row.facts["product"])
    performer = None
    if row.performer_name is not None:
        performer = Party(row.performer_name, row.performer_agb)
    return Record(
        message=row.message,
        dose=name_dose(row.dose_region, row.dose_seq),
        kind=row.kind,
        person=person,
        vaccine=Vaccine(product, row.product_name or product, row.hpk, row.snomed),
        lot=row.lot,
        dose_no=row.dose_no,
        given_at=row.given_at,
        performer=performer,
        opt_in=row.opt_in,
        made_at=row.made_at,
    )


def may_answer(who: Who, row: ReturnRow, answer: str) -> bool:
    """Whether this may be said of a message: the practice says what became of it, it or the planner asks for it again."""
    if row.state not in ANSWERABLE[answer]:
        return False
    return answer == "again" or who.role == "practice"


async def find_answerable(
    parts: Parts, who: Who, asked: Iterable[tuple[UUID, Answer]]
) -> dict[UUID, ReturnRow]:
    """Those of the messages that the reader may see and may answer so."""
    answers = dict(asked)
    async with parts.reader.reading(who) as tx:
        rows = await find_returns(tx, sorted(answers))
    return {row.message: row for row in rows if may_answer(who, row, answers[row.message])}


def to_fact(message: UUID, answer: Answer, why: ReturnRefusal, now: "datetime") -> Payload:
    """An answer as the fact that is stored."""
    about = ReturnId(message)
    if answer == "acknowledged":
        return ReturnRecordAcknowledged(return_id=about, acknowledged_at=now)
    if answer == "rejected":
        return ReturnRecordRejected(return_id=about, reason=why, rejected_at=now)
    return ReturnRecordRequested(return_id=about, requested_at=now)
