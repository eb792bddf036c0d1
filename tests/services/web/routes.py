"""Every route of pages and API, with an address that leads somewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.routing import APIRoute

from services.web.api import build as api
from services.web.api.versions import ROOT
from services.web.app import ROUTERS
from tests.services.web.conftest import Site


@dataclass(frozen=True)
class Route:
    """A route of the application."""

    template: str  # of its path
    path: str
    method: str
    endpoint: Callable[..., Any]
    route: APIRoute


@dataclass(frozen=True)
class Address:
    """The path of a route as it is written, and its methods."""

    path: str
    methods: tuple[str, ...]


def list_addresses() -> list[Address]:
    """Every route of pages and API."""
    places = [("", router) for router in ROUTERS] + [(ROOT, router) for router in api.ROUTERS]
    return [
        Address(place + one.path, tuple(sorted(one.methods)))
        for place, router in places
        for one in router.routes
        if isinstance(one, APIRoute)
    ]


def list_routes(site: Site) -> list[Route]:
    """Every route, with ids of things that exist where the seed has them."""
    ids: dict[str, object] = {
        "plan": site.home.plan,
        "person_id": site.home.patients[site.home.practices[0]][0],
        "person": site.home.patients[site.home.practices[0]][0],
        "number": 1,
        "visit": UUID(int=2),
        "edit": UUID(int=5),
        "extra_stop": UUID(int=4),
        "shift": UUID(int=6),
        "scenario": UUID(int=5),
        "search": UUID(int=6),
        "message": UUID(int=7),
        "location": site.home.locations[0],
        "session": UUID(int=3),
        "upload": UUID(int=7),
        "glass": UUID(int=9),
        "alert": UUID(int=8),
    }
    places = [("", router) for router in ROUTERS] + [(ROOT, router) for router in api.ROUTERS]
    return [
        Route(place + one.path, (place + one.path).format(**ids), method, one.endpoint, one)
        for place, router in places
        for one in router.routes
        if isinstance(one, APIRoute)
        for method in sorted(one.methods)
    ]
