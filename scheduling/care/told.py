"""Who was told: whose notice went out, or who is visited within the notice time."""

from collections.abc import Iterator

from scheduling.care.lookup import NeedKey
from scheduling.problem import Problem, Published


def is_near(problem: Problem, row: Published) -> bool:
    """Whether a visit begins within the notice time of the region (at its very end it does not)."""
    return row.start < problem.now + problem.notice_seconds


def is_asked(problem: Problem, row: Published) -> bool:
    """Whether somebody asked something of a published visit: it stays that visit, as if its people had been told."""
    return any(one.visit_id == row.visit_id for one in problem.asked)


def is_told(problem: Problem, row: Published) -> bool:
    """Whether people count on a published visit."""
    return row.told or is_near(problem, row) or is_asked(problem, row)


def published_to_come(problem: Problem) -> Iterator[Published]:
    """Published visits that are known whole and that nobody has made, pinned or frozen: those are other rows' matter."""
    settled = {row.visit_id for row in problem.fixed if row.why in ("pinned", "frozen")}
    settled |= problem.done_visits
    for row in problem.published:
        known = row.location_id is not None and row.start >= problem.now
        if known and row.visit_id not in settled:
            yield row


def told_to_come(problem: Problem) -> Iterator[Published]:
    """Those of which people were told."""
    return (row for row in published_to_come(problem) if is_told(problem, row))


def told_doses(problem: Problem) -> frozenset[NeedKey]:
    """Every dose for which somebody was told a moment."""
    return frozenset(
        (person, row.campaign_id or "", dose)
        for row in told_to_come(problem)
        for person, dose in row.doses
    )
