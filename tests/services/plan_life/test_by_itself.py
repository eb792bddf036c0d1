"""Which changes need a person, by the policy; and the sentences that say so to a planner."""

from datetime import UTC, datetime, timedelta

import pytest

from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from events.practice import Indication
from services.plan_life.by_itself import may_go_out
from services.plan_life.difference import Line, Reasons, compare
from services.web.agreements import write_campaign, write_order, write_policy
from services.web.wording import Wording
from tests.facts import a_campaign, an_assignment, uid

TOMORROW = datetime(2021, 2, 17, 9, tzinfo=UTC)
DAY = {"starts_at": TOMORROW, "ends_at": TOMORROW + timedelta(hours=1)}
TEAM = {"team_id": uid("other")}
NO_STOCK = Reasons(of_doses={(uid("corona"), uid("p1"), 1): ("no_stock",)})
TAKEN = Reasons(NO_STOCK.of_doses, taken={uid("visit"): "withdrawn"})


def a_line(
    before: list[VisitAssigned], after: list[VisitAssigned], reasons: Reasons = NO_STOCK
) -> Line:
    (line,) = compare(before, after, reasons)
    return line


LINES = {
    "new": a_line([], [an_assignment()]),
    "time": a_line([an_assignment()], [an_assignment(hour=10)]),
    "team": a_line([an_assignment()], [an_assignment(**TEAM)]),
    "day": a_line([an_assignment()], [an_assignment(**DAY)]),
    "product": a_line([an_assignment()], [an_assignment(product_id="comirnaty")]),
    "day and team": a_line([an_assignment()], [an_assignment(**DAY, **TEAM)]),
    "dropped": a_line([an_assignment()], []),
    "taken": a_line([an_assignment()], [], TAKEN),
    "not needed": a_line([an_assignment()], [], Reasons()),
}
# By field of the policy: what then needs a person.
HELD = [
    ({"auto_new": False}, {"new"}),
    ({"auto_time_minutes": 59}, {"time"}),
    ({"auto_time_minutes": 60}, set()),
    ({"auto_team": False}, {"team", "day and team"}),
    ({"auto_day": False}, {"day", "product", "day and team"}),
    ({"auto_dropped": False}, {"dropped"}),
    ({"auto_taken": False}, {"taken", "not needed"}),
    ({}, set()),
]


@pytest.mark.parametrize(("fields", "held"), HELD)
def test_each_kind_of_change_can_be_kept_for_a_person(fields, held):
    policy = PolicyChanged(**fields)

    assert {name for name, line in LINES.items() if not may_go_out(policy, line)} == held


@pytest.mark.parametrize(("fields", "held"), HELD)
def test_a_policy_publishes_every_change_exactly_when_it_keeps_no_kind(fields, held):
    is_limited = bool(held) or "auto_time_minutes" in fields

    assert PolicyChanged(**fields).publishes_every_change is not is_limited


USUAL = {
    "nl": [
        "Een nieuwe afspraak gaat vanzelf in.",
        "Een andere tijd op dezelfde dag gaat vanzelf in.",
        "Een ander team gaat vanzelf in.",
        "Een andere dag of een ander vaccin gaat vanzelf in.",
        "Kan een afspraak niet doorgaan, bijvoorbeeld omdat een team uitvalt, dan vervalt hij vanzelf.",
        "Een afspraak die naar iemand anders gaat, vervalt vanzelf.",
        "Een beter plan wacht op een planner.",
        "Wie de prik niet mag krijgen, gaat altijd meteen van het plan.",
    ],
    "en": [
        "A new appointment goes out by itself.",
        "Another time on the same day goes out by itself.",
        "Another team goes out by itself.",
        "Another day or another vaccine goes out by itself.",
        "An appointment that cannot go on, such as when a team falls out, is cancelled by itself.",
        "An appointment that goes to somebody else is cancelled by itself.",
        "A better plan waits for a planner.",
        "Who may not have the dose is always taken off the plan at once.",
    ],
}
STRICT = PolicyChanged(
    auto_new=False,
    auto_time_minutes=15,
    auto_team=False,
    auto_day=False,
    auto_taken=False,
    auto_dropped=False,
    auto_offers=True,
)
STRICTLY = {
    "nl": [
        "Een nieuwe afspraak wacht op een planner.",
        "Een andere tijd op dezelfde dag gaat vanzelf in tot 15 minuten verschil. Is het meer, dan wacht het op een planner.",
        "Een ander team wacht op een planner.",
        "Een andere dag of een ander vaccin wacht op een planner.",
        "Kan een afspraak niet doorgaan, bijvoorbeeld omdat een team uitvalt, dan beslist een planner.",
        "Gaat een afspraak naar iemand anders, dan beslist een planner.",
        "Een beter plan gaat vanzelf in, zolang de regels hierboven dat toelaten.",
        "Wie de prik niet mag krijgen, gaat altijd meteen van het plan.",
    ],
    "en": [
        "A new appointment waits for a planner.",
        "Another time on the same day goes out by itself up to 15 minutes. What is more waits for a planner.",
        "Another team waits for a planner.",
        "Another day or another vaccine waits for a planner.",
        "Of an appointment that cannot go on, such as when a team falls out, a planner decides.",
        "Of an appointment that goes to somebody else a planner decides.",
        "A better plan goes out by itself, as far as the rules above allow.",
        "Who may not have the dose is always taken off the plan at once.",
    ],
}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_policy_stands_in_plain_sentences(language):
    t = Wording(language)

    assert write_policy(PolicyChanged(), t) == USUAL[language]
    assert write_policy(STRICT, t) == STRICTLY[language]


def test_where_every_plan_waits_that_is_all_there_is_to_say():
    by_hand = PolicyChanged(publish_automatically=False)

    assert write_policy(by_hand, Wording("nl")) == [
        "Elk plan wacht op een planner.",
        "Wie de prik niet mag krijgen, gaat altijd meteen van het plan.",
    ]


def test_what_counts_first_stands_in_the_order_of_the_objective():
    assert write_order(Wording("nl")) == [
        "Zo veel mogelijk mensen een afspraak geven, wie voorrang heeft eerst.",
        "De volgende dosis op tijd geven.",
        "Zo weinig mogelijk doses weggooien.",
        "Zo weinig mogelijk afspraken verschuiven.",
        "Zo weinig mogelijk werkuren.",
        "Zo weinig mogelijk kilometers.",
    ]


def test_who_goes_first_in_a_campaign_stands_in_words_the_highest_first():
    campaign = a_campaign(priorities={Indication.WLZ: 90, Indication.AGE_90: 95})

    assert write_campaign(campaign, Wording("nl")) == (
        f"{campaign.name}: 90 jaar of ouder (95); Woont in een Wlz-instelling (90)."
        " Wie hier niet bij hoort, heeft 50. Een hoger getal gaat voor."
    )
    assert "iedereen telt even zwaar" in write_campaign(a_campaign(priorities={}), Wording("nl"))
