"""Edges of the rules about doses: cool box, containers, lots and what is promised."""

from collections.abc import Iterator
from dataclasses import replace

from scheduling.problem import Kept, KeptStop
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
from tests.scheduling.corpus.edges import STAY, TWO, Case, a_crisis_route, a_crisis_visit, both, one

TEN = tuple((f"kept {k}", 1) for k in range(10))


def cool_box() -> Iterator[Case]:
    for capacity, fits in ((20, True), (19, False)):
        problem = replace(TWO, shifts=(a_shift(capacity=capacity),))
        yield f"room for {capacity}", problem, both(problem), None if fits else "cool_box"
    eleven = a_problem(needs=needs(11), shifts=(a_shift(capacity=19),))
    yield "an opened container", eleven, one(eleven), "cool_box"


def cool_box_with_opened_containers() -> Iterator[Case]:
    """Calls on four, five and seven that could share containers of ten, while these live."""
    places = tuple(a_location(f"L{k}", k, seats=10) for k in (1, 2, 3))
    people = (*needs(4, "L1"), *needs(5, "L2"), *needs(7, "L3"))
    base = a_problem(locations=places, needs=people, travel=a_travel(4))
    starts = (at(0, 9), at(0, 11), at(0, 13))
    calls = [(a_visit(base, f"L{k}"), start) for k, start in zip((1, 2, 3), starts, strict=True)]
    (route,) = (a_route(base, "S1", *calls),)
    second, third = (stop.departure for stop in route.stops[1:])
    lives = third - starts[0]
    for travels, life, capacity, fits in (
        (True, lives, 20, True),  # one container of ten, and one more at the third
        (True, lives, 19, False),
        (True, third - starts[2] + 1, 30, True),
        (True, third - starts[2] + 1, 29, False),
        (True, second - starts[0], 20, True),  # used up to nine at the second, then one too old
        (True, second - starts[0] - 1, 30, True),
        (True, second - starts[0] - 1, 29, False),
        (False, lives, 30, True),
        (False, lives, 29, False),
    ):
        product = a_product(open_may_travel=travels, open_seconds=life)
        problem = replace(base, products=(product,), shifts=(a_shift(capacity=capacity),))
        name = f"travels {travels}, lives {life}, room for {capacity}"
        yield name, problem, (route,), None if fits else "cool_box"


def open_container() -> Iterator[Case]:
    waves = 5 * 180  # ten people, two injectors
    for seconds, fits in ((waves, True), (waves - 1, False)):
        problem = a_problem(
            products=(a_product(open_seconds=seconds),), locations=(a_location(seats=10),)
        )
        yield f"open for {seconds}", problem, one(problem), None if fits else "open_container"
    for seconds, fits in ((1800, True), (1799, False)):  # ten by one, in a large room
        problem = a_problem(
            products=(a_product(open_seconds=seconds),),
            locations=(a_location(seats=10),),
            shifts=(a_shift(injectors=1),),
        )
        yield f"one injector, {seconds}", problem, one(problem), None if fits else "open_container"
    for seconds, fits in ((3000, True), (2999, False)):  # ten on three seats of 300 s each
        problem = a_problem(
            products=(a_product(open_seconds=seconds),), locations=(a_location(seats=3),)
        )
        yield f"three seats, {seconds}", problem, one(problem), None if fits else "open_container"
    empty = a_problem(
        needs=(),
        products=(a_product(open_seconds=-1),),
        fixed=(a_pin("visit of L1", at(0, 9), [], service_seconds=0),),
    )
    yield "a call on nobody", empty, one(empty), None


def transport() -> Iterator[Case]:
    for seconds, fits in ((600, True), (599, False)):
        problem = a_problem(products=(a_product(transport_seconds=seconds),))
        yield f"{seconds} s", problem, one(problem), None if fits else "transport"
    crisis = a_problem(
        needs=(),
        products=(a_product(transport_seconds=-1),),
        crisis_visits=(a_crisis(skills=frozenset()),),
    )
    yield "without doses", crisis, a_crisis_route(crisis, at(0, 9)), None
    empty = a_problem(
        needs=(),
        products=(a_product(transport_seconds=0),),
        fixed=(a_pin("visit of L1", at(0, 9), [], service_seconds=0),),
    )
    yield "a call on nobody", empty, one(empty), None


def stock() -> Iterator[Case]:
    for name, lots, fits in (
        ("enough", (a_lot(20),), True),
        ("one less", (a_lot(19),), False),
        ("expires the day after", (a_lot(20, last_day=0),), True),
        ("expired", (a_lot(20, first_day=-9, last_day=-1),), False),
        ("arrives that day", (a_lot(20, first_day=0),), True),
        ("arrives later", (a_lot(20, first_day=1),), False),
        ("two lots", (a_lot(10), a_lot(10, lot="b")), True),
        ("another depot", (a_lot(20, depot_id="D2"),), False),
        ("another product", (a_lot(20, product_id="pfizer"),), False),
    ):
        problem = replace(TWO, stock=lots)
        yield name, problem, both(problem), None if fits else "stock"
    days = replace(
        TWO,
        shifts=(a_shift("S1"), a_shift("S2", 1)),
        stock=(a_lot(10, last_day=0), a_lot(10, lot="b")),
    )
    routes = (
        a_route(days, "S1", (a_visit(days, "L1"), at(0, 9))),
        a_route(days, "S2", (a_visit(days, "L2"), at(1, 9))),
    )
    yield "the earliest use-by first", days, routes, None
    short = replace(days, stock=(a_lot(20, last_day=0),))
    yield "nothing on the second day", short, routes, "stock"
    one_depot = replace(days, stock=(a_lot(15),))
    yield "two days, one lot", one_depot, routes, "stock"
    same = replace(days, shifts=(a_shift("S1"), a_shift("S2")), stock=(a_lot(15),))
    teams = (routes[0], a_route(same, "S2", (a_visit(same, "L2"), at(0, 9))))
    yield "two teams on one day", same, teams, "stock"


