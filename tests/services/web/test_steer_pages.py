"""The pages on which a planner swaps, takes off, holds, changes days of a team and adds a crisis visit: what it does is read first, then stored, and undone in one action."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    a_move,
    plan_region,
    post,
    replan,
    shift,
    visits_of,
)
from tests.services.web.test_hand_page import page, text

pytestmark = pytest.mark.postgres
LATER = shift("shift 2021-02-18")
DAYS = {"van": "2021-02-16", "tot": "2021-02-18"}


def hidden(answer: Any) -> dict[str, str]:
    """What the form that stores a change carries along."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    return {name: value for name, value in found if name != "proof"}


async def two_visits(site: Site) -> list[dict[str, Any]]:
    return await visits_of(site)


async def ledger(site: Site) -> list[str]:
    """The types of what planners said, in order."""
    found = await rows(
        await site.fresh.open("acceptor"),
        "SELECT type FROM ledger WHERE type LIKE 'stop.%' OR type LIKE 'visit.%ed.v1' AND actor IS NOT NULL ORDER BY seq",
    )
    return [kind for (kind,) in found]


async def where(site: Site, visit: str) -> list[tuple[str, str]]:
    """The team and moment of a visit, on whichever day."""
    days = [await visits_of(site, f"2021-02-{day}") for day in (16, 17, 18)]
    return [(row["team"], row["starts_at"]) for day in days for row in day if row["visit"] == visit]


async def test_the_page_of_a_stop_leads_to_swapping_holding_and_taking_off(planned: Site):
    (first, *_) = await two_visits(planned)

    stop = await page(planned, f"/bezoek/{first['visit']}/hand")

    for what in ("houd", "ruil", "eraf"):
        assert f'href="/planning/bezoek/{first["visit"]}/{what}"' in stop.text


async def test_two_visits_change_places_after_the_effect_was_read(planned: Site):
    one, other = (await two_visits(planned))[:2]
    path = f"/bezoek/{one['visit']}/ruil"

    empty = await page(planned, path)
    shown = await page(planned, f"{path}?met={other['visit']}")
    stored = await page(planned, path, **hidden(shown), reden="op verzoek")
    await replan(planned)

    assert f'value="{other["visit"]}"' in empty.text
    assert "Wat dit doet" in text(shown)
    assert f"Bel {one['location']}." in text(shown)
    assert stored.status_code == 303, text(stored)
    assert (await where(planned, one["visit"]))[0][0] == other["team"]
    assert (await where(planned, other["visit"]))[0][0] == one["team"]


async def test_a_swap_with_itself_and_a_swap_looked_at_too_long_ago_are_refused(planned: Site):
    one, other = (await two_visits(planned))[:2]
    path = f"/bezoek/{one['visit']}/ruil"
    shown = await page(planned, f"{path}?met={other['visit']}")
    asked = a_move(other["visit"], shift=LATER) | {"seen": 2**62, "reason": "eerst"}
    assert (await post(planned, "edits", asked)).status_code == 201

    itself = await page(planned, f"{path}?met={one['visit']}")
    late = await page(planned, path, **hidden(shown), reden="daarna")

    assert itself.status_code == 422
    assert late.status_code == 409
    assert "Er veranderde iets sinds u keek" in text(late)
    assert re.search(r"verplaatst door \S+\.", text(late))


async def test_a_stop_is_taken_off_after_its_effect_was_read(planned: Site):
    (first, *_) = await two_visits(planned)
    path = f"/bezoek/{first['visit']}/eraf"

    shown = await page(planned, path)
    without = await page(planned, path, **hidden(shown))
    stored = await page(planned, path, **hidden(shown), reden="de weg is dicht")
    await replan(planned)

    assert "gaat van het plan" in text(shown)
    assert f"Bel {first['location']}." in text(shown)
    assert without.status_code == 409
    assert "Vul in waarom dit moet" in text(without)
    assert stored.status_code == 303
    assert first["visit"] not in [row["visit"] for row in await visits_of(planned)]


