"""What a planner reads on the phone: every question and every obstacle as one text, in both languages."""

import re
from dataclasses import replace
from datetime import date
from typing import get_args, get_type_hints
from uuid import UUID

import pytest

from scheduling.fitting.candidates import Candidates
from scheduling.fitting.changes import (
    AddCrew,
    BendInterval,
    BiggerBox,
    Change,
    DeliverSooner,
    GiveOrder,
    LetIn,
    MoreStock,
    MoveStock,
    Wait,
    WorkLonger,
)
from scheduling.fitting.fit import Fit, Placed, Price
from scheduling.fitting.obstacles import Obstacle, ObstacleKind, Trying
from scheduling.fitting.params import DEFAULT
from scheduling.problem import TimeWindow
from scheduling.solve import Limits, solve
from services.web.fitting_apart import Around
from services.web.phoning import IN_DOSES, IN_MINUTES, Names, Phrasing
from services.web.wording import LANGUAGES, Language, Wording
from tests.scheduling.builders import a_problem, a_shift, at
from tests.scheduling.fitting.cases import stand_still

LINDE, LEK, POST, DEPOT = (str(UUID(int=n)) for n in range(1, 5))
AROUND = Around(
    date(2021, 2, 15), 14, {"S1": a_shift(team_id=LEK, day=1, start=at(1, 8), end=at(1, 17))}
)
NAMES = Names(
    teams={UUID(LEK): "team Lek"},
    places={UUID(LINDE): "de Linde"},
    depots={UUID(POST): "post Utrecht", UUID(DEPOT): "depot Amersfoort"},
    products={"moderna": "Moderna"},
)
WINDOW = TimeWindow(at(1, 9), at(1, 16.5))
# Words of those who make plans, and of care, that have no place on the phone.
NOT_SAID = re.compile(
    r"\b(solver|model|slot|constraint|optimal\w*|optimum|oplossing|variabele|restrictie|iteratie|route|venster|window"
    r"|diagnos\w*|medi[cs]\w*|ziek\w*|patient|indicat\w*|allergi\w*|BSN)\b",
    re.IGNORECASE,
)


def test_times_are_said_as_on_the_phone_never_tighter_than_they_are_needed():
    odd = replace(a_fit().placed[0], start=at(1, 16.75) + 130, end=at(1, 17.5) - 130)
    later = replace(a_fit(LetIn(LINDE, at(1, 9), at(1, 17), WINDOW)), placed=(odd,))
    closed = replace(a_fit(LetIn(LINDE, at(1, 16), at(1, 17), None)), placed=(odd,))

    assert "tot 17:30 open" in phrase("nl").write_question(later)
    assert "om 16:45 bij" in phrase("nl").write_question(closed)


def a_fit(*changes: Change, people: int = 12, alone: bool = False) -> Fit:
    doses = tuple((f"P{n}", 1) for n in range(people))
    placed = Placed("S1", at(1, 16.75), at(1, 17.5), "C1", "moderna", doses)
    return Fit(changes, (placed,), people, 0, alone, Price(4200, 11_400, 20, 8, 2), 60)


def phrase(language: Language) -> Phrasing:
    return Phrasing(Wording(language), NAMES, AROUND)


