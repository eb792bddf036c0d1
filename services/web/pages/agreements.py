"""What the region agreed about its plans: which changes go out by themselves, who counts as told, who goes first; changed here, with a reason, and kept."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from events.identifiers import CampaignId
from events.practice import USUAL_PRIORITY, Indication
from infra.postgres.database import Who
from infra.postgres.pages.agreements import Agreements, list_agreed, read_agreements
from services.web.access import allow
from services.web.agreeing import (
    NoReason,
    NothingNew,
    Overtaken,
    Proposed,
    agree,
    to_token,
    with_policy,
    with_priorities,
    write_all,
)
from services.web.agreements import (
    find_priorities,
    write_campaigns,
    write_history,
    write_order,
    write_said,
)
from services.web.forms import LONGEST, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
HOME: Final = "/planning/afspraken"
# The boxes of the policy, by the names that the form gives them.
BOXES: Final = {
    "vanzelf": "publish_automatically",
    "nieuw": "auto_new",
    "team": "auto_team",
    "dag": "auto_day",
    "vervalt": "auto_taken",
    "anderen": "auto_dropped",
    "beter": "auto_offers",
}
NUMBERS: Final = {"tijd": "auto_time_minutes", "dagen": "notice_days", "schuif": "repair_moves"}
GROUPS: Final = tuple(one.value for one in Indication)
NAMES: Final = ("over", "campagne", *BOXES, *NUMBERS, *GROUPS)
HISTORY: Final = 30  # lines of what was agreed before


@router.get("/afspraken")
async def show_agreements(request: Request, who: Planner) -> Response:
    """What holds now, and the forms to change it; with `over` what a change would mean. Nothing is stored."""
    values = {name: request.query_params.get(name, "") for name in NAMES}
    if any(len(text) > LONGEST for text in values.values()):
        raise Refused(FIELDS, place="query", fields=["over"])
    return await render_agreements(request, who, values)


@router.post("/afspraken")
@takes(*NAMES, "gezien", "reden")
async def change_agreements(request: Request, who: Planner) -> Response:
    """Store what was looked at, with a reason; who agreed something else meanwhile is named."""
    form = await read_signed_form(request, who)
    values = {name: form.get(name) for name in NAMES}
    t, now = find_wording(request), get_parts(request).clock.now()
    reason = form.get("reden").strip()
    try:
        await agree(get_parts(request), who, to_change(values), form.get("gezien"), reason)
    except Overtaken as overtaken:
        said = f"{t('agreement.stale')} {write_said(overtaken.said, now, t)}"
        return await render_agreements(request, who, values, said)
    except NothingNew:
        same = {**values, "over": ""}
        return await render_agreements(request, who, same, t("agreement.nothing_new"))
    except NoReason:
        return await render_agreements(request, who, values, t("hand.wants_reason"))
    return go(HOME)


def to_change(values: Mapping[str, str]) -> Callable[[Agreements], Proposed]:
    """What the form asks, of whatever holds when it is stored. Refused by field."""
    if values["over"] == "regels":
        fields: dict[str, object] = {name: bool(values[box]) for box, name in BOXES.items()}
        for box, name in NUMBERS.items():
            fields[name] = read_number(values[box], box)
        if missing := [box for box in ("dagen", "schuif") if not values[box]]:
            raise Refused(FIELDS, fields=missing)
        return lambda old: make_policy(old, fields)
    if values["over"] not in ("voorrang", "landelijk"):
        raise Refused(FIELDS, fields=["over"])
    try:
        campaign = CampaignId(UUID(values["campagne"]))
    except ValueError:
        raise Refused(FIELDS, fields=["campagne"]) from None
    if values["over"] == "landelijk":
        return lambda old: make_priorities(old, campaign, None)
    given = {one: read_number(values[one.value], one.value) for one in Indication}
    ranks = {one: rank for one, rank in given.items() if rank is not None}
    return lambda old: make_priorities(old, campaign, ranks)


def read_number(text: str, name: str) -> int | None:
    """A number that was typed; None for none. Refused by its field."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Refused(FIELDS, fields=[name])
    return int(text)


def make_policy(old: Agreements, fields: Mapping[str, object]) -> Proposed:
    """The policy as the form says. Refused by field."""
    try:
        return with_policy(old, fields)
    except ValidationError as error:
        raise to_refused(error) from None


