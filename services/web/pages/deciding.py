"""A clinician of a practice decides how the series of an own patient is to be read, when its facts contradict each other."""

import re
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from events.identifiers import CampaignId, DecisionId, DoseNo, OrganisationId, PersonId
from events.organisations import DecisionKind, DecisionRecorded
from infra.identity import new_id
from infra.postgres.database import Who
from infra.postgres.pages import practice
from services.accept.submission import Status
from services.web.access import Forbidden, allow
from services.web.api.patients import find_own_practice
from services.web.forms import read_signed_form, takes
from services.web.frame import go
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused

router = APIRouter(prefix="/praktijk", include_in_schema=False)
AS_REPORTED = "zoals-gemeld"
COUNTED: Final = re.compile(r"[0-9]|1[0-9]|20")  # doses of one series; as `DoseNo`


@router.post("/beslissing")
@takes("person", "campaign", "counts", "why")
async def decide(request: Request, who: Annotated[Who, Depends(allow("practice"))]) -> Response:
    """Store the decision about one own patient; Forbidden for everybody else's."""
    form = await read_signed_form(request, who)
    values = form.values
    parts = get_parts(request)
    check_choices(values)
    try:
        said = to_decision(values, who, parts.clock.now())
    except ValidationError:
        return go(f"/praktijk?patient={to_id(values.get('person', ''))}&beslist=fout#wie")
    async with parts.reader.reading(who) as tx:
        own = await practice.patients(tx, who.region, find_own_practice(who), said.person_id)
    if not any(row.campaign == said.campaign_id for row in own):
        raise Forbidden
    (outcome,) = await parts.writing.submit(who, [said])
    done = "fout" if outcome.status is Status.REJECTED else "ja"
    return go(f"/praktijk?patient={said.person_id}&beslist={done}#wie")


def check_choices(values: dict[str, str]) -> None:
    """Refuse what nobody types: the choices of the form as our page never sends them."""
    wrong = [name for name in ("person", "campaign") if not to_id(values.get(name, ""))]
    counts = values.get("counts", "")
    if counts != AS_REPORTED and not COUNTED.fullmatch(counts):
        wrong.append("counts")
    if wrong:
        raise Refused(FIELDS, fields=wrong)


def to_decision(values: dict[str, str], who: Who, now: datetime) -> DecisionRecorded:
    """What the form says; ValidationError (a ValueError) names a reason that is empty, long or holds a number of a person."""
    counts = values.get("counts", "")
    counted = None if counts == AS_REPORTED else frozenset(range(1, int(counts) + 1))
    return DecisionRecorded(
        decision_id=DecisionId(new_id()),
        kind=DecisionKind.EXCEPTION,
        decision=write_decision(counted),
        reason=values.get("why", "").strip(),
        decided_at=now,
        campaign_id=CampaignId(UUID(values.get("campaign", ""))),
        person_id=PersonId(UUID(values.get("person", ""))),
        practice_id=OrganisationId(find_own_practice(who)),
        doses_counted=counted,
    )


def write_decision(counted: frozenset[DoseNo] | None) -> str:
    """The decision in words, for the log."""
    if counted is None:
        return "de reeks gaat door zoals gemeld"
    return f"doses die tellen: {max(counted, default=0)}"


def to_id(text: str) -> str:
    """The text when it is an id, else nothing: it goes into an address."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""
