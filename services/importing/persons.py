"""Asks the service over HTTP: registers persons with the vault, asks what is known, and retries while it is away."""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Self
from uuid import UUID

import aiohttp
import stamina

from infra.errors import Unavailable
from infra.person import Description
from services.importing.accounting import Known
from services.importing.asking import Registered

PATH, KNOWN = "/api/v1/persons", "/api/v1/known"
BATCH = 5_000  # events or keys in one request
PATIENCE = 6  # times to ask for what was sent a moment ago, a second apart
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
        self._url = base_url.rstrip("/")
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

    async def __call__(self, persons: Sequence[Description]) -> list[Registered | None]:
        """What the vault says of each in order; None where it refused. Raises Unavailable, RefusedRequest."""
        body: dict[str, object] = {"persons": [to_json(person) for person in persons]}
        # Through a lambda: stamina logs the arguments of what it retries, and these are people.
        ids, before = await TRIES(
            Unavailable, lambda: self._post("", body, "person_ids", "said_before")
        )
        return [
            None if one is None else Registered(UUID(str(one)), said is True)
            for one, said in zip(ids, before, strict=True)
        ]

    async def list_questions(self, persons: Sequence[UUID]) -> set[UUID]:
        """Those for whom BSN and birth date have to be checked. Raises Unavailable, RefusedRequest."""
        body: dict[str, object] = {"person_ids": [str(person) for person in persons]}
        (found,) = await TRIES(
            Unavailable, lambda: self._post("/questions", body, "check_bsn_and_birth_date")
        )
        return {UUID(str(one)) for one in found}

    async def list_known(
        self,
        events: Sequence[tuple[str, str]],
        keys: Mapping[str, Sequence[str]],
        *,
        patient: bool = True,
    ) -> Known:
        """What of these the service has; `patient` waits for a thing that was sent a moment ago. Raises as the others."""
        seen: set[tuple[str, str]] = set()
        for start in range(0, len(events), BATCH):
            part = events[start : start + BATCH]
            said = [{"source": source, "id": name} for source, name in part]
            found, _ = await self._ask_known({"events": said})
            seen |= found
        things: dict[str, frozenset[str]] = {}
        for kind, ids in keys.items():
            for start in range(0, len(ids), BATCH):
                found_ids = await self._wait_for(
                    kind, list(ids[start : start + BATCH]), PATIENCE if patient else 1
                )
                things[kind] = things.get(kind, frozenset()) | found_ids
        return Known(frozenset(seen), things)

    async def _wait_for(self, kind: str, ids: list[str], turns: int) -> frozenset[str]:
        """Those that are known, asked again for a while: the file before may still be on its way through Kafka."""
        found: frozenset[str] = frozenset()
        for turn in range(turns):
            if turn:
                await asyncio.sleep(1)
            _, keys = await self._ask_known({kind: ids})
            found = keys.get(kind, frozenset())
            if len(found) == len(set(ids)):
                break
        return found

    async def _ask_known(
        self, body: dict[str, object]
    ) -> tuple[set[tuple[str, str]], dict[str, frozenset[str]]]:
        answer = await TRIES(Unavailable, lambda: self._call(KNOWN, body))
        events, keys = answer.get("events"), answer.get("keys")
        if not isinstance(events, list) or not isinstance(keys, dict):
            raise RefusedRequest(f"POST {KNOWN}: an answer without events and keys")
        seen = {(str(one["source"]), str(one["id"])) for one in events}
        return seen, {str(kind): frozenset(map(str, ids)) for kind, ids in keys.items()}

    async def _post(self, below: str, body: dict[str, object], *wanted: str) -> list[list[object]]:
        """The wanted lists as they came. Raises Unavailable when the service is away and may come back."""
        path = PATH + below
        answer = await self._call(path, body)
        found: list[list[object]] = []
        for name in wanted:
            one = answer.get(name)
            if not isinstance(one, list):
                raise RefusedRequest(f"POST {path}: an answer without {name}")
            found.append(one)
        return found

    async def _call(self, path: str, body: dict[str, object]) -> dict[str, object]:
        assert self._session is not None, "use `async with`"
        try:
            async with self._session.post(self._url + path, json=body) as response:
                if response.status >= 500:
                    raise Unavailable(f"POST {path}: status {response.status}")
                if response.status not in GOOD:
                    raise RefusedRequest(f"POST {path}: status {response.status}")
                answer: object = await response.json()
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise Unavailable(f"POST {path}: {type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise RefusedRequest(f"POST {path}: status {response.status} without an object")
        return answer


def to_json(described: Description) -> dict[str, object]:
    """What the API expects: the person, the practice that says it, and since when."""
    person, practice = described.person, described.speaker.organisation
    return dataclasses.asdict(person) | {
        "birth_date": person.birth_date.isoformat(),
        "practice_id": None if practice is None else str(practice),
        "as_of": None if described.as_of is None else described.as_of.isoformat(),
    }
