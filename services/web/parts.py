"""The resources of a web process, opened once and handed to every route."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from fastapi import Request

from events.type_names import TypeNames
from infra.clock import Clock
from infra.crypto import Keys
from infra.metrics import Metrics
from infra.postgres.database import Database
from services.web.bounds import Bounds
from services.web.claims import Claims
from services.web.fitting import Fitting
from services.web.guesses import Guesses
from services.web.hub import Hub
from services.web.list_jobs import ListJobs
from services.web.looked import Looked
from services.web.names import OpenedNames
from services.web.provider_seats import ProviderSeats
from services.web.region_fits import RegionFits
from services.web.scenarios import Scenarios
from services.web.seats import Seats
from services.web.steering import Steering
from services.web.writing import Writing


@dataclass(frozen=True)
class Parts:
    """The resources of a web process; `clock` may be simulated, sessions and heartbeats use real time."""

    reader: Database
    writing: Writing
    keys: Keys
    clock: Clock
    session_key: bytes
    seats: Seats
    embedded: bool
    provided: ProviderSeats | None = None  # without an identity provider: codes, or demo users
    type_names: TypeNames = TypeNames.SHORT  # of the types of events that leave
    hosts: frozenset[str] = frozenset()  # by which it may be called, beside this machine's own
    bounds: Bounds = field(default_factory=Bounds)
    hub: Hub = field(default_factory=Hub)
    metrics: Metrics = field(default_factory=Metrics)
    names: OpenedNames = field(default_factory=OpenedNames)
    looked: Looked = field(default_factory=Looked)
    guesses: Guesses = field(default_factory=Guesses)
    kept_status: list[Any] = field(default_factory=list)  # one KeptStatus, once it was computed

    @property
    def has_demo_users(self) -> bool:
        """Whether anybody may choose who they are: on the embedded servers, and never beside an identity provider."""
        return self.embedded and self.provided is None

    @cached_property
    def claims(self) -> Claims:
        """Who may still do what, asked of the database."""
        return Claims(self.reader)

    @cached_property
    def steering(self) -> Steering:
        """Changes by hand, checked on the plan as it stands."""
        return Steering(self.reader, self.writing, self.clock)

    @cached_property
    def fitting(self) -> Fitting:
        """The child process that says why somebody has no visit, and what would help."""
        return Fitting(self.writing.load_record)

    @cached_property
    def region_fits(self) -> RegionFits:
        """What would help everybody who is left out of a region's plan, searched in the background."""
        return RegionFits(self.writing.load_record, self.reader, self.clock)

    @cached_property
    def lists(self) -> ListJobs:
        """Lists of practices that are looked at or stored in the background."""
        return ListJobs()

    @cached_property
    def scenarios(self) -> Scenarios:
        """What planners suppose, and the child process that says what would come of it."""
        return Scenarios(self.writing.load_region, self.clock)


def get_parts(request: Request) -> Parts:
    """Get the resources of the process that serves this request."""
    return cast("Parts", request.app.state.parts)
