import html
import re

import pytest

from events.envelope import Sender
from events.visits import VisitStarted
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, NOW, an_id

pytestmark = pytest.mark.postgres


async def test_the_planner_sees_the_visits_of_a_day_and_what_is_not_planned(site: Site):
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning?dag=2021-02-17")).text

    assert "Woensdag 17 februari" in page
    assert re.search(r'aria-label="1 Lindeplein GG2514 6, 12:00 tot 13:10"', page)
    assert "Er zijn te weinig doses" in page
    assert "Er is niemand om te bellen" in page
    assert "Uitbraak bij Hoog Land GG2514, Zeist" in page


async def test_without_a_day_the_planner_gets_the_first_day_with_visits(site: Site):
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text

    assert "Woensdag 17 februari" in page


async def test_a_day_on_which_nobody_works_says_so(site: Site):
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning?dag=2021-02-20")).text

    assert "Op deze dag werkt geen team" in page


async def test_a_visit_that_should_have_begun_is_late_on_the_timeline_and_in_the_inbox(site: Site):
    site.clock.at = NOW.replace(hour=11, minute=35)

    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text

    assert "Team Vecht loopt 35 minuten uit" in page
    assert "is-late" in page


async def test_a_visit_that_began_is_busy(site: Site):
    await site.say(
        Sender.TEAM,
        VisitStarted(visit_id=an_id(HOME, "visit"), team_id=an_id(HOME, "team"), started_at=NOW),
    )

    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text

    assert 'class="tl-visit team-vecht is-busy"' in page


async def test_the_map_gets_routes_and_places_without_names(site: Site):
    async with site.client(site.who("planner")) as client:
        drawn = (await client.get("/planning/kaart.json?dag=2021-02-17")).json()

    assert [stop["n"] for stop in drawn["routes"][0]["stops"]] == [1]
    assert len(drawn["posts"]) == 1
    assert len(drawn["open"]) == 1


async def test_a_practice_sees_its_own_patients_by_initials_with_their_state(site: Site):
    async with site.client(site.who("practice")) as client:
        page = (await client.get("/praktijk")).text

    assert page.count("<tr id=") == 8
    assert "A.v.T." in page
    assert "wo 17 feb, middag" in page
    assert "Team Vecht komt langs" in page
    assert "Wacht op toestemming" in page


async def test_a_screen_that_refreshes_itself_is_one_reading_in_the_log(site: Site):
    async with site.client(site.who("practice")) as client:
        for _ in range(3):
            await client.get("/praktijk", headers={"hx-request": "true"})

    assert await lines_in_log(site) == 8


async def test_opening_one_patient_is_a_reading_of_its_own(site: Site):
    person = site.home.patients[site.home.practices[0]][0]

    async with site.client(site.who("practice")) as client:
        page = (await client.get(f"/praktijk?patient={person}")).text

    assert "*****2333" in page
    assert "111222333" not in page
    assert await lines_in_log(site) == 9


async def test_a_refresh_is_only_the_content_of_the_page(site: Site):
    async with site.client(site.who("crisis")) as client:
        page = (await client.get("/regio", headers={"hx-request": "true"})).text

    assert page.lstrip().startswith('<main id="inhoud"')
    assert "<html" not in page


async def test_planner_and_crisis_team_see_how_the_plan_bears_a_bad_day(site: Site):
    for role, address in (("planner", "/planning?dag=2021-02-17"), ("crisis", "/regio")):
        async with site.client(site.who(role)) as client:
            page = (await client.get(address)).text
        assert "Bezoeken op tijd als de dag tegenzit</dt><dd>93&nbsp;%" in page
        assert "Routes binnen de dienst terug als de dag tegenzit</dt><dd>71&nbsp;%" in page
        assert "Flacons niet op tijd leeg als de dag tegenzit</dt><dd>2" in page


async def test_planner_and_crisis_team_read_what_could_still_be_gained(site: Site):
    # exact for the planner, in tens for others: together with other numbers it says how many are left
    for role, address, n in (("planner", "/planning?dag=2021-02-17", 41), ("crisis", "/regio", 50)):
        for language, words in (
            ("nl", f"Er zouden hooguit nog {n} mensen meer bediend kunnen worden."),
            ("en", f"At most {n} more people could be served."),
        ):
            async with site.client(site.who(role)) as client:
                page = (
                    await client.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
                ).text
            assert words in page


async def test_the_crisis_team_sees_numbers_in_fives(site: Site):
    async with site.client(site.who("crisis")) as client:
        page = (await client.get("/regio?toon=tabel")).text

    assert "GGD Regio Utrecht: voortgang" in page
    numbers = row_of(page, "Utrecht")[:3] + row_of(page, "Amersfoort")[:3]
    assert row_of(page, "Utrecht")[1] in ("5", "10")  # six people who are planned
    assert all(cell == "<5" or int(cell) % 5 == 0 for cell in numbers)
    assert "van Test" not in page


async def test_pages_speak_english_when_asked(site: Site):
    async with site.client(site.who("crisis")) as client:
        page = (await client.get("/regio?lang=en")).text
        after = (await client.get("/regio")).text

    assert '<html lang="en">' in page
    assert "Why not planned" in after


async def test_a_page_that_does_not_exist_says_so_in_words(site: Site):
    async with site.client(site.who("crisis")) as client:
        answer = await client.get("/nergens")

    assert answer.status_code == 404
    assert "Deze pagina bestaat niet" in answer.text


def row_of(page: str, name: str) -> list[str]:
    found = re.search(rf'<tr id="rij-GM\d+"><th scope="row">{name}</th>(.*?)</tr>', page)
    assert found is not None, page
    cells = found[1].split("</td>")[:-1]
    return [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", cell).split())) for cell in cells]


async def lines_in_log(site: Site) -> int:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        found: int = await tx.fetchval("SELECT count(*) FROM access_log")
    return found


@pytest.mark.parametrize(
    ("role", "path", "own"),
    [
        ("planner", "/planning", ["planner"]),
        ("practice", "/praktijk", ["practice"]),
        ("crisis", "/regio", ["crisis"]),
        ("planner", "/quarantaine", ["quarantine"]),
        ("planner", "/aanmelden", ["sign_in"]),
        ("planner", "/nergens", []),
    ],
)
async def test_a_page_loads_the_common_style_before_its_own_and_no_other(
    site: Site, role: str, path: str, own: list[str]
):
    async with site.client(site.who(role)) as client:
        page = (await client.get(path, headers={"accept": "text/html"})).text
        sheets = re.findall(r'<link rel="stylesheet" href="/static/(\w+)\.css(\?v=\w+)"', page)
        answers = [await client.get(f"/static/{name}.css{version}") for name, version in sheets]

    assert [name for name, _ in sheets] == ["tokens", "base", *own]
    assert {answer.status_code for answer in answers} == {200}
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)


async def test_where_no_call_helps_there_is_no_link_but_what_comes_first(site: Site):
    """The seed leaves some out because there is nobody to phone, and others because there is no stock."""
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text
    groups = {
        name: page.split(f'id="reden-{name}"')[1].split('<li id="reden-')[0]
        for name in ("no_contact", "no_stock")
    }

    assert "Zoek een telefoonnummer" in groups["no_contact"]
    assert "Pas daarna is te zien hoe het past." in groups["no_contact"]
    assert "hoe=ja" not in groups["no_contact"]
    assert "reden=no_contact" in groups["no_contact"]  # why, by shift, can still be read
    assert "hoe=ja" in groups["no_stock"]
    assert "Pas daarna" not in groups["no_stock"]
