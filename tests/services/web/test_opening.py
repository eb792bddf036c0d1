"""A planner works by pseudonym: a name becomes one only with a reason, which stands in the access log."""

import pytest

from tests.services.web.conftest import Site
from tests.services.web.seed import a_person

pytestmark = pytest.mark.postgres
WHY = "patient belt zelf de huisartsenpost"


def described(number: int = 0) -> dict[str, str | None]:
    person = a_person(number)
    return {
        "bsn": person.bsn,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "postcode": person.postcode,
    }


async def openings(site: Site) -> list[tuple[object, ...]]:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        found = await tx.fetch(
            "SELECT person, who, role, why FROM access_log WHERE action = 'identify'"
        )
    return [tuple(row) for row in found]


async def ask(site: Site, role: str, **more: str):
    async with site.client(site.who(role), cookie=False) as client:
        return await client.post("/api/v1/persons", json={"persons": [described()], **more})


async def test_a_planner_gets_no_pseudonym_of_a_name_without_a_reason(site: Site):
    answer = await ask(site, "planner")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["location"] == {"pointer": "/reason"}
    assert str(site.home.patients[site.home.practices[0]][0]) not in answer.text
    assert await openings(site) == []


@pytest.mark.parametrize("reason", ["", "kort", "BSN 999990019 nagaan", "x" * 281])
async def test_a_reason_says_something_and_holds_no_number_of_a_person(site: Site, reason: str):
    answer = await ask(site, "planner", reason=reason)

    assert answer.status_code == 400
    assert "999990019" not in answer.text
    assert await openings(site) == []


async def test_an_opening_with_a_reason_is_logged_with_who_asked_and_why(site: Site):
    answer = await ask(site, "planner", reason=WHY)

    (person,) = answer.json()["person_ids"]
    planner = site.who("planner")
    assert [(str(one), *rest) for one, *rest in await openings(site)] == [
        (person, planner.subject, "planner", WHY)
    ]


async def test_a_practice_needs_no_reason_to_give_details(site: Site):
    answer = await ask(site, "practice")

    (person,) = answer.json()["person_ids"]
    who = site.who("practice")
    assert [(str(one), *rest) for one, *rest in await openings(site)] == [
        (person, who.subject, "practice", "registering")
    ]