QUESTIONS: list[tuple[Fit, str, str]] = [
    (
        a_fit(LetIn(LINDE, at(1, 9), at(1, 16.75), WINDOW)),
        "Kan de Linde op dinsdag 16 februari tot 17:30 open blijven? Dan passen 12 bewoners er nog bij.",
        "Can de Linde stay open until 17:30 on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(LetIn(LINDE, at(1, 16.75), at(1, 18), TimeWindow(at(1, 17), at(1, 18))), people=1),
        "Kan het team op dinsdag 16 februari al om 16:45 bij de Linde komen? Dan past 1 bewoner er nog bij.",
        "Can the team come to de Linde as early as 16:45 on Tuesday 16 February? Then 1 resident more fits in.",
    ),
    (
        a_fit(LetIn(LINDE, at(1, 16.75), at(1, 17), None)),
        "Mag het team op dinsdag 16 februari om 16:45 bij de Linde komen? De locatie is dan anders dicht. Dan passen 12 bewoners er nog bij.",
        "May the team come to de Linde on Tuesday 16 February at 16:45? The location is usually closed then. Then 12 residents more fit in.",
    ),
    (
        a_fit(Wait("X1", LINDE, at(1, 9), at(1, 17)), people=0),
        "Mag het bezoek bij de Linde ook op dinsdag 16 februari om 16:45 beginnen? Dan kan het bezoek doorgaan.",
        "May the visit to de Linde also begin on Tuesday 16 February at 16:45? Then the visit can take place.",
    ),
    (
        a_fit(WorkLonger("S1", at(1, 8), at(1, 18), at(1, 8), at(1, 17))),
        "Kan team Lek op dinsdag 16 februari tot 18:00 werken? Dan passen 12 bewoners er nog bij.",
        "Can team Lek work until 18:00 on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(WorkLonger("S1", at(1, 7.5), at(1, 17), at(1, 8), at(1, 17))),
        "Kan team Lek op dinsdag 16 februari al om 7:30 beginnen? Dan passen 12 bewoners er nog bij.",
        "Can team Lek begin as early as 7:30 on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(AddCrew("S1", ("disability_care",))),
        "Kan er op dinsdag 16 februari iemand met team Lek mee voor gehandicaptenzorg? Dan passen 12 bewoners er nog bij.",
        "Can somebody join team Lek on Tuesday 16 February for disability care? Then 12 residents more fit in.",
    ),
    (
        a_fit(AddCrew("S1", (), "moderna")),
        "Kan er op dinsdag 16 februari iemand met team Lek mee die Moderna mag geven? Dan passen 12 bewoners er nog bij.",
        "Can somebody who may give Moderna join team Lek on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(GiveOrder("S1", "moderna")),
        "Wil de arts opdracht geven dat team Lek op dinsdag 16 februari Moderna geeft? Dan passen 12 bewoners er nog bij.",
        "Will the doctor order that team Lek gives Moderna on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(BiggerBox("S1", 10)),
        "Kan team Lek op dinsdag 16 februari plaats voor 10 doses meer in de koelbox meenemen? Dan passen 12 bewoners er nog bij.",
        "Can team Lek take room for 10 doses more in the cool box on Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(MoreStock(POST, "moderna", 1, 1, 10)),
        "Kan er vóór dinsdag 16 februari 1 flacon Moderna (10 doses) meer naar post Utrecht? Dan passen 12 bewoners er nog bij.",
        "Can 1 vial more of Moderna (10 doses) go to post Utrecht before Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(DeliverSooner(POST, "moderna", "FK1", 1, 3)),
        "Kan de levering Moderna voor post Utrecht al op dinsdag 16 februari komen? Nu komt die op donderdag 18 februari. Dan passen 12 bewoners er nog bij.",
        "Can the delivery of Moderna for post Utrecht come as early as Tuesday 16 February? Now it comes on Thursday 18 February. Then 12 residents more fit in.",
    ),
    (
        a_fit(MoveStock(DEPOT, POST, "moderna", "FK1", 1, 20)),
        "Kunnen er vóór dinsdag 16 februari 20 doses Moderna van depot Amersfoort naar post Utrecht? Dan passen 12 bewoners er nog bij.",
        "Can 20 doses of Moderna go from depot Amersfoort to post Utrecht before Tuesday 16 February? Then 12 residents more fit in.",
    ),
    (
        a_fit(BendInterval(LINDE, (("P1", "C1", 2), ("P2", "C1", 2)), 1, 2), people=2),
        "Vraag aan de arts: mogen 2 bewoners van de Linde de dosis pas op dinsdag 16 februari krijgen? Dat is 2 dagen na de laatste dag. Dan passen 2 bewoners er nog bij.",
        "Ask the doctor: may 2 residents of de Linde get the dose as late as Tuesday 16 February? That is 2 days after the last day. Then 2 residents more fit in.",
    ),
    (
        a_fit(
            LetIn(LINDE, at(1, 9), at(1, 16.75), WINDOW),
            MoreStock(POST, "moderna", 1, 2, 20),
            alone=True,
        ),
        "Kan de Linde op dinsdag 16 februari tot 17:30 open blijven? En ook: Kunnen er vóór dinsdag 16 februari 2 flacons Moderna (20 doses) meer naar post Utrecht? Dan passen 12 bewoners er nog bij. Let op: anderen die wachten gaan hier nu voor. Houd de plaats voor deze locatie vrij.",
        "Can de Linde stay open until 17:30 on Tuesday 16 February? And also: Can 2 vials more of Moderna (20 doses) go to post Utrecht before Tuesday 16 February? Then 12 residents more fit in. Note: others who wait go first here now. Keep the place for this location.",
    ),
    (
        a_fit(),
        "team Lek kan op dinsdag 16 februari om 16:45 komen. Daar is geen vraag voor nodig. Dan passen 12 bewoners er nog bij.",
        "team Lek can come on Tuesday 16 February at 16:45. No question is needed for that. Then 12 residents more fit in.",
    ),
]


