"""Registers persons with the vault over HTTP (`POST /api/v1/persons`), and retries while it is away."""

import dataclasses
from collections.abc import Sequence
from typing import Self
from uuid import UUID

import aiohttp
import stamina

from infra.errors import Unavailable
from infra.person import Description

PATH = "/api/v1/persons"
# Waits of 0.25 s, doubled each time: half a minute in all, and a restart of `web` takes less.
TRIES = stamina.AsyncRetryingCaller(
    attempts=8, timeout=None, wait_initial=0.25, wait_max=16, wait_jitter=0
)
GOOD = frozenset({200, 201, 202, 422})  # 422: some of the batch refused, the others stored


class RefusedRequest(Exception):
    """The service refused the request: the token or the request is wrong, so a retry does not help."""


class PersonsOverHttp:
    """A connection to the vault of one service, with a token that may register persons."""

    def __init__(self, base_url: str, token: str) -> None:
        self._url = base_url.rstrip("/") + PATH
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection."""
        timeout = aiohttp.ClientTimeout(total=60)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, persons: Sequence[Description]) -> list[UUID | None]:
        """The ids in order; None where the vault refused. Raises Unavailable, RefusedRequest."""
        body: dict[str, object] = {"persons": [to_json(person) for person in persons]}
        # Through a lambda: stamina logs the arguments of what it retries, and these are people.
        answer = await TRIES(Unavailable, lambda: self._post("", body, "person_ids"))
        return [None if one is None else UUID(str(one)) for one in answer]

    async def list_questions(self, persons: Sequence[UUID]) -> set[UUID]:
        """Those for whom BSN and birth date have to be checked. Raises Unavailable, RefusedRequest."""
        body: dict[str, object] = {"person_ids": [str(person) for person in persons]}
        answer = await TRIES(
            Unavailable, lambda: self._post("/questions", body, "check_bsn_and_birth_date")
        )
        return {UUID(str(one)) for one in answer}

    async def _post(self, below: str, body: dict[str, object], wanted: str) -> list[object]:
        """The wanted list as it came. Raises Unavailable when the service is away and may come back."""
        assert self._session is not None, "use `async with`"
        path = PATH + below
        try:
            async with self._session.post(self._url + below, json=body) as response:
                if response.status >= 500:
                    raise Unavailable(f"POST {path}: status {response.status}")
                if response.status not in GOOD:
                    raise RefusedRequest(f"POST {path}: status {response.status}")
                answer = await response.json()
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise Unavailable(f"POST {path}: {type(error).__name__}") from error
        found = answer.get(wanted) if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise RefusedRequest(f"POST {path}: status {response.status} without {wanted}")
        return found


def to_json(described: Description) -> dict[str, object]:
    """What the API expects: the person, the practice that says it, and since when."""
    person, practice = described.person, described.speaker.organisation
    return dataclasses.asdict(person) | {
        "birth_date": person.birth_date.isoformat(),
        "practice_id": None if practice is None else str(practice),
        "as_of": None if described.as_of is None else described.as_of.isoformat(),
    }
