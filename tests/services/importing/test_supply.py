"""Deliveries from files to the books: a better file replaces what an earlier one said, in whatever order they come."""

from pathlib import Path

import pytest

from services.importing.run import run
from tests.builders import say
from tests.services.accept.looking import rows
from tests.services.importing.builders import REGION, Inbox, SmallVault, a_file, to_inward

HEADER = "delivery,depot,product,doses,expected_on,received_on,lot,use_by,as_of"
STOCK = "SELECT lot, sum(doses)::int FROM stock_now GROUP BY lot"


def a_receipt(folder: Path, doses: int, as_of: str = "") -> Path:
    line = f"LEV-77,DEPOT-9,moderna,{doses},,2021-02-11,OEFEN-77,2021-03-13,{as_of}"
    return a_file(folder, f"supply-{doses}.csv", HEADER, line)


async def take_in(door, *files: Path) -> None:
    """Import the files one after the other, each wholly accepted before the next."""
    for file in files:
        inbox = Inbox()
        report = await run([file], REGION, inbox, SmallVault())
        assert report.problems == ()
        await say(door, *(to_inward(record) for record in inbox.records))


@pytest.mark.postgres
async def test_a_corrected_delivery_replaces_the_first(fresh, tmp_path):
    owner = await fresh.open("owner")

    await take_in(owner, a_receipt(tmp_path, 500), a_receipt(tmp_path, 50))

    assert await rows(owner, STOCK) == [("OEFEN-77", 50)]


@pytest.mark.postgres
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_of_two_dated_files_the_later_day_holds_in_either_order(fresh, tmp_path, order):
    owner = await fresh.open("owner")
    files = a_receipt(tmp_path, 500, "2021-02-11"), a_receipt(tmp_path, 50, "2021-02-12")

    await take_in(owner, *(files[n] for n in order))

    assert await rows(owner, STOCK) == [("OEFEN-77", 50)]


@pytest.mark.postgres
async def test_a_confirmed_delivery_is_announced_and_confirmed(fresh, tmp_path):
    owner = await fresh.open("owner")
    header = "levering,voorraadpunt,product,aantal,verwachtop,bevestigd"
    lines = ("L1,D1,moderna,100,2021-02-25,ja", "L2,D1,moderna,70,2021-02-25,")

    await take_in(owner, a_file(tmp_path, "supply.csv", header, *lines))

    found = "SELECT doses, is_confirmed FROM deliveries_to_come ORDER BY doses"
    assert await rows(owner, found) == [(70, False), (100, True)]
