"""The stream of changes: hello, changed, tick; only for the own region, and many changes are one message."""

import asyncio

import pytest

from services.web import hub as module
from services.web.hub import Hub


async def next_kind(stream) -> str:
    text = (await asyncio.wait_for(anext(stream), 2)).decode()
    return text.split("\n")[0].removeprefix("event: ")


async def test_a_browser_is_greeted_and_told_of_a_change_in_its_region():
    hub = Hub()
    stream = hub.stream("GG2514")

    kinds = [await next_kind(stream)]
    hub.tell("GG2514", 7)
    kinds.append(await next_kind(stream))

    assert kinds == ["hello", "changed"]
    assert hub.version("GG2514") == "7-0"


async def test_a_change_elsewhere_is_not_told_and_one_of_the_country_is(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    hub = Hub()
    stream = hub.stream("GG2514")
    await next_kind(stream)

    hub.tell("GG0111", 7)
    elsewhere = await next_kind(stream)
    hub.tell("NL", 3)
    country = await next_kind(stream)

    assert elsewhere == "tick"
    assert country == "changed"


async def test_many_changes_are_one_message(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CALM_SECONDS", 0.05)
    monkeypatch.setattr(module, "TICK_SECONDS", 0.1)
    hub = Hub()
    stream = hub.stream("GG2514")
    await next_kind(stream)

    for number in range(100):
        hub.tell("GG2514", number)

    assert [await next_kind(stream), await next_kind(stream)] == ["changed", "tick"]


async def test_a_browser_that_went_away_is_forgotten():
    hub = Hub()
    stream = hub.stream("GG2514")
    await next_kind(stream)

    await stream.aclose()

    assert hub.listeners == 0


async def test_a_number_never_goes_back():
    hub = Hub()

    hub.tell("GG2514", 7)
    hub.tell("GG2514", 5)

    assert hub.version("GG2514") == "7-0"