@pytest.mark.parametrize(
    ("kind", "says"), [("team", "Het team staat vast"), ("time", "De dag en de tijd staan vast")]
)
async def test_one_thing_of_a_stop_is_held_and_released(planned: Site, kind: str, says: str):
    (first, *_) = await two_visits(planned)
    path = f"/bezoek/{first['visit']}/houd"

    free = text(await page(planned, path))
    stored = await page(planned, path, wat=kind)
    await replan(planned)
    held = text(await page(planned, path))
    stop = text(await page(planned, f"/bezoek/{first['visit']}/hand"))
    await page(planned, f"/bezoek/{first['visit']}/los", x="")

    assert "Er staat niets vast." in free
    assert stored.status_code == 303
    assert says in held
    assert "staat vast." in stop
    assert "Maak los" in stop
    assert "Er staat niets vast." in text(await page(planned, path))


async def test_a_wish_from_the_phone_is_kept_by_the_next_plan(planned: Site):
    """On Thursday after 12:00: where it could go is read first."""
    (first, *_) = await two_visits(planned)
    path = f"/bezoek/{first['visit']}/houd"
    wish = {"vanaf_dag": "2021-02-18", "vanaf_tijd": "12:00", "tot_dag": "2021-02-18"}

    shown = await page(planned, f"{path}?{urlencode(wish)}")
    before = await where(planned, first["visit"])
    stored = await page(planned, path, wat="window", **wish)
    await replan(planned)

    assert "niet voor do 18 feb 12:00, niet na do 18 feb 23:59" in text(shown)
    assert "Een volgend plan verplaatst het" in text(shown)
    assert "Bekijk deze plek" in text(shown)
    assert before[0][1].startswith("2021-02-16")
    assert stored.status_code == 303
    ((_, starts),) = await where(planned, first["visit"])
    assert "2021-02-18T11:00" <= starts < "2021-02-19"
    assert "Het bezoek begint niet voor do 18 feb 12:00" in text(await page(planned, path))


async def test_a_wish_that_nothing_can_keep_is_said_before_and_refused_after(planned: Site):
    (first, *_) = await two_visits(planned)
    path = f"/bezoek/{first['visit']}/houd"
    night = {"vanaf_dag": "2021-02-18", "vanaf_tijd": "23:00", "tot_dag": "2021-02-18"}

    shown = await page(planned, f"{path}?{urlencode(night)}")
    refused = await page(planned, path, wat="window", **night)
    upside = await page(planned, f"{path}?vanaf_dag=2021-02-18&tot_dag=2021-02-16")

    assert "Geen plek past" in text(shown)
    assert "Leg deze wens vast" not in shown.text
    assert refused.status_code == 409
    assert "Er is niets opgeslagen" in text(refused)
    assert upside.status_code == 422


async def test_a_team_begins_later_on_all_its_days_and_that_is_undone_on_the_list(planned: Site):
    (first, *_) = await two_visits(planned)
    before = await where(planned, first["visit"])
    asked = {"team": first["team"], **DAYS, "dag": ["1", "3"], "wijziging": "later", "om": "11:00"}

    shown = await page(planned, f"/dagen?{urlencode(asked, doseq=True)}")
    asked |= {"gezien": hidden(shown)["gezien"], "reden": "scholing"}
    stored = await page(planned, "/dagen", **asked)
    await replan(planned)
    later = await where(planned, first["visit"])
    list_of = await page(planned, "/handelingen")
    (edit,) = re.findall(r"/planning/handelingen/([\w-]+)/ongedaan", list_of.text)
    undone = await page(planned, f"/handelingen/{edit}/ongedaan", x="")
    await replan(planned)

    assert "later" in text(shown)
    assert stored.status_code == 303, text(stored)
    assert later[0][1] == "2021-02-16T10:00:00Z"  # eleven in Amsterdam
    assert "verplaatst" in text(list_of)
    assert planned.who("planner").subject in text(list_of)
    assert "scholing" in text(list_of)
    assert undone.status_code == 303
    assert await where(planned, first["visit"]) == before


async def test_a_team_begins_as_early_as_it_may_and_its_day_moves_forward(planned: Site):
    """First later, then back in the other direction; earlier than the shift begins is refused by the rule."""
    (first, *_) = await two_visits(planned)
    days = {"team": first["team"], "van": "2021-02-16", "tot": "2021-02-16"}
    for kind, om in (("later", "11:00"), ("los", "")):
        asked = {**days, "wijziging": kind, "om": om}
        shown = await page(planned, f"/dagen?{urlencode(asked)}")
        more = {"gezien": hidden(shown)["gezien"], "reden": "eerst later"} if om else {}
        assert (await page(planned, "/dagen", **asked, **more)).status_code == 303
        await replan(planned)

    asked = {**days, "wijziging": "vroeger", "om": "10:00"}
    shown = await page(planned, f"/dagen?{urlencode(asked)}")
    seen = hidden(shown)["gezien"]
    night = await page(planned, f"/dagen?{urlencode({**asked, 'om': '03:00'})}")
    stored = await page(planned, "/dagen", **asked, gezien=seen, reden="toch eerder")
    await replan(planned)

    assert "60 minuten eerder" in text(shown)
    assert stored.status_code == 303, text(stored)
    assert (await where(planned, first["visit"]))[0][1] == "2021-02-16T09:00:00Z"
    assert "Dit kan niet: het breekt een regel." in text(night)
    assert 'name="gezien"' not in night.text


