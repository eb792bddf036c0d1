"""What was asked of a stop, when others would push it away and when it is moved itself."""

from scheduling.problem import Asked
from scheduling.steering.edits import Move, Spot
from scheduling.steering.effect import compute_effect
from tests.scheduling.builders import at
from tests.scheduling.steering.test_effect import MINUTE, a_day, a_visit_at


def test_a_stop_gives_way_no_further_than_was_asked_of_it():
    stops = a_visit_at(1, 9), a_visit_at(2, 10.5), a_visit_at(3, 9, "S2")
    asked = (Asked("V2", None, None, at(0, 11)),)

    effect = compute_effect(a_day(*stops, asked=asked), Move("V3", Spot("S1", after="V1")))
    own = compute_effect(a_day(*stops, asked=asked), Move("V2", Spot("S1", start=at(0, 12))))

    assert ("asked", "V2", 20 * MINUTE) in [
        (row.rule, row.where, row.amount) for row in effect.hard
    ]
    assert own.hard == ()  # a planner may set aside what was asked by moving that very visit
