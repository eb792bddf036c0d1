"""A second database beside the usual one, to compare what two histories leave behind."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import Fresh, copied


@pytest.fixture
async def another(fresh: Fresh) -> AsyncIterator[Fresh]:
    """A migrated database that nobody else uses."""
    async with copied(fresh.servers) as made:
        yield made


@pytest.fixture(autouse=True)
def quiet_client() -> Iterator[None]:
    """While its broker is away the client says so some 75 times a second."""
    client = logging.getLogger("aiokafka")
    before = client.level
    client.setLevel(logging.CRITICAL)
    yield
    client.setLevel(before)