@pytest.mark.parametrize(("fit", "dutch", "english"), QUESTIONS)
def test_a_suggestion_is_a_question_that_one_can_ask(fit: Fit, dutch: str, english: str):
    assert phrase("nl").write_question(fit) == dutch
    assert phrase("en").write_question(fit) == english


def test_every_change_has_its_question():
    asked = {type(change) for fit, _, _ in QUESTIONS for change in fit.changes}

    assert asked == set(Change.__args__)


def test_the_price_is_said_in_minutes_kilometres_doses_and_calls():
    price = a_fit().price

    assert (
        phrase("nl").write_price(price)
        == "70 minuten werk erbij, 11 km erbij, 20 doses uit voorraad, 2 telefoontjes."
    )
    assert (
        phrase("en").write_price(price)
        == "70 minutes more of work, 11 km more, 20 doses from stock, 2 phone calls."
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ObstacleKind)
@pytest.mark.parametrize("amount", [0, 60, 1500])
def test_everything_in_the_way_has_a_sentence_with_its_amount(
    language: Language, kind: ObstacleKind, amount: int
):
    what = ("sedation",) if kind is ObstacleKind.SKILLS else ()

    text = phrase(language).write_obstacle(Obstacle(kind, "once", amount, what))

    assert text
    assert "{" not in text
    assert not NOT_SAID.search(text)
    if kind in IN_MINUTES and amount:
        assert str(amount // 60) in text
    if kind in IN_DOSES and amount:
        assert Wording(language).number(amount) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_has_words_of_those_who_make_plans_or_tells_of_anybody_s_health(
    language: Language,
):
    texts = [phrase(language).write_question(fit) for fit, _, _ in QUESTIONS]

    assert [text for text in texts if NOT_SAID.search(text)] == []
    assert [text for text in texts if max(map(len, re.split(r"[.?!:] ", text))) > 120] == []


def test_every_kind_of_change_is_looked_for_and_has_words_and_somebody_to_phone():
    problem = a_problem()
    standing = stand_still(problem, solve(problem, Limits(0.0)))
    ways = Candidates(Trying(standing), DEFAULT).ways.values()
    found = {kind for way in ways for kind in kinds_in(get_type_hints(way)["return"])}
    worded = {*Phrasing.__dict__["_ask"].dispatcher.registry} - {object}

    assert found == worded == {*get_args(Change)}
    assert all(hasattr(kind, "whom") for kind in found)


def kinds_in(hint: object) -> set[object]:
    """The classes within a type, however deep."""
    within = get_args(hint)
    if not within:
        return {hint} - {int}
    return {kind for one in within for kind in kinds_in(one)}
