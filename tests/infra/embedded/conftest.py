"""Fixtures of the embedded servers' own tests."""

from collections.abc import Iterator

import pytest

from infra.embedded.folder import Folder, scratch


@pytest.fixture
def folder() -> Iterator[Folder]:
    with scratch() as made:
        yield made
