"""What tests of return records share: the courier's turns, and a receiver that answers as it is told."""

from collections.abc import AsyncIterator

import pytest

from tests.services.courier.returning_world import Listener, Loop, a_loop, listening


@pytest.fixture
async def loop(fresh) -> AsyncIterator[Loop]:
    async with a_loop(fresh) as made:
        yield made


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as made:
        yield made
