"""Edges of the rules about people: who may have what from whom, and how often."""

from collections.abc import Iterator
from dataclasses import replace

from scheduling.plan import Route, Visit
from scheduling.problem import Asked, Assessment, Consent
from scheduling.visits.grouping import group
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pin,
    a_problem,
    a_product,
    a_route,
    a_shift,
    a_travel,
    a_visit,
    at,
    needs,
)
from tests.scheduling.corpus.edges import STAY, TWO, Case, a_crisis_route, one


def consent() -> Iterator[Case]:
    for status in Consent:
        problem = a_problem(needs=(a_need(consent=status),))
        yield status, problem, one(problem), None if status is Consent.GIVEN else "consent"


def eligibility() -> Iterator[Case]:
    for judgement in Assessment:
        problem = a_problem(needs=(a_need(assessment=judgement),))
        eligible = judgement is Assessment.ELIGIBLE
        yield judgement, problem, one(problem), None if eligible else "eligibility"
    pfizer = a_problem(
        needs=(a_need(products=("pfizer",)),), products=(a_product(), a_product("pfizer"))
    )
    yield "another product", pfizer, one(pfizer), "eligibility"
    problem = a_problem(needs=(a_need("P1", "L2"),))
    elsewhere = a_visit(problem, needs=(("P1", 1),))
    yield "elsewhere", problem, (a_route(problem, "S1", (elsewhere, at(0, 9))),), "eligibility"


def due() -> Iterator[Case]:
    for first, last, fits in (
        (3, 3, True),
        (4, 9, False),
        (0, 2, False),
        (0, 3, True),
        (3, 9, True),
    ):
        problem = a_problem(
            needs=(a_need(first_day=first, last_day=last),), shifts=(a_shift("S1", 3),)
        )
        yield f"{first} to {last}", problem, one(problem, at(3, 9)), None if fits else "due"


def dose_interval() -> Iterator[Case]:
    second = a_need(dose_no=2, since_dose=1, first_day=0, products=("moderna", "pfizer"))
    series = a_problem(
        needs=(a_need(), second),
        campaigns=(a_campaign(min_days=3, max_days=5),),
        products=(a_product(), a_product("pfizer")),
        shifts=tuple(
            a_shift(f"S{day}", day, ordered_products=frozenset({"moderna", "pfizer"}))
            for day in range(8)
        ),
        stock=(a_lot(), a_lot(product_id="pfizer")),
    )
    first = a_visit(series, id="one", needs=(("P1", 1),))
    then = a_visit(series, id="two", needs=(("P1", 2),))

    def routes(day: int, visit: Visit = then) -> tuple[Route, ...]:
        return (
            a_route(series, "S0", (first, at(0, 9))),
            a_route(series, f"S{day}", (visit, at(day, 9))),
        )

    for day in range(1, 8):
        yield f"after {day}", series, routes(day), None if 3 <= day <= 5 else "dose_interval"
    own = replace(
        series,
        products=(a_product(min_days=2, ideal_days=2, max_days=4), a_product("pfizer")),
    )
    for day in range(1, 8):
        yield (
            f"by the product after {day}",
            own,
            routes(day),
            None if 2 <= day <= 4 else "dose_interval",
        )
    other = replace(then, product_id="pfizer")
    yield "another product", series, routes(4, other), "dose_interval"
    yield "alone", series, (a_route(series, "S4", (then, at(4, 9))),), "dose_interval"
    yield "the first alone", series, (a_route(series, "S0", (first, at(0, 9))),), None
    free = replace(series, needs=(a_need(), replace(second, since_dose=None)))
    yield "not after the first", free, routes(1), None


