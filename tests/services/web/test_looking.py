"""Who looked at a patient, in plain words, for the practice of that patient and for nobody else."""

import html
import re

import pytest

from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD
from tests.services.web.test_emergency import WHY, asking, get, opened, someone

pytestmark = pytest.mark.postgres


async def lines(site: Site, number: int = 0) -> list[list[str]]:
    who = site.who("practice", number=number)
    page = (await get(site, who, f"/praktijk/inzage/{someone(site)}")).text
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert body is not None, page
    return [
        [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    ]  # fmt: skip


async def test_a_practice_reads_who_of_its_own_looked_and_what_they_did(site: Site):
    who = site.who("practice")
    await get(site, who, "/praktijk")
    await get(site, who, f"/praktijk?patient={someone(site)}")

    found = await lines(site)

    own = f"{who.subject}, Praktijk De Singel"
    said = {(line[1], line[2], line[3]) for line in found}
    assert said == {
        (own, "Medewerker van een praktijk", "Stond in de lijst met eigen patiënten"),
        (own, "Medewerker van een praktijk", "Opende de gegevens van de patiënt"),
    }
    assert any("2 keer" in line[0] for line in found)


async def test_looking_at_who_looked_is_a_look_too(site: Site):
    await lines(site)

    assert [line[3] for line in await lines(site)] == ["Bekeek wie in dit dossier keek"]


async def test_an_opening_with_a_reason_is_shown_with_it_and_the_organisation_but_not_the_person_of_another_practice(
    site: Site,
):
    other = asking(site, "practice")
    await get(site, other, await opened(site, other))

    ((_, who, role, why),) = await lines(site)

    assert who == "Praktijk Hoog Land"
    assert other.subject not in who
    assert role == "Medewerker van een praktijk"
    assert why == f"Noodinzage. {WHY}"


async def test_who_asked_and_was_refused_is_shown_too(site: Site):
    await get(site, asking(site, "practice"), f"/api/v1/patients/{someone(site)}")

    ((_, who, _, why),) = await lines(site)

    assert who == "Praktijk Hoog Land"
    assert why == "Vroeg deze patiënt op en kreeg niets te zien"


@pytest.mark.parametrize(
    ("role", "why", "words"),
    [
        ("courier", "return record to the practice", ["Prikploeg zelf", "Gaf door wat er bij de patiënt gedaan is"]),
        ("auditor", "spot check", ["Andere rol", "spot check"]),
    ],
)  # fmt: skip
async def test_a_look_by_a_program_or_by_a_role_of_later_is_shown_too(
    site: Site, role: str, why: str, words: list[str]
):
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        await tx.execute(
            "INSERT INTO access_log (region, person, who, role, action, why) VALUES ('GG2514', $1, 'x', $2, 'send', $3)",
            someone(site), role, why,
        )  # fmt: skip

    ((_, who, *said),) = await lines(site)

    assert said == words
    assert who == "GGD Regio Utrecht"


@pytest.mark.parametrize("region", ["own", "abroad"])
async def test_for_another_practice_the_patient_is_not_there(site: Site, region: str):
    who = site.who("practice", number=1) if region == "own" else site.who("practice", ABROAD)

    answer = await get(site, who, f"/praktijk/inzage/{someone(site)}")

    assert answer.status_code == 404
    async with site.parts.reader.reading(who) as tx:
        seen = {row[0] for row in await tx.fetch("SELECT person FROM looks_at_own")}
    assert someone(site) not in seen


@pytest.mark.parametrize("role", ["planner", "crisis", "admin", "stranger"])
async def test_no_other_role_reads_the_log(site: Site, role: str):
    await get(site, site.who("practice"), "/praktijk")

    async with site.parts.reader.reading(site.who(role)) as tx:
        assert await tx.fetch("SELECT * FROM looks_at_own") == []
    with pytest.raises(Exception, match="permission denied"):
        async with site.parts.reader.reading(site.who(role)) as tx:
            await tx.fetch("SELECT * FROM access_log")


async def test_the_patient_s_pane_leads_to_who_looked(site: Site):
    page = (await get(site, site.who("practice"), f"/praktijk?patient={someone(site)}")).text

    assert f'<a href="/praktijk/inzage/{someone(site)}">Wie keek in dit dossier</a>' in page
