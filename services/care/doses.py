"""The doses of one person as a clinician decided to read them, or as they were reported."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from infra.postgres.snapshot.rows import LONG_AGO, NEVER, DecisionRow, Mark

Known = tuple[
    datetime, str, int
]  # when and where a fact was accepted: who decides knows what came in before
UNKNOWN: Known = (LONG_AGO, "", 0)


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that was given, by us or elsewhere."""

    on: date
    product: str | None  # None: not reported
    team: UUID | None  # None: given elsewhere
    mark: Mark = NEVER
    dose_no: int = 1

    @property
    def since(self) -> datetime:
        """When it was given, as far as is known: of a dose given elsewhere its day may be known only later."""
        day = datetime(self.on.year, self.on.month, self.on.day, tzinfo=LONG_AGO.tzinfo)
        return min(self.mark.moment, day) if self.team is None else self.mark.moment


def known(mark: Mark) -> Known:
    """When and where the fact of this mark was accepted, comparable with that of a decision."""
    return mark.accepted_at, mark.region, mark.seq


def read_doses(reported: Sequence[Given], decision: DecisionRow | None) -> list[Given]:
    """The doses as they are to be read: those that the decision knew have the numbers that it counts.

    A decision without numbers leaves them as reported. Where it counts as many as were reported they keep their days,
    in order; else each has the day of the newest, so that no interval comes out too short.
    """
    if decision is None or decision.doses_counted is None:
        return list(reported)
    before = sorted(
        (dose for dose in reported if known(dose.mark) <= known(decision.mark)),
        key=lambda dose: (dose.on, dose.mark),
    )
    after = [dose for dose in reported if known(dose.mark) > known(decision.mark)]
    counted = sorted(decision.doses_counted)
    if not before:  # as it was told to the clinician
        day = decision.mark.moment.date()
        return [Given(day, None, None, decision.mark, number) for number in counted] + after
    days = before if len(before) == len(counted) else [before[-1]] * len(counted)
    pairs = zip(counted, days, strict=True)
    return [replace(dose, dose_no=number) for number, dose in pairs] + after