def once() -> Iterator[Case]:
    other = a_campaign(id="C2", products=("moderna",))
    twice = a_problem(
        needs=(a_need(), a_need(campaign_id="C2")),
        campaigns=(a_campaign(), other),
        shifts=(a_shift("S1"), a_shift("S2")),
    )
    calls = [
        a_visit(twice, id=campaign, campaign_id=campaign, needs=(("P1", 1),))
        for campaign in ("C1", "C2")
    ]
    stay = a_route(twice, "S1", (calls[0], at(0, 9))).stops[0].departure - at(0, 9)
    for gap, broken in ((0, None), (-1, "once"), (600, None)):
        routes = (
            a_route(twice, "S1", (calls[0], at(0, 9))),
            a_route(twice, "S2", (calls[1], at(0, 9) + stay + gap)),
        )
        yield f"{gap} s between", twice, routes, broken
    again = (
        a_route(twice, "S1", (calls[0], at(0, 9))),
        a_route(twice, "S2", (replace(calls[0], id="again"), at(0, 13))),
    )
    yield "a dose twice", twice, again, "once coverage"
    crisis = a_problem(
        needs=(),
        crisis_visits=(a_crisis(skills=frozenset()),),
        shifts=(a_shift("S1"), a_shift("S2")),
    )
    calls = (*a_crisis_route(crisis, at(0, 9)), *a_crisis_route(crisis, at(0, 12), "S2"))
    yield "a crisis twice", crisis, calls, "once coverage"
    done = replace(a_problem(), done_visits=frozenset({"visit of L1"}))
    yield "made already", done, one(done), "once"
    pair = a_problem(crisis_visits=(a_crisis(skills=frozenset()),))
    empty = (*one(pair), Route("S1", (), at(0, 9), at(0, 9)))
    yield "a shift in two routes", pair, empty, "once"


def crew() -> Iterator[Case]:
    for name, changes, broken in (
        ("one injector", {"injectors": 1}, None),
        ("none", {"injectors": 0}, "crew"),
        ("assistants with a doctor", {"assistants_only": True, "doctor": True}, None),
        ("assistants alone", {"assistants_only": True, "doctor": False}, "crew"),
        ("nurses alone", {"assistants_only": False, "doctor": False}, None),
        ("assistants beside a nurse", {"assistants": 1, "doctor": False}, None),
        ("one for the product", {"product_injectors": (("moderna", 1),)}, None),
        ("none for the product", {"product_injectors": (("moderna", 0),)}, "crew"),
        ("no order", {"ordered_products": frozenset()}, "crew"),
    ):
        problem = a_problem(shifts=(a_shift(**changes),))
        yield name, problem, one(problem), broken
    crisis = a_problem(
        needs=(),
        crisis_visits=(a_crisis(skills=frozenset()),),
        shifts=(
            a_shift(injectors=0, ordered_products=frozenset(), assistants_only=True, doctor=False),
        ),
    )
    yield "a crisis", crisis, a_crisis_route(crisis, at(0, 9)), None


def skills() -> Iterator[Case]:
    sedation = frozenset({"sedation"})
    problem = a_problem(needs=(a_need(skills=sedation),))
    able = replace(problem, shifts=(a_shift(skills=sedation | {"crisis"}),))
    yield "nobody is able", problem, one(problem), "skills"
    yield "somebody is", able, one(able), None
    yield "asked by the visit", able, one(able, skills=frozenset({"x"})), "skills"
    crisis = a_problem(needs=(), crisis_visits=(a_crisis(),))
    yield "a crisis", crisis, a_crisis_route(crisis, at(0, 9)), "skills"
    ready = replace(crisis, shifts=(a_shift(skills=frozenset({"crisis"})),))
    yield "a crisis team", ready, a_crisis_route(ready, at(0, 9)), None


def fixed() -> Iterator[Case]:
    people = [need.person_id for need in TWO.needs if need.location_id == "L1"]
    pin = a_pin("visit of L1", at(0, 9), people, service_seconds=STAY)
    problem = replace(TWO, fixed=(pin,), shifts=(a_shift("S1"), a_shift("S2")))
    yield "kept", problem, one(problem), None
    yield "a second later", problem, one(problem, at(0, 9) + 1), "fixed"
    yield "a second earlier", problem, one(problem, at(0, 9) - 1), "time_windows fixed"
    yield "another shift", problem, one(problem, shift="S2"), "fixed"
    yield "missing", problem, (), "fixed"
    fewer = a_visit(problem)
    yield "somebody dropped out", problem, one(problem, needs=fewer.needs[1:]), None
    less = replace(problem, fixed=(replace(pin, person_ids=frozenset(people[1:])),))
    yield "somebody was added", less, one(less), "fixed"
    other = replace(problem, fixed=(replace(pin, product_id="pfizer"),))
    yield "another product", other, one(other), "fixed"
    place = replace(problem, fixed=(replace(pin, location_id="L2"),))
    yield "another place", place, one(place), "fixed"


