"""Locations whose coordinates do not fit their postcode: the planner reads them, and confirms a place that is right."""

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.location import LocationRegistered
from infra.postgres.database import Who
from infra.postgres.pages import places
from infra.postgres.pages.status import ProcessRow
from services.accept.submission import Status
from services.postcodes import fits_postcode
from services.web.access import Forbidden, allow
from services.web.forms import read_signed_form, takes
from services.web.frame import go
from services.web.pages.inbox import Item
from services.web.parts import get_parts
from services.web.wording import Wording

router = APIRouter(prefix="/planning/locatie", include_in_schema=False)


def choose_doubted(rows: Iterable[LocationRegistered]) -> list[LocationRegistered]:
    """Choose the locations that nobody is planned at until somebody has looked."""
    return [row for row in rows if is_doubted(row)]


def is_doubted(row: LocationRegistered) -> bool:
    """Whether the coordinates do not fit the postcode and nobody said that they are right."""
    return not (row.point_confirmed or fits_postcode(row.point.lat, row.point.lon, row.postcode4))


def list_doubted(rows: list[LocationRegistered], t: Wording) -> list[Item]:
    """List them as one decision of the planner."""
    if not rows:
        return []
    title = t.count("inbox.doubted", len(rows))
    return [Item("warn", "alert", title, t("inbox.doubted.text"), "#nakijken", t("inbox.show"))]


def list_off_map(
    rows: Sequence[LocationRegistered], processes: Sequence[ProcessRow], region: str, t: Wording
) -> list[Item]:
    """List by name the places that the map of the routing server does not have; their drives are estimated, and longer."""
    said = (row.state.get("travel_off_map") for row in processes)
    here = (found.get(region) for found in said if isinstance(found, dict))
    ids = {one for found in here if isinstance(found, list) for one in found}
    if not ids:
        return []
    names = [row.name for row in rows if str(row.location_id) in ids]
    if len(names) < len(ids):
        names.append(t.count("inbox.off_map.post", len(ids) - len(names)))
    text = t("inbox.off_map.text", names=", ".join(names))
    return [Item("warn", "alert", t.count("inbox.off_map", len(ids)), text)]


@router.post("/{location}/klopt")
@takes()
async def confirm(
    request: Request, who: Annotated[Who, Depends(allow("planner"))], location: UUID
) -> Response:
    """Confirm that a place is right; it is registered again as it is. Forbidden when there is nothing to confirm."""
    await read_signed_form(request, who)
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        rows = choose_doubted(await places.locations(tx, who.region, location))
    if not rows:
        raise Forbidden("forbidden.role")
    said = [row.model_copy(update={"point_confirmed": True}) for row in rows]
    outcomes = await parts.writing.submit(who, said)
    if any(outcome.status is Status.REJECTED for outcome in outcomes):
        raise Forbidden("forbidden.role")
    return go("/planning")
