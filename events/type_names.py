"""The two names of a type of event: the short one, which we keep, and the full one, which others may use.

The NL GOV profile for CloudEvents 1.1 asks for reverse domain notation with at most one version:
`nl.prikploeg.team.formed.v1`. The ledger, its digests and its views hold the short name `team.formed.v1`
(decision 0015), so the two are one event whichever of them it came under.
"""

from enum import StrEnum
from typing import Final

DOMAIN: Final = "nl.prikploeg."


class TypeNames(StrEnum):
    """Under which of their names types leave us."""

    SHORT = "short"
    FULL = "full"


def to_stored(name: str) -> str:
    """The name that the ledger keeps; a name that is short already stays as it is."""
    return name.removeprefix(DOMAIN)


def to_full(stored: str) -> str:
    """The name of the profile, of a stored one."""
    return DOMAIN + stored


def to_outward(stored: str, names: TypeNames) -> str:
    """The name that other systems are told, of a stored one."""
    return to_full(stored) if names is TypeNames.FULL else stored