def reservation() -> Iterator[Case]:
    reserves = (a_campaign(reserve_next_dose=True, min_days=28, max_days=42),)
    base = a_problem(campaigns=reserves)
    for name, changes, fits in (
        ("secured", {"stock": (a_lot(20),)}, True),
        ("one short", {"stock": (a_lot(19),)}, False),
        ("expires on the first day", {"stock": (a_lot(10), a_lot(10, lot="b", last_day=28))}, True),
        ("expires before", {"stock": (a_lot(20, last_day=27),)}, False),
        ("comes on the last day", {"stock": (a_lot(10), a_lot(10, lot="b", first_day=42))}, True),
        ("comes after", {"stock": (a_lot(10), a_lot(10, lot="b", first_day=43))}, False),
        (
            "not confirmed",
            {"stock": (a_lot(10, last_day=0), a_lot(10, lot="b", confirmed=False))},
            False,
        ),
        ("owed to others", {"stock": (a_lot(25),), "reserved": {"moderna": 5}}, True),
        ("owed more", {"stock": (a_lot(25),), "reserved": {"moderna": 6}}, False),
        ("owed of another", {"stock": (a_lot(20),), "reserved": {"pfizer": 6}}, True),
        ("not asked", {"stock": (a_lot(10),), "campaigns": (a_campaign(),)}, True),
        (
            "last dose",
            {"stock": (a_lot(10),), "campaigns": (a_campaign(reserve_next_dose=True, doses=1),)},
            True,
        ),
        ("another depot", {"stock": (a_lot(10), a_lot(10, lot="b", depot_id="D9"))}, True),
        (
            "owed within the horizon only",
            {
                "stock": (a_lot(20), a_lot(6, lot="b", depot_id="D9", last_day=13)),
                "reserved": {"moderna": 6},
            },
            False,
        ),
        (
            "owed from the end of the horizon",
            {
                "stock": (a_lot(20), a_lot(6, lot="b", depot_id="D9", last_day=14)),
                "reserved": {"moderna": 6},
            },
            True,
        ),
        ("another product", {"stock": (a_lot(10), a_lot(10, lot="b", product_id="pfizer"))}, False),
    ):
        problem = replace(base, **changes)
        yield name, problem, one(problem), None if fits else "reservation"
    pin = a_pin(
        "visit of L1", at(0, 9), [need.person_id for need in base.needs], service_seconds=STAY
    )
    fixed = replace(base, stock=(a_lot(10),), fixed=(pin,))
    yield "a fixed stop asks nothing", fixed, one(fixed), None
    for doses, fits in ((40, True), (39, False)):
        beside = replace(TWO, campaigns=reserves, stock=(a_lot(doses),), fixed=(pin,))
        name = f"beside a fixed stop, {doses} doses"
        yield name, beside, both(beside), None if fits else "reservation"
        lot = (a_lot(doses - 10),)
        today = KeptStop("today", "frozen", at(0, 8), STAY, "L9", "C1", "moderna", TEN)
        kept = replace(base, campaigns=reserves, stock=lot, kept=Kept((today,)))
        name = f"beside a stop under way, {doses - 10} doses"
        yield name, kept, one(kept), None if fits else "reservation"
    # what the fixed stop lacks by itself is not asked of the other
    days = replace(TWO, campaigns=reserves, shifts=(a_shift("S1"), a_shift("S2", 4)), fixed=(pin,))
    calls = (
        a_route(days, "S1", (a_visit(days), at(0, 9))),
        a_route(days, "S2", (a_visit(days, "L2"), at(4, 9))),
    )
    for doses, fits in ((10, True), (9, False)):
        lots = (a_lot(20, last_day=20), a_lot(doses, lot="b", first_day=43))
        lacking = replace(days, stock=lots)
        yield f"{doses} for it alone", lacking, calls, None if fits else "reservation"
    lots = (
        a_lot(10, last_day=0),
        a_lot(10, lot="b", first_day=4),
        a_lot(10, lot="c", first_day=43),
    )
    yield "its next doses are taken", replace(days, stock=lots), calls, "reservation"
    series = a_problem(
        needs=(a_need(), a_need(dose_no=2, since_dose=1)),
        campaigns=(a_campaign(reserve_next_dose=True, min_days=3, max_days=5),),
        shifts=(a_shift("S1"), a_shift("S2", 4)),
        stock=(a_lot(20),),
    )
    planned = tuple(
        a_route(series, shift, (a_visit(series, id=shift, needs=(("P1", dose),)), at(day, 9)))
        for shift, dose, day in (("S1", 1, 0), ("S2", 2, 4))
    )
    yield "the next dose is in the plan", series, planned, None
    two = replace(TWO, campaigns=reserves, stock=(a_lot(39),))
    yield "two calls", two, both(two), "reservation"
    crisis = replace(
        base,
        stock=(a_lot(20),),
        crisis_visits=(a_crisis(location_id="L2", skills=frozenset(), last_second=at(0, 20)),),
    )
    calls = (
        (a_visit(crisis), at(0, 9)),
        (a_crisis_visit(crisis, location_id="L2"), at(0, 11)),
    )
    yield "with a crisis", crisis, (a_route(crisis, "S1", *calls),), None


CASES = (cool_box, cool_box_with_opened_containers, open_container, transport, stock, reservation)
