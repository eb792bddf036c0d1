"""The API as an application of its own below `/api/v1`, so that its errors and its description are its own."""

from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.web.api import changes, events, patients, persons, plan, problems
from services.web.api.description import describe
from services.web.parts import Parts

openapi = APIRouter(tags=["description"])
ROUTERS: Final = (
    persons.router,
    events.router,
    changes.router,
    patients.router,
    plan.router,
    openapi,
)
MODELS: Final[list[type[BaseModel]]] = [persons.RefusedPersons, events.RefusedEvent]


def build(parts: Parts) -> FastAPI:
    """The application on these parts."""
    # A path with a slash at its end does not exist (API Design Rules, no-trailing-slash).
    api = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=name_operation,
    )
    api.state.parts = parts
    for router in ROUTERS:
        api.include_router(router)
    problems.add_to(api)
    described = describe(api, MODELS)
    api.state.described = described
    return api


def name_operation(route: APIRoute) -> str:
    """The name of an operation in the description: that of its function, which generated clients carry on."""
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
