"""What an import asks of others: who somebody is, what is open about them, and what is known already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from infra.person import Description
from services.importing.accounting import Known


@dataclass(frozen=True, slots=True)
class Registered:
    """What the vault answers of one person."""

    id: UUID
    said_before: bool  # exactly these words: nothing about the person changed


class Identify(Protocol):
    """Registers persons with the vault, in order; None for a person that the vault refuses."""

    async def __call__(self, persons: Sequence[Description]) -> list[Registered | None]:
        """Registers at most `BATCH` persons."""
        ...


class AskOpen(Protocol):
    """Tells about which of these persons a question is open."""

    async def __call__(self, persons: Sequence[UUID]) -> set[UUID]:
        """Those with an open question."""
        ...


class AskKnown(Protocol):
    """Tells what of these facts and keys the service has already."""

    async def __call__(
        self,
        events: Sequence[tuple[str, str]],
        keys: Mapping[str, Sequence[str]],
        *,
        patient: bool = True,
    ) -> Known:
        """Those that are known; `patient`: a thing that was sent a moment ago is waited for."""
        ...
