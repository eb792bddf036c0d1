"""A plan on a page of its own, which stands still while somebody reads it; and every version of the region's plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import Response

from events.teams import PlanApproved, PlanRejected
from infra.postgres.database import Who
from infra.postgres.pages import plan_versions
from infra.postgres.pages.agreements import read_agreements
from infra.postgres.pages.plan_versions import Version
from services.plan_life.difference import Kind, Line
from services.web.access import allow
from services.web.agreeing import write_all
from services.web.agreements import write_campaigns, write_order, write_said
from services.web.choosing import Selection
from services.web.forms import Form, read_signed_form, takes, to_said
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import get_parts
from services.web.plan_decisions import (
    Busy,
    CannotStandAlone,
    Choice,
    Decided,
    NoPlan,
    NothingChosen,
    approve,
    reject,
    restore,
)
from services.web.plan_difference import (
    Difference,
    name_place,
    read_difference,
    write_call,
    write_line,
    write_priorities,
    write_totals,
)
from services.web.plan_words import write_decided, write_refused, write_when, write_who
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
SHOWN: Final = 30  # versions on a page
BY_LINE: Final = 300  # more lines than this are chosen by location: a form takes a thousand fields


@dataclass(frozen=True, slots=True)
class Box:
    """One thing to tick: a line, or all lines of a location."""

    value: str
    texts: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Again:
    """What a form said that was not taken, shown again with the reason; nothing typed is lost."""

    texts: Sequence[str] = ()
    ticked: frozenset[str] | None = None  # None: everything
    why: str = ""
    why_not: str = ""


@router.get("/voorstel/{plan}")
async def show_proposal(request: Request, who: Planner, plan: UUID) -> Response:
    """Show one version of the plan: what it changes, whom to phone, and the form to decide. It does not renew itself."""
    return await show(request, who, plan, Again())


@router.post("/voorstel/{plan}/goedkeuren")
@takes("regel", "locatie", "keuze", "waarom")
async def approve_proposal(request: Request, who: Planner, plan: UUID) -> Response:
    """Approve the proposal, or the lines of it that are ticked."""
    form = await read_signed_form(request, who)
    said = to_said(
        PlanApproved,
        {"plan_id": plan, "reason": form.get("waarom").strip()[:120] or None},
        "fields",
        reason="waarom",
    )
    try:
        await approve(get_parts(request), who, plan, Choice(read_choice(form), reason=said.reason))
    except (NoPlan, Decided, CannotStandAlone, NothingChosen, Busy) as error:
        ticked = frozenset(form.get_all("regel") + form.get_all("locatie"))
        again = Again(write_error(error, request), ticked, why=form.get("waarom"))
        return await show(request, who, plan, again)
    return go("/planning")


def read_choice(form: Form) -> Selection | None:
    """What was ticked; None where the form was about the whole plan, or everything stayed ticked."""
    lines, places = form.get_all("regel"), form.get_all("locatie")
    if not form.get("keuze") or int_of(form.get("keuze")) == len(lines) + len(places):
        return None
    return Selection(
        frozenset(lines), locations=frozenset(UUID(one) for one in places if is_id(one))
    )


def int_of(text: str) -> int:
    """The number of boxes that a form had; -1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def is_id(text: str) -> bool:
    """Whether a text is an identifier."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@router.post("/voorstel/{plan}/afwijzen")
@takes("reden")
async def reject_proposal(request: Request, who: Planner, plan: UUID) -> Response:
    """Reject the proposal, with a reason."""
    form = await read_signed_form(request, who)
    reason = form.get("reden").strip()[:120] or "afgewezen"
    said = to_said(PlanRejected, {"plan_id": plan, "reason": reason}, "fields", reason="reden")
    try:
        await reject(get_parts(request), who, said)
    except (NoPlan, Decided) as error:
        again = Again(write_error(error, request), why_not=form.get("reden"))
        return await show(request, who, plan, again)
    return go("/planning")


@router.post("/plannen/{plan}/terugzetten")
@takes()
async def restore_version(request: Request, who: Planner, plan: UUID) -> Response:
    """Propose an earlier version again, and show what of it can come back."""
    await read_signed_form(request, who)
    try:
        found, _ = await restore(get_parts(request), who, plan)
    except (NoPlan, Busy) as error:
        return await show(request, who, plan, Again(write_error(error, request)))
    return go(f"/planning/voorstel/{found.plan}")


@router.get("/plannen")
async def show_versions(request: Request, who: Planner, voor: int | None = None) -> Response:
    """Show every version of the region's plan, the newest first: state, who decided, when and why."""
    parts = get_parts(request)
    t = find_wording(request)
    before = voor if voor is not None and 0 < voor < 2**53 else None
    async with parts.reader.reading(who) as tx:
        found = await plan_versions.list_versions(tx, who.region, SHOWN, before)
        agreed = await read_agreements(tx, who.region)
        around = await read_frame(tx, who, t)
    context = {
        "versions": found,
        "policy": write_all(agreed.policy, t),
        "policy_said": write_said(agreed.said, parts.clock.now(), t),
        "order": write_order(t),
        "campaigns": write_campaigns(agreed, parts.clock.now(), t),
        "older": found[-1].number if len(found) == SHOWN and found[-1].number > 1 else None,
        "write_state": write_state,
        "write_origin": write_origin,
    }
    return render(request, "plan_versions.html", context, who=who, around=around)


