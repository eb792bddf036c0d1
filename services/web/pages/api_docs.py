"""The description of the API for people, open to everybody, and the address that it had before."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.web.api.versions import ROOT
from services.web.frame import render

router = APIRouter()
DOCUMENT = f"{ROOT}/openapi.json"


@router.get("/docs")
async def show_api(request: Request) -> Response:
    """A page that shows what can be sent and asked, and tries it."""
    return render(request, "api_docs.html", {"document": DOCUMENT})


@router.get("/openapi.json")
async def lead_to_document() -> RedirectResponse:
    """The document lies with its version now."""
    return RedirectResponse(DOCUMENT, status_code=308)
