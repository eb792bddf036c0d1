"""The optional column that every table has: on which day its row was true."""

from datetime import datetime, time

from events.local_time import to_moment
from services.importing.cells import to_date
from services.importing.layout import Column, Row

AS_OF = Column(
    "as_of", to_date, "een datum zoals 2021-02-15 of 15-02-2021", ("standper", "peildatum")
)


def stamp(row: Row) -> datetime | None:
    """The moment of the events of a row; a later one makes an old fact a new one."""
    return to_moment(row.day("as_of"), time()) if row.has("as_of") else None