async def test_a_team_is_locked_for_a_day_and_what_is_locked_is_counted_first(planned: Site):
    (first, *_) = await two_visits(planned)
    asked = {"team": first["team"], "van": "2021-02-16", "tot": "2021-02-16", "wijziging": "vast"}

    shown = await page(planned, f"/dagen?{urlencode(asked)}")
    stored = await page(planned, "/dagen", **asked)
    again = await page(planned, "/dagen", **asked)
    unlock = await page(planned, f"/dagen?{urlencode({**asked, 'wijziging': 'los'})}")

    assert re.search(r"1 bezoek vastgezet|\d+ bezoeken vastgezet", text(shown))
    assert stored.status_code == 303
    assert again.status_code == 409
    assert "Er is niets opgeslagen" in text(again)
    assert "losgemaakt" in text(unlock)
    assert all(row["pinned"] for row in await visits_of(planned) if row["team"] == first["team"])


async def test_what_was_changed_again_has_no_button_and_says_why(planned: Site):
    (first, *_) = await two_visits(planned)
    for to, why in ((LATER, "een"), (shift("of second"), "twee")):
        asked = a_move(first["visit"], shift=to) | {"seen": 2**62, "reason": why}
        assert (await post(planned, "edits", asked)).status_code == 201
        await replan(planned)

    shown = await page(planned, "/handelingen")
    english = await page(planned, "/handelingen?lang=en")

    assert shown.text.count("/ongedaan") == 1
    assert "Later opnieuw veranderd" in text(shown)
    assert "What was changed by hand" in text(english)


async def test_an_action_that_is_no_longer_there_is_refused_in_words(planned: Site):
    refused = await page(planned, f"/handelingen/{uid('no such')}/ongedaan", x="")

    assert refused.status_code == 409
    assert "Er is niets opgeslagen" in text(refused)


async def test_a_crisis_visit_is_added_after_its_effect_was_read_and_undone(planned: Site):
    asked = {
        "locatie": str(uid("wilg")),
        "spoed": "U2",
        "minuten": "30",
        "kunde": "crisis",
        "van": "2021-02-16T13:00",
        "tot": "2021-02-16T16:00",
    }

    empty = await page(planned, "/crisisbezoek")
    shown = await page(planned, f"/crisisbezoek?{urlencode(asked)}")
    stored = await page(planned, "/crisisbezoek", **asked, gezien=hidden(shown)["gezien"])
    await replan(planned)
    crisis = [row for row in await visits_of(planned) if row["people"] == 0]
    list_of = await page(planned, "/handelingen")
    (edit,) = re.findall(r"/planning/handelingen/([\w-]+)/ongedaan", list_of.text)
    undone = await page(planned, f"/handelingen/{edit}/ongedaan", x="")
    await replan(planned)

    assert "Crisisbezoek toevoegen" in text(empty)
    assert "komt erbij op" in text(shown)
    assert stored.status_code == 303, text(stored)
    (made,) = crisis
    assert 12 <= datetime.fromisoformat(made["starts_at"]).hour <= 15
    assert "1 crisisbezoek erbij" in text(list_of)
    assert undone.status_code == 303, text(undone)
    assert [row for row in await visits_of(planned) if row["people"] == 0] == []


async def test_a_crisis_visit_that_ends_before_it_begins_is_refused_by_its_fields(planned: Site):
    asked = {
        "locatie": str(uid("wilg")),
        "van": "2021-02-16T16:00",
        "tot": "2021-02-16T13:00",
    }

    assert (await page(planned, f"/crisisbezoek?{urlencode(asked)}")).status_code == 422


async def test_without_a_plan_the_pages_say_so(unplanned: Site):
    for path in ("/dagen", "/crisisbezoek", "/handelingen"):
        answer = await page(unplanned, path)

        assert answer.status_code == 200
