"""What is stored in the nights on which the clock changes counts for the day that it is in Amsterdam."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from infra.postgres.database import Who
from services.accept.rebuild import compare
from tests.builders import REGION, a_record, say
from tests.facts import a_dose, uid
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
# The last minute before midnight and the first one after it, at both ends of each such day.
NIGHTS = [
    (date(2021, 3, 28), 23, 22), (date(2026, 3, 29), 23, 22),  # UTC hour at which the day begins and ends
    (date(2021, 10, 31), 22, 23), (date(2026, 10, 25), 22, 23),
]  # fmt: skip
PEOPLE = 10  # people are shown in fives


@pytest.mark.parametrize(("day", "begins", "ends"), NIGHTS)
async def test_doses_around_midnight_count_for_the_day_on_the_wall(fresh, day, begins, ends):
    door, reader = await fresh.open("acceptor"), await fresh.open("reader")
    begin = datetime.combine(day - timedelta(days=1), time(begins), UTC)
    end = datetime.combine(day, time(ends), UTC)
    minute = timedelta(minutes=1)
    for n, moment in enumerate((begin - minute, begin, end - minute, end)):
        await say(door, *(a_dose(f"p{n} {m}", given_at=moment) for m in range(PEOPLE)), now=end)

    async with reader.reading(Who("crisis", REGION, None, "crisis@example.org")) as tx:
        found = await tx.fetch("SELECT on_day, doses FROM totals_days ORDER BY on_day")

    assert [on - day for on, _ in found] == [timedelta(days=n) for n in (-1, 0, 1)]
    assert [n for _, n in found] == [PEOPLE, 2 * PEOPLE, PEOPLE]
    assert await compare(fresh.dsn("owner")) == []


@pytest.mark.parametrize("day", [date(2021, 10, 31), date(2026, 10, 25)])
async def test_half_past_two_comes_twice_and_both_are_kept_apart(fresh, day):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    first = datetime.combine(day, time(0, 30), UTC)

    for n, said in enumerate((f"{day}T02:30:00+02:00", f"{day}T02:30:00+01:00")):
        await say(door, a_record(a_dose(f"p{n}", visit_id=uid(f"v{n}"), given_at=said)), now=first)

    assert await rows(owner, "SELECT at FROM doses ORDER BY at") == [
        (first,),
        (first + timedelta(hours=1),),
    ]
