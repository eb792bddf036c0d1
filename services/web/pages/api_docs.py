"""Shows the description of the API to people; open to everybody."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.web.api.versions import ROOT
from services.web.frame import render

router = APIRouter()
DOCUMENT = f"{ROOT}/openapi.json"


@router.get("/docs")
async def show_api(request: Request) -> Response:
    """Show every operation of the API, with a form to try it."""
    return render(request, "api_docs.html", {"document": DOCUMENT})


@router.get("/openapi.json")
async def lead_to_document() -> RedirectResponse:
    """Redirect to the document, which moved below its version."""
    return RedirectResponse(DOCUMENT, status_code=308)
