"""Programs at the API with tokens of the identity provider: a real Keycloak gives them, to whoever proves itself by a key."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import ECKey

from events.envelope import Sender
from events.identifiers import to_source
from infra.clock import SystemClock
from infra.oidc.provider import ASSERTION, Tokens, write_assertion
from infra.postgres import sessions
from infra.tokens import make_asked
from tests.documents import a_shell, block, typed
from tests.keycloak.realms import WEB, query_of, sign_in
from tests.keycloak.running import Running
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.signing_in import PAGES, Provided, provided_site
from tests.services.web.test_limits import serving_on
from tests.services.web.test_who_acted import a_consent, an_event

pytestmark = pytest.mark.postgres
SYSTEM = "his-singel"


@pytest.fixture
async def provided(site: Site, keycloak: Running) -> AsyncIterator[Provided]:
    async with (
        provided_site(site, keycloak, keys=(SYSTEM,)) as made,
        serving_on(site, site.parts) as served,
    ):
        place = f"http://127.0.0.1:{served.port}/afmelden/provider"
        await made.realm.change_client(WEB, **{"backchannel.logout.url": place})
        yield made


async def ask(provided: Provided, assertion: str, **more: str) -> httpx2.Response:
    """As a system asks the provider for a token."""
    place = (await provided.seats.provider.metadata()).token_endpoint
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion,
    }
    async with httpx2.AsyncClient(timeout=60) as client:
        return await client.post(place, data=fields | more)


def an_assertion(provided: Provided, key: ECKey | None = None, client: str = SYSTEM) -> str:
    own = key or provided.realm.keys[SYSTEM]
    return write_assertion(own, client, provided.realm.issuer, SystemClock().now())


async def a_token(provided: Provided) -> str:
    answer = await ask(provided, an_assertion(provided))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def program(provided: Provided, token: str, organisation: object = "") -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    if organisation:
        headers["prikploeg-organisation"] = str(organisation)
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=provided.site.app, raise_app_exceptions=False),
        base_url=PAGES,
        headers=headers,
    )


async def status_with(provided: Provided, token: str, organisation: object = "") -> int:
    async with program(provided, token, organisation) as client:
        return (await client.get("/api/v1/patients")).status_code


async def tokens_of(provided: Provided, name: str) -> Tokens:
    """What the provider gives somebody who signs in: as a program of their own has it."""
    asked, visit = make_asked(""), provided.visit(name)
    question = await provided.seats.provider.write_question(
        asked.state, asked.nonce, asked.verifier
    )
    answer = query_of(await sign_in(visit.keycloak, question, name))
    return await provided.seats.provider.exchange(answer["code"], asked.verifier)


async def test_a_system_that_proves_itself_by_its_key_works_for_its_own_practice_alone(
    provided: Provided,
):
    token = await a_token(provided)
    home = provided.site.home
    own, foreign = (home.patients[practice][0] for practice in home.practices)

    async with program(provided, token) as client:
        ours = await client.get(f"/api/v1/patients/{own}")
        theirs = await client.get(f"/api/v1/patients/{foreign}")
        planner = await client.get("/api/v1/plan")

    assert (ours.status_code, theirs.status_code, planner.status_code) == (200, 404, 403)
    assert ours.json()["name"] == "Anna van Testa"


async def test_what_a_system_says_carries_who_it_was_and_for_which_practice(provided: Provided):
    token, site = await a_token(provided), provided.site
    subject = jwt_claims(token)["sub"]
    event = an_event(a_consent(site), to_source(Sender.PRACTICE, str(site.home.practices[0])))

    async with program(provided, token) as client:
        answer = await client.post(
            "/api/v1/events",
            content=event,
            headers={"content-type": "application/cloudevents+json"},
        )

    assert answer.status_code in (200, 202), answer.text
    owner = await site.fresh.open("owner", 1)
    (line,) = await rows(owner, "SELECT actor, actor_org FROM ledger ORDER BY accepted_at DESC, seq DESC LIMIT 1")  # fmt: skip
    assert tuple(line) == (f"oidc:{subject}", site.home.practices[0])


async def test_the_program_of_the_document_gets_a_token_that_opens_the_api(
    provided: Provided, tmp_path: Path
):
    key = provided.realm.keys[SYSTEM].as_dict(private=True)
    (tmp_path / "client.jwk").write_text(json.dumps(key))
    program_of_document = f'ISSUER = "{provided.realm.issuer}"\n' + block(
        "docs/sign-in.md", "client_assertion_type"
    )

    (tmp_path / "ask.py").write_text(program_of_document)
    said = await typed("python -W error::SyntaxWarning ask.py", a_shell(), folder=tmp_path)

    assert await status_with(provided, said.strip()) == 200


async def test_a_proof_counts_once_and_by_its_own_key_alone_and_there_is_no_secret(
    provided: Provided,
):
    proof = an_assertion(provided)
    stranger = ECKey.generate_key("P-256", {"kid": f"{SYSTEM}-1"})

    first = await ask(provided, proof)
    answers = {
        "again": await ask(provided, proof),
        "another key": await ask(provided, an_assertion(provided, stranger)),
        "another client": await ask(provided, an_assertion(provided, client=WEB)),
        "a secret": await ask(provided, "", client_id=SYSTEM, client_secret="geheim"),
    }

    assert first.status_code == 200
    assert {name: one.status_code in (400, 401) for name, one in answers.items()} == dict.fromkeys(
        answers, True
    )


async def test_only_an_access_token_of_ours_opens_the_api(provided: Provided):
    await provided.realm.person("anja", ["practice"], ["singel"])
    given = await tokens_of(provided, "anja")
    admin = provided.realm.admin.headers["authorization"].removeprefix("Bearer ")
    head, body, signature = given.access_token.split(".")

    assert await status_with(provided, given.access_token) == 200
    for wrong in (
        given.id_token,
        given.refresh_token,
        admin,  # of another realm
        f"{head}.{body}.{'A' * len(signature)}",
        f"{head}..{signature}",
        "..",
        "a.b.c",
    ):
        assert await status_with(provided, wrong) == 401


async def test_a_token_that_lives_too_long_does_not_count(provided: Provided):
    name = provided.realm.name
    realm = (await provided.realm.admin.get(f"/{name}")).json()
    await provided.realm.admin.put(f"/{name}", json=realm | {"accessTokenLifespan": 3600})

    assert await status_with(provided, await a_token(provided)) == 401


async def test_who_works_for_several_says_for_which_and_it_must_be_theirs(provided: Provided):
    await provided.realm.person("anja", ["practice"], ["singel", "hoogland"])
    token = (await tokens_of(provided, "anja")).access_token
    first, second = provided.site.home.practices

    async with program(provided, token) as client:
        asked = await client.get("/api/v1/patients")
    async with program(provided, token, second) as client:
        patients = (await client.get("/api/v1/patients")).json()["patients"]

    assert (asked.status_code, asked.json()["type"]) == (403, "urn:prikploeg:problem:choose_organisation")  # fmt: skip
    assert {row["person_id"] for row in patients} == set(
        map(str, provided.site.home.patients[second])
    )
    assert await status_with(provided, token, first) == 200
    for foreign in (provided.site.abroad.practices[0], provided.site.home.post, "GG2514", "x"):
        assert await status_with(provided, token, foreign) == 403


async def test_a_token_is_dead_once_its_session_at_the_provider_was_ended(provided: Provided):
    person = await provided.realm.person("anja", ["practice"], ["singel"])
    token = (await tokens_of(provided, "anja")).access_token
    other = await a_token(provided)
    before = await status_with(provided, token)

    await provided.realm.admin.post(f"/{provided.realm.name}/users/{person}/logout")

    assert (before, await status_with(provided, token)) == (200, 401)
    assert await status_with(provided, other) == 200


async def test_what_was_withdrawn_here_does_not_count_whatever_the_provider_signed(
    provided: Provided,
):
    token = await a_token(provided)
    before = await status_with(provided, token)
    door = await provided.site.fresh.open("acceptor", 1)

    async with door.transaction() as tx:
        subject = f"oidc:{jwt_claims(token)['sub']}"
        await sessions.withdraw(tx, subject, "cli:test", datetime.now(UTC))

    assert (before, await status_with(provided, token)) == (200, 401)


async def test_while_the_keys_can_not_be_read_a_program_is_told_to_come_back(provided: Provided):
    token = await a_token(provided)
    provided.seats.provider.keys().age(3_600)
    known = (
        provided.seats.provider._known
    )  # what it says of itself, with another place for its keys
    when, said = known[""] if known else (0.0, await provided.seats.provider.metadata())
    known[""] = (when, type(said)(*(said.authorization_endpoint, said.token_endpoint, "http://127.0.0.1:9/", "", "", True)))  # fmt: skip

    assert await status_with(provided, token) == 503


def jwt_claims(token: str) -> dict[str, str]:
    """What a token says, unchecked."""

    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
