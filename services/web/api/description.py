"""Builds the OpenAPI document from the routes, and adds what holds for all of them in one place."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from events.asyncapi import describe_cloudevent
from services.web.api import problems
from services.web.api.problems import InvalidInput, Problem
from services.web.api.versions import ROOT, VERSION
from services.web.refusing import Kind

ABOUT: Final = (
    "What systems of practices and posts send and ask. Identity first: `POST /persons` gives an identifier for a person, "
    "every event carries that identifier only. An event is a CloudEvent 1.0; the catalogue of types and the JSON Schema of "
    "each lie beside the software, in `docs/contracts`. Errors are problem details (RFC 9457) that name fields and never values."
)
CONTACT: Final = {
    # Placeholders of the software itself: the region that runs it has a service desk of its own.
    "name": "Prikploeg",
    "url": "https://prikploeg.example.org",
    "email": "api@prikploeg.example.org",
}
TAGS: Final = [
    {"name": "persons", "description": "Identity first."},
    {"name": "events", "description": "What happened: sent to us, and told by us."},
    {"name": "patients", "description": "A practice's own registrations."},
    {"name": "plan", "description": "The published plan."},
    {"name": "stock", "description": "Doses, lots in quarantine, and counts that differ."},
    {"name": "description", "description": "This document."},
]
SECURITY: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a person or a program.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "prikploeg_session",
        "description": "The session of a page of ours; writes must come from the same site.",
    },
}
VERSION_HEADER: Final = {
    "description": "The full version of the API.",
    "schema": {"type": "string", "examples": [VERSION]},
}
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
OPEN: Final = "/openapi.json"


def may_answer(*kinds: tuple[Kind, type[Problem]]) -> dict[int | str, dict[str, Any]]:
    """List the problems of a route, beside those that every route may answer; several of one status as one of several bodies."""
    found: dict[int | str, list[tuple[Kind, type[Problem]]]] = {}
    for kind, model in kinds:
        found.setdefault(kind.status, []).append((kind, model))
    return {status: to_one_of(rows) for status, rows in found.items()}


def to_one_of(rows: list[tuple[Kind, type[Problem]]]) -> dict[str, Any]:
    """Describe the kinds of problem of one status: each with its name, and the bodies that they come in."""
    if len(rows) == 1:
        return to_response(*rows[0])
    bodies = {model.__name__: refer_to(model) for _, model in rows}
    # the Dutch API Design Rules look for these members in the schema itself, not in what it refers to
    members = {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    }
    several = {"type": "object", "properties": members, "anyOf": list(bodies.values())}
    schema = several if len(bodies) > 1 else refer_to(rows[0][1])
    said = "; ".join(f"{kind.title} (`{kind.name}`)" for kind, _ in rows)
    return {"description": said, "content": {problems.PROBLEM: {"schema": schema}}}


def refer_to(model: type[Problem]) -> dict[str, str]:
    """The schema of a body, by its name."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def to_response(kind: Kind, model: type[Problem] = Problem) -> dict[str, Any]:
    """Describe one kind of problem as a response."""
    return {
        "description": kind.title,
        "content": {problems.PROBLEM: {"schema": refer_to(model)}},
    }


def describe(api: FastAPI, models: list[type[BaseModel]]) -> dict[str, Any]:
    """Build the document; `models` are those that routes refer to by name only, unseen by FastAPI."""
    made = get_openapi(
        title="Prikploeg",
        version=VERSION,
        description=ABOUT,
        routes=api.routes,
        tags=TAGS,
        servers=[{"url": ROOT, "description": "this service"}],
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    made["info"]["contact"] = (
        CONTACT  # not through FastAPI, which wants a validator of e-mail addresses for it
    )
    parts = made.setdefault("components", {})
    parts["schemas"] = collect_schemas(parts.get("schemas", {}), [Problem, InvalidInput, *models])
    parts["securitySchemes"] = SECURITY
    parts["headers"] = {"ApiVersion": VERSION_HEADER}
    for path, method, operation in list_operations(made):
        complete(operation, is_open=path == OPEN, writes=method == "post")
    return made


def collect_schemas(found: dict[str, Any], models: list[type[BaseModel]]) -> dict[str, Any]:
    """Collect all schemas by name, without those of FastAPI's own errors, which we never answer."""
    whole = {name: one for name, one in found.items() if "ValidationError" not in name}
    for model in models:
        schema = model.model_json_schema(
            mode="serialization", ref_template="#/components/schemas/{model}"
        )
        whole |= schema.pop("$defs", {})
        whole[model.__name__] = schema
    whole["CloudEvent"] = describe_cloudevent() | {"title": "CloudEvent"}
    return dict(sorted(whole.items()))


def list_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List every operation with its path and method."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def complete(operation: dict[str, Any], *, is_open: bool, writes: bool) -> None:
    """Add what every operation has: security, common problems, and the version header of each response."""
    answers = operation["responses"]
    if problems.PROBLEM not in answers.get("422", {}).get("content", {problems.PROBLEM: {}}):
        del answers["422"]  # FastAPI's own; ours is a 400
    kinds = [problems.FAILED]
    if not is_open:
        kinds += [problems.SIGNED_OUT, problems.FORBIDDEN, problems.UNAVAILABLE]
    for kind in kinds:
        answers.setdefault(str(kind.status), to_response(kind))
    if writes or operation.get("parameters"):
        answers.setdefault("400", to_response(problems.INVALID, InvalidInput))
    operation["security"] = [] if is_open else [{name: []} for name in SECURITY]
    operation["responses"] = dict(sorted(answers.items()))
    for one in answers.values():
        one.setdefault("headers", {})["API-Version"] = {"$ref": "#/components/headers/ApiVersion"}