def make_priorities(
    old: Agreements, campaign: CampaignId, ranks: Mapping[Indication, int] | None
) -> Proposed:
    """Who goes first as the form says. Refused by field, also for a campaign that is not there."""
    known = next((one for one, _ in old.campaigns if one.campaign_id == campaign), None)
    if known is None:
        raise Refused(FIELDS, fields=["campagne"])
    if ranks is not None:  # a group that nobody ever named stays unnamed while it is as usual
        ranks = {
            one: rank
            for one, rank in ranks.items()
            if rank != USUAL_PRIORITY or one in find_priorities(known, old.policy)
        }
    try:
        return with_priorities(old, campaign, ranks)
    except ValidationError as error:
        raise to_refused(error) from None


def to_refused(error: ValidationError) -> Refused:
    """The fields at fault, by the names of the form."""
    of_form = {name: box for box, name in (BOXES | NUMBERS).items()}
    found = {str(part) for line in error.errors(include_input=False) for part in line["loc"]}
    return Refused(FIELDS, fields=[of_form.get(one, one) for one in found])


async def render_agreements(
    request: Request,
    who: Who,
    values: Mapping[str, str],
    fault: str = "",
) -> Response:
    """The page; with a fault nothing was stored."""
    parts, t = get_parts(request), find_wording(request)
    now = parts.clock.now()
    async with parts.reader.reading(who) as tx:
        found = await read_agreements(tx, who.region)
        agreed = await list_agreed(tx, who.region, HISTORY)
        around = await read_frame(tx, who, t)
    is_asked = bool(values["over"])
    changes = to_change(values)(found).list_changes(t) if is_asked else []
    context = {
        "head": t("agreement.page"),
        "stands": t("agreement.page.text"),
        "back": "/planning",
        "action": HOME,
        "fault": fault,
        "is_asked": is_asked,
        "asked": values["campagne"] if values["over"] == "voorrang" else values["over"],
        "changes": changes,
        "hidden": list_hidden(values),
        "seen": to_token(found.said),
        "policy": write_all(found.policy, t),
        "policy_said": write_said(found.said, now, t),
        "boxes": list_boxes(found, values, t),
        "numbers": list_numbers(found, values, t),
        "order": write_order(t),
        "campaigns": list_campaigns(found, values, write_campaigns(found, now, t), t),
        "history": write_history(agreed, now, t),
    }
    code = 409 if fault else 200
    return render(request, "agreements.html", context, who=who, around=around, code=code)


def list_hidden(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the form that stores it carries along: of what was asked only."""
    used = (*BOXES, *NUMBERS) if values["over"] == "regels" else ("campagne", *GROUPS)
    return [
        (name, "ja" if name in BOXES else values[name]) for name in ("over", *used) if values[name]
    ]


def list_boxes(
    found: Agreements, values: Mapping[str, str], t: Wording
) -> list[tuple[str, str, bool]]:
    """The boxes of the policy: name, words, and whether it is ticked, as typed or as it holds."""
    typed = values["over"] == "regels"
    return [
        (
            box,
            t(f"agreement.box.{box}"),
            bool(values[box]) if typed else bool(getattr(found.policy, name)),
        )
        for box, name in BOXES.items()
    ]


def list_numbers(
    found: Agreements, values: Mapping[str, str], t: Wording
) -> list[tuple[str, str, str, int]]:
    """The numbers of the policy: name, words, what stands in the field, and the most that it takes."""
    typed = values["over"] == "regels"
    most = {"tijd": 1440, "dagen": 14, "schuif": 8}

    def value(box: str, name: str) -> str:
        holds = getattr(found.policy, name)
        return values[box] if typed else "" if holds is None else f"{holds}"

    return [
        (box, t(f"agreement.box.{box}"), value(box, name), most[box])
        for box, name in NUMBERS.items()
    ]


def list_campaigns(
    found: Agreements, values: Mapping[str, str], texts: list[str], t: Wording
) -> list[dict[str, Any]]:
    """Each campaign with who goes first in it, and a number for each group."""
    campaigns = []
    for (campaign, _), text in zip(found.campaigns, texts, strict=True):
        ranks = find_priorities(campaign, found.policy)
        typed = values["over"] == "voorrang" and values["campagne"] == str(campaign.campaign_id)
        campaigns.append(
            {
                "id": str(campaign.campaign_id),
                "name": campaign.name,
                "text": text,
                "is_own": campaign.campaign_id in found.policy.priorities,
                "groups": [
                    (
                        one.value,
                        t(f"indication.{one.value}"),
                        values[one.value] if typed else f"{ranks.get(one, USUAL_PRIORITY)}",
                    )
                    for one in Indication
                ],
            }
        )
    return campaigns
