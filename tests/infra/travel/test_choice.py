"""What the settings of travel mean, and which are refused by name."""

import pytest

from infra.errors import NotConfigured
from infra.settings import Run
from infra.travel.choice import Choice, chosen, roads_of
from infra.travel.osrm import Osrm
from infra.travel.valhalla import Valhalla


def test_without_a_setting_travel_is_estimated():
    assert chosen(Run()) is None


@pytest.mark.parametrize(
    ("provider", "url", "expected"),
    [
        ("osrm", "http://osrm:5000", Choice(Osrm("driving"), "http://osrm:5000")),
        ("valhalla", "https://maps:8002/v", Choice(Valhalla("auto"), "https://maps:8002/v")),
        (
            "osrm",
            "http://osrm:5000?profile=car&block=200&seconds=2.5&data=2021-02",
            Choice(Osrm("car"), "http://osrm:5000", 200, 2.5, "2021-02"),
        ),
    ],
)
def test_a_server_is_named_by_its_kind_and_its_address(provider, url, expected):
    assert chosen(Run(travel_provider=provider, travel_url=url)) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "osrm:5000",
        "ftp://osrm",
        "http://user:geheim@osrm",
        "http://osrm?speed=9",
        "http://osrm?block=0",
        "http://osrm?block=geheim",
        "http://osrm?seconds=nan",
        "http://osrm?profile=../geheim",
        "http://osrm#geheim",
    ],
)
async def test_an_address_that_can_not_be_used_is_refused_by_name_without_its_value(url):
    with pytest.raises(NotConfigured, match="TRAVEL_URL") as error:
        async with roads_of(Run(travel_provider="osrm", travel_url=url)):
            pass

    assert "geheim" not in str(error.value)
