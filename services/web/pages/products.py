"""Products that others name by a code that our catalogue does not have: asked of the planner, answered by a correction."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.identifiers import CampaignId, LocationId, MemberId, PersonId
from events.visits import DoseCorrected
from infra.identity import derived_id
from infra.postgres.database import Who
from infra.postgres.pages import frame, products
from infra.postgres.pages.products import UnknownDose
from services.accept.submission import Status
from services.web.access import Forbidden, allow
from services.web.forms import read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.looks import log_shown
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.wording import Wording

router = APIRouter(prefix="/planning/producten", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]


def list_product_items(codes: Sequence[tuple[str, int]], t: Wording) -> list[Item]:
    """One question to the planner for each code."""
    return [
        Item(
            "warn",
            "alert",
            t("inbox.product", code=write_code(product)),
            t.count("inbox.product.text", count),
            "/planning/producten",
            t("inbox.show"),
        )
        for product, count in codes
    ]


def write_code(product: str) -> str:
    """`HPK 2924528`."""
    system, _, code = product.partition("_")
    return f"{system.upper()} {code}"


@router.get("")
async def show_questions(request: Request, who: Planner) -> Response:
    """Every code that is not known, with the products that it may be."""
    t = find_wording(request)
    async with get_parts(request).reader.reading(who) as tx:
        codes = await products.count_unknown(tx)
        names = await frame.product_names(tx, who.region)
        around = await read_frame(tx, who, t)
    context = {
        "head": t("products.title"),
        "stands": t("products.intro"),
        "back": "/planning",
        "codes": [(product, write_code(product), count) for product, count in codes],
        "names": sorted(names.items(), key=lambda one: one[1]),
    }
    return render(request, "products.html", context, who=who, around=around)


@router.post("")
@takes("code", "product")
async def settle(request: Request, who: Planner) -> Response:
    """Say which product a code is: each dose under it is corrected, and its first record kept."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    product = form.get("product")
    async with parts.reader.reading(who) as tx:
        names = await frame.product_names(tx, who.region)
        doses = await products.read_unknown(tx, form.get("code"))
        persons: list[UUID] = [one.person for one in doses]
        await log_shown(tx, request, who, persons, "list", "doses of an unknown product")
    if product not in names or not doses:
        raise Forbidden("forbidden.product")
    outcomes = await parts.writing.submit(who, [to_correction(one, product, who) for one in doses])
    if any(outcome.status is Status.REJECTED for outcome in outcomes):
        raise Forbidden("forbidden.product")
    return go("/planning/producten")


def to_correction(dose: UnknownDose, product: str, who: Who) -> DoseCorrected:
    """The same dose, of the product that it is."""
    return DoseCorrected(
        of_source=dose.source,
        of_id=dose.id,
        why="the planner said which product the code is",
        corrected_by=MemberId(derived_id("actor", who.subject)),
        person_id=PersonId(dose.person),
        campaign_id=CampaignId(dose.campaign),
        location_id=LocationId(dose.location),
        dose_no=dose.dose_no,
        product_id=product,
        given_at=dose.at,
    )
