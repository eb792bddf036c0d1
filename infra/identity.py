"""The only module that makes identifiers."""

import json
from uuid import UUID, uuid4, uuid5

_NAMESPACE = UUID("9c6f1f0e-4f0b-5f0a-9a54-3a1d2b7c8e60")  # never changes: derived ids depend on it


def new_id() -> UUID:
    """A random identifier, for what nobody has named yet."""
    return uuid4()


def new_code() -> str:
    """Eight characters that somebody can read out to a helpdesk."""
    return str(new_id())[:8].upper()


def derived_id(*parts: str) -> UUID:
    """The same identifier for the same parts, on every machine: for what follows from a cause."""
    return uuid5(_NAMESPACE, json.dumps(parts))
