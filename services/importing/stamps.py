"""The optional column `as_of` of every table: the day on which its row was true."""

from datetime import datetime, time

from events.local_time import to_moment
from services.importing.cells import to_date
from services.importing.layout import Column, Row

AS_OF = Column(
    "as_of", to_date, "een datum zoals 2021-02-15 of 15-02-2021", ("standper", "peildatum")
)


def stamp(row: Row) -> datetime | None:
    """Time of the events of a row. A later one makes the same values a new fact."""
    return to_moment(row.day("as_of"), time()) if row.has("as_of") else None
