"""Every number that decides which changes are looked for, and which of them is called the smaller one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FittingParams:
    """What is asked of people at most, how changes compare, and how long is looked."""

    # Seconds by which people are asked to move: a quarter of an hour is what one says on the phone.
    step_seconds: int = 900

    # A location is asked to let a team in at most two hours outside its usual hours, a crew to work at
    # most one hour longer: beyond that it is another shift, which a planner opens.
    window_seconds: int = 7200
    shift_seconds: int = 3600

    # Containers more of one product, days by which a delivery comes sooner, and days by which a
    # clinician may be asked to bend an interval.
    containers: int = 3
    delivery_days: int = 3
    interval_days: int = 3

    # How much each change weighs, in minutes of somebody's day: what one party decides on the phone
    # weighs its minutes; doses that lie in another depot are an hour's drive; who must be found, or
    # decide as a clinician, weighs more than any hour.
    closed_day_minutes: int = 180
    move_minutes: int = 60
    sooner_minutes: int = 90  # for each day that a delivery comes sooner
    container_minutes: int = 120
    box_minutes: int = 30
    order_minutes: int = 60
    crew_minutes: int = 240
    interval_minutes: int = 300

    # Changes that one suggestion may ask for: with three nobody says yes to all.
    most_changes: int = 2

    # Places that the rules are asked about for one target (3 ms each on a busy core), ways that are
    # tried by solving again (half a second each at 250 visits), and suggestions that are enough.
    most_judged: int = 160
    most_solved: int = 5
    enough: int = 3


DEFAULT = FittingParams()
