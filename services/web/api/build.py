"""Builds the API as an application of its own, so that its errors and its description are its own."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.web.api import (
    agreements,
    bundles,
    changes,
    events,
    hand,
    known,
    patients,
    persons,
    plan,
    plan_decisions,
    plans,
    problems,
    refusals,
    region_fits,
    returns,
    scenarios,
    stock,
    unassigned,
)
from services.web.api.description import describe
from services.web.parts import Parts

openapi = APIRouter(tags=["description"])
ROUTERS: Final = (
    persons.router,
    events.router,
    known.router,
    changes.router,
    refusals.router,
    patients.router,
    returns.router,
    bundles.router,
    plan.router,
    plans.router,
    hand.router,
    unassigned.router,
    region_fits.router,
    scenarios.router,
    plan_decisions.router,
    agreements.router,
    stock.router,
    openapi,
)
MODELS: Final[list[type[BaseModel]]] = [
    persons.RefusedPersons,
    events.RefusedEvent,
    hand.EditRefused,
    plan_decisions.Overtaken,
    plan_decisions.NotAlone,
    scenarios.NotProposed,
]


def build(parts: Parts) -> FastAPI:
    """Build the API on these parts."""
    api = gather_routes()
    api.state.parts = parts
    problems.add_to(api)
    api.state.described = describe_routes()
    return api


def gather_routes() -> FastAPI:
    """Make an application of all routes, without the parts that they need."""
    # Paths with a trailing slash do not exist (API Design Rules, /core/no-trailing-slash).
    api = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=name_operation,
    )
    for router in ROUTERS:
        api.include_router(router)
    return api


@cache
def describe_routes() -> dict[str, Any]:
    """Describe the API: it is the same on whatever parts, and takes an eighth of a second."""
    return describe(gather_routes(), MODELS)


def name_operation(route: APIRoute) -> str:
    """Name an operation after its function; generated clients use this name."""
    return route.name


@openapi.get(
    "/openapi.json",
    responses={
        200: {
            "description": "OpenAPI 3.1",
            "content": {"application/json": {"schema": {"type": "object"}}},
            "headers": {
                "access-control-allow-origin": {
                    "description": "Readable by tools on other sites.",
                    "schema": {"type": "string", "const": "*"},
                }
            },
        }
    },
)
async def show_description(request: Request) -> JSONResponse:
    """This description of the API."""
    return JSONResponse(request.app.state.described, headers={"Access-Control-Allow-Origin": "*"})
