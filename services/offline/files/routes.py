"""Routes for a benchmark instance as JSON, in the customer numbers of its file."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from scheduling.routing.benchmark import Convention, Instance, LeftOut
from services.offline.files.scan import place, scanned
from services.offline.files.text import UnreadableFile

Number = Annotated[int, Field(strict=True, ge=-(10**9), le=10**9)]


@checked(frozen=True, config=ConfigDict(extra="ignore"))
class RoutesFile:
    """The output of `plan solve --json` for an instance; other programs may omit everything but the routes."""

    routes: tuple[tuple[Number, ...], ...]
    unassigned: tuple[Number, ...] = ()
    distance: float | None = None
    reasons: dict[str, LeftOut] = Field(default_factory=dict)
    convention: Convention | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Routes by node, unassigned customers with reasons, and the distance that the file states."""

    routes: tuple[tuple[int, ...], ...]
    left_out: dict[int, LeftOut | None]
    distance: float | None


FORM: TypeAdapter[RoutesFile] = TypeAdapter(RoutesFile)


def read_routes(text: str, name: str) -> RoutesFile:
    """Reads routes from a file; UnreadableFile names every field at fault."""
    scanned(text, name)
    try:
        return FORM.validate_json(text)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [f"{place(row['loc'])}: {row['msg']}" for row in details]
        raise UnreadableFile(name, faults) from None


def to_claim(instance: Instance, file: RoutesFile, name: str) -> Claim:
    """Translates customer numbers to nodes; UnreadableFile when a number is no customer of the instance."""
    node = {number: k for k, number in enumerate(instance.numbers) if k}
    named = [("routes", r, route) for r, route in enumerate(file.routes)]
    faults = [
        f"{field}[{r}][{k}]: no customer of the problem"
        for field, r, route in named
        for k, number in enumerate(route)
        if number not in node
    ]
    faults += [
        f"unassigned[{k}]: no customer of the problem"
        for k, number in enumerate(file.unassigned)
        if number not in node
    ]
    if faults:
        raise UnreadableFile(name, faults)
    return Claim(
        routes=tuple(tuple(node[number] for number in route) for route in file.routes),
        left_out={node[number]: file.reasons.get(str(number)) for number in file.unassigned},
        distance=file.distance,
    )
