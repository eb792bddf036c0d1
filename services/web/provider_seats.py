"""Signs people in by the identity provider: begins their sessions, asks now and then whether they still may, and ends them.

Beside `seats.py` the only way in which the pages write sessions. Our own session is what counts at every request; that of
the provider is tied to it by `sid` (decision 0033). Real time, also while a campaign is played on simulated time.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infra import tokens
from infra.clock import SystemClock
from infra.crypto import Keys
from infra.errors import NotConfigured, Unavailable
from infra.identity import new_id
from infra.oidc.asking import ProviderAway
from infra.oidc.checking import LEEWAY_SECONDS, LOGOUT_SECONDS, InvalidToken
from infra.oidc.mapping import (
    MACHINES,
    Choice,
    MeaningOfClaims,
    find_choices,
    keys_to_look_up,
    read_relations,
    read_subject,
)
from infra.oidc.provider import Provider, SignInRefused, Tokens
from infra.oidc.statement import read_statement
from infra.postgres import provider_sessions, sessions
from infra.postgres.affiliations import find_organisations
from infra.postgres.database import Database, Who
from infra.postgres.provider_sessions import Tied

if TYPE_CHECKING:
    from infra.postgres.database import Connection

log = logging.getLogger(__name__)
CHOOSING: Final = "choosing"  # has signed in, and has not said yet for which organisation
SID: Final = "oidc-sid:"  # of whoever holds a token of that session at the provider
SUB: Final = "oidc-sub:"
BY_PROVIDER: Final = "oidc:provider"
# The provider gives nothing to ask it with later: then nobody stays longer than this without signing in anew.
UNASKED: Final = timedelta(hours=1)
AT_ONCE: Final = 20  # sessions that are asked for together: 1,000 in four minutes are 5 a second
LOOK_SECONDS: Final = 5.0


class NoChoice(Exception):
    """Somebody signed in who has no role here with any organisation that is registered here."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, by what the provider says."""

    subject: str
    sub: str
    sid: str | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that began or went on, and its cookie."""

    who: Who
    cookie: str


class ProviderSeats:
    """Holds the pool that may write sessions, and the provider."""

    def __init__(
        self,
        database: Database,
        key: bytes,
        keys: Keys,
        provider: Provider,
        mapping: MeaningOfClaims,
    ) -> None:
        self._database, self._key, self._keys = database, key, keys
        self.provider, self.mapping = provider, mapping
        self._check_after = timedelta(seconds=provider.settings.check_seconds)

    async def begin(self, code: str, asked: tokens.Asked, before: UUID | None) -> Begun:
        """Sign in whoever came back with this code; `before` is the session that this browser had.

        The same person in the same browser goes on in the same session: what stands open in another tab stays good.
        Raises NoChoice, SignInRefused, InvalidToken and Unavailable.
        """
        given = await self.provider.exchange(code, asked.verifier)
        person = await self.read_person(given, asked.nonce)
        if not person.choices:
            raise NoChoice
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            old = None if before is None else await provider_sessions.find_tied(tx, before, now)
            if old is not None and goes_on(old, person):
                return await self._go_on(tx, old, person, given, now)
            if old is not None:
                await self._end(tx, old.session, old.who.subject, now)
            return await self._open(tx, person, given, now)

    async def read_person(self, given: Tokens, nonce: str | None) -> Person:
        """Who the tokens are of, and as whom they may act. Raises SignInRefused, InvalidToken and Unavailable."""
        claims = signed = await self.provider.read_id_token(given.id_token, nonce)
        if self.mapping.source != "id_token":
            claims = await self.provider.read_userinfo(given.access_token, signed["sub"])
        if self.mapping.statement is not None:
            claims = await read_statement(self.provider, self.mapping.statement, claims)
        subject = read_subject(self.mapping, claims)
        if not subject:
            raise InvalidToken("no subject")
        sid = signed.get("sid")
        choices = [one for one in await self.find_choices(claims) if one.role not in MACHINES]
        return Person(subject, signed["sub"], sid if isinstance(sid, str) else None, tuple(choices))

    async def find_choices(self, claims: Mapping[str, Any]) -> list[Choice]:
        """As whom these claims let somebody act. Raises Unavailable."""
        relations = read_relations(self.mapping, claims)
        ids, agbs = keys_to_look_up(self.mapping, relations)
        async with self._database.transaction() as tx:
            known = await find_organisations(tx, ids, agbs)
        return find_choices(self.mapping, relations, known)

    async def choose(self, session: UUID, wanted: str) -> Begun | None:
        """Go on as the choice of this name, in a session of its own; None when it is none of theirs, or nothing is open."""
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            tied = await provider_sessions.find_tied(tx, session, now)
            if tied is None:
                return None
            choices = from_json(tied.choices)
            choice = next((one for one in choices if name_of(one) == wanted), None)
            if choice is None:
                return None
            who = choice.to_who(tied.who.subject)
            secret = self._keys.open(tied.sealed, session.bytes)
            await self._end(tx, session, tied.who.subject, now)
            return await self._tie(tx, replace(tied, session=new_id(), who=who), secret, now)

    async def list_choices(self, session: UUID) -> tuple[Choice, ...]:
        """As whom the person of this session may act; nothing when the provider did not open it."""
        async with self._database.transaction() as tx:
            tied = await provider_sessions.find_tied(tx, session, SystemClock().now())
        return () if tied is None else from_json(tied.choices)

    async def end(self, session: UUID, by: str) -> str:
        """End a session; where the provider ends its own, or an empty text when it did not open this one."""
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            tied = await provider_sessions.find_tied(tx, session, now)
            await self._end(tx, session, by, now)
        if tied is None:
            return ""
        try:
            id_token = json.loads(self._keys.open(tied.sealed, session.bytes))["id_token"]
            return await self.provider.write_goodbye(id_token)
        except (ProviderAway, NotConfigured):
            return ""

    async def log_out(self, token: str) -> int:
        """End what the provider orders to end (back-channel logout); how many sessions of ours it was.

        Raises InvalidToken, for the same order a second time too, and Unavailable.
        """
        claims = await self.provider.read_logout_token(token)
        now = SystemClock().now()
        until = now + timedelta(seconds=LOGOUT_SECONDS + 2 * LEEWAY_SECONDS)
        sid, sub = (claims.get(name) if claims.get(name) else None for name in ("sid", "sub"))
        async with self._database.transaction() as tx:
            if not await provider_sessions.use_once(tx, claims["jti"], until, now):
                raise InvalidToken("jti: used before")
            found = await provider_sessions.list_sessions_of(tx, sid, sub)
            for session in found:
                await self._end(tx, session, BY_PROVIDER, now)
            # access tokens of that session are still signed well, for minutes
            await sessions.withdraw(tx, f"{SID}{sid}" if sid else f"{SUB}{sub}", BY_PROVIDER, now)
        return len(found)

    async def check_due(self) -> int:
        """Ask the provider for each session of which it was not asked lately; how many. Raises Unavailable.

        A person who was disabled there gets no new token, and the provider says so to nobody by itself.
        """
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            due = await provider_sessions.claim_due(tx, now - self._check_after, now, AT_ONCE)
        await asyncio.gather(*(self._check(tied) for tied in due))
        return len(due)

    async def _check(self, tied: Tied) -> None:
        """End a session whose person the provider does not let in any more, or not as the one they act as."""
        try:
            old = json.loads(self._keys.open(tied.sealed, tied.session.bytes))
            if not old["refresh_token"]:
                return
            given = await self.provider.refresh(old["refresh_token"])
            given = replace(
                given,
                id_token=given.id_token or old["id_token"],
                refresh_token=given.refresh_token or old["refresh_token"],
            )
            person = await self.read_person(given, None)
        except (SignInRefused, InvalidToken, NotConfigured) as error:
            log.info("a session ends: %s", error)
            await self._end_by_provider(tied.session)
            return
        except Unavailable as error:
            log.warning("not known whether sessions may go on", exc_info=error)
            return
        if not goes_on(tied, person):
            await self._end_by_provider(tied.session)
            return
        await self._keep(tied, person, given)

    async def _keep(self, tied: Tied, person: Person, given: Tokens) -> None:
        """Keep what the provider gave for the next question, wherever the person went on meanwhile."""
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            for session in await provider_sessions.list_sessions_of(tx, tied.sid, tied.sub):
                open_one = await provider_sessions.find_tied(tx, session, now)
                if open_one is not None and (tied.sid is not None or session == tied.session):
                    choices = to_json(person.choices)
                    await self._seal(tx, replace(open_one, choices=choices), write(given), now)

    async def _end_by_provider(self, session: UUID) -> None:
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            await self._end(tx, session, BY_PROVIDER, now)

    async def _end(self, tx: "Connection", session: UUID, by: str, now: datetime) -> None:
        await sessions.end_session(tx, session, by, now)
        await provider_sessions.forget_tie(tx, session)

    async def _open(self, tx: "Connection", person: Person, given: Tokens, now: datetime) -> Begun:
        """A new session: of the one choice there is, else of somebody who chooses first."""
        one = person.choices[0] if len(person.choices) == 1 else Choice(CHOOSING, "", None)
        lasts = tokens.WORKING_DAY if given.refresh_token else UNASKED
        tied = Tied(
            new_id(),
            one.to_who(person.subject),
            now + lasts,
            person.sub,
            person.sid,
            to_json(person.choices),
            self._keys.seal("", b""),
        )
        return await self._tie(tx, tied, write(given), now)

    async def _go_on(
        self, tx: "Connection", old: Tied, person: Person, given: Tokens, now: datetime
    ) -> Begun:
        lasts = tokens.WORKING_DAY if given.refresh_token else UNASKED
        tied = replace(old, until=now + lasts, sid=person.sid, choices=to_json(person.choices))
        await sessions.extend_session(tx, old.session, tied.until)
        await self._seal(tx, tied, write(given), now)
        return self._write_cookie(tied, now)

    async def _tie(self, tx: "Connection", tied: Tied, secret: str, now: datetime) -> Begun:
        await sessions.open_session(tx, tied.session, tied.who, now, tied.until)
        await self._seal(tx, tied, secret, now)
        return self._write_cookie(tied, now)

    async def _seal(self, tx: "Connection", tied: Tied, secret: str, now: datetime) -> None:
        sealed = self._keys.seal(secret, tied.session.bytes)
        await provider_sessions.tie(tx, replace(tied, sealed=sealed), now)

    def _write_cookie(self, tied: Tied, now: datetime) -> Begun:
        cookie = tokens.mint(
            self._key,
            tied.who,
            session=tied.session,
            lifetime=tied.until - now,
            now=now,
            several=len(from_json(tied.choices)) > 1,
        )
        return Begun(tied.who, cookie)


def goes_on(tied: Tied, person: Person) -> bool:
    """Whether a session is of this person, who may still act as in it."""
    if (tied.who.subject, tied.sub) != (person.subject, person.sub):
        return False
    if tied.who.role == CHOOSING:
        return bool(person.choices)
    return any(one.to_who(person.subject) == tied.who for one in person.choices)


def name_of(choice: Choice) -> str:
    """What a form says for a choice."""
    return f"{choice.role}:{choice.region}:{choice.organisation or ''}"


def write(given: Tokens) -> str:
    """What is kept sealed of tokens: access tokens are for others."""
    return json.dumps({"id_token": given.id_token, "refresh_token": given.refresh_token})


def to_json(choices: Sequence[Choice]) -> str:
    """Choices as they are stored."""
    return json.dumps([asdict(one) for one in choices], default=str)


def from_json(text: str) -> tuple[Choice, ...]:
    """Choices as they were stored."""
    return tuple(
        Choice(
            one["role"],
            one["region"],
            None if one["organisation"] is None else UUID(one["organisation"]),
            one["name"],
        )
        for one in json.loads(text)
    )
