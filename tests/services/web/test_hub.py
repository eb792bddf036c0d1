"""The stream of changes: hello, changed, tick; only for the own region, and many changes are one message."""

import asyncio

import pytest

from services.web import hub as module
from services.web.hub import Hub


async def next_kind(stream) -> str:
    return (await next_fields(stream))["event"]


async def next_fields(stream) -> dict[str, str]:
    event = await asyncio.wait_for(anext(stream), 2)
    return {name: str(value) for name, value in event.model_dump(exclude_none=True).items()}


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


async def test_every_message_has_the_version_as_its_id_and_the_first_says_when_to_come_back():
    hub = Hub()
    hub.tell("GG2514", 7)
    hub.tell("NL", 3)
    stream = hub.stream("GG2514")

    first = await next_fields(stream)
    hub.tell("GG2514", 8)
    second = await next_fields(stream)

    assert (first["event"], first["id"], first["retry"]) == ("hello", "7-3", "2000")
    assert (second["event"], second["id"]) == ("changed", "8-3")


@pytest.mark.parametrize(
    "since", ["6-3", "7-2", "9-9", "0-0", "", "x", "7-3-1", "\x00\u20ac", "7-3 "]
)
async def test_who_comes_back_from_elsewhere_is_told_at_once_that_something_changed(since: str):
    hub = Hub()
    hub.tell("GG2514", 7)
    hub.tell("NL", 3)
    hub.settle()
    stream = hub.stream("GG2514", since)

    assert [await next_kind(stream), await next_kind(stream)] == ["hello", "changed"]


@pytest.mark.parametrize("since", ["7-3", None])
async def test_who_missed_nothing_is_told_nothing(
    since: str | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    hub = Hub()
    hub.tell("GG2514", 7)
    hub.tell("NL", 3)
    hub.settle()
    stream = hub.stream("GG2514", since)

    assert [await next_kind(stream), await next_kind(stream)] == ["hello", "tick"]


async def test_a_number_that_is_told_again_is_no_change(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TICK_SECONDS", 0.05)
    hub = Hub()
    hub.tell("GG2514", 7)
    stream = hub.stream("GG2514")
    await next_kind(stream)

    hub.tell("GG2514", 7)

    assert await next_kind(stream) == "tick"


async def test_what_has_no_number_is_told_and_leaves_the_version():
    hub = Hub()
    hub.tell("GG2514", 7)
    stream = hub.stream("GG2514")
    await next_kind(stream)

    hub.tell("GG2514", 0)

    found = await next_fields(stream)
    assert (found["event"], found["id"]) == ("changed", "7-0")


async def test_who_comes_back_before_the_numbers_are_known_waits_for_them():
    hub = Hub()
    stream = hub.stream("GG2514", "7-3")
    coming = asyncio.create_task(next_fields(stream))
    await asyncio.sleep(0.05)

    hub.tell("GG2514", 7)
    hub.tell("NL", 3)
    hub.settle()

    assert (await coming)["id"] == "7-3"