async def show(request: Request, who: Who, plan: UUID, again: Again) -> Response:
    """Show a version, with what was refused above it."""
    parts = get_parts(request)
    t = find_wording(request)
    async with parts.reader.reading(who) as tx:
        version = await plan_versions.read_version(tx, who.region, plan)
        if version is None:
            raise HTTPException(404)
        published = await plan_versions.read_published(tx, who.region)
        found = await read_difference(tx, who.region, version)
        newer = await plan_versions.read_newest_waiting(tx, who.region)
        if newer is not None and newer.number <= version.number:
            newer = None
        between = await read_difference(tx, who.region, newer, version) if newer else None
        missing = await list_missing(tx, who.region, version, t)
        around = await read_frame(tx, who, t)
    boxes = list_boxes(found, t) if found else []
    context = {
        "version": version,
        "published": published,
        "boxes": boxes,
        "by_place": found is not None and len(found.lines) > BY_LINE,
        "calls": list_call_texts(found, t) if found else [],
        "totals": write_all_totals(version, published, t),
        "missing": missing,
        "newer": newer,
        "between": [write_line(one, between.names, t) for one in between.lines] if between else [],
        "again": again,
        "write_state": write_state,
        "write_origin": write_origin,
    }
    code = 409 if again.texts else 200
    return render(request, "proposal.html", context, who=who, around=around, code=code)


async def list_missing(
    tx: "Connection", region: str, version: Version, t: Wording
) -> list[str] | None:
    """What of an earlier version does not come back, each with its reason; None for a plan that is none."""
    if version.made != "restored" or version.made_of is None:
        return None
    other = await plan_versions.read_version(tx, region, version.made_of)
    found = await read_difference(tx, region, version, other) if other else None
    if found is None:
        return None
    return [write_line(one, found.names, t) for one in found.lines if one.kind is not Kind.NEW]


def list_boxes(found: Difference, t: Wording) -> list[Box]:
    """The lines to tick, or the locations where there are many."""
    names = found.names
    if len(found.lines) <= BY_LINE:
        return [
            Box(one.name, (write_line(one, names, t),), name_place(one.location_id, names, t))
            for one in found.lines
        ]
    of_place: dict[UUID, list[Line]] = {}
    for line in found.lines:
        of_place.setdefault(line.location_id, []).append(line)
    return [
        Box(
            str(place),
            tuple(write_line(one, names, t) for one in lines),
            name_place(place, names, t),
        )
        for place, lines in of_place.items()
    ]


def list_call_texts(found: Difference, t: Wording) -> list[tuple[str, list[str]]]:
    """Whom to phone, and what to say."""
    return [
        (write_call(call, found.names, t), [write_line(one, found.names, t) for one in call.lines])
        for call in found.calls
    ]


def write_all_totals(version: Version, published: Version | None, t: Wording) -> list[str]:
    """What the plan is worth beside the one that people go by."""
    if published is None or published.plan == version.plan:
        return []
    return [
        *write_totals(published.counts, version.counts, t),
        *write_priorities(published.by_priority, version.by_priority, t),
    ]


def write_state(version: Version, now: Any, t: Wording) -> str:
    """The state of a version: who decided, when and why."""
    decision = version.decision
    at = decision.at if decision else version.published_at
    values = {"who": write_who(version, t), "when": write_when(at, now, t) if at else ""}
    if version.state == "proposed":
        return t("version.proposed")
    if version.state == "rejected":
        text = t("version.rejected", **values)
    elif version.published_at is None:
        return t("version.overtaken")
    else:
        by = "" if decision else ".itself"
        text = t(f"version.{version.state}{by}", **values)
    reason = decision.reason if decision else None
    return f"{text} {t('plan.why', reason=reason)}" if reason else text


def write_origin(version: Version, t: Wording) -> str:
    """How a person had it made of another plan; empty where the planner made it by itself."""
    if version.made:
        return t(f"version.made.{version.made}")
    return t("version.offer") if version.is_offer else ""


def write_error(error: Exception, request: Request) -> list[str]:
    """Why a decision was not taken, in sentences."""
    t, now = find_wording(request), get_parts(request).clock.now()
    if isinstance(error, NoPlan):
        raise HTTPException(404) from error
    if isinstance(error, Decided):
        texts = [write_decided(error, now, t)]
    elif isinstance(error, CannotStandAlone):
        texts = write_refused(error, t)
    else:
        nothing = isinstance(error, NothingChosen)
        texts = [t("plan.nothing_chosen") if nothing else t("plan.busy")]
    return [*texts, t("problem.nothing_saved")]
