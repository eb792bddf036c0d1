"""Which series contradict themselves, for the pages: the rules of care on what the reader may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from infra.postgres.pages import doses
from infra.postgres.pages.practice import PatientRow
from services.care.series import PersonKey, Series, contradictions_of, to_series

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Reading:
    """How the doses of a person are to be read: how many numbers count, and what does not fit, if anything."""

    doses: int = 0
    kinds: tuple[str, ...] = ()


async def read_series(tx: "Connection", people: Iterable[UUID]) -> dict[PersonKey, Series]:
    """Read the series of these people."""
    return to_series(await doses.load_shown_facts(tx, people))


async def read_patients(
    tx: "Connection", rows: Sequence[PatientRow]
) -> tuple[list[PatientRow], Mapping[PersonKey, Reading]]:
    """The rows with the doses that count after a clinician's decision, and the reading of each series."""
    series = await read_series(tx, [row.person for row in rows])
    readings = {key: Reading(len(found.given), list_kinds(found)) for key, found in series.items()}
    nothing = Reading()
    counted = [
        replace(row, doses=readings.get((row.person, row.campaign), nothing).doses) for row in rows
    ]
    return counted, readings


def list_kinds(series: Series) -> tuple[str, ...]:
    """What does not fit and waits for a clinician, each kind once, in the order in which it is told."""
    return tuple(dict.fromkeys(one.kind.value for one in contradictions_of(series)))
