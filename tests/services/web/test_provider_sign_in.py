"""People sign in by an identity provider: a real Keycloak asks who they are, and its claims say what they may do here."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from infra import tokens
from services.web.access import COOKIE
from tests.keycloak.realms import query_of
from tests.keycloak.running import Running
from tests.services.web.conftest import KEY, Site
from tests.services.web.signing_in import PAGES, Provided, provided_site

pytestmark = pytest.mark.postgres


@pytest.fixture
async def provided(site: Site, keycloak: Running) -> AsyncIterator[Provided]:
    async with provided_site(site, keycloak) as made:
        yield made


async def test_somebody_signs_in_at_the_provider_and_sees_the_page_they_wanted(provided: Provided):
    await provided.realm.person("anja", ["practice"], ["singel"])
    visit = provided.visit("anja")

    first = await visit.pages.get("/aanmelden?naar=/praktijk")
    back = await visit.go("/praktijk?x=1")
    page = await visit.pages.get("/praktijk")

    assert "/aanmelden/provider?naar=/praktijk" in first.text
    assert (back.status_code, back.headers["location"]) == (303, "/praktijk?x=1")
    assert "Praktijk De Singel" in page.text
    assert "Praktijk Hoog Land" not in page.text
    claim = tokens.read_claim(KEY, visit.pages.cookies[COOKIE])
    assert claim is not None
    assert claim.who.subject.startswith("oidc:")
    assert claim.who.organisation == provided.site.home.practices[0]


async def test_the_question_to_the_provider_says_nothing_that_another_could_answer(
    provided: Provided,
):
    visit = provided.visit("anja")

    first = query_of((await visit.pages.get("/aanmelden/provider")).headers["location"])
    second = query_of((await visit.pages.get("/aanmelden/provider")).headers["location"])

    assert first["code_challenge_method"] == "S256"
    assert first["response_type"] == "code"
    assert first["redirect_uri"] == f"{PAGES}/aanmelden/terug"
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


async def test_a_code_counts_once_in_the_browser_that_asked_for_it_and_with_its_state(
    provided: Provided,
):
    await provided.realm.person("anja", ["practice"], ["singel"])
    hers, other = provided.visit("anja"), provided.visit("anja")
    address = await hers.leave()
    altered = address.replace("state=", "state=x", 1)

    elsewhere = await other.return_by(address)
    wrong = await hers.return_by(altered)
    good = await hers.return_by(address)
    again = await hers.return_by(address)

    assert [one.status_code for one in (elsewhere, wrong, good, again)] == [403, 403, 303, 403]
    assert COOKIE not in other.pages.cookies
    assert "Dit aanmelden is verlopen" in elsewhere.text


async def test_a_code_of_one_tab_does_not_open_a_session_in_another(provided: Provided):
    # the state of one question with the code of another: its verifier and nonce are not those
    await provided.realm.person("anja", ["practice"], ["singel"])
    visit = provided.visit("anja")
    first, second = query_of(await visit.leave()), query_of(await visit.leave())

    mixed = await visit.pages.get("/aanmelden/terug", params=first | {"state": second["state"]})

    assert mixed.status_code == 403
    assert COOKIE not in visit.pages.cookies


async def test_an_answer_of_another_provider_is_refused(provided: Provided):
    await provided.realm.person("anja", ["practice"], ["singel"])
    visit = provided.visit("anja")
    answer = query_of(await visit.leave())

    other = await visit.pages.get(
        "/aanmelden/terug", params=answer | {"iss": "https://other.example"}
    )
    none = await visit.pages.get(
        "/aanmelden/terug", params={name: answer[name] for name in ("state", "code")}
    )

    assert (other.status_code, none.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("roles", "organisations"),
    [([], ["singel"]), (["practice"], []), (["practice"], ["elders"]), (["planner"], ["singel"])],
)
async def test_somebody_without_a_role_at_an_organisation_of_ours_is_told_so(
    provided: Provided, roles: list[str], organisations: list[str]
):
    await provided.realm.person("anja", roles, organisations)
    visit = provided.visit("anja")

    back = await visit.go()

    assert back.status_code == 403
    assert "U hebt hier nog geen toegang" in back.text
    assert COOKIE not in visit.pages.cookies


async def test_each_role_goes_to_its_own_page(provided: Provided):
    for role, organisation, home in (
        ("planner", "post", "/planning"),
        ("crisis", "ggd", "/regio"),
        ("beheer", "ggd", "/beheer"),
    ):
        await provided.realm.person(role, [role], [organisation])
        visit = provided.visit(role)

        back = await visit.go("/praktijk")
        page = await visit.pages.get(home)

        assert back.headers["location"] == home
        assert page.status_code == 200, role


async def test_somebody_with_several_organisations_chooses_one_and_acts_for_it(provided: Provided):
    await provided.realm.person("anja", ["practice", "planner"], ["singel", "hoogland", "post"])
    visit = provided.visit("anja")

    back = await visit.go("/praktijk")
    early = await visit.pages.get("/praktijk")
    choices = await visit.pages.get(back.headers["location"])
    chosen = await choose(visit, choices.text, "Praktijk Hoog Land")
    page = await visit.pages.get(chosen.headers["location"])

    assert back.headers["location"] == "/aanmelden/kies?naar=/praktijk"
    assert early.headers["location"] == "/aanmelden/kies?naar=/praktijk"
    for name in ("Praktijk De Singel", "Praktijk Hoog Land", "Huisartsenpost Zeist"):
        assert name in choices.text
    assert chosen.headers["location"] == "/praktijk"
    assert "Praktijk Hoog Land" in page.text
    assert "Praktijk De Singel" not in page.text


async def test_a_switch_needs_no_sign_in_and_leaves_the_former_choice_behind(provided: Provided):
    await provided.realm.person("anja", ["practice", "planner"], ["singel", "post"])
    visit = provided.visit("anja")
    await visit.go()
    choices = await visit.pages.get("/aanmelden/kies")
    await choose(visit, choices.text, "Praktijk De Singel")
    first = visit.pages.cookies[COOKIE]
    page = await visit.pages.get("/praktijk")

    again = await visit.pages.get("/aanmelden/kies?naar=/planning")
    switched = await choose(visit, again.text, "Huisartsenpost Zeist")
    planning = await visit.pages.get("/planning")
    practice = await visit.pages.get("/praktijk")
    second = visit.pages.cookies[COOKIE]
    visit.pages.cookies.set(COOKIE, first, domain=urlsplit(PAGES).hostname or "")
    with_former = await visit.pages.get("/praktijk")

    assert "Wissel van organisatie" in page.text
    assert "Hier werkt u nu voor" in again.text
    assert switched.headers["location"] == "/planning"
    assert (planning.status_code, practice.status_code) == (200, 403)
    assert with_former.status_code == 303  # that session is over
    assert tokens.read_claim(KEY, second) != tokens.read_claim(KEY, first)


async def test_nobody_chooses_what_is_not_theirs(provided: Provided):
    await provided.realm.person("anja", ["practice", "planner"], ["singel", "post"])
    visit = provided.visit("anja")
    await visit.go()
    page = await visit.pages.get("/aanmelden/kies")
    proof = page.text.split('name="proof" value="')[1].split('"')[0]
    foreign = f"practice:GG2514:{provided.site.home.practices[1]}"

    refused = await visit.pages.post("/aanmelden/kies", data={"proof": proof, "keuze": foreign})
    without = await visit.pages.post("/aanmelden/kies", data={"keuze": "crisis:GG2514:"})

    assert (refused.status_code, without.status_code) == (403, 403)


async def test_a_new_key_of_the_provider_is_fetched_once_it_signs(provided: Provided):
    await provided.realm.person("anja", ["practice"], ["singel"])
    await provided.visit("anja").go()
    keys = provided.seats.provider.keys()
    keys.age(60)  # it may ask again
    asked = keys.asked
    await provided.realm.add_key("es256-2")

    back = await provided.visit("anja").go()
    once_more = await provided.visit("anja").go()

    assert (back.status_code, once_more.status_code) == (303, 303)
    assert keys.asked == asked + 1


async def choose(visit: object, page: str, name: str) -> object:
    """Press the button of this organisation."""
    part = next(one for one in page.split("<li>") if f"<b>{name}</b>" in one)
    fields = {
        field: part.split(f'name="{field}" value="')[1].split('"')[0]
        for field in ("proof", "naar", "keuze")
    }
    return await visit.pages.post("/aanmelden/kies", data=fields)  # type: ignore[attr-defined]
