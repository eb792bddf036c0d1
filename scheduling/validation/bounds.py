"""Bounds of every number in a problem: the least that makes sense, and more than any real one."""

from collections.abc import Iterator, Mapping, Sequence

from scheduling.problem import Break, Problem

DAY = 86400  # seconds
YEARS = 10 * 366  # days
LONG = YEARS * DAY
MOST_TRAVEL = 10 * DAY  # seconds; to say "no road", leave the location out
Range = tuple[int, int]
Rows = Sequence[object]

BOUNDS: Mapping[str, Mapping[str, Range]] = {
    "locations": {"seats": (1, 10**4), "setup_seconds": (0, DAY), "pack_seconds": (0, DAY)},
    "products": {
        "doses_per_container": (-LONG, 10**4),
        "open_seconds": (0, LONG),
        "transport_seconds": (0, LONG),
        "min_days": (0, YEARS),
        "ideal_days": (0, YEARS),
        "max_days": (0, YEARS),
    },
    "campaigns": {
        "doses": (1, 100),
        "min_days": (0, YEARS),
        "ideal_days": (0, YEARS),
        "max_days": (0, YEARS),
        "seconds_per_person": (0, DAY),
        "observation_seconds": (0, DAY),
    },
    "needs": {
        "dose_no": (1, 100),
        "first_day": (-YEARS, YEARS),
        "last_day": (-YEARS, YEARS),
        "priority": (0, 100),
        "extra_seconds": (0, DAY),
        "observation_seconds": (0, DAY),
    },
    "crisis_visits": {
        "first_second": (-LONG, LONG),
        "last_second": (-LONG, LONG),
        "service_seconds": (0, DAY),
        "priority": (0, 100),
    },
    "shifts": {
        "day": (-YEARS, YEARS),
        "start": (-LONG, LONG),
        "end": (-LONG, LONG),
        "capacity": (0, 10**6),
        "injectors": (0, 1000),
        "assistants": (0, 1000),
    },
    "standing_shifts": {"start": (-LONG, LONG), "end": (-LONG, LONG)},
    "stock": {"first_day": (-YEARS, YEARS), "last_day": (-YEARS, YEARS), "doses": (-LONG, 10**9)},
    "fixed": {"start": (-LONG, LONG), "service_seconds": (0, DAY)},
    "published": {"start": (-LONG, LONG), "service_seconds": (0, DAY)},
}
OF_PROBLEM: Mapping[str, Range] = {
    "now": (-LONG, LONG),
    "max_residents_per_visit": (1, 10**4),
    "rest_seconds": (0, 7 * DAY),
    "max_duty_seconds": (0, LONG),
    "max_week_seconds": (0, LONG),
    "same_team_seconds": (0, DAY),
    "slack_minutes": (0, 60),
    "notice_seconds": (0, LONG),
    "repair_moves": (0, 8),
    "ideal_day_seconds": (0, DAY),
    "together_from": (1, 10**4),
    "area_points": (0, 100),
}
OF_BREAK: Mapping[str, Range] = {
    "earliest": (-LONG, LONG),
    "latest": (-LONG, LONG),
    "seconds": (0, DAY),
}


def beyond(problem: Problem) -> Iterator[str]:
    """Yields every number out of bounds, by row and field: `shifts[3].capacity: below 0`."""
    yield from _check_row("", problem, OF_PROBLEM)
    for table, bounds in BOUNDS.items():
        rows: Rows = getattr(problem, table)
        for k, row in enumerate(rows):
            yield from _check_row(f"{table}[{k}].", row, bounds)
    for k, shift in enumerate(problem.shifts):
        if isinstance(shift.pause, Break):
            yield from _check_row(f"shifts[{k}].pause.", shift.pause, OF_BREAK)
    for name, matrix in (("seconds", problem.travel.seconds), ("metres", problem.travel.metres)):
        most = MOST_TRAVEL if name == "seconds" else 10**8
        for k, line in enumerate(matrix):
            if line and max(line) > most:
                yield f"travel.{name}[{k}]: above {most}"
    yield from _check_days(problem.day_starts)


def _check_row(where: str, row: object, bounds: Mapping[str, Range]) -> Iterator[str]:
    for field, (least, most) in bounds.items():
        value = getattr(row, field)
        if value is not None and value < least:
            yield f"{where}{field}: below {least}"
        elif value is not None and value > most:
            yield f"{where}{field}: above {most}"


def _check_days(starts: Sequence[int]) -> Iterator[str]:
    if starts and starts[0] != 0:
        yield "day_starts[0]: not 0"
    for k in range(1, len(starts)):
        if starts[k] - starts[k - 1] > DAY + 2 * 3600:
            yield f"day_starts[{k}]: a day of more than 26 hours"
    if len(starts) > 367:
        yield "day_starts: more than a year"