def lent() -> Iterator[Case]:
    for region, broken in (("GG2607", None), ("", None), ("GG0111", "lent")):
        problem = a_problem(shifts=(a_shift(region=region),))
        yield region, problem, one(problem), broken
    idle = (Route("S1", (), at(0, 8), at(0, 8)),)
    yield "a team that stays", problem, idle, None


def asked() -> Iterator[Case]:
    problem = a_problem(shifts=(a_shift(), a_shift("S2")))
    name, start = a_visit(problem).id, at(0, 9)
    for row, broken in (
        (Asked(name), None),
        (Asked(name, "S1", start, start), None),
        (Asked(name, "S2"), "asked"),
        (Asked(name, None, start + 1), "asked"),
        (Asked(name, None, None, start - 1), "asked"),
        (Asked("another", "S2", start + 1, start - 1), None),
    ):
        changed = replace(problem, asked=(row,))
        yield f"{row.shift_id} {row.earliest} {row.latest}", changed, one(changed), broken


def together() -> Iterator[Case]:

    large = a_problem(
        needs=needs(20), shifts=(a_shift("S1"), a_shift("S2"), a_shift("S3")), together_from=20
    )
    halves = group(large)

    def routes(*calls: tuple[str, int]) -> tuple[Route, ...]:
        rows = zip(calls, halves, strict=False)
        return tuple(a_route(large, shift, (half, start)) for (shift, start), half in rows)

    yield "both", large, routes(("S1", at(0, 9)), ("S2", at(0, 9))), None
    yield "a second apart", large, routes(("S1", at(0, 9)), ("S2", at(0, 9) + 1)), "together"
    yield "one alone", large, routes(("S1", at(0, 9))), "together"
    yield "neither", large, (), None
    whole = a_visit(large, id="all of them")
    yield "by one team", large, (a_route(large, "S1", (whole, at(0, 9))),), "together"
    small = replace(large, together_from=21)
    yield "a smaller one", small, (a_route(small, "S1", (whole, at(0, 9))),), None
    hours = {"S1": (8, 11), "S2": (8, 12), "S3": (8, 17)}
    teams = {"S1": "T", "S2": "T", "S3": "U"}
    shifts = tuple(
        a_shift(name, team_id=teams[name], start=at(0, a), end=at(0, b))
        for name, (a, b) in hours.items()
    )
    one_team = replace(large, shifts=shifts, rest_seconds=-(10**6))
    same = tuple(
        a_route(one_team, shift, (half, at(0, 9)))
        for shift, half in zip(("S1", "S2"), group(one_team), strict=True)
    )
    yield "one team in two shifts", one_team, same, "together"


def fairness() -> Iterator[Case]:
    places = tuple(a_location(f"L{k}", k, area="far" if k == 2 else "near") for k in (1, 2, 3))
    problem = a_problem(
        locations=places,
        needs=(*needs(10, "L1"), *needs(10, "L2"), *needs(10, "L3", priority=90)),
        shifts=(a_shift("S1"), a_shift("S2")),
        travel=a_travel(4),
    )
    calls = {visit.location_id: visit for visit in group(problem)}
    routes = tuple(
        a_route(problem, shift, (calls[place], at(0, 9)))
        for shift, place in (("S1", "L1"), ("S2", "L3"))
    )
    for points, fits in ((None, True), (67, True), (66, False), (0, False)):
        bound = replace(problem, area_points=points)
        yield f"{points} points", bound, routes, None if fits else "fairness"


def coverage() -> Iterator[Case]:
    problem = a_problem(needs=(a_need(),), crisis_visits=(a_crisis(skills=frozenset()),))
    yield "everything", problem, one(problem), None
    yield "nothing but reasons", problem, (), None
    made = a_crisis_route(problem, at(0, 9), location_id="L2")
    yield "a crisis elsewhere", problem, made, "coverage"
    residents = a_crisis_route(problem, at(0, 9), campaign_id="C1", product_id="moderna")
    yield "a crisis with a vaccine", problem, residents, "coverage"


CASES = (
    consent,
    eligibility,
    due,
    dose_interval,
    once,
    crew,
    skills,
    fixed,
    lent,
    asked,
    together,
    fairness,
    coverage,
)
