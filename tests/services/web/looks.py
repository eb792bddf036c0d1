"""Whom an answer shows, as its text says, and whom the access log says it showed."""

import re
from uuid import UUID

import httpx2

from infra.postgres.database import Who
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import a_person


async def lines(site: Site) -> list[tuple[UUID, str, str, str]]:
    owner = await site.fresh.open("owner", 1)
    return await rows(owner, "SELECT person, who, route, outcome FROM access_log")  # type: ignore[return-value]


def find_shown(answer: httpx2.Response, persons: set[UUID], names: dict[str, UUID]) -> set[UUID]:
    """Who stands in an answer: by number, by the beginning of it that pages show, or by name."""
    text = answer.text
    beginnings = set(re.findall(r"\b[0-9a-f]{8}\b(?!-)", text))
    shown = {one for one in persons if str(one) in text or str(one)[:8] in beginnings}
    return shown | {person for name, person in names.items() if name in text}


def names_of(site: Site) -> dict[str, UUID]:
    patients = [one for own in site.home.patients.values() for one in own]
    return {a_person(n).family_name: person for n, person in enumerate(patients)}


async def list_unlogged(site: Site, who: Who, answer: httpx2.Response, address: str) -> set[UUID]:
    """Whom an answer to a form or a request that writes showed without a line for this reader and route."""
    owner = await site.fresh.open("owner", 1)
    known = await rows(owner, "SELECT person FROM persons UNION SELECT person FROM registrations")
    shown = find_shown(answer, {person for (person,) in known}, names_of(site))
    route = f"POST {address}"
    return shown - {
        line[0] for line in await lines(site) if line[1:] == (who.subject, route, "shown")
    }
